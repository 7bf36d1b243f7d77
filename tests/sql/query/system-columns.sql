-- ROWTIME, ROWPARTITION, ROWOFFSET, and headers.

--@test: offset and partition of a record
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, rowpartition AS p, rowoffset AS n FROM s;
ASSERT STREAM o (id INT KEY, p INT, n BIGINT);
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (2, 2);
ASSERT VALUES o (id, p, n) VALUES (1, 0, 0);
ASSERT VALUES o (id, p, n) VALUES (2, 0, 1);

--@test: all headers, in order
CREATE STREAM s (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, h FROM s;
ASSERT STREAM o (id INT KEY, h ARRAY<STRUCT<key STRING, value BYTES>>);
--@input: s {"key": 1, "value": {"V": 1}, "headers": [{"KEY": "a", "VALUE": "QQ=="}, {"KEY": "b", "VALUE": null}, {"KEY": "a", "VALUE": "Qg=="}]}
ASSERT VALUES o (h) VALUES (ARRAY[STRUCT(key := 'a', value := 'QQ=='), STRUCT(key := 'b', value := CAST(NULL AS STRING)), STRUCT(key := 'a', value := 'Qg==')]);
--@input: s {"key": 1, "value": {"V": 1}}
--@output: O {"value": {"H": []}}

--@test: one header: the last of its name
CREATE STREAM s (id INT KEY, v INT, a BYTES HEADER('a'), b BYTES HEADER('b'), c BYTES HEADER('c')) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a, b, c FROM s;
--@input: s {"key": 1, "value": {"V": 1}, "headers": [{"KEY": "a", "VALUE": "QQ=="}, {"KEY": "b", "VALUE": null}, {"KEY": "a", "VALUE": "Qg=="}]}
ASSERT VALUES o (a, b, c) VALUES ('Qg==', NULL, NULL);

--@test: headers go along with what their record makes
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v + 1 AS w FROM s WHERE v > 0;
--@input: s {"key": 1, "value": {"V": 1}, "headers": [{"KEY": "a", "VALUE": "QQ=="}, {"KEY": "b", "VALUE": null}, {"KEY": "a", "VALUE": "Qg=="}]}
--@output: O {"value": {"W": 2}, "headers": [{"KEY": "a", "VALUE": "QQ=="}, {"KEY": "b", "VALUE": null}, {"KEY": "a", "VALUE": "Qg=="}]}

--@test: * has header columns last
CREATE STREAM s (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
ASSERT STREAM o (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>>);

--@test: headers are not inserted
--@expected.message: Cannot insert into HEADER columns: H
CREATE STREAM s (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v, h) VALUES (1, 1, NULL);

--@test: queries do not write headers
--@expected.message: Cannot insert into S because it has header columns
CREATE STREAM s (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
INSERT INTO s SELECT id, v FROM r;

--@test: refused: a header of another type
--@expected.message: Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>>, got STRING
CREATE STREAM s (v INT, h STRING HEADERS) WITH (kafka_topic='s', value_format='JSON');

--@test: refused: a header one of another type
--@expected.message: Invalid type for HEADER('a') column: expected BYTES, got STRING
CREATE STREAM s (v INT, h STRING HEADER('a')) WITH (kafka_topic='s', value_format='JSON');

--@test: refused: a header one twice
--@expected.message: Schema already contains a HEADER('a') column.
CREATE STREAM s (v INT, h BYTES HEADER('a'), g BYTES HEADER('a')) WITH (kafka_topic='s', value_format='JSON');

--@test: headers can be switched off
--@setting: ksql.headers.columns.enabled=false
--@expected.message: Cannot create Stream because schema with headers columns is disabled.
CREATE STREAM s (id INT KEY, v INT, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='s', value_format='JSON');
