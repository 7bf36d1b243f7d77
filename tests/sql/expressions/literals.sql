-- Literals and the types they have.

--@test: types of numeric literals
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    1 AS x1,
    2147483648 AS x2,
    1.50 AS x3,
    0.05 AS x4,
    1. AS x5,
    1E0 AS x6,
    -7 AS x7,
    - 7 AS x8
FROM s;
ASSERT STREAM o (id INT KEY, x1 INTEGER, x2 BIGINT, x3 DECIMAL(3, 2), x4 DECIMAL(3, 2), x5 DECIMAL(1, 0), x6 DOUBLE, x7 INTEGER, x8 INTEGER);
INSERT INTO s (id, v) VALUES (1, 0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7, x8) VALUES (1, 1, 2147483648, 1.50, 0.05, 1, 1E0, -7, -7);

--@test: texts and booleans
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 'it''s' AS x1, TRUE AS x2, false AS x3, 'a\nb' AS x4 FROM s;
ASSERT STREAM o (id INT KEY, x1 STRING, x2 BOOLEAN, x3 BOOLEAN, x4 STRING);
INSERT INTO s (id, v) VALUES (1, 0);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 'it''s', true, false, 'a\nb');

--@test: a number that fits no type
--@expected.message: Invalid numeric literal: 9223372036854775808
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 9223372036854775808 AS x FROM s;

--@test: a DOUBLE that is too large
--@expected.message: Number overflows DOUBLE: 1E400
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 1E400 AS x FROM s;

--@test: NULL has no type
--@expected.message: Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, NULL AS x FROM s;

--@test: there are no DATE literals
--@expected.message: Unknown type: DATE
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DATE '2020-01-01' AS x FROM s;
