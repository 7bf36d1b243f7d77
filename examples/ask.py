"""For the examples: statements and queries over REST, with Python's standard library only."""
import json
import time
import urllib.error
import urllib.request


class Weir:
    def __init__(self, url):
        self.url = url

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(),
                                         {'Content-Type': 'application/json',
                                          'Accept': 'application/vnd.ksql.v1+json'})
        try:
            return json.load(urllib.request.urlopen(request, timeout=60))
        except urllib.error.HTTPError as e:
            raise SystemExit(f'{path}: {e.read().decode()}')

    def run(self, sql):
        """Executes statements; any error ends the program."""
        return self.post('/ksql', {'ksql': sql})

    def rows(self, sql):
        """All rows of a pull query."""
        answer = self.post('/query', {'ksql': sql})
        return [r['row']['columns'] for r in answer if 'row' in r]

    def wait(self, sql, good, seconds=60):
        """Asks until good(rows) holds: a materialized table follows its sources."""
        end = time.time() + seconds
        while True:
            rows = self.rows(sql)
            if good(rows) or time.time() > end:
                return rows
            time.sleep(0.05)


def check(what, ok, detail=''):
    print(('ok      ' if ok else 'WRONG   ') + what + ('' if ok else f'  {detail}'))
    if not ok:
        raise SystemExit(1)


if __name__ == '__main__':  # ask.py URL FILE: runs the statements of a file
    import sys
    Weir(sys.argv[1]).run(open(sys.argv[2], encoding='utf8').read())
