"""Random joins, and a slow, obvious model of each: lists that are searched from end to end.

The rules are ksqlDB's: a stream joins a stream within a window of event time, a stream looks into a table as
it is, two tables follow each other's changes, and a foreign key asks the right table for the left's rows.
"""
KEYS = ['a', 'b', 'ключ']
FORMATS = "(kafka_topic='{}', key_format='JSON', value_format='JSON')"
INTERVAL = 'ksql.streams.__emit.interval.ms.kstreams.outer.join.spurious.results.fix__'


def declare(what, name, key, column):
    return (f'CREATE {what} {name} (ID STRING {key}, F STRING, {column} INT) WITH '
            + FORMATS.format(name.lower()) + ';')


def random_inputs(rng, left, right, times, null_keys=0.08):
    """Records for both sides in an order of their own; V and W number them."""
    out = []
    for n in range(rng.randrange(4, 40)):
        side, column = (left, 'V') if rng.random() < 0.5 else (right, 'W')
        key = None if rng.random() < null_keys else rng.choice(KEYS)
        f = None if rng.random() < 0.15 else rng.choice(KEYS)
        value = None if rng.random() < 0.15 else {'F': f, column: n}
        out.append({'topic': side, 'key': key, 'value': value, 'timestamp': rng.randrange(times)})
    if rng.random() < 0.4:
        at = sorted(r['timestamp'] for r in out)
        for r, t in zip(out, at):
            r['timestamp'] = t
    return out


def padded(left, right):
    """The joined row; None stands for a side that is not there."""
    return {'V': left and left['V'], 'W': right and right['W'], 'G': right and right['F']}


def record(key, value, ts):
    return {'key': key, 'value': value, 'timestamp': ts}


# ---- stream and stream


class StreamJoin:
    """A join of two streams: rows is what each side remembers, pending the rows that wait for a match.

    Side 0 is the preserved one of a LEFT join; a RIGHT join is a LEFT join with the sides swapped."""

    def __init__(self, kind, before, after, grace, once):
        self.swapped = kind == 'RIGHT'
        self.preserved = {'INNER': (), 'LEFT': (0,), 'RIGHT': (0,), 'FULL OUTER': (0, 1)}[kind]
        before, after = (after, before) if self.swapped else (before, after)
        self.before, self.after = (before, after), (after, before)
        self.grace, self.once = grace, once
        self.retention = before + after + (grace if grace is not None else max(86400000 - 2 * before, 0))
        self.rows, self.pending, self.newest = ([], []), [], [-1, -1]
        self.time, self.least, self.passes = -1, float('inf'), 0
        self.out = []

    def emit(self, key, ts, side, row, other=None):
        left, right = (row, other) if (side == 0) != self.swapped else (other, row)
        self.out.append(record(key, padded(left, right), ts))

    def take(self, side, key, row, ts):
        self.time = max(self.time, ts)
        if row is None or key is None:
            if row is not None and side in self.preserved:
                self.emit(key, ts, side, row)
            return
        if self.grace is not None and self.preserved and ts == self.time:
            self.emit_expired(side)
        low, high = max(ts - self.before[side], 0), ts + self.after[side]
        low = max(low, self.newest[1 - side] - self.retention + 1)
        matches = [r for r in self.rows[1 - side] if r[0] == key and low <= r[1] <= high]
        for _, t, other in sorted(matches, key=lambda r: r[1]):
            self.pending = [p for p in self.pending if not (p[1] != side and p[2] == key and p[0] == t)]
            self.emit(key, max(t, ts), side, row, other)
        if not matches and side in self.preserved:
            if self.grace is None or ts + self.after[side] < self.time:
                self.emit(key, ts, side, row)
            else:
                self.pending.append((ts, side, key, row))
                self.least = min(self.least, ts)
        self.rows[side].append((key, ts, row))
        self.newest[side] = max(self.newest[side], ts)

    def emit_expired(self, side):
        if not self.least + self.after[side] + self.grace < self.time or self.once and self.passes:
            return
        self.passes += 1
        still_open, self.least = set(), float('inf')
        # Side 1 stands first at the same time; same time, side and key: in order of arrival.
        for p in sorted(self.pending, key=lambda p: (p[0], 1 - p[1], quoted(p[2]))):
            t, s, key, row = p
            self.least = t
            if t + self.after[s] + self.grace >= self.time:
                still_open.add(s)
                if len(still_open) == 2:
                    return
            else:
                self.emit(key, t, s, row)
                self.pending.remove(p)


def quoted(key):
    """The key's bytes as JSON."""
    return ('"' + key + '"').encode()


def stream_stream(rng):
    kind = rng.choice(['INNER', 'LEFT', 'RIGHT', 'FULL OUTER'])
    times = rng.choice([60, 400, 4000])
    before, after = rng.choice([0, 5, 20, 100]), rng.choice([0, 5, 20, 100])
    after = before if rng.random() < 0.5 else after
    grace = rng.choice([None, 0, 10, 50, 300])
    window = f'{before} MILLISECONDS' if before == after and rng.random() < 0.8 else \
        f'({before} MILLISECONDS, {after} MILLISECONDS)'
    window += '' if grace is None else f' GRACE PERIOD {grace} MILLISECONDS'
    column = rng.choice(['ID', 'F'])  # by F: the left side goes through a repartition topic
    if kind == 'FULL OUTER' or column == 'F' and kind == 'RIGHT':
        key = 'ROWKEY' if kind == 'FULL OUTER' else 'B.ID'
    else:
        key = f'A.{column}'
    every_time = rng.random() < 0.6
    inputs = random_inputs(rng, 'a', 'b', times)
    model = StreamJoin(kind, before, after, grace, not every_time)
    for r in inputs:
        side = 0 if (r['topic'] == 'a') != model.swapped else 1
        key_now = r['key']
        if column == 'F' and r['topic'] == 'a':
            key_now = r['value'] and r['value']['F']
        model.take(side, key_now, r['value'], r['timestamp'])
    sql = (f"CREATE STREAM O AS SELECT {key} AS K, V, W, B.F AS G FROM A {kind} JOIN B WITHIN {window} "
           f"ON A.{column} = B.ID;")
    return {'statements': [declare('STREAM', 'A', 'KEY', 'V'), declare('STREAM', 'B', 'KEY', 'W'), sql],
            'inputs': inputs, 'topic': 'O', 'want': model.out, 'properties': {INTERVAL: 0} if every_time else {}}


# ---- stream and table, table and table


def stream_table(rng):
    kind, column = rng.choice(['INNER', 'LEFT']), rng.choice(['ID', 'F'])
    inputs = random_inputs(rng, 'a', 'b', 1000)
    table, want = {}, []
    for r in inputs:
        if r['topic'] == 'b':
            if r['key'] is not None:
                table[r['key']] = r['value']
        elif r['value'] is not None:
            key = r['key'] if column == 'ID' else r['value']['F']
            found = table.get(key) if key is not None else None
            if found or kind == 'LEFT':
                want.append(record(key, padded(r['value'], found), r['timestamp']))
    sql = f'CREATE STREAM O AS SELECT A.{column} AS K, V, W, B.F AS G FROM A {kind} JOIN B ON A.{column} = B.ID;'
    return {'statements': [declare('STREAM', 'A', 'KEY', 'V'), declare('TABLE', 'B', 'PRIMARY KEY', 'W'), sql],
            'inputs': inputs, 'topic': 'O', 'want': want}


def table_table(rng):
    kind = rng.choice(['INNER', 'LEFT', 'RIGHT', 'FULL OUTER'])
    inputs = random_inputs(rng, 'a', 'b', 1000)
    tables, want = {'a': {}, 'b': {}}, []
    for r in inputs:
        side, key, new, ts = r['topic'], r['key'], r['value'], r['timestamp']
        if key is None:
            continue
        old = tables[side].pop(key, (None, 0))[0]
        if new is not None:
            tables[side][key] = (new, ts)
        other, other_ts = tables['b' if side == 'a' else 'a'].get(key, (None, 0))
        kept = kind == 'FULL OUTER' or kind == ('LEFT' if side == 'a' else 'RIGHT')  # this side alone makes a row
        other_kept = kind == 'FULL OUTER' or kind == ('RIGHT' if side == 'a' else 'LEFT')
        if other is None and (not kept or old is None and new is None):
            continue
        if new is None and not (other_kept and other):
            value = None
        else:
            value = padded(new, other) if side == 'a' else padded(other, new)
        want.append(record(key, value, max(ts, other_ts)))
    key = 'ROWKEY' if kind == 'FULL OUTER' else 'A.ID'
    sql = f'CREATE TABLE O AS SELECT {key} AS K, V, W, B.F AS G FROM A {kind} JOIN B ON A.ID = B.ID;'
    return {'statements': [declare('TABLE', 'A', 'PRIMARY KEY', 'V'), declare('TABLE', 'B', 'PRIMARY KEY', 'W'), sql],
            'inputs': inputs, 'topic': 'O', 'want': want}


def foreign_key(rng):
    kind = rng.choice(['INNER', 'LEFT'])
    inputs = random_inputs(rng, 'a', 'b', 1000)
    left, right, want = {}, {}, []
    for r in inputs:
        key, new, ts = r['key'], r['value'], r['timestamp']
        if key is None:
            continue
        if r['topic'] == 'b':
            right[key] = (new, ts)
            for k in sorted(left, key=quoted):
                if left[k]['F'] == key:
                    want.append(record(k, padded(left[k], new) if new or kind == 'LEFT' else None, ts))
            continue
        old = left.pop(key, None)
        if new is not None:
            left[key] = new
        now, before = new and new['F'], old and old['F']
        found, found_ts = right.get(now if new else before, (None, 0))
        found_ts = found_ts if found else 0
        if new is None:
            if old is not None and (kind == 'LEFT' or before is not None):
                want.append(record(key, None, ts if kind == 'LEFT' else max(ts, found_ts)))
        elif found or kind == 'LEFT':
            want.append(record(key, padded(new, found), max(ts, found_ts)))
        elif old is not None and (now != before or now is None):
            want.append(record(key, None, ts))
    sql = f'CREATE TABLE O AS SELECT A.ID AS K, V, W, B.F AS G FROM A {kind} JOIN B ON A.F = B.ID;'
    return {'statements': [declare('TABLE', 'A', 'PRIMARY KEY', 'V'), declare('TABLE', 'B', 'PRIMARY KEY', 'W'), sql],
            'inputs': inputs, 'topic': 'O', 'want': want}


KINDS = {'stream-stream': stream_stream, 'stream-table': stream_table, 'table-table': table_table,
         'foreign-key': foreign_key}
