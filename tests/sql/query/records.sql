-- The same by records as JSON, in and out.

--@test: a filter drops rows and a projection computes new columns
CREATE STREAM S (ID INT KEY, V INT, NAME STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM O AS SELECT ID, V * 2 AS W, NAME + '!' AS N FROM S WHERE V > 1;
--@input: s {"key": 1, "value": {"V": 1, "NAME": "a"}}
--@input: s {"key": 2, "value": {"V": 2, "NAME": "b"}, "timestamp": 9}
--@output: O {"key": 2, "value": {"W": 4, "N": "b!"}, "timestamp": 9}
ASSERT STREAM O (ID INTEGER KEY, W INTEGER, N STRING);
--@end: O

--@test: comparison with NULL is false, and so is its opposite
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM O AS SELECT ID, V FROM S WHERE V <> 1;
--@input: s {"key": 1, "value": {"V": null}}
--@input: s {"key": 2, "value": {"V": 3}}
--@output: O {"key": 2, "value": {"V": 3}}
--@end: O

--@test: a failing expression is NULL and harms no other column
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM O AS SELECT ID, 10 / V AS Q, V FROM S;
--@input: s {"key": 1, "value": {"V": 0}}
--@input: s {"key": 1, "value": {"V": 5}}
--@output: O {"value": {"Q": null, "V": 0}}
--@output: O {"value": {"Q": 2, "V": 5}}
--@end: O

--@test: a record that cannot be decoded is skipped
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM O AS SELECT ID, V FROM S;
--@input: s {"key": 1, "value": "no object"}
--@input: s {"key": 2, "value": {"V": true}}
--@input: s {"key": 3, "value": {"V": 7}}
--@output: O {"key": 3, "value": {"V": 7}}
--@end: O

--@test: struct fields, array elements and map values
CREATE STREAM S (ID INT KEY, P STRUCT<X INT, L ARRAY<STRING>>, M MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM O AS SELECT ID, P->X AS X, P->L[1] AS FIRST, P->L[-1] AS LAST, M['k'] AS K FROM S;
--@input: s {"key": 1, "value": {"P": {"X": 4, "L": ["a", "b", "c"]}, "M": {"k": 8}}}
--@output: O {"value": {"X": 4, "FIRST": "a", "LAST": "c", "K": 8}}
--@end: O

--@test: decimals keep their scale
CREATE STREAM S (ID INT KEY, D DECIMAL(6, 2)) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM O AS SELECT ID, D + D AS SUM, D * 2.0 AS PROD FROM S;
--@input: s {"key": 1, "value": {"D": 10.50}}
--@output: O {"value": {"SUM": 21.00, "PROD": 21.000}}
--@end: O

--@test: an unknown column is refused
--@expected.message: SELECT column 'NOPE' cannot be resolved.
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM O AS SELECT ID, NOPE FROM S;

--@test: the key must be in the projection
--@expected.message: Key missing from projection (ie, SELECT).
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM O AS SELECT V FROM S;

--@test: the new planner's projection orders the keys and may leave them out
SET 'ksql.new.query.planner.enabled'='true';
CREATE STREAM S (A INT KEY, B INT KEY, V INT) WITH (kafka_topic='s', format='JSON');
CREATE STREAM O AS SELECT B, A, V FROM S;
CREATE STREAM N AS SELECT V FROM S;
--@input: s {"key": {"A": 1, "B": 2}, "value": {"V": 3}}
--@output: O {"key": {"B": 2, "A": 1}, "value": {"V": 3}}
--@output: N {"key": null, "value": {"V": 3}}
ASSERT STREAM O (`B` INTEGER KEY, `A` INTEGER KEY, `V` INTEGER);
ASSERT STREAM N (`V` INTEGER);

--@test: a fault behind planning quotes the analysed statement
--@expected.message: SELECT\n  S.D K,\n  COUNT(*) N\nFROM S S\nGROUP BY S.D\nEMIT CHANGES
CREATE STREAM S (ID INT KEY, D DECIMAL(2, 1)) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE O AS SELECT d AS k, COUNT(*) AS n FROM S GROUP BY d;

--@test: columns of WHERE are looked up before functions
--@expected.message: Error in WHERE expression: Unknown column WINDOWEND.
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE O AS SELECT ID, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 1 SECOND) WHERE MIN(WINDOWEND) < 5 GROUP BY ID;

--@test: a constructor that does not fit is named whole
--@expected.message: Invalid Predicate: operator does not exist: MAP<STRING, BIGINT> = MAP<STRING, BOOLEAN> (MAP('a':=B))
CREATE STREAM S (ID INT KEY, M MAP<STRING, BIGINT>, B BOOLEAN) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM O AS SELECT * FROM S WHERE M IN (M, MAP('a' := B));
