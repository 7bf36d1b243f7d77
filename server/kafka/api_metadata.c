/* Metadata, FindCoordinator, DescribeCluster: who we are and which topics there are. */
#include "server/kafka/apis.h"

#define TOPIC_OPERATIONS 3576 /* all operations: there is no authorizer */
#define CLUSTER_OPERATIONS 8096
#define COORDINATOR_GROUP 0
#define COORDINATOR_TXN 1

static str cluster_id(call *c)
{
    return storage_cluster_id(call_server(c)->storage);
}

static void put_partitions(call *c, metadata_response_topic *r, int32_t n)
{
    int32_t *epochs = ARENA_ARRAY(&c->a, int32_t, n + 1);
    storage_topic_epochs(call_server(c)->storage, r->name, epochs, n);
    static int32_t node = KAFKA_NODE_ID;
    r->partitions.n = n;
    r->partitions.p = WIRE_NEW(&c->a, metadata_response_partition, (size_t)n);
    for (int32_t i = 0; i < n; i++) {
        metadata_response_partition *p = &r->partitions.p[i];
        p->partition_index = i;
        p->leader_id = KAFKA_NODE_ID;
        p->leader_epoch = epochs[i];
        p->replica_nodes.p = p->isr_nodes.p = &node;
        p->replica_nodes.n = p->isr_nodes.n = 1;
    }
}

static void put_topic(call *c, const metadata_request *q, metadata_response_topic *r, const tlog_topic *t)
{
    r->name = t->name;
    memcpy(r->topic_id, t->id, 16);
    if (q->include_topic_authorized_operations)
        r->topic_authorized_operations = TOPIC_OPERATIONS;
    put_partitions(c, r, t->partitions);
}

static void all_topics(call *c, const metadata_request *q, metadata_response *r)
{
    tlog_topic *topics;
    size_t      n;
    status      st;
    status_init(&st);
    if (!tlog_topic_list(call_server(c)->log, &c->a, &topics, &n, &st)) {
        r->error_code = error_of(&st);
        return;
    }
    r->topics.p = WIRE_NEW(&c->a, metadata_response_topic, n);
    for (size_t i = 0; i < n; i++)
        if (!topics[i].internal)
            put_topic(c, q, &r->topics.p[r->topics.n++], &topics[i]);
}

/* Unknown names are made here when that is allowed, so that the client need not ask again. */
static void named_topic(call *c, const metadata_request *q, str name, metadata_response_topic *r)
{
    kafka_server *k = call_server(c);
    tlog_topic    t;
    status        st;
    status_init(&st);
    r->name = name;
    if (!tlog_topic_get(k->log, &c->a, name, &t, &st)) {
        bool       make = st.code == ST_NOT_FOUND && k->o.auto_create_topics && q->allow_auto_topic_creation;
        tlog_topic spec = {.name = name, .partitions = k->o.default_partitions, .replication = -1};
        status_init(&st);
        if (!make)
            status_set(&st, ST_NOT_FOUND, "no such topic");
        if (!make || (!tlog_topic_create(k->log, &spec, &st) && st.code != ST_EXISTS)) {
            r->error_code = error_of(&st);
            return;
        }
        status_init(&st);
        if (!tlog_topic_get(k->log, &c->a, name, &t, &st)) {
            r->error_code = error_of(&st);
            return;
        }
    }
    put_topic(c, q, r, &t);
}

static void topic_by_id(call *c, const metadata_request *q, const uint8_t id[16], metadata_response_topic *r)
{
    tlog_topic *topics;
    size_t      n;
    status      st;
    status_init(&st);
    memcpy(r->topic_id, id, 16);
    r->error_code = KE_UNKNOWN_TOPIC_ID;
    if (!tlog_topic_list(call_server(c)->log, &c->a, &topics, &n, &st))
        return;
    for (size_t i = 0; i < n; i++)
        if (memcmp(topics[i].id, id, 16) == 0) {
            r->error_code = KE_NONE;
            put_topic(c, q, r, &topics[i]);
        }
}

call_state api_metadata(call *c, const metadata_request *q, metadata_response *r)
{
    r->brokers.n = 1;
    r->brokers.p = WIRE_NEW(&c->a, metadata_response_broker, 1);
    r->brokers.p[0].node_id = KAFKA_NODE_ID;
    r->brokers.p[0].host = str_of(call_host(c));
    r->brokers.p[0].port = server_port_told(call_server(c));
    r->cluster_id = cluster_id(c);
    r->controller_id = KAFKA_NODE_ID;
    if (q->include_cluster_authorized_operations)
        r->cluster_authorized_operations = CLUSTER_OPERATIONS;
    if (q->topics.n < 0 || (q->topics.n == 0 && c->version == 0)) {
        all_topics(c, q, r);
        return CALL_DONE;
    }
    r->topics.n = q->topics.n;
    r->topics.p = WIRE_NEW(&c->a, metadata_response_topic, (size_t)q->topics.n);
    for (int32_t i = 0; i < q->topics.n; i++) {
        const metadata_request_topic *qt = &q->topics.p[i];
        if (qt->name.p)
            named_topic(c, q, qt->name, &r->topics.p[i]);
        else
            topic_by_id(c, q, qt->topic_id, &r->topics.p[i]);
        call_count_error(c, r->topics.p[i].error_code);
    }
    return CALL_DONE;
}

call_state api_find_coordinator(call *c, const find_coordinator_request *q, find_coordinator_response *r)
{
    bool    known = q->key_type == COORDINATOR_GROUP || q->key_type == COORDINATOR_TXN;
    str     host = known ? str_of(call_host(c)) : STR("");
    int32_t node = known ? KAFKA_NODE_ID : -1;
    int32_t port = known ? server_port_told(call_server(c)) : -1;
    int16_t error = known ? KE_NONE : KE_INVALID_REQUEST;
    r->error_code = error;
    r->node_id = node;
    r->host = host;
    r->port = port;
    if (c->version < 4)
        return CALL_DONE;
    r->coordinators.n = q->coordinator_keys.n;
    r->coordinators.p = WIRE_NEW(&c->a, find_coordinator_response_coordinator, (size_t)q->coordinator_keys.n);
    for (int32_t i = 0; i < q->coordinator_keys.n; i++)
        r->coordinators.p[i] = (find_coordinator_response_coordinator){
            .key = q->coordinator_keys.p[i], .node_id = node, .host = host, .port = port, .error_code = error};
    return CALL_DONE;
}

call_state api_describe_cluster(call *c, const describe_cluster_request *q, describe_cluster_response *r)
{
    r->endpoint_type = q->endpoint_type;
    r->cluster_id = cluster_id(c);
    r->controller_id = KAFKA_NODE_ID;
    if (q->endpoint_type != 1) {
        r->error_code = KE_MISMATCHED_ENDPOINT_TYPE;
        r->error_message = STR("This listener serves brokers, not controllers");
        call_count_error(c, r->error_code);
        return CALL_DONE;
    }
    r->brokers.n = 1;
    r->brokers.p = WIRE_NEW(&c->a, describe_cluster_response_broker, 1);
    r->brokers.p[0].broker_id = KAFKA_NODE_ID;
    r->brokers.p[0].host = str_of(call_host(c));
    r->brokers.p[0].port = server_port_told(call_server(c));
    if (q->include_cluster_authorized_operations)
        r->cluster_authorized_operations = CLUSTER_OPERATIONS;
    return CALL_DONE;
}
