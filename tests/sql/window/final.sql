-- EMIT FINAL: one row a window, when it is closed.

--@test: a window comes out when its end and grace have passed
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 MILLISECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (9, 2, 1);
--@end: O
INSERT INTO s (rowtime, id, v) VALUES (10, 3, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 2);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (2, 0, 10, 1);
--@end: O

--@test: grace keeps it open
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (2, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (14, 1, 1);
--@end: O
INSERT INTO s (rowtime, id, v) VALUES (15, 1, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 2);
--@end: O
INSERT INTO s (rowtime, id, v) VALUES (3, 1, 1);
--@end: O

--@test: HAVING looks at the closed window
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 MILLISECONDS) GROUP BY id HAVING COUNT(*) > 1 EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (2, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (3, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 3, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (2, 0, 10, 2);
--@end: O

--@test: a closed window has the time of its latest row
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 MILLISECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (7, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (3, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
ASSERT VALUES o (rowtime, n) VALUES (7, 2);

--@test: sessions are closed by a gap and the grace
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (10 MILLISECONDS, GRACE PERIOD 0 MILLISECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (15, 2, 1);
--@end: O
INSERT INTO s (rowtime, id, v) VALUES (16, 2, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 5, 2);
--@end: O

--@test: only with a window
--@expected.message: EMIT FINAL is only supported for windowed aggregations.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s GROUP BY id EMIT FINAL;

--@test: it can be switched off
--@expected.message: Suppression is currently disabled. You can enable it by setting ksql.suppress.enabled to true
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
SET 'ksql.suppress.enabled' = 'false';
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 DAY) GROUP BY id EMIT FINAL;
