-- DEFINE and ${...}; SET and UNSET.

--@test: variables in names, literals and texts
DEFINE name = 'orders';
DEFINE n = '5';
DEFINE t = 'it''s';
CREATE STREAM ${name} (id INT KEY, v INT, a STRING) WITH (kafka_topic='${name}_topic', value_format='JSON');
INSERT INTO ${name} (id, v, a) VALUES (1, ${n}, 'so ${t}');
ASSERT VALUES orders (v, a) VALUES (5, 'so it''s');
ASSERT STREAM orders WITH (kafka_topic='orders_topic');

--@test: two dollars keep a variable as text
DEFINE n = '5';
CREATE STREAM s (a STRING) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (a) VALUES ('$${n}');
ASSERT VALUES s (a) VALUES ('$${n}');
INSERT INTO s (a) VALUES ('${n}');
ASSERT VALUES s (a) VALUES ('5');

--@test: a variable that is no name
--@expected.message: Identifier names cannot start with '@' and may only contain alphanumeric values and '_'.
DEFINE n = '1 2';
CREATE STREAM ${n} (v INT) WITH (kafka_topic='s', value_format='JSON');

--@test: names of variables keep their case
DEFINE n = '5';
DEFINE N = '6';
CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (v) VALUES (${n});
INSERT INTO s (v) VALUES (${N});
ASSERT VALUES s (v) VALUES (5);
ASSERT VALUES s (v) VALUES (6);

--@test: SET and UNSET
SET 'ksql.insert.into.values.enabled' = 'false';
UNSET 'ksql.insert.into.values.enabled';
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s (id, v) VALUES (1, 1);
