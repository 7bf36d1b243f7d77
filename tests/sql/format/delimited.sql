-- DELIMITED.

--@test: a line is a row
CREATE STREAM s (id INT KEY, v INT, a STRING) WITH (kafka_topic='s', value_format='DELIMITED');
CREATE STREAM o AS SELECT id, v, a FROM s;
--@input: s {"key": 1, "value": "5,x"}
--@output: O {"key": 1, "value": "5,x"}
--@input: s {"key": 1, "value": ","}
--@output: O {"key": 1, "value": ","}

--@test: quotes
CREATE STREAM s (id INT KEY, v INT, a STRING) WITH (kafka_topic='s', value_format='DELIMITED');
CREATE STREAM o AS SELECT id, v, a FROM s;
--@input: s {"key": 1, "value": "5,\"x, \"\"y\"\"\""}
ASSERT VALUES o (v, a) VALUES (5, 'x, "y"');

--@test: the wrong number of fields, a bad number
CREATE STREAM s (id INT KEY, v INT, a STRING) WITH (kafka_topic='s', value_format='DELIMITED');
CREATE STREAM o AS SELECT id, v, a FROM s;
--@input: s {"key": 1, "value": "5"}
--@input: s {"key": 1, "value": "5,x,y"}
--@input: s {"key": 1, "value": "q,x"}
--@end: O

--@test: another delimiter goes along
CREATE STREAM s (id INT KEY, v INT, a STRING) WITH (kafka_topic='s', value_format='DELIMITED', value_delimiter='TAB');
CREATE STREAM o AS SELECT id, v, a FROM s;
ASSERT STREAM o WITH (value_delimiter='TAB');
--@input: s {"key": 1, "valueText": "5\tx"}
--@output: O {"value": "5\tx"}

--@test: all its types
CREATE STREAM s (id INT KEY, b BOOLEAN, l BIGINT, d DOUBLE, e DECIMAL(4, 2), t TIME, y DATE, z TIMESTAMP, x BYTES) WITH (kafka_topic='s', value_format='DELIMITED');
INSERT INTO s VALUES (1, true, 5, 1.5, 2.50, '00:00:01', '1970-01-03', '1970-01-01T00:00:04', 'SG8=');
--@output: s {"value": "true,5,1.5,2.50,1000,2,4000,SG8="}
INSERT INTO s (id) VALUES (1);
--@output: s {"value": ",,,,,,,"}

--@test: a key of several columns
CREATE STREAM s (a INT KEY, b STRING KEY, v INT) WITH (kafka_topic='s', format='DELIMITED');
INSERT INTO s (a, b, v) VALUES (1, 'x', 2);
--@output: s {"key": "1,x", "value": "2"}
ASSERT STREAM s WITH (key_format='DELIMITED');

--@test: no containers
--@expected.message: The 'DELIMITED' format does not support type 'ARRAY', column: `A`
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (a ARRAY<INT>) WITH (kafka_topic='r', value_format='DELIMITED');

--@test: no wrapping
--@expected.message: Format 'DELIMITED' does not support 'WRAP_SINGLE_VALUE' set to 'true'.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (a INT) WITH (kafka_topic='r', value_format='DELIMITED', wrap_single_value=true);
