"""confluent-kafka (librdkafka) against the Kafka port at argv[1]: every codec, the idempotent producer,
groups with the range and the cooperative assignor, static members, the admin client."""
import sys
import time
import uuid

from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer,
                             TopicPartition)
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

BROKER = sys.argv[1]
RUN = uuid.uuid4().hex[:8]


def check(what, ok):
    print(('ok   ' if ok else 'FAIL ') + what, flush=True)
    if not ok:
        sys.exit(1)


def produce(topic, count, **options):
    errors = []
    p = Producer({'bootstrap.servers': BROKER, 'linger.ms': 5, **options})
    for i in range(count):
        p.produce(topic, key=b'k%d' % i, value=b'value %d' % i, partition=0,
                  on_delivery=lambda e, m: errors.append(e) if e else None)
    left = p.flush(20)
    check(f'{topic}: all delivered', left == 0 and not errors)


def consumer(group, **options):
    return Consumer({'bootstrap.servers': BROKER, 'group.id': group, 'auto.offset.reset': 'earliest',
                     'heartbeat.interval.ms': 300, 'session.timeout.ms': 6000, **options})


def read(c, count, seconds=20):
    got, end = [], time.time() + seconds
    while len(got) < count and time.time() < end:
        m = c.poll(0.2)
        if m and not m.error():
            got.append(m)
    return got


def codecs():
    for codec in ('none', 'gzip', 'snappy', 'lz4', 'zstd'):
        topic = f'ck-{codec}-{RUN}'
        produce(topic, 2000, **{'compression.type': codec})
        c = consumer(f'ck-{codec}-{RUN}')
        c.subscribe([topic])
        got = read(c, 2000)
        c.close()
        check(f'{codec}: what was sent came back', [(m.key(), m.value(), m.offset()) for m in got] ==
              [(b'k%d' % i, b'value %d' % i, i) for i in range(2000)])


def idempotence():
    topic = f'ck-idem-{RUN}'
    produce(topic, 5000, **{'enable.idempotence': True, 'batch.num.messages': 100})
    c = consumer(f'ck-idem-{RUN}')
    low, high = None, None
    c.assign([TopicPartition(topic, 0, 0)])
    low, high = c.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
    c.close()
    check('idempotent producer: nothing twice', (low, high) == (0, 5000))


def groups(strategy):
    topic = f'ck-{strategy}-{RUN}'
    admin = AdminClient({'bootstrap.servers': BROKER})
    admin.create_topics([NewTopic(topic, 4, 1)])[topic].result(10)
    options = {'partition.assignment.strategy': strategy}
    a, b = consumer(topic, **options), consumer(topic, **options)

    def settle(counts):
        end = time.time() + 25
        while time.time() < end:
            a.poll(0.1)
            b.poll(0.1)
            now = (len(a.assignment()), len(b.assignment()))
            if now == counts:
                return True
        return False

    a.subscribe([topic])
    check(f'{strategy}: one has all', settle((4, 0)))
    b.subscribe([topic])
    check(f'{strategy}: two share', settle((2, 2)))
    a.commit(offsets=[TopicPartition(topic, p.partition, 7) for p in a.assignment()],
             asynchronous=False)
    mine = a.committed(a.assignment(), timeout=10)
    check(f'{strategy}: committed offsets', [p.offset for p in mine] == [7, 7])
    b.close()
    end = time.time() + 20
    while len(a.assignment()) != 4 and time.time() < end:
        a.poll(0.1)
    check(f'{strategy}: the one left has all', len(a.assignment()) == 4)
    a.close()


def static_member():
    topic = f'ck-static-{RUN}'
    produce(topic, 10)
    generations = []
    for _ in range(2):
        c = consumer(topic, **{'group.instance.id': 'instance-1'})
        c.subscribe([topic])
        check('static member reads', len(read(c, 1)) == 1)
        admin = AdminClient({'bootstrap.servers': BROKER})
        d = admin.describe_consumer_groups([topic])[topic].result(10)
        generations.append([m.group_instance_id for m in d.members])
        c.close()
    check('one member under one instance id', generations == [['instance-1'], ['instance-1']])


def administration():
    admin = AdminClient({'bootstrap.servers': BROKER})
    topic = f'ck-admin-{RUN}'
    admin.create_topics([NewTopic(topic, 2, 1, config={'cleanup.policy': 'compact'})])[topic].result(10)
    r = ConfigResource(ConfigResource.Type.TOPIC, topic)
    configs = admin.describe_configs([r])[r].result(10)
    check('configs', configs['cleanup.policy'].value == 'compact')
    for bad, why in ((NewTopic('a b', 1, 1), 'name'), (NewTopic('x' + RUN, 0, 1), 'partitions'),
                     (NewTopic('x' + RUN, 1, 3), 'replication'),
                     (NewTopic('x' + RUN, 1, 1, config={'no.such': '1'}), 'config')):
        try:
            admin.create_topics([bad])[bad.topic].result(10)
            check(f'bad {why} is refused', False)
        except KafkaException as e:
            check(f'bad {why} is refused: {e.args[0].str()}', True)
    try:
        admin.create_topics([NewTopic(f'dry-{RUN}', 1, 1)], validate_only=True)[f'dry-{RUN}'].result(10)
        check('validate only', f'dry-{RUN}' not in admin.list_topics(timeout=10).topics)
    except KafkaException as e:
        check(f'validate only: {e}', False)
    listed = admin.list_consumer_groups().result()
    check('groups are listed', any(g.group_id == f'ck-static-{RUN}' for g in listed.valid))
    admin.delete_topics([topic])[topic].result(10)
    check('topic is gone', topic not in admin.list_topics(timeout=10).topics)
    group = f'ck-none-{RUN}'
    admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(10)
    admin.delete_consumer_groups([group])[group].result(10)
    check('group is deleted', True)
    check('cluster', admin.describe_cluster().result(10).controller.id == 1)


codecs()
idempotence()
groups('range')
groups('cooperative-sticky')
static_member()
administration()
