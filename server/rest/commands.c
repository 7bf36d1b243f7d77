/* What became of commands: GET /status, and waiting for a commandSequenceNumber. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/rest/entities.h"
#include "server/rest/rest_int.h"

static void put_status(rest_server *r, const answer *command)
{
    str id = value_str(answer_value(command, 0, "commandId"));
    buf text = BUF_INIT(BUF_MAX);
    entities_put_status(&text, command);
    buf_putc(&text, 0);
    char *was = map_put(&r->statuses, id, mem_dup(text.p, text.n));
    buf_free(&text);
    if (was) {
        mem_free(was);
        return;
    }
    char *kept = mem_zalloc(id.n + 1);
    memcpy(kept, id.p, id.n);
    VEC_PUSH(&r->status_ids, kept);
    if (r->status_ids.n > COMMAND_STATUSES_MAX) {
        char *oldest = r->status_ids.p[0];
        mem_free(map_del(&r->statuses, str_of(oldest)));
        VEC_REMOVE(&r->status_ids, 0);
        mem_free(oldest);
    }
}

void commands_note(rest_server *r, const answers *all)
{
    pthread_mutex_lock(&r->commands_mu);
    for (size_t i = 0; i < all->n; i++) {
        if (all->list[i]->kind != ANSWER_COMMAND)
            continue;
        int64_t seq = answer_value(all->list[i], 0, "commandSequenceNumber").i;
        put_status(r, all->list[i]);
        if (seq > r->last_command)
            r->last_command = seq;
    }
    pthread_cond_broadcast(&r->commands_done);
    pthread_mutex_unlock(&r->commands_mu);
}

bool commands_wait(rest_server *r, int64_t seq)
{
    struct timespec until = clock_wall_after_ms(r->o.command_timeout_ms);
    int             late = 0;
    pthread_mutex_lock(&r->commands_mu);
    while (r->last_command < seq && late == 0 && !atomic_load(&r->stopping))
        late = pthread_cond_timedwait(&r->commands_done, &r->commands_mu, &until);
    bool done = r->last_command >= seq;
    pthread_mutex_unlock(&r->commands_mu);
    return done;
}

void rest_status_all(call *c)
{
    rest_server *r = c->r;
    json_t      *all = json_object();
    pthread_mutex_lock(&r->commands_mu);
    for (size_t i = 0; i < r->status_ids.n; i++) {
        json_t *st = json_loads(map_get(&r->statuses, str_of(r->status_ids.p[i])), 0, NULL);
        json_object_set(all, r->status_ids.p[i], json_object_get(st, "status"));
        json_decref(st);
    }
    pthread_mutex_unlock(&r->commands_mu);
    json_t *whole = json_object();
    json_object_set_new(whole, "commandStatuses", all);
    call_json(c, whole);
}

void rest_status_one(call *c)
{
    rest_server *r = c->r;
    pthread_mutex_lock(&r->commands_mu);
    const char *text = map_get(&r->statuses, c->tail);
    if (text)
        buf_putz(&c->out, text);
    pthread_mutex_unlock(&r->commands_mu);
    if (text == NULL) {
        call_error(c, 40400, "Command not found");
        return;
    }
    c->status = 200;
    c->content_type = TYPE_JSON;
}
