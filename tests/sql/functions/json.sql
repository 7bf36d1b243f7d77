-- Functions over JSON texts.

--@test: EXTRACTJSONFIELD
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    EXTRACTJSONFIELD(a, '$.t') AS x1,
    EXTRACTJSONFIELD(a, '$.a.b[1]') AS x2,
    EXTRACTJSONFIELD(a, '$.a') AS x3,
    EXTRACTJSONFIELD(a, '$.n') AS x4,
    EXTRACTJSONFIELD(a, '$.a.b[7]') AS x5,
    EXTRACTJSONFIELD(a, '$.zz') AS x6
FROM s;
INSERT INTO s (id, a) VALUES (1, '{"a": {"b": [1, 2.50]}, "t": "x", "n": null}');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 'x', '2.50', '{"b":[1,2.50]}', 'null', NULL, NULL);
INSERT INTO s (id, a) VALUES (2, '{');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: EXTRACTJSONFIELD with a bad path
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXTRACTJSONFIELD(a, 't') AS x1, EXTRACTJSONFIELD(a, '$..t') AS x2 FROM s;
INSERT INTO s (id, a) VALUES (1, '{"a": {"b": [1, 2.50]}, "t": "x", "n": null}');
ASSERT VALUES o (id, x1, x2) VALUES (1, NULL, NULL);

--@test: IS_JSON_STRING
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, IS_JSON_STRING(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '{"a": 1}');
ASSERT VALUES o (id, x) VALUES (1, true);
INSERT INTO s (id, a) VALUES (2, '1');
ASSERT VALUES o (id, x) VALUES (2, true);
INSERT INTO s (id, a) VALUES (3, 'null');
ASSERT VALUES o (id, x) VALUES (3, true);
INSERT INTO s (id, a) VALUES (4, 'abc');
ASSERT VALUES o (id, x) VALUES (4, false);
INSERT INTO s (id, a) VALUES (5, '');
ASSERT VALUES o (id, x) VALUES (5, false);
INSERT INTO s (id, a) VALUES (6, NULL);
ASSERT VALUES o (id, x) VALUES (6, false);

--@test: JSON_ARRAY_CONTAINS
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    JSON_ARRAY_CONTAINS(a, v) AS x1,
    JSON_ARRAY_CONTAINS(a, 'x') AS x2,
    JSON_ARRAY_CONTAINS(a, 1E0) AS x3
FROM s;
INSERT INTO s (id, a, v) VALUES (1, '[1, "x"]', 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, true, true, false);
INSERT INTO s (id, a, v) VALUES (2, '[1.0]', 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, false, false, true);
INSERT INTO s (id, a, v) VALUES (3, '{}', 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, false, false, false);
INSERT INTO s (id, a, v) VALUES (4, NULL, 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, NULL, NULL, NULL);

--@test: JSON_ARRAY_LENGTH
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_ARRAY_LENGTH(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '[1, [2, 3]]');
ASSERT VALUES o (id, x) VALUES (1, 2);
INSERT INTO s (id, a) VALUES (2, '[]');
ASSERT VALUES o (id, x) VALUES (2, 0);
INSERT INTO s (id, a) VALUES (3, '{}');
ASSERT VALUES o (id, x) VALUES (3, NULL);
INSERT INTO s (id, a) VALUES (4, 'x');
ASSERT VALUES o (id, x) VALUES (4, NULL);
INSERT INTO s (id, a) VALUES (5, NULL);
ASSERT VALUES o (id, x) VALUES (5, NULL);

--@test: JSON_CONCAT
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_CONCAT(a, b) AS x FROM s;
INSERT INTO s (id, a, b) VALUES (1, '{"a": 1, "b": 2}', '{"b": 3}');
ASSERT VALUES o (id, x) VALUES (1, '{"a":1,"b":3}');
INSERT INTO s (id, a, b) VALUES (2, '[1]', '{"a": 1}');
ASSERT VALUES o (id, x) VALUES (2, '[1,{"a":1}]');
INSERT INTO s (id, a, b) VALUES (3, '1', '[2]');
ASSERT VALUES o (id, x) VALUES (3, '[1,2]');
INSERT INTO s (id, a, b) VALUES (4, '{', '{}');
ASSERT VALUES o (id, x) VALUES (4, NULL);
INSERT INTO s (id, a, b) VALUES (5, '{}', NULL);
ASSERT VALUES o (id, x) VALUES (5, NULL);

--@test: JSON_ITEMS
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_ITEMS(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '[{"a": 1}, "x", null]');
ASSERT VALUES o (id, x) VALUES (1, ARRAY['{"a":1}', '"x"', 'null']);
INSERT INTO s (id, a) VALUES (2, '{}');
ASSERT VALUES o (id, x) VALUES (2, NULL);
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: JSON_KEYS and JSON_RECORDS
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, JSON_KEYS(a) AS x1, JSON_RECORDS(a) AS x2 FROM s;
INSERT INTO s (id, a) VALUES (1, '{"b": "x", "a": [1]}');
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY['b', 'a'], MAP('b' := 'x', 'a' := '[1]'));
INSERT INTO s (id, a) VALUES (2, '[]');
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);
INSERT INTO s (id, a) VALUES (3, 'x');
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);
INSERT INTO s (id, a) VALUES (4, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (4, NULL, NULL);

--@test: TO_JSON_STRING
CREATE STREAM s (id INT KEY, i INT, d DOUBLE, e DECIMAL(4, 3), a STRING, l ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    TO_JSON_STRING(i) AS x1,
    TO_JSON_STRING(d) AS x2,
    TO_JSON_STRING(e) AS x3,
    TO_JSON_STRING(a) AS x4,
    TO_JSON_STRING(l) AS x5
FROM s;
INSERT INTO s (id, i, d, e, a, l) VALUES (1, 7, 1.5, 1.500, 'a"b', ARRAY[1, NULL]);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, '7', '1.5', '1.500', '"a\"b"', '[1,null]');
INSERT INTO s (id, i, d, e, a, l) VALUES (2, NULL, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (2, 'null', 'null', 'null', 'null', 'null');

--@test: TO_JSON_STRING of times, bytes and containers
CREATE STREAM s (id INT KEY, t TIME, d DATE, s TIMESTAMP, b BYTES, m MAP<STRING, INT>, q STRUCT<Z INT, A STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    TO_JSON_STRING(t) AS x1,
    TO_JSON_STRING(d) AS x2,
    TO_JSON_STRING(s) AS x3,
    TO_JSON_STRING(b) AS x4,
    TO_JSON_STRING(m) AS x5,
    TO_JSON_STRING(q) AS x6
FROM s;
INSERT INTO s (id, t, d, s, b, m, q) VALUES (1, '06:02:20.5', '2022-01-20', '2022-01-20T17:06:02.588', 'SG8=', MAP('z' := 1, 'a' := 2), STRUCT(z := 1, a := 'x'));
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, '"06:02:20"', '"2022-01-20"', '"2022-01-20T17:06:02.588"', '"SG8="', '{"a":2,"z":1}', '{"A":"x","Z":1}');
