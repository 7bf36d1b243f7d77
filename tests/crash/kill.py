"""Kills the server with SIGKILL at random moments while records are produced and queries run under
exactly_once_v2, starts it again on the same folder, and in the end holds it to its promises:

    every record that was acknowledged is in the topic
    a stream made from it has every record exactly once
    tables made from it, with and without a repartition, say exactly what the topic says
"""
import argparse
import collections
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time

from kafka import KafkaProducer

from server import Server, read_topic, wait

SQL = '''
SET 'processing.guarantee'='exactly_once_v2';
CREATE STREAM S (ID STRING KEY, N BIGINT) WITH (kafka_topic='s', value_format='JSON', partitions=2);
CREATE STREAM COPY AS SELECT ID, N FROM S;
CREATE TABLE BY_KEY AS SELECT ID, COUNT(*) AS C, SUM(N) AS TOTAL FROM S GROUP BY ID;
CREATE TABLE BY_DIGIT AS SELECT N % 10 AS D, COUNT(*) AS C, SUM(N) AS TOTAL FROM S GROUP BY N % 10;
'''


class Load(threading.Thread):
    """Sends numbered records and remembers which were acknowledged."""

    def __init__(self, server, first, rng):
        super().__init__()
        self.server, self.next, self.rng = server, first, rng
        self.acknowledged, self.stop = set(), False

    def run(self):
        try:
            producer = KafkaProducer(bootstrap_servers=[f'127.0.0.1:{self.server.kafka}'], acks='all', retries=0,
                                     linger_ms=2, request_timeout_ms=5000, max_block_ms=5000)
            while not self.stop:
                n = self.next
                self.next += 1
                future = producer.send('s', key=f'k{self.rng.randrange(50)}'.encode(),
                                       value=json.dumps({'N': n}).encode())
                future.add_callback(lambda _, n=n: self.acknowledged.add(n))
                if n % 200 == 0:
                    time.sleep(0.005)
            producer.close(timeout=1)
        except Exception:  # the server is gone: what was not acknowledged is not owed
            pass


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--weir', default='./weir')
    p.add_argument('--rounds', type=int, default=20)
    p.add_argument('--seed', type=int, default=int(time.time()))
    a = p.parse_args()
    print(f'seed {a.seed}')
    rng = random.Random(a.seed)
    folder = tempfile.mkdtemp(prefix='weir-crash-')
    server = Server(os.path.abspath(a.weir), folder)
    server.start()
    server.post('/ksql', SQL)
    acknowledged, first = set(), 0
    for round_number in range(a.rounds):
        load = Load(server, first, rng)
        load.start()
        time.sleep(rng.uniform(0.1, 1.2))
        server.kill()
        load.stop = True
        load.join()
        acknowledged |= load.acknowledged
        first = load.next
        server.start()
    print(f'{a.rounds} kills, {first} records sent, {len(acknowledged)} acknowledged')

    failed = 0
    source = read_topic(server, 's')
    have = {n for _, n in source}
    failed += wait('every acknowledged record is there', lambda: sorted(acknowledged - have)[:5])
    failed += wait('no record is there twice', lambda: len(source) - len(have))
    failed += wait('the stream has every record exactly once',
                   lambda: collections.Counter(read_topic(server, 'COPY')) != collections.Counter(source)
                   and f"{len(read_topic(server, 'COPY'))} records against {len(source)}")
    for table, key in (('BY_KEY', lambda k, n: k), ('BY_DIGIT', lambda k, n: n % 10)):
        count, total = collections.Counter(), collections.Counter()
        for k, n in source:
            count[key(k, n)] += 1
            total[key(k, n)] += n
        want = sorted([k, count[k], total[k]] for k in count)
        failed += wait(f'table {table} says what the topic says',
                       lambda: sorted(server.rows(f'SELECT * FROM {table};')) != want
                       and f"{sorted(server.rows(f'SELECT * FROM {table};'))[:3]} against {want[:3]}")
    server.kill()
    if failed:
        print(f'the folder is kept: {folder}; run again with --seed {a.seed}')
    else:
        shutil.rmtree(folder)
    print(f'crash: {5 - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
