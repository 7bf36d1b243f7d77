-- Joins of tables on their primary keys.

--@test: INNER: each change of either side, the later time
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.id = r.id;
ASSERT TABLE o (id INT PRIMARY KEY, x INT, y INT);
INSERT INTO l (rowtime, id, x) VALUES (10, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (5, 1, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (10, 1, 1, 2);
INSERT INTO r (rowtime, id, y) VALUES (20, 1, 3);
ASSERT VALUES o (rowtime, id, x, y) VALUES (20, 1, 1, 3);
INSERT INTO l (rowtime, id, x) VALUES (15, 1, 4);
ASSERT VALUES o (rowtime, id, x, y) VALUES (20, 1, 4, 3);
--@input: l {"key": 1, "value": null, "timestamp": 25}
ASSERT NULL VALUES o (rowtime, id) KEY (25, 1);
INSERT INTO r (rowtime, id, y) VALUES (30, 1, 5);
--@end: O

--@test: INNER: a tombstone of nothing meets a row
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.id = r.id;
INSERT INTO r (rowtime, id, y) VALUES (1, 1, 2);
--@input: l {"key": 1, "value": null, "timestamp": 2}
ASSERT NULL VALUES o (rowtime, id) KEY (2, 1);
--@input: r {"key": 2, "value": null, "timestamp": 3}
--@end: O

--@test: LEFT
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l LEFT JOIN r ON l.id = r.id;
INSERT INTO r (rowtime, id, y) VALUES (1, 2, 9);
--@end: O
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
ASSERT VALUES o (rowtime, id, x, y) VALUES (1, 1, 1, NULL);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (2, 1, 1, 2);
--@input: r {"key": 1, "value": null, "timestamp": 3}
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 1, NULL);
--@input: l {"key": 1, "value": null, "timestamp": 4}
ASSERT NULL VALUES o (rowtime, id) KEY (4, 1);
--@end: O

--@test: RIGHT
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT r.id AS id, x, y FROM l RIGHT JOIN r ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
--@end: O
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (2, 1, 1, 2);
--@input: l {"key": 1, "value": null, "timestamp": 3}
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, NULL, 2);
--@input: r {"key": 1, "value": null, "timestamp": 4}
ASSERT NULL VALUES o (rowtime, id) KEY (4, 1);
--@end: O

--@test: FULL
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT ROWKEY AS id, x, y FROM l FULL OUTER JOIN r ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
ASSERT VALUES o (rowtime, id, x, y) VALUES (1, 1, 1, NULL);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (2, 1, 1, 2);
--@input: l {"key": 1, "value": null, "timestamp": 3}
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, NULL, 2);
--@input: r {"key": 1, "value": null, "timestamp": 4}
ASSERT NULL VALUES o (rowtime, id) KEY (4, 1);
INSERT INTO r (rowtime, id, y) VALUES (5, 2, 7);
ASSERT VALUES o (rowtime, id, x, y) VALUES (5, 2, NULL, 7);
--@end: O

--@test: WHERE behind a join: a tombstone only for what was there
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.id = r.id WHERE x < y;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 5);
INSERT INTO r (rowtime, id, y) VALUES (1, 1, 2);
--@end: O
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 9);
ASSERT VALUES o (rowtime, id, x, y) VALUES (2, 1, 5, 9);
INSERT INTO r (rowtime, id, y) VALUES (3, 1, 1);
ASSERT NULL VALUES o (rowtime, id) KEY (3, 1);
INSERT INTO r (rowtime, id, y) VALUES (4, 1, 2);
--@end: O

--@test: GROUP BY behind a join
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT y, SUM(x) AS n FROM l JOIN r ON l.id = r.id GROUP BY y;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 5);
INSERT INTO r (rowtime, id, y) VALUES (1, 1, 2);
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
INSERT INTO r (rowtime, id, y) VALUES (1, 1, 3);
ASSERT VALUES o (y, n) VALUES (2, 5);
ASSERT VALUES o (y, n) VALUES (2, 7);
ASSERT VALUES o (y, n) VALUES (2, 0);
ASSERT VALUES o (y, n) VALUES (3, 7);
--@end: O

--@test: refused: WITHIN
--@expected.message: A window definition was provided for a Table-Table join. These joins are not windowed.
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT * FROM l JOIN r WITHIN 1 DAY ON l.id = r.id;

--@test: refused: the right side not on its key
--@expected.message: Invalid join condition: table-table joins require to join on the primary key of the right input table. Got L.ID = R.Y.
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT * FROM l JOIN r ON l.id = r.y;

--@test: refused: keys of other types
--@expected.message: Invalid join condition: types don't match. Got L.ID{INTEGER} = R.ID{BIGINT}.
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id BIGINT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT * FROM l JOIN r ON l.id = r.id;
