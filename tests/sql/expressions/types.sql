-- Every type: from INSERT VALUES through JSON to ASSERT VALUES, and its name in a schema.

--@test: BOOLEAN
CREATE STREAM s (id INT KEY, a BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x BOOLEAN);
INSERT INTO s (id, a) VALUES (1, true);
ASSERT VALUES o (id, x) VALUES (1, true);
INSERT INTO s (id, a) VALUES (2, false);
ASSERT VALUES o (id, x) VALUES (2, false);
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: INTEGER: its ends
CREATE STREAM s (id INT KEY, a INTEGER) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x INTEGER);
INSERT INTO s (id, a) VALUES (1, 2147483647);
ASSERT VALUES o (id, x) VALUES (1, 2147483647);
INSERT INTO s (id, a) VALUES (2, -2147483648);
ASSERT VALUES o (id, x) VALUES (2, -2147483648);
INSERT INTO s (id, a) VALUES (3, 0);
ASSERT VALUES o (id, x) VALUES (3, 0);
INSERT INTO s (id, a) VALUES (4, NULL);
ASSERT VALUES o (id, x) VALUES (4, NULL);

--@test: BIGINT: its ends
CREATE STREAM s (id INT KEY, a BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x BIGINT);
INSERT INTO s (id, a) VALUES (1, 9223372036854775807);
ASSERT VALUES o (id, x) VALUES (1, 9223372036854775807);
INSERT INTO s (id, a) VALUES (2, -9223372036854775808);
ASSERT VALUES o (id, x) VALUES (2, -9223372036854775808);
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: DOUBLE
CREATE STREAM s (id INT KEY, a DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x DOUBLE);
INSERT INTO s (id, a) VALUES (1, 1.5E0);
ASSERT VALUES o (id, x) VALUES (1, 1.5E0);
INSERT INTO s (id, a) VALUES (2, -1.0E300);
ASSERT VALUES o (id, x) VALUES (2, -1.0E300);
INSERT INTO s (id, a) VALUES (3, 1E-300);
ASSERT VALUES o (id, x) VALUES (3, 1E-300);
INSERT INTO s (id, a) VALUES (4, NULL);
ASSERT VALUES o (id, x) VALUES (4, NULL);

--@test: DECIMAL keeps every digit
CREATE STREAM s (id INT KEY, a DECIMAL(30, 10)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x DECIMAL(30, 10));
INSERT INTO s (id, a) VALUES (1, 12345678901234567890.0123456789);
ASSERT VALUES o (id, x) VALUES (1, 12345678901234567890.0123456789);
INSERT INTO s (id, a) VALUES (2, -0.0000000001);
ASSERT VALUES o (id, x) VALUES (2, -0.0000000001);
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: STRING: quotes, newlines, all of Unicode
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x STRING);
INSERT INTO s (id, a) VALUES (1, '');
ASSERT VALUES o (id, x) VALUES (1, '');
INSERT INTO s (id, a) VALUES (2, 'it''s');
ASSERT VALUES o (id, x) VALUES (2, 'it''s');
INSERT INTO s (id, a) VALUES (3, 'a
b');
ASSERT VALUES o (id, x) VALUES (3, 'a
b');
INSERT INTO s (id, a) VALUES (4, 'ü 😀');
ASSERT VALUES o (id, x) VALUES (4, 'ü 😀');
INSERT INTO s (id, a) VALUES (5, NULL);
ASSERT VALUES o (id, x) VALUES (5, NULL);

--@test: BYTES in base64
CREATE STREAM s (id INT KEY, a BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x BYTES);
INSERT INTO s (id, a) VALUES (1, 'SG8=');
ASSERT VALUES o (id, x) VALUES (1, 'SG8=');
INSERT INTO s (id, a) VALUES (2, '');
ASSERT VALUES o (id, x) VALUES (2, '');
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: TIME
CREATE STREAM s (id INT KEY, a TIME) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x TIME);
INSERT INTO s (id, a) VALUES (1, '00:00');
ASSERT VALUES o (id, x) VALUES (1, '00:00');
INSERT INTO s (id, a) VALUES (2, '23:59:59.999');
ASSERT VALUES o (id, x) VALUES (2, '23:59:59.999');
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: DATE
CREATE STREAM s (id INT KEY, a DATE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x DATE);
INSERT INTO s (id, a) VALUES (1, '1970-01-01');
ASSERT VALUES o (id, x) VALUES (1, '1970-01-01');
INSERT INTO s (id, a) VALUES (2, '2024-02-29');
ASSERT VALUES o (id, x) VALUES (2, '2024-02-29');
INSERT INTO s (id, a) VALUES (3, '1900-01-01');
ASSERT VALUES o (id, x) VALUES (3, '1900-01-01');
INSERT INTO s (id, a) VALUES (4, NULL);
ASSERT VALUES o (id, x) VALUES (4, NULL);

--@test: TIMESTAMP
CREATE STREAM s (id INT KEY, a TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x TIMESTAMP);
INSERT INTO s (id, a) VALUES (1, '1970-01-01T00:00:00');
ASSERT VALUES o (id, x) VALUES (1, '1970-01-01T00:00:00');
INSERT INTO s (id, a) VALUES (2, '2024-02-29T12:00:00.001');
ASSERT VALUES o (id, x) VALUES (2, '2024-02-29T12:00:00.001');
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: ARRAY
CREATE STREAM s (id INT KEY, a ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x ARRAY<STRING>);
INSERT INTO s (id, a) VALUES (1, ARRAY['a', NULL, '']);
ASSERT VALUES o (id, x) VALUES (1, ARRAY['a', NULL, '']);
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: MAP
CREATE STREAM s (id INT KEY, a MAP<STRING, BIGINT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x MAP<STRING, BIGINT>);
INSERT INTO s (id, a) VALUES (1, MAP('a' := 1, 'b' := NULL));
ASSERT VALUES o (id, x) VALUES (1, MAP('a' := 1, 'b' := NULL));
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: STRUCT
CREATE STREAM s (id INT KEY, a STRUCT<A INT, B STRUCT<C ARRAY<INT>>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x FROM s;
ASSERT STREAM o (id INT KEY, x STRUCT<A INT, B STRUCT<C ARRAY<INT>>>);
INSERT INTO s (id, a) VALUES (1, STRUCT(a := 1, b := STRUCT(c := ARRAY[1, 2])));
ASSERT VALUES o (id, x) VALUES (1, STRUCT(a := 1, b := STRUCT(c := ARRAY[1, 2])));
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: other names of types
CREATE STREAM s (id INT KEY, a INT, b VARCHAR, c VARCHAR(10), d STRING(5)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x1, b AS x2, c AS x3, d AS x4 FROM s;
ASSERT STREAM o (id INT KEY, x1 INTEGER, x2 STRING, x3 STRING, x4 STRING);
INSERT INTO s (id, a, b, c, d) VALUES (1, 1, 'x', 'longer than ten', 'y');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 1, 'x', 'longer than ten', 'y');

--@test: how JSON shows the types
CREATE STREAM s (id INT KEY, a DECIMAL(6, 3), b BYTES, c TIME, d DATE, e TIMESTAMP, f DOUBLE) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 1.5, 'SG8=', '00:00:01', '1970-01-02', '1970-01-01T00:00:00.005', 1.0E10);
--@output: s {"key": 1, "value": {"A": 1.500, "B": "SG8=", "C": 1000, "D": 1, "E": 5, "F": 1.0E10}}

--@test: a type that is none: precision of zero
--@expected.message: DECIMAL precision must be >= 1: DECIMAL(0,0)
CREATE STREAM s (id INT KEY, a DECIMAL(0, 0)) WITH (kafka_topic='s', value_format='JSON');

--@test: a type that is none: scale above the precision
--@expected.message: DECIMAL precision must be >= scale: DECIMAL(2,3)
CREATE STREAM s (id INT KEY, a DECIMAL(2, 3)) WITH (kafka_topic='s', value_format='JSON');

--@test: a type that is none: unknown type
--@expected.message: Cannot resolve unknown type: NOPE
CREATE STREAM s (id INT KEY, a NOPE) WITH (kafka_topic='s', value_format='JSON');

--@test: a type that is none: struct with a field twice
--@expected.message: Duplicate field names found in STRUCT: '`F` INTEGER' and '`F` STRING'
CREATE STREAM s (id INT KEY, a STRUCT<F INT, f STRING>) WITH (kafka_topic='s', value_format='JSON');

--@test: a type that is none: no FLOAT
--@expected.message: Cannot resolve unknown type: FLOAT
CREATE STREAM s (id INT KEY, a FLOAT) WITH (kafka_topic='s', value_format='JSON');
