-- What a window's store no longer has.

--@test: EMIT FINAL loses what a jump in time leaves behind
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 2 MILLISECONDS, GRACE PERIOD 1 MILLISECOND) GROUP BY id EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (2, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (5, 1, 1);
ASSERT VALUES o (windowstart, n) VALUES (2, 1);
--@end: O

--@test: EMIT FINAL of hopping windows
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 4 MILLISECONDS, ADVANCE BY 2 MILLISECONDS, GRACE PERIOD 2 MILLISECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (0, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (2, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (4, 1, 1);
--@end: O
INSERT INTO s (rowtime, id, v) VALUES (6, 1, 1);
ASSERT VALUES o (windowstart, windowend, n) VALUES (0, 4, 2);
--@end: O
INSERT INTO s (rowtime, id, v) VALUES (10, 1, 1);
ASSERT VALUES o (windowstart, windowend, n) VALUES (4, 8, 2);
--@end: O

--@test: EMIT FINAL: by start, then by the bytes of the key
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 2 MILLISECONDS, GRACE PERIOD 2 MILLISECONDS) GROUP BY id EMIT FINAL;
INSERT INTO s (rowtime, id, v) VALUES (3, 2, 1);
INSERT INTO s (rowtime, id, v) VALUES (0, -1, 1);
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (1, 2, 1);
--@end: O
INSERT INTO s (rowtime, id, v) VALUES (4, 9, 1);
ASSERT VALUES o (id, windowstart) VALUES (1, 0);
ASSERT VALUES o (id, windowstart) VALUES (2, 0);
ASSERT VALUES o (id, windowstart) VALUES (-1, 0);
--@end: O
INSERT INTO s (rowtime, id, v) VALUES (6, 9, 1);
ASSERT VALUES o (id, windowstart) VALUES (2, 2);
--@end: O

--@test: a windowed stream is grouped anew by an expression
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM w (id INT KEY, v INT) WITH (kafka_topic='w', value_format='JSON', window_type='tumbling', window_size='10 milliseconds');
CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM w GROUP BY v;
--@input: w {"key": 1, "window": {"start": 0, "type": "time"}, "value": {"V": 5}}
--@input: w {"key": 1, "window": {"start": 10, "type": "time"}, "value": {"V": 5}}
ASSERT VALUES o (v, n) VALUES (5, 1);
ASSERT VALUES o (v, n) VALUES (5, 2);

--@test: HAVING on the bounds is refused
--@expected.message: Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed aggregations
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 DAY) GROUP BY id HAVING WINDOWSTART > 0;

--@test: windows in a chain
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE c AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY id;
CREATE STREAM w (id INT KEY, n BIGINT) WITH (kafka_topic='C', value_format='JSON', window_type='TUMBLING', window_size='10 MILLISECONDS');
CREATE STREAM o AS SELECT * FROM w WHERE n > 1;
ASSERT STREAM o WITH (window_type='TUMBLING', window_size='10 milliseconds');
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 1);
INSERT INTO s (rowtime, id, v) VALUES (2, 1, 1);
ASSERT VALUES o (id, windowstart, n) VALUES (1, 0, 2);
--@end: O
