CREATE STREAM METRICS (
    host STRING KEY, ts BIGINT, cpu DOUBLE, requests BIGINT
) WITH (kafka_topic='metrics', value_format='JSON', partitions=2, timestamp='ts', retention_ms=-1);

-- Averages and rates, to be asked at any time.
CREATE TABLE HOST_LOAD AS
    SELECT host, AVG(cpu) AS cpu, MAX(cpu) AS worst,
           (MAX(requests) - MIN(requests)) * 1000.0E0 / (MAX(ts) - MIN(ts)) AS requests_per_second
    FROM METRICS WINDOW HOPPING (SIZE 5 MINUTES, ADVANCE BY 1 MINUTE, RETENTION 2 DAYS)
    GROUP BY host;

-- One row for every minute that is over.
CREATE TABLE HOST_MINUTES WITH (retention_ms=-1) AS
    SELECT host, AS_VALUE(host) AS name, AVG(cpu) AS cpu, WINDOWEND AS ended
    FROM METRICS WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 2 DAYS, GRACE PERIOD 10 SECONDS)
    GROUP BY host
    EMIT FINAL;

CREATE STREAM MINUTE_STREAM (
    host STRING KEY, name STRING, cpu DOUBLE, ended BIGINT
) WITH (kafka_topic='HOST_MINUTES', value_format='JSON', window_type='TUMBLING', window_size='1 MINUTES');

-- Above 85 a host is in trouble, below 70 it is well again; between the two nothing changes.
CREATE STREAM LEVELS WITH (retention_ms=-1) AS
    SELECT host, name, CASE WHEN cpu > 85.0E0 THEN 'HIGH' ELSE 'OK' END AS level, cpu, ended
    FROM MINUTE_STREAM
    WHERE cpu > 85.0E0 OR cpu < 70.0E0;

CREATE TABLE STATES AS
    SELECT name, LATEST_BY_OFFSET(level, 2) AS levels, LATEST_BY_OFFSET(cpu) AS cpu, LATEST_BY_OFFSET(ended) AS ended
    FROM LEVELS
    GROUP BY name;

-- The changes of STATES as a stream: an alert opens or clears where the last two levels differ.
CREATE STREAM STATE_CHANGES (
    name STRING KEY, levels ARRAY<STRING>, cpu DOUBLE, ended BIGINT
) WITH (kafka_topic='STATES', value_format='JSON');

CREATE STREAM ALERTS AS
    SELECT name, CASE WHEN levels[-1] = 'HIGH' THEN 'OPEN' ELSE 'CLEAR' END AS alert, cpu, ended
    FROM STATE_CHANGES
    WHERE (ARRAY_LENGTH(levels) = 2 AND levels[1] <> levels[2]) OR (ARRAY_LENGTH(levels) = 1 AND levels[1] = 'HIGH');

CREATE TABLE OPEN_ALERTS AS
    SELECT name, LATEST_BY_OFFSET(cpu) AS cpu, LATEST_BY_OFFSET(ended) AS since
    FROM ALERTS
    GROUP BY name
    HAVING LATEST_BY_OFFSET(alert) = 'OPEN';
