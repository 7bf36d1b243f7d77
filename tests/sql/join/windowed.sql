-- Joins of windowed sources.

--@test: windows of one kind and size match by their start
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON', window_type='tumbling', window_size='10 milliseconds');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON', window_type='tumbling', window_size='10 milliseconds');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id;
--@input: l {"key": 1, "window": {"start": 0, "end": 10, "type": "time"}, "value": {"X": 1}, "timestamp": 5}
--@input: r {"key": 1, "window": {"start": 10, "end": 20, "type": "time"}, "value": {"Y": 2}, "timestamp": 12}
--@end: O
--@input: r {"key": 1, "window": {"start": 0, "end": 10, "type": "time"}, "value": {"Y": 3}, "timestamp": 6}
ASSERT VALUES o (id, windowstart, windowend, x, y) VALUES (1, 0, 10, 1, 3);
--@end: O

--@test: refused: windowed and not
--@expected.message: Can not join windowed source to non-windowed source.\n`L` is TUMBLING windowed\n`R` is not windowed
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON', window_type='tumbling', window_size='10 milliseconds');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id;

--@test: refused: sessions and windows
--@expected.message: Incompatible windowed sources.\nLeft source: SESSION\nRight source: TUMBLING
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON', window_type='session');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON', window_type='tumbling', window_size='10 milliseconds');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id;

--@test: refused: other sizes
--@expected.message: Implicit repartitioning of windowed sources is not supported.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON', window_type='tumbling', window_size='10 milliseconds');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON', window_type='tumbling', window_size='20 milliseconds');
CREATE STREAM o AS SELECT l.id AS id, x, y FROM l JOIN r WITHIN 1 SECOND ON l.id = r.id;

--@test: refused: not on the key
--@expected.message: Implicit repartitioning of windowed sources is not supported.
CREATE STREAM l (id INT KEY, x INT) WITH (kafka_topic='l', value_format='JSON', window_type='tumbling', window_size='10 milliseconds');
CREATE STREAM r (id INT KEY, y INT) WITH (kafka_topic='r', value_format='JSON', window_type='tumbling', window_size='10 milliseconds');
CREATE STREAM o AS SELECT x, y FROM l JOIN r WITHIN 1 SECOND ON l.x = r.id;
