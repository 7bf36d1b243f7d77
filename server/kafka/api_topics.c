/* CreateTopics, DeleteTopics, CreatePartitions, DeleteRecords. The checks of names, counts and
 * settings are storage's. */
#include "server/kafka/apis.h"

#define TOPIC_CONFIG_SOURCE 1
#define DEFAULT_CONFIG_SOURCE 5

static bool duplicate_name(const create_topics_request *q, int32_t at)
{
    for (int32_t i = 0; i < q->topics.n; i++)
        if (i != at && str_eq(q->topics.p[i].name, q->topics.p[at].name))
            return true;
    return false;
}

static void fail(call *c, create_topics_response_topic *r, int16_t error, const char *msg)
{
    r->error_code = error;
    r->error_message = str_dup(&c->a, str_of(msg));
    call_count_error(c, error);
}

/* A manual assignment says how many partitions there are; they can only be on this node. */
static bool take_assignment(call *c, const create_topics_request_topic *q, tlog_topic *spec,
                            create_topics_response_topic *r)
{
    int32_t n = q->assignments.n;
    if (q->num_partitions != -1 || q->replication_factor != -1) {
        fail(c, r, KE_INVALID_REQUEST,
             q->replication_factor != -1
                 ? "A manual partition assignment was specified, but replication factor was not "
                   "set to -1."
                 : "A manual partition assignment was specified, but numPartitions was not set to "
                   "-1.");
        return false;
    }
    bool *seen = ARENA_ARRAY(&c->a, bool, n);
    for (int32_t i = 0; i < n; i++) {
        const create_topics_request_assignment *as = &q->assignments.p[i];
        if (as->partition_index < 0 || as->partition_index >= n || seen[as->partition_index]) {
            fail(c, r, KE_INVALID_REPLICA_ASSIGNMENT, "partitions should be a consecutive 0-based integer sequence");
            return false;
        }
        seen[as->partition_index] = true;
        if (as->broker_ids.n != 1 || as->broker_ids.p[0] != KAFKA_NODE_ID) {
            fail(c, r, KE_INVALID_REPLICA_ASSIGNMENT,
                 "The manual partition assignment must name broker 1, the only one.");
            return false;
        }
    }
    spec->partitions = n;
    return true;
}

static bool take_configs(call *c, const create_topics_request_topic *q, tlog_topic *spec,
                         create_topics_response_topic *r)
{
    tlog_config *cfg = ARENA_ARRAY(&c->a, tlog_config, q->configs.n);
    for (int32_t i = 0; i < q->configs.n; i++) {
        if (q->configs.p[i].value.p == NULL) {
            str msg = str_fmt(&c->a, "Null value not supported for topic configs: %.*s", STR_FMT(q->configs.p[i].name));
            fail(c, r, KE_INVALID_CONFIG, str_z(&c->a, msg));
            return false;
        }
        cfg[i] = (tlog_config){q->configs.p[i].name, q->configs.p[i].value};
    }
    spec->configs = cfg;
    spec->config_count = (uint32_t)q->configs.n;
    return true;
}

static str given_value(const tlog_topic *spec, str name)
{
    for (uint32_t i = 0; i < spec->config_count; i++)
        if (str_eq(spec->configs[i].name, name))
            return spec->configs[i].value;
    return STR_NONE;
}

static void put_configs(call *c, const tlog_topic *spec, create_topics_response_topic *r)
{
    const topic_setting *s = topic_settings();
    size_t               n = 0;
    while (s[n].name)
        n++;
    r->configs.p = WIRE_NEW(&c->a, create_topics_response_config, n);
    r->configs.n = 0;
    for (; s->name; s++) {
        str  value;
        bool is_default;
        str  given = given_value(spec, str_of(s->name));
        if (!storage_topic_config(call_server(c)->storage, spec->name, str_of(s->name), &c->a, &value, &is_default))
            continue;
        r->configs.p[r->configs.n++] =
            (create_topics_response_config){.name = str_of(s->name),
                                            .value = value,
                                            .config_source = given.p ? TOPIC_CONFIG_SOURCE : DEFAULT_CONFIG_SOURCE};
    }
}

static void create_one(call *c, const create_topics_request *q, int32_t at, create_topics_response_topic *r)
{
    kafka_server                      *k = call_server(c);
    const create_topics_request_topic *qt = &q->topics.p[at];
    tlog_topic spec = {.name = qt->name, .partitions = qt->num_partitions, .replication = qt->replication_factor};
    status     st;
    status_init(&st);
    r->name = qt->name;
    if (duplicate_name(q, at)) {
        fail(c, r, KE_INVALID_REQUEST, "Duplicate topic name.");
        return;
    }
    if (qt->assignments.n > 0 && !take_assignment(c, qt, &spec, r))
        return;
    if (!take_configs(c, qt, &spec, r))
        return;
    if (spec.partitions == -1)
        spec.partitions = k->o.default_partitions;
    tlog_topic made;
    bool       ok = true;
    if (!q->validate_only)
        ok = tlog_topic_create(k->log, &spec, &st);
    else if (tlog_topic_get(k->log, &c->a, spec.name, &made, &st))
        ok = status_set(&st, ST_EXISTS, "Topic '%.*s' already exists.", STR_FMT(spec.name));
    else
        ok = storage_topic_check(&spec, &st);
    if (!ok) {
        fail(c, r, error_of(&st), st.msg);
        return;
    }
    r->num_partitions = spec.partitions;
    r->replication_factor = 1;
    if (!q->validate_only && tlog_topic_get(k->log, &c->a, spec.name, &made, &st)) {
        memcpy(r->topic_id, made.id, 16);
        if (c->version >= 5)
            put_configs(c, &spec, r);
    }
}

call_state api_create_topics(call *c, const create_topics_request *q, create_topics_response *r)
{
    r->topics.n = q->topics.n;
    r->topics.p = WIRE_NEW(&c->a, create_topics_response_topic, (size_t)q->topics.n);
    for (int32_t i = 0; i < q->topics.n; i++)
        create_one(c, q, i, &r->topics.p[i]);
    return CALL_DONE;
}

static bool name_of_id(call *c, const uint8_t id[16], str *name)
{
    tlog_topic *topics;
    size_t      n;
    status      st;
    status_init(&st);
    if (!tlog_topic_list(call_server(c)->log, &c->a, &topics, &n, &st))
        return false;
    for (size_t i = 0; i < n; i++)
        if (memcmp(topics[i].id, id, 16) == 0) {
            *name = topics[i].name;
            return true;
        }
    return false;
}

static void delete_one(call *c, str name, delete_topics_response_topic *r)
{
    status st;
    status_init(&st);
    r->name = name;
    if (!tlog_topic_delete(call_server(c)->log, name, &st)) {
        r->error_code = error_of(&st);
        r->error_message = str_dup(&c->a, str_of(st.msg));
        call_count_error(c, r->error_code);
    }
}

static void delete_by_id(call *c, const delete_topics_request_topic *q, delete_topics_response_topic *r)
{
    static const uint8_t none[16];
    bool                 has_id = memcmp(q->topic_id, none, 16) != 0;
    str                  name = q->name;
    memcpy(r->topic_id, q->topic_id, 16);
    r->name = q->name;
    if (has_id == (q->name.p != NULL)) {
        r->error_code = KE_INVALID_REQUEST;
        r->error_message = STR("A topic is to be given by its name or by its id.");
    } else if (has_id && !name_of_id(c, q->topic_id, &name)) {
        r->error_code = KE_UNKNOWN_TOPIC_ID;
    } else {
        delete_one(c, name, r);
        return;
    }
    call_count_error(c, r->error_code);
}

call_state api_delete_topics(call *c, const delete_topics_request *q, delete_topics_response *r)
{
    bool    by_id = c->version >= 6;
    int32_t n = by_id ? q->topics.n : q->topic_names.n;
    r->responses.n = n;
    r->responses.p = WIRE_NEW(&c->a, delete_topics_response_topic, (size_t)n);
    for (int32_t i = 0; i < n; i++)
        if (by_id)
            delete_by_id(c, &q->topics.p[i], &r->responses.p[i]);
        else
            delete_one(c, q->topic_names.p[i], &r->responses.p[i]);
    return CALL_DONE;
}

/* ---- CreatePartitions */

static void grow(call *c, const create_partitions_request *q, int32_t at, create_partitions_response_result *r)
{
    kafka_server                          *k = call_server(c);
    const create_partitions_request_topic *qt = &q->topics.p[at];
    tlog_topic                             t;
    status                                 st;
    status_init(&st);
    r->name = qt->name;
    for (int32_t i = 0; i < q->topics.n; i++)
        if (i != at && str_eq(q->topics.p[i].name, qt->name)) {
            r->error_code = KE_INVALID_REQUEST;
            r->error_message = STR("Duplicate topic in request.");
            return;
        }
    if (!tlog_topic_get(k->log, &c->a, qt->name, &t, &st)) {
        r->error_code = error_of(&st);
        return;
    }
    if (qt->count == t.partitions) {
        r->error_code = KE_INVALID_PARTITIONS;
        r->error_message = str_fmt(&c->a, "Topic already has %d partition(s).", t.partitions);
    } else if (qt->count < t.partitions) {
        r->error_code = KE_INVALID_PARTITIONS;
        r->error_message = str_fmt(&c->a,
                                   "The topic %.*s currently has %d partition(s); %d would not be "
                                   "an increase.",
                                   STR_FMT(t.name), t.partitions, qt->count);
    } else if (qt->assignments.n >= 0 && qt->assignments.n != qt->count - t.partitions) {
        r->error_code = KE_INVALID_REPLICA_ASSIGNMENT;
        r->error_message =
            str_fmt(&c->a, "%d partitions are new, but %d are assigned.", qt->count - t.partitions, qt->assignments.n);
    } else if (!q->validate_only && !storage_topic_grow(k->storage, t.name, qt->count, &st)) {
        r->error_code = error_of(&st);
        r->error_message = str_dup(&c->a, str_of(st.msg));
    }
}

call_state api_create_partitions(call *c, const create_partitions_request *q, create_partitions_response *r)
{
    r->results.n = q->topics.n;
    r->results.p = WIRE_NEW(&c->a, create_partitions_response_result, (size_t)q->topics.n);
    for (int32_t i = 0; i < q->topics.n; i++) {
        grow(c, q, i, &r->results.p[i]);
        call_count_error(c, r->results.p[i].error_code);
    }
    return CALL_DONE;
}

/* ---- DeleteRecords */

static bool may_delete_records(call *c, str topic)
{
    str  policy;
    bool is_default;
    return !storage_topic_config(call_server(c)->storage, topic, STR("cleanup.policy"), &c->a, &policy, &is_default) ||
           str_find(policy, STR("delete"), 0) >= 0;
}

static int16_t raise_start(call *c, str topic, int32_t partition, int64_t offset, int64_t *start)
{
    status st;
    status_init(&st);
    tlog_part *p = tlog_part_open(call_server(c)->log, topic, partition, &st);
    if (p == NULL)
        return error_of(&st);
    int16_t error = KE_NONE;
    if (!may_delete_records(c, topic))
        error = KE_POLICY_VIOLATION;
    else if (!storage_delete_records(call_server(c)->storage, p, offset, start, &st))
        error = error_of(&st);
    tlog_part_close(p);
    return error;
}

call_state api_delete_records(call *c, const delete_records_request *q, delete_records_response *r)
{
    r->topics.n = q->topics.n;
    r->topics.p = WIRE_NEW(&c->a, delete_records_response_topic, (size_t)q->topics.n);
    for (int32_t t = 0; t < q->topics.n; t++) {
        const delete_records_request_topic *qt = &q->topics.p[t];
        delete_records_response_topic      *rt = &r->topics.p[t];
        rt->name = qt->name;
        rt->partitions.n = qt->partitions.n;
        rt->partitions.p = WIRE_NEW(&c->a, delete_records_response_partition, (size_t)qt->partitions.n);
        for (int32_t i = 0; i < qt->partitions.n; i++) {
            delete_records_response_partition *rp = &rt->partitions.p[i];
            rp->partition_index = qt->partitions.p[i].partition_index;
            rp->low_watermark = -1;
            rp->error_code =
                raise_start(c, qt->name, rp->partition_index, qt->partitions.p[i].offset, &rp->low_watermark);
            call_count_error(c, rp->error_code);
        }
    }
    return CALL_DONE;
}
