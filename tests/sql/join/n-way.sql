-- Joins of three and more.

--@test: three streams
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM q (id INT KEY, z INT) WITH (kafka_topic='q', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y, z FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id JOIN q WITHIN 1 SECOND ON l.id = q.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 2);
INSERT INTO q (rowtime, id, z) VALUES (3, 1, 3);
ASSERT VALUES o (rowtime, id, x, y, z) VALUES (3, 1, 1, 2, 3);
INSERT INTO r (rowtime, id, y) VALUES (4, 1, 5);
ASSERT VALUES o (rowtime, id, x, y, z) VALUES (4, 1, 1, 5, 3);
--@end: O

--@test: a stream and two tables
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE q (id INT PRIMARY KEY, z INT) WITH (kafka_topic='q', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y, z FROM l LEFT JOIN r ON l.id = r.id LEFT JOIN q ON l.id = q.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
INSERT INTO q (rowtime, id, z) VALUES (1, 1, 3);
INSERT INTO l (rowtime, id, x) VALUES (2, 1, 2);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 2);
INSERT INTO l (rowtime, id, x) VALUES (3, 1, 3);
ASSERT VALUES o (x, y, z) VALUES (1, NULL, NULL);
ASSERT VALUES o (x, y, z) VALUES (2, NULL, 3);
ASSERT VALUES o (x, y, z) VALUES (3, 2, 3);
--@end: O

--@test: three tables
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE q (id INT PRIMARY KEY, z INT) WITH (kafka_topic='q', value_format='JSON');
CREATE TABLE o AS SELECT l.id AS id, x, y, z FROM l JOIN r ON l.id = r.id JOIN q ON l.id = q.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 2);
--@end: O
INSERT INTO q (rowtime, id, z) VALUES (3, 1, 3);
ASSERT VALUES o (rowtime, x, y, z) VALUES (3, 1, 2, 3);
--@input: r {"key": 1, "value": null, "timestamp": 4}
ASSERT NULL VALUES o (rowtime, id) KEY (4, 1);
--@end: O

--@test: by a column of the second
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE q (id INT PRIMARY KEY, z INT) WITH (kafka_topic='q', value_format='JSON');
CREATE STREAM o AS SELECT r.y AS y, l.id AS lid, z FROM l JOIN r ON l.id = r.id JOIN q ON r.y = q.id;
INSERT INTO r (rowtime, id, y) VALUES (1, 1, 7);
INSERT INTO q (rowtime, id, z) VALUES (1, 7, 5);
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
ASSERT VALUES o (y, lid, z) VALUES (7, 1, 5);
--@end: O

--@test: refused: a source twice
--@expected.message: N-way joins do not support multiple occurrences of the same source. Source: 'R'.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r ON l.id = r.id JOIN r AS r2 ON l.id = r2.id;

--@test: refused: a source that is not used
--@expected.message: A join criteria is expected to reference the source (`Q`) in the FROM clause, instead the right source references `R` and the left source references `L`
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE q (id INT PRIMARY KEY, z INT) WITH (kafka_topic='q', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r ON l.id = r.id JOIN q ON l.id = r.id;

--@test: refused: a foreign key later on
--@expected.message: Invalid join condition: foreign-key table-table joins are not supported as part of n-way joins. Got R.Y = Q.ID.
CREATE TABLE l (id INT PRIMARY KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE TABLE r (id INT PRIMARY KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE q (id INT PRIMARY KEY, z INT) WITH (kafka_topic='q', value_format='JSON');
CREATE TABLE o AS SELECT * FROM l JOIN r ON l.id = r.id JOIN q ON r.y = q.id;
