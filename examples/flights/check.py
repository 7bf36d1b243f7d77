"""Every answer is compared with the same question asked of SQLite over the same rows."""
import json
import os
import sqlite3
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, '..'))
from ask import Weir, check

weir = Weir(sys.argv[1])
db = sqlite3.connect(':memory:')
db.execute('CREATE TABLE flights (ts, origin, destination, delay, distance)')
db.execute('CREATE TABLE airports (iata PRIMARY KEY, city, state)')
for line in open(os.path.join(here, 'flights.jsonl'), encoding='utf8'):
    f = json.loads(line)
    db.execute('INSERT INTO flights VALUES (?, ?, ?, ?, ?)',
               (f['ts'], f['origin'], f['destination'], f['delay'], f['distance']))
for line in open(os.path.join(here, 'airports.jsonl'), encoding='utf8'):
    a = json.loads(line)
    db.execute('INSERT OR REPLACE INTO airports VALUES (?, ?, ?)', (a['iata'], a['city'], a['state']))


def near(x, y):
    return len(x) == len(y) and all(
        len(r) == len(s) and all(abs(u - v) < 1e-9 * max(1, abs(v)) if isinstance(v, float) else u == v
                                 for u, v in zip(r, s)) for r, s in zip(x, y))


def compare(what, sql, question, arguments=()):
    """The rows of a pull query, sorted, against SQLite's."""
    want = sorted([list(r) for r in db.execute(question, arguments)], key=repr)
    rows = weir.wait(sql, lambda r: near(sorted(r, key=repr), want))
    check(f'{what}: {len(want)} rows', near(sorted(rows, key=repr), want),
          f'weir has {len(rows)} rows, e.g. {rows[:3]}; SQLite {want[:3]}')


compare('flights enriched by city and state',
        'SELECT origin, city, state, destination, delay, distance FROM ENRICHED;',
        'SELECT origin, city, state, destination, delay, distance FROM flights LEFT JOIN airports ON iata = origin')
compare('hourly delays of every airport',
        'SELECT origin, WINDOWSTART, WINDOWEND, flights, average, worst FROM HOURLY;',
        '''SELECT origin, ts / 3600000 * 3600000, ts / 3600000 * 3600000 + 3600000, COUNT(*), AVG(delay), MAX(delay)
           FROM flights GROUP BY origin, ts / 3600000''')
compare('hourly delays of Chicago on one day',
        "SELECT WINDOWSTART, flights, worst FROM HOURLY WHERE origin = 'ORD' "
        "AND WINDOWSTART >= '2001-01-02' AND WINDOWSTART < '2001-01-03';",
        '''SELECT ts / 3600000 * 3600000, COUNT(*), MAX(delay) FROM flights
           WHERE origin = 'ORD' AND ts >= 978393600000 AND ts < 978480000000 GROUP BY ts / 3600000''')
compare('all routes', 'SELECT route, flights, total, average FROM ROUTES;',
        "SELECT origin || '-' || destination, COUNT(*), SUM(delay), AVG(delay) FROM flights GROUP BY 1")
compare('one route by key', "SELECT flights, total FROM ROUTES WHERE route = 'LAX-SFO';",
        "SELECT COUNT(*), SUM(delay) FROM flights WHERE origin = 'LAX' AND destination = 'SFO'")
compare('states with more than 100 flights', 'SELECT state, flights, miles FROM STATES;',
        '''SELECT state, COUNT(*), SUM(distance) FROM flights JOIN airports ON iata = origin
           GROUP BY state HAVING COUNT(*) > 100''')

worst = sorted(weir.rows('SELECT route, average FROM ROUTES WHERE flights >= 10;'), key=lambda r: (-r[1], r[0]))[:10]
want = [list(r) for r in db.execute(
    '''SELECT origin || '-' || destination AS route, AVG(delay) AS a FROM flights GROUP BY route
       HAVING COUNT(*) >= 10 ORDER BY a DESC, route LIMIT 10''')]
check('the ten worst routes', near(worst, want), f'{worst} against {want}')
for route, average in worst:
    print(f'    {route}  {average:6.1f} minutes late on average')
