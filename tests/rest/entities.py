"""Entities of POST /ksql, byte by byte, against what was recorded.

usage: tests/rest/entities.py WEIR >tests/rest/entities.expected     records them again
"""
import json
import os
import re
import shutil
import sys
import time

if __name__ == '__main__':
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Server, push, test  # noqa: E402

SETTINGS = ['ksql.heartbeat.enable=true', 'ksql.streams.commit.interval.ms=20']

# One request each. What begins with a name is not sent: 'wait NAME TEXT' asks NAME's rows until TEXT is there.
SCRIPT = r'''
CREATE TYPE address AS STRUCT<street STRING, `no` INTEGER, zips ARRAY<STRING>>;
CREATE TYPE IF NOT EXISTS address AS STRING;
SHOW TYPES;
CREATE STREAM s (id STRING KEY, i INT, b BIGINT, d DOUBLE, x DECIMAL(9, 2), t BOOLEAN, y BYTES, dt DATE, tm TIME, ts TIMESTAMP, a ARRAY<INT>, m MAP<STRING, DECIMAL(4,1)>, ad address, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='s', value_format='JSON', partitions=2, timestamp='ts');
CREATE STREAM hs (k INT KEY, `mixed Case` STRING, h BYTES HEADER('tr"ace')) WITH (kafka_topic='hs', value_format='JSON', partitions=1);
CREATE STREAM IF NOT EXISTS s (id STRING KEY) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM plain (id STRING KEY, v INT, w STRING) WITH (kafka_topic='plain', value_format='JSON', partitions=1);
CREATE STREAM other (id STRING KEY, z INT) WITH (kafka_topic='other', value_format='DELIMITED', partitions=1);
CREATE TABLE t (id STRING PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON', partitions=1);
CREATE SOURCE TABLE st (id STRING PRIMARY KEY, v INT) WITH (kafka_topic='t', value_format='JSON');
CREATE TABLE counts AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM plain GROUP BY id;
CREATE TABLE IF NOT EXISTS counts AS SELECT id, COUNT(*) AS n FROM plain GROUP BY id;
CREATE TABLE windowed AS SELECT id, COUNT(*) AS n FROM plain WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY id;
CREATE TABLE sessions AS SELECT id, COUNT(*) AS n FROM plain WINDOW SESSION (1 MINUTE) GROUP BY id;
CREATE STREAM copied AS SELECT id, v + 1 AS "v one", UCASE(w) AS w FROM plain WHERE v > 0 EMIT CHANGES;
CREATE STREAM joined AS SELECT p.id, v, z FROM plain p JOIN other o WITHIN 1 HOUR ON p.id = o.id;
INSERT INTO copied WITH (query_id='mine') SELECT id, v AS "v one", w FROM plain;
INSERT INTO plain VALUES ('a', 1, 'x'); INSERT INTO plain VALUES ('b', 2, 'quote " back \ tab	 é');
wait counts ["b",1
wait windowed "b"
LIST STREAMS;
SHOW STREAMS EXTENDED;
SHOW TABLES;
LIST TABLES EXTENDED;
SHOW QUERIES;
SHOW QUERIES EXTENDED;
SHOW TOPICS;
SHOW ALL TOPICS;
LIST TOPICS EXTENDED;
DESCRIBE s;
DESCRIBE hs;
DESCRIBE plain;
DESCRIBE plain EXTENDED;
DESCRIBE t EXTENDED;
DESCRIBE counts EXTENDED;
DESCRIBE windowed;
DESCRIBE sessions EXTENDED;
DESCRIBE copied EXTENDED;
DESCRIBE st;
DESCRIBE STREAMS;
DESCRIBE TABLES EXTENDED;
DESCRIBE FUNCTION substring;
DESCRIBE FUNCTION explode;
DESCRIBE FUNCTION topkdistinct;
DESCRIBE FUNCTION concat_ws;
DESCRIBE FUNCTION transform;
DESCRIBE FUNCTION nothing_like_it;
SHOW FUNCTIONS;
SHOW PROPERTIES;
SET 'auto.offset.reset'='earliest'; SHOW PROPERTIES;
SET 'ksql.streams.batch.size'='1';
SET 'nonsense'='1';
UNSET 'auto.offset.reset';
DEFINE one = 'uno'; DEFINE two = 'say "2"'; SHOW VARIABLES; UNDEFINE one; SHOW VARIABLES; UNDEFINE one;
SHOW VARIABLES;
EXPLAIN CTAS_COUNTS_10;
EXPLAIN CTAS_WINDOWED_12;
EXPLAIN MINE;
EXPLAIN CSAS_JOINED_15;
EXPLAIN nothing;
EXPLAIN SELECT id, v, CAST(v AS DECIMAL(5, 1)) AS c, STRUCT(a := v, b := w) AS st FROM plain WHERE v > 1 EMIT CHANGES;
EXPLAIN SELECT id, COUNT(*) FROM plain WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 10 MINUTES) GROUP BY id EMIT CHANGES;
EXPLAIN CREATE STREAM e AS SELECT * FROM plain;
EXPLAIN SHOW STREAMS;
ASSERT TOPIC plain WITH (partitions=1) TIMEOUT 1 SECONDS;
ASSERT NOT EXISTS TOPIC nothing TIMEOUT 1 SECONDS;
ASSERT TOPIC nothing TIMEOUT 0 SECONDS;
ASSERT SCHEMA SUBJECT x TIMEOUT 0 SECONDS;
SHOW CONNECTORS;
CREATE SOURCE CONNECTOR c WITH ('connector.class'='x');
PAUSE MINE;
SHOW QUERIES;
RESUME MINE;
PAUSE ALL;
DESCRIBE copied EXTENDED;
EXPLAIN MINE;
RESUME ALL;
CREATE OR REPLACE STREAM copied AS SELECT id, v + 1 AS "v one", UCASE(w) AS w FROM plain WHERE v > 5 EMIT CHANGES;
TERMINATE MINE;
TERMINATE nothing;
CREATE OR REPLACE STREAM copied AS SELECT id, v + 1 AS "v one", UCASE(w) AS w FROM plain WHERE v > 5 EMIT CHANGES;
ALTER STREAM plain ADD COLUMN extra DOUBLE;
ALTER TABLE t ADD COLUMN extra STRUCT<a INT>;
ALTER STREAM copied ADD COLUMN x INT;
ALTER SYSTEM 'ksql.streams.auto.offset.reset'='earliest';
ALTER SYSTEM 'ksql.streams.batch.size'='5';
ALTER SYSTEM 'nonsense'='5';
CREATE STREAM broken AS SELECT nothing FROM plain;
CREATE STREAM broken AS SELECT * FROM nowhere;
CREATE STREAM broken AS SELECT id, v FROM plain WHERE w;
CREATE STREAM broken AS SELECT id, v AS id FROM plain;
CREATE STREAM broken AS SELECT id, v + w FROM plain;
CREATE STREAM broken AS SELECT id, v AND w AS z FROM plain;
CREATE STREAM broken AS SELECT id, CAST(v AS ARRAY<INT>) AS z FROM plain;
CREATE STREAM broken AS SELECT id, v FROM plain WHERE v AND true;
CREATE STREAM broken AS SELECT id, v FROM plain WHERE v = 'x';
CREATE STREAM broken AS SELECT id, v FROM plain WHERE v IN ('x', ARRAY[1]);
CREATE STREAM broken AS SELECT id, COUNT(*) FROM plain GROUP BY id;
CREATE TABLE broken AS SELECT id, v FROM plain;
CREATE TABLE broken AS SELECT id, COUNT(*) AS n FROM plain GROUP BY id HAVING COUNT(*) + 'a' > 1;
CREATE TABLE broken AS SELECT id, COUNT(*) AS n FROM plain GROUP BY id HAVING nothing > 1;
CREATE STREAM broken WITH (timestamp='1 + 1') AS SELECT id, v FROM plain;
CREATE STREAM broken WITH (value_format='nonsense') AS SELECT id, v FROM plain;
CREATE STREAM broken WITH (wrap_single_value='x') AS SELECT id, v FROM plain;
CREATE STREAM broken WITH (nonsense='x') AS SELECT id, v FROM plain;
CREATE STREAM broken AS SELECT p.id, q.v FROM plain p JOIN other o WITHIN 1 HOUR ON p.id = o.id;
CREATE STREAM broken AS SELECT id FROM plain p JOIN other o WITHIN 1 HOUR ON p.id = o.id;
CREATE STREAM broken AS SELECT TRANSFORM(ARRAY[1], v => v + 1) AS x FROM plain;
CREATE STREAM broken AS SELECT REDUCE(ARRAY[1], 0, (a, a) => a) AS x FROM plain;
CREATE STREAM broken AS SELECT id FROM plain GROUP BY id PARTITION BY id;
CREATE STREAM broken AS SELECT x.* FROM plain;
CREATE STREAM broken (id INT PRIMARY KEY) WITH (kafka_topic='plain', value_format='JSON');
CREATE STREAM broken (id INT KEY, id INT) WITH (kafka_topic='plain', value_format='JSON');
CREATE STREAM broken (id INT KEY) WITH (kafka_topic='absent', value_format='JSON');
INSERT INTO nowhere SELECT * FROM plain;
INSERT INTO t SELECT * FROM plain;
INSERT INTO copied SELECT id FROM plain;
INSERT INTO nowhere VALUES (1);
INSERT INTO plain (id, v) VALUES ('a');
INSERT INTO plain (id, v) VALUES ('a', 'b');
INSERT INTO plain (id, v) VALUES ('a', x.y);
INSERT INTO plain (id, v) VALUES ('a', 1 AND true);
SELECT * FROM plain EMIT CHANGES;
PRINT plain;
SHOW STREAMS; SELEC 1;
DROP STREAM plain;
DROP STREAM t;
DROP STREAM nothing;
DROP STREAM IF EXISTS nothing;
DROP TYPE address;
DROP TYPE address;
DROP TYPE IF EXISTS address;
DROP STREAM hs DELETE TOPIC;
TERMINATE ALL;
SHOW QUERIES;
DROP TABLE sessions;
SHOW TABLES;
'''

# Queries that are refused, and how.
WRONG = r'''
SELECT nothing FROM counts;
SELECT * FROM nowhere;
SELECT * FROM plain WHERE v;
SELECT * FROM counts WHERE n;
SELECT * FROM counts WHERE n AND true;
SELECT * FROM counts WHERE n = 'x';
SELECT * FROM counts WHERE nothing = 1;
SELECT * FROM counts WHERE id = 1;
SELECT * FROM counts WHERE id IN ('a', ARRAY[1]);
SELECT * FROM counts WHERE id BETWEEN 1 AND 'b';
SELECT id, n AND true AS x FROM counts WHERE id = 'a';
SELECT *, id FROM counts WHERE id = 'a';
SELECT id, n + 'x' AS x FROM counts WHERE id = 'a';
SELECT id FROM counts WHERE id = null;
SELECT x.id FROM counts WHERE id = 'a';
SELECT id FROM counts WHERE x.id = 'a';
SELECT id, COUNT(*) FROM counts GROUP BY id;
SELECT ROWOFFSET FROM counts;
SELECT * FROM counts WHERE ROWPARTITION = 1;
SELECT * FROM counts WHERE id = 'a' LIMIT -1;
SELECT * FROM t WHERE id = 'a';
SELECT * FROM plain WHERE v AND true EMIT CHANGES;
SELECT * FROM plain WHERE v = 'x' EMIT CHANGES;
SELECT v AND true AS x FROM plain EMIT CHANGES;
SELECT * FROM counts; SELECT * FROM counts;
SHOW STREAMS;
PRINT nothing;
PRINT plain INTERVAL 0;
SELECT * FROM counts WHERE id = 'a'
SELEC 1;
'''

# Lists that grow with every setting and function: these entries, and what stands around them.
KEPT = ('"name":"ksql.service.id"', '"name":"ksql.streams.auto.offset.reset"', '"name":"ksql.schema.registry.url"',
        '"name":"weir.data.dir"', '"name":"ABS"', '"name":"EXPLODE"', '"name":"TOPK"')


def thin(text):
    if '"@type":"properties"' not in text and '"@type":"function_names"' not in text:
        return text
    head, tail = text[:text.index('[{"name"') + 1], text[text.rindex('}]'):]
    if '"defaultProperties"' in text:
        head, tail = head, ''
    items = re.findall(r'\{"name":"[^}]*\}', text)
    return head + ','.join(x for x in items if any(k in x for k in KEPT)) + tail


def steady(text, folder):
    """Without what differs from run to run."""
    text = text.replace(folder, 'FOLDER')
    text = re.sub(r'"timestamp":"\d{4}-[^"]*"', '"timestamp":"TIME"', text)
    text = re.sub(r'(last-(?:message|failed): )\d{4}-[-0-9T:.Z]*', r'\1TIME', text)
    text = re.sub(r'("name":"[a-z-]*per-sec","host":"[^"]*","value":)[0-9.e-]*', r'\1RATE', text)
    text = re.sub(r'(messages-per-sec: *)[0-9.]*', r'\1RATE', text)
    text = re.sub(r'"(timestamp|lastStatusUpdateMs|updateTimeMs)":\d{13}', r'"\1":TIME', text)
    return re.sub(r'"stateSinceMs":\d+', '"stateSinceMs":TIME', text)


def settle(s):
    """Until all that was read is committed, so that positions are the same each time."""
    deadline = time.time() + 20
    while True:
        text = s.request('POST', '/ksql', {'ksql': 'SHOW STREAMS EXTENDED; SHOW TABLES EXTENDED;'})[1]
        pairs = re.findall(r'"logEndOffset":(\d+),"consumerOffset":(-?\d+)', text)
        if pairs and all(a == b for a, b in pairs):
            return
        assert time.time() < deadline, text
        time.sleep(0.05)


def answers(s, whole=False):
    """The script's requests and what came back, two lines each."""
    lines = []

    def note(asked, r, text):
        text = steady(text, s.folder)
        lines.append(f'{asked}\n{r.status} {text if whole else thin(text)}\n')

    def wrong():
        for sql in WRONG.strip().split('\n'):
            r, text = s.request('POST', '/query', {'ksql': sql})
            note('/query ' + sql, r, text)
            if sql.startswith('PRINT'):  # the two endpoints do not say the same
                r, text = s.request('POST', '/query-stream', {'sql': sql})
                note('/query-stream ' + sql, r, text)

    for sql in SCRIPT.strip().split('\n'):
        if sql.startswith('wait '):
            _, name, text = sql.split(' ', 2)
            s.eventually(f'SELECT * FROM {name};', text)
            settle(s)
            continue
        if sql.startswith('PAUSE MINE'):
            wrong()
        r, text = s.request('POST', '/ksql', {'ksql': sql, 'streamsProperties': {
            'auto.offset.reset': 'earliest'} if 'CREATE T' in sql else {}})
        note(sql, r, text)
    for path in '/status', '/status/stream/%60COPIED%60/create', '/clusterStatus':
        r, text = s.request('GET', path)
        note(path, r, text)
    c, head = push(s, 'SELECT * FROM plain EMIT CHANGES;')
    query_id = json.loads(head.rstrip(b',\n')[1:])['header']['queryId']
    r, text = s.request('POST', '/ksql', {'ksql': f'TERMINATE {query_id};'})
    note('TERMINATE PUSH;', r, re.sub(query_id, 'PUSH', text, flags=re.I))
    c.close()
    return ''.join(lines)


@test
def entities_are_what_they_were(s):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'entities.expected')) as f:
        want = f.read().split('\n')
    got = answers(s).split('\n')
    for i, (a, b) in enumerate(zip(want, got)):
        assert a == b, f'{want[i - 1]}\n  recorded {a}\n  now      {b}'
    assert len(want) == len(got)


entities_are_what_they_were.settings = SETTINGS


def main():
    s = Server(sys.argv[1], None, *SETTINGS)
    try:
        sys.stdout.write(answers(s, whole=len(sys.argv) > 2))
        s.stop()
    finally:
        shutil.rmtree(s.folder, ignore_errors=True)


if __name__ == '__main__':
    main()
