"""What an admin's Kafka client does to the topics of a server: grow, delete, make again, delete records, read."""
import socket
import struct

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewPartitions, NewTopic


def text(s):
    return struct.pack('>h', len(s)) + s.encode()


def raw(server, api, version, body):
    """The answer to a request that the client library has no call for, behind the correlation id."""
    request = struct.pack('>hhi', api, version, 1) + text('test') + body
    with socket.create_connection(('127.0.0.1', server.kafka_port)) as c:
        c.sendall(struct.pack('>i', len(request)) + request)
        f = c.makefile('rb')
        n, = struct.unpack('>i', f.read(4))
        return f.read(n)[4:]


def delete_before(server, topic, partition, offset):
    """DeleteRecords."""
    answer = raw(server, 21, 0, struct.pack('>i', 1) + text(topic) + struct.pack('>iiqi', 1, partition, offset, 10000))
    error, = struct.unpack('>h', answer[-2:])
    assert error == 0, error


def end_offset(server, topic, partition, committed):
    """ListOffsets: the high watermark, or the last stable offset."""
    answer = raw(server, 2, 2, struct.pack('>ibi', -1, committed, 1) + text(topic) +
                 struct.pack('>iiq', 1, partition, -1))
    offset, = struct.unpack('>q', answer[-8:])
    return offset


class Admin:
    def __init__(self, server):
        self.at = f'127.0.0.1:{server.kafka_port}'
        self.client = KafkaAdminClient(bootstrap_servers=self.at, request_timeout_ms=20000)

    def close(self):
        self.client.close()

    def create(self, topic, partitions):
        self.client.create_topics([NewTopic(topic, partitions, 1)])

    def grow(self, topic, partitions):
        self.client.create_partitions({topic: NewPartitions(partitions)})

    def delete(self, topic):
        self.client.delete_topics([topic])

    def topics(self):
        return {t for t in self.client.list_topics() if not t.startswith('_confluent')}

    def produce(self, topic, records):
        """records: (partition or None, key, value), texts."""
        p = KafkaProducer(bootstrap_servers=self.at, acks='all')
        for partition, key, value in records:
            p.send(topic, key=None if key is None else key.encode(), value=value.encode(), partition=partition)
        p.flush()
        p.close()

    def consumer(self):
        return KafkaConsumer(bootstrap_servers=self.at, enable_auto_commit=False, consumer_timeout_ms=10000)

    def offsets(self, topics):
        """{(topic, partition): (first, next)}"""
        c = self.consumer()
        parts = [TopicPartition(t, p) for t in sorted(topics) for p in sorted(c.partitions_for_topic(t) or ())]
        first, end = c.beginning_offsets(parts), c.end_offsets(parts)
        c.close()
        return {(p.topic, p.partition): (first[p], end[p]) for p in parts}

    def read(self, topic):
        """All records: (partition, key, value)."""
        c = self.consumer()
        parts = [TopicPartition(topic, p) for p in c.partitions_for_topic(topic) or ()]
        ends = c.end_offsets(parts)
        c.assign(parts)
        c.seek_to_beginning(*parts)
        out = []
        while any(c.position(p) < ends[p] for p in parts):
            for p, records in c.poll(timeout_ms=2000).items():
                out += [(p.partition, r.key, r.value) for r in records]
        c.close()
        return out
