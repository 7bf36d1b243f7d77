"""A server under test, and what its tests share."""
import http.client
import json
import signal
import socket
import subprocess
import tempfile
import time

KSQL = 'application/vnd.ksql.v1+json'
DELIMITED = 'application/vnd.ksqlapi.delimited.v1'
TESTS = []


def test(f):
    TESTS.append(f)
    return f


class Server:
    def __init__(self, weir, folder=None, *settings):
        self.folder = folder or tempfile.mkdtemp(prefix='weir-test-')
        sets = ['listeners=http://127.0.0.1:0', 'weir.kafka.listeners=PLAINTEXT://127.0.0.1:0',
                'weir.data.dir=' + self.folder, *settings]
        args = [a for s in sets for a in ('--set', s)]
        self.process = subprocess.Popen([weir, 'server', *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        line = self.process.stdout.readline()
        if 'REST and console on port ' not in line:
            raise AssertionError('server did not start: ' + self.process.stderr.read())
        self.port = int(line.split('console on port ')[1].split(',')[0])
        self.kafka_port = int(line.split('Kafka on port ')[1].split(',')[0])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError('the server did not stop within 20 s')
        errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        if 'Sanitizer' in errors or 'runtime error' in errors:
            raise AssertionError(errors)
        if how == signal.SIGTERM:
            assert code == 0, (code, errors)

    def request(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=20)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        c.request(method, path, body, headers or {})
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        return r, text

    def ksql(self, sql, status=200, **more):
        r, text = self.request('POST', '/ksql', {'ksql': sql, **more})
        assert r.status == status, (sql, r.status, text)
        return json.loads(text)

    def query(self, sql, accept=KSQL, path='/query', status=200, **properties):
        names = ('sql', 'properties') if path == '/query-stream' else ('ksql', 'streamsProperties')
        r, text = self.request('POST', path, {names[0]: sql, names[1]: properties},
                               {'Accept': accept} if accept else {})
        assert r.status == status, (sql, r.status, text)
        return r, text

    def eventually(self, sql, expected, **more):
        deadline = time.time() + 20
        while True:
            _, text = self.query(sql, **more)
            if expected in text:
                return
            assert time.time() < deadline, (sql, expected, text)
            time.sleep(0.02)

    def metric(self, name):
        _, text = self.request('GET', '/metrics')
        for line in text.splitlines():
            if line.startswith(name + ' '):
                return float(line.split()[1])
        raise AssertionError('no metric ' + name)

    def wait_metric(self, name, value):
        deadline = time.time() + 20
        while self.metric(name) != value:
            assert time.time() < deadline, (name, value, self.metric(name))
            time.sleep(0.02)

    def socket(self):
        return socket.create_connection(('127.0.0.1', self.port), timeout=20)

    def alive(self):
        r, _ = self.request('GET', '/info')
        assert r.status == 200


def drain(c):
    out = b''
    try:
        while True:
            part = c.recv(65536)
            if not part:
                break
            out += part
    except ConnectionError:
        pass
    c.close()
    return out


def read_until(c, text):
    out = b''
    while text not in out:
        part = c.recv(65536)
        assert part, out
        out += part
    return out


def send_query(c, sql, **properties):
    body = json.dumps({'ksql': sql, 'streamsProperties': properties}).encode()
    c.sendall(b'POST /query HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: %s\r\nContent-Length: %d\r\n\r\n%s'
              % (KSQL.encode(), len(body), body))


def push(s, sql, **properties):
    """A socket with a running push query, and its header item."""
    c = s.socket()
    send_query(c, sql, **properties)
    head = read_until(c, b'}},\n')
    return c, head[head.index(b'[{'):head.index(b'}},\n') + 4]
