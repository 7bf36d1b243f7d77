-- Order, lateness and keys of joins.

--@test: a row that is too old finds nothing
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN 1 MINUTE GRACE PERIOD 1 MINUTE ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (60000, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (90000, 1, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (90000, 1, 1, 2);
INSERT INTO l (rowtime, id, x) VALUES (330000, 1, 3);
INSERT INTO r (rowtime, id, y) VALUES (90000, 1, 4);
--@end: O
INSERT INTO r (rowtime, id, y) VALUES (330000, 1, 5);
ASSERT VALUES o (rowtime, id, x, y) VALUES (330000, 1, 3, 5);
--@end: O

--@test: foreign key: by the bytes of the left key
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.x = r.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 2, 7);
INSERT INTO l (rowtime, id, x) VALUES (1, -1, 7);
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
INSERT INTO r (rowtime, id, y) VALUES (5, 7, 70);
ASSERT VALUES o (rowtime, id, x, y) VALUES (5, 1, 7, 70);
ASSERT VALUES o (rowtime, id, x, y) VALUES (5, 2, 7, 70);
ASSERT VALUES o (rowtime, id, x, y) VALUES (5, -1, 7, 70);
--@end: O

--@test: a match takes the waiting row away
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l LEFT JOIN r WITHIN 10 MILLISECONDS GRACE PERIOD 0 MILLISECONDS ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (0, 1, 1);
INSERT INTO l (rowtime, id, x) VALUES (1, 2, 2);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 9);
ASSERT VALUES o (rowtime, id, x, y) VALUES (2, 1, 1, 9);
INSERT INTO l (rowtime, id, x) VALUES (50, 3, 3);
ASSERT VALUES o (rowtime, id, x, y) VALUES (1, 2, 2, NULL);
--@end: O

--@test: a row whose window is over already is padded at once
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l LEFT JOIN r WITHIN 10 MILLISECONDS GRACE PERIOD 100 MILLISECONDS ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (50, 1, 1);
--@end: O
INSERT INTO l (rowtime, id, x) VALUES (39, 2, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (39, 2, 2, NULL);
--@end: O
INSERT INTO l (rowtime, id, x) VALUES (40, 3, 3);
--@end: O

--@test: * puts the key column first and keeps the other's
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.*, r.y FROM l JOIN r WITHIN 1 DAY ON l.id = r.id;
ASSERT STREAM o (l_id INT KEY, l_x INT, y INT);

--@test: ROWTIME of a side
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id, l.rowtime, r.rowtime AS b FROM l JOIN r WITHIN 1 DAY ON l.id = r.id;
ASSERT STREAM o (l_id INT KEY, l_rowtime BIGINT, b BIGINT);
INSERT INTO l (rowtime, id, x) VALUES (5, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (9, 1, 1);
ASSERT VALUES o (rowtime, l_rowtime, b) VALUES (9, 5, 9);

--@test: an expression on the left: the right column is the key, also of a LEFT join
CREATE STREAM l (id STRING KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id STRING KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT r.id AS k, l.id AS lid, x, y FROM l LEFT JOIN r WITHIN 1 SECOND ON UCASE(l.id) = r.id;
ASSERT STREAM o (k STRING KEY, lid STRING, x INT, y INT);
INSERT INTO r (rowtime, id, y) VALUES (1, 'A', 5);
INSERT INTO l (rowtime, id, x) VALUES (2, 'a', 6);
ASSERT VALUES o (k, lid, x, y) VALUES ('A', 'a', 6, 5);

--@test: another key format is carried over
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', key_format='JSON', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', key_format='KAFKA', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.id = r.id;
ASSERT STREAM o WITH (key_format='JSON');
INSERT INTO r (rowtime, id, y) VALUES (1, 7, 2);
INSERT INTO l (rowtime, id, x) VALUES (2, 7, 3);
--@output: O {"key": 7, "value": {"X": 3, "Y": 2}, "timestamp": 2}

--@test: headers are those of the row that came last
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id;
--@input: l {"key": 1, "value": {"X": 1}, "headers": [{"KEY": "a", "VALUE": "QQ=="}]}
--@input: r {"key": 1, "value": {"Y": 2}, "headers": [{"KEY": "b", "VALUE": "Qg=="}]}
--@output: O {"value": {"X": 1, "Y": 2}, "headers": [{"KEY": "b", "VALUE": "Qg=="}]}

--@test: FULL, then INNER: what has no left row drops out
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE q (id INT PRIMARY KEY, z INT) WITH (kafka_topic='q', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y, z FROM l FULL OUTER JOIN r WITHIN 1 SECOND ON l.id = r.id JOIN q ON l.id = q.id;
INSERT INTO q (id, z) VALUES (1, 9);
INSERT INTO r (rowtime, id, y) VALUES (1, 1, 5);
--@end: O
INSERT INTO l (rowtime, id, x) VALUES (2, 1, 6);
ASSERT VALUES o (id, x, y, z) VALUES (1, 6, 5, 9);
--@end: O
