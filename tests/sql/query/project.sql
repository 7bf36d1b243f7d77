-- SELECT: names, keys, stars.

--@test: the key comes first, values in order
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT v, id, a FROM s;
ASSERT STREAM o (id INT KEY, v INT, a STRING);

--@test: an alias of the key names the key
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id AS k, v FROM s;
ASSERT STREAM o (k INT KEY, v INT);

--@test: generated names
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v + 1, a, v * 2 FROM s;
ASSERT STREAM o (id INT KEY, KSQL_COL_0 INT, a STRING, KSQL_COL_1 INT);

--@test: generated names avoid those of the source
CREATE STREAM s (id INT KEY, KSQL_COL_0 INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, KSQL_COL_0 + 1 FROM s;
ASSERT STREAM o (id INT KEY, KSQL_COL_1 INT);

--@test: names of struct fields
CREATE STREAM s (id INT KEY, f INT, p STRUCT<F INT, G INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, p->f, p->g FROM s;
ASSERT STREAM o (id INT KEY, f_1 INT, g INT);

--@test: * is key, then values
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s;
ASSERT STREAM o (id INT KEY, a STRING, v INT);

--@test: * with more
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT *, v + 1 AS w FROM s;
ASSERT STREAM o (id INT KEY, a STRING, v INT, w INT);

--@test: null values stay null
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v + 1 AS w FROM s;
--@input: s {"key": 1, "value": null}
--@output: O {"key": 1, "value": null}

--@test: null keys stay null
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v FROM s;
--@input: s {"key": null, "value": {"V": 1}}
ASSERT VALUES o (id, v) VALUES (NULL, 1);

--@test: a table forwards every change
CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE o AS SELECT id, v FROM t;
INSERT INTO t (id, v) VALUES (1, 1);
INSERT INTO t (id, v) VALUES (1, 1);
--@input: t {"key": 2, "value": null}
--@input: t {"key": null, "value": {"V": 1}}
ASSERT VALUES o (id, v) VALUES (1, 1);
ASSERT VALUES o (id, v) VALUES (1, 1);
ASSERT NULL VALUES o (id) KEY (2);
--@end: O

--@test: queries in a chain
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM p AS SELECT id, v + 1 AS v FROM s;
CREATE STREAM o AS SELECT id, v * 10 AS v FROM p WHERE v > 2;
CREATE TABLE c AS SELECT id, COUNT(*) AS n FROM o GROUP BY id;
INSERT INTO s (id, v) VALUES (1, 1);
INSERT INTO s (id, v) VALUES (1, 2);
INSERT INTO s (id, v) VALUES (1, 3);
ASSERT VALUES p (v) VALUES (2);
ASSERT VALUES o (v) VALUES (30);
ASSERT VALUES o (v) VALUES (40);
ASSERT VALUES c (n) VALUES (1);
ASSERT VALUES c (n) VALUES (2);
--@end: C

--@test: times go along
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, rowtime AS t FROM s;
INSERT INTO s (rowtime, id, v) VALUES (77, 1, 1);
ASSERT VALUES o (rowtime, t) VALUES (77, 77);

--@test: refused: no key
--@expected.message: Key missing from projection (ie, SELECT). \nThe query used to build `O` must include the key column ID in its projection (eg, SELECT ID...).
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT a FROM s;

--@test: refused: the key twice
--@expected.message: The projection contains a key column (`ID`) more than once, aliased as: X and Y.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id AS x, id AS y, v FROM s;

--@test: refused: no values
--@expected.message: The projection contains no value columns.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id FROM s;

--@test: refused: a value twice
--@expected.message: Duplicate value columns found in schema: `X` 
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS x, v AS x FROM s;

--@test: refused: a value named as the key
--@expected.message: Value columns clash with key columns: `ID`
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a AS id FROM s;

--@test: refused: ROWTIME without an alias
--@expected.message: Reserved column name in select: `ROWTIME`. Please remove or alias the column.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, rowtime FROM s;

--@test: refused: an alias that is reserved
--@expected.message: `ROWOFFSET` is a reserved column name. You cannot use it as an alias for a column.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v AS rowoffset FROM s;

--@test: refused: an unknown column
--@expected.message: SELECT column 'NOPE' cannot be resolved.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, nope FROM s;

--@test: refused: an unknown source
--@expected.message: Exception while preparing statement: NOPE does not exist.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM nope;

--@test: refused: an unknown alias
--@expected.message: 'X' is not a valid stream/table name or alias.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT x.id, v FROM s;

--@test: refused: LIMIT
--@expected.message: CREATE STREAM AS SELECT statements don't support LIMIT clause.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s LIMIT 5;

--@test: refused: a table of a stream
--@expected.message: Invalid result type. Your SELECT query produces a STREAM. Please use CREATE STREAM AS SELECT statement instead.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT * FROM s;

--@test: refused: a window bound of no window
--@expected.message: SELECT column 'WINDOWSTART' cannot be resolved.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, windowstart AS w FROM s;

--@test: refused: a star of a number
--@expected.message: Column `V` is not a STRUCT type.
CREATE STREAM s (id INT KEY, a STRING, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v->* FROM s;
