-- What does not parse, and what is said about it.

--@test: an unknown word
--@expected.message: Unknown statement 'SELET'\nDid you mean 'SELECT'?
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
SELET id FROM s;

--@test: ORDER BY
--@expected.message: Syntax Error
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s ORDER BY id;

--@test: DISTINCT
--@expected.message: "DISTINCT" is a reserved keyword and it can't be used as an identifier. You can use it as an identifier by escaping it as 'DISTINCT'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT DISTINCT id FROM s;

--@test: a reserved name of a column
--@expected.message: "size" is a reserved keyword and it can't be used as an identifier. You can use it as an identifier by escaping it as 'size'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (size INT) WITH (kafka_topic='r', value_format='JSON');

--@test: no FROM
--@expected.message: Expecting {',', 'FROM'}
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT 1;

--@test: two names
--@expected.message: Expecting {',', 'FROM'}
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT a b c FROM s;

--@test: DECIMAL without precision
--@expected.message: Syntax error at or near ')' at line
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CAST(v AS DECIMAL) AS x FROM s;

--@test: USING
--@expected.message: Expecting {'WITHIN', 'ON'}
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s JOIN r USING (id);

--@test: EMIT before WHERE
--@expected.message: Expecting {';', 'LIMIT'}
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT * FROM s EMIT CHANGES WHERE id = 1;

--@test: an equation in VALUES
--@expected.message: Expecting {',', ')'}
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES (id = 1);

--@test: no values
--@expected.message: Expecting '('
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
INSERT INTO s VALUES;

--@test: a query of a source
--@expected.message: Expecting {';', '(', 'WITH'}
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE SOURCE STREAM r AS SELECT * FROM s;

--@test: a window without brackets closed
--@expected.message: Expecting ')'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) FROM s WINDOW TUMBLING (SIZE 1 DAY, GRACE PERIOD 1 DAY, RETENTION 5 DAYS) GROUP BY id;

--@test: hopping without a comma
--@expected.message: missing ',' at 'ADVANCE'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE TABLE o AS SELECT id, COUNT(*) FROM s WINDOW HOPPING (SIZE 1 DAY ADVANCE BY 1 HOUR) GROUP BY id;

--@test: another name for DEFINE
--@expected.message: Expecting IDENTIFIER
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
DEFINE select = 'x';

--@test: SET without quotes
--@expected.message: Expecting STRING
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
SET a = 'b';

--@test: ALTER without ADD
--@expected.message: missing 'ADD' at 'b'
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
ALTER STREAM s ADD a INT, b INT;

--@test: a strange character
--@expected.message: Syntax Error
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id # 1 FROM s;

--@test: a DROP of what?
--@expected.message: Syntax error at or near 's' at line
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
DROP s;

--@test: words that are not reserved are names
CREATE STREAM s (key INT KEY, timestamp INT, date INT, value INT, type INT, final INT, changes INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT key, timestamp, date, type FROM s;
ASSERT STREAM o (key INT KEY, timestamp INT, date INT, type INT);

--@test: names that begin with a digit
CREATE STREAM 1st (2a INT KEY, 1e3x INT) WITH (kafka_topic='s', value_format='JSON');
ASSERT STREAM "1ST" (`2A` INT KEY, `1E3X` INT);

--@test: comments, blanks and lines
CREATE /* a -- b ; */ STREAM s -- ; not the end
  (
	id INT KEY, v INT
) WITH (kafka_topic='s',value_format='JSON');
INSERT INTO s VALUES (1,- 2);ASSERT VALUES s (v) VALUES (-2);

--@test: joins without CROSS: an alias
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM r (id INT KEY, w INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT CROSS.id AS id, v, w FROM s CROSS JOIN r WITHIN 1 DAY ON CROSS.id = r.id;
ASSERT STREAM o (id INT KEY, v INT, w INT);
