-- CREATE TYPE and DROP TYPE.

--@test: a type stands for what it was when it was used
CREATE TYPE point AS STRUCT<x INT, y INT>;
CREATE STREAM s (id INT KEY, p POINT, l ARRAY<point>) WITH (kafka_topic='s', value_format='JSON');
DROP TYPE point;
ASSERT STREAM s (id INT KEY, p STRUCT<x INT, y INT>, l ARRAY<STRUCT<x INT, y INT>>);
CREATE STREAM o AS SELECT id, p->x AS x FROM s;
INSERT INTO s (id, p) VALUES (1, STRUCT(x := 4, y := 5));
ASSERT VALUES o (x) VALUES (4);

--@test: types of types
CREATE TYPE a AS INT;
CREATE TYPE b AS ARRAY<a>;
CREATE STREAM s (v b) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM s (v ARRAY<INT>);

--@test: a type twice
--@expected.message: Cannot register custom type 'A' since it is already registered with type: INTEGER
CREATE TYPE a AS INT;
CREATE TYPE a AS STRING;

--@test: CREATE TYPE IF NOT EXISTS
CREATE TYPE a AS INT;
CREATE TYPE IF NOT EXISTS a AS STRING;
CREATE STREAM s (v a) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM s (v INT);

--@test: DROP TYPE of nothing
--@expected.message: Type NOPE does not exist.
DROP TYPE nope;

--@test: DROP TYPE IF EXISTS of nothing
DROP TYPE IF EXISTS nope;
