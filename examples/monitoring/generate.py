"""Metrics of twelve hosts every ten seconds for two hours, the same every time: one record a line, its key before
the |. Load wanders; now and then a host is busy for some minutes. The last records only close the last minute."""
import json
import random

HOSTS, SECONDS, STEP = 12, 7200, 10
START = 1718409600000  # 2024-06-15 00:00 UTC


def metrics():
    rng = random.Random(13)
    cpu = {h: rng.uniform(20, 60) for h in range(HOSTS)}
    busy = {h: 0 for h in range(HOSTS)}
    requests = {h: 0 for h in range(HOSTS)}
    for second in list(range(0, SECONDS, STEP)) + [SECONDS + 120]:
        for h in range(HOSTS):
            if rng.random() < 0.004:
                busy[h] = rng.randrange(60, 900)
            busy[h] = max(0, busy[h] - STEP)
            aim = 97 if busy[h] else 40
            cpu[h] = min(100, max(0, cpu[h] + (aim - cpu[h]) * 0.25 + rng.uniform(-6, 6)))
            requests[h] += rng.randrange(100, 300)
            yield {'host': f'host-{h:02}', 'ts': START + second * 1000, 'cpu': round(cpu[h], 1), 'requests': requests[h]}


if __name__ == '__main__':
    for m in metrics():
        print(m.pop('host') + '|' + json.dumps(m))
