#include "storage/log_int.h"

void tlog_init(tlog *l, const tlog_ops *ops)
{
    *l = (tlog){.ops = ops};
    pthread_mutex_init(&l->heard_lock, NULL);
}

void tlog_deinit(tlog *l)
{
    pthread_mutex_destroy(&l->heard_lock);
}

void tlog_on_topic_change(tlog *l, void (*heard)(void *ctx, str name), void *ctx)
{
    pthread_mutex_lock(&l->heard_lock);
    l->heard = heard;
    l->heard_ctx = ctx;
    pthread_mutex_unlock(&l->heard_lock);
}

void tlog_topic_changed(tlog *l, str name)
{
    pthread_mutex_lock(&l->heard_lock);
    if (l->heard)
        l->heard(l->heard_ctx, name);
    pthread_mutex_unlock(&l->heard_lock);
}

tlog_info tlog_get_info(const tlog *l)
{
    return l->ops->info(l);
}

bool tlog_name_is_internal(str name)
{
    return str_starts(name, STR(TLOG_INTERNAL_PREFIX));
}

bool tlog_topic_create(tlog *l, const tlog_topic *spec, status *st)
{
    return l->ops->topic_create(l, spec, st);
}

bool tlog_topic_delete(tlog *l, str name, status *st)
{
    return l->ops->topic_delete(l, name, st);
}

bool tlog_topic_get(tlog *l, arena *a, str name, tlog_topic *out, status *st)
{
    return l->ops->topic_get(l, a, name, out, st);
}

bool tlog_topic_list(tlog *l, arena *a, tlog_topic **out, size_t *n, status *st)
{
    return l->ops->topic_list(l, a, out, n, st);
}

tlog_part *tlog_part_open(tlog *l, str topic, int32_t partition, status *st)
{
    return l->ops->part_open(l, topic, partition, st);
}

void tlog_part_close(tlog_part *p)
{
    p->ops->part_close(p);
}

tlog_offsets tlog_part_known(const tlog_part *p)
{
    return p->ops->part_known(p);
}

bool tlog_offsets_query(tlog *l, tlog_part *const *parts, size_t n, tlog_offsets *out, status *st)
{
    return l->ops->offsets_query(l, parts, n, out, st);
}

bool tlog_part_is_deleted(const tlog_part *p)
{
    return p->ops->part_is_deleted(p);
}

int32_t tlog_part_epoch(const tlog_part *p)
{
    return p->ops->part_epoch ? p->ops->part_epoch(p) : -1;
}

bool tlog_offset_stands(tlog_part *p, int32_t epoch, int64_t offset, bool *stands, status *st)
{
    *stands = true;
    return epoch < 0 || p->ops->offset_stands == NULL || p->ops->offset_stands(p, epoch, offset, stands, st);
}

bool tlog_part_trim(tlog_part *p, int64_t offset, status *st)
{
    return p->ops->part_trim(p, offset, st);
}

bool tlog_part_offset_for_time(tlog_part *p, int64_t ts_ms, int64_t *offset, int64_t *ts_out, status *st)
{
    return p->ops->part_offset_for_time(p, ts_ms, offset, ts_out, st);
}

uint64_t tlog_part_watch(tlog_part *p, void (*wake)(void *ctx), void *ctx)
{
    return p->ops->part_watch(p, wake, ctx);
}

void tlog_part_unwatch(tlog_part *p, uint64_t id)
{
    p->ops->part_unwatch(p, id);
}

tlog_reader *tlog_reader_open(tlog_part *p, int64_t offset, tlog_isolation iso)
{
    return p->ops->reader_open(p, offset, iso);
}

void tlog_reader_close(tlog_reader *r)
{
    r->ops->reader_close(r);
}

void tlog_reader_seek(tlog_reader *r, int64_t offset)
{
    r->next = offset;
    r->seeks++;
}

void tlog_reader_keep(tlog_reader *r, int64_t offset)
{
    if (r->ops->reader_keep)
        r->ops->reader_keep(r, offset);
}

int64_t tlog_reader_offset(const tlog_reader *r)
{
    return r->next;
}

bool tlog_reader_next(tlog_reader *r, rec_view *out, uint32_t n, uint32_t *got, status *st)
{
    return r->ops->reader_next(r, out, n, got, st);
}

tlog_sender *tlog_sender_open(tlog_part *p, tlog_producer *producer)
{
    return p->ops->sender_open(p, producer);
}

void tlog_sender_close(tlog_sender *s)
{
    s->ops->sender_close(s);
}

bool tlog_send(tlog_sender *s, const rec_out *r, status *st)
{
    return s->ops->send(s, r, st);
}

bool tlog_flush(tlog_sender *s, status *st)
{
    return s->ops->flush(s, st);
}

tlog_mark tlog_sender_mark(const tlog_sender *s)
{
    return s->ops->sender_mark(s);
}

bool tlog_append_wait(tlog_part *p, const rec_out *r, uint32_t n, int64_t *base_out, status *st)
{
    return p->ops->append_wait(p, r, n, base_out, st);
}

bool tlog_offsets_fetch(tlog *l, str group, tlog_position *p, size_t n, status *st)
{
    return l->ops->offsets_fetch(l, group, p, n, st);
}

bool tlog_offsets_delete_group(tlog *l, str group, status *st)
{
    return l->ops->offsets_delete_group(l, group, st);
}

tlog_producer *tlog_producer_open(tlog *l, str transactional_id, status *st)
{
    return l->ops->producer_open(l, transactional_id, st);
}

void tlog_producer_close(tlog_producer *p)
{
    p->ops->producer_close(p);
}

tlog_outcome tlog_commit(tlog *l, const tlog_commit_args *c, status *st)
{
    return l->ops->commit(l, c, st);
}

bool tlog_producer_abort(tlog_producer *p, status *st)
{
    return p->ops->producer_abort(p, st);
}

void tlog_close(tlog *l)
{
    l->ops->close(l);
}
