-- AND, OR, NOT, CASE.

--@test: AND, OR, NOT stop early
CREATE STREAM s (id INT KEY, a BOOLEAN, b BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AND b AS x1, a OR b AS x2, NOT a AS x3 FROM s;
INSERT INTO s (id, a, b) VALUES (1, true, false);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, false, true, false);
INSERT INTO s (id, a, b) VALUES (2, false, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, false, NULL, true);
INSERT INTO s (id, a, b) VALUES (3, true, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, NULL, true, false);
INSERT INTO s (id, a, b) VALUES (4, NULL, true);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, NULL, NULL, NULL);

--@test: precedence of NOT, AND, OR
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, NOT v = 1 AND v = 2 OR v = 1 AS x1, NOT (v = 1 OR v = 2) AS x2 FROM s;
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2) VALUES (1, true, false);
INSERT INTO s (id, v) VALUES (2, 2);
ASSERT VALUES o (id, x1, x2) VALUES (2, true, false);
INSERT INTO s (id, v) VALUES (3, 3);
ASSERT VALUES o (id, x1, x2) VALUES (3, false, true);

--@test: CASE
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CASE WHEN v < 2 THEN 'low' WHEN v < 5 THEN 'mid' ELSE 'high' END AS x1,
    CASE WHEN v < 2 THEN 'low' END AS x2
FROM s;
ASSERT STREAM o (id INT KEY, x1 STRING, x2 STRING);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x1, x2) VALUES (1, 'low', 'low');
INSERT INTO s (id, v) VALUES (2, 4);
ASSERT VALUES o (id, x1, x2) VALUES (2, 'mid', NULL);
INSERT INTO s (id, v) VALUES (3, 9);
ASSERT VALUES o (id, x1, x2) VALUES (3, 'high', NULL);
INSERT INTO s (id, v) VALUES (4, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (4, 'high', NULL);

--@test: CASE looks at no branch too many
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v = 0 THEN 0 ELSE 10 / v END AS x FROM s;
INSERT INTO s (id, v) VALUES (1, 0);
ASSERT VALUES o (id, x) VALUES (1, 0);
INSERT INTO s (id, v) VALUES (2, 5);
ASSERT VALUES o (id, x) VALUES (2, 2);

--@test: NULL branches of CASE
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v = 1 THEN NULL WHEN v = 2 THEN 'x' ELSE NULL END AS x FROM s;
ASSERT STREAM o (id INT KEY, x STRING);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, NULL);
INSERT INTO s (id, v) VALUES (2, 2);
ASSERT VALUES o (id, x) VALUES (2, 'x');
INSERT INTO s (id, v) VALUES (3, 3);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: branches of CASE have one type
--@expected.message: Invalid Case expression. Type for all 'THEN' clauses should be the same.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v = 1 THEN 1 WHEN v = 2 THEN 2.0 END AS x FROM s;

--@test: so has ELSE
--@expected.message: Invalid Case expression. Type for the default clause should be the same as for 'THEN' clauses.
--@expected.message: THEN type: INTEGER.\nDEFAULT type: STRING.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v = 1 THEN 1 ELSE 'x' END AS x FROM s;

--@test: CASE with nothing but NULL
--@expected.message: Invalid Case expression. All case branches have NULL type
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v = 1 THEN NULL ELSE NULL END AS x FROM s;

--@test: WHEN needs a boolean
--@expected.message: WHEN operand type should be boolean.\nType for 'V' is INTEGER
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN v THEN 1 ELSE 2 END AS x FROM s;
