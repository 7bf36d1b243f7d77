-- Texts of refusals that no other file has.

--@test: a lambda argument twice
--@expected.message: Lambda arguments have duplicates: [X, X]
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRANSFORM(m, (x, x) => x, (x, y) => y) AS x FROM s;

--@test: a map of NULL keys
--@expected.message: Cannot construct a map with all NULL keys
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MAP(NULL := 1) AS x FROM s;

--@test: a DECIMAL and NULL
--@expected.message: Error processing expression: (5.0 / null). Arithmetic on types DECIMAL(2, 1) and null are not supported.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 5.0 / NULL AS x FROM s;

--@test: GREATEST of three
--@expected.message: Function 'greatest' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT, DECIMAL(50, 30)).
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GREATEST(v, b, CAST(v AS DECIMAL(50, 30))) AS x FROM s;

--@test: a BIGINT is no index
--@expected.message: Unexpected error generating code for Select
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a[b] AS x FROM s;

--@test: NULL is no condition
--@expected.message: NULL expression not supported
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s WHERE NULL;

--@test: an expression of NULL
--@expected.message: Arithmetic on types INTEGER and null are not supported.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ABS(CAST(NULL AS INT)) + NULL AS x FROM s;

--@test: a header without a name
--@expected.message: Header column must have a non-empty header key name defined
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (v INT, h BYTES HEADER('')) WITH (kafka_topic='r', value_format='JSON');

--@test: a window of one and a half days
--@expected.message: For input string: "1.5"
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1.5 DAYS) GROUP BY id;

--@test: a precision that is no integer
--@expected.message: Value must be integer for command: DECIMAL(PRECISION)
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (v DECIMAL(1.5, 1)) WITH (kafka_topic='r', value_format='JSON');

--@test: a scale that is no integer
--@expected.message: Value must be integer for command: DECIMAL(SCALE)
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (v DECIMAL(2, 1.5)) WITH (kafka_topic='r', value_format='JSON');

--@test: two keys of one name
--@expected.message: Duplicate key columns found in schema: `K` 
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o WITH (key_format='JSON') AS SELECT v AS k, b AS k, id FROM s PARTITION BY v, b;

--@test: GROUP BY nothing
--@expected.message: GROUP BY requires at least one expression
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT COUNT(*) AS n FROM s GROUP BY ();

--@test: PARTITION BY nothing
--@expected.message: PARTITION BY requires at least one expression
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s PARTITION BY ();

--@test: an empty list of values
--@expected.message: Expected some values for INSERT INTO statement.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id) VALUES ();

--@test: a query id with a dash
--@expected.message: Query IDs may contain only alphanumeric characters and '_'. Got: 'A-B'
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
INSERT INTO r WITH (query_id='a-b') SELECT id, v FROM s;

--@test: DESCRIBE of nothing
--@expected.message: Could not find STREAM/TABLE 'NOPE' in the Metastore
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
DESCRIBE nope;

--@test: DESCRIBE of an unknown function
--@expected.message: Can't find any functions with the name 'nope'
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
DESCRIBE FUNCTION nope;

--@test: EXPLAIN of no query
--@expected.message: The provided statement does not run a ksql query
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
EXPLAIN DROP STREAM s;

--@test: EXPLAIN of an unknown query
--@expected.message: Query with id:NOPE does not exist, use SHOW QUERIES to view the full set of queries.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
EXPLAIN nope;

--@test: SET of an unknown property
--@expected.message: Unknown property: nope
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
SET 'nope' = '1';

--@test: a timestamp that is no column
--@expected.message: Cannot parse text that is not column reference: v + 1
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (v BIGINT) WITH (kafka_topic='r', value_format='JSON', timestamp='v + 1');

--@test: two names of a schema
--@expected.message: Cannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and 'VALUE_SCHEMA_FULL_NAME' properties. Please only set 'VALUE_SCHEMA_FULL_NAME'.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (v INT) WITH (kafka_topic='r', value_format='JSON', value_schema_full_name='a', value_avro_schema_full_name='b');

--@test: an id of a schema for JSON
--@expected.message: VALUE_FORMAT should support schema inference when VALUE_SCHEMA_ID is provided. Current format is JSON.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (v INT) WITH (kafka_topic='r', value_format='JSON', value_schema_id=1);

--@test: PROTOBUF properties for JSON
--@expected.message: Property VALUE_PROTOBUF_NULLABLE_REPRESENTATION can only be enabled with protobuf format
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (v INT) WITH (kafka_topic='r', value_format='JSON', value_protobuf_nullable_representation='OPTIONAL');

--@test: partitions beyond 32 bits
--@expected.message: Invalid value 3000000000 for property PARTITIONS: Expected value to be a 32-bit integer, but it was a java.lang.Long
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (v INT) WITH (kafka_topic='r', value_format='JSON', partitions=3000000000);

--@test: a table of several keys is not joined
--@expected.message: Invalid join condition: stream-table joins require to join on the table's primary key.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (a INT PRIMARY KEY, b INT PRIMARY KEY, v INT) WITH (kafka_topic='t', format='JSON');
CREATE STREAM o AS SELECT * FROM s JOIN t ON s.id = t.a;

--@test: a join condition that compares nothing
--@expected.message: Unsupported join expression: 
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s JOIN t ON s.id IS NULL;

--@test: a join of what is joined already
--@expected.message: A join criteria is expected to reference the source (`U`) in the FROM clause
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE u (id INT PRIMARY KEY, v INT) WITH (kafka_topic='u', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s JOIN t ON s.id = t.id JOIN u ON s.id = t.id;

--@test: an unknown struct field of a star
--@expected.message: Field NOPE was not found on STRUCT.
CREATE STREAM r (id INT KEY, p STRUCT<A INT>) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT id, p->nope->* FROM r;

--@test: another source of an upgraded query
--@expected.message: Query is not upgradeable. Plan step of type StreamSource must have matching
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, v INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
CREATE OR REPLACE STREAM o AS SELECT id, v FROM r;

--@test: INSERT into a topic of the server
--@expected.message: Cannot insert values into read-only topic: _confluent-x
CREATE STREAM r (v INT) WITH (kafka_topic='_confluent-x', value_format='JSON');
INSERT INTO r (v) VALUES (1);

--@test: a query into a topic of the server
--@expected.message: Cannot insert into read-only topic: _confluent-x
CREATE STREAM r (v INT) WITH (kafka_topic='_confluent-x', value_format='JSON');
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO r SELECT v FROM s;

--@test: a DECIMAL that would be rounded says so
--@expected.message: Expected type DECIMAL(4, 2) for field `D` but got DECIMAL(4, 3)(1.234)
CREATE STREAM d (d DECIMAL(4, 2)) WITH (kafka_topic='d', value_format='JSON');
INSERT INTO d (d) VALUES (1.234);

--@test: statements of tests in a test only
--@expected.message: NOPE does not exist.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM nope (v INT);

--@test: an alias that no source has
--@expected.message: 'X' is not a valid stream/table name or alias.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT x.* FROM s;

--@test: more parentheses than are read
--@expected.message: Error processing statement: Statement is too large to parse. This may be caused by having too many nested expressions in the statement.
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(ABS(v)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))) AS x FROM s;

--@test: texts of REPLACE, TERMINATE and so on are quiet
CREATE STREAM s (id INT KEY, v INT, b BIGINT, a ARRAY<INT>, m MAP<STRING, BIGINT>, q STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
SHOW STREAMS;
SHOW QUERIES;
DESCRIBE o EXTENDED;
EXPLAIN SELECT id FROM s EMIT CHANGES;
SHOW FUNCTIONS;
DESCRIBE FUNCTION abs;
SHOW VARIABLES;
SHOW TYPES;
UNDEFINE nope;
