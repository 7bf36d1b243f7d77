-- Constructors, subscripts, fields.

--@test: ARRAY elements get a common type
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    ARRAY[1, 2.5, 3E0] AS x1,
    ARRAY[1, '2'] AS x2,
    ARRAY['1', 2] AS x3,
    ARRAY[v, NULL] AS x4
FROM s;
ASSERT STREAM o (id INT KEY, x1 ARRAY<DOUBLE>, x2 ARRAY<INT>, x3 ARRAY<STRING>, x4 ARRAY<INT>);
INSERT INTO s (id, v) VALUES (1, 7);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, ARRAY[1.0, 2.5, 3.0], ARRAY[1, 2], ARRAY['1', '2'], ARRAY[7, NULL]);

--@test: MAP and STRUCT
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MAP('a' := v, 'b' := 2.5) AS x1, STRUCT(f := v, g := STRUCT(h := 'x')) AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 MAP<STRING, DECIMAL(11, 1)>, x2 STRUCT<F INT, G STRUCT<H STRING>>);
INSERT INTO s (id, v) VALUES (1, 7);
ASSERT VALUES o (id, x1, x2) VALUES (1, MAP('a' := 7.0, 'b' := 2.5), STRUCT(f := 7, g := STRUCT(h := 'x')));

--@test: subscripts count from 1, and from the end
CREATE STREAM s (id INT KEY, a ARRAY<STRING>, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, a[i] AS x FROM s;
INSERT INTO s (id, a, i) VALUES (1, ARRAY['a', 'b'], 1);
ASSERT VALUES o (id, x) VALUES (1, 'a');
INSERT INTO s (id, a, i) VALUES (2, ARRAY['a', 'b'], -1);
ASSERT VALUES o (id, x) VALUES (2, 'b');
INSERT INTO s (id, a, i) VALUES (3, ARRAY['a', 'b'], 0);
ASSERT VALUES o (id, x) VALUES (3, NULL);
INSERT INTO s (id, a, i) VALUES (4, ARRAY['a', 'b'], 3);
ASSERT VALUES o (id, x) VALUES (4, NULL);
INSERT INTO s (id, a, i) VALUES (5, ARRAY['a', 'b'], -3);
ASSERT VALUES o (id, x) VALUES (5, NULL);
INSERT INTO s (id, a, i) VALUES (6, NULL, 1);
ASSERT VALUES o (id, x) VALUES (6, NULL);
INSERT INTO s (id, a, i) VALUES (7, ARRAY['a'], NULL);
ASSERT VALUES o (id, x) VALUES (7, NULL);

--@test: values of a map
CREATE STREAM s (id INT KEY, m MAP<STRING, INT>, k STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, m[k] AS x FROM s;
INSERT INTO s (id, m, k) VALUES (1, MAP('a' := 1), 'a');
ASSERT VALUES o (id, x) VALUES (1, 1);
INSERT INTO s (id, m, k) VALUES (2, MAP('a' := 1), 'A');
ASSERT VALUES o (id, x) VALUES (2, NULL);
INSERT INTO s (id, m, k) VALUES (3, NULL, 'a');
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: fields of a struct, chained
CREATE STREAM s (id INT KEY, s STRUCT<A ARRAY<STRUCT<B INT>>, "c" INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, s->a[1]->b AS x1, s->"c" AS x2 FROM s;
INSERT INTO s (id, s) VALUES (1, STRUCT(a := ARRAY[STRUCT(b := 5)], `c` := 6));
ASSERT VALUES o (id, x1, x2) VALUES (1, 5, 6);
INSERT INTO s (id, s) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);

--@test: all fields of a struct
CREATE STREAM s (id INT KEY, p STRUCT<A INT, B STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, p->* FROM s;
ASSERT STREAM o (id INT KEY, a INT, b STRING);
INSERT INTO s (id, p) VALUES (1, STRUCT(a := 2, b := 'x'));
ASSERT VALUES o (a, b) VALUES (2, 'x');

--@test: a failing element is NULL, the others are not
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY[v, 10 / v] AS a, STRUCT(p := 10 / v, q := v) AS t FROM s;
INSERT INTO s (id, v) VALUES (1, 0);
ASSERT VALUES o (a, t) VALUES (ARRAY[0, NULL], STRUCT(p := CAST(NULL AS INT), q := 0));

--@test: an empty ARRAY
--@expected.message: Array constructor cannot be empty. Please supply at least one element
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY[] AS x FROM s;

--@test: an ARRAY of NULL
--@expected.message: Cannot construct an array with all NULL elements
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY[NULL] AS x FROM s;

--@test: an empty MAP
--@expected.message: Map constructor cannot be empty. Please supply at least one key value pair
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MAP() AS x FROM s;

--@test: a MAP of NULL
--@expected.message: Cannot construct a map with all NULL values
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MAP('a' := NULL) AS x FROM s;

--@test: an unknown field
--@expected.message: Could not find field 'NOPE' in 'P'.
CREATE STREAM s (id INT KEY, p STRUCT<A INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, p->nope AS x FROM s;

--@test: a field of a number
--@expected.message: Expected STRUCT type, got: INTEGER
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v->a AS x FROM s;

--@test: a subscript of a number
--@expected.message: Subscript expression (V[1]) do not apply to INTEGER.
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, v[1] AS x FROM s;

--@test: a subscript of a struct
--@expected.message: Use the dereference operator for STRUCTS
CREATE STREAM s (id INT KEY, p STRUCT<A INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, p['a'] AS x FROM s;
