"""Pull queries: what decides how they are served, and answers that are larger than the server keeps."""
import json
import os
import socket
import threading
import time

from harness import KSQL, drain, read_until, send_query, test

ROWS = 200000
PAD = 'x' * 100


def big_table(s, rows=ROWS):
    """A table of so many rows of about 130 bytes each."""
    s.ksql("CREATE STREAM n (a INT) WITH (kafka_topic='n', value_format='JSON', partitions=1);"
           f"CREATE STREAM wide AS SELECT EXPLODE(GENERATE_SERIES(a, a + 1999)) AS k, '{PAD}' AS pad FROM n;"
           'CREATE TABLE big AS SELECT k, LATEST_BY_OFFSET(pad) AS pad FROM wide GROUP BY k;')
    s.ksql(''.join(f'INSERT INTO n VALUES ({i});' for i in range(0, rows, 2000)))
    s.eventually(f'SELECT k FROM big WHERE k = {rows - 1};', f'[{rows - 1}]')
    wanted = f'"consumerOffset":{rows}'
    deadline = time.time() + 60
    while wanted not in s.request('POST', '/ksql', {'ksql': 'DESCRIBE big EXTENDED;'})[1]:
        assert time.time() < deadline
        time.sleep(0.05)


def slow_socket(s):
    c = socket.socket()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    c.settimeout(60)
    c.connect(('127.0.0.1', s.port))
    return c


def peak_memory(s):
    """None: a sanitizer's memory is not ours."""
    with open(f'/proc/{s.process.pid}/maps') as f:
        if any(lib in f.read() for lib in ('libasan', 'libtsan')):
            return None
    with open(f'/proc/{s.process.pid}/status') as f:
        return next(int(line.split()[1]) for line in f if line.startswith('VmHWM')) * 1024


def body_of(answer):
    """The body of a chunked answer."""
    head, rest = answer.split(b'\r\n\r\n', 1)
    assert b'transfer-encoding: chunked' in head.lower(), head
    out = []
    while True:
        size, rest = rest.split(b'\r\n', 1)
        n = int(size, 16)
        if n == 0:
            return b''.join(out)
        out.append(rest[:n])
        rest = rest[n + 2:]


@test
def texts_of_keys_decide_nothing(s):
    """Words that a key holds make no push query of a look-up, whose places are all taken here."""
    s.ksql("CREATE STREAM c (k STRING KEY) WITH (kafka_topic='c', value_format='JSON', partitions=1);"
           'CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM c GROUP BY k;')
    for key in 'emitter', 'EMIT CHANGES', 'print where', "it''s":
        s.ksql(f"INSERT INTO c (k) VALUES ('{key}');")
        s.eventually(f"SELECT n FROM t WHERE k = '{key}';", '[1]')
    _, text = s.query('-- where\nSELECT * FROM c EMIT CHANGES;', status=400)
    assert "increase the 'ksql.max.push.queries'" in text, text
    _, text = s.query('PRINT c;', status=400)
    assert "increase the 'ksql.max.push.queries'" in text, text
    assert json.loads(s.query('SELECT k FROM t;')[1])[1:]


texts_of_keys_decide_nothing.settings = ['ksql.max.push.queries=0', 'ksql.streams.auto.offset.reset=earliest']


@test
def large_answers_are_not_kept(s):
    """They are made as they are read, and are whole; others are served meanwhile."""
    big_table(s)
    s.query('SELECT * FROM big LIMIT 10;')
    before = peak_memory(s)
    c = slow_socket(s)
    send_query(c, 'SELECT * FROM big;')
    got = [c.recv(4096)]
    assert b'200 OK' in got[0] and b'content-type: ' + KSQL.encode() in got[0].lower(), got[0]
    s.ksql('SHOW STREAMS;')  # on the one worker that there is
    s.query('SELECT * FROM big WHERE k = 5;')
    while True:
        part = c.recv(4096)
        if not part:
            break
        got.append(part)
    c.close()
    text = body_of(b''.join(got)).decode()
    assert text.endswith('}}]') and text.count('\n') == ROWS, text[-200:]
    rows = json.loads(text)
    assert rows[0]['header']['schema'] == '`K` INTEGER KEY, `PAD` STRING', rows[0]
    assert sorted(r['row']['columns'][0] for r in rows[1:]) == list(range(ROWS))
    if before:
        assert peak_memory(s) - before < 8 << 20, (before, peak_memory(s))
    # what fits is sent as a whole
    r, text = s.query('SELECT * FROM big LIMIT 1000;')
    assert int(r.headers['content-length']) == len(text), r.headers
    r, text = s.query('SELECT k FROM big WHERE pad IS NULL;')
    assert text.count('\n') == 0 and text.endswith(']'), text


large_answers_are_not_kept.settings = ['ksql.streams.auto.offset.reset=earliest', 'ksql.worker.pool.size=1',
                                       'ksql.streams.commit.interval.ms=100']


@test
def clients_that_leave_free_their_worker(s):
    big_table(s, 60000)
    sockets = [slow_socket(s) for _ in range(5)]
    heads = []
    for c in sockets:
        send_query(c, 'SELECT * FROM big;')
        heads.append(read_until(c, b'"schema"'))
    for c in sockets[:3]:
        c.close()
    sockets[3].shutdown(socket.SHUT_WR)  # one that will ask nothing more reads on
    rows = body_of(heads[3] + drain(sockets[3])).count(b'"row"')
    assert rows == 60000, rows
    sockets[4].close()
    start = time.time()
    s.ksql('DROP TABLE big;')  # waits for those that read
    assert time.time() - start < 4
    s.alive()


clients_that_leave_free_their_worker.settings = ['ksql.streams.auto.offset.reset=earliest', 'ksql.worker.pool.size=1',
                                                 'ksql.streams.commit.interval.ms=100']


@test
def a_stop_ends_answers_that_go_on(s):
    big_table(s, 60000)
    sockets = [slow_socket(s) for _ in range(3)]
    for c in sockets:
        send_query(c, 'SELECT * FROM big;')
        read_until(c, b'"schema"')
    start = time.time()
    s.stop()
    assert time.time() - start < 10
    for c in sockets:
        drain(c)


a_stop_ends_answers_that_go_on.settings = ['ksql.streams.auto.offset.reset=earliest',
                                           'ksql.streams.commit.interval.ms=100']


@test
def look_ups_wait_for_a_table_that_opens(s):
    """On a worker: the loops serve others meanwhile, and the client hears nothing of it."""
    big_table(s, 100000)
    s.stop()
    for name in os.listdir(s.folder + '/state'):  # no snapshot: it is restored from its changelog
        if os.path.isfile(f'{s.folder}/state/{name}'):
            os.remove(f'{s.folder}/state/{name}')
    s.__init__(s.weir, s.folder, *look_ups_wait_for_a_table_that_opens.settings)
    failed = []

    def ask(i):
        r, text = s.request('POST', '/query', {'ksql': f'SELECT k FROM big WHERE k = {i};'})
        if r.status != 200 or f'[{i}]' not in text:
            failed.append((r.status, text))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    s.alive()
    for t in threads:
        t.join()
    assert not failed, failed[0]


look_ups_wait_for_a_table_that_opens.settings = ['ksql.streams.auto.offset.reset=earliest',
                                                 'weir.query.pull.wait.ms=20000']
