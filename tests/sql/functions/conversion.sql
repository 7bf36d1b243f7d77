-- Numbers from bytes; distances.

--@test: INT_FROM_BYTES, BIGINT_FROM_BYTES, DOUBLE_FROM_BYTES
CREATE STREAM s (id INT KEY, a BYTES, b BYTES, c BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    INT_FROM_BYTES(a) AS x1,
    BIGINT_FROM_BYTES(b) AS x2,
    DOUBLE_FROM_BYTES(c) AS x3,
    INT_FROM_BYTES(a, 'little_endian') AS x4
FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 BIGINT, x3 DOUBLE, x4 INT);
INSERT INTO s (id, a, b, c) VALUES (1, 'AAAB/w==', 'AAAAAAAAAQA=', 'P/gAAAAAAAA=');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 511, 256, 1.5, -16711680);
INSERT INTO s (id, a, b, c) VALUES (2, NULL, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, NULL, NULL, NULL, NULL);

--@test: numbers from too few bytes
CREATE STREAM s (id INT KEY, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, BIGINT_FROM_BYTES(b) AS x FROM s;
INSERT INTO s (id, b) VALUES (1, 'AAAB');
ASSERT VALUES o (x) VALUES (NULL);
--@log: Number of bytes must be equal to 8, but found 3

--@test: an unknown byte order
CREATE STREAM s (id INT KEY, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, INT_FROM_BYTES(b, 'MIDDLE') AS x FROM s;
INSERT INTO s (id, b) VALUES (1, 'AAABAA==');
ASSERT VALUES o (x) VALUES (NULL);
--@log: Byte order must be BIG_ENDIAN or LITTLE_ENDIAN. Unknown byte order 'MIDDLE'.

--@test: GEO_DISTANCE
CREATE STREAM s (id INT KEY, a DOUBLE, b DOUBLE, u STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    ROUND(GEO_DISTANCE(a, b, 51, 0), 6) AS x1,
    ROUND(GEO_DISTANCE(a, b, 51, 0, u), 6) AS x2
FROM s;
INSERT INTO s (id, a, b, u) VALUES (1, 37.4439, -122.1663, ' KM ');
ASSERT VALUES o (id, x1, x2) VALUES (1, 8682.459061, 8682.459061);
INSERT INTO s (id, a, b, u) VALUES (2, 51.0, 0.0, 'miles');
ASSERT VALUES o (id, x1, x2) VALUES (2, 0.0, 0.0);
INSERT INTO s (id, a, b, u) VALUES (3, 91.0, 0.0, 'km');
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);
INSERT INTO s (id, a, b, u) VALUES (4, 37.4439, -122.1663, 'yards');
ASSERT VALUES o (id, x1, x2) VALUES (4, 8682.459061, NULL);
