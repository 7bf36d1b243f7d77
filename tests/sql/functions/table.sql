-- EXPLODE and CUBE_EXPLODE.

--@test: EXPLODE makes a row of each element
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS x FROM s;
ASSERT STREAM o (id INT KEY, x INT);
INSERT INTO s (rowtime, id, a) VALUES (7, 1, ARRAY[5, NULL, 6]);
ASSERT VALUES o (rowtime, id, x) VALUES (7, 1, 5);
ASSERT VALUES o (rowtime, id, x) VALUES (7, 1, NULL);
ASSERT VALUES o (rowtime, id, x) VALUES (7, 1, 6);
--@end: O

--@test: nothing to EXPLODE, no row
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, NULL);
--@input: s {"key": 1, "value": {"A": []}}
--@input: s {"key": 1, "value": null}
--@end: O

--@test: table functions side by side are padded
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(a) AS x, EXPLODE(b) AS y, id + 1 AS z FROM s;
INSERT INTO s (id, a, b) VALUES (1, ARRAY[5, 6], ARRAY['p']);
ASSERT VALUES o (x, y, z) VALUES (5, 'p', 2);
ASSERT VALUES o (x, y, z) VALUES (6, NULL, 2);
--@end: O

--@test: CUBE_EXPLODE
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CUBE_EXPLODE(a) AS x FROM s;
ASSERT STREAM o (id INT KEY, x ARRAY<INT>);
INSERT INTO s (id, a) VALUES (1, ARRAY[1, 2]);
--@output: O {"value": {"X": [null, null]}}
--@output: O {"value": {"X": [null, 2]}}
--@output: O {"value": {"X": [1, null]}}
--@output: O {"value": {"X": [1, 2]}}
INSERT INTO s (id, a) VALUES (2, ARRAY[1, NULL]);
--@output: O {"value": {"X": [null, null]}}
--@output: O {"value": {"X": [1, null]}}
INSERT INTO s (id) VALUES (3);
--@end: O

--@test: WHERE comes before the table function, functions stand around it
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(GENERATE_SERIES(1, id)) * 10 AS x FROM s WHERE id > 1;
INSERT INTO s (id) VALUES (1);
INSERT INTO s (id) VALUES (2);
ASSERT VALUES o (id, x) VALUES (2, 10);
ASSERT VALUES o (id, x) VALUES (2, 20);
--@end: O

--@test: table functions are not nested
--@expected.message: Table functions cannot be nested
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(EXPLODE(a)) AS x FROM s;

--@test: table functions and GROUP BY
--@expected.message: Table functions cannot be used with aggregations.
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, EXPLODE(a) AS x, COUNT(*) AS n FROM s GROUP BY id;

--@test: table functions in CASE
--@expected.message: Table functions cannot be used in CASE
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CASE WHEN id = 1 THEN EXPLODE(a) ELSE 1 END AS x FROM s;

--@test: table functions of a table
--@expected.message: Table source is not supported with table functions
CREATE TABLE t (id INT PRIMARY KEY, a ARRAY<INT>) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, EXPLODE(a) AS x FROM t;

--@test: EXPLODE of a map
--@expected.message: Function 'explode' does not accept parameters (MAP<STRING, INTEGER>).\nValid alternatives are:\nexplode(ARRAY<DECIMAL> input)\nexplode(ARRAY<T> list)
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXPLODE(MAP('a' := id)) AS x FROM s;
