-- DROP, TERMINATE, and what stands in their way.

--@test: what is dropped can be made again
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
DROP STREAM s;
CREATE STREAM s (id INT KEY, w STRING) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM s (id INT KEY, w STRING);

--@test: DROP ends the query of the stream
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
DROP STREAM o;
DROP STREAM s;

--@test: DROP of nothing
--@expected.message: Stream NOPE does not exist.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
DROP STREAM nope;

--@test: DROP IF EXISTS of nothing
DROP STREAM IF EXISTS nope;
DROP TABLE IF EXISTS nope DELETE TOPIC;

--@test: DROP of the wrong kind
--@expected.message: Incompatible data source type is stream, but statement was DROP table
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
DROP TABLE s;

--@test: DROP of what is read
--@expected.message: Cannot drop S.\nThe following streams and/or tables read from this source: [O, P].\nYou need to drop them before dropping S.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM p AS SELECT id, v FROM s;
CREATE STREAM o AS SELECT id, v FROM s;
DROP STREAM s;

--@test: DROP of what an INSERT query writes
--@expected.message: Cannot drop O.\nThe following queries read from this source: [].
--@expected.message: The following queries write into this source: [INSERTQUERY_1].\nYou need to terminate them before dropping O.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
INSERT INTO o SELECT id, v FROM s;
DROP STREAM o;

--@test: DROP asks whether another case was meant
--@expected.message: Did you mean "lower"? Hint: wrap the source name in double quotes to make it case-sensitive.
CREATE STREAM "lower" (v INT) WITH (kafka_topic='s', value_format='JSON');
DROP STREAM lower;

--@test: a topic that others use is kept
--@expected.message: Refusing to delete topic. Found other data sources (S2) using topic s
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM s2 (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
DROP STREAM s DELETE TOPIC;

--@test: TERMINATE of an unknown query
--@expected.message: Unknown queryId: NOPE
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
TERMINATE nope;

--@test: TERMINATE ALL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
CREATE STREAM p AS SELECT id, v FROM s;
TERMINATE ALL;
INSERT INTO s (id, v) VALUES (1, 1);
--@end: O
--@end: P
