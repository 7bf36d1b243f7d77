-- Airports are a table: the latest row of each code counts.
CREATE TABLE AIRPORTS (
    iata STRING PRIMARY KEY, name STRING, city STRING, state STRING, country STRING,
    latitude DOUBLE, longitude DOUBLE
) WITH (kafka_topic='airports', value_format='JSON', partitions=2);

-- Flights are a stream in event time: the departure, not the moment of sending.
CREATE STREAM FLIGHTS (
    origin STRING KEY, ts BIGINT, destination STRING, delay INT, distance INT
) WITH (kafka_topic='flights', value_format='JSON', partitions=2, timestamp='ts',
        retention_ms=-1); -- events of 2001 are older than any default retention

CREATE STREAM ENRICHED AS
    SELECT F.origin AS origin, A.city AS city, A.state AS state, F.destination AS destination,
           F.delay AS delay, F.distance AS distance
    FROM FLIGHTS F LEFT JOIN AIRPORTS A ON F.origin = A.iata;

CREATE TABLE HOURLY AS
    SELECT origin, COUNT(*) AS flights, AVG(delay) AS average, MAX(delay) AS worst
    FROM ENRICHED WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 365 DAYS)
    GROUP BY origin;

CREATE TABLE ROUTES AS
    SELECT origin + '-' + destination AS route, COUNT(*) AS flights, SUM(delay) AS total, AVG(delay) AS average
    FROM FLIGHTS
    GROUP BY origin + '-' + destination;

CREATE TABLE STATES AS
    SELECT state, COUNT(*) AS flights, SUM(distance) AS miles
    FROM ENRICHED
    GROUP BY state
    HAVING COUNT(*) > 100;
