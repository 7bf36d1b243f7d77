"""Random queries over one stream or table, and what SQLite says about the same rows.

A case is {statements, inputs, properties, topic, want}; want is either a list, the records of the topic in
order, or a dict, what the topic leaves when the last record of each key and window counts.
"""
import json
import sqlite3

from expressions import BIGS, COLUMNS, INTS, SMALL, STRINGS, Maker, prepare

KEYS = ['k1', 'k2', 'ключ', 'k3']
DDL = ('CREATE {} ({}) WITH (kafka_topic=\'s\', key_format=\'JSON\', value_format=\'JSON\');')


def declared(what, key):
    return DDL.format(what, ', '.join(f'{n} {t}' + (f' {key}' if n == 'K' else '') for n, t in COLUMNS))


def random_row(rng, tame):
    """Values of the columns behind the key; tame: integers that no sum overflows."""
    def maybe(x):
        return None if rng.random() < 0.15 else x
    return {'A': maybe(rng.choice(SMALL if tame else INTS)), 'B': maybe(rng.choice(SMALL if tame else BIGS)),
            'D': maybe(rng.randrange(-200, 200) / 4), 'S': maybe(rng.choice(STRINGS)),
            'U': maybe(rng.random() < 0.5)}


def random_inputs(rng, tame=False, times=20000, in_order=False):
    """Stream records; times are milliseconds, in any order unless asked."""
    n = rng.randrange(5, 40)
    at = [rng.randrange(times) for _ in range(n)]
    keys = [None if rng.random() < 0.08 else rng.choice(KEYS) for _ in range(n)]
    rows = []
    for t, k in zip(sorted(at) if in_order else at, keys):
        value = rows[-1]['value'] if rows and rng.random() < 0.1 else random_row(rng, tame)
        rows.append({'topic': 's', 'key': k, 'value': None if rng.random() < 0.04 else value, 'timestamp': t})
    return rows


def database(inputs):
    """The rows that have a value, as table r; n numbers the inputs."""
    db = sqlite3.connect(':memory:')
    prepare(db)
    db.execute('CREATE TABLE r (n, ts, K, A, B, D, S, U)')
    for n, r in enumerate(inputs):
        if r['value'] is not None:
            v = r['value']
            db.execute('INSERT INTO r VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
                       (n, r['timestamp'], r['key'], v['A'], v['B'], v['D'], v['S'], v['U']))
    return db


def copied(e):
    """The key itself may stand in a projection once."""
    if e.text == 'K':
        e.text = 'AS_VALUE(K)'
    return e


def shown(kind, x):
    """A value of SQLite as JSON has it."""
    if x is not None and kind == 'BOOLEAN':
        return bool(x)
    return json.loads(x) if x is not None and kind == 'JSON' else x


def filter_project(rng):
    inputs = random_inputs(rng)
    where = Maker(rng, False).of_kind('BOOLEAN', 3) if rng.random() < 0.7 else None
    exprs = [copied(Maker(rng, True).of_kind(rng.choice(['NUMBER', 'NUMBER', 'STRING', 'BOOLEAN']), 3)) for _ in range(rng.randrange(1, 5))]
    sql = 'CREATE STREAM O AS SELECT K, ' + ', '.join(f'{e.text} AS C{i}' for i, e in enumerate(exprs)) + ' FROM S'
    sql += f' WHERE {where.text};' if where else ';'
    question = 'SELECT n, ts, K, ' + ', '.join(e.guarded() for e in exprs) + ' FROM r'
    question += f' WHERE {where.passes()}' if where else ''
    rows = {r[0]: r for r in database(inputs).execute(question)}
    want = []
    for n, r in enumerate(inputs):
        if n in rows:
            value = {f'C{i}': shown(e.kind, x) for i, (e, x) in enumerate(zip(exprs, rows[n][3:]))}
            want.append({'key': r['key'], 'value': value, 'timestamp': r['timestamp']})
        elif r['value'] is None and where is None:
            want.append({'key': r['key'], 'value': None, 'timestamp': r['timestamp']})
    return {'statements': [declared('STREAM S', 'KEY'), sql], 'inputs': inputs, 'topic': 'O', 'want': want}


def random_aggregates(rng, names):
    """[(weir's text, SQLite's text over the column x<i>, kind, argument)]"""
    out = []
    for i in range(rng.randrange(1, 5)):
        name = rng.choice(names)
        if name == 'COUNT(*)':
            out.append((name, name, 'INT', None))
            continue
        e = Maker(rng, True).of_kind('NUMBER' if name in ('SUM', 'AVG') or rng.randrange(2) else 'STRING', rng.randrange(2))
        x = f'x{i}'
        text, kind = f'{name}({x})', e.kind
        if name in ('SUM', 'AVG'):
            text = f"coalesce(java_{name.lower()}('{e.kind}', {x}), 0)"  # sqlite3 gives NULL for no rows
        elif name == 'COUNT_DISTINCT':
            text = f"hll('{e.kind}', {x})"
        elif name in ('MIN', 'MAX') and e.kind == 'STRING':
            text = f'{name}({x} COLLATE utf16)'
        elif name.startswith('COLLECT'):
            text, kind = text.lower(), 'JSON'
        out.append((f'{name}({e.text})', text, kind, e))
    return out


ALL = ['COUNT(*)', 'COUNT', 'SUM', 'MIN', 'MAX', 'AVG', 'COUNT_DISTINCT', 'COLLECT_LIST', 'COLLECT_SET']


def random_groups(rng):
    groups = [Maker(rng, False).of_kind(rng.choice(['STRING', 'STRING', 'BOOLEAN', 'NUMBER']), rng.randrange(2))
              for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    seen = {}
    for g in groups:
        if g.kind != 'DOUBLE' and any(c in g.text.replace('CAST', '').replace('IS', '') for c in 'KABSU'):
            seen.setdefault(g.text, g)
    return list(seen.values()) or random_groups(rng)


class Aggregation:
    """The parts of a random GROUP BY, and its answers from SQLite."""

    def __init__(self, rng, names=None, tame=False):
        self.groups = random_groups(rng)
        self.aggs = random_aggregates(rng, names or ALL)
        self.where = Maker(rng, False).of_kind('BOOLEAN', 2) if rng.random() < 0.4 else None
        self.having = f'COUNT(*) > {rng.randrange(4)}' if rng.random() < 0.25 else None

    def sql(self, source, window=''):
        cols = [f'{g.text} AS G{i}' for i, g in enumerate(self.groups)]
        cols += [f'{a[0]} AS C{i}' for i, a in enumerate(self.aggs)]
        return (f"CREATE TABLE O AS SELECT {', '.join(cols)} FROM {source} {window}"
                + (f' WHERE {self.where.text}' if self.where else '')
                + f" GROUP BY {', '.join(g.text for g in self.groups)}"
                + (f' HAVING {self.having}' if self.having else '') + ';')

    def rows(self, db):
        """[(n, ts, (group, ...), (argument, ...))] of the rows that reach the aggregate, in order."""
        texts = [g.guarded() for g in self.groups] + [a[3].guarded() if a[3] else 'NULL' for a in self.aggs]
        question = f"SELECT n, ts, {', '.join(texts)} FROM r" + (f' WHERE {self.where.passes()}' if self.where else '')
        cut = 2 + len(self.groups)
        return [(r[0], r[1], r[2:cut], r[cut:]) for r in db.execute(question + ' ORDER BY n')
                if None not in r[2:cut]]

    def key(self, group):
        values = [shown(g.kind, x) for g, x in zip(self.groups, group)]
        return values[0] if len(values) == 1 else {f'G{i}': v for i, v in enumerate(values)}

    def answer(self, db, condition, arguments):
        """(ts, value or None when HAVING keeps it back) of the rows of table x under a condition."""
        r = db.execute(f"SELECT MAX(ts), COUNT(*), {', '.join(a[1] for a in self.aggs)} FROM "
                       f'(SELECT * FROM x WHERE {condition} ORDER BY n)', arguments).fetchone()
        if self.having and not r[1] > int(self.having[-1]):
            return r[0], None
        return r[0], {f'C{i}': shown(a[2], v) for i, (a, v) in enumerate(zip(self.aggs, r[2:]))}


def numbered(db, entries, width):
    """Makes table x of (n, ts, window, group, arguments...)."""
    db.execute('CREATE TABLE x (n, ts, w, g' + ''.join(f', x{i}' for i in range(width)) + ')')
    for n, ts, w, g, args in entries:
        db.execute('INSERT INTO x VALUES (?, ?, ?, ?' + ', ?' * width + ')', (n, ts, w, repr(g), *args))


def history(agg, db, entries, window=None):
    """Every record the query writes: after each entry the answer over the entries so far."""
    want, before = [], {}
    numbered(db, [(i, *e[1:]) for i, e in enumerate(entries)], len(agg.aggs))
    for i, (_, _, w, g, _) in enumerate(entries):
        ts, value = agg.answer(db, 'n <= ? AND w IS ? AND g = ?', (i, w, repr(g)))
        if value is not None or before.get((w, g)) is not None:
            record = {'key': agg.key(g), 'value': value, 'timestamp': ts}
            if window:
                record['window'] = {'start': w, 'end': w + window, 'type': 'time'}
            want.append(record)
        before[(w, g)] = value
    return want


def aggregate(rng):
    inputs = random_inputs(rng)
    agg, db = Aggregation(rng), database(inputs)
    want = history(agg, db, [(n, ts, None, g, args) for n, ts, g, args in agg.rows(db)])
    return {'statements': [declared('STREAM S', 'KEY'), agg.sql('S')], 'inputs': inputs, 'topic': 'O', 'want': want}


def windowed(rng):
    """Tumbling and hopping windows; with a GRACE PERIOD a window takes no row once it is closed."""
    inputs = random_inputs(rng)
    agg, db = Aggregation(rng), database(inputs)
    size = rng.choice([10, 1000, 3000, 7000])
    step = size if rng.random() < 0.4 else rng.choice([s for s in (10, 300, 1000, 2000) if s <= size])
    if size / step > 10:
        step = size
    grace = rng.choice([None, 0, 500, 4000])
    text = f'TUMBLING (SIZE {size} MILLISECONDS' if step == size else \
        f'HOPPING (SIZE {size} MILLISECONDS, ADVANCE BY {step} MILLISECONDS'
    text += ')' if grace is None else f', GRACE PERIOD {grace} MILLISECONDS)'
    entries, stream_time = [], 0
    for n, ts, g, args in agg.rows(db):
        stream_time = max(stream_time, ts)
        close = stream_time - (grace if grace is not None else 86400000 - size)
        first = max(0, ts - size + step) // step * step
        entries += [(n, ts, w, g, args) for w in range(first, ts + 1, step) if w + size > close]
    want = history(agg, db, entries, size)
    return {'statements': [declared('STREAM S', 'KEY'), agg.sql('S', f'WINDOW {text}')], 'inputs': inputs,
            'topic': 'O', 'want': want}


def sessions(rng):
    """Session windows, by what they leave: SQLite finds the sessions as islands between gaps."""
    in_order = rng.random() < 0.5
    inputs = random_inputs(rng, in_order=in_order)
    # A merge of sessions puts collected values in the order of the sessions, which only rows in order share.
    agg = Aggregation(rng, ALL if in_order else [a for a in ALL if not a.startswith('COLLECT')])
    db, gap = database(inputs), rng.choice([10, 400, 1000, 3000])
    numbered(db, [(n, ts, None, g, args) for n, ts, g, args in agg.rows(db)], len(agg.aggs))
    db.execute('''CREATE TABLE island AS SELECT n, SUM(fresh) OVER (PARTITION BY g ORDER BY ts, n) AS w FROM
        (SELECT n, g, ts, ts - LAG(ts, 1, -1e9) OVER (PARTITION BY g ORDER BY ts, n) > ? AS fresh FROM x)''', (gap,))
    db.execute('UPDATE x SET w = (SELECT w FROM island WHERE island.n = x.n)')
    groups = {repr(g): g for _, _, g, _ in agg.rows(db)}
    want = {}
    for g, w, start, end in db.execute('SELECT g, w, MIN(ts), MAX(ts) FROM x GROUP BY g, w').fetchall():
        _, value = agg.answer(db, 'g = ? AND w = ?', (g, w))
        if value is not None:
            want[json.dumps([agg.key(groups[g]), start, end], sort_keys=True)] = value
    text = f'WINDOW SESSION ({gap} MILLISECONDS)'
    return {'statements': [declared('STREAM S', 'KEY'), agg.sql('S', text)], 'inputs': inputs, 'topic': 'O',
            'want': want}


def table_aggregate(rng):
    """GROUP BY over a table: rows come, change group and go; a group once seen stays, empty or not."""
    inputs = random_inputs(rng, tame=True)
    for r in inputs:
        if rng.random() < 0.2:
            r['value'] = None
    agg = Aggregation(rng, ['COUNT(*)', 'COUNT', 'SUM', 'AVG'])
    agg.having = None
    ever = {g for _, _, g, _ in agg.rows(database(inputs))}
    last = {}
    for r in inputs:
        if r['key'] is not None:
            last[r['key']] = r
    db = database(list(last.values()))
    numbered(db, [(n, ts, None, g, args) for n, ts, g, args in agg.rows(db)], len(agg.aggs))
    # Rows with a null key never reach the table, so neither do their groups.
    ever &= {g for _, _, g, _ in agg.rows(database([r for r in inputs if r['key'] is not None]))}
    want = {json.dumps([agg.key(g)], sort_keys=True): agg.answer(db, 'g = ?', (repr(g),))[1] for g in ever}
    return {'statements': [declared('TABLE T', 'PRIMARY KEY'), agg.sql('T')], 'inputs': inputs, 'topic': 'O',
            'want': want}


def table_filter(rng):
    """A filtered table writes a tombstone only for a row it had shown."""
    inputs = random_inputs(rng)
    where = Maker(rng, False).of_kind('BOOLEAN', 2)
    exprs = [copied(Maker(rng, True).of_kind(rng.choice(['NUMBER', 'STRING']), 2)) for _ in range(2)]
    texts = ', '.join(e.guarded() for e in exprs)
    rows = {r[0]: r[1:] for r in database(inputs).execute(f'SELECT n, {texts} FROM r WHERE {where.passes()}')}
    want, had = [], set()
    for n, r in enumerate(inputs):
        if r['key'] is None or n not in rows and r['key'] not in had:
            continue
        value = {f'C{i}': shown(e.kind, x) for i, (e, x) in enumerate(zip(exprs, rows[n]))} if n in rows else None
        want.append({'key': r['key'], 'value': value, 'timestamp': r['timestamp']})
        (had.add if n in rows else had.discard)(r['key'])
    sql = f'CREATE TABLE O AS SELECT K, {exprs[0].text} AS C0, {exprs[1].text} AS C1 FROM T WHERE {where.text};'
    return {'statements': [declared('TABLE T', 'PRIMARY KEY'), sql], 'inputs': inputs, 'topic': 'O', 'want': want}


KINDS = {'filter': filter_project, 'aggregate': aggregate, 'window': windowed, 'session': sessions,
         'table-aggregate': table_aggregate, 'table-filter': table_filter}
