-- GeoJSON features as they come from the feed: nested objects are STRUCTs, coordinates an ARRAY.
CREATE STREAM QUAKES (
    type STRING,
    `properties` STRUCT<mag DOUBLE, place STRING, time BIGINT, tsunami INT, `type` STRING, felt INT>,
    geometry STRUCT<`type` STRING, coordinates ARRAY<DOUBLE>>,
    id STRING
) WITH (kafka_topic='quakes', value_format='JSON', partitions=1, retention_ms=-1);

CREATE STREAM ALERTS AS
    SELECT id, `properties`->mag AS magnitude, `properties`->place AS place,
           geometry->coordinates[1] AS longitude, geometry->coordinates[2] AS latitude,
           geometry->coordinates[3] AS depth
    FROM QUAKES
    WHERE `properties`->mag >= 5.0
    PARTITION BY id;

CREATE TABLE KINDS AS
    SELECT `properties`->`type` AS kind, COUNT(*) AS n, MAX(`properties`->mag) AS strongest,
           COUNT(`properties`->felt) AS felt
    FROM QUAKES
    GROUP BY `properties`->`type`;
