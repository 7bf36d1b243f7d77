-- INSERT INTO ... VALUES.

--@test: with and without a list of columns
CREATE STREAM s (a STRING, id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 'x', 2);
INSERT INTO s (v, a) VALUES (3, 'y');
ASSERT VALUES s (id, a, v) VALUES (1, 'x', 2);
ASSERT VALUES s (id, a, v) VALUES (NULL, 'y', 3);
--@end: s

--@test: ROWTIME is the record's time
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (rowtime, id, v) VALUES (1234, 1, 1);
--@output: s {"key": 1, "value": {"V": 1}, "timestamp": 1234}

--@test: a table with nothing but its key is no tombstone
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t (id) VALUES (1);
--@output: t {"key": 1, "value": {"V": null}}

--@test: values are widened, not more
CREATE STREAM s (b BIGINT, d DOUBLE, e DECIMAL(6, 2)) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (b, d, e) VALUES (1, 2, 3);
ASSERT VALUES s (b, d, e) VALUES (1, 2.0, 3.00);
INSERT INTO s (b, d, e) VALUES (1 + 1, 2.5, 3.5);
ASSERT VALUES s (b, d, e) VALUES (2, 2.5, 3.50);

--@test: functions in VALUES
CREATE STREAM s (a STRING, l ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (a, l) VALUES (UCASE('x') + CAST(1 AS STRING), GENERATE_SERIES(1, 2));
ASSERT VALUES s (a, l) VALUES ('X1', ARRAY[1, 2]);

--@test: refused: another number of values
--@expected.message: Failed to prepare statement: Expected number columns and values to match: 2, 1
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1);

--@test: refused: too few values
--@expected.message: Failed to insert values into 'S'. Expected a value for each column. Expected Columns: []. Got [1, 2]
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (1, 2);

--@test: refused: an unknown column
--@expected.message: Failed to insert values into 'S'. Column name `NOPE` does not exist.
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (nope) VALUES (1);

--@test: refused: a text for a number
--@expected.message: Expected type INTEGER for field `V` but got STRING(1)
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (v) VALUES ('1');

--@test: refused: a number too wide
--@expected.message: Expected type INTEGER for field `V` but got BIGINT(2147483648)
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (v) VALUES (2147483648);

--@test: refused: a DECIMAL that would be rounded
--@expected.message: Failed to insert values into 'S'. 
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (d) VALUES (1.234);

--@test: refused: a bad time
--@expected.message: Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (t) VALUES ('x');

--@test: refused: a column reference
--@expected.message: Unsupported column reference in insert value: ID
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (v) VALUES (id);

--@test: refused: ROWOFFSET
--@expected.message: Inserting into column `ROWOFFSET` is not allowed.
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (rowoffset, v) VALUES (1, 1);

--@test: refused: an unknown target
--@expected.message: Cannot insert values into an unknown stream/table: `NOPE`
CREATE STREAM s (id INT KEY, v INT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO nope (v) VALUES (1);

--@test: a table needs its key
--@expected.message: Value for primary key column(s) ID is required for tables
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
INSERT INTO t (v) VALUES (1);

--@test: nothing goes into a windowed table
--@expected.message: Cannot insert values into windowed stream/table!
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE w AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 DAY) GROUP BY id;
INSERT INTO w (id, n) VALUES (1, 1);
