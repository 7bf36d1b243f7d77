-- TIMESTAMP and TIMESTAMP_FORMAT of sources and sinks.

--@test: a BIGINT column
CREATE STREAM s (id INT KEY, t BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='t');
CREATE STREAM o AS SELECT id, rowtime AS r FROM s;
INSERT INTO s (rowtime, id, t) VALUES (1, 1, 500);
ASSERT VALUES o (rowtime, r) VALUES (500, 500);
INSERT INTO s (id, t) VALUES (1, -5);
INSERT INTO s (id, t) VALUES (1, NULL);
--@end: O

--@test: a TIMESTAMP column, and the key
CREATE STREAM s (k BIGINT KEY, t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON', timestamp='t');
CREATE STREAM r (k BIGINT KEY, v INT) WITH (kafka_topic='r', value_format='JSON', timestamp='k');
CREATE STREAM o AS SELECT k, rowtime AS x FROM s;
CREATE STREAM p AS SELECT k, rowtime AS x FROM r;
INSERT INTO s (k, t) VALUES (1, '1970-01-01T00:00:01');
INSERT INTO r (k, v) VALUES (7, 1);
ASSERT VALUES o (rowtime, x) VALUES (1000, 1000);
ASSERT VALUES p (rowtime, x) VALUES (7, 7);

--@test: a text with a format
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='t', timestamp_format='dd.MM.yyyy HH:mm');
CREATE STREAM o AS SELECT id, t FROM s;
INSERT INTO s (id, t) VALUES (1, '02.01.1970 00:01');
ASSERT VALUES o (rowtime) VALUES (86460000);
INSERT INTO s (id, t) VALUES (1, 'x');
--@end: O

--@test: a sink's timestamp
CREATE STREAM s (id INT KEY, v BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (timestamp='w') AS SELECT id, v * 2 AS w FROM s;
ASSERT STREAM o WITH (timestamp='w');
INSERT INTO s (rowtime, id, v) VALUES (1, 1, 50);
ASSERT VALUES o (rowtime, w) VALUES (100, 100);
INSERT INTO s (rowtime, id, v) VALUES (1, 1, -1);
--@end: O

--@test: windows go by the column
CREATE STREAM s (id INT KEY, t BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='t');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY id;
INSERT INTO s (id, t) VALUES (1, 2500);
ASSERT VALUES o (id, windowstart, n) VALUES (1, 2000, 1);

--@test: a tombstone of a table whose time is a column is lost
CREATE TABLE t (id INT PRIMARY KEY, ts BIGINT) WITH (kafka_topic='t', value_format='JSON', timestamp='ts');
CREATE TABLE o AS SELECT id, ts FROM t;
INSERT INTO t (id, ts) VALUES (1, 5);
--@input: t {"key": 1, "value": null}
ASSERT VALUES o (rowtime, id) VALUES (5, 1);
--@end: O

--@test: a source that must have its time stops without
--@expected.message: query CSAS_O_0 cannot go on
SET 'ksql.timestamp.throw.on.invalid' = 'true';
CREATE STREAM s (id INT KEY, t BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='t');
CREATE STREAM o AS SELECT id, t FROM s;
INSERT INTO s (id, t) VALUES (1, -5);
