"""Restarts and topics that change, case by case: what was made stays what it is, and what cannot go on says why."""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'rest'))
from harness import Server, read_until, push  # noqa: E402
from kafka_admin import Admin, delete_before  # noqa: E402

CASES = []
EARLIEST = 'ksql.streams.auto.offset.reset=earliest'
QUICK = 'ksql.streams.commit.interval.ms=50'


def case(f):
    CASES.append(f)
    return f


def wait(what, condition, seconds=20):
    end = time.time() + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.time() < end, f'{what}: not within {seconds} s'
        time.sleep(0.02)


class World:
    """A data folder and the servers that run on it, one after the other."""

    def __init__(self, weir, *settings):
        self.weir, self.settings = weir, (EARLIEST, QUICK, *settings)
        self.folder = tempfile.mkdtemp(prefix='weir-restart-')
        self.s = Server(weir, self.folder, *self.settings)

    def again(self, *settings, how=signal.SIGTERM, instead=None):
        self.s.stop(how)
        self.s = Server(self.weir, self.folder, *(self.settings if instead is None else instead), *settings)
        return self.s

    def close(self):
        self.s.stop()
        subprocess.run(['rm', '-rf', self.folder], check=True)

    def rows(self, sql):
        _, text = self.s.query(sql)
        return [r['row']['columns'] for r in json.loads(text) if 'row' in r]

    def names(self):
        out = self.s.ksql('LIST STREAMS; LIST TABLES;')
        return sorted(x['name'] for x in out[0]['streams'] + out[1]['tables'])

    def queries(self):
        return {q['id']: q for q in self.s.ksql('SHOW QUERIES;')[0]['queries']}

    def state(self, query):
        return self.queries()[query]['state']

    def caught_up(self, query):
        """Every input of the query is committed to its end."""
        tasks = self.s.ksql(f'EXPLAIN {query};')[0]['queryDescription']['tasksMetadata']
        offsets = [o for t in tasks for o in t['topicOffsets']]
        return offsets and all(o['endOffset'] == o['committedOffset'] for o in offsets)

    def settle(self):
        for q, info in self.queries().items():
            if info['state'] == 'RUNNING':
                wait(f'{q} catches up', lambda: self.caught_up(q))


# ---- what was kept stays what it is

@case
def a_topic_made_again_keeps_its_rows(weir):
    w = World(weir)
    make = "CREATE STREAM x (v INT) WITH (kafka_topic='xt', value_format='JSON', partitions=1);"
    w.s.ksql(make + 'DROP STREAM x DELETE TOPIC;' + make + 'INSERT INTO x VALUES (1);'
             'CREATE STREAM y AS SELECT * FROM x; DROP STREAM y DELETE TOPIC; CREATE STREAM y AS SELECT * FROM x;')
    wait('the sink is filled', lambda: w.rows('SELECT * FROM y;') == [[1]])
    for how in (signal.SIGTERM, signal.SIGKILL):
        w.again(how=how)
        assert w.rows('SELECT * FROM x;') == [[1]]
        assert w.rows('SELECT * FROM y;') == [[1]]
    w.close()


@case
def a_terminated_query_never_runs_again(weir):
    w = World(weir)
    w.s.ksql("CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
             "CREATE STREAM c AS SELECT * FROM s; TERMINATE ALL;")
    a = Admin(w.s)
    a.produce('s', [(0, None, json.dumps({'V': i})) for i in range(20000)])
    before = a.offsets(['C'])
    a.close()
    for _ in range(3):
        w.again()
        assert w.queries() == {}
        time.sleep(0.2)
        a = Admin(w.s)
        assert a.offsets(['C']) == before
        a.close()
    w.close()


@case
def no_row_of_a_replaced_plan_after_a_kill(weir):
    w = World(weir, 'ksql.streams.processing.guarantee=exactly_once_v2')
    w.s.ksql("CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
             "CREATE STREAM c AS SELECT * FROM s WHERE v >= 0;")
    a = Admin(w.s)
    w.s.ksql('CREATE OR REPLACE STREAM c AS SELECT * FROM s WHERE v < 0;')
    w.again(how=signal.SIGKILL)
    a = Admin(w.s)
    a.produce('s', [(0, None, json.dumps({'V': i})) for i in range(1000)] + [(0, None, '{"V":-1}')])
    wait('the new plan runs', lambda: w.rows('SELECT * FROM c;') == [[-1]])
    a.close()
    w.close()


@case
def one_more_partition_keeps_the_catalog(weir):
    w = World(weir)
    w.s.ksql("CREATE STREAM ps (k VARCHAR KEY, v INT) WITH (kafka_topic='p', value_format='JSON', partitions=1);"
             "CREATE STREAM pf AS SELECT * FROM ps WHERE v >= 0;"
             "CREATE TABLE pc AS SELECT k, COUNT(*) n FROM ps GROUP BY k;"
             "CREATE TABLE pd AS SELECT k, COUNT(*) n FROM pf GROUP BY k;"
             "INSERT INTO ps VALUES ('k0', 0);")
    wait('counted', lambda: w.rows('SELECT * FROM pc;') == [['k0', 1]] == w.rows('SELECT * FROM pd;'))
    names, queries = w.names(), set(w.queries())
    a = Admin(w.s)
    a.grow('p', 2)
    a.grow('PF', 3)
    a.close()
    for how in (signal.SIGTERM, signal.SIGKILL):
        w.again(how=how)
        assert w.names() == names and set(w.queries()) == queries
        assert w.rows('SELECT * FROM pc;') == [['k0', 1]] == w.rows('SELECT * FROM pd;')
        q = wait('the reason is told', lambda: {i: x for i, x in w.queries().items() if x['state'] == 'ERROR'})
        assert all('partitions' in x['stateReason'] for x in q.values()), q
        assert w.state('CSAS_PF_2') == 'RUNNING'
    w.close()


@case
def settings_of_today_do_not_change_what_was_made(weir):
    w = World(weir, 'ksql.persistence.default.format.value=JSON', 'ksql.output.topic.name.prefix=p1_')
    w.s.ksql("CREATE STREAM a (k VARCHAR KEY, v INT) WITH (kafka_topic='a', partitions=1);"
             "CREATE TABLE b AS SELECT k, COUNT(*) n FROM a GROUP BY k;"
             "CREATE STREAM w AS SELECT k, v FROM a;"
             "CREATE STREAM l AS SELECT k, TRANSFORM(ARRAY[v], x => x + 1) AS xs FROM a;"
             "CREATE TABLE f AS SELECT k, COUNT(*) n FROM a WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k EMIT FINAL;"
             "CREATE STREAM h (v INT, hs ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) WITH (kafka_topic='a');"
             "CREATE SOURCE TABLE t (k VARCHAR PRIMARY KEY, v INT) WITH (kafka_topic='a');"
             "INSERT INTO a VALUES ('x', 1);")
    wait('counted', lambda: w.rows('SELECT * FROM b;') == [['x', 1]])
    names = w.names()
    shown = {n: w.s.ksql(f'DESCRIBE {n};')[0]['sourceDescription'] for n in names}
    other = ('ksql.persistence.default.format.value=DELIMITED', 'ksql.persistence.default.format.key=JSON',
             'ksql.persistence.wrap.single.values=false', 'ksql.output.topic.name.prefix=p2_',
             'ksql.lambdas.enabled=false', 'ksql.suppress.enabled=false', 'ksql.headers.columns.enabled=false',
             'ksql.source.table.materialization.enabled=false')
    for settings in ((), other, ()):
        w.again(instead=(EARLIEST, QUICK, *settings))
        assert w.names() == names
        for n in names:
            now = w.s.ksql(f'DESCRIBE {n};')[0]['sourceDescription']
            for field in ('fields', 'topic', 'keyFormat', 'valueFormat', 'partitions', 'windowType', 'statement'):
                assert now[field] == shown[n][field], (n, field, now[field], shown[n][field])
        assert all(x['state'] in ('RUNNING', 'RESTORING') for x in w.queries().values()), w.queries()
    w.again(instead=(EARLIEST, QUICK, *other))
    w.s.ksql("INSERT INTO a (k, v) VALUES ('x', 3);")
    wait('counted on', lambda: w.rows('SELECT * FROM b;') == [['x', 2]])
    wait('lambdas go on', lambda: [x for x in w.rows('SELECT * FROM l;')] == [['x', [2]], ['x', [4]]])
    a = Admin(w.s)
    assert [r[1:] for r in a.read('a')] == [(b'x', b'{"V":1}'), (b'x', b'{"V":3}')], a.read('a')
    a.close()
    w.close()


@case
def a_topic_that_a_client_deleted_does_not_come_back(weir):
    w = World(weir)
    w.s.ksql("CREATE STREAM s (v INT) WITH (kafka_topic='gone', value_format='JSON', partitions=1);"
             "CREATE STREAM c AS SELECT * FROM s; DROP STREAM c; DROP STREAM s;")
    a = Admin(w.s)
    a.delete('gone')
    a.delete('C')
    a.close()
    w.again()
    a = Admin(w.s)
    assert a.topics() == set(), a.topics()
    a.close()
    w.close()


@case
def paused_until_resumed(weir):
    w = World(weir)
    w.s.ksql("CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
             "CREATE STREAM c AS SELECT * FROM s; PAUSE ALL;")
    a = Admin(w.s)
    a.produce('s', [(0, None, json.dumps({'V': i})) for i in range(10000)])
    a.close()
    for _ in range(2):
        w.again()
        assert w.state('CSAS_C_2') == 'PAUSED'
        w.s.ksql("ALTER SYSTEM 'commit.interval.ms'='20';")
        time.sleep(0.2)
        assert w.state('CSAS_C_2') == 'PAUSED'
        assert w.rows('SELECT * FROM c;') == []
    w.s.ksql('RESUME CSAS_C_2;')
    wait('all rows', lambda: len(w.rows('SELECT * FROM c;')) == 10000)
    w.close()


@case
def an_emptied_catalog_starts_as_an_empty_one(weir):
    w = World(weir)
    w.s.ksql("CREATE STREAM s (k VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);")
    for _ in range(30):
        w.s.ksql('CREATE TABLE t AS SELECT k, COUNT(*) n FROM s GROUP BY k; DROP TABLE t DELETE TOPIC;')
    w.s.ksql('DROP STREAM s DELETE TOPIC;')
    w.again()
    w.s.stop()
    db = sqlite3.connect(f'{w.folder}/meta.sqlite')
    rows = db.execute('SELECT kind, name FROM kept').fetchall()
    topics = db.execute('SELECT name FROM topics').fetchall()
    offsets = db.execute('SELECT * FROM group_offsets').fetchall()
    db.close()
    w.s = Server(w.weir, w.folder, *w.settings)
    assert rows == [('seq', '')], rows
    assert topics == [] and offsets == [], (topics, offsets)
    w.close()


@case
def a_replacement_that_fails_leaves_the_query_alone(weir):
    w = World(weir)
    w.s.ksql("CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
             "CREATE STREAM c AS SELECT * FROM s; INSERT INTO s VALUES (1);")
    wait('first row', lambda: w.rows('SELECT * FROM c;') == [[1]])
    a = Admin(w.s)
    a.delete('s')
    wait('told', lambda: w.state('CSAS_C_2') == 'ERROR')
    w.s.request('POST', '/ksql', {'ksql': 'CREATE OR REPLACE STREAM c AS SELECT * FROM s WHERE v > 0;'})
    w.s.ksql("ALTER SYSTEM 'commit.interval.ms'='20';")
    assert w.state('CSAS_C_2') == 'ERROR'
    a.create('s', 1)
    a.produce('s', [(0, None, '{"V":2}')])
    wait('it goes on', lambda: w.rows('SELECT * FROM c;') == [[1], [2]])
    assert w.state('CSAS_C_2') == 'RUNNING'
    a.close()
    w.close()


@case
def a_folder_of_the_first_version_opens(weir):
    w = World.__new__(World)
    w.weir, w.settings = weir, (EARLIEST, QUICK, 'weir.log.retention.ms=-1')
    w.folder = tempfile.mkdtemp(prefix='weir-restart-')
    with tarfile.open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'folders', '0.1.0.tar.gz')) as t:
        t.extractall(w.folder)
    w.s = Server(weir, w.folder, *w.settings)
    for _ in range(2):
        assert w.names() == ['ALLOF', 'BIG', 'DROPPED', 'ENRICHED', 'ITEMS', 'ITEMS_READ', 'LATE', 'ORDERS',
                             'PER_HOUR', 'PER_ITEM', 'STOPPED']
        assert sorted(w.rows('SELECT * FROM per_item;')) == [['beam', 1, 25], ['bolt', 1, 15], ['nut', 2, 55]]
        assert sorted(w.rows('SELECT item, n FROM per_hour;')) == [['beam', 1], ['bolt', 1], ['nut', 2]]
        assert sorted(w.rows('SELECT * FROM items_read;')) == [['beam', 'large'], ['bolt', 'small'], ['nut', 'small']]
        assert w.rows('SELECT * FROM dropped;') == [[1, 2]]
        assert len(w.rows('SELECT * FROM stopped;')) == 4
        states = {i: q['state'] for i, q in w.queries().items()}
        assert states.pop('CSAS_LATE_19') == 'PAUSED' and set(states.values()) <= {'RUNNING', 'RESTORING'}, states
        assert w.s.ksql('SHOW TYPES;')[0]['types'].keys() == {'ADDRESS'}
        w.again()
    w.s.ksql("INSERT INTO orders VALUES ('o5', 'nut', 1, 1.00, NULL);")
    wait('counted on', lambda: ['nut', 3, 56] in w.rows('SELECT * FROM per_item;'))
    made = w.s.ksql('CREATE STREAM more AS SELECT * FROM orders;')[0]['commandStatus']['queryId']
    assert made == 'CSAS_MORE_22', made
    w.close()


@case
def a_start_with_queries_paused(weir):
    w = World(weir)
    w.s.ksql("CREATE STREAM s (v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
             "CREATE STREAM c AS SELECT * FROM s;")
    w.again('weir.queries.start=paused')
    w.s.ksql('INSERT INTO s VALUES (1); CREATE STREAM d AS SELECT * FROM s;')
    wait('a new query runs', lambda: w.rows('SELECT * FROM d;') == [[1]])
    assert w.state('CSAS_C_2') == 'PAUSED' and w.rows('SELECT * FROM c;') == []
    w.s.ksql('RESUME CSAS_C_2;')
    wait('it runs on', lambda: w.rows('SELECT * FROM c;') == [[1]])
    w.again()
    assert w.state('CSAS_C_2') in ('RUNNING', 'RESTORING')
    w.close()


# ---- topics that change under queries

@case
def new_partitions_are_read(weir):
    w = World(weir)
    a = Admin(w.s)
    a.create('p', 1)
    w.s.ksql("CREATE STREAM ps (k VARCHAR KEY, v INT) WITH (kafka_topic='p', value_format='JSON');"
             "CREATE STREAM pf AS SELECT * FROM ps;"
             "CREATE TABLE pg AS SELECT v, COUNT(*) n FROM ps GROUP BY v;")
    reader, _ = push(w.s, 'SELECT * FROM ps EMIT CHANGES;')
    a.grow('p', 3)
    a.produce('p', [(i % 3, f'k{i}', json.dumps({'V': i % 2})) for i in range(30)])
    wait('all rows', lambda: len(w.rows('SELECT * FROM pf;')) == 30)
    wait('counted behind a repartition', lambda: sorted(w.rows('SELECT * FROM pg;')) == [[0, 15], [1, 15]])
    seen = b''
    while seen.count(b'"row"') < 30:
        seen += read_until(reader, b'\n')
    reader.close()
    w.again()
    a.close()
    a = Admin(w.s)
    a.produce('p', [(i, f'n{i}', '{"V":7}') for i in range(3)])
    wait('and after a restart', lambda: len(w.rows('SELECT * FROM pf;')) == 33)
    a.close()
    w.close()


@case
def state_that_no_longer_fits_is_an_error_with_the_reason(weir):
    w = World(weir)
    a = Admin(w.s)
    w.s.ksql("CREATE STREAM l (k VARCHAR KEY, v INT) WITH (kafka_topic='l', value_format='JSON', partitions=1);"
             "CREATE TABLE r (k VARCHAR PRIMARY KEY, v INT) WITH (kafka_topic='r', value_format='JSON', partitions=1);"
             "CREATE TABLE t AS SELECT k, COUNT(*) n FROM l GROUP BY k;"
             "CREATE STREAM j AS SELECT l.k, l.v, r.v AS rv FROM l JOIN r ON l.k = r.k;"
             "INSERT INTO r VALUES ('a', 9); INSERT INTO l VALUES ('a', 1);")
    wait('both run', lambda: w.rows('SELECT * FROM t;') == [['a', 1]] and w.rows('SELECT * FROM j;') == [['a', 1, 9]])
    a.grow('l', 2)
    for q in ('CTAS_T_3', 'CSAS_J_4'):
        info = wait(q, lambda: w.queries()[q] if w.state(q) == 'ERROR' else None)
        assert 'Topic l has 2 partitions' in info['stateReason'] and info['stateSinceMs'] > 0, info
    assert w.rows('SELECT * FROM t;') == [['a', 1]]  # what was counted can be read
    health = json.loads(w.s.request('GET', '/healthcheck')[1])
    assert {f['id'] for f in health['details']['queries']['failed']} == {'CTAS_T_3', 'CSAS_J_4'}
    a.delete('l')
    a.create('l', 1)
    a.produce('l', [(0, 'a', '{"V":2}')])
    wait('it fits again', lambda: w.rows('SELECT * FROM t;') == [['a', 2]])
    wait('the join, too', lambda: ['a', 2, 9] in w.rows('SELECT * FROM j;'))
    a.close()
    w.close()


@case
def records_deleted_before_they_were_read_take_nothing_back(weir):
    w = World(weir, 'ksql.streams.commit.interval.ms=60000')
    w.s.ksql("CREATE STREAM s (k VARCHAR KEY, v VARCHAR) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
             "CREATE TABLE a AS SELECT k, COUNT(*) c FROM s GROUP BY k;")
    admin = Admin(w.s)
    admin.produce('s', [(0, 'k', '{"V":"x"}')] * 10)
    wait('counted', lambda: w.rows('SELECT * FROM a;') == [['k', 10]])
    w.s.ksql('PAUSE CTAS_A_2;')
    admin.produce('s', [(0, 'k', '{"V":"x"}')] * 10)
    delete_before(w.s, 's', 0, 15)
    w.s.ksql('RESUME CTAS_A_2;')
    wait('what was counted and what is left', lambda: w.rows('SELECT * FROM a;') == [['k', 15]])
    metrics = w.s.request('GET', '/metrics')[1]
    assert 'weir_query_records_missed_total{query="CTAS_A_2"} 5' in metrics
    w.again(how=signal.SIGKILL)
    assert w.rows('SELECT * FROM a;')[0][1] in (10, 15)  # from the commit that PAUSE made
    wait('again', lambda: w.rows('SELECT * FROM a;') == [['k', 15]])
    admin.close()
    w.close()


@case
def an_insert_into_a_deleted_topic_says_what_to_do(weir):
    w = World(weir)
    w.s.ksql("CREATE STREAM s (v INT) WITH (kafka_topic='lost', value_format='JSON', partitions=1);")
    a = Admin(w.s)
    a.delete('lost')
    a.close()
    out = w.s.ksql('INSERT INTO s VALUES (1);', status=400)
    for word in ('lost', 'stream S', 'does not exist', 'PARTITIONS'):
        assert word in out['message'], out
    w.close()


@case
def a_topic_deleted_and_made_again_is_read_from_its_beginning(weir):
    w = World(weir)
    w.s.ksql("CREATE STREAM s (k VARCHAR KEY, v INT) WITH (kafka_topic='s', value_format='JSON', partitions=1);"
             "CREATE STREAM c AS SELECT * FROM s; CREATE TABLE t AS SELECT k, COUNT(*) n FROM s GROUP BY k;")
    a = Admin(w.s)
    a.produce('s', [(0, 'k', '{"V":%d}' % i) for i in range(5)])
    wait('five', lambda: w.rows('SELECT * FROM t;') == [['k', 5]] and len(w.rows('SELECT * FROM c;')) == 5)
    for n in (1, 2):
        a.delete('s')
        wait('told', lambda: w.state('CTAS_T_3') == 'ERROR')
        assert w.rows('SELECT * FROM t;') == [['k', 4 + n]]
        if n == 2:
            w.again()
            wait('told after a restart', lambda: w.state('CTAS_T_3') == 'ERROR')
            a.close()
            a = Admin(w.s)
        a.create('s', 1)
        a.produce('s', [(0, 'k', '{"V":9}')])
        wait('it goes on', lambda: w.rows('SELECT * FROM t;') == [['k', 5 + n]] and
             len(w.rows('SELECT * FROM c;')) == 5 + n)
        assert w.state('CTAS_T_3') == 'RUNNING'
    a.close()
    w.close()
