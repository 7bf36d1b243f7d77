-- Mathematical functions.

--@test: ABS keeps the type
CREATE STREAM s (id INT KEY, i INT, b BIGINT, d DOUBLE, e DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ABS(i) AS x1, ABS(b) AS x2, ABS(d) AS x3, ABS(e) AS x4 FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 BIGINT, x3 DOUBLE, x4 DECIMAL(4, 2));
INSERT INTO s (id, i, b, d, e) VALUES (1, -5, -6, -1.5, -1.50);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 5, 6, 1.5, 1.50);
INSERT INTO s (id, i, b, d, e) VALUES (2, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, NULL, NULL, NULL, NULL);

--@test: ABS of the least INTEGER wraps
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ABS(i) AS x FROM s;
INSERT INTO s (id, i) VALUES (1, -2147483648);
ASSERT VALUES o (id, x) VALUES (1, -2147483648);

--@test: ACOS, ASIN, ATAN
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ACOS(d) AS x1, ASIN(d - 1) AS x2, ATAN(d - 1) AS x3 FROM s;
ASSERT STREAM o (id INT KEY, x1 DOUBLE, x2 DOUBLE, x3 DOUBLE);
INSERT INTO s (id, d) VALUES (1, 1.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 0.0, 0.0, 0.0);
INSERT INTO s (id, d) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, NULL, NULL, NULL);

--@test: ACOS and ASIN outside [-1, 1] are not numbers
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(ACOS(d) AS STRING) AS x1, CAST(ASIN(d) AS STRING) AS x2 FROM s;
INSERT INTO s (id, d) VALUES (1, 2.0);
ASSERT VALUES o (id, x1, x2) VALUES (1, 'NaN', 'NaN');

--@test: COS, COSH, SIN, SINH, TAN, TANH
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    COS(d) AS x1,
    COSH(d) AS x2,
    SIN(d) AS x3,
    SINH(d) AS x4,
    TAN(d) AS x5,
    TANH(d) AS x6
FROM s;
ASSERT STREAM o (id INT KEY, x1 DOUBLE, x2 DOUBLE, x3 DOUBLE, x4 DOUBLE, x5 DOUBLE, x6 DOUBLE);
INSERT INTO s (id, d) VALUES (1, 0.0);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0);
INSERT INTO s (id, d) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: trigonometry takes INTEGER, BIGINT and DECIMAL
CREATE STREAM s (id INT KEY, i INT, b BIGINT, e DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COS(i) AS x1, COS(b) AS x2, COS(e) AS x3 FROM s;
ASSERT STREAM o (id INT KEY, x1 DOUBLE, x2 DOUBLE, x3 DOUBLE);
INSERT INTO s (id, i, b, e) VALUES (1, 0, 0, 0.00);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 1.0, 1.0, 1.0);

--@test: ATAN2
CREATE STREAM s (id INT KEY, y INT, x INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ATAN2(y, x) AS x FROM s;
ASSERT STREAM o (id INT KEY, x DOUBLE);
INSERT INTO s (id, y, x) VALUES (1, 0, 1);
ASSERT VALUES o (id, x) VALUES (1, 0.0);
INSERT INTO s (id, y, x) VALUES (2, NULL, 1);
ASSERT VALUES o (id, x) VALUES (2, NULL);
INSERT INTO s (id, y, x) VALUES (3, 1, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: ATAN2 of INTEGER and BIGINT is ambiguous
--@expected.message: Function 'atan2' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ATAN2(v, CAST(v AS BIGINT)) AS x FROM s;

--@test: CBRT
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CBRT(d) AS x FROM s;
INSERT INTO s (id, d) VALUES (1, -27.0);
ASSERT VALUES o (id, x) VALUES (1, -3.0);
INSERT INTO s (id, d) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: CEIL and FLOOR
CREATE STREAM s (id INT KEY, d DOUBLE, e DECIMAL(2, 1), i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CEIL(d) AS x1,
    FLOOR(d) AS x2,
    CEIL(e) AS x3,
    FLOOR(e) AS x4,
    CEIL(i) AS x5,
    FLOOR(i) AS x6
FROM s;
ASSERT STREAM o (id INT KEY, x1 DOUBLE, x2 DOUBLE, x3 DECIMAL(2, 1), x4 DECIMAL(2, 1), x5 INT, x6 INT);
INSERT INTO s (id, d, e, i) VALUES (1, -1.5, 1.1, 7);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, -1.0, -2.0, 2.0, 1.0, 7, 7);
INSERT INTO s (id, d, e, i) VALUES (2, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: COT
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(COT(d) AS STRING) AS x FROM s;
INSERT INTO s (id, d) VALUES (1, 0.0);
ASSERT VALUES o (id, x) VALUES (1, 'Infinity');
INSERT INTO s (id, d) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: DEGREES, RADIANS and PI
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DEGREES(PI()) AS x1, RADIANS(d) AS x2, PI() AS x3 FROM s;
INSERT INTO s (id, d) VALUES (1, 180.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 180.0, 3.141592653589793, 3.141592653589793);
INSERT INTO s (id, d) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 180.0, NULL, 3.141592653589793);

--@test: EXP and LN
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXP(d) AS x1, LN(d + 1) AS x2 FROM s;
INSERT INTO s (id, d) VALUES (1, 0.0);
ASSERT VALUES o (id, x1, x2) VALUES (1, 1.0, 0.0);
INSERT INTO s (id, d) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);

--@test: LN of zero and below
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(LN(d) AS STRING) AS x FROM s;
INSERT INTO s (id, d) VALUES (1, 0.0);
ASSERT VALUES o (id, x) VALUES (1, '-Infinity');
INSERT INTO s (id, d) VALUES (2, -1.0);
ASSERT VALUES o (id, x) VALUES (2, 'NaN');

--@test: LOG: one argument is the natural logarithm
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LOG(d) AS x FROM s;
INSERT INTO s (id, d) VALUES (1, 1.0);
ASSERT VALUES o (id, x) VALUES (1, 0.0);
INSERT INTO s (id, d) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: LOG with a base
CREATE STREAM s (id INT KEY, b INT, d INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LOG(b, d) AS x FROM s;
INSERT INTO s (id, b, d) VALUES (1, 2, 8);
ASSERT VALUES o (id, x) VALUES (1, 3.0);
INSERT INTO s (id, b, d) VALUES (2, 2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: LOG with a base of one or less than zero is not a number
CREATE STREAM s (id INT KEY, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(LOG(b, 5) AS STRING) AS x FROM s;
INSERT INTO s (id, b) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, 'NaN');
INSERT INTO s (id, b) VALUES (2, 0);
ASSERT VALUES o (id, x) VALUES (2, 'NaN');
INSERT INTO s (id, b) VALUES (3, -2);
ASSERT VALUES o (id, x) VALUES (3, 'NaN');

--@test: GREATEST and LEAST ignore NULL
CREATE STREAM s (id INT KEY, a INT, b INT, c INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(a, b, c) AS x1, LEAST(a, b, c) AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 INT);
INSERT INTO s (id, a, b, c) VALUES (1, 1, 3, 2);
ASSERT VALUES o (id, x1, x2) VALUES (1, 3, 1);
INSERT INTO s (id, a, b, c) VALUES (2, NULL, 3, 2);
ASSERT VALUES o (id, x1, x2) VALUES (2, 3, 2);
INSERT INTO s (id, a, b, c) VALUES (3, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: GREATEST and LEAST of texts
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(a, b) AS x1, LEAST(a, b) AS x2 FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'a', 'B');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'a', 'B');
INSERT INTO s (id, a, b) VALUES (2, 'a', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, 'a', 'a');

--@test: GREATEST of BYTES compares signed bytes
CREATE STREAM s (id INT KEY, a BYTES, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(a, b) AS x FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'gA==', 'fw==');
ASSERT VALUES o (id, x) VALUES (1, 'fw==');

--@test: GREATEST of INTEGER and DOUBLE is DOUBLE
CREATE STREAM s (id INT KEY, a INT, b DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(a, b) AS x FROM s;
ASSERT STREAM o (id INT KEY, x DOUBLE);
INSERT INTO s (id, a, b) VALUES (1, 3, 2.5);
ASSERT VALUES o (id, x) VALUES (1, 3.0);

--@test: GREATEST widens DECIMAL
CREATE STREAM s (id INT KEY, a DECIMAL(4, 2), b DECIMAL(5, 1)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(a, b) AS x FROM s;
ASSERT STREAM o (id INT KEY, x DECIMAL(6, 2));
INSERT INTO s (id, a, b) VALUES (1, 10.25, 9.5);
ASSERT VALUES o (id, x) VALUES (1, 10.25);

--@test: GREATEST and LEAST of times
CREATE STREAM s (id INT KEY, a DATE, b DATE, c TIMESTAMP, d TIMESTAMP, e TIME, f TIME) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(a, b) AS x1, LEAST(c, d) AS x2, GREATEST(e, f) AS x3 FROM s;
ASSERT STREAM o (id INT KEY, x1 DATE, x2 TIMESTAMP, x3 TIME);
INSERT INTO s (id, a, b, c, d, e, f) VALUES (1, '2020-01-01', '2021-01-01', '2020-01-01T00:00:00', '2021-01-01T00:00:00', '10:00', '09:00');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, '2021-01-01', '2020-01-01T00:00:00', '10:00');

--@test: GREATEST of INTEGER and BIGINT is ambiguous
--@expected.message: Function 'greatest' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(v, CAST(v AS BIGINT)) AS x FROM s;

--@test: LEAST needs an argument
--@expected.message: Function 'least' does not accept parameters ().
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LEAST() AS x FROM s;

--@test: POWER
CREATE STREAM s (id INT KEY, b INT, e INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, POWER(b, e) AS x FROM s;
ASSERT STREAM o (id INT KEY, x DOUBLE);
INSERT INTO s (id, b, e) VALUES (1, 2, 10);
ASSERT VALUES o (id, x) VALUES (1, 1024.0);
INSERT INTO s (id, b, e) VALUES (2, 0, 0);
ASSERT VALUES o (id, x) VALUES (2, 1.0);
INSERT INTO s (id, b, e) VALUES (3, NULL, 1);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: RANDOM is in [0, 1)
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, RANDOM() >= 0 AND RANDOM() < 1 AS x FROM s;
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, true);

--@test: ROUND of DOUBLE: ties go up
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(d) AS x FROM s;
ASSERT STREAM o (id INT KEY, x BIGINT);
INSERT INTO s (id, d) VALUES (1, 1.5);
ASSERT VALUES o (id, x) VALUES (1, 2);
INSERT INTO s (id, d) VALUES (2, -1.5);
ASSERT VALUES o (id, x) VALUES (2, -1);
INSERT INTO s (id, d) VALUES (3, -2.5);
ASSERT VALUES o (id, x) VALUES (3, -2);
INSERT INTO s (id, d) VALUES (4, -1.6);
ASSERT VALUES o (id, x) VALUES (4, -2);
INSERT INTO s (id, d) VALUES (5, 0.49999999999999994);
ASSERT VALUES o (id, x) VALUES (5, 0);
INSERT INTO s (id, d) VALUES (6, NULL);
ASSERT VALUES o (id, x) VALUES (6, NULL);

--@test: ROUND of DOUBLE to places
CREATE STREAM s (id INT KEY, d DOUBLE, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(d, n) AS x FROM s;
ASSERT STREAM o (id INT KEY, x DOUBLE);
INSERT INTO s (id, d, n) VALUES (1, 1.005, 2);
ASSERT VALUES o (id, x) VALUES (1, 1.01);
INSERT INTO s (id, d, n) VALUES (2, 1250.0, -2);
ASSERT VALUES o (id, x) VALUES (2, 1300.0);
INSERT INTO s (id, d, n) VALUES (3, 99999.5, -5);
ASSERT VALUES o (id, x) VALUES (3, 100000.0);
INSERT INTO s (id, d, n) VALUES (4, 1.5, NULL);
ASSERT VALUES o (id, x) VALUES (4, NULL);

--@test: ROUND of DECIMAL
CREATE STREAM s (id INT KEY, e DECIMAL(5, 3)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(e) AS x1, ROUND(e, 1) AS x2, ROUND(e, 5) AS x3 FROM s;
ASSERT STREAM o (id INT KEY, x1 DECIMAL(2, 0), x2 DECIMAL(5, 3), x3 DECIMAL(5, 3));
INSERT INTO s (id, e) VALUES (1, 12.545);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 13, 12.500, 12.545);
INSERT INTO s (id, e) VALUES (2, -12.500);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, -12, -12.500, -12.500);
INSERT INTO s (id, e) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, NULL, NULL, NULL);

--@test: ROUND of a DECIMAL without integer digits
--@expected.message: DECIMAL precision must be >= 1: DECIMAL(0,0)
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(CAST(v AS DECIMAL(2, 2))) AS x FROM s;

--@test: ROUND of INTEGER to places is ambiguous
--@expected.message: cannot be resolved due to ambiguous method parameters (INTEGER, INTEGER).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ROUND(v, 1) AS x FROM s;

--@test: SIGN and SQRT
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SIGN(d) AS x1, SQRT(d) AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 DOUBLE);
INSERT INTO s (id, d) VALUES (1, 4.0);
ASSERT VALUES o (id, x1, x2) VALUES (1, 1, 2.0);
INSERT INTO s (id, d) VALUES (2, 0.0);
ASSERT VALUES o (id, x1, x2) VALUES (2, 0, 0.0);
INSERT INTO s (id, d) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: SQRT below zero is not a number
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SIGN(d) AS x1, CAST(SQRT(d) AS STRING) AS x2 FROM s;
INSERT INTO s (id, d) VALUES (1, -4.0);
ASSERT VALUES o (id, x1, x2) VALUES (1, -1, 'NaN');

--@test: TRUNC
CREATE STREAM s (id INT KEY, d DOUBLE, e DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRUNC(d) AS x1, TRUNC(d, 1) AS x2, TRUNC(e) AS x3, TRUNC(e, 1) AS x4 FROM s;
ASSERT STREAM o (id INT KEY, x1 BIGINT, x2 DOUBLE, x3 DECIMAL(2, 0), x4 DECIMAL(4, 2));
INSERT INTO s (id, d, e) VALUES (1, 1.99, 12.99);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 1, 1.9, 12, 12.90);
INSERT INTO s (id, d, e) VALUES (2, -1.99, -12.99);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, -1, -1.9, -12, -12.90);
INSERT INTO s (id, d, e) VALUES (3, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, NULL, NULL, NULL, NULL);
