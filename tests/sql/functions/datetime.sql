-- Dates and times. The clock of a test stands at 0.

--@test: CONVERT_TZ
CREATE STREAM s (id INT KEY, t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    CONVERT_TZ(t, 'UTC', 'America/New_York') AS x1,
    CONVERT_TZ(t, '+05:30', 'UTC') AS x2
FROM s;
ASSERT STREAM o (id INT KEY, x1 TIMESTAMP, x2 TIMESTAMP);
INSERT INTO s (id, t) VALUES (1, '2020-07-01T12:00:00');
ASSERT VALUES o (id, x1, x2) VALUES (1, '2020-07-01T08:00:00', '2020-07-01T06:30:00');
INSERT INTO s (id, t) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);

--@test: CONVERT_TZ with an unknown zone
CREATE STREAM s (id INT KEY, t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, CONVERT_TZ(t, 'UTC', 'PST') AS x FROM s;
INSERT INTO s (id, t) VALUES (1, '2020-01-01');
ASSERT VALUES o (x) VALUES (NULL);
--@log: Invalid time zone: Unknown time-zone ID: PST

--@test: DATEADD and DATESUB
CREATE STREAM s (id INT KEY, d DATE, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    DATEADD(DAYS, n, d) AS x1,
    DATESUB(DAYS, n, d) AS x2,
    DATEADD(HOURS, n, d) AS x3
FROM s;
ASSERT STREAM o (id INT KEY, x1 DATE, x2 DATE, x3 DATE);
INSERT INTO s (id, d, n) VALUES (1, '2020-02-28', 2);
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, '2020-03-01', '2020-02-26', '2020-02-28');
INSERT INTO s (id, d, n) VALUES (2, '2020-02-28', -1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, '2020-02-27', '2020-02-29', '2020-02-27');
INSERT INTO s (id, d, n) VALUES (3, NULL, 1);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, NULL, NULL, NULL);
INSERT INTO s (id, d, n) VALUES (4, '2020-01-01', NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (4, NULL, NULL, NULL);

--@test: DATEADD before 1970 cuts towards 1970
CREATE STREAM s (id INT KEY, d DATE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DATEADD(HOURS, 1, d) AS x FROM s;
INSERT INTO s (id, d) VALUES (1, '1969-12-31');
ASSERT VALUES o (id, x) VALUES (1, '1970-01-01');

--@test: DATEADD wants a number
--@expected.message: Function 'dateadd' does not accept parameters (null, STRING, DATE).
CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DATEADD(DAYS, '5', CAST('2020-01-01' AS DATE)) AS x FROM s;

--@test: TIMEADD and TIMESUB go round the clock
CREATE STREAM s (id INT KEY, t TIME, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TIMEADD(HOURS, n, t) AS x1, TIMESUB(MINUTES, n, t) AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 TIME, x2 TIME);
INSERT INTO s (id, t, n) VALUES (1, '23:30', 2);
ASSERT VALUES o (id, x1, x2) VALUES (1, '01:30', '23:28');
INSERT INTO s (id, t, n) VALUES (2, '00:01', 2);
ASSERT VALUES o (id, x1, x2) VALUES (2, '02:01', '23:59');
INSERT INTO s (id, t, n) VALUES (3, NULL, 1);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: TIMESTAMPADD and TIMESTAMPSUB
CREATE STREAM s (id INT KEY, t TIMESTAMP, n INT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, TIMESTAMPADD(SECONDS, n, t) AS x1, TIMESTAMPSUB(MILLISECONDS, n, t) AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 TIMESTAMP, x2 TIMESTAMP);
INSERT INTO s (id, t, n) VALUES (1, '2020-01-01T00:00:00', 90);
ASSERT VALUES o (id, x1, x2) VALUES (1, '2020-01-01T00:01:30', '2019-12-31T23:59:59.910');
INSERT INTO s (id, t, n) VALUES (2, NULL, 1);
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);

--@test: DATETOSTRING and FORMAT_DATE
CREATE STREAM s (id INT KEY, n INT, d DATE, f STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, DATETOSTRING(n, f) AS x1, FORMAT_DATE(d, f) AS x2 FROM s;
INSERT INTO s (id, n, d, f) VALUES (1, 18262, '2020-01-09', 'yyyy-MM-dd');
ASSERT VALUES o (id, x1, x2) VALUES (1, '2020-01-01', '2020-01-09');
INSERT INTO s (id, n, d, f) VALUES (2, 18262, '2020-01-09', 'd.M.yy');
ASSERT VALUES o (id, x1, x2) VALUES (2, '1.1.20', '9.1.20');
INSERT INTO s (id, n, d, f) VALUES (3, 0, '1970-01-01', 'EEE, MMMM D');
ASSERT VALUES o (id, x1, x2) VALUES (3, 'Thu, January 1', 'Thu, January 1');
INSERT INTO s (id, n, d, f) VALUES (4, NULL, NULL, 'yyyy');
ASSERT VALUES o (id, x1, x2) VALUES (4, NULL, NULL);
INSERT INTO s (id, n, d, f) VALUES (5, 1, '2020-01-01', NULL);
ASSERT VALUES o (id, x1, x2) VALUES (5, NULL, NULL);

--@test: FORMAT_DATE with a time letter
CREATE STREAM s (id INT KEY, d DATE) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FORMAT_DATE(d, 'HH') AS x FROM s;
INSERT INTO s (id, d) VALUES (1, '2020-01-01');
ASSERT VALUES o (x) VALUES (NULL);
--@log: Unsupported field: HourOfDay

--@test: FORMAT_TIME
CREATE STREAM s (id INT KEY, t TIME, f STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FORMAT_TIME(t, f) AS x FROM s;
INSERT INTO s (id, t, f) VALUES (1, '13:05:09.123', 'HH:mm:ss.SSS');
ASSERT VALUES o (id, x) VALUES (1, '13:05:09.123');
INSERT INTO s (id, t, f) VALUES (2, '13:05', 'h:mm a');
ASSERT VALUES o (id, x) VALUES (2, '1:05 PM');
INSERT INTO s (id, t, f) VALUES (3, NULL, 'HH');
ASSERT VALUES o (id, x) VALUES (3, NULL);
INSERT INTO s (id, t, f) VALUES (4, '13:05', NULL);
ASSERT VALUES o (id, x) VALUES (4, NULL);

--@test: FORMAT_TIMESTAMP
CREATE STREAM s (id INT KEY, t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    FORMAT_TIMESTAMP(t, 'yyyy-MM-dd HH:mm:ss.SSS z') AS x1,
    FORMAT_TIMESTAMP(t, 'yyyy-MM-dd''T''HH:mmXXX', 'Europe/Berlin') AS x2
FROM s;
INSERT INTO s (id, t) VALUES (1, '2020-07-01T12:00:00.5');
ASSERT VALUES o (id, x1, x2) VALUES (1, '2020-07-01 12:00:00.500 GMT', '2020-07-01T14:00+02:00');
INSERT INTO s (id, t) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);

--@test: FROM_DAYS and FROM_UNIXTIME
CREATE STREAM s (id INT KEY, n INT, b BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FROM_DAYS(n) AS x1, FROM_UNIXTIME(b) AS x2 FROM s;
ASSERT STREAM o (id INT KEY, x1 DATE, x2 TIMESTAMP);
INSERT INTO s (id, n, b) VALUES (1, 18262, 1577836800000);
ASSERT VALUES o (id, x1, x2) VALUES (1, '2020-01-01', '2020-01-01T00:00:00');
INSERT INTO s (id, n, b) VALUES (2, NULL, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);

--@test: PARSE_DATE is lenient
CREATE STREAM s (id INT KEY, a STRING, f STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_DATE(a, f) AS x FROM s;
ASSERT STREAM o (id INT KEY, x DATE);
INSERT INTO s (id, a, f) VALUES (1, '2021-09-01', 'yyyy-MM-dd');
ASSERT VALUES o (id, x) VALUES (1, '2021-09-01');
INSERT INTO s (id, a, f) VALUES (2, '2021-02-30', 'yyyy-MM-dd');
ASSERT VALUES o (id, x) VALUES (2, '2021-03-02');
INSERT INTO s (id, a, f) VALUES (3, '2021-9-1 or so', 'yyyy-MM-dd');
ASSERT VALUES o (id, x) VALUES (3, '2021-09-01');
INSERT INTO s (id, a, f) VALUES (4, '1.may 2021', 'd.MMM yyyy');
ASSERT VALUES o (id, x) VALUES (4, '2021-05-01');
INSERT INTO s (id, a, f) VALUES (5, 'x', 'yyyy');
ASSERT VALUES o (id, x) VALUES (5, NULL);
INSERT INTO s (id, a, f) VALUES (6, NULL, 'yyyy');
ASSERT VALUES o (id, x) VALUES (6, NULL);
INSERT INTO s (id, a, f) VALUES (7, '2021', NULL);
ASSERT VALUES o (id, x) VALUES (7, NULL);

--@test: PARSE_DATE with a time
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_DATE(a, 'yyyy-MM-dd HH') AS x FROM s;
INSERT INTO s (id, a) VALUES (1, '2021-01-01 05');
ASSERT VALUES o (x) VALUES (NULL);
--@log: Date format contains time field.
INSERT INTO s (id, a) VALUES (2, '2021-01-01 00');
ASSERT VALUES o (x) VALUES ('2021-01-01');

--@test: PARSE_TIME
CREATE STREAM s (id INT KEY, a STRING, f STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_TIME(a, f) AS x FROM s;
ASSERT STREAM o (id INT KEY, x TIME);
INSERT INTO s (id, a, f) VALUES (1, '13:05', 'HH:mm');
ASSERT VALUES o (id, x) VALUES (1, '13:05');
INSERT INTO s (id, a, f) VALUES (2, '1:05 pm', 'h:mm a');
ASSERT VALUES o (id, x) VALUES (2, '13:05');
INSERT INTO s (id, a, f) VALUES (3, '7', 'H');
ASSERT VALUES o (id, x) VALUES (3, '07:00');
INSERT INTO s (id, a, f) VALUES (4, '1:05', 'h:mm');
ASSERT VALUES o (id, x) VALUES (4, NULL);
INSERT INTO s (id, a, f) VALUES (5, '25:00', 'HH:mm');
ASSERT VALUES o (id, x) VALUES (5, NULL);
INSERT INTO s (id, a, f) VALUES (6, NULL, 'HH');
ASSERT VALUES o (id, x) VALUES (6, NULL);

--@test: PARSE_TIMESTAMP
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    PARSE_TIMESTAMP(a, 'yyyy-MM-dd HH:mm') AS x1,
    PARSE_TIMESTAMP(a, 'yyyy-MM-dd HH:mm', 'America/New_York') AS x2
FROM s;
ASSERT STREAM o (id INT KEY, x1 TIMESTAMP, x2 TIMESTAMP);
INSERT INTO s (id, a) VALUES (1, '2020-01-01 00:30');
ASSERT VALUES o (id, x1, x2) VALUES (1, '2020-01-01T00:30:00', '2020-01-01T05:30:00');
INSERT INTO s (id, a) VALUES (2, '2020-01-01');
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (3, NULL, NULL);

--@test: PARSE_TIMESTAMP completes what is missing
CREATE STREAM s (id INT KEY, a STRING, f STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, PARSE_TIMESTAMP(a, f) AS x FROM s;
INSERT INTO s (id, a, f) VALUES (1, '2021', 'yyyy');
ASSERT VALUES o (id, x) VALUES (1, '2021-01-01T00:00:00');
INSERT INTO s (id, a, f) VALUES (2, '03', 'MM');
ASSERT VALUES o (id, x) VALUES (2, '1970-03-01T00:00:00');
INSERT INTO s (id, a, f) VALUES (3, '10:30', 'HH:mm');
ASSERT VALUES o (id, x) VALUES (3, '1970-01-01T10:30:00');
INSERT INTO s (id, a, f) VALUES (4, '12:30', 'hh:mm');
ASSERT VALUES o (id, x) VALUES (4, '1970-01-01T00:30:00');
INSERT INTO s (id, a, f) VALUES (5, '2021-02-30', 'yyyy-MM-dd');
ASSERT VALUES o (id, x) VALUES (5, '2021-02-28T00:00:00');
INSERT INTO s (id, a, f) VALUES (6, '2021-13-01', 'yyyy-MM-dd');
ASSERT VALUES o (id, x) VALUES (6, NULL);

--@test: STRINGTODATE and STRINGTOTIMESTAMP
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    STRINGTODATE(a, 'yyyy-MM-dd') AS x1,
    STRINGTOTIMESTAMP(a, 'yyyy-MM-dd') AS x2,
    STRINGTOTIMESTAMP(a, 'yyyy-MM-dd', '+01:00') AS x3
FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 BIGINT, x3 BIGINT);
INSERT INTO s (id, a) VALUES (1, '2020-01-01');
ASSERT VALUES o (id, x1, x2, x3) VALUES (1, 18262, 1577836800000, 1577833200000);
INSERT INTO s (id, a) VALUES (2, 'x');
ASSERT VALUES o (id, x1, x2, x3) VALUES (2, NULL, NULL, NULL);
INSERT INTO s (id, a) VALUES (3, NULL);
ASSERT VALUES o (id, x1, x2, x3) VALUES (3, NULL, NULL, NULL);

--@test: TIMESTAMPTOSTRING
CREATE STREAM s (id INT KEY, b BIGINT) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    TIMESTAMPTOSTRING(b, 'yyyy-MM-dd HH:mm') AS x1,
    TIMESTAMPTOSTRING(b, 'HH:mm VV', 'Asia/Tokyo') AS x2
FROM s;
INSERT INTO s (id, b) VALUES (1, 1577836800000);
ASSERT VALUES o (id, x1, x2) VALUES (1, '2020-01-01 00:00', '09:00 Asia/Tokyo');
INSERT INTO s (id, b) VALUES (2, NULL);
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);

--@test: UNIX_DATE and UNIX_TIMESTAMP
CREATE STREAM s (id INT KEY, d DATE, t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT
    id,
    UNIX_DATE(d) AS x1,
    UNIX_TIMESTAMP(t) AS x2,
    UNIX_DATE() AS x3,
    UNIX_TIMESTAMP() AS x4
FROM s;
ASSERT STREAM o (id INT KEY, x1 INT, x2 BIGINT, x3 INT, x4 BIGINT);
INSERT INTO s (id, d, t) VALUES (1, '2020-01-01', '2020-01-01');
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (1, 18262, 1577836800000, 0, 0);
INSERT INTO s (id, d, t) VALUES (2, NULL, NULL);
ASSERT VALUES o (id, x1, x2, x3, x4) VALUES (2, NULL, NULL, 0, 0);

--@test: functions of times take texts
CREATE STREAM s (id INT KEY, a STRING) WITH (kafka_topic='s', value_format='JSON');
CREATE STREAM o AS SELECT id, FORMAT_DATE(a, 'dd.MM.yyyy') AS x1, UNIX_TIMESTAMP(a) AS x2 FROM s;
INSERT INTO s (id, a) VALUES (1, '2020-01-01');
ASSERT VALUES o (id, x1, x2) VALUES (1, '01.01.2020', 1577836800000);
INSERT INTO s (id, a) VALUES (2, 'no');
ASSERT VALUES o (id, x1, x2) VALUES (2, NULL, NULL);
