/* What the server tells about itself: GET /info, /healthcheck, /v1/metadata, /metrics, and where GET / leads. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/rest/entities.h"
#include "server/rest/rest_int.h"
#include "server/version.h"

void rest_root(call *c)
{
    static const char *const offers[] = {TYPE_JSON, "text/html"};
    bool                     browser = c->has_accept && accept_choose(true, c->accept, offers, 2) == 1;
    call_text(c, 307, NULL, STR(""));
    c->location = browser ? "/ui/" : "/info";
}

void rest_alive(call *c)
{
    call_text(c, 200, TYPE_JSON, STR("{}"));
}

static rest_health health_of(const call *c)
{
    const rest_options *o = &c->r->o;
    return o->health ? o->health(o->health_ctx) : (rest_health){.metastore = true, .kafka = true};
}

/* Queries that are kept but cannot be planned, as ksqlDB's commands that it cannot run again. */
static bool is_degraded(const engine_query_state *q, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (q[i].unplanned)
            return true;
    return false;
}

void rest_info(call *c)
{
    buf                *o = &c->out;
    engine_query_state *q;
    size_t              n = engine_query_states(c->r->o.engine, &c->a, &q);
    c->status = 200;
    c->content_type = TYPE_JSON;
    buf_putz(o, "{\"KsqlServerInfo\":{\"version\":\"" KSQLDB_VERSION "\",\"kafkaClusterId\":");
    json_put_text(o, c->r->o.cluster_id);
    buf_putz(o, ",\"ksqlServiceId\":");
    json_put_text(o, c->r->o.service_id);
    buf_printf(o, ",\"serverStatus\":\"%s\"}}", is_degraded(q, n) ? "DEGRADED" : "RUNNING");
}

static void put_health(buf *o, const char *name, bool healthy)
{
    buf_printf(o, "\"%s\":{\"isHealthy\":%s}", name, healthy ? "true" : "false");
}

/* Only when there are some: clients of ksqlDB know three details. A query that fails is its user's affair, not a reason
 * to restart the server. */
static void put_failed_queries(buf *o, const engine_query_state *q, size_t n)
{
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        if (!q[i].failed)
            continue;
        buf_putz(o, first ? ",\"queries\":{\"isHealthy\":false,\"failed\":[" : ",");
        buf_putz(o, "{\"id\":");
        json_put_text(o, q[i].id);
        buf_putz(o, ",\"reason\":");
        json_put_text(o, q[i].reason);
        buf_printf(o, ",\"sinceMs\":%ld}", q[i].since_ms);
        first = false;
    }
    if (!first)
        buf_putz(o, "]}");
}

static bool is_whole(const rest_health *h)
{
    return h->stopped_partitions == 0 && h->damaged_partitions == 0;
}

/* Only when there is something to tell. */
static void put_storage(buf *o, const rest_health *h)
{
    bool whole = is_whole(h);
    if (whole && h->kept_in_lost == 0)
        return;
    buf_printf(o, ",\"storage\":{\"isHealthy\":%s,\"stoppedPartitions\":%u,\"damagedPartitions\":%u,\"keptInLost\":%u}",
               whole ? "true" : "false", h->stopped_partitions, h->damaged_partitions, h->kept_in_lost);
}

void rest_healthcheck(call *c)
{
    buf                *o = &c->out;
    rest_health         h = health_of(c);
    engine_query_state *q;
    size_t              n = engine_query_states(c->r->o.engine, &c->a, &q);
    bool                planned = !is_degraded(q, n);
    c->status = 200;
    c->content_type = TYPE_JSON;
    buf_printf(o, "{\"isHealthy\":%s,\"details\":{",
               h.metastore && h.kafka && planned && is_whole(&h) ? "true" : "false");
    put_health(o, "metastore", h.metastore);
    buf_putc(o, ',');
    put_health(o, "kafka", h.kafka);
    buf_putc(o, ',');
    put_health(o, "commandRunner", planned);
    put_failed_queries(o, q, n);
    put_storage(o, &h);
    buf_putz(o, "},\"serverState\":\"READY\"}");
}

void rest_cluster_status(call *c)
{
    if (!c->r->o.heartbeat) {
        call_text(c, 404, "text/plain", STR("Not Found"));
        return;
    }
    c->status = 200;
    c->content_type = TYPE_JSON;
    entities_put_cluster(&c->out, engine_cluster_status(c->r->o.engine, &c->a));
}

static void put_cluster_id(call *c)
{
    buf *o = &c->out;
    buf_putz(o, "{\"id\":\"\",\"scope\":{\"path\":[],\"clusters\":{\"kafka-cluster\":");
    json_put_text(o, c->r->o.cluster_id);
    buf_putz(o, ",\"ksql-cluster\":");
    json_put_text(o, c->r->o.service_id);
    buf_putz(o, "}}}");
    c->status = 200;
    c->content_type = TYPE_JSON;
}

void rest_metadata(call *c)
{
    buf_putz(&c->out, "{\"version\":\"" KSQLDB_VERSION "\",\"clusterId\":");
    put_cluster_id(c);
    buf_putc(&c->out, '}');
}

void rest_metadata_id(call *c)
{
    put_cluster_id(c);
}

/* ---- metrics */

static void put_metric(buf *o, const char *name, const char *kind, const char *help, uint64_t v)
{
    buf_printf(o, "# HELP %s %s\n# TYPE %s %s\n%s %lu\n", name, help, name, kind, name, v);
}

static void put_query_states(buf *o, call *c)
{
    static const char *const states[] = {"RUNNING", "PAUSED", "RESTORING", "ERROR"};
    engine_query_state      *q;
    size_t                   n = engine_query_states(c->r->o.engine, &c->a, &q);
    buf_putz(o, "# HELP weir_queries Persistent queries by state.\n# TYPE weir_queries gauge\n");
    for (size_t s = 0; s < sizeof states / sizeof *states; s++) {
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            count += strcmp(q[i].state, states[s]) == 0;
        buf_printf(o, "weir_queries{state=\"%s\"} %zu\n", states[s], count);
    }
    buf_putz(o, "# HELP weir_query_failed_since_seconds When a query in state ERROR got there, since 1970.\n"
                "# TYPE weir_query_failed_since_seconds gauge\n");
    for (size_t i = 0; i < n; i++)
        if (q[i].failed)
            buf_printf(o, "weir_query_failed_since_seconds{query=\"%.*s\"} %ld\n", STR_FMT(q[i].id),
                       q[i].since_ms / 1000);
    buf_putz(o, "# HELP weir_query_records_missed_total Records that were deleted before a query read them.\n"
                "# TYPE weir_query_records_missed_total counter\n");
    for (size_t i = 0; i < n; i++)
        if (q[i].records_missed)
            buf_printf(o, "weir_query_records_missed_total{query=\"%.*s\"} %lu\n", STR_FMT(q[i].id),
                       q[i].records_missed);
}

static uint64_t resident_bytes(void)
{
    char  line[128] = "", *resident = line;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL)
        return 0;
    if (fgets(line, sizeof line, f))
        resident = strchrnul(line, ' '); /* behind all pages */
    fclose(f);
    return strtoul(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void put_requests(buf *o, rest_server *r)
{
    buf_putz(o, "# HELP weir_rest_requests_total Requests answered.\n# TYPE weir_rest_requests_total counter\n");
    for (size_t row = 0; row <= ROUTE_NONE; row++)
        for (int class = 0; class < 6; class ++) {
            uint64_t n = atomic_load_explicit(&r->requests[row][class], memory_order_relaxed);
            if (n)
                buf_printf(o, "weir_rest_requests_total{path=\"%s\",code=\"%dxx\"} %lu\n",
                           row < route_count ? routes[row].path : "", class, n);
        }
}

void rest_metrics(call *c)
{
    rest_server *r = c->r;
    buf         *o = &c->out;
    engine_stats s;
    engine_get_stats(r->o.engine, &s);
    c->status = 200;
    c->content_type = "text/plain; version=0.0.4; charset=utf-8";
    put_metric(o, "weir_queries_running", "gauge", "Persistent queries that run.", s.queries_running);
    put_metric(o, "weir_queries_error", "gauge", "Persistent queries that stopped with an error.", s.queries_error);
    put_query_states(o, c);
    put_metric(o, "weir_records_in_total", "counter", "Records read by queries.", s.records_in);
    put_metric(o, "weir_records_out_total", "counter", "Records written by queries.", s.records_out);
    put_metric(o, "weir_state_bytes", "gauge", "Bytes of state in memory.", s.state_bytes);
    put_metric(o, "weir_pull_queries_total", "counter", "Pull queries answered.", s.pull_queries);
    put_metric(o, "weir_record_errors_total", "counter", "Errors with single records and columns in running queries.",
               s.record_errors);
    put_metric(o, "weir_push_queries_active", "gauge", "Push queries that run.", s.push_queries_active);
    rest_health h = health_of(c);
    put_metric(o, "weir_storage_stopped_partitions", "gauge", "Partitions that stand still at damage.",
               h.stopped_partitions);
    put_metric(o, "weir_storage_damaged_partitions", "gauge", "Partitions with closed segments that do not hold.",
               h.damaged_partitions);
    put_metric(o, "weir_storage_kept_in_lost_total", "counter", "Things that were kept aside in lost/ since the start.",
               h.kept_in_lost);
    put_metric(o, "weir_rest_connections", "gauge", "Open connections of the REST port.",
               atomic_load(&r->connections_open));
    put_metric(o, "weir_rest_connections_total", "counter", "Connections the REST port has taken.",
               atomic_load(&r->connections_total));
    put_metric(o, "weir_rest_slow_readers_total", "counter", "Push queries cut off because they were not read.",
               atomic_load(&r->slow_readers));
    put_requests(o, r);
    put_metric(o, "weir_uptime_seconds", "gauge", "Since the REST port opened.",
               (uint64_t)(clock_mono_coarse_ms() - r->start_ms) / 1000);
    put_metric(o, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
    if (r->o.kafka)
        kafka_server_metrics(r->o.kafka, o);
}
