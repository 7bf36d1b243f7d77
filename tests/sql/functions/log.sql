-- What failing functions write into the processing log; their value is NULL.

--@test: GENERATE_SERIES, a step of zero
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GENERATE_SERIES(a, 5, 0) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: GENERATE_SERIES step cannot be zero

--@test: GENERATE_SERIES, the wrong way
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GENERATE_SERIES(a, 5, -1) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 1);
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: GENERATE_SERIES step has wrong sign

--@test: JSON that is none
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXTRACTJSONFIELD(a, '$.a') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '{');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Invalid JSON format:{

--@test: a path that is none
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, EXTRACTJSONFIELD(a, 'a') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '{}');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Invalid JSON path: 'a'

--@test: PARSE_TIME with a date
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_TIME(a, 'yyyy HH') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '2020 10');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Time format contains date field.

--@test: a leap day without a year
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_TIMESTAMP(a, 'DDD') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '366');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Leap day cannot be parsed without supplying the year field

--@test: PARSE_TIMESTAMP of something else
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_TIMESTAMP(a, 'yyyy') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: with formatter 'yyyy': Text 'x' could not be parsed at index 0

--@test: PARSE_DATE of something else
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_DATE(a, 'yyyy') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Failed to parse date 'x' with formatter 'yyyy'

--@test: a pattern letter that is none
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_TIME(a, 'iii') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Unknown pattern letter: i

--@test: a mask of two letters
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MASK(a, 'ab', NULL, NULL, NULL) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Invalid mask character. Must be only single character, but was 'ab'

--@test: a mask of a negative number
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MASK_KEEP_LEFT(a, -1) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: function mask_keep_left requires a non-negative number of characters to mask or skip

--@test: encodings that there are not
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ENCODE(a, 'utf8', 'utf16') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Supported input and output encodings are: hex, utf8, ascii and base64

--@test: hexadecimal digits that are none
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TO_BYTES(a, 'hex') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '123');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: hexBinary needs to be even-length: 123

--@test: a latitude beyond the pole
CREATE STREAM s (id INT KEY, a DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GEO_DISTANCE(a, 0, 0, 0) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 91.0);
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: valid latitude values for GeoDistance function are in the range of -90 to 90 decimal degrees

--@test: a longitude beyond 180
CREATE STREAM s (id INT KEY, a DOUBLE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, GEO_DISTANCE(0, a, 0, 0) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 181.0);
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: valid longitude values for GeoDistance function are in the range of -180 to +180 decimal degrees

--@test: a text that is no number
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS INT) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: For input string: "x"

--@test: a text that is no DOUBLE
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS DOUBLE) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'NaN');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Invalid double value: NaN

--@test: a text that is no time
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS TIME) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Failed to parse time 'x'

--@test: a text that is no timestamp
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS TIMESTAMP) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Failed to parse timestamp 'x'

--@test: a zone that is none
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(a AS TIMESTAMP) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '2020-01-01T00:00:00+zz');
ASSERT VALUES o (id, x) VALUES (1, NULL);
--@log: Failed to parse timestamp '2020-01-01T00:00:00+zz': Failed to parse timezone '+zz': 

--@test: a record that is no row: the log says why
CREATE STREAM s (id INT KEY, t TIME, d DATE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, t, d FROM s;
--@input: s {"key": 1, "value": {"T": 86400001}}
--@log: Time values must use number of milliseconds greater than 0 and less than 86400000.
--@end: O

--@test: a line with too many fields: the log says so
CREATE STREAM s (id INT KEY, a INT) WITH (kafka_topic='s', value_format='DELIMITED');
CREATE STREAM o AS SELECT id, a FROM s;
--@input: s {"key": 1, "value": "1,2"}
--@log: Column count mismatch on deserialization. topic: s, expected: 1, got: 2
--@end: O

--@test: a timestamp that cannot be read: the log says so
CREATE STREAM s (id INT KEY, t STRING) WITH (kafka_topic='s', value_format='JSON', timestamp='t', timestamp_format='yyyy');
CREATE STREAM o AS SELECT id, t FROM s;
INSERT INTO s (id, t) VALUES (1, 'x');
--@log: Failed to extract timestamp from row
--@end: O

--@test: a table function that fails: the log says so
CREATE STREAM s (id INT KEY, a ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CUBE_EXPLODE(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, GENERATE_SERIES(1, 21));
--@log: cube_explode: too many columns (21); max is 20
--@end: O
