/* What a cluster would have to show: the one server there is, and which partitions and stores its queries have. */
#include "engine/run/runtime.h"
#include "engine/stmt/show.h"

static void put_stores(record r, const str *stores, size_t n)
{
    record_list names = record_list_of(r, "activeStores");
    for (size_t i = 0; i < n; i++)
        list_add_text(&names, stores[i]);
}

static void put_partitions(record r, const task_offset *inputs, size_t n)
{
    record_list partitions = record_list_of(r, "activePartitions");
    for (size_t i = 0; i < n; i++) {
        record p = list_add_row(&partitions);
        record_put_text(p, "topic", inputs[i].topic);
        record_put_int(p, "partition", inputs[i].partition);
    }
}

/* A query without state has no place in the list, unless it failed. */
static void put_query(engine *e, arena *a, record_list *queries, const query_info *q)
{
    run_info     state = query_state(e, q);
    task_offset *inputs;
    str         *stores;
    size_t       n = runtime_stores(e->run, q->id, a, &stores);
    if (n == 0 && state.state != RUN_ERROR)
        return;
    record r = list_add_row(queries);
    record_put_text(r, "id", q->id);
    put_stores(r, stores, n);
    if (n) {
        n = runtime_offsets(e->run, q->id, a, &inputs);
        put_partitions(r, inputs, n);
    }
    show_put_state(r, &state);
}

const answer *engine_cluster_status(engine *e, arena *a)
{
    metastore    *m = engine_take(e);
    query_info  **all = metastore_queries(m, a);
    answer_draft *d = ARENA_NEW(a, answer_draft);
    answer_draft_init(d, a, ANSWER_CLUSTER, STR_NONE);
    record      host = answer_add_row(d);
    record_list queries = record_list_of(host, "queries");
    record_put_z(host, "host", e->opt.host ? e->opt.host : "localhost");
    record_put_flag(host, "hostAlive", true);
    record_put_int(host, "lastStatusUpdateMs", time_wall_ms(e->opt.clock));
    for (size_t i = 0; i < m->queries.n && e->run; i++)
        put_query(e, a, &queries, all[i]);
    metastore_release(m);
    return answer_draft_done(d);
}
