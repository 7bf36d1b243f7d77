-- Joins of a table to another by a foreign key.

--@test: INNER: inserts, changes of either side, deletes
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.x = r.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
--@end: O
INSERT INTO r (rowtime, id, y) VALUES (2, 7, 70);
ASSERT VALUES o (rowtime, id, x, y) VALUES (2, 1, 7, 70);
INSERT INTO l (rowtime, id, x) VALUES (3, 2, 7);
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 2, 7, 70);
INSERT INTO r (rowtime, id, y) VALUES (4, 7, 71);
ASSERT VALUES o (rowtime, id, x, y) VALUES (4, 1, 7, 71);
ASSERT VALUES o (rowtime, id, x, y) VALUES (4, 2, 7, 71);
--@input: r {"key": 7, "value": null, "timestamp": 5}
ASSERT NULL VALUES o (rowtime, id) KEY (5, 1);
ASSERT NULL VALUES o (rowtime, id) KEY (5, 2);
--@input: l {"key": 1, "value": null, "timestamp": 6}
ASSERT NULL VALUES o (rowtime, id) KEY (6, 1);
--@end: O

--@test: INNER: a row points elsewhere
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.x = r.id;
INSERT INTO r (rowtime, id, y) VALUES (1, 7, 70);
INSERT INTO r (rowtime, id, y) VALUES (2, 8, 80);
INSERT INTO l (rowtime, id, x) VALUES (3, 1, 7);
INSERT INTO l (rowtime, id, x) VALUES (4, 1, 8);
INSERT INTO l (rowtime, id, x) VALUES (5, 1, 9);
INSERT INTO l (rowtime, id, x) VALUES (6, 1, NULL);
INSERT INTO l (rowtime, id, x) VALUES (7, 1, 8);
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 7, 70);
ASSERT VALUES o (rowtime, id, x, y) VALUES (4, 1, 8, 80);
ASSERT NULL VALUES o (rowtime, id) KEY (5, 1);
ASSERT NULL VALUES o (rowtime, id) KEY (6, 1);
ASSERT VALUES o (rowtime, id, x, y) VALUES (7, 1, 8, 80);
INSERT INTO r (rowtime, id, y) VALUES (8, 7, 71);
--@end: O

--@test: INNER: the time is the later one, from the right the right's
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.x = r.id;
INSERT INTO r (rowtime, id, y) VALUES (10, 7, 70);
INSERT INTO l (rowtime, id, x) VALUES (5, 1, 7);
ASSERT VALUES o (rowtime, id, x, y) VALUES (10, 1, 7, 70);
INSERT INTO r (rowtime, id, y) VALUES (3, 7, 71);
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 7, 71);
--@end: O

--@test: LEFT
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l LEFT JOIN r ON l.x = r.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
ASSERT VALUES o (rowtime, id, x, y) VALUES (1, 1, 7, NULL);
INSERT INTO r (rowtime, id, y) VALUES (2, 7, 70);
ASSERT VALUES o (rowtime, id, x, y) VALUES (2, 1, 7, 70);
--@input: r {"key": 7, "value": null, "timestamp": 3}
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 7, NULL);
INSERT INTO l (rowtime, id, x) VALUES (4, 1, NULL);
ASSERT VALUES o (rowtime, id, x, y) VALUES (4, 1, NULL, NULL);
--@input: l {"key": 1, "value": null, "timestamp": 5}
ASSERT NULL VALUES o (rowtime, id) KEY (5, 1);
--@end: O

--@test: by an expression
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.x + 1 = r.id;
INSERT INTO r (rowtime, id, y) VALUES (1, 7, 70);
INSERT INTO l (rowtime, id, x) VALUES (2, 1, 6);
ASSERT VALUES o (rowtime, id, x, y) VALUES (2, 1, 6, 70);

--@test: WHERE behind it: a tombstone for all that does not match
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.x = r.id WHERE y > 5;
INSERT INTO r (rowtime, id, y) VALUES (1, 7, 1);
INSERT INTO l (rowtime, id, x) VALUES (2, 1, 7);
ASSERT NULL VALUES o (rowtime, id) KEY (2, 1);
INSERT INTO r (rowtime, id, y) VALUES (3, 7, 9);
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 7, 9);
--@end: O

--@test: refused: RIGHT
--@expected.message: RIGHT OUTER JOIN on a foreign key is not supported
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT * FROM l RIGHT JOIN r ON l.x = r.id;

--@test: refused: FULL
--@expected.message: Invalid join type: full-outer join not supported for foreign-key table-table join. Got L [FULL] OUTER JOIN R.
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT * FROM l FULL JOIN r ON l.x = r.id;

--@test: refused: the left key is missing
--@expected.message: Primary key column missing in projection. For foreign-key table-table joins, the projection must include all primary key columns from the left input table (`L`). Missing column: `ID`.
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT x, y FROM l JOIN r ON l.x = r.id;
