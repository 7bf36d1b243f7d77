#include "storage/txn_int.h"

#include <assert.h>

typedef struct producer {
    tlog_producer base;
    txn_coord    *coord;
    txn_id       *id;
    int16_t       epoch; /* at open; the id has a higher one when somebody took it over */
} producer;

void txn_coord_init(txn_coord *c, const txn_backend *backend)
{
    *c = (txn_coord){.backend = backend};
    pthread_mutex_init(&c->lock, NULL);
}

static void offsets_clear(txn_id *id)
{
    for (size_t i = 0; i < id->offsets.n; i++)
        mem_free((char *)id->offsets.p[i].topic.p);
    id->offsets.n = 0;
    mem_free(id->group);
    id->group = NULL;
}

static void parts_clear(txn_id *id)
{
    for (size_t i = 0; i < id->parts.n; i++)
        tlog_part_close(id->parts.p[i].part);
    id->parts.n = 0;
}

void txn_coord_free(txn_coord *c)
{
    size_t at = 0;
    str    key;
    void  *v;
    while (map_next(&c->by_name, &at, &key, &v)) {
        txn_id *id = v;
        parts_clear(id);
        offsets_clear(id);
        VEC_FREE(&id->parts);
        VEC_FREE(&id->offsets);
        pthread_mutex_destroy(&id->lock);
        mem_free(id->name);
        mem_free(id);
    }
    map_free(&c->by_name);
    map_free(&c->by_pid);
    pthread_mutex_destroy(&c->lock);
}

static str pid_key(const int64_t *pid)
{
    return str_make((const char *)pid, sizeof *pid);
}

/* The id of that name, made when it is new (pid -1). Ids are never freed before the coordinator. */
static txn_id *id_get(txn_coord *c, str name)
{
    pthread_mutex_lock(&c->lock);
    txn_id *id = map_get(&c->by_name, name);
    if (!id) {
        id = MEM_NEW(txn_id);
        pthread_mutex_init(&id->lock, NULL);
        id->name = mem_alloc((size_t)name.n + 1);
        memcpy(id->name, name.p, name.n);
        id->name[name.n] = 0;
        id->who.pid = -1;
        id->who.epoch = -1;
        map_put(&c->by_name, name, id);
    }
    pthread_mutex_unlock(&c->lock);
    return id;
}

static void id_set_pid(txn_coord *c, txn_id *id, int64_t pid)
{
    pthread_mutex_lock(&c->lock);
    if (id->who.pid >= 0)
        map_del(&c->by_pid, pid_key(&id->who.pid));
    id->who.pid = pid;
    map_put(&c->by_pid, pid_key(&pid), id);
    pthread_mutex_unlock(&c->lock);
}

void txn_coord_load(txn_coord *c, str name, producer_ident who, int32_t timeout_ms)
{
    txn_id *id = id_get(c, name);
    id_set_pid(c, id, who.pid);
    id->who.epoch = who.epoch;
    id->timeout_ms = timeout_ms;
}

bool txn_fence(txn_coord *c, producer_ident who, int16_t *epoch_out, status *st)
{
    txn_id *id = map_get(&c->by_pid, pid_key(&who.pid));
    *epoch_out = who.epoch;
    if (!id || id->who.epoch < who.epoch)
        return true;
    if (id->who.epoch == who.epoch) {
        producer_ident next = {who.pid, (int16_t)(who.epoch + 1)};
        if (!c->backend->id_store(c->backend->ctx, str_of(id->name), next, id->timeout_ms, st))
            return false;
        id->who.epoch++;
    }
    *epoch_out = id->who.epoch;
    return true;
}

/* Writes what is due. The partition of a deleted topic needs no marker. */
static bool write_markers(txn_coord *c, txn_id *id, status *st)
{
    for (size_t i = 0; i < id->parts.n; i++) {
        txn_part *tp = &id->parts.p[i];
        if (tp->marker_due) {
            if (!c->backend->append_marker(tp->part, id->who, id->commit_due, &tp->end, st) && st->code != ST_NOT_FOUND)
                return false;
            tp->marker_due = false;
        }
    }
    status_init(st);
    return true;
}

/* From here on the transaction has ended; only its markers may be left to write. */
static void close_open(txn_id *id, bool commit)
{
    for (size_t i = 0; i < id->parts.n; i++) {
        txn_part *tp = &id->parts.p[i];
        tp->marker_due |= tp->first != OFFSET_NONE;
        tp->first = OFFSET_NONE;
        tp->added = false;
    }
    id->commit_due = commit;
    id->orphaned = false;
    id->state = commit ? TXN_COMMITTED : TXN_ABORTED;
    offsets_clear(id);
}

static bool end_commit(txn_coord *c, txn_id *id, str group, const tlog_position *o, size_t n, status *st)
{
    txn_decision d = {
        .id = id, .parts = id->parts.p, .part_count = id->parts.n, .group = group, .offsets = o, .offset_count = n};
    bool doubt;
    if (!c->backend->decide(c->backend->ctx, &d, &doubt, st)) {
        id->doubt |= doubt; /* that of an earlier try stays */
        return false;
    }
    id->doubt = false;
    close_open(id, true);
    status later; /* decided: a marker that fails now is retried, the commit stands */
    status_init(&later);
    write_markers(c, id, &later);
    return true;
}

static bool end_abort(txn_coord *c, txn_id *id, status *st)
{
    if (id->doubt && !c->backend->undecide(c->backend->ctx, id, st))
        return false;
    id->doubt = false;
    close_open(id, false);
    status later; /* as above: nothing can commit it any more */
    status_init(&later);
    write_markers(c, id, &later);
    return true;
}

static txn_part *part_get(txn_coord *c, txn_id *id, tlog_part *part)
{
    for (size_t i = 0; i < id->parts.n; i++)
        if (id->parts.p[i].part == part)
            return &id->parts.p[i];
    c->backend->part_hold(part);
    txn_part tp = {.part = part, .first = OFFSET_NONE};
    VEC_PUSH(&id->parts, tp);
    return &id->parts.p[id->parts.n - 1];
}

static void part_wrote(txn_part *tp, int64_t base, int64_t offsets)
{
    tp->end = base + offsets;
    if (tp->first == OFFSET_NONE)
        tp->first = base;
}

/* Raises the epoch so that older owners are fenced, then ends what they left. Lock held. */
static bool take_over(txn_coord *c, txn_id *id, int32_t timeout_ms, status *st)
{
    const txn_backend *be = c->backend;
    if (!write_markers(c, id, st)) /* of a decided commit: under the old epoch */
        return false;
    producer_ident who = {id->who.pid, (int16_t)(id->who.epoch + 1)};
    str            name = str_of(id->name);
    bool           used_up = who.pid < 0 || id->who.epoch >= TXN_EPOCH_MAX;
    if (used_up && id->state == TXN_ONGOING && !(end_abort(c, id, st) && write_markers(c, id, st)))
        return false;
    if (used_up) {
        if (!be->pid_new(be->ctx, &who.pid, st))
            return false;
        who.epoch = 0;
    }
    if (!be->id_store(be->ctx, name, who, timeout_ms, st))
        return false;
    if (who.pid != id->who.pid)
        id_set_pid(c, id, who.pid);
    id->who.epoch = who.epoch;
    id->timeout_ms = timeout_ms;
    if (id->state == TXN_ONGOING && !end_abort(c, id, st))
        return false;
    if (!write_markers(c, id, st))
        return false;
    /* Sequences start at 0 again. `end` stays: the old owner's last markers must be on disk before the
     * decision they follow from is replaced. */
    for (size_t i = 0; i < id->parts.n; i++)
        id->parts.p[i].next_seq = 0;
    id->state = TXN_EMPTY;
    return true;
}

static bool name_check(str name, status *st)
{
    if (name.n == 0 || name.n > TXN_ID_BYTES_MAX || memchr(name.p, 0, name.n))
        return status_set(st, ST_BAD_REQUEST, "A transactional id has 1 to %d bytes and no NUL", TXN_ID_BYTES_MAX);
    return true;
}

/* ---- the engine */

tlog_producer *txn_producer_open(txn_coord *c, const tlog_ops *ops, str name, status *st)
{
    if (!name_check(name, st))
        return NULL;
    txn_id *id = id_get(c, name);
    pthread_mutex_lock(&id->lock);
    producer *p = NULL;
    if (take_over(c, id, 0, st)) {
        p = MEM_NEW(producer);
        *p = (producer){.base.ops = ops, .coord = c, .id = id, .epoch = id->who.epoch};
    }
    pthread_mutex_unlock(&id->lock);
    return p ? &p->base : NULL;
}

static bool owner_check(const producer *p, status *st)
{
    if (p->epoch != p->id->who.epoch)
        return status_set(st, ST_FENCED, "The producer of '%s' was taken over: epoch %d is now %d", p->id->name,
                          p->epoch, p->id->who.epoch);
    return true;
}

static bool abort_locked(producer *p, status *st)
{
    return write_markers(p->coord, p->id, st) && (p->id->state != TXN_ONGOING || end_abort(p->coord, p->id, st));
}

void txn_producer_close(tlog_producer *tp)
{
    producer *p = (producer *)tp;
    status    st;
    status_init(&st);
    pthread_mutex_lock(&p->id->lock);
    if (owner_check(p, &st) && !abort_locked(p, &st)) /* readers must not wait for it until somebody takes it over */
        p->id->orphaned = p->id->state == TXN_ONGOING;
    pthread_mutex_unlock(&p->id->lock);
    mem_free(p);
}

bool txn_producer_append(tlog_producer *tp, tlog_part *part, batch_set *set, uint8_t *batches, uint32_t len,
                         bool durable, int64_t *base_out, status *st)
{
    producer *p = (producer *)tp;
    txn_id   *id = p->id;
    pthread_mutex_lock(&id->lock);
    bool ok = owner_check(p, st) && write_markers(p->coord, id, st);
    if (ok) {
        txn_part *x = part_get(p->coord, id, part);
        int32_t   seq = x->next_seq;
        int64_t   base = OFFSET_NONE;
        batch_set_stamp(set, id->who, &seq);
        ok = p->coord->backend->append(part, set, batches, len, durable, &base, st);
        if (base != OFFSET_NONE) { /* in the log, even if it could not be synced: it needs a marker */
            x->next_seq = seq;
            x->added = true;
            part_wrote(x, base, set->offsets);
            if (id->state != TXN_ONGOING) {
                id->state = TXN_ONGOING;
                id->started_ms = p->coord->backend->mono_ms(p->coord->backend->ctx);
            }
            *base_out = base;
        }
    }
    pthread_mutex_unlock(&id->lock);
    return ok;
}

tlog_outcome txn_producer_commit(tlog_producer *tp, str group, const tlog_position *o, size_t n, status *st)
{
    producer *p = (producer *)tp;
    pthread_mutex_lock(&p->id->lock);
    bool owner = owner_check(p, st);
    bool ok = owner && write_markers(p->coord, p->id, st) && end_commit(p->coord, p->id, group, o, n, st);
    /* Whoever took it over has settled what was left in doubt. */
    bool doubt = owner && !ok && p->id->doubt;
    pthread_mutex_unlock(&p->id->lock);
    return ok ? TLOG_COMMITTED : doubt ? TLOG_UNKNOWN : TLOG_NOT_COMMITTED;
}

bool txn_producer_abort(tlog_producer *tp, status *st)
{
    producer *p = (producer *)tp;
    pthread_mutex_lock(&p->id->lock);
    bool ok = owner_check(p, st) && abort_locked(p, st);
    pthread_mutex_unlock(&p->id->lock);
    return ok;
}

/* ---- Kafka clients */

bool txn_init_producer(txn_coord *c, str name, int32_t timeout_ms, producer_ident *who, status *st)
{
    if (!name_check(name, st))
        return false;
    if (timeout_ms <= 0 || timeout_ms > TXN_TIMEOUT_MAX_MS)
        return status_set(st, ST_BAD_REQUEST, "A transaction timeout lies between 1 and %d ms", TXN_TIMEOUT_MAX_MS);
    txn_id *id = id_get(c, name);
    pthread_mutex_lock(&id->lock);
    bool ok = take_over(c, id, timeout_ms, st);
    if (ok) {
        *who = id->who;
    }
    pthread_mutex_unlock(&id->lock);
    return ok;
}

/* The id, locked, if pid and epoch are its present owner's. */
static txn_id *id_lock(txn_coord *c, str name, producer_ident who, status *st)
{
    pthread_mutex_lock(&c->lock);
    txn_id *id = map_get(&c->by_name, name);
    pthread_mutex_unlock(&c->lock);
    if (id)
        pthread_mutex_lock(&id->lock);
    if (!id || id->who.pid != who.pid) {
        if (id)
            pthread_mutex_unlock(&id->lock);
        status_set(st, ST_UNKNOWN_PID, "Producer %lld does not own the transactional id '%.*s'", (long long)who.pid,
                   STR_FMT(name));
        return NULL;
    }
    if (id->who.epoch != who.epoch) {
        pthread_mutex_unlock(&id->lock);
        status_set(st, ST_FENCED, "Producer %lld has epoch %d, not %d", (long long)who.pid, id->who.epoch, who.epoch);
        return NULL;
    }
    return id;
}

static bool begin(txn_coord *c, txn_id *id, status *st)
{
    if (!write_markers(c, id, st))
        return status_set(st, ST_NOT_READY, "The last transaction of '%s' is not finished", id->name);
    if (id->state != TXN_ONGOING) {
        id->state = TXN_ONGOING;
        id->started_ms = c->backend->mono_ms(c->backend->ctx);
    }
    return true;
}

bool txn_add_partition(txn_coord *c, str name, producer_ident who, tlog_part *part, status *st)
{
    txn_id *id = id_lock(c, name, who, st);
    if (!id)
        return false;
    bool ok = begin(c, id, st);
    if (ok)
        part_get(c, id, part)->added = true;
    pthread_mutex_unlock(&id->lock);
    return ok;
}

bool txn_add_offsets(txn_coord *c, str name, producer_ident who, str group, const tlog_position *o, size_t n,
                     status *st)
{
    txn_id *id = id_lock(c, name, who, st);
    if (!id)
        return false;
    bool ok = begin(c, id, st);
    if (ok && id->group && !str_eqz(group, id->group))
        ok = status_set(st, ST_TXN_STATE, "The transaction of '%s' commits offsets of group '%s'", id->name, id->group);
    if (ok && !id->group) {
        id->group = mem_alloc((size_t)group.n + 1);
        memcpy(id->group, group.p, group.n);
        id->group[group.n] = 0;
    }
    for (size_t i = 0; ok && i < n; i++) {
        tlog_position x = o[i];
        x.topic.p = mem_dup(x.topic.p, x.topic.n);
        VEC_PUSH(&id->offsets, x);
    }
    pthread_mutex_unlock(&id->lock);
    return ok;
}

bool txn_end(txn_coord *c, str name, producer_ident who, bool commit, status *st)
{
    txn_id *id = id_lock(c, name, who, st);
    if (!id)
        return false;
    bool ok;
    if (id->state == (commit ? TXN_COMMITTED : TXN_ABORTED))
        ok = true; /* a repeated request */
    else if (id->state != TXN_ONGOING)
        ok = status_set(st, ST_TXN_STATE, "'%s' has no transaction to %s", id->name, commit ? "commit" : "abort");
    else
        ok = commit ? end_commit(c, id, id->group ? str_of(id->group) : STR_NONE, id->offsets.p, id->offsets.n, st)
                    : end_abort(c, id, st);
    pthread_mutex_unlock(&id->lock);
    return ok;
}

bool txn_append(txn_coord *c, tlog_part *part, batch_set *set, uint8_t *batches, uint32_t len, bool durable,
                int64_t *base_out, status *st)
{
    producer_ident who = {set->v[0].producer_id, set->v[0].producer_epoch};
    for (size_t i = 0; i < set->n; i++)
        if (set->v[i].producer_id != who.pid || set->v[i].producer_epoch != who.epoch ||
            !(set->v[i].attributes & BATCH_TRANSACTIONAL))
            return status_set(st, ST_INVALID_RECORD, "Batches of several producers in one append");
    pthread_mutex_lock(&c->lock);
    txn_id *id = map_get(&c->by_pid, pid_key(&who.pid));
    pthread_mutex_unlock(&c->lock);
    if (!id)
        return status_set(st, ST_UNKNOWN_PID, "Producer %lld is not transactional", (long long)who.pid);
    pthread_mutex_lock(&id->lock);
    bool    ok = false;
    int64_t base = OFFSET_NONE;
    if (id->who.pid != who.pid || who.epoch < id->who.epoch) {
        status_set(st, ST_FENCED, "Producer %lld has epoch %d, not %d", (long long)who.pid, id->who.epoch, who.epoch);
    } else {
        txn_part *x = NULL;
        for (size_t i = 0; i < id->parts.n && !x; i++)
            if (id->parts.p[i].part == part && id->parts.p[i].added)
                x = &id->parts.p[i];
        if (!x || who.epoch != id->who.epoch)
            status_set(st, ST_TXN_STATE, "The partition is not part of the transaction of '%s'", id->name);
        else
            ok = c->backend->append(part, set, batches, len, durable, &base, st);
        if (base != OFFSET_NONE) {
            *base_out = base;
            if (ok || st->code != ST_DUPLICATE)
                part_wrote(x, base, set->offsets);
        }
    }
    pthread_mutex_unlock(&id->lock);
    return ok;
}

void txn_retry(txn_coord *c)
{
    VEC(txn_id *) all = {0};
    size_t at = 0;
    str    key;
    void  *v;
    pthread_mutex_lock(&c->lock);
    while (map_next(&c->by_name, &at, &key, &v))
        VEC_PUSH(&all, (txn_id *)v);
    pthread_mutex_unlock(&c->lock);
    int64_t now = c->backend->mono_ms(c->backend->ctx);
    for (size_t i = 0; i < all.n; i++) {
        txn_id *id = all.p[i];
        status  st; /* what fails is tried again next time */
        status_init(&st);
        pthread_mutex_lock(&id->lock);
        if (id->state == TXN_ONGOING && id->timeout_ms > 0 && now - id->started_ms > id->timeout_ms)
            take_over(c, id, id->timeout_ms, &st);
        else if (write_markers(c, id, &st) && id->orphaned)
            end_abort(c, id, &st);
        pthread_mutex_unlock(&id->lock);
    }
    VEC_FREE(&all);
}
