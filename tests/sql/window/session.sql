-- Session windows.

--@test: sessions grow, merge and leave tombstones
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS n FROM s WINDOW SESSION (10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 2);
INSERT INTO s (rowtime, id, v) VALUES (30, 1, 4);
INSERT INTO s (rowtime, id, v) VALUES (20, 1, 8);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 0, 1);
ASSERT NULL VALUES o (id, windowstart, windowend) KEY (1, 0, 0);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 3);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 30, 30, 4);
ASSERT NULL VALUES o (id, windowstart, windowend) KEY (1, 0, 10);
ASSERT NULL VALUES o (id, windowstart, windowend) KEY (1, 30, 30);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 30, 15);
--@end: O

--@test: a row at the same time only adds
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 5, 5, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 5, 5, 2);
--@end: O

--@test: a row inside a session: a tombstone of the same session
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 0, 1);
ASSERT NULL VALUES o (id, windowend) KEY (1, 0);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 2);
ASSERT NULL VALUES o (rowtime, id, windowstart, windowend) KEY (10, 1, 0, 10);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 3);
--@end: O

--@test: keys have sessions of their own
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 2, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 0, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (2, 5, 5, 1);
--@end: O

--@test: a session that is too late is dropped
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (10 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (100, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (84, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (85, 1, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 100, 100, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 85, 85, 1);
--@end: O

--@test: the time of a session is its end, and its bounds are selected
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, WINDOWSTART AS a, WINDOWEND AS b, COUNT(*) AS n FROM s WINDOW SESSION (10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (3, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (9, 1, 1);
ASSERT VALUES o (rowtime, a, b, n) VALUES (3, 3, 3, 1);
ASSERT NULL VALUES o (rowtime, id) KEY (3, 1);
ASSERT VALUES o (rowtime, a, b, n) VALUES (9, 3, 9, 2);

--@test: merging sessions: MIN, MAX, COLLECT_LIST, LATEST_BY_OFFSET
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MIN(v) AS a, MAX(v) AS b, COLLECT_LIST(v) AS c, LATEST_BY_OFFSET(v) AS d FROM s WINDOW SESSION (10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (20, 1, 2);
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 3);
ASSERT VALUES o (a, b, c, d) VALUES (1, 1, ARRAY[1], 1);
ASSERT VALUES o (a, b, c, d) VALUES (2, 2, ARRAY[2], 2);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT NULL VALUES o (id) KEY (1);
ASSERT VALUES o (a, b, c, d) VALUES (1, 3, ARRAY[1, 2, 3], 3);

--@test: the key of a session: the key, its end, its start
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (15, 1, 1);
--@output: O {"key": 1, "window": {"start": 15, "end": 15, "type": "session"}, "value": {"N": 1}, "timestamp": 15}
