-- The same by records as JSON, in and out.

--@test: a stream row meets the table as it is now
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE U (ID INT PRIMARY KEY, NAME STRING) WITH (kafka_topic='u', value_format='JSON');
CREATE STREAM O AS SELECT S.ID AS ID, V, NAME FROM S LEFT JOIN U ON S.ID = U.ID;
--@input: s {"key": 1, "value": {"V": 1}, "timestamp": 1}
--@input: u {"key": 1, "value": {"NAME": "ann"}, "timestamp": 2}
--@input: s {"key": 1, "value": {"V": 2}, "timestamp": 3}
--@input: u {"key": 1, "value": null, "timestamp": 4}
--@input: s {"key": 1, "value": {"V": 3}, "timestamp": 5}
--@output: O {"key": 1, "value": {"V": 1, "NAME": null}, "timestamp": 1}
--@output: O {"key": 1, "value": {"V": 2, "NAME": "ann"}, "timestamp": 3}
--@output: O {"key": 1, "value": {"V": 3, "NAME": null}, "timestamp": 5}
--@end: O

--@test: two tables on their primary keys
CREATE TABLE A (ID INT PRIMARY KEY, X INT) WITH (kafka_topic='a', value_format='JSON');
CREATE TABLE B (ID INT PRIMARY KEY, Y INT) WITH (kafka_topic='b', value_format='JSON');
CREATE TABLE O AS SELECT A.ID AS ID, X, Y FROM A JOIN B ON A.ID = B.ID;
--@input: a {"key": 1, "value": {"X": 1}, "timestamp": 10}
--@input: b {"key": 1, "value": {"Y": 2}, "timestamp": 5}
--@input: a {"key": 1, "value": null, "timestamp": 20}
--@output: O {"key": 1, "value": {"X": 1, "Y": 2}, "timestamp": 10}
--@output: O {"key": 1, "value": null, "timestamp": 20}
--@end: O

--@test: streams join within a window
CREATE STREAM A (ID INT KEY, X INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM B (ID INT KEY, Y INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM O AS SELECT A.ID AS ID, X, Y FROM A JOIN B WITHIN 10 MILLISECONDS ON A.ID = B.ID;
--@input: a {"key": 1, "value": {"X": 1}, "timestamp": 0}
--@input: b {"key": 1, "value": {"Y": 2}, "timestamp": 10}
--@input: b {"key": 1, "value": {"Y": 3}, "timestamp": 11}
--@output: O {"key": 1, "value": {"X": 1, "Y": 2}, "timestamp": 10}
--@end: O

--@test: a foreign key
CREATE TABLE A (ID INT PRIMARY KEY, F INT) WITH (kafka_topic='a', value_format='JSON');
CREATE TABLE B (ID INT PRIMARY KEY, Y INT) WITH (kafka_topic='b', value_format='JSON');
CREATE TABLE O AS SELECT A.ID AS ID, Y FROM A JOIN B ON A.F = B.ID;
--@input: a {"key": 1, "value": {"F": 7}}
--@input: a {"key": 2, "value": {"F": 7}}
--@input: b {"key": 7, "value": {"Y": 5}}
--@output: O {"key": 1, "value": {"Y": 5}}
--@output: O {"key": 2, "value": {"Y": 5}}
--@end: O

--@test: a table cannot be joined to a stream
--@expected.message: Invalid join order: table-stream joins are not supported; only stream-table joins. Got U [INNER] JOIN S.
CREATE STREAM S (ID INT KEY, V INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE U (ID INT PRIMARY KEY, NAME STRING) WITH (kafka_topic='u', value_format='JSON');
CREATE STREAM O AS SELECT U.ID, V, NAME FROM U JOIN S ON S.ID = U.ID;

--@test: a row whose new key is NULL moves the time of an outer join
CREATE STREAM A (ID INT KEY, F INT, X INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM B (ID INT KEY, Y INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM O AS SELECT B.ID AS ID, X, Y FROM A RIGHT JOIN B WITHIN 10 MILLISECONDS GRACE PERIOD 5 MILLISECONDS ON A.F = B.ID;
--@input: a {"key": 1, "value": {"F": null, "X": 1}, "timestamp": 100}
--@input: b {"key": 2, "value": {"Y": 2}, "timestamp": 50}
--@output: O {"key": 2, "value": {"X": null, "Y": 2}, "timestamp": 50}

--@test: rows of one time and key wait for a match together
CREATE STREAM A (ID INT KEY, X INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM B (ID INT KEY, Y INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM O AS SELECT A.ID AS ID, X, Y FROM A LEFT JOIN B WITHIN 10 MILLISECONDS GRACE PERIOD 0 MILLISECONDS ON A.ID = B.ID;
--@input: a {"key": 1, "value": {"X": 1}, "timestamp": 5}
--@input: a {"key": 1, "value": {"X": 2}, "timestamp": 5}
--@input: a {"key": 2, "value": {"X": 3}, "timestamp": 5}
--@input: a {"key": 2, "value": {"X": 4}, "timestamp": 5}
--@input: b {"key": 1, "value": {"Y": 1}, "timestamp": 6}
--@input: a {"key": 3, "value": {"X": 5}, "timestamp": 40}
--@output: O {"key": 1, "value": {"X": 1, "Y": 1}, "timestamp": 6}
--@output: O {"key": 1, "value": {"X": 2, "Y": 1}, "timestamp": 6}
--@output: O {"key": 2, "value": {"X": 3, "Y": null}, "timestamp": 5}
--@output: O {"key": 2, "value": {"X": 4, "Y": null}, "timestamp": 5}

--@test: an expression that equals the key of an earlier join
CREATE STREAM A (ID INT KEY, X INT) WITH (kafka_topic='a', value_format='JSON');
CREATE STREAM B (ID INT KEY, Y INT) WITH (kafka_topic='b', value_format='JSON');
CREATE STREAM C (ID INT KEY, Z INT) WITH (kafka_topic='c', value_format='JSON');
CREATE STREAM O AS SELECT A.ID AS ID, X, Y, Z FROM A JOIN B WITHIN 1 SECOND ON A.ID = ABS(B.ID) JOIN C WITHIN 1 SECOND ON ABS(B.ID) = ABS(C.ID);
--@input: a {"key": 1, "value": {"X": 1}, "timestamp": 0}
--@input: b {"key": -1, "value": {"Y": 2}, "timestamp": 1}
--@input: c {"key": -1, "value": {"Z": 3}, "timestamp": 2}
--@output: O {"key": 1, "value": {"X": 1, "Y": 2, "Z": 3}, "timestamp": 2}

--@test: * over windowed sources gives their bounds as columns
CREATE STREAM A (K INT KEY, X INT) WITH (kafka_topic='a', value_format='JSON', window_type='TUMBLING', window_size='2 SECONDS');
CREATE STREAM B (K INT KEY, Y INT) WITH (kafka_topic='b', value_format='JSON', window_type='TUMBLING', window_size='2 SECONDS');
CREATE STREAM O AS SELECT * FROM A JOIN B WITHIN 1 MINUTE ON A.K = B.K;
--@input: a {"key": 1, "value": {"X": 1}, "timestamp": 0, "window": {"start": 0, "end": 2000, "type": "time"}}
--@input: b {"key": 1, "value": {"Y": 4}, "timestamp": 0, "window": {"start": 0, "end": 2000, "type": "time"}}
--@output: O {"key": 1, "value": {"A_WINDOWSTART": 0, "A_WINDOWEND": 2000, "A_X": 1, "B_K": 1, "B_WINDOWSTART": 0, "B_WINDOWEND": 2000, "B_Y": 4}}
