-- PARTITION BY.

--@test: by a column: the old key becomes a value
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY a;
ASSERT STREAM o (a STRING KEY, v INT, id INT);
INSERT INTO s (id, a, v) VALUES (1, 'x', 2);
ASSERT VALUES o (a, id, v) VALUES ('x', 1, 2);

--@test: by an expression
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT UCASE(a) AS k, id, v FROM s PARTITION BY UCASE(a);
ASSERT STREAM o (k STRING KEY, id INT, v INT);
INSERT INTO s (id, a, v) VALUES (1, 'x', 2);
INSERT INTO s (id, a, v) VALUES (1, NULL, 3);
ASSERT VALUES o (k, v) VALUES ('X', 2);
ASSERT VALUES o (k, v) VALUES (NULL, 3);

--@test: by several columns
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (key_format='JSON') AS SELECT * FROM s PARTITION BY a, v;
INSERT INTO s (id, a, v) VALUES (1, 'x', 2);
INSERT INTO s (id, a, v) VALUES (1, NULL, 3);
--@output: O {"key": {"A": "x", "V": 2}, "value": {"ID": 1}}
--@output: O {"key": {"A": null, "V": 3}, "value": {"ID": 1}}

--@test: by NULL: no key any more
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY NULL;
ASSERT STREAM o WITH (key_format='NONE');
INSERT INTO s (id, a, v) VALUES (1, 'x', 2);
--@output: O {"key": null, "value": {"A": "x", "V": 2, "ID": 1}}

--@test: an expression that fails gives a null key
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT 10 / v AS q, id FROM s PARTITION BY 10 / v;
INSERT INTO s (id, a, v) VALUES (1, 'x', 0);
ASSERT VALUES o (q, id) VALUES (NULL, 1);
--@log: Error computing new key from expression (10 / V)

--@test: null values keep a key made of the key
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id + 1 AS k, v FROM s PARTITION BY id + 1;
--@input: s {"key": 1, "value": null}
--@output: O {"key": 2, "value": null}

--@test: a value is made a key twice over
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM p AS SELECT * FROM s PARTITION BY v;
CREATE TABLE o AS SELECT a, COUNT(*) AS n FROM p GROUP BY a;
INSERT INTO s (id, a, v) VALUES (1, 'x', 2);
ASSERT VALUES o (a, n) VALUES ('x', 1);

--@test: refused: a table
--@expected.message: Cannot repartition a TABLE source. If this is a join, make sure that the criteria uses the TABLE's key column ID instead of [V]
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT * FROM t PARTITION BY v;

--@test: refused: an alias of SELECT
--@expected.message: PARTITION BY column 'X' cannot be resolved. 'X' must be a column in the source schema since PARTITION BY is applied on the input.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT v AS x, id FROM s PARTITION BY x;

--@test: refused: with GROUP BY
--@expected.message: Queries only support one of PARTITION BY and GROUP BY
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM s GROUP BY v PARTITION BY v;

--@test: refused: twice the same
--@expected.message: Duplicate PARTITION BY expression: 
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY v, v;

--@test: refused: NULL among others
--@expected.message: Cannot PARTITION BY multiple columns including NULL
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY v, NULL;

--@test: refused: NULL with a key format
--@expected.message: Key format specified for stream without key columns.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (key_format='JSON') AS SELECT * FROM s PARTITION BY NULL;

--@test: refused: its column is missing
--@expected.message: must include the partitioning expression 
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id FROM s PARTITION BY v;

--@test: refused: several columns in KAFKA
--@expected.message: The 'KAFKA' format only supports a single field. Got: [`A` STRING KEY, `V` INTEGER KEY]
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY a, v;
