-- GROUP BY and HAVING.

--@test: by another column: rows with NULL are left out
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;
ASSERT TABLE o (a STRING PRIMARY KEY, n BIGINT) WITH (key_format='KAFKA');
INSERT INTO s (id, a, v) VALUES (1, 'x', 1);
INSERT INTO s (id, a, v) VALUES (2, NULL, 1);
INSERT INTO s (id, a, v) VALUES (3, 'x', 1);
ASSERT VALUES o (a, n) VALUES ('x', 1);
ASSERT VALUES o (a, n) VALUES ('x', 2);
--@end: O

--@test: by an expression
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT v / 10 AS tens, COUNT(*) AS n FROM s GROUP BY v / 10;
INSERT INTO s (id, a, v) VALUES (1, 'x', 12);
INSERT INTO s (id, a, v) VALUES (2, 'x', 19);
INSERT INTO s (id, a, v) VALUES (2, 'x', 20);
ASSERT VALUES o (tens, n) VALUES (1, 1);
ASSERT VALUES o (tens, n) VALUES (1, 2);
ASSERT VALUES o (tens, n) VALUES (2, 1);

--@test: an expression that fails leaves the row out
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT 10 / v AS q, COUNT(*) AS n FROM s GROUP BY 10 / v;
INSERT INTO s (id, a, v) VALUES (1, 'x', 0);
--@end: O
--@log: Error calculating group-by column with index 0. The source row will be excluded from the table.

--@test: by several columns
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o WITH (key_format='JSON') AS SELECT a, v, COUNT(*) AS n FROM s GROUP BY a, v;
ASSERT TABLE o (a STRING PRIMARY KEY, v INT PRIMARY KEY, n BIGINT);
INSERT INTO s (id, a, v) VALUES (1, 'x', 1);
ASSERT VALUES o (a, v, n) VALUES ('x', 1, 1);
INSERT INTO s (id, a, v) VALUES (2, 'x', 2);
--@output: O {"key": {"A": "x", "V": 2}, "value": {"N": 1}}
INSERT INTO s (id, a, v) VALUES (2, 'x', NULL);
--@end: O

--@test: the key's name is the alias
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a AS k, SUM(v) AS n FROM s GROUP BY a;
ASSERT TABLE o (k STRING PRIMARY KEY, n INT);

--@test: the time of a group is its latest
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;
INSERT INTO s (rowtime, id, a, v) VALUES (10, 1, 'x', 1);
INSERT INTO s (rowtime, id, a, v) VALUES (5, 1, 'x', 1);
INSERT INTO s (rowtime, id, a, v) VALUES (20, 1, 'x', 1);
ASSERT VALUES o (rowtime, n) VALUES (10, 1);
ASSERT VALUES o (rowtime, n) VALUES (10, 2);
ASSERT VALUES o (rowtime, n) VALUES (20, 3);

--@test: HAVING hides a group, and a group that leaves is a tombstone
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, SUM(v) AS n FROM t GROUP BY g HAVING SUM(v) > 10;
INSERT INTO t (id, g, v) VALUES (1, 'a', 5);
INSERT INTO t (id, g, v) VALUES (2, 'a', 6);
INSERT INTO t (id, g, v) VALUES (2, 'a', 1);
INSERT INTO t (id, g, v) VALUES (1, 'a', 4);
ASSERT VALUES o (g, n) VALUES ('a', 11);
ASSERT NULL VALUES o (g) KEY ('a');
--@end: O

--@test: HAVING with another aggregate
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, SUM(v) AS n FROM s GROUP BY a HAVING COUNT(*) > 1;
INSERT INTO s (id, a, v) VALUES (1, 'x', 1);
INSERT INTO s (id, a, v) VALUES (1, 'x', 2);
ASSERT VALUES o (a, n) VALUES ('x', 3);
--@end: O

--@test: WHERE comes first
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, COUNT(*) AS n FROM s WHERE v > 1 GROUP BY a;
INSERT INTO s (id, a, v) VALUES (1, 'x', 1);
INSERT INTO s (id, a, v) VALUES (1, 'x', 2);
ASSERT VALUES o (a, n) VALUES ('x', 1);
--@end: O

--@test: null values of a stream are left out
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
--@input: s {"key": 1, "value": null}
--@input: s {"key": null, "value": {"V": 1}}
--@input: s {"key": 1, "value": {}}
ASSERT VALUES o (id, n) VALUES (1, 1);
--@end: O

--@test: refused: no aggregate
--@expected.message: GROUP BY requires aggregate functions in either the SELECT or HAVING clause.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, v FROM s GROUP BY a, v;

--@test: refused: no GROUP BY
--@expected.message: CREATE TABLE AS SELECT statement does not support aggregate function [COUNT(ROWTIME)] without a GROUP BY clause.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s;

--@test: refused: columns outside of GROUP BY
--@expected.message: Non-aggregate SELECT expression(s) not part of GROUP BY: 
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, v + 1, v, COUNT(*) FROM s GROUP BY a;

--@test: refused: a difference is not its opposite
--@expected.message: Non-aggregate SELECT expression(s) not part of GROUP BY: (V - ID)
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT v - id AS d, COUNT(*) AS n FROM s GROUP BY id - v;

--@test: refused: HAVING on a column
--@expected.message: Non-aggregate HAVING expression not part of GROUP BY: 
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, COUNT(*) AS n FROM s GROUP BY a HAVING v > 1;

--@test: refused: an aggregate in GROUP BY
--@expected.message: GROUP BY does not support aggregate functions: COUNT is an aggregate function.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s GROUP BY COUNT(*);

--@test: refused: the key is missing
--@expected.message: The query used to build `O` must include the grouping expression A in its projection (eg, SELECT A...).
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s GROUP BY a;

--@test: refused: two keys, one missing
--@expected.message: must include the grouping expression V in its projection (eg, SELECT V...).
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, COUNT(*) AS n FROM s GROUP BY a, v;

--@test: refused: a key twice
--@expected.message: The projection contains a key column more than once: `X` and `Y`.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a AS x, a AS y, COUNT(*) AS n FROM s GROUP BY a;

--@test: refused: an expression twice
--@expected.message: Duplicate GROUP BY expression: 
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, COUNT(*) AS n FROM s GROUP BY a, a;

--@test: refused: a stream of groups
--@expected.message: Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT statement instead.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;

--@test: refused: HAVING that is no condition
--@expected.message: Type error in HAVING expression: Should evaluate to boolean but is SUM(V) (INTEGER) instead.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, COUNT(*) AS n FROM s GROUP BY a HAVING SUM(v);

--@test: refused: HAVING that compares wrongly
--@expected.message: Error in HAVING expression: Cannot compare SUM(V) (INTEGER) to '100' (STRING) with GREATER_THAN.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, SUM(v) AS n FROM s GROUP BY a HAVING SUM(v) > '100';

--@test: refused: several keys in KAFKA
--@expected.message: Key format does not support schema.\nformat: KAFKA
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT a, v, COUNT(*) AS n FROM s GROUP BY a, v;
