-- JSON.

--@test: names in any case, unknown ones are skipped, missing ones are NULL
CREATE STREAM s (id INT KEY, v INT, d DOUBLE, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v, d, a FROM s;
--@input: s {"key": 1, "value": {"V": 1, "d": 2.5, "zz": [{}]}}
ASSERT VALUES o (v, d, a) VALUES (1, 2.5, NULL);

--@test: what JSON is made a STRING or a number of
CREATE STREAM s (id INT KEY, v INT, d DOUBLE, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v, d, a FROM s;
--@input: s {"key": 1, "value": {"V": "12", "D": 3, "A": 1.50}}
ASSERT VALUES o (v, d, a) VALUES (12, 3.0, '1.50');
--@input: s {"key": 1, "value": {"A": {"b": [1]}}}
ASSERT VALUES o (a) VALUES ('{"b":[1]}');

--@test: a record that is none is skipped
CREATE STREAM s (id INT KEY, v INT, d DOUBLE, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v, d, a FROM s;
--@input: s {"key": 1, "valueText": "no json"}
--@input: s {"key": 1, "value": {"V": true}}
--@input: s {"key": 1, "value": [1]}
--@input: s {"key": 1, "value": {"V": 4}}
ASSERT VALUES o (v) VALUES (4);
--@end: O
--@log: Failed to deserialize value from topic: s.

--@test: a key that is none is skipped
CREATE STREAM s (id INT KEY, v INT, d DOUBLE, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v, d, a FROM s;
--@input: s {"keyText": "abc", "value": {"V": 3}}
--@input: s {"key": 1, "value": {"V": 4}}
ASSERT VALUES o (v) VALUES (4);
--@end: O

--@test: an unwrapped value
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON', wrap_single_value=false);
CREATE STREAM o AS SELECT id, v + 1 AS w FROM s;
CREATE STREAM p WITH (wrap_single_value=false) AS SELECT id, v FROM s;
--@input: s {"key": 1, "value": 4}
--@output: O {"key": 1, "value": {"W": 5}}
--@output: P {"key": 1, "value": 4}

--@test: keys in JSON: one column is bare, several are an object
CREATE STREAM s (k STRING KEY, v INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM o AS SELECT k, v FROM s;
CREATE STREAM p AS SELECT k, v, 1 AS x FROM s PARTITION BY k, v;
--@input: s {"key": "a", "value": {"V": 4}}
--@output: O {"key": "a", "value": {"V": 4}}
--@output: P {"key": {"K": "a", "V": 4}, "value": {"X": 1}}

--@test: WRAP_SINGLE_VALUE wants one column
--@expected.message: 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (a INT, b INT) WITH (kafka_topic='r', value_format='JSON', wrap_single_value=false);

--@test: keys of maps must be texts
--@expected.message: JSON only supports MAP types with STRING keys
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (a MAP<INT, INT>) WITH (kafka_topic='r', value_format='JSON');

--@test: NaN and Infinity
CREATE STREAM s (id INT KEY, d DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, 0 / d AS x, 1 / d AS y FROM s;
INSERT INTO s (id, d) VALUES (1, 0.0);
--@output: O {"value": {"X": "NaN", "Y": "Infinity"}}
