/* A thread for what is slow and must keep no worker from its queries: snapshots, which wait for the disk. */
#include "base/mem.h"
#include "engine/run/runtime_int.h"

typedef struct job {
    void (*run)(void *arg);
    void *arg;
} job;

struct background {
    pthread_mutex_t mu;
    pthread_cond_t  more;
    pthread_t       thread;
    bool            stop;
    VEC(job) jobs;
};

static void *background_main(void *arg)
{
    struct background *b = arg;
    pthread_mutex_lock(&b->mu);
    while (b->jobs.n || !b->stop) {
        if (b->jobs.n == 0) {
            pthread_cond_wait(&b->more, &b->mu);
            continue;
        }
        job j = b->jobs.p[0];
        VEC_REMOVE(&b->jobs, 0);
        pthread_mutex_unlock(&b->mu);
        j.run(j.arg);
        pthread_mutex_lock(&b->mu);
    }
    pthread_mutex_unlock(&b->mu);
    return NULL;
}

static struct background *start(void)
{
    struct background *b = MEM_NEW(struct background);
    pthread_mutex_init(&b->mu, NULL);
    pthread_cond_init(&b->more, NULL);
    if (pthread_create(&b->thread, NULL, background_main, b) == 0)
        return b;
    pthread_cond_destroy(&b->more);
    pthread_mutex_destroy(&b->mu);
    mem_free(b);
    return NULL;
}

void background_run(runtime *r, void (*run)(void *arg), void *arg)
{
    pthread_mutex_lock(&r->mu);
    if (r->background == NULL)
        r->background = start();
    struct background *b = r->background;
    pthread_mutex_unlock(&r->mu);
    if (b == NULL) { /* no thread is to be had: it is done here and now */
        run(arg);
        return;
    }
    pthread_mutex_lock(&b->mu);
    VEC_PUSH(&b->jobs, ((job){run, arg}));
    pthread_cond_signal(&b->more);
    pthread_mutex_unlock(&b->mu);
}

void background_stop(runtime *r)
{
    struct background *b = r->background;
    if (b == NULL)
        return;
    pthread_mutex_lock(&b->mu);
    b->stop = true;
    pthread_cond_signal(&b->more);
    pthread_mutex_unlock(&b->mu);
    pthread_join(b->thread, NULL);
    VEC_FREE(&b->jobs);
    pthread_cond_destroy(&b->more);
    pthread_mutex_destroy(&b->mu);
    mem_free(b);
    r->background = NULL;
}
