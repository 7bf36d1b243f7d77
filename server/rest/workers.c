#include "base/mem.h"
#include "server/rest/rest_int.h"

void workers_init(workers *w, int max)
{
    memset(w, 0, sizeof *w);
    pthread_mutex_init(&w->mu, NULL);
    pthread_cond_init(&w->more, NULL);
    w->tail = &w->head;
    w->max = max;
}

#define LENT_MAX 1024

static bool is_free(const workers *w)
{
    return w->busy - w->lent < w->max || w->stopping;
}

static void *worker_main(void *arg)
{
    workers *w = arg;
    pthread_mutex_lock(&w->mu);
    for (;;) {
        w->idle++;
        while (!(w->head && is_free(w)) && !(w->stopping && w->head == NULL))
            pthread_cond_wait(&w->more, &w->mu);
        w->idle--;
        job *j = w->head;
        if (j == NULL)
            break;
        w->head = j->next;
        w->queued--;
        w->busy++;
        if (w->head == NULL)
            w->tail = &w->head;
        pthread_mutex_unlock(&w->mu);
        j->run(j->arg);
        mem_free(j);
        pthread_mutex_lock(&w->mu);
        w->busy--;
    }
    pthread_mutex_unlock(&w->mu);
    return NULL;
}

/* With the lock held: a thread for what is queued, if there may be another. Without a new thread a job waits for an old
 * one; the first is made at start. */
static void serve_queue(workers *w)
{
    pthread_t t;
    if (w->queued > w->idle && (int)w->threads.n < w->max + w->lent && pthread_create(&t, NULL, worker_main, w) == 0)
        VEC_PUSH(&w->threads, t);
    pthread_cond_signal(&w->more);
}

bool workers_lend(workers *w)
{
    pthread_mutex_lock(&w->mu);
    bool may = w->lent < LENT_MAX;
    if (may) {
        w->lent++;
        if (w->head)
            serve_queue(w);
    }
    pthread_mutex_unlock(&w->mu);
    return may;
}

/* More may be at work for a moment than should be: nobody is stopped for it. */
void workers_take_back(workers *w)
{
    pthread_mutex_lock(&w->mu);
    w->lent--;
    pthread_mutex_unlock(&w->mu);
}

/* The queue is bounded by the connections: each has at most one job, and each stream one. */
void workers_add(workers *w, void (*run)(void *arg), void *arg)
{
    job *j = MEM_NEW(job);
    j->run = run;
    j->arg = arg;
    pthread_mutex_lock(&w->mu);
    *w->tail = j;
    w->tail = &j->next;
    w->queued++;
    serve_queue(w);
    pthread_mutex_unlock(&w->mu);
}

void workers_stop(workers *w)
{
    pthread_mutex_lock(&w->mu);
    w->stopping = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->mu);
    for (size_t i = 0; i < w->threads.n; i++)
        pthread_join(w->threads.p[i], NULL);
    VEC_FREE(&w->threads);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->mu);
}
