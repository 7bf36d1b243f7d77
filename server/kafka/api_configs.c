/* DescribeConfigs, AlterConfigs, IncrementalAlterConfigs: topic settings from storage's table, the
 * broker's from the one below. */
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

static void put_config(call *c, const describe_configs_request *q, describe_configs_response_result *r,
                       describe_configs_response_config cfg)
{
    if (q->include_synonyms) {
        cfg.synonyms.n = 1;
        cfg.synonyms.p = WIRE_NEW(&c->a, describe_configs_response_synonym, 1);
        cfg.synonyms.p[0] = (describe_configs_response_synonym){cfg.name, cfg.value, cfg.config_source};
    }
    if (!q->include_documentation)
        cfg.documentation = STR_NONE;
    r->configs.p[r->configs.n++] = cfg;
}

static void describe_topic(call *c, const describe_configs_request *q, const describe_configs_request_resource *res,
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
                       (describe_configs_response_config){.name = str_of(s->name),
                                                          .value = value,
                                                          .config_source = is_default ? SOURCE_DEFAULT : SOURCE_TOPIC,
                                                          .config_type = config_type(s->type),
                                                          .documentation = str_of(s->doc)});
    }
}

/* Read-only here: they are set where the server is configured. */
static void describe_broker(call *c, const describe_configs_request *q, const describe_configs_request_resource *res,
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
        r->error_message = str_fmt(&c->a, "Unexpected broker id, expected 1 or empty string, but received %.*s",
                                   STR_FMT(res->resource_name));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_bool = strcmp(rows[i].type, "boolean") == 0;
        if (asked_for(res, str_of(rows[i].name)))
            put_config(
                c, q, r,
                (describe_configs_response_config){.name = str_of(rows[i].name),
                                                   .value = is_bool ? (rows[i].value ? STR("true") : STR("false"))
                                                                    : str_fmt(&c->a, "%lld", (long long)rows[i].value),
                                                   .read_only = true,
                                                   .config_source = SOURCE_STATIC_BROKER,
                                                   .config_type = config_type(rows[i].type)});
    }
}

call_state api_describe_configs(call *c, const describe_configs_request *q, describe_configs_response *r)
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
            rr->error_message = str_fmt(&c->a, "Resources of type %d have no configuration here", res->resource_type);
        }
        call_count_error(c, rr->error_code);
    }
    return CALL_DONE;
}

/* ---- changing topic settings */

enum { OP_SET, OP_DELETE, OP_APPEND, OP_SUBTRACT };

typedef struct change { /* one resource of either request, and where its answer goes */
    int8_t   type;
    str      name;
    int16_t *error;
    str     *message;
} change;

static void refuse(const change *ch, int16_t error, str message)
{
    *ch->error = error;
    *ch->message = message;
}

static bool find_topic(call *c, const change *ch, tlog_topic *t)
{
    status st;
    status_init(&st);
    if (ch->type != RESOURCE_TOPIC) {
        refuse(ch, KE_INVALID_REQUEST,
               STR("Only topics can be configured here; the server's settings are in its "
                   "configuration file."));
        return false;
    }
    if (!tlog_topic_get(call_server(c)->log, &c->a, ch->name, t, &st)) {
        refuse(ch, error_of(&st), str_dup(&c->a, str_of(st.msg)));
        return false;
    }
    return true;
}

static void apply(call *c, const change *ch, tlog_topic *t, tlog_config *cfg, uint32_t n, bool only_check)
{
    status st;
    status_init(&st);
    t->configs = cfg;
    t->config_count = n;
    bool ok =
        only_check ? storage_topic_check(t, &st) : storage_topic_alter(call_server(c)->storage, t->name, cfg, n, &st);
    if (!ok)
        refuse(ch, error_of(&st), str_dup(&c->a, str_of(st.msg)));
}

static str null_value(call *c, str name)
{
    return str_fmt(&c->a, "Null value not supported for topic configs: %.*s", STR_FMT(name));
}

call_state api_alter_configs(call *c, const alter_configs_request *q, alter_configs_response *r)
{
    r->responses.n = q->resources.n;
    r->responses.p = WIRE_NEW(&c->a, alter_configs_response_topic, (size_t)q->resources.n);
    for (int32_t i = 0; i < q->resources.n; i++) {
        const alter_configs_request_resource *res = &q->resources.p[i];
        alter_configs_response_topic         *rr = &r->responses.p[i];
        tlog_config                          *cfg = ARENA_ARRAY(&c->a, tlog_config, res->configs.n);
        change     ch = {res->resource_type, res->resource_name, &rr->error_code, &rr->error_message};
        tlog_topic t;
        rr->resource_type = res->resource_type;
        rr->resource_name = res->resource_name;
        for (int32_t k = 0; k < res->configs.n && rr->error_code == KE_NONE; k++) {
            cfg[k] = (tlog_config){res->configs.p[k].name, res->configs.p[k].value};
            if (cfg[k].value.p == NULL)
                refuse(&ch, KE_INVALID_CONFIG, null_value(c, cfg[k].name));
        }
        if (rr->error_code == KE_NONE && find_topic(c, &ch, &t))
            apply(c, &ch, &t, cfg, (uint32_t)res->configs.n, q->validate_only);
        call_count_error(c, rr->error_code);
    }
    return CALL_DONE;
}

static bool is_list(str name)
{
    for (const topic_setting *s = topic_settings(); s->name; s++)
        if (str_eqz(name, s->name))
            return strcmp(s->type, "list") == 0;
    return false;
}

/* The items of `list` without those of `items`, then (if add) those too. */
static str change_list(arena *a, str list, str items, bool add)
{
    buf out = BUF_INIT(BUF_MAX);
    for (size_t at = 0; at < list.n;) {
        int64_t comma = str_find(list, STR(","), at);
        size_t  end = comma < 0 ? list.n : (size_t)comma;
        str     item = str_trim(str_make(list.p + at, end - at));
        bool    named = false;
        for (size_t k = 0; k < items.n && !named;) {
            int64_t sep = str_find(items, STR(","), k);
            size_t  stop = sep < 0 ? items.n : (size_t)sep;
            named = str_eq(item, str_trim(str_make(items.p + k, stop - k)));
            k = stop + 1;
        }
        if (!named && item.n) {
            if (out.n)
                buf_putc(&out, ',');
            buf_puts(&out, item);
        }
        at = end + 1;
    }
    if (add && items.n) {
        if (out.n)
            buf_putc(&out, ',');
        buf_puts(&out, items);
    }
    str s = str_dup(a, out.n ? buf_str(&out) : STR(""));
    buf_free(&out);
    return s;
}

static uint32_t config_at(const tlog_config *cfg, uint32_t n, str name)
{
    uint32_t i = 0;
    while (i < n && !str_eq(cfg[i].name, name))
        i++;
    return i;
}

/* One operation on the settings of the topic; false: refused. */
static bool operate(call *c, const change *ch, const tlog_topic *t, const incremental_alter_configs_request_config *op,
                    tlog_config *cfg, uint32_t *n)
{
    uint32_t at = config_at(cfg, *n, op->name);
    str      value = op->value;
    if (op->config_operation == OP_DELETE) {
        if (at < *n)
            cfg[at] = cfg[--*n];
        return true;
    }
    if (value.p == NULL) {
        refuse(ch, KE_INVALID_CONFIG, null_value(c, op->name));
        return false;
    }
    if (op->config_operation == OP_APPEND || op->config_operation == OP_SUBTRACT) {
        bool add = op->config_operation == OP_APPEND, is_default;
        str  now;
        if (!is_list(op->name) ||
            !storage_topic_config(call_server(c)->storage, t->name, op->name, &c->a, &now, &is_default)) {
            refuse(ch, KE_INVALID_CONFIG,
                   str_fmt(&c->a, "Can't %s to key %.*s because its type is not LIST.", add ? "APPEND" : "SUBTRACT",
                           STR_FMT(op->name)));
            return false;
        }
        value = change_list(&c->a, now, value, add);
    } else if (op->config_operation != OP_SET) {
        refuse(ch, KE_INVALID_REQUEST,
               str_fmt(&c->a, "Unknown operation %d on %.*s", op->config_operation, STR_FMT(op->name)));
        return false;
    }
    cfg[at] = (tlog_config){op->name, value};
    *n += at == *n;
    return true;
}

static void alter_one(call *c, const incremental_alter_configs_request *q,
                      const incremental_alter_configs_request_resource *res, const change *ch)
{
    tlog_topic t;
    for (int32_t i = 0; i < res->configs.n; i++)
        for (int32_t k = 0; k < i; k++)
            if (str_eq(res->configs.p[i].name, res->configs.p[k].name)) {
                refuse(ch, KE_INVALID_REQUEST, STR("Error due to duplicate config keys"));
                return;
            }
    if (!find_topic(c, ch, &t))
        return;
    uint32_t     n = t.config_count;
    tlog_config *cfg = ARENA_ARRAY(&c->a, tlog_config, n + (uint32_t)res->configs.n);
    if (n)
        memcpy(cfg, t.configs, n * sizeof *cfg);
    for (int32_t i = 0; i < res->configs.n; i++)
        if (!operate(c, ch, &t, &res->configs.p[i], cfg, &n))
            return;
    apply(c, ch, &t, cfg, n, q->validate_only);
}

call_state api_incremental_alter_configs(call *c, const incremental_alter_configs_request *q,
                                         incremental_alter_configs_response *r)
{
    r->responses.n = q->resources.n;
    r->responses.p = WIRE_NEW(&c->a, incremental_alter_configs_response_topic, (size_t)q->resources.n);
    for (int32_t i = 0; i < q->resources.n; i++) {
        const incremental_alter_configs_request_resource *res = &q->resources.p[i];
        incremental_alter_configs_response_topic         *rr = &r->responses.p[i];
        change ch = {res->resource_type, res->resource_name, &rr->error_code, &rr->error_message};
        rr->resource_type = res->resource_type;
        rr->resource_name = res->resource_name;
        alter_one(c, q, res, &ch);
        call_count_error(c, rr->error_code);
    }
    return CALL_DONE;
}
