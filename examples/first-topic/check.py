"""The table over the topic must say what the producer sent."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from ask import Weir, check

weir = Weir(sys.argv[1])
want = {t: [t, 10 if t < 9 else 9, sum(range(10 * t, min(10 * t + 10, 99)))] for t in range(10)}
rows = weir.wait('SELECT * FROM BY_TENS;', lambda r: sorted(r) == [want[t] for t in range(10)])
check('the table BY_TENS counts and sums all 99 values', sorted(rows) == [want[t] for t in range(10)], rows)
rows = weir.rows('SELECT N, TOTAL FROM BY_TENS WHERE TEN = 4;')
check('a pull query by key', rows == [[10, 445]], rows)
rows = weir.rows('SELECT counter FROM COUNTERS WHERE counter >= 97;')
check('a pull query on the stream', sorted(rows) == [[97], [98]], rows)
