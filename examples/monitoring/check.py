"""Averages, rates and alerts against the same worked out here from the same metrics."""
import collections
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, '..'))
from ask import Weir, check

from generate import metrics

MINUTE = 60000
weir = Weir(sys.argv[1])
load, minutes = collections.defaultdict(list), collections.defaultdict(list)
for m in metrics():
    minute = m['ts'] // MINUTE * MINUTE
    minutes[m['host'], minute].append(m['cpu'])
    for start in range(minute - 4 * MINUTE, minute + 1, MINUTE):
        load[m['host'], start].append(m)


def mean(values):
    total = 0.0
    for v in values:
        total += v
    return total / len(values)


def near(x, y):
    return len(x) == len(y) and all(len(r) == len(s) and all(
        abs(u - v) < 1e-9 * max(1, abs(v)) if isinstance(u, float) and isinstance(v, float) else u == v
        for u, v in zip(r, s)) for r, s in zip(x, y))


def rate(of):
    time = of[-1]['ts'] - of[0]['ts']
    return (of[-1]['requests'] - of[0]['requests']) * 1000 / time if time else None


want = sorted([h, start, mean([m['cpu'] for m in of]), max(m['cpu'] for m in of), rate(of)]
              for (h, start), of in load.items() if rate(of) is not None)
sql = 'SELECT host, WINDOWSTART, cpu, worst, requests_per_second FROM HOST_LOAD;'


def with_rate(rows):
    """A window of one record has no rate."""
    return sorted(r for r in rows if isinstance(r[4], float) and r[4] not in (float('inf'), float('-inf')) and r[4] == r[4])


rows = weir.wait(sql, lambda r: near(with_rate(r), want))
check(f'averages and rates of {len(want)} windows of five minutes', near(with_rate(rows), want),
      [(w, r) for w, r in zip(want, with_rate(rows)) if not near([w], [r])][:2])

alerts, state = [], {}
over = max(start for _, start in minutes)  # the last records only close the minutes before
for (h, start), values in sorted(minutes.items()):
    cpu = mean(values)
    level = 'HIGH' if cpu > 85 else 'OK' if cpu < 70 else None
    if start == over or level is None or level == state.get(h, 'OK'):
        continue
    state[h] = level
    alerts.append([h, 'OPEN' if level == 'HIGH' else 'CLEAR', cpu, start + MINUTE])
rows = weir.wait('SELECT name, alert, cpu, ended FROM ALERTS;', lambda r: near(sorted(r), sorted(alerts)))
check(f'{len(alerts)} alerts opened and cleared', near(sorted(rows), sorted(alerts)),
      f'{sorted(rows)[:3]} against {sorted(alerts)[:3]}')
order = {h: [r[1] for r in rows if r[0] == h] for h in state}
check('every host opens before it clears', all(a == ['OPEN', 'CLEAR'] * (len(a) // 2) + ['OPEN'] * (len(a) % 2)
                                               for a in order.values()), order)
last = {a[0]: a for a in alerts}
want = sorted([h, a[2], a[3]] for h, a in last.items() if a[1] == 'OPEN')
rows = weir.wait('SELECT * FROM OPEN_ALERTS;', lambda r: near(sorted(r), want))
check(f'{len(want)} alerts are open', near(sorted(rows), want), f'{rows} against {want}')
for h, kind, cpu, ended in alerts[:6]:
    print(f'    {h}  {kind:5}  {cpu:5.1f} % in the minute up to {(ended // MINUTE) % 1440 // 60:02}:{ended // MINUTE % 60:02}')
