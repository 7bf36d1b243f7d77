"""Reads all of topic_test in a consumer group."""
import sys
from json import loads

from kafka import KafkaConsumer

broker = sys.argv[1] if len(sys.argv) > 1 else 'localhost:9092'
consumer = KafkaConsumer('topic_test', bootstrap_servers=[broker], auto_offset_reset='earliest',
                         enable_auto_commit=True, group_id='my-group-id',
                         value_deserializer=lambda x: loads(x.decode('utf-8')),
                         consumer_timeout_ms=20000)
seen = []
for event in consumer:
    seen.append(event.value['counter'])
    if len(seen) == 99:
        break
consumer.close()
print(f'received {len(seen)} values, the sum of the counters is {sum(seen)}')
sys.exit(0 if sorted(seen) == list(range(99)) else 1)
