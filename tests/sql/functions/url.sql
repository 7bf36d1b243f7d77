-- URL functions.

--@test: the parts of a URL
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    URL_EXTRACT_PROTOCOL(a) AS x1,
    URL_EXTRACT_HOST(a) AS x2,
    URL_EXTRACT_PORT(a) AS x3,
    URL_EXTRACT_PATH(a) AS x4,
    URL_EXTRACT_QUERY(a) AS x5,
    URL_EXTRACT_FRAGMENT(a) AS x6
FROM s;
INSERT INTO s (id, a) VALUES (1, 'https://u:p@Example.com:8443/a%20b/c?x=1&y=%26z&k#Frag%21');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (1, 'https', 'Example.com', 8443, '/a b/c', 'x=1&y=&z&k', 'Frag!');
INSERT INTO s (id, a) VALUES (2, 'http://h');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (2, 'http', 'h', NULL, '', NULL, NULL);
INSERT INTO s (id, a) VALUES (3, 'mailto:a@b');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (3, 'mailto', NULL, NULL, NULL, NULL, NULL);
INSERT INTO s (id, a) VALUES (4, '/p?q=');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (4, NULL, NULL, NULL, '/p', 'q=', NULL);
INSERT INTO s (id, a) VALUES (5, 'a b');
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (5, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO s (id, a) VALUES (6, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5, x6) VALUES (6, NULL, NULL, NULL, NULL, NULL, NULL);

--@test: a malformed URL
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, URL_EXTRACT_HOST(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'http://a b');
ASSERT VALUES o (x) VALUES (NULL);
--@log: URL input has invalid syntax: http://a b

--@test: URL_EXTRACT_PARAMETER
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    URL_EXTRACT_PARAMETER(a, 'x') AS x1,
    URL_EXTRACT_PARAMETER(a, 'k') AS x2,
    URL_EXTRACT_PARAMETER(a, 'X') AS x3
FROM s;
INSERT INTO s (id, a) VALUES (1, 'https://u:p@Example.com:8443/a%20b/c?x=1&y=%26z&k#Frag%21');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, '1', '', NULL);
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, NULL, NULL, NULL);

--@test: URL_ENCODE_PARAM and URL_DECODE_PARAM
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, URL_ENCODE_PARAM(a) AS x1, URL_DECODE_PARAM(b) AS x2 FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'a b~ü*', 'a+b%C3%BC');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'a+b%7E%C3%BC*', 'a bü');
INSERT INTO s (id, a, b) VALUES (2, '', '%zz');
ASSERT VALUES o (id, x1, x2) VALUES (2, '', NULL);
INSERT INTO s (id, a, b) VALUES (3, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);
