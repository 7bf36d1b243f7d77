-- Settings that a session can change.

--@test: ksql.nested.error.set.null: a failing part makes all of it NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY[v, 10 / v] AS a FROM s;
SET 'ksql.nested.error.set.null' = 'false';
CREATE STREAM p AS SELECT id, ARRAY[v, 10 / v] AS a FROM s;
INSERT INTO s (id, v) VALUES (1, 0);
ASSERT VALUES o (a) VALUES (ARRAY[0, NULL]);
ASSERT VALUES p (a) VALUES (NULL);

--@test: ksql.nested.error.set.null: a failing element of a cast makes all of it NULL
CREATE STREAM s (id INT KEY, v ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(v AS ARRAY<INT>) AS a FROM s;
SET 'ksql.nested.error.set.null' = 'false';
CREATE STREAM p AS SELECT id, CAST(v AS ARRAY<INT>) AS a FROM s;
INSERT INTO s (id, v) VALUES (1, ARRAY['7', NULL, 'x']);
INSERT INTO s (id, v) VALUES (2, ARRAY['7', NULL]);
ASSERT VALUES o (id, a) VALUES (1, ARRAY[7, NULL, NULL]);
ASSERT VALUES p (id, a) VALUES (1, NULL);
ASSERT VALUES p (id, a) VALUES (2, ARRAY[7, NULL]);

--@test: ksql.cast.strings.preserve.nulls: NULL as the text null
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
SET 'ksql.cast.strings.preserve.nulls' = 'false';
CREATE STREAM o AS SELECT id, CAST(v AS STRING) AS a FROM s;
INSERT INTO s (id) VALUES (1);
ASSERT VALUES o (a) VALUES ('null');

--@test: ksql.persistence.wrap.single.values
SET 'ksql.persistence.wrap.single.values' = 'false';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
INSERT INTO s (id, v) VALUES (1, 5);
--@output: s {"key": 1, "value": 5}
--@output: O {"key": 1, "value": 5}

--@test: default formats
SET 'ksql.persistence.default.format.key' = 'JSON';
SET 'ksql.persistence.default.format.value' = 'DELIMITED';
CREATE STREAM s (id STRING KEY, v INT) WITH (kafka_topic='s');
ASSERT STREAM s WITH (key_format='JSON', value_format='DELIMITED');
INSERT INTO s VALUES ('a', 1);
--@output: s {"key": "a", "value": "1"}

--@test: ksql.output.topic.name.prefix
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
SET 'ksql.output.topic.name.prefix' = 'out_';
CREATE STREAM o AS SELECT id, v FROM s;
ASSERT STREAM o WITH (kafka_topic='out_O');

--@test: ksql.source.table.materialization.enabled
--@setting: ksql.source.table.materialization.enabled=false
--@expected.message: Cannot execute command because source table materialization is disabled.
CREATE SOURCE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
