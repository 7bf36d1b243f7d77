"""The example's data, the same every time: articles, and who read which of them when.

usage: generate.py articles|reads       one record a line, its key before the |
"""
import json
import random
import sys

CATEGORIES = ['politics', 'economy', 'science', 'culture', 'sport', 'local']
ARTICLES, USERS, READS, HOURS = 90, 300, 20000, 6
START = 1718409600000  # 2024-06-15 00:00 UTC


def articles():
    return {f'a{n:02}': {'title': f'Article {n}', 'category': CATEGORIES[n % len(CATEGORIES)]} for n in range(ARTICLES)}


def reads():
    """In order of time; every user has a favourite category, and what is popular changes by the hour."""
    rng = random.Random(7)
    names = sorted(articles())
    out = []
    for n in range(READS):
        ts = START + n * HOURS * 3600000 // READS
        user = rng.randrange(USERS)
        hour = n * HOURS // READS
        of = [a for i, a in enumerate(names) if i % len(CATEGORIES) == user % len(CATEGORIES)] \
            if rng.random() < 0.7 else names
        popular = rng.sample(of, 4) + [of[(hour * 7 + 3) % len(of)]]
        out.append({'user': f'u{user:03}', 'article': rng.choice(popular), 'ts': ts})
    return out


if __name__ == '__main__':
    if sys.argv[1] == 'articles':
        for key, value in articles().items():
            print(key + '|' + json.dumps(value))
    else:
        for r in reads():
            print(r['user'] + '|' + json.dumps({'article': r['article'], 'ts': r['ts']}))
