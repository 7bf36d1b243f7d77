-- KAFKA and NONE.

--@test: bytes of each type
CREATE STREAM i (k INT KEY, v BIGINT) WITH (kafka_topic='i', value_format='KAFKA');
CREATE STREAM o WITH (value_format='JSON') AS SELECT k, v FROM i;
--@input: i {"keyBytes": "AAAABw==", "valueBytes": "AAAAAAAAAAU="}
ASSERT VALUES o (k, v) VALUES (7, 5);
--@input: i {"keyBytes": "AAc=", "valueBytes": "AAAAAAAAAAU="}
--@input: i {"keyBytes": "AAAABw==", "valueBytes": "AAU="}
--@end: O

--@test: DOUBLE, STRING and BYTES
CREATE STREAM d (k DOUBLE KEY, v STRING) WITH (kafka_topic='d', value_format='KAFKA');
CREATE STREAM b (k STRING KEY, v BYTES) WITH (kafka_topic='b', value_format='KAFKA');
INSERT INTO d (k, v) VALUES (1.5, 'x');
INSERT INTO b (k, v) VALUES ('y', 'SG8=');
ASSERT VALUES d (k, v) VALUES (1.5, 'x');
ASSERT VALUES b (k, v) VALUES ('y', 'SG8=');

--@test: NONE: no key
CREATE STREAM s (v INT) WITH (kafka_topic='s', key_format='NONE', value_format='JSON');
CREATE STREAM o AS SELECT v FROM s;
ASSERT STREAM o WITH (key_format='NONE');
--@input: s {"keyText": "x", "value": {"V": 1}}
--@output: O {"key": null, "value": {"V": 1}}

--@test: a key behind NONE is KAFKA
CREATE STREAM s (v INT) WITH (kafka_topic='s', key_format='NONE', value_format='JSON');
CREATE TABLE o AS SELECT v, COUNT(*) AS n FROM s GROUP BY v;
ASSERT TABLE o WITH (key_format='KAFKA');

--@test: NONE takes no columns
--@expected.message: The 'NONE' format can only be used when no columns are defined. Got: [`K` INTEGER KEY]
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (k INT KEY, v INT) WITH (kafka_topic='r', key_format='NONE', value_format='JSON');

--@test: KAFKA holds one column
--@expected.message: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER, `B` INTEGER]
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (a INT, b INT) WITH (kafka_topic='r', value_format='KAFKA');

--@test: KAFKA has no BOOLEAN
--@expected.message: Key format does not support schema.\nformat: KAFKA\nschema: Persistence{columns=[`K` BOOLEAN KEY], features=[]}\nreason: The 'KAFKA' format does not support type 'BOOLEAN'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (k BOOLEAN KEY, v INT) WITH (kafka_topic='r', value_format='JSON');

--@test: no GROUP BY over KAFKA values
--@expected.message: Source(s) R are using the 'KAFKA' value format. This format does not yet support GROUP BY.
CREATE STREAM r (k INT KEY, v INT) WITH (kafka_topic='r', value_format='KAFKA');
CREATE TABLE o AS SELECT k, COUNT(*) AS n FROM r GROUP BY k;

--@test: formats of a query: the left source's, unless told
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='DELIMITED');
CREATE STREAM o AS SELECT * FROM s;
CREATE STREAM p WITH (value_format='JSON', key_format='DELIMITED', kafka_topic='p_topic', partitions=7) AS SELECT * FROM s;
ASSERT STREAM o WITH (key_format='KAFKA', value_format='DELIMITED', kafka_topic='O', partitions=4);
ASSERT STREAM p WITH (key_format='DELIMITED', value_format='JSON', kafka_topic='p_topic', partitions=7);
