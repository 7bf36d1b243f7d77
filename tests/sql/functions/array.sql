-- Functions of arrays.

--@test: ARRAY_CONCAT, ARRAY_UNION, ARRAY_EXCEPT, ARRAY_INTERSECT
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    ARRAY_CONCAT(a, b) AS x1,
    ARRAY_UNION(a, b) AS x2,
    ARRAY_EXCEPT(a, b) AS x3,
    ARRAY_INTERSECT(a, b) AS x4
FROM s;
ASSERT STREAM o (id INT KEY, x1 ARRAY<INT>, x2 ARRAY<INT>, x3 ARRAY<INT>, x4 ARRAY<INT>);
INSERT INTO s (id, a, b) VALUES (1, ARRAY[3, 1, 3, NULL], ARRAY[1, 2]);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, ARRAY[3, 1, 3, NULL, 1, 2], ARRAY[3, 1, NULL, 2], ARRAY[3, NULL], ARRAY[1]);
INSERT INTO s (id, a, b) VALUES (2, ARRAY[1], NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, ARRAY[1], NULL, NULL, NULL);
INSERT INTO s (id, a, b) VALUES (3, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, NULL, NULL, NULL, NULL);

--@test: ARRAY_CONTAINS
CREATE STREAM s (id INT KEY, a ARRAY<INT>, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_CONTAINS(a, v) AS x FROM s;
INSERT INTO s (id, a, v) VALUES (1, ARRAY[1, 2], 2);
ASSERT VALUES o (id, x) VALUES (1, true);
INSERT INTO s (id, a, v) VALUES (2, ARRAY[1, 2], 3);
ASSERT VALUES o (id, x) VALUES (2, false);
INSERT INTO s (id, a, v) VALUES (3, ARRAY[1, NULL], NULL);
ASSERT VALUES o (id, x) VALUES (3, true);
INSERT INTO s (id, a, v) VALUES (4, ARRAY[1], NULL);
ASSERT VALUES o (id, x) VALUES (4, false);
INSERT INTO s (id, a, v) VALUES (5, NULL, 1);
ASSERT VALUES o (id, x) VALUES (5, false);

--@test: ARRAY_DISTINCT
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_DISTINCT(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[2, 1, NULL, 2, NULL]);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[2, 1, NULL]);
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: ARRAY_JOIN
CREATE STREAM s (id INT KEY, a ARRAY<INT>, d STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_JOIN(a) AS x1, ARRAY_JOIN(a, d) AS x2 FROM s;
INSERT INTO s (id, a, d) VALUES (1, ARRAY[1, NULL, 3], '; ');
ASSERT VALUES o (id, x1, x2) VALUES (1, '1,null,3', '1; null; 3');
INSERT INTO s (id, a, d) VALUES (2, ARRAY[1, 2], NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, '1,2', '12');
INSERT INTO s (id, a, d) VALUES (3, NULL, ',');
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: ARRAY_LENGTH
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_LENGTH(a) AS x FROM s;
ASSERT STREAM o (id INT KEY, x INT);
INSERT INTO s (id, a) VALUES (1, ARRAY[1, NULL]);
ASSERT VALUES o (id, x) VALUES (1, 2);
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x) VALUES (2, NULL);

--@test: ARRAY_MAX and ARRAY_MIN
CREATE STREAM s (id INT KEY, a ARRAY<STRING>, b ARRAY<DOUBLE>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_MAX(a) AS x1, ARRAY_MIN(a) AS x2, ARRAY_MAX(b) AS x3, ARRAY_MIN(b) AS x4 FROM s;
INSERT INTO s (id, a, b) VALUES (1, ARRAY['b', NULL, 'a'], ARRAY[1.5, -2.0]);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 'b', 'a', 1.5, -2.0);
INSERT INTO s (id, a, b) VALUES (2, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, NULL, NULL, NULL, NULL);

--@test: ARRAY_MAX of arrays is NULL
CREATE STREAM s (id INT KEY, a ARRAY<ARRAY<INT>>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_MAX(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY[ARRAY[1], ARRAY[2]]);
ASSERT VALUES o (id, x) VALUES (1, NULL);

--@test: ARRAY_REMOVE
CREATE STREAM s (id INT KEY, a ARRAY<INT>, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_REMOVE(a, v) AS x FROM s;
INSERT INTO s (id, a, v) VALUES (1, ARRAY[1, 2, 1], 1);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[2]);
INSERT INTO s (id, a, v) VALUES (2, ARRAY[1, NULL], NULL);
ASSERT VALUES o (id, x) VALUES (2, ARRAY[1]);
INSERT INTO s (id, a, v) VALUES (3, NULL, 1);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: ARRAY_SORT
CREATE STREAM s (id INT KEY, a ARRAY<INT>, d STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_SORT(a, d) AS x FROM s;
INSERT INTO s (id, a, d) VALUES (1, ARRAY[2, NULL, 3, 1], 'asc');
ASSERT VALUES o (id, x) VALUES (1, ARRAY[1, 2, 3, NULL]);
INSERT INTO s (id, a, d) VALUES (2, ARRAY[2, NULL, 3, 1], 'DESCENDING');
ASSERT VALUES o (id, x) VALUES (2, ARRAY[3, 2, 1, NULL]);
INSERT INTO s (id, a, d) VALUES (3, ARRAY[2, 1], 'up');
ASSERT VALUES o (id, x) VALUES (3, NULL);
INSERT INTO s (id, a, d) VALUES (4, ARRAY[2, 1], NULL);
ASSERT VALUES o (id, x) VALUES (4, NULL);
INSERT INTO s (id, a, d) VALUES (5, NULL, 'ASC');
ASSERT VALUES o (id, x) VALUES (5, NULL);

--@test: ARRAY_SORT goes up unless told
CREATE STREAM s (id INT KEY, a ARRAY<STRING>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ARRAY_SORT(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, ARRAY['b', 'B', 'a']);
ASSERT VALUES o (id, x) VALUES (1, ARRAY['B', 'a', 'b']);

--@test: GENERATE_SERIES
CREATE STREAM s (id INT KEY, f INT, t INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    GENERATE_SERIES(f, t) AS x1,
    GENERATE_SERIES(f, t, 2) AS x2,
    GENERATE_SERIES(f, t, 0) AS x3
FROM s;
ASSERT STREAM o (id INT KEY, x1 ARRAY<INT>, x2 ARRAY<INT>, x3 ARRAY<INT>);
INSERT INTO s (id, f, t) VALUES (1, 1, 3);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, ARRAY[1, 2, 3], ARRAY[1, 3], NULL);
INSERT INTO s (id, f, t) VALUES (2, 3, 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, ARRAY[3, 2, 1], NULL, NULL);
INSERT INTO s (id, f, t) VALUES (3, -2, 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, ARRAY[-2, -1, 0, 1], ARRAY[-2, 0], NULL);
INSERT INTO s (id, f, t) VALUES (4, 5, 5);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, ARRAY[5], ARRAY[5], NULL);
INSERT INTO s (id, f, t) VALUES (5, NULL, 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (5, NULL, NULL, NULL);

--@test: GENERATE_SERIES of INTEGER and BIGINT
CREATE STREAM s (id INT KEY, f INT, t BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GENERATE_SERIES(f, t) AS x FROM s;
ASSERT STREAM o (id INT KEY, x ARRAY<BIGINT>);
INSERT INTO s (id, f, t) VALUES (1, 1, 2);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[1, 2]);

--@test: SLICE
CREATE STREAM s (id INT KEY, a ARRAY<INT>, f INT, t INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SLICE(a, f, t) AS x FROM s;
INSERT INTO s (id, a, f, t) VALUES (1, ARRAY[1, 2, 3], 2, 3);
ASSERT VALUES o (id, x) VALUES (1, ARRAY[2, 3]);
INSERT INTO s (id, a, f, t) VALUES (2, ARRAY[1, 2, 3], NULL, 2);
ASSERT VALUES o (id, x) VALUES (2, ARRAY[1, 2]);
INSERT INTO s (id, a, f, t) VALUES (3, ARRAY[1, 2, 3], 3, NULL);
ASSERT VALUES o (id, x) VALUES (3, ARRAY[3]);
INSERT INTO s (id, a, f, t) VALUES (4, ARRAY[1, 2, 3], 0, 2);
ASSERT VALUES o (id, x) VALUES (4, NULL);
INSERT INTO s (id, a, f, t) VALUES (5, ARRAY[1, 2, 3], 1, 4);
ASSERT VALUES o (id, x) VALUES (5, NULL);
INSERT INTO s (id, a, f, t) VALUES (6, ARRAY[1, 2, 3], 3, 1);
ASSERT VALUES o (id, x) VALUES (6, NULL);
INSERT INTO s (id, a, f, t) VALUES (7, NULL, 1, 1);
ASSERT VALUES o (id, x) VALUES (7, NULL);
