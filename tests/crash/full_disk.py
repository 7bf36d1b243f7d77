"""Runs the server on a small file system until that is full, and holds it to its promises through the Kafka port:

    producers get errors, the server lives, and what was acknowledged can still be read
    after kill -9 and a start on the full disk every acknowledged record is there
    with room again producing goes on, queries catch up, and after another kill all of it is there

Needs the right to mount a tmpfs, or user namespaces; says so and skips when it has neither.
"""
import argparse
import collections
import os
import shutil
import subprocess
import sys
import tempfile

from kafka import KafkaProducer
from kafka.errors import KafkaError

from server import Server, read_topic, wait

DISK_MIB, BALLAST_MIB = 48, 24
SQL = '''
CREATE STREAM S (ID STRING KEY, N BIGINT, PAD STRING) WITH (kafka_topic='s', value_format='JSON', partitions=2);
CREATE STREAM COPY AS SELECT ID, N FROM S;
CREATE TABLE BY_KEY AS SELECT ID, COUNT(*) AS C, SUM(N) AS TOTAL FROM S GROUP BY ID;
'''


def mount(folder):
    """A small file system at folder/disk; in a namespace of our own when mounting is not allowed here."""
    disk = f'{folder}/disk'
    os.mkdir(disk)
    command = ['mount', '-t', 'tmpfs', '-o', f'size={DISK_MIB}m', 'weir-full-disk', disk]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    if failed.returncode == 0:
        return disk
    shutil.rmtree(folder)
    if 'WEIR_NAMESPACE' in os.environ:
        print('full disk: skipped, a tmpfs cannot be mounted here: ' + failed.stderr.strip())
        sys.exit(0)
    os.environ['WEIR_NAMESPACE'] = '1'
    if shutil.which('unshare') is None:
        print('full disk: skipped, neither mount nor unshare can be used: ' + failed.stderr.strip())
        sys.exit(0)
    probe = subprocess.run(['unshare', '--map-root-user', '--mount', 'true'], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        print('full disk: skipped, no mount and no user namespace: ' + probe.stderr.strip())
        sys.exit(0)
    os.execvp('unshare', ['unshare', '--map-root-user', '--mount', sys.executable, *sys.argv])


def produce(server, first, enough):
    """Sends numbered records until enough(acknowledged, errors) holds; gives both and the next number."""
    producer = KafkaProducer(bootstrap_servers=[f'127.0.0.1:{server.kafka}'], acks='all', retries=0, linger_ms=2,
                             request_timeout_ms=10000, max_block_ms=10000)
    acknowledged, errors, n = set(), collections.Counter(), first
    while not enough(len(acknowledged), sum(errors.values())) and n < first + 200000:
        futures = []
        for _ in range(200):
            value = b'{"N":%d,"PAD":"%s"}' % (n, b'x' * 500)
            futures.append((n, producer.send('s', key=b'k%d' % (n % 50), value=value)))
            n += 1
        for number, future in futures:
            try:
                future.get(timeout=20)
                acknowledged.add(number)
            except KafkaError as e:
                errors[type(e).__name__] += 1
    producer.close(timeout=5)
    return acknowledged, errors, n


def check(what, ok, detail=''):
    print(('ok      ' if ok else 'WRONG   ') + what + ('' if ok else f': {detail}'))
    return 0 if ok else 1


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--weir', default='./weir')
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix='weir-full-')
    disk = mount(folder)
    server = Server(os.path.abspath(a.weir), folder, data=f'{disk}/data')
    failed = 0
    try:
        server.start()
        server.post('/ksql', SQL)
        with open(f'{disk}/ballast', 'wb') as f:
            f.write(b'x' * (BALLAST_MIB << 20))

        acknowledged, errors, following = produce(server, 0, lambda _, wrong: wrong >= 1000)
        print(f'{len(acknowledged)} acknowledged, then {dict(errors)}')
        failed += check('producers get errors', sum(errors.values()) >= 1000, errors)
        failed += check('some records were taken before', len(acknowledged) > 100, len(acknowledged))
        failed += check('the server lives', server.process.poll() is None and server.post('/ksql', 'LIST STREAMS;'))

        def missing():
            have = {n for _, n in read_topic(server, 's')}
            return sorted(acknowledged - have)[:5]
        failed += wait('every acknowledged record can be read while the disk is full', missing)
        server.kill()
        server.start()
        failed += wait('and after kill -9 and a start on the full disk', missing)

        os.remove(f'{disk}/ballast')
        more, errors, _ = produce(server, following, lambda taken, wrong: taken >= 2000)
        acknowledged |= more
        failed += check('with room again records are taken', len(more) >= 2000, (len(more), errors))
        failed += wait('every acknowledged record can be read', missing)

        def copy_differs():
            source, copy = read_topic(server, 's'), read_topic(server, 'COPY')
            lost = collections.Counter(source) - collections.Counter(copy)
            return f'{len(source)} records, {len(copy)} copied, {sum(lost.values())} lost' if lost else None
        failed += wait('the stream made from it catches up', copy_differs, 120)
        server.kill()
        server.start()
        failed += wait('and after another kill -9', missing)
        failed += wait('with the stream made from it', copy_differs, 120)
    finally:
        server.kill()
        if failed:
            print('the server said:\n' + open(f'{folder}/log').read()[-3000:])
        subprocess.run(['umount', disk], check=False)
        shutil.rmtree(folder, ignore_errors=True)
    print(f'full disk: {9 - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
