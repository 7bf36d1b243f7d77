-- INSERT INTO ... SELECT: several queries into one stream.

--@test: two streams into one
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
INSERT INTO o SELECT id, v * 10 AS v FROM r;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO r (id, v) VALUES (2, 2);
INSERT INTO s (id, v) VALUES (3, 3);
ASSERT VALUES o (id, v) VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (2, 20);
ASSERT VALUES o (id, v) VALUES (3, 3);
--@end: O

--@test: an own name for the query
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
INSERT INTO r WITH (query_id='mine') SELECT id, v FROM s;
TERMINATE mine;
INSERT INTO s (id, v) VALUES (1, 1);
--@end: r

--@test: the target's formats count
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o (id INT KEY, v INT) WITH (kafka_topic='o', value_format='DELIMITED');
INSERT INTO o SELECT id, v FROM s;
INSERT INTO s (id, v) VALUES (1, 7);
--@output: o {"key": 1, "value": "7"}

--@test: a DECIMAL may go into a wider one
CREATE STREAM s (id INT KEY, d DECIMAL(4, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o (id INT KEY, d DECIMAL(8, 3)) WITH (kafka_topic='o', value_format='JSON');
INSERT INTO o SELECT id, d FROM s;
INSERT INTO s (id, d) VALUES (1, 1.25);
ASSERT VALUES o (d) VALUES (1.250);

--@test: other columns
--@expected.message: Incompatible schema between results and sink.\nResult schema is `ID` INTEGER KEY, `W` INTEGER\nSink schema is `ID` INTEGER KEY, `V` INTEGER
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
INSERT INTO r SELECT id, v AS w FROM s;

--@test: INTEGER does not widen
--@expected.message: Incompatible schema between results and sink.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM b (id INT KEY, v BIGINT) WITH (kafka_topic='b', value_format='JSON');
INSERT INTO b SELECT id, v FROM s;

--@test: not into a table
--@expected.message: INSERT INTO can only be used to insert into a stream. T is a table.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t SELECT id, v FROM s;

--@test: not from a table
--@expected.message: Incompatible data sink and query result. Data sink (S) type is KSTREAM but select query result is KTABLE.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO s SELECT id, v FROM t;

--@test: an unknown target of a query
--@expected.message: Source `NOPE` does not exist.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO nope SELECT id, v FROM s;

--@test: a reserved query id
--@expected.message: Query IDs must not start with a reserved query ID prefix (INSERTQUERY_, CTAS_, CSAS_, CST_). Got 'CSAS_X'.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
INSERT INTO r WITH (query_id='csas_x') SELECT id, v FROM s;

--@test: a query id twice
--@expected.message: Query ID 'MINE' already exists.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
INSERT INTO r WITH (query_id='Mine') SELECT id, v FROM s;
INSERT INTO r WITH (query_id='mine') SELECT id, v FROM s;
