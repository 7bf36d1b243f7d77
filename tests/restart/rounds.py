"""Random statements, inserts and admin changes; then a stop of either kind and a start, with other settings: all that can
be seen from outside is as it was."""
import json
import random
import signal
import time

from cases import EARLIEST, QUICK, World, wait
from kafka_admin import Admin

SETTINGS = ['ksql.persistence.default.format.value=DELIMITED', 'ksql.persistence.default.format.key=JSON',
            'ksql.output.topic.name.prefix=p_', 'ksql.lambdas.enabled=false', 'ksql.suppress.enabled=false',
            'ksql.headers.columns.enabled=false', 'ksql.persistence.wrap.single.values=false']
DESCRIBED = ('name', 'fields', 'topic', 'keyFormat', 'valueFormat', 'windowType', 'statement', 'type', 'timestamp',
             'partitions', 'sourceConstraints')


class Round:
    def __init__(self, w, rng):
        self.w, self.rng, self.said = w, rng, []
        self.next = 0
        self.admin = None

    def fresh(self, prefix):
        self.next += 1
        return f'{prefix}{self.next}'

    def some(self, kind):
        """A source of the kind ('streams', 'tables'), or None."""
        out = self.w.s.ksql('LIST STREAMS; LIST TABLES;')
        all_ = [x['name'] for o in out if kind in o for x in o[kind] if not x['isWindowed']]
        return self.rng.choice(all_) if all_ else None

    def query(self):
        ids = sorted(self.w.queries())
        return self.rng.choice(ids) if ids else None

    def statement(self):
        rng = self.rng
        s, t, q, n = self.some('streams'), self.some('tables'), self.query(), self.fresh
        columns = 'k VARCHAR KEY, v INT, s VARCHAR'
        key = columns.replace('KEY', 'PRIMARY KEY')
        value = rng.choice(['JSON', 'JSON', 'DELIMITED'])
        make = [
            lambda: f"CREATE STREAM {n('S')} ({columns}) WITH (kafka_topic='{n('t')}', value_format='{value}', "
                    f"partitions={rng.randint(1, 3)});",
            lambda: f"CREATE TABLE {n('T')} ({key}) WITH (kafka_topic='{n('t')}', value_format='JSON', "
                    f"partitions={rng.randint(1, 2)});",
            lambda: f"CREATE TYPE {n('Y')} AS STRUCT<A INT, B ARRAY<STRING>>;",
            lambda: f"DROP TYPE Y{rng.randint(1, 9)};",
        ]
        if s:
            make += [
                lambda: f"CREATE STREAM {n('C')} AS SELECT * FROM {s} WHERE v > {rng.randint(0, 5)} EMIT CHANGES;",
                lambda: f"CREATE STREAM {n('C')} AS SELECT k, v, s, TRANSFORM(ARRAY[v], x => x + 1) AS xs FROM {s};",
                lambda: f"CREATE TABLE {n('G')} AS SELECT k, COUNT(*) AS v, MAX(s) AS s FROM {s} GROUP BY k;",
                lambda: f"CREATE TABLE {n('G')} AS SELECT v, COUNT(*) AS n FROM {s} GROUP BY v;",
                lambda: f"CREATE TABLE {n('W')} AS SELECT k, SUM(v) AS v FROM {s} WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k;",
                lambda: f"CREATE STREAM {n('P')} AS SELECT s, k AS v2, v FROM {s} PARTITION BY s;",
                lambda: f"ALTER STREAM {s} ADD COLUMN {n('x')} INT;",
                lambda: f"DROP STREAM {s}{rng.choice(['', ' DELETE TOPIC'])};",
                lambda: f"SET 'auto.offset.reset'='latest'; CREATE STREAM {n('L')} AS SELECT * FROM {s};",
            ]
            if s.startswith('C'):
                make.append(lambda: f"CREATE OR REPLACE STREAM {s} AS SELECT * FROM "
                                    f"{self.source_of(s) or s} WHERE v > {rng.randint(0, 5)};")
            other = self.some('streams')
            read = self.w.s.ksql(f'DESCRIBE {s};')[0]['sourceDescription']['readQueries']
            if other != s and not read:  # no circles: they never come to rest
                make.append(lambda: f"INSERT INTO {s} SELECT * FROM {other};")
        if s and t:
            make.append(lambda: f"CREATE STREAM {n('J')} AS SELECT a.k, a.v, b.v AS w FROM {s} a LEFT JOIN {t} b ON a.k = b.k;")
        if t:
            make += [lambda: f"DROP TABLE {t}{rng.choice(['', ' DELETE TOPIC'])};",
                     lambda: f"CREATE TABLE {n('F')} AS SELECT * FROM {t} WHERE v > 1;"]
        if q:
            make += [lambda: f'PAUSE {q};', lambda: f'RESUME {q};', lambda: f'TERMINATE {q};']
        make.append(lambda: f"ALTER SYSTEM 'commit.interval.ms'='{rng.choice([20, 50, 100])}';")
        return rng.choice(make)()

    def source_of(self, sink):
        for info in self.w.queries().values():
            if sink in info['sinks']:
                words = info['queryString'].split()
                return words[words.index('FROM') + 1].strip(';') if 'FROM' in words else None
        return None

    def insert(self):
        rng, target = self.rng, self.some(self.rng.choice(['streams', 'tables']))
        if target is None:
            return None
        rows = ''.join(f"INSERT INTO {target} (k, v, s) VALUES ('k{rng.randint(0, 5)}', {rng.randint(0, 9)}, "
                       f"'{rng.choice('abc')}');" for _ in range(rng.randint(1, 20)))
        return rows

    def change_topics(self):
        topics = sorted(self.admin.topics())
        if not topics:
            return
        topic = self.rng.choice(topics)
        offsets = self.admin.offsets([topic])
        what = self.rng.choice(['grow', 'delete', 'again'])
        self.said.append(f'-- {what} {topic}')
        if what == 'grow':
            self.admin.grow(topic, len(offsets) + 1)
        else:
            self.admin.delete(topic)
        if what == 'again':
            self.admin.create(topic, len(offsets))

    def act(self):
        for _ in range(self.rng.randint(3, 12)):
            what = self.rng.random()
            if what < 0.1:
                self.change_topics()
                continue
            sql = self.statement() if what < 0.6 else self.insert()
            if sql is None:
                continue
            self.said.append(sql)
            r, text = self.w.s.request('POST', '/ksql', {'ksql': sql})
            assert r.status in (200, 400), (sql, r.status, text)

    # ---- what can be seen

    def rest(self):
        """Waits until queries that run have read and committed all there is."""
        def still():
            for q, info in self.w.queries().items():
                if info['state'] == 'RESTORING' or (info['state'] == 'RUNNING' and not self.w.caught_up(q)):
                    return False
            return True
        for _ in range(2):  # what one gives out the next has to read
            wait('queries come to rest', still, 60)
            time.sleep(0.15)
        wait('queries come to rest', still, 60)

    def snapshot(self):
        w, out = self.w, {}
        lists = w.s.ksql('LIST STREAMS; LIST TABLES; SHOW TYPES; SHOW TOPICS;')
        for o in lists:
            o.pop('statementText')
            out[o['@type']] = o
        names = [x['name'] for kind in ('streams', 'tables') for o in lists for x in o.get(kind, ())]
        queries = w.queries()
        out['queries'] = {i: (q['state'], q['sinks'], q['queryString']) for i, q in queries.items()}
        out['reasons'] = {i: 'partitions' in q['stateReason'] for i, q in queries.items() if 'stateReason' in q}
        for n in names:
            d = w.s.ksql(f'DESCRIBE {n};')[0]['sourceDescription']
            out['describe ' + n] = {f: d[f] for f in DESCRIBED}
            out['describe ' + n]['readers'] = sorted(q['id'] for q in d['readQueries'])
            out['describe ' + n]['writers'] = sorted(q['id'] for q in d['writeQueries'])
            r, text = w.s.request('POST', '/query', {'ksql': f'SELECT * FROM {n};'})
            assert r.status in (200, 400), (n, r.status, text)
            out['rows ' + n] = (sorted(json.dumps(x['row']['columns']) for x in json.loads(text) if 'row' in x)
                                if r.status == 200 else json.loads(text)['message'])
        for i in queries:
            d = w.s.ksql(f'EXPLAIN {i};')[0]['queryDescription']
            out['explain ' + i] = {f: d[f] for f in ('statementText', 'fields', 'sources', 'sinks', 'topology',
                                                     'overriddenProperties')}
        out['offsets'] = {f'{t}-{p}': o for (t, p), o in self.admin.offsets(self.admin.topics()).items()}
        return out


def differences(before, after):
    return '\n'.join(f'{k}:\n  before {before.get(k)}\n  after  {after.get(k)}'
                     for k in sorted({*before, *after}) if before.get(k) != after.get(k))


def run_world(weir, seed, restarts):
    """One folder through some restarts."""
    rng = random.Random(seed)
    guarantee = rng.choice(['at_least_once', 'exactly_once_v2'])
    fixed = (EARLIEST, QUICK, f'ksql.streams.processing.guarantee={guarantee}',
             'ksql.query.retry.backoff.initial.ms=100')
    w = World(weir, *fixed[2:])
    r = Round(w, rng)
    try:
        for _ in range(restarts):
            r.admin = Admin(w.s)
            r.act()
            r.rest()
            before = r.snapshot()
            r.admin.close()
            how = rng.choice([signal.SIGTERM, signal.SIGKILL])
            other = rng.sample(SETTINGS, rng.randint(0, 3))
            r.said.append(f'-- {how.name}, start with {other}')
            w.again(*other, how=how)
            r.admin = Admin(w.s)
            r.rest()
            after = r.snapshot()
            r.admin.close()
            assert before == after, differences(before, after)
        w.close()
    except BaseException:
        print('\n'.join(r.said), flush=True)
        print(f'seed {seed}, folder {w.folder}', flush=True)
        w.s.process.kill()
        raise
