-- Aggregates over tables: what a row no longer is, is taken back.

--@test: COUNT, SUM, AVG
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS x1, SUM(v) AS x2, AVG(v) AS x3 FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 10);
ASSERT VALUES o (g, x1, x2, x3) VALUES ('a', 1, 10, 10.0);
INSERT INTO t (id, g, v) VALUES (2, 'a', 20);
ASSERT VALUES o (g, x1, x2, x3) VALUES ('a', 2, 30, 15.0);
INSERT INTO t (id, g, v) VALUES (1, 'a', 30);
ASSERT VALUES o (g, x1, x2, x3) VALUES ('a', 2, 50, 25.0);
INSERT INTO t (id, g, v) VALUES (2, 'b', 20);
ASSERT VALUES o (g, x1, x2, x3) VALUES ('a', 1, 30, 30.0);
ASSERT VALUES o (g, x1, x2, x3) VALUES ('b', 1, 20, 20.0);
--@input: t {"key": 2, "value": null}
ASSERT VALUES o (g, x1, x2, x3) VALUES ('b', 0, 0, 0.0);
--@input: t {"key": 2, "value": null}
--@end: O

--@test: COLLECT_LIST takes out its last equal element
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COLLECT_LIST(v) AS x FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 1);
ASSERT VALUES o (g, x) VALUES ('a', ARRAY[1]);
INSERT INTO t (id, g, v) VALUES (2, 'a', 2);
ASSERT VALUES o (g, x) VALUES ('a', ARRAY[1, 2]);
INSERT INTO t (id, g, v) VALUES (3, 'a', 1);
ASSERT VALUES o (g, x) VALUES ('a', ARRAY[1, 2, 1]);
--@input: t {"key": 1, "value": null}
ASSERT VALUES o (g, x) VALUES ('a', ARRAY[1, 2]);
INSERT INTO t (id, g, v) VALUES (2, 'a', 5);
ASSERT VALUES o (g, x) VALUES ('a', ARRAY[1, 5]);
--@end: O

--@test: HISTOGRAM, ATTR, SUM_LIST
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, HISTOGRAM(CAST(v AS STRING)) AS x1, ATTR(v) AS x2, SUM_LIST(ARRAY[v, v]) AS x3 FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 1);
ASSERT VALUES o (g, x1, x2, x3) VALUES ('a', MAP('1' := 1), 1, 2);
INSERT INTO t (id, g, v) VALUES (2, 'a', 2);
ASSERT VALUES o (g, x1, x2, x3) VALUES ('a', MAP('1' := 1, '2' := 1), NULL, 6);
--@input: t {"key": 1, "value": null}
ASSERT VALUES o (g, x1, x2, x3) VALUES ('a', MAP('2' := 1), 2, 4);
--@end: O

--@test: STDDEV_SAMP and CORRELATION
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, STDDEV_SAMP(v) AS x1, CAST(CORRELATION(v, v) AS STRING) AS x2 FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 1);
ASSERT VALUES o (g, x1, x2) VALUES ('a', 0.0, 'NaN');
INSERT INTO t (id, g, v) VALUES (2, 'a', 5);
ASSERT VALUES o (g, x1, x2) VALUES ('a', 8.0, '1.0');
INSERT INTO t (id, g, v) VALUES (3, 'a', 9);
ASSERT VALUES o (g, x1, x2) VALUES ('a', 16.0, '1.0');
--@input: t {"key": 3, "value": null}
ASSERT VALUES o (g, x1, x2) VALUES ('a', 8.0, '1.0');
--@end: O

--@test: rows without a group are left out
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS x FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, NULL, 1);
INSERT INTO t (id, g, v) VALUES (1, 'a', 1);
ASSERT VALUES o (g, x) VALUES ('a', 1);
INSERT INTO t (id, g, v) VALUES (1, NULL, 1);
ASSERT VALUES o (g, x) VALUES ('a', 0);
--@end: O

--@test: an update that changes nothing is seen
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS x FROM t GROUP BY g;
INSERT INTO t (id, g, v) VALUES (1, 'a', 1);
ASSERT VALUES o (g, x) VALUES ('a', 1);
INSERT INTO t (id, g, v) VALUES (1, 'a', 1);
ASSERT VALUES o (g, x) VALUES ('a', 1);
--@end: O

--@test: no undo: MAX(v)
--@expected.message: cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, MAX(v) AS x FROM t GROUP BY g;

--@test: no undo: MIN(v)
--@expected.message: cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, MIN(v) AS x FROM t GROUP BY g;

--@test: no undo: LATEST_BY_OFFSET(v)
--@expected.message: cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, LATEST_BY_OFFSET(v) AS x FROM t GROUP BY g;

--@test: no undo: EARLIEST_BY_OFFSET(v)
--@expected.message: cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, EARLIEST_BY_OFFSET(v) AS x FROM t GROUP BY g;

--@test: no undo: TOPK(v, 1)
--@expected.message: cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, TOPK(v, 1) AS x FROM t GROUP BY g;

--@test: no undo: TOPKDISTINCT(v, 1)
--@expected.message: cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, TOPKDISTINCT(v, 1) AS x FROM t GROUP BY g;

--@test: no undo: COLLECT_SET(v)
--@expected.message: cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COLLECT_SET(v) AS x FROM t GROUP BY g;

--@test: no undo: COUNT_DISTINCT(v)
--@expected.message: cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT_DISTINCT(v) AS x FROM t GROUP BY g;

--@test: no undo: several
--@expected.message: The aggregation functions MAX and MIN cannot be applied to a table source, only to a stream source.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, MAX(v) AS x, MIN(v) AS y FROM t GROUP BY g;

--@test: no windows over tables
--@expected.message: Windowing not supported for table aggregations.
CREATE TABLE t (id INT PRIMARY KEY, g STRING, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT g, COUNT(*) AS n FROM t WINDOW TUMBLING (SIZE 1 DAY) GROUP BY g;
