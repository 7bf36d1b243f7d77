CREATE STREAM COUNTERS (counter INT)
    WITH (kafka_topic='topic_test', value_format='JSON', partitions=1);

CREATE TABLE BY_TENS AS
    SELECT counter / 10 AS TEN, COUNT(*) AS N, SUM(counter) AS TOTAL
    FROM COUNTERS
    GROUP BY counter / 10;
