-- Tumbling and hopping windows.

--@test: windows begin at the epoch, ends are not in them
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY id;
ASSERT TABLE o (id INT PRIMARY KEY, n BIGINT) WITH (window_type='tumbling', window_size='10 milliseconds');
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (9, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (10, 2, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 2);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 10, 20, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (2, 10, 20, 1);
--@end: O

--@test: the bounds can be selected
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, WINDOWSTART AS ws, WINDOWEND AS we, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (1500, 1, 1);
ASSERT VALUES o (id, ws, we, n) VALUES (1, 1000, 2000, 1);

--@test: grace: a window takes rows until its end and the grace have passed
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (14, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (6, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (15, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (7, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (16, 1, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 10, 20, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 2);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 10, 20, 2);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 10, 20, 3);
--@end: O

--@test: without a grace a day less the size
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (86399999, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (86400000, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 3600000, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 82800000, 86400000, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 3600000, 2);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 86400000, 90000000, 1);
--@end: O

--@test: another key moves the time of all
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 0 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (20, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (6, 1, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (2, 20, 30, 1);
--@end: O

--@test: a windowed row has the time of its latest
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (3, 1, 1);
ASSERT VALUES o (rowtime, n) VALUES (5, 1);
ASSERT VALUES o (rowtime, n) VALUES (5, 2);

--@test: the key of a window: the key, then its start
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (15, 1, 1);
--@output: O {"key": 1, "window": {"start": 10, "end": 20, "type": "time"}, "value": {"N": 1}, "timestamp": 15}

--@test: hopping: a row is in each window that holds it
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, SUM(v) AS n FROM s WINDOW HOPPING (SIZE 10 MILLISECONDS, ADVANCE BY 5 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (3, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (12, 1, 2);
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 4);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 5, 15, 2);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 10, 20, 2);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 5);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 5, 15, 6);
--@end: O

--@test: hopping: each window has its own end
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 MILLISECONDS, ADVANCE BY 5 MILLISECONDS, GRACE PERIOD 0 MILLISECONDS) GROUP BY id;
INSERT INTO s (rowtime, id, v) VALUES (12, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (8, 1, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 5, 15, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 10, 20, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 5, 15, 2);
--@end: O

--@test: hopping windows that leave gaps are none
--@expected.message: Window advancement interval should be more than zero and less than window duration 10 ms, but given advancement interval is: 20 ms
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 10 MILLISECONDS, ADVANCE BY 20 MILLISECONDS) GROUP BY id;

--@test: HAVING in windows
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY id HAVING COUNT(*) = 2;
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (2, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (3, 1, 1);
ASSERT VALUES o (id, windowstart, windowend, n) VALUES (1, 0, 10, 2);
ASSERT NULL VALUES o (id, windowstart) KEY (1, 0);
--@end: O

--@test: by another column
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY v;
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 7);
INSERT INTO s (rowtime, id, v) VALUES (2, 2, 7);
ASSERT VALUES o (v, windowstart, n) VALUES (7, 0, 1);
ASSERT VALUES o (v, windowstart, n) VALUES (7, 0, 2);

--@test: refused: no size
--@expected.message: Size must be positive
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 0 SECONDS) GROUP BY id;

--@test: refused: retention below size and grace
--@expected.message: must be no smaller than its window size plus the grace period. Got size=[3600000], grace=[10800000], retention=[7200000]
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 2 HOURS, GRACE PERIOD 3 HOURS) GROUP BY id;

--@test: refused: a gap of nothing
--@expected.message: Gap time (inactivityGapMs) cannot be zero or negative.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW SESSION (0 SECONDS) GROUP BY id;

--@test: WINDOW needs GROUP BY
--@expected.message: WINDOW clause requires a GROUP BY clause.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WINDOW TUMBLING (SIZE 1 DAY);

--@test: bounds are not for aggregates
--@expected.message: Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed aggregations and can not be passed to aggregate functions.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, MAX(WINDOWSTART) AS n FROM s WINDOW TUMBLING (SIZE 1 DAY) GROUP BY id;

--@test: a windowed table is not read by queries
--@expected.message: KSQL does not support persistent queries on windowed tables.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 DAY) GROUP BY id;
CREATE TABLE p AS SELECT id, n FROM o;

--@test: bounds keep their name only with an alias
--@expected.message: Reserved column name in select: `WINDOWSTART`. Please remove or alias the column.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, WINDOWSTART, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 DAY) GROUP BY id;

--@test: a windowed stream over a windowed topic
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY id;
CREATE STREAM w (id INT KEY, n BIGINT) WITH (kafka_topic='O', value_format='JSON', window_type='tumbling', window_size='10 milliseconds');
CREATE STREAM p AS SELECT id, n + 1 AS m, windowend AS we FROM w;
INSERT INTO s (rowtime, id, v) VALUES (15, 1, 1);
ASSERT VALUES p (id, windowstart, windowend, m, we) VALUES (1, 10, 20, 2, 20);
