-- TRANSFORM, FILTER, REDUCE and their lambdas.

--@test: TRANSFORM an array
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    TRANSFORM(a, x => x + 5) AS x1,
    TRANSFORM(a, x => ABS(x)) AS x2,
    TRANSFORM(a, x => CAST(x AS STRING)) AS x3
FROM s;
ASSERT STREAM o (id INT KEY, x1 ARRAY<INT>, x2 ARRAY<INT>, x3 ARRAY<STRING>);
INSERT INTO s (id, a) VALUES (1, ARRAY[1, -2]);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, ARRAY[6, 3], ARRAY[1, 2], ARRAY['1', '-2']);
INSERT INTO s (id, a) VALUES (2, ARRAY[1, NULL]);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, NULL, ARRAY[1, NULL], ARRAY['1', NULL]);
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, NULL, NULL, NULL);

--@test: TRANSFORM a map
CREATE STREAM s (id INT KEY, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    TRANSFORM(m, (k, v) => UCASE(k), (k, v) => v * 2) AS x1,
    TRANSFORM(m, (k, v) => 'same', (k, v) => v) AS x2
FROM s;
INSERT INTO s (id, m) VALUES (1, MAP('a' := 1));
ASSERT VALUES o (id, x1, x2) VALUES (1, MAP('A' := 2), MAP('same' := 1));
INSERT INTO s (id, m) VALUES (2, MAP('a' := 1, 'b' := 2));
ASSERT VALUES o (id, x1, x2) VALUES (2, MAP('A' := 2, 'B' := 4), NULL);
INSERT INTO s (id, m) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: FILTER an array
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FILTER(a, x => x > 1) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[1, 2, NULL, 3]);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[2, 3]);
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: FILTER a map
CREATE STREAM s (id INT KEY, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FILTER(m, (k, v) => k <> 'b' AND v > 0) AS x FROM s;
INSERT INTO s (id, m) VALUES (1, MAP('a' := 1, 'b' := 2, 'c' := 0));
ASSERT VALUES o (id, x) VALUES (1, MAP('a' := 1));
INSERT INTO s (id, m) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: REDUCE
CREATE STREAM s (id INT KEY, a ARRAY<INT>, m MAP<STRING, INT>, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    REDUCE(a, i, (s, x) => s + x) AS x1,
    REDUCE(m, i, (s, k, x) => s + LEN(k) * x) AS x2
FROM s;
INSERT INTO s (id, a, m, i) VALUES (1, ARRAY[1, 2, 3], MAP('ab' := 2), 10);
ASSERT VALUES o (id, x1, x2) VALUES (1, 16, 14);
INSERT INTO s (id, a, m, i) VALUES (2, NULL, NULL, 10);
ASSERT VALUES o (id, x1, x2) VALUES (2, 10, 10);
INSERT INTO s (id, a, m, i) VALUES (3, ARRAY[1], MAP('a' := 1), NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: lambdas inside lambdas
CREATE STREAM s (id INT KEY, a ARRAY<ARRAY<INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, x => REDUCE(x, 0, (s, y) => s + y)) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[ARRAY[1, 2], ARRAY[3]]);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[3, 3]);

--@test: a lambda sees the columns of the row
CREATE STREAM s (id INT KEY, a ARRAY<INT>, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, x => x * n) AS x FROM s;
INSERT INTO s (id, a, n) VALUES (1, ARRAY[1, 2], 3);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[3, 6]);

--@test: a lambda argument is no column
--@expected.message: Lambda function argument can't be a column name: V
CREATE STREAM s (id INT KEY, v INT, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, v => v) AS x FROM s;

--@test: lambda arguments are not used again inside
--@expected.message: Reusing lambda arguments in nested lambda is not allowed
CREATE STREAM s (id INT KEY, v INT, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, x => REDUCE(a, 0, (x, y) => x + y)) AS x FROM s;

--@test: a lambda has the right number of arguments
--@expected.message: Function 'transform' does not accept parameters (ARRAY<INTEGER>, LAMBDA).
CREATE STREAM s (id INT KEY, v INT, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(a, (p, q) => p) AS x FROM s;

--@test: FILTER needs a condition
--@expected.message: Cannot infer generics for LAMBDA (T) => BOOLEAN from LAMBDA (INTEGER) => INTEGER because they do not have the same schema structure.
CREATE STREAM s (id INT KEY, v INT, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FILTER(a, x => x + 1) AS x FROM s;

--@test: lambdas can be switched off
--@expected.message: Lambdas are not enabled at this time.
CREATE STREAM s (id INT KEY, v INT, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
SET 'ksql.lambdas.enabled'='false';
CREATE STREAM o AS SELECT id, FILTER(a, x => x > 1) AS x FROM s;
