"""Checks the functions of functions.c: through `weir replay`, and on a server that loaded them."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from ask import Weir, check

url, weir, library, work = sys.argv[1:]


def replay(statements, records, properties=None):
    """What the statements make of records on topic T."""
    case = {'id': 1, 'statements': statements, 'properties': properties or {},
            'inputs': [{'topic': 'T', 'key': k, 'value': v} for k, v in records]}
    run = subprocess.run([weir, 'replay', '--extension', library], input=json.dumps(case) + '\n', text=True,
                         capture_output=True, check=True)
    return json.loads(run.stdout)


def column(expression, columns, rows):
    """Values of an expression over rows of a stream."""
    answer = replay([f"CREATE STREAM S (K INT KEY, {columns}) WITH (kafka_topic='T', value_format='JSON');",
                     f'CREATE STREAM R AS SELECT K, {expression} AS X FROM S;'], [(1, r) for r in rows])
    return answer['error']['message'] if 'error' in answer else [r['value']['X'] for r in answer['outputs']['R']]


def total(expression, columns, rows, properties=None):
    """Values that an aggregate shows, row by row."""
    answer = replay([f"CREATE STREAM S (K INT KEY, {columns}) WITH (kafka_topic='T', value_format='JSON');",
                     f'CREATE TABLE R AS SELECT K, {expression} AS X FROM S GROUP BY K;'],
                    [(1, r) for r in rows], properties)
    return answer['error']['message'] if 'error' in answer else [r['value']['X'] for r in answer['outputs']['R']]


def expect(what, got, wanted):
    check(what, got == wanted, f'{got!r} instead of {wanted!r}')


# scalar functions
A, N = 'A BIGINT', [{'A': 3}]
expect('overload by exact type', column("TEST_UDF(CAST(A AS INT), 'x')", A, N), ['doStuffIntString'])
expect('NULL in place of a text', column('TEST_UDF(A, NULL)', A, N), ['doStuffLongString'])
expect('variadic', column('TEST_UDF(A, A, A, A)', A, N), ['doStuffLongVarargs'])
expect('STRUCT out and in', column('TEST_UDF(TEST_UDF())', A, N), ['foo'])
expect('a failure is NULL', column('COALESCE(BAD_UDF(TRUE), 5)', A, N), [5])
expect('a counter for each use', column("BAD_UDF('x')", A, N * 4), [None, 'x', None, 'x'])
expect('CASE is lazy', column('CASE WHEN WHENCONDITION(TRUE, TRUE) THEN WHENRESULT(1, TRUE) '
                              'ELSE WHENRESULT(2, FALSE) END', A, N), [1])
expect('a text that is put together', column("BACKWARD_CONCAT('one', 'two')", A, N), ['twoone'])
expect('MAP out and in', column("TOSTRING(MAP('k' := 1)) + TOMAP('v')['v'] + TOLIST('w')[1]", A, N), ['{k=1}vw'])
expect('multiplication wraps', column('MULTIPLY(65536, 65536)', A, N), [0])

# table functions
expect('one row for each argument', column("TEST_UDTF(1, A, 3.1E0, TRUE, 'foo', 123.4560000000, TOSTRUCT('bar'))", A, N),
       ['1', '3', '3.1', 'true', 'foo', '123.4560000000', 'Struct{A=bar}'])
expect('a failing row disappears', column('THROWING_UDTF(B)', 'B BOOLEAN', [{'B': False}, {'B': True}]), [False])

# aggregates
expect('sum', total('TEST_UDAF(A)', A, [{'A': 3}, {'A': 4}]), [3, 7])
expect('start from a setting', total('TEST_UDAF(I)', 'I INT', [{'I': 3}], {'ksql.functions.test_udaf.init': '100'}),
       [103])
expect('STRUCT as state', total('TEST_UDAF(P)', 'P STRUCT<A INT, B INT>', [{'P': {'A': 1, 'B': 2}}] * 2),
       [{'A': 1, 'B': 2}, {'A': 2, 'B': 4}])
expect('variadic in the middle', total("MID_VAR_ARG(A, 'hi', 'hello', 'world', 7, 3)", A, [{'A': 6}]), [28])
expect('literals without number', total("MULTI_ARG(A, 'hi', 5, '10', '20', '3')", A, [{'A': 6}]), [18])
expect('type variables', total('GENERIC_VAR_ARG(A, B)', A + ', B BOOLEAN', [{'A': 1, 'B': True}, {'A': 2}]), [[1], [1]])
expect('any types', total('OBJ_COL_ARG(7, A, B, MAP(1 := 2))', A + ', B BOOLEAN', [{'A': 1, 'B': True}]), [[7]])
expect('not on tables',
       'cannot be applied to a table source' in
       replay(["CREATE TABLE S (K INT PRIMARY KEY, A DOUBLE) WITH (kafka_topic='T', value_format='JSON');",
               'CREATE TABLE R AS SELECT K, TEST_UDAF(A) FROM S GROUP BY K;'], [])['error']['message'], True)
expect('wrong arguments', "Function 'MULTI_ARG' does not accept parameters (BIGINT, INTEGER, STRING)."
       in total("MULTI_ARG(A, 5, '10')", A, N), True)

# a library that is none
bad = os.path.join(work, 'bad.so')
open(bad, 'w').write('nothing')
run = subprocess.run([weir, 'replay', '--extension', bad], input='', text=True, capture_output=True)
check('a file that is no library is refused', run.returncode == 2 and bad in run.stderr, run.stderr)

# the server
w = Weir(url)
listed = w.run('SHOW FUNCTIONS;')[0]['functions']
check('listed', {'name': 'MID_VAR_ARG', 'type': 'AGGREGATE', 'category': 'AGGREGATE'} in listed)
d = w.run('DESCRIBE FUNCTION TEST_UDF;')[0]
check('described', d['author'] == 'weir' and d['version'] == '1.0' and d['path'].endswith('functions.so')
      and len(d['functions']) == 6 and d['functions'][0]['arguments'][1]['description'] == 'a text; may be NULL', d)
w.run("CREATE STREAM S (K VARCHAR KEY, A BIGINT) WITH (kafka_topic='t', value_format='JSON', partitions=2);"
      'CREATE TABLE R AS SELECT K, TEST_UDAF(A) AS N FROM S GROUP BY K EMIT CHANGES;')
for i in range(1, 6):
    w.run(f"INSERT INTO S (K, A) VALUES ('k', {i});")
rows = w.wait("SELECT N FROM R WHERE K = 'k';", lambda r: r == [[15]])
expect('a table that an aggregate keeps', rows, [[15]])
expect('a pull query', w.rows("SELECT MULTIPLY(N, N) FROM R WHERE K = 'k';"), [[225]])
