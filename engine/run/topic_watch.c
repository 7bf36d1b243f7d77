/* Topics that change under queries: the one place that hears of it and decides.
 *
 *     more partitions   stateless stages read the new ones from their beginning. State was counted by partitions as
 *                       they were: its keys lie elsewhere now, so such a query is held, with the reason, until the
 *                       topic fits again; what it has counted stays and can be read
 *     gone              its tasks notice, keep what they have counted and wait (life.c)
 *     there again       they go on from its beginning: it is another topic
 *     trimmed           a task whose next record is gone goes on behind the gap and tells how large it was (task.c)
 */
#include <stdio.h>

#include "base/mem.h"
#include "engine/run/runtime_int.h"

void topic_watch_heard(void *rt, str name)
{
    runtime *r = rt;
    pthread_mutex_lock(&r->mu);
    if (r->queries.n) {
        char *copy = mem_alloc(name.n + 1);
        memcpy(copy, name.p, name.n);
        copy[name.n] = 0;
        VEC_PUSH(&r->changed_topics, copy);
        pthread_cond_signal(&r->keeper);
    }
    pthread_mutex_unlock(&r->mu);
}

/* Why the stage cannot go on with its topics as they are; "": it can. false: it is not known. */
static bool check_fit(run_query *q, uint32_t at, char *why, size_t size, status *st)
{
    const stage *sg = &q->tp.stages.s[at];
    if (!q->stage_stateful[at] || sg->single_task)
        return true;
    for (uint32_t i = 0; i < sg->input_count && !why[0]; i++) {
        int32_t want = q->stage_tasks[at], n = want;
        if (!sg->inputs[i].internal && !run_topic_partitions(q->rt, sg->inputs[i].topic, &n, st))
            return false;
        if (n == 0 || n == want)
            continue;
        snprintf(why, size,
                 "Topic %.*s has %d partitions, but the state of this query was counted by %d: its keys lie in other "
                 "partitions now. It keeps what it has counted and stands still. Make it anew under another name to "
                 "count all records, then drop it; or delete the topic and make it with %d partitions.",
                 STR_FMT(sg->inputs[i].topic), n, want, want);
    }
    return true;
}

/* A task for each partition that has none yet. */
static bool add_tasks(run_query *q, uint32_t at, status *st)
{
    const stage *sg = &q->tp.stages.s[at];
    int32_t      n;
    if (q->stage_stateful[at] || sg->single_task || sg->input_count != 1 || sg->inputs[0].internal)
        return true;
    if (!run_topic_partitions(q->rt, sg->inputs[0].topic, &n, st))
        return false;
    for (int32_t p = q->stage_tasks[at]; p < n; p++) {
        task *t = task_new(&q->tp, at, p, q);
        pthread_mutex_lock(&q->rt->mu);
        if (q->phase == PHASE_LIVE && !q->rt->stop_keeper) {
            VEC_PUSH(&q->tasks, t);
            q->open_tasks++;
            q->stage_tasks[at] = p + 1;
            sched_post(q->rt, t, MAIL_WAKE);
            t = NULL;
        }
        pthread_mutex_unlock(&q->rt->mu);
        if (t)
            task_free(t);
    }
    return true;
}

bool topic_watch_decide(run_query *q, status *st)
{
    char why[sizeof q->hold] = "";
    bool known = true;
    for (uint32_t s = 0; s < q->tp.stages.n; s++)
        if (!check_fit(q, s, why, sizeof why, st))
            return false;
    if (why[0] && !atomic_load(&q->tp.hold)) {
        memcpy(q->hold, why, sizeof why); /* once told it stays as it is until it fits: tasks read it without a lock */
        atomic_store(&q->tp.hold, q->hold);
    } else if (!why[0]) {
        atomic_store(&q->tp.hold, NULL);
    }
    if (q->made.n) /* it is being opened with the partitions there are */
        return true;
    for (uint32_t s = 0; known && !why[0] && s < q->tp.stages.n; s++)
        known = add_tasks(q, s, st);
    pthread_mutex_lock(&q->rt->mu);
    sched_post_all(q, MAIL_CHECK);
    pthread_mutex_unlock(&q->rt->mu);
    return known;
}
