-- CREATE STREAM and CREATE TABLE over topics.

--@test: a source prints its columns as declared
CREATE STREAM s (a INT, id INT KEY, b STRING) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM s (a INT, id INT KEY, b STRING) WITH (kafka_topic='s', key_format='KAFKA', value_format='JSON');

--@test: names: folded, quoted, with blanks
CREATE STREAM "s" (`k` INT KEY, "a b" INT, c INT) WITH (kafka_topic='t1', value_format='JSON');
INSERT INTO `s` ("k", `a b`, C) VALUES (1, 2, 3);
ASSERT VALUES `s` (c, `k`) VALUES (3, 1);
INSERT INTO "s" (`k`, "a b") VALUES (1, 2);
--@output: t1 {"key": 1, "value": {"a b": 2, "C": null}}

--@test: keys of several columns and of all kinds
CREATE STREAM s (a INT KEY, b STRING KEY, v INT) WITH (kafka_topic='s', format='JSON');
INSERT INTO s (a, b, v) VALUES (1, 'x', 2);
ASSERT VALUES s (a, b, v) VALUES (1, 'x', 2);
INSERT INTO s (a, b, v) VALUES (1, NULL, 2);
--@output: s {"key": {"A": 1, "B": null}, "value": {"V": 2}}

--@test: a stream without a key
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
INSERT INTO s (v) VALUES (1);
--@output: O {"key": null, "value": {"V": 1}}
ASSERT STREAM o (v INT);

--@test: IF NOT EXISTS leaves what is there
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM IF NOT EXISTS s (id INT KEY, w STRING) WITH (kafka_topic='other', value_format='JSON');
ASSERT STREAM s (id INT KEY, v INT) WITH (kafka_topic='s');

--@test: a name is taken
--@expected.message: Cannot add stream 'S': A stream with the same name already exists
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: a name is taken by the other kind
--@expected.message: Cannot add table 'S': A stream with the same name already exists
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE s (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');

--@test: refused: no topic
--@expected.message: Failed to prepare statement: Missing required property "KAFKA_TOPIC" which has no default value.
CREATE STREAM s (id INT KEY, v INT) WITH (value_format='JSON');

--@test: refused: an empty topic
--@expected.message: Failed to prepare statement: Invalid value  for property KAFKA_TOPIC: String must be non-empty
CREATE STREAM s (v INT) WITH (kafka_topic='', value_format='JSON');

--@test: refused: no value format
--@expected.message: Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide one or set a default via the 'ksql.persistence.default.format.value' config.
CREATE STREAM s (v INT) WITH (kafka_topic='s');

--@test: refused: an unknown format
--@expected.message: Unknown format: FOO
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='foo');

--@test: refused: an unknown property
--@expected.message: Failed to prepare statement: Invalid config variable(s) in the WITH clause: 
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', b='1', a='2');

--@test: refused: a property twice
--@expected.message: Multiple entries with same key: KAFKA_TOPIC=t and KAFKA_TOPIC=s
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', Kafka_Topic='t');

--@test: refused: PARTITIONS that is no number
--@expected.message: Invalid value x for property PARTITIONS: Not a number of type INT
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', partitions='x');

--@test: refused: WRAP_SINGLE_VALUE that is no boolean
--@expected.message: Invalid value x for property WRAP_SINGLE_VALUE: Expected value to be either true or false
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', wrap_single_value='x');

--@test: refused: FORMAT beside KEY_FORMAT
--@expected.message: Cannot supply both 'KEY_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats.
CREATE STREAM s (v INT) WITH (kafka_topic='s', format='JSON', key_format='JSON');

--@test: refused: FORMAT beside VALUE_FORMAT
--@expected.message: Cannot supply both 'VALUE_FORMAT' and 'FORMAT' properties
CREATE STREAM s (v INT) WITH (kafka_topic='s', format='JSON', value_format='JSON');

--@test: refused: CLEANUP_POLICY
--@expected.message: Invalid config variable in the WITH clause: CLEANUP_POLICY.
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', cleanup_policy='delete');

--@test: refused: an unknown window type
--@expected.message: Invalid value x for property WINDOW_TYPE: String must be one of: SESSION, HOPPING, TUMBLING, null
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', window_type='x');

--@test: refused: a window without a size
--@expected.message: TUMBLING windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: 'WINDOW_SIZE'='10 SECONDS'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', window_type='tumbling');

--@test: refused: a size of a session
--@expected.message: 'WINDOW_SIZE' should not be set for SESSION windows.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', window_type='session', window_size='1 day');

--@test: refused: a size in weeks
--@expected.message: Configuration WINDOW_SIZE is invalid: Invalid duration: '1 week'. Unknown time unit: 'WEEK'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', window_type='hopping', window_size='1 week');

--@test: refused: a size of three words
--@expected.message: Invalid duration: '1 day long'. Expected 2 tokens, got: 3
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', window_type='hopping', window_size='1 day long');

--@test: refused: a windowed stream without a key
--@expected.message: Windowed sources require a key column.
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', window_type='session');

--@test: refused: a delimiter of two letters
--@expected.message: Configuration VALUE_DELIMITER is invalid: Invalid delimiter value: 'ab'. Delimiter must be a single character or TAB,SPACE
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='DELIMITED', value_delimiter='ab');

--@test: refused: an empty delimiter
--@expected.message: Delimiter cannot be empty, if you meant to have a tab or space for delimiter, please use the special values 'TAB' or 'SPACE'
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='DELIMITED', value_delimiter=' ');

--@test: refused: a delimiter for JSON
--@expected.message: JSON does not support the following configs: [delimiter]
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', value_delimiter=';');

--@test: refused: a bad timestamp format
--@expected.message: Invalid datetime format for config:TIMESTAMP_FORMAT, reason:Unknown pattern letter: i
CREATE STREAM s (v STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='v', timestamp_format='iiii');

--@test: refused: an unknown timestamp column
--@expected.message: The TIMESTAMP column set in the WITH clause does not exist in the schema: 'W'
CREATE STREAM s (v BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='w');

--@test: refused: a timestamp column that is text
--@expected.message: A String timestamp field has been specified without also specifying the timestamp_format
CREATE STREAM s (v STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='v');

--@test: refused: a timestamp format for a number
--@expected.message: 'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column is of type STRING.
CREATE STREAM s (v BIGINT) WITH (kafka_topic='s', value_format='JSON', timestamp='v', timestamp_format='yyyy');

--@test: refused: a timestamp column that is a DOUBLE
--@expected.message: Timestamp column, `V`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified.
CREATE STREAM s (v DOUBLE) WITH (kafka_topic='s', value_format='JSON', timestamp='v');

--@test: refused: a column twice
--@expected.message: Failed to prepare statement: Duplicate column names: `V`
CREATE STREAM s (v INT, w INT, v STRING) WITH (kafka_topic='s', value_format='JSON');

--@test: refused: a reserved column
--@expected.message: 'ROWTIME' is a reserved column name. You cannot use it as a name for a column.
CREATE STREAM s (rowtime INT) WITH (kafka_topic='s', value_format='JSON');

--@test: refused: PRIMARY KEY in a stream
--@expected.message: Column `ID` is a 'PRIMARY KEY' column: please use 'KEY' for streams.\nTables have PRIMARY KEYs, which are unique and NON NULL.\nStreams have KEYs, which have no uniqueness or NON NULL constraints.
CREATE STREAM s (id INT PRIMARY KEY, v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: refused: no columns
--@expected.message: The statement does not define any columns.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM u WITH (kafka_topic='s', value_format='JSON');

--@test: refused: a map in the key
--@expected.message: Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior due to inconsistent serialization. Key column name: `ID`. Column type: MAP<STRING, INTEGER>.
CREATE STREAM s (id MAP<STRING, INT> KEY, v INT) WITH (kafka_topic='s', format='JSON');

--@test: refused: KEY in a table
--@expected.message: Column `ID` is a 'KEY' column: please use 'PRIMARY KEY' for tables.
CREATE TABLE t (id INT KEY, v INT) WITH (kafka_topic='t', value_format='JSON');

--@test: refused: a table without a key
--@expected.message: Tables require a PRIMARY KEY. Please define the PRIMARY KEY.
CREATE TABLE t (v INT) WITH (kafka_topic='t', value_format='JSON');

--@test: refused: retention of a table
--@expected.message: Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not support retention.
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON', retention_ms=5);

--@test: a name with other characters
--@expected.message: Source names may only contain alphanumeric values, '_' or '-'.
CREATE STREAM `a.b` (v INT) WITH (kafka_topic='s', value_format='JSON');
