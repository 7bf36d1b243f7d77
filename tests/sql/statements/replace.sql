-- CREATE OR REPLACE, ALTER, and which upgrades are refused.

--@test: OR REPLACE appends columns
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE STREAM s (id INT KEY, v INT, w STRING) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM s (id INT KEY, v INT, w STRING);
INSERT INTO s (id, w) VALUES (1, 'x');
ASSERT VALUES s (v, w) VALUES (NULL, 'x');

--@test: a table appends columns
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, v INT, w STRING) WITH (kafka_topic='t', value_format='JSON');
ASSERT TABLE t (id INT PRIMARY KEY, v INT, w STRING);

--@test: no upgrade: a column that is gone
--@expected.message: (The following columns are changed, missing or reordered: [`V` INTEGER])
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE STREAM s (id INT KEY) WITH (kafka_topic='s', value_format='JSON');

--@test: no upgrade: a column of another type
--@expected.message: DataSource '`S`' has schema = `ID` INTEGER KEY, `V` INTEGER which is not upgradeable to `ID` INTEGER KEY, `V` BIGINT. (The following columns are changed, missing or reordered: [`V` INTEGER])
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE STREAM s (id INT KEY, v BIGINT) WITH (kafka_topic='s', value_format='JSON');

--@test: no upgrade: another key
--@expected.message: (Key columns must be identical. The following key columns are changed, missing or reordered: [`ID` INTEGER KEY])
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE STREAM s (k INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: no upgrade: another topic
--@expected.message: Cannot upgrade data source: DataSource '`S`' has topic = 
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s2', value_format='JSON');

--@test: no upgrade: another format
--@expected.message: Cannot upgrade data source: DataSource '`S`' has topic = 
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='DELIMITED');

--@test: no upgrade: a timestamp column
--@expected.message: DataSource '`S`' has timestampColumn = 
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE STREAM s (id INT KEY, v INT, t BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='t');

--@test: no upgrade: a stream to a table
--@expected.message: DataSource '`S`' has type = KSTREAM which is not upgradeable to KTABLE
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE OR REPLACE TABLE s (id INT PRIMARY KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: a query is replaced and goes on with its state
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE c AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES c (id, n) VALUES (1, 1);
CREATE OR REPLACE TABLE c AS SELECT id, COUNT(*) AS n, AS_VALUE(id) AS again FROM s GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 5);
ASSERT VALUES c (id, n, again) VALUES (1, 2, 1);
--@end: C

--@test: a table's filter is replaced and knows the old rows
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v FROM t WHERE v > 0;
INSERT INTO t (id, v) VALUES (1, 5);
ASSERT VALUES o (id, v) VALUES (1, 5);
CREATE OR REPLACE TABLE o AS SELECT id, v FROM t WHERE v > 10;
INSERT INTO t (id, v) VALUES (1, 20);
ASSERT VALUES o (id, v) VALUES (1, 20);
INSERT INTO t (id, v) VALUES (1, 7);
ASSERT NULL VALUES o (id) KEY (1);
--@end: O

--@test: no upgrade of a join
--@expected.message: Upgrades not yet supported for StreamStreamJoin
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT s.id, v, w FROM s JOIN r WITHIN 1 DAY GRACE PERIOD 1 DAY ON s.id = r.id;
CREATE OR REPLACE STREAM o AS SELECT s.id, v, w FROM s JOIN r WITHIN 2 DAYS GRACE PERIOD 1 DAY ON s.id = r.id;

--@test: no upgrade of a window
--@expected.message: Upgrades not yet supported for StreamWindowedAggregate
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 DAY) GROUP BY id;
CREATE OR REPLACE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 2 DAYS) GROUP BY id;

--@test: no upgrade of a source to a join
--@expected.message: Query is not upgradeable. Cannot change a non-join source into a join source.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE OR REPLACE STREAM o AS SELECT s.id AS id, s.v AS v FROM s JOIN t ON s.id = t.id;

--@test: no upgrade with two writers
--@expected.message: REPLACE for sink `O` is not supported because there are multiple queries writing into it: [
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
INSERT INTO o SELECT id, v FROM s;
CREATE OR REPLACE STREAM o AS SELECT id, v FROM s WHERE v > 1;

--@test: ALTER adds columns
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
ALTER STREAM s ADD COLUMN w STRING, ADD x INT;
ASSERT STREAM s (id INT KEY, v INT, w STRING, x INT);
INSERT INTO s (id, x) VALUES (1, 9);
ASSERT VALUES s (v, w, x) VALUES (NULL, NULL, 9);

--@test: ALTER TABLE adds columns
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
ALTER TABLE t ADD COLUMN w STRING;
ASSERT TABLE t (id INT PRIMARY KEY, v INT, w STRING);

--@test: ALTER of the wrong kind
--@expected.message: Incompatible data source type is STREAM, but statement was ALTER TABLE
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
ALTER TABLE s ADD w INT;

--@test: ALTER with a column that is there
--@expected.message: Cannot add column `V` to schema. A column with the same name already exists.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
ALTER STREAM s ADD v INT;

--@test: ALTER of a query's stream
--@expected.message: ALTER command is not supported for CREATE ... AS statements.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
ALTER STREAM o ADD w INT;
