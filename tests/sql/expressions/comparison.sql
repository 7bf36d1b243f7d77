-- Comparisons, NULL in them, BETWEEN, IN, LIKE, IS.

--@test: numbers
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    a = b AS x1,
    a <> b AS x2,
    a != b AS x3,
    a < b AS x4,
    a <= b AS x5,
    a > b AS x6,
    a >= b AS x7
FROM s;
ASSERT STREAM o (id INT KEY, x1 BOOLEAN, x2 BOOLEAN, x3 BOOLEAN, x4 BOOLEAN, x5 BOOLEAN, x6 BOOLEAN, x7 BOOLEAN);
INSERT INTO s (id, a, b) VALUES (1, 1, 2);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (1, false, true, true, true, true, false, false);
INSERT INTO s (id, a, b) VALUES (2, 2, 2);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (2, true, false, false, false, true, false, true);
INSERT INTO s (id, a, b) VALUES (3, NULL, 2);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (3, false, false, false, false, false, false, false);
INSERT INTO s (id, a, b) VALUES (4, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6, x7) VALUES (4, false, false, false, false, false, false, false);

--@test: numbers of several types
CREATE STREAM s (id INT KEY, i INT, d DOUBLE, e DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, i = d AS x1, i = e AS x2, d = e AS x3, e < 1.001 AS x4 FROM s;
INSERT INTO s (id, i, d, e) VALUES (1, 1, 1.0, 1.00);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, true, true, true, true);
INSERT INTO s (id, i, d, e) VALUES (2, 1, 1.1, 1.10);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, false, false, true, false);

--@test: texts by UTF-16 unit
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a < b AS x1, a = b AS x2 FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'B', 'a');
ASSERT VALUES o (id, x1, x2) VALUES (1, true, false);
INSERT INTO s (id, a, b) VALUES (2, 'a', 'a ');
ASSERT VALUES o (id, x1, x2) VALUES (2, true, false);
INSERT INTO s (id, a, b) VALUES (3, '😀', 'ﬁ');
ASSERT VALUES o (id, x1, x2) VALUES (3, true, false);

--@test: times and texts
CREATE STREAM s (id INT KEY, d DATE, t TIME, s TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    d = '2020-01-01' AS x1,
    t < '10:00' AS x2,
    s >= '2020-01-01' AS x3,
    d <= s AS x4
FROM s;
INSERT INTO s (id, d, t, s) VALUES (1, '2020-01-01', '09:59', '2020-01-01T00:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, true, true, true, true);
INSERT INTO s (id, d, t, s) VALUES (2, '2020-01-02', '10:00', '2019-12-31T23:00:00');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, false, false, false, false);

--@test: BYTES are compared as signed bytes
CREATE STREAM s (id INT KEY, a BYTES, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a < b AS x1, a = b AS x2 FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'gA==', 'fw==');
ASSERT VALUES o (id, x1, x2) VALUES (1, true, false);
INSERT INTO s (id, a, b) VALUES (2, 'AQ==', 'AQ==');
ASSERT VALUES o (id, x1, x2) VALUES (2, false, true);

--@test: containers are equal deeply
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a = b AS x1, a <> b AS x2 FROM s;
INSERT INTO s (id, a, b) VALUES (1, ARRAY[1, NULL], ARRAY[1, NULL]);
ASSERT VALUES o (id, x1, x2) VALUES (1, true, false);
INSERT INTO s (id, a, b) VALUES (2, ARRAY[1], ARRAY[2]);
ASSERT VALUES o (id, x1, x2) VALUES (2, false, true);

--@test: IS NULL, IS NOT NULL, IS DISTINCT FROM
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    a IS NULL AS x1,
    a IS NOT NULL AS x2,
    a IS DISTINCT FROM b AS x3,
    a IS NOT DISTINCT FROM b AS x4
FROM s;
INSERT INTO s (id, a, b) VALUES (1, 1, 1);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, false, true, false, true);
INSERT INTO s (id, a, b) VALUES (2, 1, 2);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, false, true, true, false);
INSERT INTO s (id, a, b) VALUES (3, NULL, 2);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, true, false, true, false);
INSERT INTO s (id, a, b) VALUES (4, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, true, false, false, true);

--@test: BETWEEN takes its ends in
CREATE STREAM s (id INT KEY, a INT, l INT, h INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a BETWEEN l AND h AS x1, a NOT BETWEEN l AND h AS x2 FROM s;
INSERT INTO s (id, a, l, h) VALUES (1, 1, 1, 3);
ASSERT VALUES o (id, x1, x2) VALUES (1, true, false);
INSERT INTO s (id, a, l, h) VALUES (2, 3, 1, 3);
ASSERT VALUES o (id, x1, x2) VALUES (2, true, false);
INSERT INTO s (id, a, l, h) VALUES (3, 4, 1, 3);
ASSERT VALUES o (id, x1, x2) VALUES (3, false, true);
INSERT INTO s (id, a, l, h) VALUES (4, 2, 3, 1);
ASSERT VALUES o (id, x1, x2) VALUES (4, false, true);
INSERT INTO s (id, a, l, h) VALUES (5, NULL, 1, 3);
ASSERT VALUES o (id, x1, x2) VALUES (5, false, true);
INSERT INTO s (id, a, l, h) VALUES (6, 2, NULL, 3);
ASSERT VALUES o (id, x1, x2) VALUES (6, false, true);

--@test: BETWEEN of texts and times
CREATE STREAM s (id INT KEY, a STRING, d DATE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a BETWEEN 'b' AND 'd' AS x1, d BETWEEN '2020-01-01' AND '2020-12-31' AS x2 FROM s;
INSERT INTO s (id, a, d) VALUES (1, 'c', '2020-12-31');
ASSERT VALUES o (id, x1, x2) VALUES (1, true, true);
INSERT INTO s (id, a, d) VALUES (2, 'da', '2021-01-01');
ASSERT VALUES o (id, x1, x2) VALUES (2, false, false);

--@test: IN and NULL
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    a IN (1, 2) AS x1,
    a NOT IN (1, 2) AS x2,
    a IN (1, NULL) AS x3,
    a IN (3, a) AS x4
FROM s;
INSERT INTO s (id, a) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, true, false, true, true);
INSERT INTO s (id, a) VALUES (2, 3);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, false, true, false, true);
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, false, true, false, false);

--@test: IN converts literals
CREATE STREAM s (id INT KEY, a INT, s STRING, d DECIMAL(3, 1)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a IN ('1', '2') AS x1, s IN (1, 'x') AS x2, d IN (1, 2.5) AS x3 FROM s;
INSERT INTO s (id, a, s, d) VALUES (1, 1, '1', 2.5);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, true, true, true);
INSERT INTO s (id, a, s, d) VALUES (2, 3, 'y', 2.4);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, false, false, false);

--@test: IN with a text that is no number
--@expected.message: Invalid Select: invalid input syntax for type INTEGER: "x".
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v IN (1, 'x') AS x FROM s;

--@test: IN with other types
--@expected.message: Invalid Predicate: operator does not exist: INTEGER = BOOLEAN (true)
--@expected.message: Hint: You might need to add explicit type casts.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE v IN (1, true);

--@test: LIKE
CREATE STREAM s (id INT KEY, a STRING, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a LIKE p AS x1, a NOT LIKE p AS x2 FROM s;
INSERT INTO s (id, a, p) VALUES (1, 'abc', 'a%');
ASSERT VALUES o (id, x1, x2) VALUES (1, true, false);
INSERT INTO s (id, a, p) VALUES (2, 'abc', '_b_');
ASSERT VALUES o (id, x1, x2) VALUES (2, true, false);
INSERT INTO s (id, a, p) VALUES (3, 'abc', 'b');
ASSERT VALUES o (id, x1, x2) VALUES (3, false, true);
INSERT INTO s (id, a, p) VALUES (4, 'ABC', 'a%');
ASSERT VALUES o (id, x1, x2) VALUES (4, false, true);
INSERT INTO s (id, a, p) VALUES (5, 'a.c', 'a.c');
ASSERT VALUES o (id, x1, x2) VALUES (5, true, false);
INSERT INTO s (id, a, p) VALUES (6, 'axc', 'a.c');
ASSERT VALUES o (id, x1, x2) VALUES (6, false, true);
INSERT INTO s (id, a, p) VALUES (7, 'a
c', 'a%c');
ASSERT VALUES o (id, x1, x2) VALUES (7, false, true);
INSERT INTO s (id, a, p) VALUES (8, NULL, '%');
ASSERT VALUES o (id, x1, x2) VALUES (8, NULL, NULL);

--@test: LIKE with an escape character
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a LIKE '10!%' ESCAPE '!' AS x1, a LIKE '!!%' ESCAPE '!' AS x2 FROM s;
INSERT INTO s (id, a) VALUES (1, '10%');
ASSERT VALUES o (id, x1, x2) VALUES (1, true, false);
INSERT INTO s (id, a) VALUES (2, '10x');
ASSERT VALUES o (id, x1, x2) VALUES (2, false, false);
INSERT INTO s (id, a) VALUES (3, '!x');
ASSERT VALUES o (id, x1, x2) VALUES (3, false, true);

--@test: a LIKE pattern must not end with the escape character
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a LIKE 'x!' ESCAPE '!' AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (x) VALUES (NULL);
--@log: LIKE pattern must not end with escape character

--@test: an escape of two characters
--@expected.message: Expected single character escape but got: ab
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 'x' LIKE 'y' ESCAPE 'ab' AS x FROM s;

--@test: types that cannot be compared
--@expected.message: Cannot compare V (INTEGER) to 'x' (STRING) with LESS_THAN.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v < 'x' AS x FROM s;

--@test: booleans have no order
--@expected.message: Cannot compare true (BOOLEAN) to false (BOOLEAN) with GREATER_THAN.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, true > false AS x FROM s;

--@test: comparison with NULL
--@expected.message: Comparison with NULL not supported: INTEGER = NULL\nUse 'IS NULL' or 'IS NOT NULL' instead.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE v = NULL;
