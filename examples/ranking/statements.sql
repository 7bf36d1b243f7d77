-- Times are of 2024, older than any default retention: hence retention_ms=-1.
CREATE SOURCE TABLE ARTICLES (
    article STRING PRIMARY KEY, title STRING, category STRING
) WITH (kafka_topic='articles', value_format='JSON', partitions=1);

CREATE STREAM READS (
    user STRING KEY, article STRING, ts BIGINT
) WITH (kafka_topic='reads', value_format='JSON', partitions=1, timestamp='ts', retention_ms=-1);

CREATE STREAM READ_ARTICLES WITH (retention_ms=-1) AS
    SELECT R.article AS article, R.user AS reader, A.title AS title, A.category AS category
    FROM READS R JOIN ARTICLES A ON R.article = A.article;

-- For every category and every hour, a new one beginning every ten minutes: the five articles read most,
-- as 'reads title', the reads with leading zeros so that text sorts as numbers do.
CREATE TABLE RANKING WITH (retention_ms=-1) AS
    SELECT category, AS_VALUE(category) AS kind,
           SLICE(ARRAY_SORT(TRANSFORM(ENTRIES(HISTOGRAM(title), true),
                                      e => LPAD(CAST(e->V AS STRING), 6, '0') + ' ' + e->K), 'DESC'), 1, 5) AS top
    FROM READ_ARTICLES
    WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 10 MINUTES, RETENTION 2 DAYS)
    GROUP BY category;

-- The same as a stream of changes, of which the window that ends next is 'the last hour'.
CREATE STREAM RANKING_CHANGES (
    category STRING KEY, kind STRING, top ARRAY<STRING>
) WITH (kafka_topic='RANKING', value_format='JSON', window_type='HOPPING', window_size='1 HOURS');

CREATE TABLE FRONT AS
    SELECT kind, LATEST_BY_OFFSET(top) AS top
    FROM RANKING_CHANGES
    WHERE WINDOWEND - ROWTIME <= 600000
    GROUP BY kind;

-- What a reader read last decides which ranking stands on the page.
CREATE TABLE READERS AS
    SELECT reader, LATEST_BY_OFFSET(category) AS category, COUNT(*) AS reads
    FROM READ_ARTICLES
    GROUP BY reader;

CREATE TABLE PAGES AS
    SELECT R.reader AS reader, R.category AS category, R.reads AS reads, F.top AS top
    FROM READERS R JOIN FRONT F ON R.category = F.kind;
