"""What the alert stream and the table say against the events themselves."""
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, '..'))
from ask import Weir, check

weir = Weir(sys.argv[1])
events = [json.loads(line) for line in open(os.path.join(here, 'earthquakes.jsonl'), encoding='utf8')]

want = sorted([e['id'], e['properties']['mag'], e['properties']['place'], *map(float, e['geometry']['coordinates'])]
              for e in events if e['properties']['mag'] is not None and e['properties']['mag'] >= 5.0)
rows = weir.wait('SELECT * FROM ALERTS;', lambda r: len(r) == len(want))
check(f'{len(want)} alerts of magnitude 5 and above', sorted(rows) == want, f'{rows[:2]} against {want[:2]}')

kinds = {}
for e in events:
    p = e['properties']
    k = kinds.setdefault(p['type'], [0, None, 0])
    k[0] += 1
    if p['mag'] is not None:
        k[1] = p['mag'] if k[1] is None else max(k[1], p['mag'])
    k[2] += p['felt'] is not None
want = sorted([k, *v] for k, v in kinds.items())
rows = weir.wait('SELECT * FROM KINDS;', lambda r: sorted(r) == want)
check(f'{len(want)} kinds of events', sorted(rows) == want, f'{rows} against {want}')
for row in sorted(weir.rows('SELECT magnitude, place FROM ALERTS;'), reverse=True)[:5]:
    print(f'    {row[0]:.1f}  {row[1]}')
