/* GET /clusterStatus: the one server there is, and which partitions and stores its queries have. */
#include <stdatomic.h>

#include "engine/run/runtime.h"
#include "engine/stmt/exec.h"

static json_t *query_status(engine *e, arena *a, const query_info *info)
{
    str          id = info->id;
    run_info     state = query_state(e, info);
    task_offset *inputs;
    str         *stores;
    json_t      *o = json_object(), *names = json_array(), *partitions = json_array();
    size_t       n = runtime_stores(e->run, id, a, &stores);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(names, json_str(stores[i]));
    n = n ? runtime_offsets(e->run, id, a, &inputs) : 0; /* a query without state has no place in the list */
    for (size_t i = 0; i < n; i++) {
        json_t *p = json_object();
        json_object_set_new(p, "topic", json_str(inputs[i].topic));
        json_object_set_new(p, "partition", json_integer(inputs[i].partition));
        json_array_append_new(partitions, p);
    }
    json_object_set_new(o, "activeStores", names);
    json_object_set_new(o, "activePartitions", partitions);
    json_object_set_new(o, "standByStores", json_array());
    json_object_set_new(o, "standByPartitions", json_array());
    json_object_set_new(o, "state", json_string(run_state_names[state.state]));
    if (state.state == RUN_ERROR) {
        json_object_set_new(o, "stateReason", json_string(state.reason));
        json_object_set_new(o, "stateSinceMs", json_integer(state.since_ms));
    }
    return o;
}

json_t *engine_cluster_status(engine *e)
{
    arena a;
    arena_init(&a);
    metastore *m = engine_take(e);
    exec       x = {.e = e};
    json_t    *queries = json_object(), *lags = json_object(), *host = json_object(), *hosts = json_object(),
           *all = json_object();
    query_info **all_queries = metastore_queries(m, &a);
    for (size_t i = 0; i < m->queries.n && e->run; i++) {
        json_t *q = query_status(e, &a, all_queries[i]);
        if (json_array_size(json_object_get(q, "activeStores")) || json_object_get(q, "stateReason"))
            json_object_set(queries, str_z(&a, all_queries[i]->id), q);
        json_decref(q);
    }
    metastore_release(m);
    json_object_set_new(lags, "stateStoreLags", json_object());
    json_object_set_new(lags, "updateTimeMs", json_integer(exec_now(&x)));
    json_object_set_new(host, "hostAlive", json_true());
    json_object_set_new(host, "lastStatusUpdateMs", json_integer(exec_now(&x)));
    json_object_set_new(host, "activeStandbyPerQuery", queries);
    json_object_set_new(host, "hostStoreLags", lags);
    json_object_set_new(hosts, e->opt.host ? e->opt.host : "localhost", host);
    json_object_set_new(all, "clusterStatus", hosts);
    arena_free(&a);
    return all;
}
