#include "tests/sim/program.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/kafka/server_int.h"
#include "tests/sim/schedule.h"
#include "tests/sim/vfs.h"

#define CLIENT_FD_MIN 600 /* below it lies what the program opens */
#define MAINTAIN_NS ((int64_t)2000 * 1000000)
#define SEGMENT_BYTES 2500
#define RETENTION_MS ((int64_t)-1)

static void tell(void *ctx, const char *line)
{
    program *p = ctx;
    snprintf(p->last_told, sizeof p->last_told, "%s", line);
    p->told++;
    trace("weir: %s", line);
}

void program_init(program *p, disk *d)
{
    *p = (program){.disk = d, .clock = timesource_system};
}

/* ---- its threads besides those it makes */

static void *maintain(void *arg)
{
    program *p = arg;
    for (storage *s = p->storage;; storage_maintain(s)) {
        sched_wait(maintain, sched_now_ns() + MAINTAIN_NS);
        if (p->stopping)
            return NULL;
    }
}

static bool knocks(void *arg)
{
    const program *p = arg;
    return p->knocking.n > 0 || p->stopping;
}

/* In place of the listening socket. */
static void *accept_all(void *arg)
{
    program *p = arg;
    while (!p->stopping) {
        sched_poll(knocks, p, INT64_MAX);
        for (; !p->stopping && p->knocking.n; p->knocking.n--) {
            atomic_fetch_add(&p->kafka->connections, 1);
            loop_hand_fd(&p->kafka->loops[0], p->knocking.p[p->knocking.n - 1]);
        }
    }
    return NULL;
}

/* ---- starting and stopping */

static bool open_storage(program *p)
{
    char boot[32];
    snprintf(boot, sizeof boot, "boot-%u", p->power_cuts);
    storage_options o = {.dir = PROGRAM_DIR,
                         .io = disk_io(p->disk),
                         .segment_bytes = SEGMENT_BYTES,
                         .retention_ms = RETENTION_MS,
                         .index_interval_bytes = 512,
                         .clock = &p->clock,
                         .boot_id = boot,
                         .report = tell,
                         .report_ctx = p};
    p->storage = storage_open(&o, &p->st);
    return p->storage != NULL;
}

static bool open_engine(program *p)
{
    engine_options o = {.log = storage_log(p->storage),
                        .kept = storage_kept(p->storage),
                        .state_dir = PROGRAM_DIR "/state",
                        .io = disk_io(p->disk),
                        .workers = 2,
                        .clock = &p->clock,
                        .report = tell,
                        .report_ctx = p};
    p->engine = engine_open(&o, &p->st);
    return p->engine && engine_start(p->engine, &p->st);
}

static bool open_kafka(program *p)
{
    kafka_options o = {.host = "127.0.0.1", .advertised_host = "sim", .log = tell, .log_ctx = p};
    p->kafka = kafka_server_start(p->storage, &o, &p->st);
    return p->kafka != NULL;
}

static void *start(void *arg)
{
    program *p = arg;
    if (!open_storage(p) || !open_engine(p) || !open_kafka(p)) {
        p->refused = true;
        return NULL;
    }
    p->up = true;
    p->stopping = false;
    p->maintainer = sched_spawn("maintain", OF_PROGRAM, maintain, p);
    p->acceptor = sched_spawn("accept", OF_PROGRAM, accept_all, p);
    return NULL;
}

void program_start(program *p)
{
    status_init(&p->st);
    p->refused = false;
    sched_spawn("start", OF_PROGRAM, start, p);
}

static bool are_ended(void *arg)
{
    const program *p = arg;
    return p->visitors == 0 && sched_is_over(p->maintainer) && sched_is_over(p->acceptor);
}

static void *stop(void *arg)
{
    program *p = arg;
    p->stopping = true;
    sched_poll(are_ended, p, INT64_MAX);
    kafka_server_stop(p->kafka);
    if (engine_close(p->engine))
        storage_close(p->storage);
    p->up = false;
    return NULL;
}

void program_stop(program *p)
{
    sched_spawn("stop", OF_PROGRAM, stop, p);
}

void program_bury(program *p, bool power_cut)
{
    sched_kill();
    p->up = p->refused = p->stopping = false;
    p->visitors = 0;
    p->knocking.n = 0;
    p->storage = NULL;
    p->engine = NULL;
    p->kafka = NULL;
    close_range(3, CLIENT_FD_MIN - 1, 0); /* the folder's lock, sockets */
    disk_close_all(p->disk);
    p->disk->crash_at = 0;
    if (power_cut) {
        p->power_cuts++;
        disk_cut_power(p->disk);
    }
}

int program_connect(program *p)
{
    int ends[2];
    if (!p->up || p->stopping || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    int mine = fcntl(ends[0], F_DUPFD_CLOEXEC, CLIENT_FD_MIN);
    close(ends[0]);
    VEC_PUSH(&p->knocking, ends[1]);
    return mine;
}
