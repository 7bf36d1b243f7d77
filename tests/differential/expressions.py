"""Random expressions, each in weir's SQL and as SQLite's.

An expression of weir can fail (a NULL operand of +, a division by 0, a NULL where a condition stands): the
failure ends in NULL in a projection and drops the row in WHERE, and it is not the same as a NULL, which a
comparison takes for false. SQLite knows no failures, so every expression carries two texts for SQLite: its
value, and whether it fails.
"""
import json
import struct

COLUMNS = [('K', 'STRING'), ('A', 'INT'), ('B', 'BIGINT'), ('D', 'DOUBLE'), ('S', 'STRING'), ('U', 'BOOLEAN')]
STRINGS = ['', 'a', 'b', 'Z', 'ab', 'ä', 'ß', 'é', '日本', '😀', '\uffee', ' x ', "it's", '%', 'a_b', 'null']
PATTERNS = ['%', 'a%', '%b', '_', '%_b%', 'ä%', '', '%日%', "it's", '__']
INTS = [0, 1, -1, 2, -3, 7, 10, -100, 999, 2**31 - 1, -2**31]
BIGS = [0, 1, -1, 5, -12, 1000, 2**31, -2**40, 2**63 - 1, -2**63]
SMALL = [0, 1, -1, 2, -3, 7, 10, -100, 999]
NUMBERS = ('INT', 'BIGINT', 'DOUBLE')


class Expr:
    """type; text in weir; value and fails in SQLite."""

    def __init__(self, kind, text, value, fails='0', is_call=False):
        self.kind, self.text, self.value, self.fails, self.is_call = kind, text, value, fails, is_call

    def guarded(self):
        """SQLite's text with NULL for a failure: what a projection shows."""
        return f'(CASE WHEN {self.fails} THEN NULL ELSE {self.value} END)'

    def unknown(self):
        """SQLite's text: it fails, or is NULL where a value must be."""
        return either(self.fails, f'({self.value}) IS NULL')

    def passes(self):
        """SQLite's text: whether a row passes this as WHERE."""
        return f'(NOT {self.fails} AND coalesce({self.value}, 0))'


def quoted(s):
    return "'" + s.replace("'", "''") + "'"


def either(*fails):
    real = [f for f in fails if f != '0']
    return '(' + ' OR '.join(real) + ')' if real else '0'


def column(name):
    return Expr(dict(COLUMNS)[name], name, name)


def literal(rng, kind):
    if kind == 'STRING':
        s = quoted(rng.choice(STRINGS))
        return Expr(kind, s, s)
    if kind == 'BOOLEAN':
        b = rng.randrange(2)
        return Expr(kind, ('false', 'true')[b], str(b))
    if kind == 'DOUBLE':
        n = rng.randrange(-40, 40) / 4
        return Expr(kind, f'({n}E0)', f'({n})')
    n = rng.choice(SMALL)
    return Expr('INT', f'({n})', f'({n})')


def wrapped(n, bits):
    return (n + 2**(bits - 1)) % 2**bits - 2**(bits - 1)


def arith(op, kind, a, b):
    """Numbers as Java has them: integers wrap, division goes towards zero."""
    if a is None or b is None:
        return None
    if kind == 'DOUBLE':
        a, b = float(a), float(b)
        return a + b if op == '+' else a - b if op == '-' else a * b
    if op in '/%':
        if b == 0:
            return None
        q = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        n = q if op == '/' else a - q * b
    else:
        n = a + b if op == '+' else a - b if op == '-' else a * b
    return wrapped(n, 32 if kind == 'INT' else 64)


def wider(a, b):
    return NUMBERS[max(NUMBERS.index(a), NUMBERS.index(b))]


def case(c, a, b):
    holds = f'coalesce({c.value}, 0)'
    fails = either(c.fails, f'({holds} AND {a.fails})', f'(NOT {holds} AND {b.fails})')
    return Expr(a.kind, f'(CASE WHEN {c.text} THEN {a.text} ELSE {b.text} END)',
                f'(CASE WHEN {c.value} THEN {a.value} ELSE {b.value} END)', fails)


def two_numbers(a, op, b):
    """SQLite compares an integer and a double exactly, weir compares them as doubles."""
    if 'DOUBLE' in (a.kind, b.kind):
        return f'(CAST({a.value} AS REAL) {op} CAST({b.value} AS REAL))'
    return f'({a.value} {op} {b.value})'


class Maker:
    """Makes random expressions. caught: for a projection, where a CAST and a function as another function's
    argument fail by themselves, as NULL; elsewhere a failure takes the whole expression along."""

    def __init__(self, rng, caught):
        self.rng, self.caught = rng, caught

    def argument(self, e):
        """An operand of a function: (value, fails)."""
        return (e.guarded(), '0') if self.caught and e.is_call else (e.value, e.fails)

    def call(self, kind, text, value, fails='0'):
        return Expr(kind, text, value, fails, is_call=True)

    def cast(self, e, kind):
        value, fails = f"casted({e.value}, '{kind}')", e.fails
        if self.caught:
            value, fails = f'(CASE WHEN {fails} THEN NULL ELSE {value} END)', '0'
        return self.call(kind, f'CAST({e.text} AS {kind})', value, fails)

    def coalesce(self, a, b):
        (x, xf), (y, yf) = self.argument(a), self.argument(b)
        return self.call(a.kind, f'COALESCE({a.text}, {b.text})', f'coalesce({x}, {y})', either(xf, yf))

    def number(self, depth):
        rng = self.rng
        if depth == 0 or rng.random() < 0.3:
            return column(rng.choice('AABBD')) if rng.random() < 0.75 else literal(rng, rng.choice(['INT', 'DOUBLE']))
        how = rng.randrange(7)
        if how == 6:
            s = self.string(depth - 1)
            x, fails = self.argument(s)
            return self.call('INT', f'LEN({s.text})', f'utf16_units({x})', fails)
        a = self.number(depth - 1)
        if how <= 2:
            b = self.number(depth - 1)
            kind = wider(a.kind, b.kind)
            op = rng.choice('+-*' if kind == 'DOUBLE' else '+-*/%')
            value = f"arith('{op}', '{kind}', {a.value}, {b.value})"
            return Expr(kind, f'({a.text} {op} {b.text})', value, either(a.fails, b.fails, f'({value}) IS NULL'))
        if how == 3:
            return case(self.condition(depth - 1), a, self.cast(self.number(depth - 1), a.kind))
        if how == 4:
            return self.coalesce(a, self.cast(literal(rng, 'INT'), a.kind))
        return self.cast(a, rng.choice(NUMBERS))

    def string(self, depth):
        rng = self.rng
        if depth == 0 or rng.random() < 0.4:
            return column(rng.choice('KSS')) if rng.random() < 0.75 else literal(rng, 'STRING')
        how = rng.randrange(4)
        if how == 0:
            n = column(rng.choice('AB'))
            return self.call('STRING', f'CAST({n.text} AS STRING)', f'CAST({n.value} AS TEXT)')
        a = self.string(depth - 1)
        if how == 1:
            b = self.string(depth - 1)
            (x, xf), (y, yf) = self.argument(a), self.argument(b)
            return self.call('STRING', f'CONCAT({a.text}, {b.text})', f"(coalesce({x}, '') || coalesce({y}, ''))",
                             either(xf, yf))
        if how == 2:
            return case(self.condition(depth - 1), a, self.string(depth - 1))
        return self.coalesce(a, literal(rng, 'STRING'))

    def condition(self, depth):
        rng = self.rng
        if depth == 0 or rng.random() < 0.15:
            return column('U') if rng.random() < 0.4 else self.compare(0)
        return rng.choice([self.both, self.either, self.negated, self.is_null, self.is_in, self.like, self.between,
                           self.compare, self.compare])(depth - 1)

    def both(self, depth):
        a, b = self.condition(depth), self.condition(depth)
        return Expr('BOOLEAN', f'({a.text} AND {b.text})', f'({a.value} AND {b.value})',
                    either(a.unknown(), f'({a.value} AND {b.unknown()})'))

    def either(self, depth):
        a, b = self.condition(depth), self.condition(depth)
        return Expr('BOOLEAN', f'({a.text} OR {b.text})', f'({a.value} OR {b.value})',
                    either(a.unknown(), f'(NOT {a.value} AND {b.unknown()})'))

    def negated(self, depth):
        a = self.condition(depth)
        return Expr('BOOLEAN', f'(NOT {a.text})', f'(NOT {a.value})', a.unknown())

    def is_null(self, depth):
        a = self.rng.choice([self.number, self.string, self.condition])(depth)
        word = self.rng.choice(['IS NULL', 'IS NOT NULL'])
        return Expr('BOOLEAN', f'({a.text} {word})', f'({a.value} {word})', a.fails)

    def is_in(self, depth):
        rng, word = self.rng, self.rng.choice(['', 'NOT '])
        if rng.randrange(2):
            a, of = self.string(depth), [literal(rng, 'STRING') for _ in range(rng.randrange(1, 5))]
        else:
            a, of = self.number(depth), [literal(rng, 'INT') for _ in range(rng.randrange(1, 5))]
        found = '(' + ' OR '.join(f'same({a.value}, {e.value})' for e in of) + ')'
        return Expr('BOOLEAN', f"({a.text} {word}IN ({', '.join(e.text for e in of)}))", f'({word}{found})', a.fails)

    def like(self, depth):
        a, p, word = self.string(depth), quoted(self.rng.choice(PATTERNS)), self.rng.choice(['', 'NOT '])
        return Expr('BOOLEAN', f'({a.text} {word}LIKE {p})', f'({a.value} {word}LIKE {p})', a.unknown())

    def between(self, depth):
        a, b, c, word = self.number(depth), self.number(0), self.number(0), self.rng.choice(['', 'NOT '])
        low, high = two_numbers(a, '>=', b), two_numbers(a, '<=', c)
        return Expr('BOOLEAN', f'({a.text} {word}BETWEEN {b.text} AND {c.text})',
                    f'({word}(coalesce({low}, 0) AND coalesce({high}, 0)))', a.fails)

    def compare(self, depth):
        op = self.rng.choice(['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'])
        make = self.rng.choice([self.number, self.string])
        a, b = make(depth), make(depth)
        if 'DISTINCT' in op:
            value, fails = f"({'' if 'NOT' in op else 'NOT '}same({a.value}, {b.value}))", either(a.fails, b.fails)
        else:
            value = two_numbers(a, op, b) if make == self.number else f'({a.value} {op} {b.value} COLLATE utf16)'
            # Behind a NULL on the left nothing is evaluated.
            value, fails = f'coalesce({value}, 0)', either(a.fails, f'(({a.value}) IS NOT NULL AND {b.fails})')
        return Expr('BOOLEAN', f'({a.text} {op} {b.text})', value, fails)

    def of_kind(self, kind, depth):
        """A random expression of STRING, BOOLEAN or NUMBER."""
        return {'STRING': self.string, 'BOOLEAN': self.condition, 'NUMBER': self.number}[kind](depth)


# ---- what SQLite has not, or has otherwise


def casted(x, kind):
    if x is None:
        return None
    if kind == 'DOUBLE':
        return float(x)
    bits = 32 if kind == 'INT' else 64
    if isinstance(x, float):  # Java's: towards zero, and no further than the type goes
        return max(-2**(bits - 1), min(2**(bits - 1) - 1, int(x)))
    return wrapped(x, bits)


def same(a, b):
    """As IS DISTINCT FROM and IN see it: NULL is NULL, and -0.0 is not 0.0."""
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and struct.pack('d', float(a)) == struct.pack('d', float(b))
    return a == b


def utf16_units(s):
    return None if s is None else len(s.encode('utf-16-le')) // 2


def by_utf16(a, b):
    x, y = a.encode('utf-16-be'), b.encode('utf-16-be')
    return (x > y) - (x < y)


class Sum:
    """SUM of BITS, by type: integers wrap, nothing is 0."""

    def __init__(self):
        self.sum, self.kind = 0, None

    def step(self, kind, x):
        self.kind = kind
        if x is not None:
            self.sum = arith('+', kind, self.sum, x)

    def finalize(self):
        return float(self.sum) if self.kind == 'DOUBLE' else self.sum


class Average:
    def __init__(self):
        self.sum, self.count = Sum(), 0

    def step(self, kind, x):
        self.sum.step(kind, x)
        self.count += x is not None

    def finalize(self):
        return self.sum.sum / self.count if self.count else 0.0


class List:
    def __init__(self):
        self.items = []

    def step(self, x):
        self.items.append(x)

    def finalize(self):
        return json.dumps(self.items)


class Set(List):
    def step(self, x):
        if x not in self.items:
            self.items.append(x)


class Distinct:
    """COUNT_DISTINCT is a HyperLogLog of 2^14 registers: two values in one register count once."""

    def __init__(self):
        self.registers = {}

    def step(self, kind, x):
        if x is None:
            return
        h = hash_text(x.encode()) if kind == 'STRING' else hash_long(
            struct.unpack('<q', struct.pack('<d', x))[0] if kind == 'DOUBLE' else x)
        tail = ((h << 14) | (1 << 13) + 1) & MASK
        self.registers[h >> 18] = max(self.registers.get(h >> 18, 0), 33 - tail.bit_length())

    def finalize(self):
        from math import log
        m = 16384
        return round(m * log(m / (m - len(self.registers))))


MASK, M = 0xffffffff, 0x5bd1e995


def finished(h):
    h ^= h >> 13
    h = h * M & MASK
    return h ^ h >> 15


def hash_long(x):
    h = 0
    for i, k in enumerate((x & MASK, x >> 32 & MASK)):
        k = k * M & MASK
        k ^= k >> 24
        h = (h * M & MASK if i else h) ^ k * M & MASK
    return finished(h)


def hash_text(b):
    h = MASK ^ len(b)
    for at in range(0, len(b) // 4 * 4, 4):
        k = int.from_bytes(b[at:at + 4], 'little') * M & MASK
        k ^= k >> 24
        h = h * M & MASK ^ k * M & MASK
    rest, signed = len(b) % 4, [x - 256 if x > 127 else x for x in b]
    for back in range(1, rest + 1):
        h ^= signed[-back] << 8 * (back - 1) & MASK
    return finished(h * M & MASK if rest else h)


def prepare(db):
    """Gives a connection of sqlite3 the functions the texts above use."""
    db.create_function('arith', 4, arith, deterministic=True)
    db.create_function('casted', 2, casted, deterministic=True)
    db.create_function('same', 2, same, deterministic=True)
    db.create_function('utf16_units', 1, utf16_units, deterministic=True)
    db.create_collation('utf16', by_utf16)
    db.create_aggregate('java_sum', 2, Sum)
    db.create_aggregate('java_avg', 2, Average)
    db.create_aggregate('collect_list', 1, List)
    db.create_aggregate('collect_set', 1, Set)
    db.create_aggregate('hll', 2, Distinct)
    db.execute('PRAGMA case_sensitive_like = ON')
