-- A stream meets a table as it is.

--@test: INNER and LEFT
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.id = r.id;
CREATE STREAM p AS SELECT l.id AS id, x, y FROM l LEFT JOIN r ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (5, 1, 2);
INSERT INTO l (rowtime, id, x) VALUES (3, 1, 3);
--@input: r {"key": 1, "value": null, "timestamp": 6}
INSERT INTO l (rowtime, id, x) VALUES (7, 1, 4);
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 3, 2);
--@end: O
ASSERT VALUES p (rowtime, id, x, y) VALUES (1, 1, 1, NULL);
ASSERT VALUES p (rowtime, id, x, y) VALUES (3, 1, 3, 2);
ASSERT VALUES p (rowtime, id, x, y) VALUES (7, 1, 4, NULL);
--@end: P

--@test: on another column of the stream
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.x AS x, l.id AS lid, y FROM l JOIN r ON l.x = r.id;
INSERT INTO r (rowtime, id, y) VALUES (1, 7, 5);
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 8);
ASSERT VALUES o (x, lid, y) VALUES (7, 1, 5);
--@end: O

--@test: null keys and values of the stream
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l LEFT JOIN r ON l.id = r.id;
INSERT INTO r (rowtime, id, y) VALUES (1, 1, 1);
--@input: l {"key": 1, "value": null, "timestamp": 1}
INSERT INTO l (rowtime, id, x) VALUES (2, NULL, 5);
ASSERT VALUES o (rowtime, id, x, y) VALUES (2, NULL, 5, NULL);
--@end: O

--@test: the table's time is its row's
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, r.rowtime AS t, x FROM l JOIN r ON l.id = r.id;
INSERT INTO r (rowtime, id, y) VALUES (5, 1, 1);
INSERT INTO l (rowtime, id, x) VALUES (9, 1, 2);
ASSERT VALUES o (rowtime, id, t, x) VALUES (9, 1, 5, 2);

--@test: a table made by a query
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE c AS SELECT id, COUNT(*) AS y FROM r GROUP BY id;
CREATE STREAM o AS SELECT l.id AS id, x, c.y AS y FROM l JOIN c ON l.id = c.id;
INSERT INTO r (rowtime, id, y) VALUES (1, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 1);
INSERT INTO l (rowtime, id, x) VALUES (3, 1, 5);
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 5, 2);

--@test: refused: the table first
--@expected.message: Invalid join order: table-stream joins are not supported; only stream-table joins. Got L [INNER] JOIN R.
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r ON l.id = r.id;

--@test: refused: FULL
--@expected.message: Invalid join type: full-outer join not supported for stream-table join. Got L [FULL] OUTER JOIN R.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l FULL OUTER JOIN r ON l.id = r.id;

--@test: refused: RIGHT
--@expected.message: Invalid join type encountered: RIGHT [OUTER] JOIN
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l RIGHT JOIN r ON l.id = r.id;

--@test: refused: not on the table's key
--@expected.message: Invalid join condition: stream-table joins require to join on the table's primary key. Got L.ID = R.Y.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r ON l.id = r.y;

--@test: refused: WITHIN
--@expected.message: A window definition was provided for a Stream-Table join.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r WITHIN 1 DAY ON l.id = r.id;

--@test: refused: a table of it
--@expected.message: Invalid result type. Your SELECT query produces a STREAM. Please use CREATE STREAM AS SELECT statement instead.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.id = r.id;
