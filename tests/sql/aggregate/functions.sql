-- Every aggregate function over a stream.

--@test: COUNT: of rows, of values, of a constant
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS x1, COUNT(v) AS x2, COUNT(1) AS x3, COUNT() AS x4 FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 BIGINT, x2 BIGINT, x3 BIGINT, x4 BIGINT);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 1, 1, 1, 1);
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 2, 1, 2, 2);
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 3, 2, 3, 3);

--@test: SUM, MIN, MAX ignore NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS x1, MIN(v) AS x2, MAX(v) AS x3 FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 INT, x2 INT, x3 INT);
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 0, NULL, NULL);
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 5, 5, 5);
INSERT INTO s (id, v) VALUES (1, -2);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 3, -2, 5);
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 3, -2, 5);

--@test: SUM of INTEGER wraps
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS x FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 2147483647);
ASSERT VALUES o (id, x) VALUES (1, 2147483647);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, -2147483648);

--@test: SUM of BIGINT, DOUBLE, DECIMAL
CREATE STREAM s (id INT KEY, b BIGINT, d DOUBLE, e DECIMAL(4, 1)) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(b) AS x1, SUM(d) AS x2, SUM(e) AS x3 FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 BIGINT, x2 DOUBLE, x3 DECIMAL(4, 1));
INSERT INTO s (id, b, d, e) VALUES (1, 1, 0.5, 1.5);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 1, 0.5, 1.5);
INSERT INTO s (id, b, d, e) VALUES (1, 2, 0.25, 2.0);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 3, 0.75, 3.5);

--@test: SUM of DECIMAL that overflows stops the query
--@expected.message: Numeric field overflow: A field with precision 4 and scale 1 must round to an absolute value less than 10^3. Got 1203
CREATE STREAM s (id INT KEY, e DECIMAL(4, 1)) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(e) AS x FROM s GROUP BY id;
INSERT INTO s (id, e) VALUES (1, 801.7);
INSERT INTO s (id, e) VALUES (1, 400.8);

--@test: MIN and MAX of other types
CREATE STREAM s (id INT KEY, a STRING, d DATE, t TIME, s TIMESTAMP, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MAX(a) AS x1, MIN(d) AS x2, MAX(t) AS x3, MIN(s) AS x4, MAX(b) AS x5 FROM s GROUP BY id;
INSERT INTO s (id, a, d, t, s, b) VALUES (1, 'a', '2020-01-02', '10:00', '2020-01-02', 'gA==');
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, 'a', '2020-01-02', '10:00', '2020-01-02', 'gA==');
INSERT INTO s (id, a, d, t, s, b) VALUES (1, 'B', '2020-01-01', '09:00', '2020-01-01', 'fw==');
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, 'a', '2020-01-01', '10:00', '2020-01-01', 'fw==');

--@test: AVG is a DOUBLE
CREATE STREAM s (id INT KEY, v INT, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, AVG(v) AS x1, AVG(d) AS x2 FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 DOUBLE, x2 DOUBLE);
INSERT INTO s (id, v, d) VALUES (1, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, 0.0, 0.0);
INSERT INTO s (id, v, d) VALUES (1, 1, 0.5);
ASSERT VALUES o (id, x1, x2) VALUES (1, 1.0, 0.5);
INSERT INTO s (id, v, d) VALUES (1, 2, 1.0);
ASSERT VALUES o (id, x1, x2) VALUES (1, 1.5, 0.75);
INSERT INTO s (id, v, d) VALUES (1, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, 1.5, 0.75);

--@test: COLLECT_LIST and COLLECT_SET
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COLLECT_LIST(v) AS x1, COLLECT_SET(v) AS x2 FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 ARRAY<INT>, x2 ARRAY<INT>);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1], ARRAY[1]);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1, 1], ARRAY[1]);
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1, 1, NULL], ARRAY[1, NULL]);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1, 1, NULL, 2], ARRAY[1, NULL, 2]);

--@test: limits of COLLECT_LIST and COLLECT_SET
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
SET 'ksql.functions.collect_list.limit' = '2';
SET 'ksql.functions.collect_set.limit' = '1';
CREATE TABLE o AS SELECT id, COLLECT_LIST(v) AS x1, COLLECT_SET(v) AS x2 FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1], ARRAY[1]);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1, 2], ARRAY[1]);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1, 2], ARRAY[1]);

--@test: EARLIEST_BY_OFFSET and LATEST_BY_OFFSET
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT
    id,
    EARLIEST_BY_OFFSET(v) AS x1,
    LATEST_BY_OFFSET(v) AS x2,
    EARLIEST_BY_OFFSET(v, false) AS x3,
    LATEST_BY_OFFSET(v, false) AS x4
FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 INT, x2 INT, x3 INT, x4 INT);
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, NULL, NULL, NULL, NULL);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 1, 1, NULL, 1);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 1, 2, NULL, 2);
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 1, 2, NULL, NULL);

--@test: the N earliest and latest
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, EARLIEST_BY_OFFSET(v, 2) AS x1, LATEST_BY_OFFSET(v, 2) AS x2 FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 ARRAY<INT>, x2 ARRAY<INT>);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1], ARRAY[1]);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1, 2], ARRAY[1, 2]);
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1, 2], ARRAY[1, 2]);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1, 2], ARRAY[2, 3]);

--@test: the N latest with NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, LATEST_BY_OFFSET(v, 2, false) AS x FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[1]);
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[1, NULL]);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[NULL, 3]);

--@test: ATTR is the one value there is
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, ATTR(v) AS x FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x INT);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, x) VALUES (1, NULL);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, NULL);

--@test: COUNT_DISTINCT
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT_DISTINCT(a) AS x FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x BIGINT);
INSERT INTO s (id, a) VALUES (1, 'a');
ASSERT VALUES o (id, x) VALUES (1, 1);
INSERT INTO s (id, a) VALUES (1, 'b');
ASSERT VALUES o (id, x) VALUES (1, 2);
INSERT INTO s (id, a) VALUES (1, 'a');
ASSERT VALUES o (id, x) VALUES (1, 2);
INSERT INTO s (id, a) VALUES (1, NULL);
ASSERT VALUES o (id, x) VALUES (1, 2);

--@test: HISTOGRAM
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, HISTOGRAM(a) AS x FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x MAP<STRING, BIGINT>);
INSERT INTO s (id, a) VALUES (1, 'a');
ASSERT VALUES o (id, x) VALUES (1, MAP('a' := 1));
INSERT INTO s (id, a) VALUES (1, 'b');
ASSERT VALUES o (id, x) VALUES (1, MAP('a' := 1, 'b' := 1));
INSERT INTO s (id, a) VALUES (1, 'a');
ASSERT VALUES o (id, x) VALUES (1, MAP('a' := 2, 'b' := 1));

--@test: TOPK and TOPKDISTINCT
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(v, 2) AS x1, TOPKDISTINCT(v, 2) AS x2 FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 ARRAY<INT>, x2 ARRAY<INT>);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[1], ARRAY[1]);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[3, 1], ARRAY[3, 1]);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[3, 3], ARRAY[3, 1]);
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[3, 3], ARRAY[3, 1]);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY[3, 3], ARRAY[3, 2]);

--@test: TOPK with other columns
CREATE STREAM s (id INT KEY, v INT, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(v, a, 2) AS x FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x ARRAY<STRUCT<`sort_col` INT, `col0` STRING>>);
INSERT INTO s (id, v, a) VALUES (1, 1, 'x');
ASSERT VALUES o (id, x) VALUES (1, ARRAY[STRUCT(`sort_col` := 1, `col0` := 'x')]);
INSERT INTO s (id, v, a) VALUES (1, 5, 'y');
ASSERT VALUES o (id, x) VALUES (1, ARRAY[STRUCT(`sort_col` := 5, `col0` := 'y'), STRUCT(`sort_col` := 1, `col0` := 'x')]);
INSERT INTO s (id, v, a) VALUES (1, 5, NULL);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[STRUCT(`sort_col` := 5, `col0` := 'y'), STRUCT(`sort_col` := 5, `col0` := CAST(NULL AS STRING))]);

--@test: STDDEV_SAMP is the variance, STDDEV_SAMPLE its root
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, STDDEV_SAMP(d) AS x1, STDDEV_SAMPLE(d) AS x2 FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 DOUBLE, x2 DOUBLE);
INSERT INTO s (id, d) VALUES (1, 1.0);
ASSERT VALUES o (id, x1, x2) VALUES (1, 0.0, 0.0);
INSERT INTO s (id, d) VALUES (1, 5.0);
ASSERT VALUES o (id, x1, x2) VALUES (1, 8.0, 2.8284271247461903);
INSERT INTO s (id, d) VALUES (1, 3.0);
ASSERT VALUES o (id, x1, x2) VALUES (1, 4.0, 2.0);

--@test: CORRELATION
CREATE STREAM s (id INT KEY, x DOUBLE, y DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, CAST(CORRELATION(x, y) AS STRING) AS x FROM s GROUP BY id;
INSERT INTO s (id, x, y) VALUES (1, 1.0, 1.0);
ASSERT VALUES o (id, x) VALUES (1, 'NaN');
INSERT INTO s (id, x, y) VALUES (1, 2.0, 2.0);
ASSERT VALUES o (id, x) VALUES (1, '1.0');
INSERT INTO s (id, x, y) VALUES (1, NULL, 5.0);
ASSERT VALUES o (id, x) VALUES (1, '1.0');

--@test: SUM_LIST
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM_LIST(a) AS x FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x INT);
INSERT INTO s (id, a) VALUES (1, ARRAY[1, NULL, 2]);
ASSERT VALUES o (id, x) VALUES (1, 3);
INSERT INTO s (id, a) VALUES (1, NULL);
ASSERT VALUES o (id, x) VALUES (1, 3);
INSERT INTO s (id, a) VALUES (1, ARRAY[4]);
ASSERT VALUES o (id, x) VALUES (1, 7);

--@test: arguments are expressions, and so is what is around
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT
    id,
    SUM(v * 2) + 1 AS x1,
    MAX(CAST(v AS STRING)) AS x2,
    COUNT(*) > 1 AS x3
FROM s GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, x1 INT, x2 STRING, x3 BOOLEAN);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 3, '1', false);
INSERT INTO s (id, v) VALUES (1, 2);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 7, '2', true);

--@test: a failing argument is NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(10 / v) AS x1, COUNT(10 / v) AS x2 FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (id, x1, x2) VALUES (1, 2, 1);
INSERT INTO s (id, v) VALUES (1, 0);
ASSERT VALUES o (id, x1, x2) VALUES (1, 2, 1);

--@test: refused: aggregates do not cast
--@expected.message: does not accept parameters (DECIMAL(4, 2))
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, AVG(CAST(v AS DECIMAL(4, 2))) AS x FROM s GROUP BY id;

--@test: refused: SUM of texts
--@expected.message: does not accept parameters (STRING)
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(CAST(v AS STRING)) AS x FROM s GROUP BY id;

--@test: refused: the count of TOPK is a literal
--@expected.message: must be a literal constant, but was expression: 'V'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, TOPK(v, v) AS x FROM s GROUP BY id;

--@test: refused: aggregates are not nested
--@expected.message: Aggregate functions can not be nested: SUM(COUNT())
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(COUNT(*)) AS x FROM s GROUP BY id;

--@test: refused: none earliest
--@expected.message: Failed to invoke UDAF factory method
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, EARLIEST_BY_OFFSET(v, 0) AS x FROM s GROUP BY id;
