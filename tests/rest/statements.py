"""What POST /ksql does with statements, and PRINT."""
import json
import threading
import time

from harness import read_until, send_query, test


@test
def statements(s):
    sql = "CREATE STREAM ${s} (id INT KEY, v STRING) WITH (kafka_topic='clicks', value_format='JSON', partitions=2);"
    e = s.ksql(sql, sessionVariables={'s': 'CLICKS'})
    assert list(e[0]) == ['@type', 'statementText', 'commandId', 'commandStatus', 'commandSequenceNumber', 'warnings']
    assert e[0]['@type'] == 'currentStatus' and e[0]['commandId'] == 'stream/`CLICKS`/create'
    assert e[0]['statementText'] == sql.replace('${s}', 'CLICKS')
    assert e[0]['commandStatus'] == {'status': 'SUCCESS', 'message': 'Stream created', 'queryId': None}
    seq = e[0]['commandSequenceNumber']
    assert s.ksql('SHOW STREAMS;', commandSequenceNumber=seq)[0]['streams'][0]['name'] == 'CLICKS'
    assert s.ksql("INSERT INTO clicks VALUES (1, 'a');") == []
    assert s.ksql('') == [] and json.loads(s.request('POST', '/ksql', '{}')[1]) == []
    assert json.loads(s.request('GET', '/status')[1]) == {'commandStatuses': {'stream/`CLICKS`/create': 'SUCCESS'}}
    _, text = s.request('GET', '/status/stream/%60CLICKS%60/create')
    assert json.loads(text) == {'status': 'SUCCESS', 'message': 'Stream created', 'queryId': None}
    r, text = s.request('GET', '/status/stream/%60X%60/create')
    assert r.status == 404 and json.loads(text) == {'@type': 'generic_error', 'error_code': 40400,
                                                    'message': 'Command not found'}


@test
def statement_errors(s):
    e = s.ksql('SELEC 1;', 400)
    assert e['@type'] == 'statement_error' and e['error_code'] == 40001 and e['message'].startswith('line 1:1: ')
    assert list(e) == ['@type', 'error_code', 'message', 'statementText', 'entities']
    e = s.ksql('SELECT * FROM x EMIT CHANGES;', 400)
    assert e['error_code'] == 40002
    e = s.ksql("CREATE TYPE t AS INT; DROP STREAM nothing;", 400)
    assert e['error_code'] == 40001 and e['statementText'] == 'DROP STREAM nothing;'
    assert s.ksql('SHOW TYPES;')[0]['types'] == {}
    for body in ('', '{', '[]', 'null', '{"ksql":5}', '{"ksql":"x","streamsProperties":[]}'):
        r, text = s.request('POST', '/ksql', body)
        e = json.loads(text)
        assert r.status == 400 and e['error_code'] == 40000, (body, text)
        assert e['message'].startswith('Invalid JSON in request: '), text
    e = s.ksql('SHOW STREAMS;', 400, streamsProperties={'nonsense': 1})
    assert e['error_code'] == 40000 and 'Not recognizable' in e['message']
    start = time.time()
    e = s.ksql('SHOW STREAMS;', 503, commandSequenceNumber=1000000)
    assert e['error_code'] == 50301 and '1000000' in e['message'] and time.time() - start < 15


TOPIC = "WITH (kafka_topic='%s', value_format='JSON', partitions=2);"


@test
def topics_are_printed(s):
    s.ksql("CREATE STREAM clicks (id INT KEY, v STRING) " + TOPIC % 'clicks')
    for i in range(3):
        s.ksql(f"INSERT INTO clicks (rowtime, id, v) VALUES ({1741504089123 + i}, {i}, 'a b');")
    _, text = s.query('-- all of it\nPRINT clicks FROM BEGINNING LIMIT 3;')
    lines = text.splitlines()
    assert lines[:2] == ['Key format: KAFKA_INT or KAFKA_STRING', 'Value format: JSON or KAFKA_STRING'], text
    assert 'rowtime: 2025/03/09 07:08:09.123 Z, key: 0, value: {"V":"a b"}, partition: 0' in lines or \
        'rowtime: 2025/03/09 07:08:09.123 Z, key: 0, value: {"V":"a b"}, partition: 1' in lines, text
    assert len(lines) == 5
    _, text = s.query('PRINT clicks FROM BEGINNING INTERVAL 2 LIMIT 2;', None, '/query-stream')
    assert len(text.splitlines()) == 2 and 'format:' not in text, text
    _, text = s.query('PRINT CLICKS;', status=400)
    e = json.loads(text)
    assert e['error_code'] == 40000 and e['message'].endswith('\nDid you mean:\n\tprint clicks;'), text
    _, text = s.query('PRINT CLICKS;', None, '/query-stream', status=400)
    assert json.loads(text)['message'] == 'Topic does not exist: CLICKS', text
    _, text = s.query('PRINT clicks INTERVAL 0;', status=400)
    assert 'INTERVAL must be greater than one, but was: 0' in text


@test
def printing_goes_on(s):
    """From the end, over a topic that gets records, until the client leaves, and over one that is dropped."""
    s.ksql("CREATE STREAM clicks (v STRING) " + TOPIC % 'clicks')
    s.ksql("INSERT INTO clicks VALUES ('before');")
    c = s.socket()
    send_query(c, 'PRINT clicks;')
    read_until(c, b'\r\n\r\n')
    s.wait_metric('weir_push_queries_active', 1)
    s.ksql("INSERT INTO clicks VALUES ('after');")
    out = read_until(c, b'after')
    assert b'before' not in out and b'key: <null>' in out, out
    assert b'Key format: \xc2\xaf\\_(\xe3\x83\x84)_/\xc2\xaf - no data processed' in out, out
    c.close()
    s.wait_metric('weir_push_queries_active', 0)
    c = s.socket()
    send_query(c, 'PRINT clicks FROM BEGINNING;')
    read_until(c, b'after')
    s.ksql('DROP STREAM clicks DELETE TOPIC;')
    assert b'deleted' in read_until(c, b'deleted')
    c.close()


@test
def slow_readers_of_a_print_hold_it_up(s):
    s.ksql("CREATE STREAM big (v STRING) " + TOPIC % 'big')
    for i in range(300):
        s.ksql(f"INSERT INTO big VALUES ('{'x' * 20000}{i}');")
    c = s.socket()
    send_query(c, 'PRINT big FROM BEGINNING LIMIT 300;')
    time.sleep(1)
    out = read_until(c, b'0\r\n\r\n')
    assert out.count(b'rowtime: ') == 300
    c.close()


slow_readers_of_a_print_hold_it_up.settings = ['weir.rest.stream.buffer.bytes=65536']


@test
def topics_are_asserted(s):
    s.ksql("CREATE STREAM clicks (v STRING) " + TOPIC % 'clicks')
    e = s.ksql("ASSERT TOPIC clicks WITH (PARTITIONS=2, REPLICAS='1'); ASSERT NOT EXISTS TOPIC other;")
    assert [(x['@type'], x['topicName'], x['exists']) for x in e] == [('assert_topic', 'clicks', True),
                                                                     ('assert_topic', 'other', False)]
    for sql, text in (("ASSERT TOPIC other TIMEOUT 0 SECONDS;", 'Topic other does not exist'),
                      ("ASSERT NOT EXISTS TOPIC clicks TIMEOUT 0 SECONDS;", 'Topic clicks exists'),
                      ("ASSERT TOPIC clicks WITH (PARTITIONS=3, FOO=1) TIMEOUT 0 SECONDS;",
                       'Mismatched configuration for topic clicks: For config partitions, expected 3 got 2\n'
                       'Cannot assert unknown topic property: FOO'),
                      ("ASSERT TOPIC clicks WITH (PARTITIONS='x') TIMEOUT 0 SECONDS;",
                       'Cannot assert topic property PARTITIONS: a number is needed'),
                      ("ASSERT SCHEMA SUBJECT a;", 'Cannot check schema existence: this server has no schema registry.')):
        e = s.ksql(sql, 417)
        assert (e['@type'], e['error_code'], e['message']) == ('generic_error', 41700, text), e
    s.ksql('ASSERT SCHEMA;', 400)
    # Others are served while one waits, and what they do is kept.
    late = threading.Timer(0.3, s.ksql, ["CREATE STREAM late (v STRING) " + TOPIC % 'late'])
    late.start()
    s.ksql("ASSERT TOPIC late TIMEOUT 10 SECONDS; CREATE STREAM other (v STRING) " + TOPIC % 'other')
    late.join()
    assert [x['name'] for x in s.ksql('LIST STREAMS;')[0]['streams']] == ['CLICKS', 'LATE', 'OTHER']


@test
def properties_are_checked(s):
    assert s.ksql("SET 'auto.offset.reset'='earliest'; UNSET 'auto.offset.reset';") == []
    for sql, text in (("SET 'nonsense'='1';", 'Unknown property: nonsense'),
                      ("SET 'auto.offset.reset'='none';", "'none' is not valid for this property within KSQL"),
                      ("SET 'ksql.service.id'='x';", 'denylist'),
                      ("SET 'commit.interval.ms'='x';", "Failed to coerce type of value 'x'"),
                      ("SET 'commit.interval.ms'='-1';", 'Value must be at least 0'),
                      ("SET 'weir.data.dir'='x';", "Cannot override property 'weir.data.dir'"),
                      ("ALTER SYSTEM 'nonsense'='1';", 'Failed to set nonsense to 1. Caused by: Not recognizable'),
                      ("ALTER SYSTEM 'batch.size'='x';", 'The value must be a whole number.'),
                      ("ALTER SYSTEM 'ksql.max.push.queries'='1';", 'It cannot be changed while the server runs'),
                      ("ALTER SYSTEM 'commit.interval.ms'='x';", 'The value must be a number of milliseconds')):
        e = s.ksql(sql, 400)
        assert e['error_code'] == 40001 and text in e['message'], e


@test
def settings_without_effect_are_told(s):
    e = s.ksql("SET 'ksql.streams.cache.max.bytes.buffering'='0'; SET 'auto.offset.reset'='earliest';")
    assert len(e) == 1 and e[0]['@type'] == 'warning_entity', e
    assert e[0]['message'].startswith("'ksql.streams.cache.max.bytes.buffering' has no effect here."), e
    e = s.ksql("SET 'ksql.max.push.queries'='1';")
    assert 'the server reads it when it starts' in e[0]['message'], e
    e = s.ksql("ALTER SYSTEM 'batch.size'='1';")
    assert "'batch.size' has no effect here." in e[0]['warnings'][0]['message'], e
    assert s.ksql("ALTER SYSTEM 'ksql.lambdas.enabled'='true';")[0]['warnings'] == []


def shown(s, sql='SHOW PROPERTIES;', **properties):
    e = s.ksql(sql, streamsProperties=properties)[-1]
    return {p['name']: p for p in e['properties']}, e['overwrittenProperties'], e['defaultProperties']


@test
def properties_are_shown(s):
    """Every setting in effect, whoever gave it, and whose it is."""
    s.ksql("ALTER SYSTEM 'ksql.output.topic.name.prefix'='out_'; ALTER SYSTEM 'ksql.lambdas.enabled'='false';")
    p, over, default = shown(s, "SET 'commit.interval.ms'='7'; SHOW PROPERTIES;", **{
        'ksql.streams.consumer.auto.offset.reset': 'earliest', 'ksql.lambdas.enabled': 'true', 'batch.size': 5,
        'ksql.functions.mine.depth': 'x', 'ksql.query.push.v2.enabled': False})
    for name, value, origin, editable in (
            ('ksql.streams.commit.interval.ms', '7', 'session', True),
            ('ksql.streams.auto.offset.reset', 'earliest', 'session', True),
            ('ksql.lambdas.enabled', 'true', 'session', True),
            ('ksql.streams.batch.size', '5', 'session', False),
            ('ksql.output.topic.name.prefix', 'out_', 'system', True),
            ('ksql.max.push.queries', '50', 'command line', False),
            ('ksql.streams.processing.guarantee', 'at_least_once', 'default', True),
            ('ksql.persistence.default.format.value', None, 'default', True),
            ('sasl.jaas.config', None, None, None),
            ('ksql.streams.sasl.jaas.config', '[hidden]', 'command line', False),
            ('ksql.functions.mine.depth', '[hidden]', 'session', False),
            ('ssl.key.password', None, None, None)):
        if origin is None:
            assert name not in p, name
            continue
        assert p[name] == {'name': name, 'scope': 'KSQL', 'value': value, 'editable': editable, 'origin': origin,
                           'level': 'QUERY' if editable else 'SERVER'}, p[name]
    assert sorted(over) == ['ksql.functions.mine.depth', 'ksql.streams.auto.offset.reset', 'ksql.streams.batch.size',
                            'ksql.streams.commit.interval.ms'], over
    assert 'ksql.lambdas.enabled' in default and 'ksql.suppress.enabled' in default, default
    assert not {'ksql.max.push.queries', 'ksql.output.topic.name.prefix', 'ksql.streams.batch.size'} & set(default)
    names = list(p)
    assert 'listeners' in names and 'weir.data.dir' in names
    streams = [n.startswith('ksql.streams.') for n in names]
    assert streams == sorted(streams), names


properties_are_shown.settings = ['ksql.max.push.queries=50', 'sasl.jaas.config=secret', 'ssl.key.password=secret']


@test
def the_system_gives_defaults(s):
    """ALTER SYSTEM beats the server's file, a session beats it; it holds after a restart."""
    s.ksql("CREATE STREAM clicks (v STRING) " + TOPIC % 'clicks')
    s.ksql("INSERT INTO clicks VALUES ('before');")
    s.ksql("ALTER SYSTEM 'auto.offset.reset'='earliest';")
    s.ksql("CREATE STREAM copy AS SELECT * FROM clicks;")
    s.eventually('SELECT * FROM copy;', 'before', accept=None)
    assert 'before' in s.query('SELECT * FROM clicks EMIT CHANGES LIMIT 1;')[1]
    assert shown(s)[0]['ksql.streams.auto.offset.reset']['origin'] == 'system'
    p = shown(s, **{'auto.offset.reset': 'latest'})[0]
    assert p['ksql.streams.auto.offset.reset']['value'] == 'latest'
    e = s.ksql("ALTER SYSTEM 'ksql.streams.auto.offset.reset'='none';", 400)
    assert e['message'] == ("Failed to set ksql.streams.auto.offset.reset to none. Caused by: 'none' is not valid for "
                            "this property within KSQL"), e
    s.stop()
    again = type(s)(s.weir, s.folder, 'ksql.streams.auto.offset.reset=latest')
    p = shown(again)[0]['ksql.streams.auto.offset.reset']
    assert (p['value'], p['origin']) == ('earliest', 'system'), p
    again.stop()


the_system_gives_defaults.settings = ['ksql.streams.auto.offset.reset=latest']


@test
def the_system_is_altered(s):
    """The new interval holds for running queries: what they do is committed at once."""
    s.ksql("CREATE STREAM clicks (v STRING) " + TOPIC % 'clicks')
    s.ksql("CREATE TABLE counts AS SELECT v, COUNT(*) AS n FROM clicks GROUP BY v;")
    e = s.ksql("ALTER SYSTEM 'ksql.streams.commit.interval.ms'='10';")
    assert e[0]['commandStatus']['message'] == 'System property commit.interval.ms was set to 10.'
    s.ksql("INSERT INTO clicks VALUES ('a');")
    s.eventually('SELECT * FROM counts;', '["a",1]', accept=None)
    e = s.ksql("ALTER SYSTEM 'processing.guarantee'='exactly_once_v2';", 400)
    assert e['message'].startswith('Unable to set processing.guarantee to exactly_once_v2, as the'), e
    s.ksql("TERMINATE ALL; ALTER SYSTEM 'processing.guarantee'='exactly_once_v2';")


the_system_is_altered.settings = ['ksql.streams.commit.interval.ms=3600000']


@test
def tables_are_read_while_they_change(s):
    """What a projection makes of an aggregate is the reader's own: the task goes on meanwhile."""
    s.ksql("CREATE STREAM clicks (k STRING KEY, v STRING) " + TOPIC.replace('partitions=2', 'partitions=1') % 'clicks')
    s.ksql("CREATE TABLE longest AS SELECT k, LPAD(MAX(v), 4000, MAX(v)) AS m, COUNT(*) AS n FROM clicks GROUP BY k;")
    s.ksql(' '.join(f"INSERT INTO clicks VALUES ('{k}', 'xy');" for k in range(50)))
    s.eventually('SELECT k FROM longest;', '"49"', accept=None)
    writing = threading.Event()

    def write():
        while not writing.is_set():
            s.ksql(' '.join(f"INSERT INTO clicks VALUES ('{k}', 'xy');" for k in range(50)))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(40):
            _, text = s.query('SELECT m FROM longest;', accept=None)
            for line in text.splitlines()[1:]:
                assert line.count('xy') == 2000, line[:200]
    finally:
        writing.set()
        writer.join()


@test
def topics_by_rules(s):
    for name in ('seen', 'inner-1', '_schemas2'):
        s.ksql(f'CREATE STREAM "{name}" (v STRING) ' + TOPIC % name)
    assert [t['name'] for t in s.ksql('SHOW TOPICS;')[0]['topics']] == ['_schemas2', 'seen']
    assert len(s.ksql('SHOW ALL TOPICS;')[0]['topics']) == 3
    e = s.ksql("INSERT INTO \"seen\" VALUES ('a');", 400)
    assert e['message'] == 'Cannot insert values into read-only topic: seen', e
    s.ksql("INSERT INTO \"inner-1\" VALUES ('a');")


topics_by_rules.settings = ['ksql.hidden.topics=inner-[0-9]+, other.*', 'ksql.readonly.topics=se+n']


@test
def errors_are_logged(s):
    """What a query cannot work with stands in the processing log, which is a stream."""
    s.ksql("CREATE STREAM clicks (id INT KEY, v STRING) " + TOPIC % 'clicks')
    s.ksql("CREATE STREAM numbers AS SELECT id, CAST(v AS INT) AS n FROM clicks;")
    s.ksql("INSERT INTO clicks VALUES (1, 'x'); INSERT INTO clicks VALUES (2, '3');")
    s.eventually("SELECT logger, level, message->type AS t, message->recordProcessingError->record AS r, "
                 "message->recordProcessingError->errorMessage AS m FROM ksql_processing_log;",
                 '["processing.CSAS_NUMBERS_3.Project","ERROR",1,"[1,', accept=None)
    _, text = s.query("SELECT * FROM ksql_processing_log;", accept=None)
    assert 'For input string' in text and text.count('processing.CSAS') == 1, text
    assert s.metric('weir_record_errors_total') == 1
    e = s.ksql("INSERT INTO ksql_processing_log (logger) VALUES ('x');", 400)
    assert 'read-only topic' in e['message']


errors_are_logged.settings = ['ksql.logging.processing.topic.auto.create=true',
                              'ksql.logging.processing.stream.auto.create=true',
                              'ksql.logging.processing.rows.include=true',
                              'ksql.streams.auto.offset.reset=earliest']


@test
def a_failing_query_harms_no_other(s):
    """One query of a stream fails at a record and waits; another of the same stream, and new statements, go on."""
    s.ksql("CREATE STREAM clicks (id INT KEY, v STRING, t BIGINT) " + TOPIC % 'clicks')
    s.ksql("CREATE STREAM late (id INT KEY, v STRING, t BIGINT) "
           "WITH (kafka_topic='clicks', value_format='JSON', timestamp='t');")
    s.ksql("SET 'ksql.timestamp.throw.on.invalid'='true'; CREATE STREAM fails AS SELECT * FROM late;")
    s.ksql("CREATE STREAM works AS SELECT * FROM clicks;")
    s.ksql("INSERT INTO clicks VALUES (1, 'x', -5); INSERT INTO clicks VALUES (1, 'y', 5);")
    s.eventually("SELECT v FROM works;", '["y"]', accept=None)
    deadline = time.time() + 20
    while True:
        states = {q['id']: q['state'] for q in s.ksql('SHOW QUERIES;')[0]['queries']}
        if states == {'CSAS_FAILS_3': 'ERROR', 'CSAS_WORKS_4': 'RUNNING'}:
            break
        assert time.time() < deadline, states
        time.sleep(0.05)
    q = s.ksql('EXPLAIN CSAS_FAILS_3;')[0]['queryDescription']
    assert 'invalid timestamp' in q['queryErrors'][0]['errorMessage'], q
    _, text = s.query("SELECT v FROM fails;", accept=None)
    assert '["y"]' not in text
    s.ksql("TERMINATE CSAS_FAILS_3; INSERT INTO clicks VALUES (2, 'z', 6);")
    s.eventually("SELECT v FROM works;", '["z"]', accept=None)


@test
def extended_descriptions_have_statistics(s):
    s.ksql("CREATE STREAM clicks (id INT KEY, v STRING) " + TOPIC % 'clicks')
    s.ksql("CREATE TABLE n AS SELECT id, COUNT(*) AS c FROM clicks GROUP BY id;")
    s.ksql("INSERT INTO clicks VALUES (1, 'x'); INSERT INTO clicks VALUES (2, 'y');")
    s.eventually("SELECT c FROM n;", '[1]}},\n{"row":{"columns":[1]}}', accept=None)

    def values(source):
        d = s.ksql(f'DESCRIBE {source} EXTENDED;')[0]['sourceDescription']
        assert d['statistics'].startswith('The statistics field is deprecated'), d
        return {m['name']: m['value'] for m in d['clusterStatistics'] + d['clusterErrorStats']}
    read = values('clicks')
    assert read['consumer-total-messages'] == 2 and read['consumer-failed-messages'] == 0, read
    assert values('n')['total-messages'] == 2
    d = s.ksql('DESCRIBE clicks;')[0]['sourceDescription']
    assert d['statistics'] == '' and d['clusterStatistics'] == [], d


@test
def offsets_of_a_query(s):
    """One entry a topic; a join without GRACE PERIOD is answered with a warning."""
    s.ksql("CREATE STREAM l (id INT KEY, v STRING) " + TOPIC % 'l' + "CREATE STREAM r (id INT KEY, v STRING) " +
           TOPIC % 'r')
    e = s.ksql('CREATE STREAM j AS SELECT l.id, l.v AS a, r.v AS b FROM l JOIN r WITHIN 1 DAY ON l.id = r.id;')
    assert len(e[0]['warnings']) == 1 and 'without a GRACE PERIOD will not be' in e[0]['warnings'][0]['message'], e
    e = s.ksql('CREATE STREAM k AS SELECT l.id, l.v AS a, r.v AS b FROM l JOIN r WITHIN 1 DAY GRACE PERIOD 1 DAY '
               'ON l.id = r.id;')
    assert e[0]['warnings'] == []
    s.ksql("INSERT INTO l VALUES (1, 'x');")
    groups = s.ksql('DESCRIBE j EXTENDED;')[0]['sourceDescription']['queryOffsetSummaries']
    assert len(groups) == 1 and groups[0]['groupId'] == '_confluent-ksql-default_query_CSAS_J_3', groups
    topics = {t['kafkaTopic']: t['offsets'] for t in groups[0]['topicSummaries']}
    assert len(groups[0]['topicSummaries']) == 2 and set(topics) == {'l', 'r'}, groups
    for offsets in topics.values():
        assert sorted(o['partition'] for o in offsets) == [0, 1] and all(o['logStartOffset'] == 0 for o in offsets)
    assert sum(o['logEndOffset'] for o in topics['l']) == 1 and sum(o['logEndOffset'] for o in topics['r']) == 0


@test
def persistent_query_limit(s):
    s.ksql("CREATE STREAM clicks (v STRING) " + TOPIC % 'clicks')
    s.ksql("CREATE STREAM a AS SELECT * FROM clicks;")
    e = s.ksql("CREATE STREAM b AS SELECT * FROM clicks;", 400)
    assert e['message'].endswith('Current persistent query count: 1. Configured limit: 1.'), e
    s.ksql("CREATE OR REPLACE STREAM a AS SELECT * FROM clicks; DROP STREAM a; CREATE STREAM b AS SELECT * FROM clicks;")


persistent_query_limit.settings = ['ksql.query.persistent.active.limit=1']


@test
def statements_for_elsewhere(s):
    """Connectors, and the test tool's own statements."""
    for sql in ("SHOW CONNECTORS;", "SHOW CONNECTOR PLUGINS;", "DESCRIBE CONNECTOR c;", "DROP CONNECTOR c;",
                "CREATE SOURCE CONNECTOR c WITH ('connector.class'='x');"):
        e = s.ksql(sql, 400)
        assert e['error_code'] == 40000 and 'weir runs no connectors' in e['message'], e
    for sql in ("ASSERT VALUES s (a) VALUES (1);", "ASSERT NULL VALUES s KEY (1);", "RUN SCRIPT 'x.sql';",
                "ASSERT STREAM s (a INT);", "ASSERT TABLE s (a INT);"):
        e = s.ksql(sql, 400)
        assert 'SQL tests' in e['message'], e
