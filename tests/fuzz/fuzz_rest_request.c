/* Requests to the REST port behind HTTP's framing: path, Accept and body of any bytes.
 *
 * Input: the number of a route (a byte), then Accept up to the first newline, then the body. */
#include <stdint.h>
#include <stdlib.h>

#include "server/rest/rest_int.h"
#include "storage/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void settle(rest_server *r)
{
    for (size_t i = 0; i < r->status_ids.n; i++) {
        mem_free(map_del(&r->statuses, str_of(r->status_ids.p[i])));
        mem_free(r->status_ids.p[i]);
    }
    VEC_FREE(&r->status_ids);
    map_free(&r->statuses);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0)
        return 0;
    status st;
    status_init(&st);
    tlog          *log = tlog_open_memory();
    engine_options eo = {.log = log, .manual = true};
    engine        *e = engine_open(&eo, &st);
    rest_server    r = {.o = {.engine = e,
                              .push_queries_max = 1,
                              .stream_buffer_bytes = 1 << 16,
                              .service_id = STR("fuzz_"),
                              .cluster_id = STR("fuzz"),
                              .last_command = -1},
                        .last_command = INT64_MAX, /* no request waits for a command */
                        .commands_mu = PTHREAD_MUTEX_INITIALIZER,
                        .commands_done = PTHREAD_COND_INITIALIZER};
    str            text = str_make((const char *)data + 1, n - 1);
    int64_t        nl = str_find_char(text, '\n');
    call           c = {.r = &r, .body = BUF_INIT(REST_BODY_MAX_BYTES), .out = BUF_INIT(BUF_MAX)};
    c.route = &routes[data[0] % route_count];
    c.has_accept = nl > 0;
    c.accept = nl > 0 ? str_make(text.p, (size_t)nl) : STR_NONE;
    c.tail = c.accept;
    buf_put(&c.body, text.p + nl + 1, text.n - (size_t)(nl + 1));
    call_run(&c);
    if (c.rest && !c.rest(&c)) /* without a runtime no answer goes on */
        abort();
    if (c.status < 200 || c.status > 599 || c.stream)
        abort();
    buf_free(&c.body);
    buf_free(&c.out);
    framing_free(&c.rows);
    arena_free(&c.a);
    settle(&r);
    engine_close(e);
    tlog_close(log);
    return 0;
}
