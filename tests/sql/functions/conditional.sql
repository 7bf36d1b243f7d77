-- COALESCE, IFNULL, NULLIF, AS_VALUE.

--@test: COALESCE, IFNULL, NULLIF
CREATE STREAM s (id INT KEY, a INT, b INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE(a, b) AS x1, IFNULL(a, 9) AS x2, NULLIF(a, b) AS x3 FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 INT, x3 INT);
INSERT INTO s (id, a, b) VALUES (1, 1, 2);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 1, 1, 1);
INSERT INTO s (id, a, b) VALUES (2, NULL, 2);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 2, 9, NULL);
INSERT INTO s (id, a, b) VALUES (3, 2, 2);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, 2, 2, NULL);
INSERT INTO s (id, a, b) VALUES (4, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, NULL, 9, NULL);

--@test: NULLIF compares arrays deeply
CREATE STREAM s (id INT KEY, a ARRAY<INT>, b ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, NULLIF(a, b) AS x FROM s;
INSERT INTO s (id, a, b) VALUES (1, ARRAY[1, 2], ARRAY[1, 2]);
ASSERT VALUES o (id, x) VALUES (1, NULL);
INSERT INTO s (id, a, b) VALUES (2, ARRAY[1], ARRAY[2]);
ASSERT VALUES o (id, x) VALUES (2, ARRAY[1]);

--@test: COALESCE needs an argument
--@expected.message: Function 'COALESCE' does not accept parameters ()
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, COALESCE() AS x FROM s;

--@test: IFNULL takes one type
--@expected.message: does not accept parameters (BIGINT, INTEGER)
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, IFNULL(CAST(v AS BIGINT), 10) AS x FROM s;

--@test: AS_VALUE copies a key
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, AS_VALUE(id) AS copy FROM s;
ASSERT STREAM o (id INT KEY, copy INT);
INSERT INTO s (id, v) VALUES (3, 1);
ASSERT VALUES o (id, copy) VALUES (3, 3);
