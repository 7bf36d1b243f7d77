-- String functions.

--@test: CHR of a number
CREATE STREAM s (id INT KEY, i INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CHR(i) AS x FROM s;
INSERT INTO s (id, i) VALUES (1, 75);
ASSERT VALUES o (id, x) VALUES (1, 'K');
INSERT INTO s (id, i) VALUES (2, 1114112);
ASSERT VALUES o (id, x) VALUES (2, NULL);
INSERT INTO s (id, i) VALUES (3, -1);
ASSERT VALUES o (id, x) VALUES (3, NULL);
INSERT INTO s (id, i) VALUES (4, NULL);
ASSERT VALUES o (id, x) VALUES (4, NULL);

--@test: CHR of an escape
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CHR(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '\u004b');
ASSERT VALUES o (id, x) VALUES (1, 'K');
INSERT INTO s (id, a) VALUES (2, '004b');
ASSERT VALUES o (id, x) VALUES (2, NULL);
INSERT INTO s (id, a) VALUES (3, '\u00zz');
ASSERT VALUES o (id, x) VALUES (3, NULL);
INSERT INTO s (id, a) VALUES (4, NULL);
ASSERT VALUES o (id, x) VALUES (4, NULL);

--@test: CONCAT skips NULL
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT(a, b) AS x1, CONCAT(a, '-', b) AS x2 FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'x', 'y');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'xy', 'x-y');
INSERT INTO s (id, a, b) VALUES (2, 'x', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, 'x', 'x-');
INSERT INTO s (id, a, b) VALUES (3, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, '', '-');

--@test: CONCAT of BYTES
CREATE STREAM s (id INT KEY, a BYTES, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT(a, b) AS x FROM s;
ASSERT STREAM o (id INT KEY, x BYTES);
INSERT INTO s (id, a, b) VALUES (1, 'eA==', 'eQ==');
ASSERT VALUES o (id, x) VALUES (1, 'eHk=');

--@test: CONCAT of a number
--@expected.message: does not accept parameters (STRING, INTEGER)
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT('a', v) AS x FROM s;

--@test: CONCAT_WS
CREATE STREAM s (id INT KEY, p STRING, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT_WS(p, a, b) AS x FROM s;
INSERT INTO s (id, p, a, b) VALUES (1, '-', 'x', 'y');
ASSERT VALUES o (id, x) VALUES (1, 'x-y');
INSERT INTO s (id, p, a, b) VALUES (2, '-', NULL, 'y');
ASSERT VALUES o (id, x) VALUES (2, 'y');
INSERT INTO s (id, p, a, b) VALUES (3, '-', '', 'y');
ASSERT VALUES o (id, x) VALUES (3, '-y');
INSERT INTO s (id, p, a, b) VALUES (4, NULL, 'x', 'y');
ASSERT VALUES o (id, x) VALUES (4, NULL);
INSERT INTO s (id, p, a, b) VALUES (5, '-', NULL, NULL);
ASSERT VALUES o (id, x) VALUES (5, '');

--@test: CONCAT_WS needs two arguments
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONCAT_WS(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (x) VALUES (NULL);
--@log: Function Concat_WS expects at least two input arguments.

--@test: ELT and FIELD
CREATE STREAM s (id INT KEY, n INT, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, ELT(n, 'x', a, 'z') AS x1, FIELD(a, 'x', 'y') AS x2 FROM s;
INSERT INTO s (id, n, a) VALUES (1, 1, 'y');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'x', 2);
INSERT INTO s (id, n, a) VALUES (2, 2, 'q');
ASSERT VALUES o (id, x1, x2) VALUES (2, 'q', 0);
INSERT INTO s (id, n, a) VALUES (3, 4, 'x');
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, 1);
INSERT INTO s (id, n, a) VALUES (4, 0, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (4, NULL, 0);

--@test: ENCODE
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    ENCODE(a, 'hex', 'ascii') AS x1,
    ENCODE(a, 'utf8', 'hex') AS x2,
    ENCODE(a, 'utf8', 'base64') AS x3
FROM s;
INSERT INTO s (id, a) VALUES (1, '4578');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 'Ex', '34353738', 'NDU3OA==');
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, NULL, NULL, NULL);

--@test: ENCODE of bad input
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    ENCODE(a, 'hex', 'utf8') AS x1,
    ENCODE(a, 'hex', 'hex') AS x2,
    ENCODE(a, 'hex', 'klingon') AS x3
FROM s;
INSERT INTO s (id, a) VALUES (1, '4z');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, NULL, NULL, NULL);
INSERT INTO s (id, a) VALUES (2, '0x4e');
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, 'N', NULL, NULL);
INSERT INTO s (id, a) VALUES (3, 'X''4e''');
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, 'N', NULL, NULL);

--@test: FROM_BYTES and TO_BYTES
CREATE STREAM s (id INT KEY, b BYTES, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    FROM_BYTES(b, 'hex') AS x1,
    FROM_BYTES(b, 'utf8') AS x2,
    FROM_BYTES(b, 'ascii') AS x3,
    FROM_BYTES(b, 'base64') AS x4,
    TO_BYTES(a, 'utf8') AS x5
FROM s;
INSERT INTO s (id, b, a) VALUES (1, 'SG8=', 'Ho');
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, '486F', 'Ho', 'Ho', 'SG8=', 'SG8=');
INSERT INTO s (id, b, a) VALUES (2, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (2, NULL, NULL, NULL, NULL, NULL);

--@test: TO_BYTES with an unknown encoding
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TO_BYTES(a, 'latin9') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'x');
ASSERT VALUES o (x) VALUES (NULL);
--@log: Unknown encoding type 'latin9'. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'.

--@test: TO_BYTES of bad hexadecimal digits
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TO_BYTES(a, 'hex') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '48ff');
ASSERT VALUES o (id, x) VALUES (1, 'SP8=');
INSERT INTO s (id, a) VALUES (2, '123');
ASSERT VALUES o (id, x) VALUES (2, NULL);
INSERT INTO s (id, a) VALUES (3, '12zx');
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: INITCAP
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, INITCAP(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, 'the QUICK  fox');
ASSERT VALUES o (id, x) VALUES (1, 'The Quick  Fox');
INSERT INTO s (id, a) VALUES (2, '  x y');
ASSERT VALUES o (id, x) VALUES (2, 'X Y');
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: INSTR
CREATE STREAM s (id INT KEY, a STRING, b STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    INSTR(a, b) AS x1,
    INSTR(a, b, 3) AS x2,
    INSTR(a, b, 3, 2) AS x3,
    INSTR(a, b, -3, 2) AS x4
FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'corporate floor', 'or');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 2, 5, 14, 2);
INSERT INTO s (id, a, b) VALUES (2, 'corporate floor', 'zz');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, 0, 0, 0, 0);
INSERT INTO s (id, a, b) VALUES (3, NULL, 'or');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (3, 0, 0, 0, 0);
INSERT INTO s (id, a, b) VALUES (4, 'x', NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (4, 0, 0, 0, 0);

--@test: INSTR matches overlap
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, INSTR(a, 'aa', 1, 3) AS x1, INSTR(a, 'aa', 1, 0) AS x2, INSTR(a, 'aa', 0) AS x3 FROM s;
INSERT INTO s (id, a) VALUES (1, 'aaaa');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 3, 0, 0);

--@test: LCASE and UCASE
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LCASE(a) AS x1, UCASE(a) AS x2 FROM s;
INSERT INTO s (id, a) VALUES (1, 'aBÇ');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'abç', 'ABÇ');
INSERT INTO s (id, a) VALUES (2, 'straße');
ASSERT VALUES o (id, x1, x2) VALUES (2, 'straße', 'STRASSE');
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: LEN counts UTF-16 units and bytes
CREATE STREAM s (id INT KEY, a STRING, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LEN(a) AS x1, LEN(b) AS x2 FROM s;
INSERT INTO s (id, a, b) VALUES (1, 'abc', 'SG8=');
ASSERT VALUES o (id, x1, x2) VALUES (1, 3, 2);
INSERT INTO s (id, a, b) VALUES (2, '😀', '');
ASSERT VALUES o (id, x1, x2) VALUES (2, 2, 0);
INSERT INTO s (id, a, b) VALUES (3, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: LPAD and RPAD
CREATE STREAM s (id INT KEY, a STRING, n INT, p STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LPAD(a, n, p) AS x1, RPAD(a, n, p) AS x2 FROM s;
INSERT INTO s (id, a, n, p) VALUES (1, 'foo', 7, 'Bar');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'BarBfoo', 'fooBarB');
INSERT INTO s (id, a, n, p) VALUES (2, 'foo', 2, 'Bar');
ASSERT VALUES o (id, x1, x2) VALUES (2, 'fo', 'fo');
INSERT INTO s (id, a, n, p) VALUES (3, 'foo', 0, 'Bar');
ASSERT VALUES o (id, x1, x2) VALUES (3, '', '');
INSERT INTO s (id, a, n, p) VALUES (4, 'foo', -1, 'Bar');
ASSERT VALUES o (id, x1, x2) VALUES (4, NULL, NULL);
INSERT INTO s (id, a, n, p) VALUES (5, 'foo', 5, '');
ASSERT VALUES o (id, x1, x2) VALUES (5, NULL, NULL);
INSERT INTO s (id, a, n, p) VALUES (6, NULL, 5, 'x');
ASSERT VALUES o (id, x1, x2) VALUES (6, NULL, NULL);
INSERT INTO s (id, a, n, p) VALUES (7, 'foo', NULL, 'x');
ASSERT VALUES o (id, x1, x2) VALUES (7, NULL, NULL);

--@test: LPAD and RPAD of BYTES
CREATE STREAM s (id INT KEY, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LPAD(b, 4, 'eg==') AS x1, RPAD(b, 4, 'eg==') AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 BYTES, x2 BYTES);
INSERT INTO s (id, b) VALUES (1, 'SG8=');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'enpIbw==', 'SG96eg==');

--@test: MASK
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    MASK(a) AS x1,
    MASK(a, 'U', 'l', 'd', 'o') AS x2,
    MASK(a, NULL, 'l', NULL, 'o') AS x3
FROM s;
INSERT INTO s (id, a) VALUES (1, 'Ab1 -');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 'Xxn--', 'Uldoo', 'Al1oo');
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, NULL, NULL, NULL);

--@test: MASK_LEFT, MASK_RIGHT, MASK_KEEP_LEFT, MASK_KEEP_RIGHT
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    MASK_LEFT(a, 2) AS x1,
    MASK_RIGHT(a, 2) AS x2,
    MASK_KEEP_LEFT(a, 2) AS x3,
    MASK_KEEP_RIGHT(a, 2) AS x4,
    MASK_LEFT(a, 9, 'Q', 'q', '9', '_') AS x5
FROM s;
INSERT INTO s (id, a) VALUES (1, 'Ab1c');
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (1, 'Xx1c', 'Abnx', 'Abnx', 'Xx1c', 'Qq9q');
INSERT INTO s (id, a) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4, x5) VALUES (2, NULL, NULL, NULL, NULL, NULL);

--@test: masks refuse bad arguments
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MASK_LEFT(a, -1) AS x1, MASK(a, 'ab', 'l', 'd', 'o') AS x2 FROM s;
INSERT INTO s (id, a) VALUES (1, 'Ab');
ASSERT VALUES o (id, x1, x2) VALUES (1, NULL, NULL);

--@test: MD5
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, MD5(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '');
ASSERT VALUES o (id, x) VALUES (1, 'd41d8cd98f00b204e9800998ecf8427e');
INSERT INTO s (id, a) VALUES (2, 'abc');
ASSERT VALUES o (id, x) VALUES (2, '900150983cd24fb0d6963f7d28e17f72');
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: REPLACE
CREATE STREAM s (id INT KEY, a STRING, x STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, REPLACE(a, x, '-') AS x FROM s;
INSERT INTO s (id, a, x) VALUES (1, 'abab', 'b');
ASSERT VALUES o (id, x) VALUES (1, 'a-a-');
INSERT INTO s (id, a, x) VALUES (2, 'ab', '');
ASSERT VALUES o (id, x) VALUES (2, '-a-b-');
INSERT INTO s (id, a, x) VALUES (3, 'ab', 'z');
ASSERT VALUES o (id, x) VALUES (3, 'ab');
INSERT INTO s (id, a, x) VALUES (4, NULL, 'b');
ASSERT VALUES o (id, x) VALUES (4, NULL);
INSERT INTO s (id, a, x) VALUES (5, 'ab', NULL);
ASSERT VALUES o (id, x) VALUES (5, NULL);

--@test: SPLIT
CREATE STREAM s (id INT KEY, a STRING, d STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SPLIT(a, d) AS x FROM s;
ASSERT STREAM o (id INT KEY, x ARRAY<STRING>);
INSERT INTO s (id, a, d) VALUES (1, 'a,b', ',');
ASSERT VALUES o (id, x) VALUES (1, ARRAY['a', 'b']);
INSERT INTO s (id, a, d) VALUES (2, ',a,,', ',');
ASSERT VALUES o (id, x) VALUES (2, ARRAY['', 'a', '', '']);
INSERT INTO s (id, a, d) VALUES (3, 'abc', '');
ASSERT VALUES o (id, x) VALUES (3, ARRAY['a', 'b', 'c']);
INSERT INTO s (id, a, d) VALUES (4, '', ',');
ASSERT VALUES o (id, x) VALUES (4, ARRAY['']);
INSERT INTO s (id, a, d) VALUES (5, 'ab', 'zz');
ASSERT VALUES o (id, x) VALUES (5, ARRAY['ab']);
INSERT INTO s (id, a, d) VALUES (6, NULL, ',');
ASSERT VALUES o (id, x) VALUES (6, NULL);
INSERT INTO s (id, a, d) VALUES (7, 'a', NULL);
ASSERT VALUES o (id, x) VALUES (7, NULL);

--@test: SPLIT of BYTES
CREATE STREAM s (id INT KEY, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SPLIT(b, 'LA==') AS x FROM s;
ASSERT STREAM o (id INT KEY, x ARRAY<BYTES>);
INSERT INTO s (id, b) VALUES (1, 'YSxi');
ASSERT VALUES o (id, x) VALUES (1, ARRAY['YQ==', 'Yg==']);

--@test: SPLIT_TO_MAP
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SPLIT_TO_MAP(a, ';', '=') AS x FROM s;
ASSERT STREAM o (id INT KEY, x MAP<STRING, STRING>);
INSERT INTO s (id, a) VALUES (1, 'a=1;b=2;a=3');
ASSERT VALUES o (id, x) VALUES (1, MAP('a' := '3', 'b' := '2'));
INSERT INTO s (id, a) VALUES (2, 'a=1=9;x;;b=');
ASSERT VALUES o (id, x) VALUES (2, MAP('a' := '1', 'b' := ''));
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: SPLIT_TO_MAP with bad delimiters
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SPLIT_TO_MAP(a, '', '=') AS x1, SPLIT_TO_MAP(a, '=', '=') AS x2 FROM s;
INSERT INTO s (id, a) VALUES (1, 'a=1');
ASSERT VALUES o (id, x1, x2) VALUES (1, NULL, NULL);

--@test: SUBSTRING
CREATE STREAM s (id INT KEY, a STRING, p INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SUBSTRING(a, p) AS x1, SUBSTRING(a, p, 2) AS x2 FROM s;
INSERT INTO s (id, a, p) VALUES (1, 'abcde', 2);
ASSERT VALUES o (id, x1, x2) VALUES (1, 'bcde', 'bc');
INSERT INTO s (id, a, p) VALUES (2, 'abcde', -2);
ASSERT VALUES o (id, x1, x2) VALUES (2, 'de', 'de');
INSERT INTO s (id, a, p) VALUES (3, 'abcde', 0);
ASSERT VALUES o (id, x1, x2) VALUES (3, 'abcde', 'ab');
INSERT INTO s (id, a, p) VALUES (4, 'abcde', 9);
ASSERT VALUES o (id, x1, x2) VALUES (4, '', '');
INSERT INTO s (id, a, p) VALUES (5, 'abcde', -9);
ASSERT VALUES o (id, x1, x2) VALUES (5, 'abcde', 'ab');
INSERT INTO s (id, a, p) VALUES (6, NULL, 1);
ASSERT VALUES o (id, x1, x2) VALUES (6, NULL, NULL);
INSERT INTO s (id, a, p) VALUES (7, 'a', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (7, NULL, NULL);

--@test: SUBSTRING of BYTES
CREATE STREAM s (id INT KEY, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, SUBSTRING(b, 2) AS x1, SUBSTRING(b, 1, 1) AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 BYTES, x2 BYTES);
INSERT INTO s (id, b) VALUES (1, 'SG8=');
ASSERT VALUES o (id, x1, x2) VALUES (1, 'bw==', 'SA==');

--@test: TRIM takes controls and blanks, no others
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TRIM(a) AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '  a b  ');
ASSERT VALUES o (id, x) VALUES (1, 'a b');
INSERT INTO s (id, a) VALUES (2, ' a');
ASSERT VALUES o (id, x) VALUES (2, ' a');
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x) VALUES (3, NULL);

--@test: UUID
CREATE STREAM s (id INT KEY, b BYTES) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, LEN(UUID()) AS x1, UUID(b) AS x2 FROM s;
INSERT INTO s (id, b) VALUES (1, 'ASNFZ4mrze8BI0VniavN7w==');
ASSERT VALUES o (id, x1, x2) VALUES (1, 36, '01234567-89ab-cdef-0123-456789abcdef');
INSERT INTO s (id, b) VALUES (2, 'SG8=');
ASSERT VALUES o (id, x1, x2) VALUES (2, 36, NULL);
INSERT INTO s (id, b) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, 36, NULL);
