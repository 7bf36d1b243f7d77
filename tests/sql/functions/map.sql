-- Functions of maps.

--@test: AS_MAP
CREATE STREAM s (id INT KEY, k ARRAY<STRING>, v ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, AS_MAP(k, v) AS x FROM s;
ASSERT STREAM o (id INT KEY, x MAP<STRING, INT>);
INSERT INTO s (id, k, v) VALUES (1, ARRAY['a', 'b'], ARRAY[1, 2, 3]);
ASSERT VALUES o (id, x) VALUES (1, MAP('a' := 1, 'b' := 2));
INSERT INTO s (id, k, v) VALUES (2, ARRAY['a', 'b', 'a'], ARRAY[1]);
ASSERT VALUES o (id, x) VALUES (2, MAP('b' := CAST(NULL AS INT), 'a' := NULL));
INSERT INTO s (id, k, v) VALUES (3, NULL, ARRAY[1]);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: ENTRIES
CREATE STREAM s (id INT KEY, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ENTRIES(m, TRUE) AS x FROM s;
ASSERT STREAM o (id INT KEY, x ARRAY<STRUCT<K STRING, V INT>>);
INSERT INTO s (id, m) VALUES (1, MAP('b' := 2, 'a' := 1));
ASSERT VALUES o (id, x) VALUES (1, ARRAY[STRUCT(k := 'a', v := 1), STRUCT(k := 'b', v := 2)]);
INSERT INTO s (id, m) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: MAP_KEYS and MAP_VALUES
CREATE STREAM s (id INT KEY, m MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_SORT(MAP_KEYS(m)) AS x1, ARRAY_SORT(MAP_VALUES(m)) AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 ARRAY<STRING>, x2 ARRAY<INT>);
INSERT INTO s (id, m) VALUES (1, MAP('b' := 1, 'a' := 2));
ASSERT VALUES o (id, x1, x2) VALUES (1, ARRAY['a', 'b'], ARRAY[1, 2]);
INSERT INTO s (id, m) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);

--@test: MAP_UNION
CREATE STREAM s (id INT KEY, a MAP<STRING, INT>, b MAP<STRING, INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MAP_UNION(a, b) AS x FROM s;
INSERT INTO s (id, a, b) VALUES (1, MAP('a' := 1, 'b' := 2), MAP('b' := 3));
ASSERT VALUES o (id, x) VALUES (1, MAP('a' := 1, 'b' := 3));
INSERT INTO s (id, a, b) VALUES (2, MAP('a' := 1), NULL);
ASSERT VALUES o (id, x) VALUES (2, MAP('a' := 1));
INSERT INTO s (id, a, b) VALUES (3, NULL, MAP('a' := 1));
ASSERT VALUES o (id, x) VALUES (3, MAP('a' := 1));
INSERT INTO s (id, a, b) VALUES (4, NULL, NULL);
ASSERT VALUES o (id, x) VALUES (4, NULL);

--@test: keys of a map must be texts
--@expected.message: Function 'map_keys' does not accept parameters (MAP<INTEGER, INTEGER>).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MAP_KEYS(MAP(v := v)) AS x FROM s;
