-- Which overload is called, and what happens when none is.

--@test: an unknown function
--@expected.message: Can't find any functions with the name 'NOPE'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, nope(v) AS x FROM s;

--@test: a table function is no scalar one
--@expected.message: Can't find any functions with the name 'EXPLODE'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id FROM s WHERE EXPLODE(ARRAY[v]) = 1;

--@test: no overload fits
--@expected.message: Function 'substring' does not accept parameters (STRING, BIGINT).
--@expected.message: Valid alternatives are:
--@expected.message: SUBSTRING(VARCHAR str, INT pos, INT length)
--@expected.message: For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SUBSTRING('x', CAST(v AS BIGINT)) AS x FROM s;

--@test: ABS of a text
--@expected.message: does not accept parameters (STRING).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ABS('1') AS x FROM s;

--@test: NULL fits all overloads of LEN
--@expected.message: cannot be resolved due to ambiguous method parameters (null).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LEN(NULL) AS x FROM s;

--@test: one overload: NULL resolves it
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, UCASE(NULL) AS x FROM s;
ASSERT STREAM o (id INT KEY, x STRING);
INSERT INTO s (id, v) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, NULL);

--@test: names of functions are folded, even quoted
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, "abs"(v) AS x1, `Abs`(v) AS x2, aBs(v) AS x3 FROM s;
INSERT INTO s (id, v) VALUES (1, -1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 1, 1, 1);

--@test: a failing inner call is NULL for the outer one
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(ABS(v + 1), 0) AS x1, COALESCE(v + 1, 0) AS x2 FROM s;
INSERT INTO s (id, v) VALUES (1, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (1, 0, NULL);
INSERT INTO s (id, v) VALUES (2, 1);
ASSERT VALUES o (id, x1, x2) VALUES (2, 2, 2);

--@test: an interval unit fits all, as NULL does
--@expected.message: cannot be resolved due to ambiguous method parameters (null).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ABS(DAYS) AS x FROM s;
