-- Operators on numbers, and + on texts.

--@test: INTEGER: division and remainder cut towards zero
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + b AS x1, a - b AS x2, a * b AS x3, a / b AS x4, a % b AS x5, -a AS x6 FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 INT, x3 INT, x4 INT, x5 INT, x6 INT);
INSERT INTO s (id, a, b) VALUES (1, 7, 2);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 9, 5, 14, 3, 1, -7);
INSERT INTO s (id, a, b) VALUES (2, -7, 2);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, -5, -9, -14, -3, -1, 7);
INSERT INTO s (id, a, b) VALUES (3, NULL, 2);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s (id, a, b) VALUES (4, 1, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, NULL, NULL, NULL, NULL, NULL, -1);

--@test: INTEGER and BIGINT wrap
CREATE STREAM s (id INT KEY, a INT, b BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + 1 AS x1, b + 1 AS x2, a * a AS x3 FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 BIGINT, x3 INT);
INSERT INTO s (id, a, b) VALUES (1, 2147483647, 9223372036854775807);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, -2147483648, -9223372036854775808, 1);

--@test: division by zero is NULL and logged
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 1 / v AS q, 1 % v AS r, 1.0 / v AS d FROM s;
INSERT INTO s (id, v) VALUES (1, 0);
ASSERT VALUES o (id, q, r, d) VALUES (1, NULL, NULL, NULL);
--@log: Error computing expression (1 / V) for column Q with index

--@test: division of DOUBLE by zero
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CAST(1 / d AS STRING) AS x1,
    CAST(-1 / d AS STRING) AS x2,
    CAST(d / d AS STRING) AS x3
FROM s;
INSERT INTO s (id, d) VALUES (1, 0.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 'Infinity', '-Infinity', 'NaN');

--@test: the wider operand decides
CREATE STREAM s (id INT KEY, i INT, b BIGINT, d DOUBLE, e DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, i + b AS x1, i + d AS x2, e + d AS x3, i + e AS x4, b * e AS x5 FROM s;
ASSERT STREAM o (id INT KEY, x1 BIGINT, x2 DOUBLE, x3 DOUBLE, x4 DECIMAL(13, 2), x5 DECIMAL(24, 2));
INSERT INTO s (id, i, b, d, e) VALUES (1, 1, 2, 0.5, 1.25);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, 3, 1.5, 1.75, 2.25, 2.50);

--@test: precision and scale of DECIMAL
CREATE STREAM s (id INT KEY, a DECIMAL(5, 2), b DECIMAL(4, 1)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + b AS x1, a - b AS x2, a * b AS x3, a / b AS x4, a % b AS x5 FROM s;
ASSERT STREAM o (id INT KEY, x1 DECIMAL(6, 2), x2 DECIMAL(6, 2), x3 DECIMAL(10, 3), x4 DECIMAL(11, 7), x5 DECIMAL(5, 2));
INSERT INTO s (id, a, b) VALUES (1, 10.25, 2.5);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, 12.75, 7.75, 25.625, 4.1, 0.25);

--@test: a DECIMAL quotient that has no end is NULL
CREATE STREAM s (id INT KEY, a DECIMAL(5, 2), b DECIMAL(4, 1)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a / b AS x FROM s;
INSERT INTO s (id, a, b) VALUES (1, 10.00, 3.0);
ASSERT VALUES o (id, x) VALUES (1, NULL);
INSERT INTO s (id, a, b) VALUES (2, 9.00, 3.0);
ASSERT VALUES o (id, x) VALUES (2, 3);

--@test: + puts texts together; NULL is the text null
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a + b AS x1, a || b AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 STRING, x2 STRING);
INSERT INTO s (id, a, b) VALUES (1, 'x', 'y');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'xy', 'xy');
INSERT INTO s (id, a, b) VALUES (2, 'x', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, 'xnull', 'x');

--@test: precedence
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    1 + 2 * 3 AS x1,
    (1 + 2) * 3 AS x2,
    10 - 3 - 2 AS x3,
    -v + 1 AS x4,
    7 - 6 / 3 % 2 AS x5
FROM s;
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, 7, 9, 5, 0, 7);

--@test: numbers and texts do not add up
--@expected.message: Error processing expression: (V + 'x'). Unsupported arithmetic types. INTEGER STRING
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v + 'x' AS x FROM s;

--@test: arithmetic with NULL
--@expected.message: Arithmetic on types INTEGER and null are not supported.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v + NULL AS x FROM s;
