-- CAST of every pair that there is.

--@test: numbers to numbers
CREATE STREAM s (id INT KEY, b BIGINT, d DOUBLE, e DECIMAL(6, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CAST(b AS INT) AS x1,
    CAST(d AS INT) AS x2,
    CAST(d AS BIGINT) AS x3,
    CAST(e AS INT) AS x4,
    CAST(e AS DOUBLE) AS x5,
    CAST(b AS DOUBLE) AS x6
FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 INT, x3 BIGINT, x4 INT, x5 DOUBLE, x6 DOUBLE);
INSERT INTO s (id, b, d, e) VALUES (1, 4294967297, -1.9, -9.99);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 1, -1, -1, -9, -9.99, 4294967297.0);
INSERT INTO s (id, b, d, e) VALUES (2, 1, 1E30, 1.50);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, 1, 2147483647, 9223372036854775807, 1, 1.5, 1.0);
INSERT INTO s (id, b, d, e) VALUES (3, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: numbers to DECIMAL round half up
CREATE STREAM s (id INT KEY, i INT, d DOUBLE, e DECIMAL(5, 3)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CAST(i AS DECIMAL(4, 1)) AS x1,
    CAST(d AS DECIMAL(4, 1)) AS x2,
    CAST(e AS DECIMAL(4, 1)) AS x3
FROM s;
INSERT INTO s (id, i, d, e) VALUES (1, 12, 1.25, 1.250);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 12.0, 1.3, 1.3);
INSERT INTO s (id, i, d, e) VALUES (2, 999, -1.25, -1.250);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 999.0, -1.3, -1.3);
INSERT INTO s (id, i, d, e) VALUES (3, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, NULL, NULL, NULL);

--@test: a DECIMAL that is too small
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(v AS DECIMAL(3, 1)) AS x FROM s;
INSERT INTO s (id, v) VALUES (1, 100);
ASSERT VALUES o (x) VALUES (NULL);
--@log: Numeric field overflow: A field with precision 3 and scale 1 must round to an absolute value less than 10^2. Got 100

--@test: texts to numbers
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CAST(a AS INT) AS x1,
    CAST(a AS BIGINT) AS x2,
    CAST(a AS DOUBLE) AS x3,
    CAST(a AS DECIMAL(4, 1)) AS x4
FROM s;
INSERT INTO s (id, a) VALUES (1, ' 12 ');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 12, 12, 12.0, 12.0);
INSERT INTO s (id, a) VALUES (2, '+7');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, 7, 7, 7.0, 7.0);
INSERT INTO s (id, a) VALUES (3, '1.25');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, NULL, NULL, 1.25, 1.3);
INSERT INTO s (id, a) VALUES (4, 'x');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, NULL, NULL, NULL, NULL);
INSERT INTO s (id, a) VALUES (5, 'NaN');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (5, NULL, NULL, NULL, NULL);
INSERT INTO s (id, a) VALUES (6, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (6, NULL, NULL, NULL, NULL);

--@test: texts to BOOLEAN are never NULL
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS BOOLEAN) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'true');
ASSERT VALUES o (id, x) VALUES (1, true);
INSERT INTO s (id, a) VALUES (2, 'T');
ASSERT VALUES o (id, x) VALUES (2, true);
INSERT INTO s (id, a) VALUES (3, 'yes');
ASSERT VALUES o (id, x) VALUES (3, true);
INSERT INTO s (id, a) VALUES (4, ' tr ');
ASSERT VALUES o (id, x) VALUES (4, true);
INSERT INTO s (id, a) VALUES (5, 'no');
ASSERT VALUES o (id, x) VALUES (5, false);
INSERT INTO s (id, a) VALUES (6, '1');
ASSERT VALUES o (id, x) VALUES (6, false);
INSERT INTO s (id, a) VALUES (7, '');
ASSERT VALUES o (id, x) VALUES (7, false);
INSERT INTO s (id, a) VALUES (8, NULL);
ASSERT VALUES o (id, x) VALUES (8, NULL);

--@test: texts to times
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS TIME) AS x1, CAST(a AS DATE) AS x2, CAST(a AS TIMESTAMP) AS x3 FROM s;
INSERT INTO s (id, a) VALUES (1, '10:30');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, '10:30', NULL, NULL);
INSERT INTO s (id, a) VALUES (2, '2020-05');
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, NULL, '2020-05-01', '2020-05-01T00:00:00');
INSERT INTO s (id, a) VALUES (3, '2020-05-06T07');
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, NULL, NULL, '2020-05-06T07:00:00');
INSERT INTO s (id, a) VALUES (4, '2020-05-06T07:00:00+0200');
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, NULL, NULL, '2020-05-06T05:00:00');
INSERT INTO s (id, a) VALUES (5, 'x');
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, NULL, NULL, NULL);
INSERT INTO s (id, a) VALUES (6, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (6, NULL, NULL, NULL);

--@test: what a bad date says
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS DATE) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (x) VALUES (NULL);
--@log: Failed to parse date 'x'

--@test: texts to BYTES and back
CREATE STREAM s (id INT KEY, a STRING, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS BYTES) AS x FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'SG8=', 'AA==');
ASSERT VALUES o (id, x) VALUES (1, 'SG8=');
INSERT INTO s (id, a, b) VALUES (2, '***', 'AA==');
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: all to STRING
CREATE STREAM s (id INT KEY, i INT, b BOOLEAN, d DOUBLE, e DECIMAL(6, 3)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CAST(i AS STRING) AS x1,
    CAST(b AS STRING) AS x2,
    CAST(d AS STRING) AS x3,
    CAST(e AS STRING) AS x4
FROM s;
INSERT INTO s (id, i, b, d, e) VALUES (1, 7, true, 1E10, 0.500);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, '7', 'true', '1.0E10', '0.500');
INSERT INTO s (id, i, b, d, e) VALUES (2, -7, false, 1E-5, -1.000);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, '-7', 'false', '1.0E-5', '-1.000');
INSERT INTO s (id, i, b, d, e) VALUES (3, NULL, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, NULL, NULL, NULL, NULL);

--@test: DOUBLE as text: from 0.001 to 10^7 plain
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(d AS STRING) AS x FROM s;
INSERT INTO s (id, d) VALUES (1, 100.0);
ASSERT VALUES o (id, x) VALUES (1, '100.0');
INSERT INTO s (id, d) VALUES (2, 0.001);
ASSERT VALUES o (id, x) VALUES (2, '0.001');
INSERT INTO s (id, d) VALUES (3, 0.0001);
ASSERT VALUES o (id, x) VALUES (3, '1.0E-4');
INSERT INTO s (id, d) VALUES (4, 9999999.0);
ASSERT VALUES o (id, x) VALUES (4, '9999999.0');
INSERT INTO s (id, d) VALUES (5, 1E7);
ASSERT VALUES o (id, x) VALUES (5, '1.0E7');

--@test: times to STRING and to each other
CREATE STREAM s (id INT KEY, t TIME, d DATE, s TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CAST(t AS STRING) AS x1,
    CAST(d AS STRING) AS x2,
    CAST(s AS STRING) AS x3,
    CAST(s AS DATE) AS x4,
    CAST(s AS TIME) AS x5,
    CAST(d AS TIMESTAMP) AS x6
FROM s;
INSERT INTO s (id, t, d, s) VALUES (1, '10:30:00.5', '2020-01-02', '2020-01-02T03:04:05.006');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, '10:30', '2020-01-02', '2020-01-02T03:04:05.006', '2020-01-02', '03:04:05.006', '2020-01-02T00:00:00');
INSERT INTO s (id, t, d, s) VALUES (2, '10:30:01.5', '1969-12-31', '1969-12-31T23:59:59.999');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, '10:30:01', '1969-12-31', '1969-12-31T23:59:59.999', '1969-12-31', '23:59:59.999', '1969-12-31T00:00:00');

--@test: containers to STRING
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, INT>, p STRUCT<F INT, G STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS STRING) AS x1, CAST(m AS STRING) AS x2, CAST(p AS STRING) AS x3 FROM s;
INSERT INTO s (id, a, m, p) VALUES (1, ARRAY[1, NULL], MAP('a' := 1), STRUCT(f := 1, g := 'x'));
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, '[1, null]', '{a=1}', 'Struct{F=1,G=x}');
INSERT INTO s (id, a, m, p) VALUES (2, ARRAY[1], MAP('a' := 1), STRUCT(f := 1));
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, '[1]', '{a=1}', 'Struct{F=1}');

--@test: containers element by element
CREATE STREAM s (id INT KEY, a ARRAY<STRING>, m MAP<STRING, INT>, p STRUCT<F INT, G STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CAST(a AS ARRAY<INT>) AS x1,
    CAST(m AS MAP<STRING, STRING>) AS x2,
    CAST(p AS STRUCT<G STRING, F BIGINT, H INT>) AS x3
FROM s;
ASSERT STREAM o (id INT KEY, x1 ARRAY<INT>, x2 MAP<STRING, STRING>, x3 STRUCT<G STRING, F BIGINT, H INT>);
INSERT INTO s (id, a, m, p) VALUES (1, ARRAY['1', NULL], MAP('a' := 1), STRUCT(f := 1, g := 'x'));
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, ARRAY[1, NULL], MAP('a' := '1'), STRUCT(g := 'x', f := 1, h := CAST(NULL AS INT)));

--@test: NULL of a type
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(NULL AS INT) AS x1, CAST(NULL AS ARRAY<STRING>) AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 ARRAY<STRING>);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2) VALUES (1, NULL, NULL);

--@test: no CAST of BOOLEAN to INTEGER
--@expected.message: Cast of BOOLEAN to INTEGER is not supported
CREATE STREAM s (id INT KEY, a BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS INTEGER) AS x FROM s;

--@test: no CAST of INTEGER to BOOLEAN
--@expected.message: Cast of INTEGER to BOOLEAN is not supported
CREATE STREAM s (id INT KEY, a INTEGER) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS BOOLEAN) AS x FROM s;

--@test: no CAST of INTEGER to BYTES
--@expected.message: Cast of INTEGER to BYTES is not supported
CREATE STREAM s (id INT KEY, a INTEGER) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS BYTES) AS x FROM s;

--@test: no CAST of BYTES to STRING
--@expected.message: Cast of BYTES to STRING is not supported
CREATE STREAM s (id INT KEY, a BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS STRING) AS x FROM s;

--@test: no CAST of TIME to DATE
--@expected.message: Cast of TIME to DATE is not supported
CREATE STREAM s (id INT KEY, a TIME) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS DATE) AS x FROM s;

--@test: no CAST of DATE to TIME
--@expected.message: Cast of DATE to TIME is not supported
CREATE STREAM s (id INT KEY, a DATE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS TIME) AS x FROM s;

--@test: no CAST of ARRAY<INTEGER> to INTEGER
--@expected.message: Cast of ARRAY<INTEGER> to INTEGER is not supported
CREATE STREAM s (id INT KEY, a ARRAY<INTEGER>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS INTEGER) AS x FROM s;

--@test: no CAST of BIGINT to TIMESTAMP
--@expected.message: Cast of BIGINT to TIMESTAMP is not supported
CREATE STREAM s (id INT KEY, a BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS TIMESTAMP) AS x FROM s;

--@test: no CAST of STRING to ARRAY<STRING>
--@expected.message: Cast of STRING to ARRAY<STRING> is not supported
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS ARRAY<STRING>) AS x FROM s;
