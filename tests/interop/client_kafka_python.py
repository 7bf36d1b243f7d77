"""kafka-python 2.0.2 against the Kafka port at argv[1]: produce and consume with every codec, offsets
kept by a group, two consumers that share a group, the admin client."""
import sys
import threading
import time
import uuid

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import TopicAlreadyExistsError

BROKER = sys.argv[1]
RUN = uuid.uuid4().hex[:8]


def check(what, ok):
    print(('ok   ' if ok else 'FAIL ') + what, flush=True)
    if not ok:
        sys.exit(1)


def consume(topic, count, **options):
    c = KafkaConsumer(topic, bootstrap_servers=BROKER, auto_offset_reset='earliest',
                      consumer_timeout_ms=8000, **options)
    got = []
    for r in c:
        got.append(r)
        if len(got) == count:
            break
    return c, got


def codecs():
    for codec in (None, 'gzip', 'snappy', 'lz4', 'zstd'):
        topic = f'py-{codec}-{RUN}'
        p = KafkaProducer(bootstrap_servers=BROKER, compression_type=codec, linger_ms=20, acks='all')
        sent = [p.send(topic, key=b'k%d' % i, value=b'value %d' % i, headers=[('h', b'%d' % i)])
                for i in range(500)]
        offsets = [f.get(10).offset for f in sent]
        p.close()
        check(f'{codec}: offsets in order', offsets == list(range(500)))
        c, got = consume(topic, 500)
        c.close()
        check(f'{codec}: what was sent came back', [(r.key, r.value, r.headers) for r in got] ==
              [(b'k%d' % i, b'value %d' % i, [('h', b'%d' % i)]) for i in range(500)])


def group_offsets():
    topic, group = f'py-offsets-{RUN}', f'py-group-{RUN}'
    p = KafkaProducer(bootstrap_servers=BROKER, acks=1)
    for i in range(100):
        p.send(topic, b'%d' % i)
    p.flush()
    c, got = consume(topic, 60, group_id=group, enable_auto_commit=True)
    c.close()
    check('group reads from the earliest', [r.value for r in got] == [b'%d' % i for i in range(60)])
    c, got = consume(topic, 1, group_id=group, enable_auto_commit=False)
    check('group goes on where it was', got[0].offset == 60)
    c.seek_to_beginning()
    c.commit()
    first = c.position(TopicPartition(topic, 0))
    c.close()
    check('seek to the beginning', first == 0)
    c = KafkaConsumer(bootstrap_servers=BROKER)
    tp = TopicPartition(topic, 0)
    check('end offset', c.end_offsets([tp]) == {tp: 100})
    check('offset for time', c.offsets_for_times({tp: 1})[tp].offset == 0)
    check('offset for a time to come', c.offsets_for_times({tp: 1 << 45})[tp] is None)
    c.close()
    p.close()


def rebalance():
    topic, group = f'py-rebalance-{RUN}', f'py-rebalance-{RUN}'
    admin = KafkaAdminClient(bootstrap_servers=BROKER)
    admin.create_topics([NewTopic(topic, 4, 1)])
    seen, assigned, stop = [[], []], [set(), set()], [threading.Event(), threading.Event()]

    def run(n):
        c = KafkaConsumer(topic, bootstrap_servers=BROKER, group_id=group, heartbeat_interval_ms=300,
                          auto_offset_reset='earliest', session_timeout_ms=6000)
        while not stop[n].is_set():
            for records in c.poll(200).values():
                seen[n] += [r.value for r in records]
            assigned[n] = {tp.partition for tp in c.assignment()}
        c.close()
        assigned[n] = set()

    def wait(what, done):
        end = time.time() + 20
        while not done() and time.time() < end:
            time.sleep(0.05)
        check(what, done())

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in (0, 1)]
    threads[0].start()
    wait('one consumer has all partitions', lambda: assigned[0] == {0, 1, 2, 3})
    threads[1].start()
    wait('two consumers share the partitions', lambda: len(assigned[0]) == len(assigned[1]) == 2
         and assigned[0] | assigned[1] == {0, 1, 2, 3})
    p = KafkaProducer(bootstrap_servers=BROKER)
    for i in range(400):
        p.send(topic, b'%d' % i, partition=i % 4)
    p.flush()
    wait('every record came once', lambda: sorted(map(int, seen[0] + seen[1])) == list(range(400)))
    check('both got some', bool(seen[0]) and bool(seen[1]))
    groups = admin.list_consumer_groups()
    check('the group is listed', (group, 'consumer') in groups)
    d = admin.describe_consumer_groups([group])[0]
    check('the group is described', d.state == 'Stable' and len(d.members) == 2)
    stop[1].set()
    wait('the one left gets all', lambda: assigned[0] == {0, 1, 2, 3})
    stop[0].set()
    for t in threads:
        t.join()
    p.close()
    admin.close()


def administration():
    topic = f'py-admin-{RUN}'
    admin = KafkaAdminClient(bootstrap_servers=BROKER)
    admin.create_topics([NewTopic(topic, 3, 1, topic_configs={'retention.ms': '12345'})])
    check('topic is listed', topic in admin.list_topics())
    check('partitions', len(admin.describe_topics([topic])[0]['partitions']) == 3)
    try:
        admin.create_topics([NewTopic(topic, 3, 1)])
        check('a second topic of that name is refused', False)
    except TopicAlreadyExistsError:
        check('a second topic of that name is refused', True)
    r = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    configs = {c[0]: c[1] for c in r[0].resources[0][4]}
    check('configs', configs.get('retention.ms') == '12345')
    admin.delete_topics([topic])
    check('topic is gone', topic not in admin.list_topics())
    admin.close()


codecs()
group_offsets()
rebalance()
administration()
