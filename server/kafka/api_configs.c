/* DescribeConfigs: topic settings from storage's table, the broker's from the one below. */
#include "server/kafka/apis.h"

#define RESOURCE_TOPIC 2
#define RESOURCE_BROKER 4
#define SOURCE_TOPIC 1
#define SOURCE_STATIC_BROKER 4
#define SOURCE_DEFAULT 5

/* ConfigType by the names that storage uses. */
static int8_t config_type(const char *type)
{
    static const struct {
        const char *name;
        int8_t      type;
    } types[] = {{"boolean", 1}, {"string", 2}, {"int", 3}, {"long", 5}, {"double", 6}, {"list", 7}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, type) == 0)
            return types[i].type;
    return 0;
}

static bool asked_for(const describe_configs_request_resource *q, str name)
{
    for (int32_t i = 0; i < q->configuration_keys.n; i++)
        if (str_eq(q->configuration_keys.p[i], name))
            return true;
    return q->configuration_keys.n < 0;
}

static void put_config(call *c, const describe_configs_request *q,
                       describe_configs_response_result *r, describe_configs_response_config cfg)
{
    if (q->include_synonyms) {
        cfg.synonyms.n = 1;
        cfg.synonyms.p = WIRE_NEW(&c->a, describe_configs_response_synonym, 1);
        cfg.synonyms.p[0] = (describe_configs_response_synonym){cfg.name, cfg.value,
                                                                cfg.config_source};
    }
    if (!q->include_documentation)
        cfg.documentation = STR_NONE;
    r->configs.p[r->configs.n++] = cfg;
}

static void describe_topic(call *c, const describe_configs_request *q,
                           const describe_configs_request_resource *res,
                           describe_configs_response_result *r)
{
    kafka_server *k = call_server(c);
    tlog_topic    t;
    status        st;
    size_t        n = 0;
    status_init(&st);
    if (!tlog_topic_get(k->log, &c->a, res->resource_name, &t, &st)) {
        r->error_code = error_of(&st);
        r->error_message = str_dup(&c->a, str_of(st.msg));
        return;
    }
    const topic_setting *s = topic_settings();
    while (s[n].name)
        n++;
    r->configs.p = WIRE_NEW(&c->a, describe_configs_response_config, n);
    for (; s->name; s++) {
        str  value;
        bool is_default;
        if (asked_for(res, str_of(s->name)) &&
            storage_topic_config(k->storage, t.name, str_of(s->name), &c->a, &value, &is_default))
            put_config(c, q, r,
                       (describe_configs_response_config){
                           .name = str_of(s->name),
                           .value = value,
                           .config_source = is_default ? SOURCE_DEFAULT : SOURCE_TOPIC,
                           .config_type = config_type(s->type),
                           .documentation = str_of(s->doc)});
    }
}

/* Read-only here: they are set where the server is configured. */
static void describe_broker(call *c, const describe_configs_request *q,
                            const describe_configs_request_resource *res,
                            describe_configs_response_result *r)
{
    const kafka_options *o = &call_server(c)->o;
    const struct {
        const char *name, *type;
        int64_t     value;
    } rows[] = {
        {"auto.create.topics.enable", "boolean", o->auto_create_topics},
        {"broker.id", "int", KAFKA_NODE_ID},
        {"connections.max.idle.ms", "long", o->idle_max_ms},
        {"default.replication.factor", "int", 1},
        {"delete.topic.enable", "boolean", 1},
        {"fetch.max.bytes", "int", o->fetch_max_bytes},
        {"group.initial.rebalance.delay.ms", "int", o->initial_rebalance_delay_ms},
        {"group.max.session.timeout.ms", "int", o->session_max_ms},
        {"group.min.session.timeout.ms", "int", o->session_min_ms},
        {"max.connections", "int", o->connections_max},
        {"min.insync.replicas", "int", 1},
        {"node.id", "int", KAFKA_NODE_ID},
        {"num.partitions", "int", o->default_partitions},
        {"offsets.topic.replication.factor", "int", 1},
        {"socket.request.max.bytes", "int", o->request_max_bytes},
    };
    size_t n = sizeof rows / sizeof rows[0];
    r->configs.p = WIRE_NEW(&c->a, describe_configs_response_config, n);
    if (res->resource_name.n == 0)
        return; /* the dynamic defaults of all brokers: there are none */
    if (!str_eqz(res->resource_name, "1")) {
        r->error_code = KE_INVALID_REQUEST;
        r->error_message =
            str_fmt(&c->a, "Unexpected broker id, expected 1 or empty string, but received %.*s",
                    STR_FMT(res->resource_name));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_bool = strcmp(rows[i].type, "boolean") == 0;
        if (asked_for(res, str_of(rows[i].name)))
            put_config(c, q, r,
                       (describe_configs_response_config){
                           .name = str_of(rows[i].name),
                           .value = is_bool ? (rows[i].value ? STR("true") : STR("false"))
                                            : str_fmt(&c->a, "%lld", (long long)rows[i].value),
                           .read_only = true,
                           .config_source = SOURCE_STATIC_BROKER,
                           .config_type = config_type(rows[i].type)});
    }
}

call_state api_describe_configs(call *c, const describe_configs_request *q,
                                describe_configs_response *r)
{
    r->results.n = q->resources.n;
    r->results.p = WIRE_NEW(&c->a, describe_configs_response_result, (size_t)q->resources.n);
    for (int32_t i = 0; i < q->resources.n; i++) {
        const describe_configs_request_resource *res = &q->resources.p[i];
        describe_configs_response_result        *rr = &r->results.p[i];
        rr->resource_type = res->resource_type;
        rr->resource_name = res->resource_name;
        if (res->resource_type == RESOURCE_TOPIC) {
            describe_topic(c, q, res, rr);
        } else if (res->resource_type == RESOURCE_BROKER) {
            describe_broker(c, q, res, rr);
        } else {
            rr->error_code = KE_INVALID_REQUEST;
            rr->error_message = str_fmt(&c->a, "Resources of type %d have no configuration here",
                                        res->resource_type);
        }
        call_count_error(c, rr->error_code);
    }
    return CALL_DONE;
}
