"""Sends 99 JSON values without a key to topic_test, as any kafka-python tutorial does."""
import sys
from json import dumps

from kafka import KafkaProducer

broker = sys.argv[1] if len(sys.argv) > 1 else 'localhost:9092'
producer = KafkaProducer(bootstrap_servers=[broker],
                         value_serializer=lambda x: dumps(x).encode('utf-8'))
for j in range(99):
    producer.send('topic_test', value={'counter': j})
producer.flush()
print('sent 99 values')
