-- CREATE SOURCE: read-only streams and tables.

--@test: a source stream is read
CREATE SOURCE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
--@input: s {"key": 1, "value": {"V": 2}}
ASSERT VALUES o (id, v) VALUES (1, 2);

--@test: a source table is read
CREATE SOURCE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v FROM t WHERE v > 1;
--@input: t {"key": 1, "value": {"V": 2}}
--@input: t {"key": 1, "value": null}
ASSERT VALUES o (id, v) VALUES (1, 2);
ASSERT NULL VALUES o (id) KEY (1);

--@test: no INSERT VALUES into a source
--@expected.message: Cannot insert values into read-only stream: S
CREATE SOURCE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 1);

--@test: no INSERT SELECT into a source
--@expected.message: Cannot insert into read-only stream: S
CREATE SOURCE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
INSERT INTO s SELECT id, v FROM r;

--@test: no ALTER of a source
--@expected.message: Cannot alter stream 'S': ALTER operations are not supported on source streams.
CREATE SOURCE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
ALTER STREAM s ADD w INT;

--@test: no OR REPLACE of a source
--@expected.message: Cannot add stream 'S': CREATE OR REPLACE is not supported on source streams.
CREATE SOURCE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE STREAM s (id INT KEY, v INT, w INT) WITH (kafka_topic='s', value_format='JSON');

--@test: no DELETE TOPIC of a source
--@expected.message: Cannot delete topic for read-only source: S
CREATE SOURCE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
DROP STREAM s DELETE TOPIC;

--@test: the query of a source table is not ended
--@expected.message: Cannot terminate query 'CST_T_0' because it is linked to a source table.
CREATE SOURCE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
TERMINATE CST_T_0;
