-- The same by records as JSON, in and out.

--@test: DELIMITED in, JSON out
CREATE STREAM S (ID STRING KEY, A INT, B STRING) WITH (kafka_topic='s', value_format='DELIMITED');
CREATE STREAM O WITH (value_format='JSON') AS SELECT ID, A, B FROM S;
--@input: s {"key": "k", "value": "1,\"x, y\""}
--@input: s {"key": "k", "value": ","}
--@output: O {"key": "k", "value": {"A": 1, "B": "x, y"}}
--@output: O {"key": "k", "value": {"A": null, "B": null}}
--@end: O

--@test: KAFKA values
CREATE STREAM S (ID BIGINT KEY, A DOUBLE) WITH (kafka_topic='s', value_format='KAFKA');
CREATE STREAM O WITH (value_format='JSON') AS SELECT ID, A FROM S;
--@input: s {"key": 9, "value": 1.5}
--@output: O {"key": 9, "value": {"A": 1.5}}
--@end: O

--@test: a JSON key of several columns
CREATE STREAM S (A INT, B STRING) WITH (kafka_topic='s', value_format='JSON', key_format='JSON');
CREATE STREAM O AS SELECT A, B, 1 AS C FROM S PARTITION BY A, B;
--@input: s {"value": {"A": 1, "B": "x"}}
--@output: O {"key": {"A": 1, "B": "x"}, "value": {"C": 1}}
--@end: O

--@test: KAFKA holds one column only
--@expected.message: The 'KAFKA' format only supports a single field. Got: [`A` INTEGER, `B` INTEGER]
CREATE STREAM S (A INT, B INT) WITH (kafka_topic='s', value_format='KAFKA');

--@test: an unwrapped value
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON', wrap_single_value=false);
CREATE STREAM O AS SELECT ID, V + 1 AS W FROM S;
--@input: s {"key": 1, "value": 4}
--@output: O {"key": 1, "value": {"W": 5}}
--@end: O
