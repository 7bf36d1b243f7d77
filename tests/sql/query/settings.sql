-- Settings that a session can change.

--@test: ksql.nested.error.set.null: a failing part makes all of it NULL
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY[v, 10 / v] AS a FROM s;
SET 'ksql.nested.error.set.null' = 'false';
CREATE STREAM p AS SELECT id, ARRAY[v, 10 / v] AS a FROM s;
INSERT INTO s (id, v) VALUES (1, 0);
ASSERT VALUES o (a) VALUES (ARRAY[0, NULL]);
ASSERT VALUES p (a) VALUES (NULL);

--@test: ksql.nested.error.set.null: a failing element of a cast makes all of it NULL
CREATE STREAM s (id INT KEY, v ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(v AS ARRAY<INT>) AS a FROM s;
SET 'ksql.nested.error.set.null' = 'false';
CREATE STREAM p AS SELECT id, CAST(v AS ARRAY<INT>) AS a FROM s;
INSERT INTO s (id, v) VALUES (1, ARRAY['7', NULL, 'x']);
INSERT INTO s (id, v) VALUES (2, ARRAY['7', NULL]);
ASSERT VALUES o (id, a) VALUES (1, ARRAY[7, NULL, NULL]);
ASSERT VALUES p (id, a) VALUES (1, NULL);
ASSERT VALUES p (id, a) VALUES (2, ARRAY[7, NULL]);

--@test: ksql.cast.strings.preserve.nulls: NULL as the text null
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
SET 'ksql.cast.strings.preserve.nulls' = 'false';
CREATE STREAM o AS SELECT id, CAST(v AS STRING) AS a FROM s;
INSERT INTO s (id) VALUES (1);
ASSERT VALUES o (a) VALUES ('null');

--@test: ksql.persistence.wrap.single.values
SET 'ksql.persistence.wrap.single.values' = 'false';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
INSERT INTO s (id, v) VALUES (1, 5);
--@output: s {"key": 1, "value": 5}
--@output: O {"key": 1, "value": 5}

--@test: default formats
SET 'ksql.persistence.default.format.key' = 'JSON';
SET 'ksql.persistence.default.format.value' = 'DELIMITED';
CREATE STREAM s (id STRING KEY, v INT) WITH (kafka_topic='s');
ASSERT STREAM s WITH (key_format='JSON', value_format='DELIMITED');
INSERT INTO s VALUES ('a', 1);
--@output: s {"key": "a", "value": "1"}

--@test: ksql.output.topic.name.prefix
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
SET 'ksql.output.topic.name.prefix' = 'out_';
CREATE STREAM o AS SELECT id, v FROM s;
ASSERT STREAM o WITH (kafka_topic='out_O');

--@test: ksql.source.table.materialization.enabled
--@setting: ksql.source.table.materialization.enabled=false
--@expected.message: Cannot execute command because source table materialization is disabled.
CREATE SOURCE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');

--@test: a consumer's setting is the query's
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 5);
SET 'ksql.streams.consumer.auto.offset.reset' = 'earliest';
CREATE STREAM o AS SELECT id, v FROM s;
ASSERT VALUES o (id, v) VALUES (1, 5);

--@test: ALTER SYSTEM gives what sessions do not
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
ALTER SYSTEM 'ksql.output.topic.name.prefix' = 'all_';
CREATE STREAM o AS SELECT id, v FROM s;
SET 'ksql.output.topic.name.prefix' = 'mine_';
CREATE STREAM p AS SELECT id, v FROM s;
UNSET 'ksql.output.topic.name.prefix';
CREATE STREAM q AS SELECT id, v FROM s;
ASSERT STREAM o WITH (kafka_topic='all_O');
ASSERT STREAM p WITH (kafka_topic='mine_P');
ASSERT STREAM q WITH (kafka_topic='all_Q');

--@test: ALTER SYSTEM beats the server
--@setting: ksql.output.topic.name.prefix=server_
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
ALTER SYSTEM 'ksql.output.topic.name.prefix' = 'all_';
CREATE STREAM p AS SELECT id, v FROM s;
ASSERT STREAM o WITH (kafka_topic='server_O');
ASSERT STREAM p WITH (kafka_topic='all_P');

--@test: ALTER SYSTEM of what is read at the start
--@expected.message: Failed to set ksql.max.push.queries to 5. Caused by: It cannot be changed while the server runs.
ALTER SYSTEM 'ksql.max.push.queries' = '5';

--@test: a value below the range
--@expected.message: Invalid value -1 for configuration ksql.assert.topic.default.timeout.ms: Value must be at least 0
SET 'ksql.assert.topic.default.timeout.ms' = '-1';

--@test: ksql.timestamp.throw.on.invalid is the server's too
--@setting: ksql.timestamp.throw.on.invalid=true
--@expected.message: query CSAS_O_0 cannot go on
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='t', timestamp_format='yyyy-MM-dd');
CREATE STREAM o AS SELECT id, t FROM s;
INSERT INTO s (id, t) VALUES (1, 'never');
