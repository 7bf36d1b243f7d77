/* The simulation: a run a seed, each in a process of its own. tests/sim/README.md says what it is for. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/clients.h"
#include "tests/sim/schedule.h"
#include "tests/sim/vfs.h"

#define MS ((int64_t)1000000)
#define START_NS (120000 * MS)
#define LOOK_NS (60000 * MS)
#define CATCH_UP_NS (600000 * MS)
#define RUN_SECONDS 120 /* of real time, for one seed */

typedef struct run {
    world       w;
    program     p;
    disk        d;
    disk_faults faults; /* of this seed */
    bool        fills_up;
} run;

/* ---- conditions to run until */

static bool is_started(void *arg)
{
    const run *r = arg;
    return r->p.up || r->p.refused;
}

static bool is_down(void *arg)
{
    return !((const run *)arg)->p.up;
}

static bool has_looked(void *arg)
{
    return ((const run *)arg)->w.looked;
}

static bool is_trimmed(void *arg)
{
    return ((const run *)arg)->w.trimmed;
}

static bool are_clients_done(void *arg)
{
    return ((const run *)arg)->w.working == 0;
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

static sched_end run_until(bool (*over)(void *), run *r, int64_t ns, const char *what)
{
    sched_end end = sched_run(over, r, sched_now_ns() + ns);
    if (end == SCHED_STUCK || (end == SCHED_TIME && what)) {
        sched_tell_waiting();
        broken("%s: %s", what ? what : "the run", end == SCHED_STUCK ? "nobody can go on" : "it takes too long");
    }
    return end;
}

/* ---- a life of the program */

static void set_faults(run *r, bool on)
{
    r->d.faults = on ? r->faults : (disk_faults){0};
    r->d.room = on && r->fills_up ? (int64_t)lot_below(200000) : -1;
}

static void bury(run *r, bool power_cut)
{
    trace(power_cut ? "the power is cut" : "the program is dead");
    program_bury(&r->p, power_cut);
    if (power_cut)
        model_power_was_cut(&r->w.m);
}

/* A disk that fails may keep it from starting, as may one that is full; a whole one may not. */
static void start(run *r, bool faulty)
{
    for (int tries = 0;; tries++) {
        bool     on = faulty && tries < 2;
        uint64_t before = r->d.faults_done;
        set_faults(r, on);
        program_start(&r->p);
        sched_end end = run_until(is_started, r, START_NS, "the start");
        bool      failing = r->d.faults_done != before || r->d.room >= 0;
        if (end == SCHED_OVER && r->p.up && !(failing && storage_get_health(r->p.storage).stopped_partitions))
            break; /* a torn end that cannot be kept in lost/ stays where it is, until a better start */
        if (end == SCHED_OVER && !failing)
            broken("it does not start: %s", r->p.st.msg);
        trace("no good start: %s", end == SCHED_OVER ? r->p.st.msg : "it died");
        bury(r, end == SCHED_CRASHED && lot_below(2));
    }
    set_faults(r, false);
    trace("started");
}

/* false: it died meanwhile. */
static bool look(run *r)
{
    world_start_look(&r->w);
    return run_until(has_looked, r, LOOK_NS, "looking") == SCHED_OVER;
}

static void stop(run *r)
{
    program_stop(&r->p);
    bool died = run_until(is_down, r, START_NS, "the stop") == SCHED_CRASHED;
    bury(r, died && lot_below(2));
}

static void damage_hints(run *r)
{
    static const char *const hints[] = {"/checkpoint", ".index", ".timeindex", ".snapshot"};
    str                      path = disk_pick(&r->d, hints[lot_below(sizeof hints / sizeof *hints)]);
    if (path.n && disk_flip_bit(&r->d, path.p))
        trace("a bit flips in %s", path.p);
}

static void live(run *r, bool first)
{
    start(r, !first && lot_one_in(4));
    if (!first && look(r))
        model_check(&r->w.m, &r->w.last, false);
    world_start_statements(&r->w);
    world_start_watch(&r->w);
    set_faults(r, true);
    if (lot_below(2))
        r->d.crash_at = r->d.ops + 1 + lot_below(lot_below(2) ? 40 : 1500);
    int64_t ns = (int64_t)lot_below(lot_below(3) ? 3000 : 15000) * MS;
    if (lot_one_in(6)) {
        int64_t step_ms = (int64_t)lot_below(7200000) - 3600000;
        trace("the wall clock steps by %lld ms", (long long)step_ms);
        sched_step_wall(step_ms * MS);
    }
    sched_end end = run_until(never, r, ns, NULL);
    if (end == SCHED_TIME && lot_one_in(4)) {
        stop(r);
    } else {
        bury(r, lot_below(2));
        if (lot_one_in(3))
            damage_hints(r);
    }
}

/* ---- a run */

static void choose_faults(run *r)
{
    static const uint32_t rates[] = {0, 0, 400, 60};
    r->faults = (disk_faults){.write_fails = rates[lot_below(3)],
                              .write_short = rates[lot_below(3)],
                              .fsync_fails = rates[lot_below(4)],
                              .fsync_slow = rates[lot_below(4)],
                              .rename_fails = rates[lot_below(3)]};
    r->fills_up = lot_one_in(6);
    r->w.m.filter = (guarantee)lot_below(2);
    r->w.m.count = (guarantee)lot_below(2);
    r->w.producers = 1 + (unsigned)lot_below(PRODUCERS_MAX);
}

/* Until everything that was sent is worked on. */
static void catch_up(run *r)
{
    for (int64_t until = sched_now_ns() + CATCH_UP_NS;;) {
        if (!look(r))
            broken("it died");
        if (model_is_caught_up(&r->w.m, &r->w.last) || sched_now_ns() > until)
            return;
        run_until(never, r, 1000 * MS, NULL);
    }
}

/* What was deleted stays deleted and the rest stays, though it dies and a checkpoint is damaged. */
static void delete_half(run *r, const sight *before)
{
    world_start_trim(&r->w);
    run_until(is_trimmed, r, LOOK_NS, "deleting");
    if (lot_below(2))
        stop(r);
    else
        bury(r, lot_below(2));
    str path = disk_pick(&r->d, "/checkpoint");
    if (path.n && lot_below(2) && disk_flip_bit(&r->d, path.p))
        trace("a bit flips in %s", path.p);
    start(r, false);
    look(r);
    model_must_be_equal(before, &r->w.last, true);
}

static void finish(run *r)
{
    start(r, false);
    world_start_statements(&r->w);
    world_start_watch(&r->w);
    run_until(never, r, 3000 * MS, NULL);
    r->w.closing = true;
    run_until(are_clients_done, r, CATCH_UP_NS, "the clients");
    catch_up(r);
    model_check(&r->w.m, &r->w.last, true);
    sight before = r->w.last;
    memset(&r->w.last, 0, sizeof r->w.last);
    trace("all is there");
    stop(r);
    start(r, false);
    look(r);
    model_check(&r->w.m, &r->w.last, true);
    model_must_be_equal(&before, &r->w.last, false);
    delete_half(r, &before);
    stop(r);
}

static void run_seed(uint64_t seed, bool tracing)
{
    run *r = MEM_NEW(run);
    sched_init(seed, tracing);
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD); /* its locks would outlive a crash */
    disk_init(&r->d, PROGRAM_DIR);
    vfs_register(&r->d);
    program_init(&r->p, &r->d);
    r->w.p = &r->p;
    choose_faults(r);
    trace(
        "evens %s, counts %s, %u producers; one in so many: write fails %u, short %u, fsync fails %u, slow %u, rename "
        "%u%s",
        r->w.m.filter ? "exactly once" : "at least once", r->w.m.count ? "exactly once" : "at least once",
        r->w.producers, r->faults.write_fails, r->faults.write_short, r->faults.fsync_fails, r->faults.fsync_slow,
        r->faults.rename_fails, r->fills_up ? "; the disk fills up" : "");
    world_start_clients(&r->w);
    int lives = 1 + (int)lot_below(5);
    for (int i = 0; i < lives; i++)
        live(r, i == 0);
    finish(r);
    printf("whole: %zu records, %" PRIu64 " steps, digest %016" PRIx64 "\n", r->w.m.sent.n, sched_steps(),
           trace_digest());
    fflush(stdout);
    _exit(0); /* what crashes left behind is nobody's */
}

/* ---- the program's main: a process a seed */

static void in_own_folder(void (*body)(uint64_t, bool), uint64_t seed, bool tracing, const char *folder)
{
    if (chdir(folder) != 0)
        _exit(3);
    alarm(RUN_SECONDS);
    body(seed, tracing);
}

/* What is not on the simulation's disk: the folder's lock and the room set aside. */
static void remove_folder(const char *folder)
{
    static const char *const names[] = {"/data/weir.lock", "/data/reserve", "/data", ""};
    char                     path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s%s", folder, names[i]);
        remove(path);
    }
}

/* false: what is promised was broken, or the process died. */
static bool try_seed(uint64_t seed, bool tracing, bool quiet)
{
    char folder[64], out[1024] = "";
    int  ends[2], how = 0;
    snprintf(folder, sizeof folder, "/dev/shm/weir-sim-%d", (int)getpid());
    mkdir(folder, 0700);
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        in_own_folder(run_seed, seed, tracing, folder);
    }
    close(ends[1]);
    for (ssize_t n = 0, got; (got = read(ends[0], out + n, sizeof out - 1 - (size_t)n)) > 0;)
        n += got;
    close(ends[0]);
    waitpid(child, &how, 0);
    remove_folder(folder);
    bool ok = WIFEXITED(how) && WEXITSTATUS(how) == 0;
    if (WIFSIGNALED(how))
        printf("seed %" PRIu64 ": signal %d (%s)\n", seed, WTERMSIG(how), strsignal(WTERMSIG(how)));
    if (out[0] && (!ok || !quiet))
        printf("seed %" PRIu64 ": %s", seed, out);
    fflush(stdout);
    return ok;
}

static double real_seconds(void)
{
    struct timespec t;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int try_seeds(uint64_t from, uint64_t n, uint64_t failures_max)
{
    uint64_t failed = 0, done = 0;
    double   began = real_seconds();
    for (; done < n && failed < failures_max; done++)
        failed += !try_seed(from + done, false, true);
    double took = real_seconds() - began;
    printf("%" PRIu64 " seeds from %" PRIu64 ", %" PRIu64 " failed, %.1f seeds/s\n", done, from, failed,
           (double)done / took);
    return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    uint64_t seed = 0, from = 1, n = 100, failures_max = 10;
    bool     one = false, tracing = false, fresh = false;
    for (int i = 1; i < argc; i++) {
        const char *text = i + 1 < argc ? argv[i + 1] : "0";
        if (strcmp(argv[i], "--trace") == 0)
            tracing = true;
        else if (strcmp(argv[i], "--fresh") == 0)
            fresh = true;
        else if (strcmp(argv[i], "--seed") == 0)
            one = true, seed = strtoull(text, NULL, 10), i++;
        else if (strcmp(argv[i], "--from") == 0)
            from = strtoull(text, NULL, 10), i++;
        else if (strcmp(argv[i], "--seeds") == 0)
            n = strtoull(text, NULL, 10), i++;
        else if (strcmp(argv[i], "--failures") == 0)
            failures_max = strtoull(text, NULL, 10), i++;
        else {
            fprintf(stderr, "usage: sim [--seed N [--trace]] | [--from N | --fresh] [--seeds N] [--failures N]\n");
            return 2;
        }
    }
    if (one)
        return try_seed(seed, tracing, false) ? 0 : 1;
    if (fresh) {
        uint32_t random = 0;
        syscall(SYS_getrandom, &random, sizeof random, 0);
        from = (uint64_t)random << 16;
    }
    return try_seeds(from, n, failures_max);
}
