-- Regular expressions: Java's dialect.

--@test: REGEXP_EXTRACT
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    REGEXP_EXTRACT('(b+)(c)?', a) AS x1,
    REGEXP_EXTRACT('(b+)(c)?', a, 1) AS x2,
    REGEXP_EXTRACT('(b+)(c)?', a, 2) AS x3,
    REGEXP_EXTRACT('(b+)', a, 2) AS x4
FROM s;
INSERT INTO s (id, a) VALUES (1, 'abbcd');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 'bbc', 'bb', 'c', NULL);
INSERT INTO s (id, a) VALUES (2, 'ab');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, 'b', 'b', NULL, NULL);
INSERT INTO s (id, a) VALUES (3, 'x');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, NULL, NULL, NULL, NULL);
INSERT INTO s (id, a) VALUES (4, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, NULL, NULL, NULL, NULL);

--@test: REGEXP_EXTRACT_ALL
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    REGEXP_EXTRACT_ALL('a(.)', a) AS x1,
    REGEXP_EXTRACT_ALL('a(.)', a, 1) AS x2,
    CAST(REGEXP_EXTRACT_ALL('z', a) AS STRING) AS x3,
    REGEXP_EXTRACT_ALL('a', a, 3) AS x4
FROM s;
INSERT INTO s (id, a) VALUES (1, 'axay');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, ARRAY['ax', 'ay'], ARRAY['x', 'y'], '[]', NULL);
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, NULL, NULL, NULL, NULL);

--@test: REGEXP_REPLACE
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_REPLACE(a, 'a*', 'x') AS x1, REGEXP_REPLACE(a, '(b)(c)?', '[$1]') AS x2 FROM s;
INSERT INTO s (id, a) VALUES (1, 'baaac');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'xbxxcx', '[b]aaac');
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);

--@test: REGEXP_SPLIT_TO_ARRAY
CREATE STREAM s (id INT KEY, a STRING, r STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_SPLIT_TO_ARRAY(a, r) AS x FROM s;
INSERT INTO s (id, a, r) VALUES (1, 'aabcda', '(ab|cd)');
ASSERT VALUES o (id, x) VALUES (1, ARRAY['a', '', 'a']);
INSERT INTO s (id, a, r) VALUES (2, 'abc', '');
ASSERT VALUES o (id, x) VALUES (2, ARRAY['a', 'b', 'c']);
INSERT INTO s (id, a, r) VALUES (3, 'abc', 'z');
ASSERT VALUES o (id, x) VALUES (3, ARRAY['abc']);
INSERT INTO s (id, a, r) VALUES (4, NULL, 'a');
ASSERT VALUES o (id, x) VALUES (4, NULL);
INSERT INTO s (id, a, r) VALUES (5, 'a', NULL);
ASSERT VALUES o (id, x) VALUES (5, NULL);

--@test: a bad pattern
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REGEXP_REPLACE(a, '(', 'x') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (x) VALUES (NULL);
--@log: Invalid regular expression pattern: (
