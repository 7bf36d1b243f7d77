"""A weir server on a folder of its own, that can be killed and started again; for the tests of this folder."""
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, weir, folder, data=None):
        self.weir, self.folder, self.data = weir, folder, data or f'{folder}/data'
        self.rest, self.kafka = free_port(), free_port()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [self.weir, 'server', '--set', f'weir.data.dir={self.data}',
             '--set', f'listeners=http://127.0.0.1:{self.rest}',
             '--set', f'weir.kafka.listeners=PLAINTEXT://127.0.0.1:{self.kafka}',
             '--set', 'ksql.streams.auto.offset.reset=earliest'],
            stdout=open(f'{self.folder}/log', 'a'), stderr=subprocess.STDOUT)
        for _ in range(600):
            try:
                urllib.request.urlopen(f'http://127.0.0.1:{self.rest}/info', timeout=5).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit('the server did not start again:\n' + open(f'{self.folder}/log').read()[-2000:])
                time.sleep(0.05)
        sys.exit('the server does not answer')

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def post(self, path, sql):
        request = urllib.request.Request(f'http://127.0.0.1:{self.rest}{path}', json.dumps({'ksql': sql}).encode(),
                                         {'Accept': 'application/vnd.ksql.v1+json'})
        return json.load(urllib.request.urlopen(request, timeout=60))

    def rows(self, sql):
        return [r['row']['columns'] for r in self.post('/query', sql) if 'row' in r]


def read_topic(server, topic):
    """All committed records of a topic, by librdkafka's read_committed consumer."""
    out = subprocess.run(['kcat', '-q', '-b', f'127.0.0.1:{server.kafka}', '-C', '-t', topic, '-o', 'beginning',
                          '-e', '-f', '%k %s\n'], stdout=subprocess.PIPE, timeout=120, check=True).stdout.decode()
    return [(line.split(' ', 1)[0], json.loads(line.split(' ', 1)[1])['N']) for line in out.splitlines()]


def wait(what, condition, seconds=90):
    end = time.time() + seconds
    while True:
        wrong = condition()
        if not wrong:
            print(f'ok      {what}')
            return 0
        if time.time() > end:
            print(f'WRONG   {what}: {wrong}')
            return 1
        time.sleep(0.2)
