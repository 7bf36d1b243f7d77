-- Finer points of projections, keys and filters.

--@test: * behind PARTITION BY an expression: a generated key column
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s PARTITION BY v + 1;
ASSERT STREAM o (KSQL_COL_0 INT KEY, v INT, id INT);
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES o (KSQL_COL_0, v, id) VALUES (6, 5, 1);

--@test: a table function behind PARTITION BY
CREATE STREAM s (id INT KEY, a ARRAY<INT>, g STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT g, EXPLODE(a) FROM s PARTITION BY g;
ASSERT STREAM o (g STRING KEY, KSQL_COL_0 INT);
INSERT INTO s (id, a, g) VALUES (1, ARRAY[1, 2], 'x');
ASSERT VALUES o (g, KSQL_COL_0) VALUES ('x', 1);
ASSERT VALUES o (g, KSQL_COL_0) VALUES ('x', 2);

--@test: a key in another format
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (key_format='JSON') AS SELECT id, v FROM s;
CREATE STREAM p WITH (key_format='DELIMITED') AS SELECT id, v FROM o;
INSERT INTO s (id, v) VALUES (7, 1);
--@output: O {"key": 7}
--@output: P {"key": "7"}

--@test: PARTITION BY the key is nothing
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s PARTITION BY id;
--@input: s {"key": null, "value": {"V": 1}}
ASSERT VALUES o (id, v) VALUES (NULL, 1);

--@test: group by the key and more
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n, MAX(v) - MIN(v) AS d, AS_VALUE(id) AS i FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (3, 1);
INSERT INTO s (id, v) VALUES (3, 9);
ASSERT VALUES o (id, n, d, i) VALUES (3, 1, 0, 3);
ASSERT VALUES o (id, n, d, i) VALUES (3, 2, 8, 3);

--@test: one query, both sides of a table's change
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT v / 10 AS g, COUNT(*) AS n FROM t WHERE v > 0 GROUP BY v / 10;
INSERT INTO t (id, v) VALUES (1, 11);
INSERT INTO t (id, v) VALUES (1, 15);
INSERT INTO t (id, v) VALUES (1, 25);
INSERT INTO t (id, v) VALUES (1, -5);
ASSERT VALUES o (g, n) VALUES (1, 1);
ASSERT VALUES o (g, n) VALUES (1, 1);
ASSERT VALUES o (g, n) VALUES (1, 0);
ASSERT VALUES o (g, n) VALUES (2, 1);
ASSERT VALUES o (g, n) VALUES (2, 0);
--@end: O

--@test: rows out of order are applied as they come
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v FROM t;
INSERT INTO t (rowtime, id, v) VALUES (10, 1, 1);
INSERT INTO t (rowtime, id, v) VALUES (5, 1, 2);
ASSERT VALUES o (rowtime, v) VALUES (10, 1);
ASSERT VALUES o (rowtime, v) VALUES (5, 2);

--@test: a lambda in WHERE, CASE in GROUP BY
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT CASE WHEN id > 5 THEN 'big' ELSE 'small' END AS k, COUNT(*) AS n FROM s WHERE REDUCE(a, 0, (x, y) => x + y) > 2 GROUP BY CASE WHEN id > 5 THEN 'big' ELSE 'small' END;
INSERT INTO s (id, a) VALUES (1, ARRAY[1]);
INSERT INTO s (id, a) VALUES (6, ARRAY[1, 2]);
INSERT INTO s (id, a) VALUES (1, ARRAY[3]);
ASSERT VALUES o (k, n) VALUES ('big', 1);
ASSERT VALUES o (k, n) VALUES ('small', 1);
--@end: O

--@test: keys that are structs and arrays
CREATE STREAM s (k STRUCT<A INT, B STRING> KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;
CREATE TABLE p AS SELECT k->a AS a, COUNT(*) AS n FROM s GROUP BY k->a;
INSERT INTO s (k, v) VALUES (STRUCT(a := 1, b := 'x'), 5);
INSERT INTO s (k, v) VALUES (STRUCT(a := 1, b := 'x'), 6);
INSERT INTO s (k, v) VALUES (STRUCT(a := 1, b := 'y'), 7);
--@output: O {"key": {"A": 1, "B": "x"}, "value": {"N": 1}}
ASSERT VALUES o (k, n) VALUES (STRUCT(a := 1, b := 'x'), 2);
ASSERT VALUES o (k, n) VALUES (STRUCT(a := 1, b := 'y'), 1);
ASSERT VALUES p (a, n) VALUES (1, 1);
ASSERT VALUES p (a, n) VALUES (1, 2);
ASSERT VALUES p (a, n) VALUES (1, 3);

--@test: the text of a refused C*AS is printed anew
--@expected.message: Key format does not support schema.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o WITH (key_format='KAFKA') AS SELECT id k1, v k2, COUNT(*) total FROM s GROUP BY id, v;

--@test: aliases that differ only in quotes
--@expected.message: Value columns clash with key columns: `ID`
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v AS "ID" FROM s;
