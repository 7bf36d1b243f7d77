-- Joins of two streams.

--@test: INNER: within the window, both ways, the later time
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN 10 MILLISECONDS ON l.id = r.id;
ASSERT STREAM o (id INT KEY, x INT, y INT);
INSERT INTO l (rowtime, id, x) VALUES (20, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (10, 1, 2);
INSERT INTO r (rowtime, id, y) VALUES (30, 1, 3);
INSERT INTO r (rowtime, id, y) VALUES (31, 1, 4);
INSERT INTO r (rowtime, id, y) VALUES (9, 1, 5);
INSERT INTO r (rowtime, id, y) VALUES (20, 2, 6);
ASSERT VALUES o (rowtime, id, x, y) VALUES (20, 1, 1, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (30, 1, 1, 3);
--@end: O

--@test: INNER: all pairs of a key
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l INNER JOIN r WITHIN 10 MILLISECONDS ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
INSERT INTO l (rowtime, id, x) VALUES (2, 1, 2);
INSERT INTO r (rowtime, id, y) VALUES (3, 1, 3);
INSERT INTO r (rowtime, id, y) VALUES (4, 1, 4);
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 1, 3);
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 2, 3);
ASSERT VALUES o (rowtime, id, x, y) VALUES (4, 1, 1, 4);
ASSERT VALUES o (rowtime, id, x, y) VALUES (4, 1, 2, 4);
--@end: O

--@test: WITHIN (before, after)
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN (0 MILLISECONDS, 10 MILLISECONDS) ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (20, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (19, 1, 2);
INSERT INTO r (rowtime, id, y) VALUES (20, 1, 3);
INSERT INTO r (rowtime, id, y) VALUES (30, 1, 4);
INSERT INTO r (rowtime, id, y) VALUES (31, 1, 5);
ASSERT VALUES o (rowtime, id, x, y) VALUES (20, 1, 1, 3);
ASSERT VALUES o (rowtime, id, x, y) VALUES (30, 1, 1, 4);
--@end: O

--@test: LEFT without a grace: padded at once, joined later
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l LEFT JOIN r WITHIN 10 MILLISECONDS ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (5, 1, 2);
INSERT INTO r (rowtime, id, y) VALUES (6, 2, 3);
INSERT INTO l (rowtime, id, x) VALUES (7, 2, 4);
ASSERT VALUES o (rowtime, id, x, y) VALUES (1, 1, 1, NULL);
ASSERT VALUES o (rowtime, id, x, y) VALUES (5, 1, 1, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (7, 2, 4, 3);
--@end: O

--@test: LEFT with a grace: padded when nothing can come any more
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l LEFT JOIN r WITHIN 10 MILLISECONDS GRACE PERIOD 5 MILLISECONDS ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (0, 1, 1);
INSERT INTO l (rowtime, id, x) VALUES (5, 2, 2);
INSERT INTO r (rowtime, id, y) VALUES (8, 2, 3);
ASSERT VALUES o (rowtime, id, x, y) VALUES (8, 2, 2, 3);
--@end: O
INSERT INTO l (rowtime, id, x) VALUES (15, 3, 4);
--@end: O
INSERT INTO l (rowtime, id, x) VALUES (16, 3, 5);
ASSERT VALUES o (rowtime, id, x, y) VALUES (0, 1, 1, NULL);
--@end: O

--@test: RIGHT
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT r.id AS id, x, y FROM l RIGHT JOIN r WITHIN 10 MILLISECONDS ON l.id = r.id;
INSERT INTO r (rowtime, id, y) VALUES (1, 1, 2);
INSERT INTO l (rowtime, id, x) VALUES (5, 1, 1);
INSERT INTO l (rowtime, id, x) VALUES (6, 2, 4);
ASSERT VALUES o (rowtime, id, x, y) VALUES (1, 1, NULL, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (5, 1, 1, 2);
--@end: O

--@test: FULL: a key of its own
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY AS k, l.id AS lid, r.id AS rid, x, y FROM l FULL OUTER JOIN r WITHIN 10 MILLISECONDS ON l.id = r.id;
ASSERT STREAM o (k INT KEY, lid INT, rid INT, x INT, y INT);
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (2, 2, 2);
INSERT INTO r (rowtime, id, y) VALUES (3, 1, 3);
ASSERT VALUES o (k, lid, rid, x, y) VALUES (1, 1, NULL, 1, NULL);
ASSERT VALUES o (k, lid, rid, x, y) VALUES (2, NULL, 2, NULL, 2);
ASSERT VALUES o (k, lid, rid, x, y) VALUES (1, 1, 1, 1, 3);
--@end: O

--@test: FULL with a grace: both sides wait
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY AS k, x, y FROM l FULL OUTER JOIN r WITHIN 10 MILLISECONDS GRACE PERIOD 0 MILLISECONDS ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (0, 1, 1);
INSERT INTO r (rowtime, id, y) VALUES (1, 2, 2);
--@end: O
INSERT INTO l (rowtime, id, x) VALUES (30, 3, 3);
ASSERT VALUES o (rowtime, k, x, y) VALUES (0, 1, 1, NULL);
ASSERT VALUES o (rowtime, k, x, y) VALUES (1, 2, NULL, 2);
--@end: O

--@test: null keys: dropped by INNER, kept by the side that LEFT preserves
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM i AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN 10 MILLISECONDS ON l.id = r.id;
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l LEFT JOIN r WITHIN 10 MILLISECONDS ON l.id = r.id;
INSERT INTO l (rowtime, id, x) VALUES (1, NULL, 1);
INSERT INTO r (rowtime, id, y) VALUES (1, NULL, 2);
ASSERT VALUES o (rowtime, id, x, y) VALUES (1, NULL, 1, NULL);
--@end: O
--@end: I

--@test: null values are dropped
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l LEFT JOIN r WITHIN 10 MILLISECONDS ON l.id = r.id;
--@input: l {"key": 1, "value": null, "timestamp": 1}
--@input: r {"key": 1, "value": null, "timestamp": 1}
--@end: O

--@test: on a column that is no key
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.x AS x, l.id AS lid, y FROM l JOIN r WITHIN 1 SECOND ON l.x = r.id;
ASSERT STREAM o (x INT KEY, lid INT, y INT);
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
INSERT INTO r (rowtime, id, y) VALUES (2, 7, 5);
ASSERT VALUES o (x, lid, y) VALUES (7, 1, 5);
--@end: O

--@test: on expressions of both sides: a synthetic key
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT ROWKEY AS k, x, y FROM l JOIN r WITHIN 1 SECOND ON l.x + 1 = r.y * 2;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 4);
ASSERT VALUES o (k, x, y) VALUES (8, 7, 4);
--@end: O

--@test: * of a join names columns by their source
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r AS q WITHIN 1 SECOND ON l.id = q.id;
ASSERT STREAM o (l_id INT KEY, l_x INT, q_id INT, q_y INT);
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 4);
ASSERT VALUES o (l_id, l_x, q_id, q_y) VALUES (1, 7, 1, 4);

--@test: WHERE behind a join
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id WHERE x < y;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 4);
INSERT INTO r (rowtime, id, y) VALUES (3, 1, 9);
ASSERT VALUES o (rowtime, id, x, y) VALUES (3, 1, 7, 9);
--@end: O

--@test: GROUP BY behind a join
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE TABLE o AS SELECT y, COUNT(*) AS n FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id GROUP BY y;
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 7);
INSERT INTO l (rowtime, id, x) VALUES (1, 1, 8);
INSERT INTO r (rowtime, id, y) VALUES (2, 1, 4);
ASSERT VALUES o (y, n) VALUES (4, 1);
ASSERT VALUES o (y, n) VALUES (4, 2);

--@test: refused: no WITHIN
--@expected.message: Stream-Stream joins must have a WITHIN clause specified. None was provided.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r ON l.id = r.id;

--@test: refused: joined with itself
--@expected.message: Can not join 'L' to 'L': self joins are not yet supported.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN l WITHIN 1 DAY ON l.id = l.id;

--@test: refused: two conditions
--@expected.message: Invalid join condition: joins on multiple conditions are not yet supported. Got ((L.ID = R.ID) AND (
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r WITHIN 1 DAY ON l.id = r.id AND x = y;

--@test: refused: another comparison
--@expected.message: Only equality join criteria is supported.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r WITHIN 1 DAY ON l.id < r.id;

--@test: refused: a constant
--@expected.message: Invalid comparison expression '0' in join '(L.ID = 0)'. Each side of the join comparision must contain references from exactly one source.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r WITHIN 1 DAY ON l.id = 0;

--@test: refused: one side twice
--@expected.message: Each side of the join must reference exactly one source and not the same source. Left side references `L` and right references `L`
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN r WITHIN 1 DAY ON l.id = l.x;

--@test: refused: keys of other types
--@expected.message: Invalid join. Key types differ: INTEGER vs BIGINT
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM q (id BIGINT KEY, y INT) WITH (kafka_topic='q', value_format='JSON');
CREATE STREAM o AS SELECT * FROM l JOIN q WITHIN 1 DAY ON l.id = q.id;

--@test: refused: other numbers of partitions
--@expected.message: Can't join `L` with `Q` since the number of partitions don't match. `L` partitions = 4; `Q` partitions = 2. Please repartition either one so that the number of partitions match.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM q (id INT KEY, y INT) WITH (kafka_topic='q', value_format='JSON', partitions=2);
CREATE STREAM o AS SELECT * FROM l JOIN q WITHIN 1 DAY ON l.id = q.id;

--@test: refused: KAFKA values
--@expected.message: Source(s) Q are using the 'KAFKA' value format. This format does not yet support JOIN.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM q (id INT KEY, y INT) WITH (kafka_topic='q', value_format='KAFKA');
CREATE STREAM o AS SELECT * FROM l JOIN q WITHIN 1 DAY ON l.id = q.id;

--@test: refused: an ambiguous column
--@expected.message: Column 'ID' is ambiguous. Could be L.ID or R.ID.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT id, x FROM l JOIN r WITHIN 1 DAY ON l.id = r.id;

--@test: refused: an unknown column in ON
--@expected.message: JOIN ON column 'R.NOPE' cannot be resolved.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT x FROM l JOIN r WITHIN 1 DAY ON l.id = r.nope;

--@test: refused: an unknown source
--@expected.message: NOPE does not exist.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT x FROM l JOIN nope WITHIN 1 DAY ON l.id = nope.id;

--@test: refused: the key is missing
--@expected.message: must include the join expressions L.ID or R.ID in its projection (eg, SELECT L.ID...).
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT x, y FROM l JOIN r WITHIN 1 DAY ON l.id = r.id;

--@test: refused: the synthetic key is missing
--@expected.message: ROWKEY was added as a synthetic key column because the join criteria did not match any source column. This expression must be included in the projection and may be aliased.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT x, y FROM l FULL JOIN r WITHIN 1 DAY ON l.id = r.id;

--@test: refused: after the alias the name is unknown
--@expected.message: 'L' is not a valid stream/table name or alias.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id, x, y FROM l AS a JOIN r WITHIN 1 DAY ON a.id = r.id;
