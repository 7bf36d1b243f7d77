-- WHERE on streams and tables.

--@test: a row passes when the condition is true, not when it is NULL or fails
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE 10 / v > 2;
INSERT INTO s (id, v) VALUES (1, 3);
INSERT INTO s (id, v) VALUES (2, 0);
INSERT INTO s (id, v) VALUES (3, NULL);
INSERT INTO s (id, v) VALUES (4, 9);
ASSERT VALUES o (id, v) VALUES (1, 3);
--@end: O
--@log: Error evaluating predicate ((10 / V) > 2)

--@test: null values do not pass
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE id = 1;
--@input: s {"key": 1, "value": null}
--@end: O

--@test: conditions on the key and on ROWTIME
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE id > 1 AND rowtime > 10;
INSERT INTO s (rowtime, id, v) VALUES (11, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 2, 2);
INSERT INTO s (rowtime, id, v) VALUES (11, 2, 3);
ASSERT VALUES o (v) VALUES (3);
--@end: O

--@test: ROWTIME compared with a text
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE rowtime >= '1970-01-01T00:00:01' AND rowtime < '1970-01-02';
INSERT INTO s (rowtime, id, v) VALUES (999, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (1000, 1, 2);
INSERT INTO s (rowtime, id, v) VALUES (86400000, 1, 3);
ASSERT VALUES o (v) VALUES (2);
--@end: O

--@test: a table: a tombstone for what was there, none for what was not
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v FROM t WHERE v > 5;
INSERT INTO t (id, v) VALUES (1, 1);
INSERT INTO t (id, v) VALUES (1, 9);
INSERT INTO t (id, v) VALUES (1, 8);
INSERT INTO t (id, v) VALUES (1, 2);
INSERT INTO t (id, v) VALUES (1, 3);
--@input: t {"key": 1, "value": null}
ASSERT VALUES o (id, v) VALUES (1, 9);
ASSERT VALUES o (id, v) VALUES (1, 8);
ASSERT NULL VALUES o (id) KEY (1);
--@end: O

--@test: refused: no condition
--@expected.message: Type error in WHERE expression: Should evaluate to boolean but is V (INTEGER) instead.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE v;

--@test: refused: types that are not compared
--@expected.message: Error in WHERE expression: Cannot compare ID (INTEGER) to '10' (STRING) with EQUAL.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE id = '10';

--@test: refused: an unknown column
--@expected.message: WHERE column 'NOPE' cannot be resolved.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE nope = 1;

--@test: refused: an aggregate
--@expected.message: Can't find any functions with the name 'COUNT'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE COUNT(*) > 1;

--@test: refused: a sum of a boolean
--@expected.message: Error in WHERE expression: Error processing expression: (true + 1.5). Unsupported arithmetic types. BOOLEAN DECIMAL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE true + 1.5 > 1;
