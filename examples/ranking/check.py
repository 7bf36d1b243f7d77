"""Every ranking and every page against the same thing counted here, by hand.

usage: check.py URL articles|reads: 'articles' waits until they are there, for a read meets the articles as they are
"""
import collections
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, '..'))
from ask import Weir, check

from generate import articles, reads

HOUR, HOP = 3600000, 600000
weir, articles = Weir(sys.argv[1]), articles()
if sys.argv[2] == 'articles':
    rows = weir.wait('SELECT article FROM ARTICLES;', lambda r: len(r) == len(articles))
    check(f'{len(articles)} articles', len(rows) == len(articles), len(rows))
    sys.exit(0)


def top(counts):
    return sorted((f'{n:06} {title}' for title, n in counts.items()), reverse=True)[:5]


windows = collections.defaultdict(collections.Counter)
front, readers = {}, {}
for r in reads():
    a = articles[r['article']]
    starts = range(max(0, r['ts'] - HOUR + HOP) // HOP * HOP, r['ts'] + 1, HOP)
    for start in starts:
        windows[a['category'], start][a['title']] += 1
    front[a['category']] = starts[0]
    readers[r['user']] = (a['category'], readers.get(r['user'], ('', 0))[1] + 1)

want = sorted([c, start, top(counts)] for (c, start), counts in windows.items())
rows = weir.wait('SELECT category, WINDOWSTART, top FROM RANKING;', lambda r: sorted(r) == want)
check(f'{len(want)} rankings of a category and an hour', sorted(rows) == want,
      [(w, r) for w, r in zip(want, sorted(rows)) if w != r][:1])
want = sorted([u, c, n, top(windows[c, front[c]])] for u, (c, n) in readers.items())
rows = weir.wait('SELECT * FROM PAGES;', lambda r: sorted(r) == want)
check(f'the pages of {len(want)} readers', sorted(rows) == want,
      [(w, r) for w, r in zip(want, sorted(rows)) if w != r][:1])
rows = weir.rows("SELECT category, top FROM PAGES WHERE reader = 'u042';")
check('one page, asked by its reader', rows == [want[[w[0] for w in want].index('u042')][1::2]], rows)
print('    u042 is shown ' + rows[0][0])
for line in rows[0][1]:
    n, title = line.split(' ', 1)
    print(f'    {int(n):5}  {title}')
