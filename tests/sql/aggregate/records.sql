-- The same by records as JSON, in and out.

--@test: counts and sums by key, every update is seen
CREATE STREAM S (ID STRING KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE T AS SELECT ID, COUNT(*) AS N, SUM(V) AS TOTAL FROM S GROUP BY ID;
--@input: s {"key": "a", "value": {"V": 1}}
--@input: s {"key": "b", "value": {"V": 5}}
--@input: s {"key": "a", "value": {"V": 2}}
--@output: T {"key": "a", "value": {"N": 1, "TOTAL": 1}}
--@output: T {"key": "b", "value": {"N": 1, "TOTAL": 5}}
--@output: T {"key": "a", "value": {"N": 2, "TOTAL": 3}}
--@end: T

--@test: a table's aggregate takes back what a row no longer is
CREATE TABLE U (ID INT PRIMARY KEY, CITY STRING) WITH (kafka_topic='u', value_format='JSON');
CREATE TABLE T AS SELECT CITY, COUNT(*) AS N FROM U GROUP BY CITY;
--@input: u {"key": 1, "value": {"CITY": "rome"}}
--@input: u {"key": 2, "value": {"CITY": "rome"}}
--@input: u {"key": 1, "value": {"CITY": "oslo"}}
--@input: u {"key": 2, "value": null}
--@output: T {"key": "rome", "value": {"N": 1}}
--@output: T {"key": "rome", "value": {"N": 2}}
--@output: T {"key": "rome", "value": {"N": 1}}
--@output: T {"key": "oslo", "value": {"N": 1}}
--@output: T {"key": "rome", "value": {"N": 0}}
--@end: T

--@test: HAVING turns a row that leaves into a tombstone
CREATE TABLE U (ID INT PRIMARY KEY, CITY STRING) WITH (kafka_topic='u', value_format='JSON');
CREATE TABLE T AS SELECT CITY, COUNT(*) AS N FROM U GROUP BY CITY HAVING COUNT(*) > 1;
--@input: u {"key": 1, "value": {"CITY": "rome"}}
--@input: u {"key": 2, "value": {"CITY": "rome"}}
--@input: u {"key": 2, "value": null}
--@output: T {"key": "rome", "value": {"N": 2}}
--@output: T {"key": "rome", "value": null}
--@end: T

--@test: tumbling windows and a late row
CREATE STREAM S (ID STRING KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE T AS SELECT ID, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS) GROUP BY ID;
--@input: s {"key": "a", "value": {"V": 1}, "timestamp": 3}
--@input: s {"key": "a", "value": {"V": 1}, "timestamp": 14}
--@input: s {"key": "a", "value": {"V": 1}, "timestamp": 9}
--@input: s {"key": "a", "value": {"V": 1}, "timestamp": 25}
--@input: s {"key": "a", "value": {"V": 1}, "timestamp": 5}
--@output: T {"key": "a", "value": {"N": 1}, "window": {"start": 0, "end": 10, "type": "time"}}
--@output: T {"key": "a", "value": {"N": 1}, "window": {"start": 10, "end": 20, "type": "time"}}
--@output: T {"key": "a", "value": {"N": 2}, "window": {"start": 0, "end": 10, "type": "time"}}
--@output: T {"key": "a", "value": {"N": 1}, "window": {"start": 20, "end": 30, "type": "time"}}
--@end: T

--@test: a row falls into every hopping window that holds it
CREATE STREAM S (ID STRING KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE T AS SELECT ID, SUM(V) AS N FROM S WINDOW HOPPING (SIZE 10 MILLISECONDS, ADVANCE BY 5 MILLISECONDS) GROUP BY ID;
--@input: s {"key": "a", "value": {"V": 2}, "timestamp": 12}
--@output: T {"key": "a", "value": {"N": 2}, "window": {"start": 5, "end": 15, "type": "time"}}
--@output: T {"key": "a", "value": {"N": 2}, "window": {"start": 10, "end": 20, "type": "time"}}
--@end: T

--@test: sessions merge
CREATE STREAM S (ID STRING KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE T AS SELECT ID, COUNT(*) AS N FROM S WINDOW SESSION (10 MILLISECONDS) GROUP BY ID;
--@input: s {"key": "a", "value": {"V": 1}, "timestamp": 0}
--@input: s {"key": "a", "value": {"V": 1}, "timestamp": 15}
--@input: s {"key": "a", "value": {"V": 1}, "timestamp": 8}
--@output: T {"key": "a", "value": {"N": 1}, "window": {"start": 0, "end": 0, "type": "session"}}
--@output: T {"key": "a", "value": {"N": 1}, "window": {"start": 15, "end": 15, "type": "session"}}
--@output: T {"key": "a", "value": null, "window": {"start": 0, "end": 0, "type": "session"}}
--@output: T {"key": "a", "value": null, "window": {"start": 15, "end": 15, "type": "session"}}
--@output: T {"key": "a", "value": {"N": 3}, "window": {"start": 0, "end": 15, "type": "session"}}
--@end: T

--@test: an aggregate needs GROUP BY
--@expected.message: does not support aggregate function [COUNT(ROWTIME)] without a GROUP BY clause.
CREATE STREAM S (ID STRING KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE T AS SELECT COUNT(*) AS N FROM S;

--@test: an unknown function beside GROUP BY
--@expected.message: Can't find any functions with the name 'NOPE'
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE O AS SELECT ID, NOPE(V) FROM S GROUP BY ID;

--@test: aggregates that cannot be undone are named in the order of the query
--@expected.message: The aggregation functions MIN, LATEST_BY_OFFSET and collect_set cannot be applied to a table source, only to a stream source.
CREATE TABLE T (ID INT PRIMARY KEY, V INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE O AS SELECT V, MIN(ID), LATEST_BY_OFFSET(ID), COLLECT_SET(ID), MIN(ID) AS M FROM T GROUP BY V;

--@test: a long average prints Java's digits
CREATE STREAM S (ID INT KEY, V BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE O AS SELECT ID, AVG(V) AS A FROM S GROUP BY ID;
--@input: s {"key": 1, "value": {"V": 4611686018427387904}}
--@output: O {"value": {"A": 4.6116860184273879E18}}
