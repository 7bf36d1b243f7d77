"""Writes the airports, then the flights with their departure as timestamp."""
import json
import os
import sys

from kafka import KafkaProducer

here = os.path.dirname(os.path.abspath(__file__))
producer = KafkaProducer(bootstrap_servers=[sys.argv[1]], linger_ms=20, acks=1)
for name, key, when in (('airports', 'iata', None), ('flights', 'origin', 'ts')):
    sent = 0
    for line in open(os.path.join(here, name + '.jsonl'), encoding='utf8'):
        row = json.loads(line)
        producer.send(name, key=row.pop(key).encode(), value=json.dumps(row).encode(),
                      timestamp_ms=row[when] if when else 0)
        sent += 1
    producer.flush()
    print(f'sent {sent} {name}')
