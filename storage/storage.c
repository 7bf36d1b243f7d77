#include "storage/storage_int.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "storage/wal_check_int.h"

#define DIR_BYTES_MAX 3000 /* leaves room for topic, partition and file names */
#define PRODUCER_EXPIRY_MS 86400000
#define RETENTION_CHECK_MS 300000
#define SCRUB_INTERVAL_MS ((int64_t)7 * 24 * 3600 * 1000)
#define CLOCK_LEAP_MS 3600000
#define UNKNOWN_BYTES_AT_ONCE ((int64_t)64 << 20)
#define RESERVE_BYTES (1 << 20)
#define WAL_BYTES_MAX ((size_t)1 << 30)

/* ---- the folder's lock: held by the open file, released by the kernel when the process dies. The
 * lock and SQLite go to the operating system directly, not through io. */

static bool lock_folder(storage *s, status *st)
{
    char path[PATH_BYTES_MAX], owner[32] = "";
    snprintf(path, sizeof path, "%s/weir.lock", s->dir);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->lock_fd < 0)
        return io_failed(st, "Cannot open", path, -errno);
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(s->lock_fd, F_OFD_SETLK, &l) < 0) {
        if (errno != EAGAIN && errno != EACCES)
            return io_failed(st, "Cannot lock", path, -errno);
        ssize_t n = pread(s->lock_fd, owner, sizeof owner - 1, 0);
        return status_set(st, ST_BUSY, "The data folder %s is in use by process %.*s", s->dir,
                          n > 0 ? (int)strcspn(owner, "\n") : 1, n > 0 ? owner : "?");
    }
    int n = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    if (ftruncate(s->lock_fd, 0) < 0 || pwrite(s->lock_fd, owner, (size_t)n, 0) != n)
        return io_failed(st, "Cannot write", path, -errno);
    return true;
}

/* ---- topics in memory */

void topic_copy(arena *a, const tlog_topic *from, tlog_topic *to)
{
    *to = *from;
    to->name = str_dup(a, from->name);
    to->internal = tlog_name_is_internal(from->name);
    tlog_config *c = ARENA_ARRAY(a, tlog_config, from->config_count);
    for (uint32_t i = 0; i < from->config_count; i++)
        c[i] = (tlog_config){str_dup(a, from->configs[i].name), str_dup(a, from->configs[i].value)};
    to->configs = c;
}

stored_topic *topic_new(storage *s, const tlog_topic *spec)
{
    stored_topic *t = MEM_NEW(stored_topic);
    topic_conf    conf;
    topic_copy(&t->memory, spec, &t->spec);
    topic_conf_fill(&conf, &s->defaults, t->spec.configs, t->spec.config_count);
    t->parts = mem_alloc((size_t)spec->partitions * sizeof *t->parts);
    for (int32_t i = 0; i < spec->partitions; i++)
        t->parts[i] = plog_new(&s->env, s->topics_dir, &t->spec, i, &conf);
    return t;
}

static void topic_free(stored_topic *t)
{
    for (int32_t i = 0; i < t->spec.partitions; i++)
        plog_release(t->parts[i]);
    mem_free(t->parts);
    arena_free(&t->memory);
    mem_free(t);
}

bool storage_topic_create(storage *s, const tlog_topic *spec, status *st)
{
    if (!topic_spec_check(spec, st))
        return false;
    tlog_topic t = *spec;
    t.replication = 1;
    if (t.partitions < 0)
        t.partitions = s->default_partitions;
    if (getrandom(t.id, sizeof t.id, 0) != sizeof t.id)
        return status_set(st, ST_IO, "The system gives no random numbers");
    t.id[6] = (uint8_t)((t.id[6] & 0x0f) | 0x40); /* a UUID of version 4 */
    t.id[8] = (uint8_t)((t.id[8] & 0x3f) | 0x80);
    pthread_mutex_lock(&s->lock);
    bool ok = !map_get(&s->topics, t.name) ? meta_topic_put(s->meta, &t, st)
                                           : status_set(st, ST_EXISTS, "Topic '%.*s' already exists.", STR_FMT(t.name));
    if (ok)
        map_put(&s->topics, t.name, topic_new(s, &t));
    pthread_mutex_unlock(&s->lock);
    if (ok)
        tlog_topic_changed(&s->log, t.name);
    return ok;
}

static bool no_topic(str name, status *st)
{
    return status_set(st, ST_NOT_FOUND, "There is no topic '%.*s'", STR_FMT(name));
}

bool storage_topic_delete(storage *s, str name, status *st)
{
    pthread_mutex_lock(&s->lock);
    stored_topic *t = map_get(&s->topics, name);
    bool          ok = t ? meta_topic_delete(s->meta, name, t->spec.id, st) : no_topic(name, st);
    if (ok) {
        bool all = true;
        map_del(&s->topics, name);
        for (int32_t i = 0; i < t->spec.partitions; i++) {
            plog_mark_deleted(t->parts[i]);
            all = plog_remove(t->parts[i]) && all;
        }
        if (all) { /* else the next start removes what is left */
            topic_id id;
            memcpy(id.bytes, t->spec.id, sizeof id.bytes);
            VEC_PUSH(&s->removed, id);
        }
        topic_free(t);
    }
    pthread_mutex_unlock(&s->lock);
    if (ok)
        tlog_topic_changed(&s->log, name);
    return ok;
}

/* A folder that is made later says what the topic is by then; of those that are there the lowest is told of a change.
 * Held; NULL: there is none. s->lock held. */
static plog *identify(stored_topic *t)
{
    plog *lowest = NULL;
    for (int32_t i = 0; i < t->spec.partitions; i++)
        if (plog_identify(t->parts[i], &t->spec) && lowest == NULL)
            plog_hold(lowest = t->parts[i]);
    return lowest;
}

static void tell_folder(plog *p)
{
    if (p == NULL)
        return;
    plog_write_identity(p);
    plog_release(p);
}

bool storage_topic_alter(storage *s, str name, const tlog_config *configs, uint32_t n, status *st)
{
    plog *lowest = NULL;
    pthread_mutex_lock(&s->lock);
    stored_topic *t = map_get(&s->topics, name);
    bool          ok = t || no_topic(name, st);
    if (ok) {
        tlog_topic spec = t->spec;
        spec.configs = configs;
        spec.config_count = n;
        ok = topic_spec_check(&spec, st) && meta_topic_update(s->meta, &spec, st);
        if (ok) {
            arena      old = t->memory;
            topic_conf conf;
            t->memory = (arena){0};
            topic_copy(&t->memory, &spec, &t->spec);
            arena_free(&old);
            topic_conf_fill(&conf, &s->defaults, t->spec.configs, t->spec.config_count);
            for (int32_t i = 0; i < t->spec.partitions; i++)
                plog_configure(t->parts[i], &conf);
            lowest = identify(t);
        }
    }
    pthread_mutex_unlock(&s->lock);
    tell_folder(lowest);
    return ok;
}

bool storage_topic_grow(storage *s, str name, int32_t partitions, status *st)
{
    plog *lowest = NULL;
    pthread_mutex_lock(&s->lock);
    stored_topic *t = map_get(&s->topics, name);
    bool          ok = t || no_topic(name, st);
    int32_t       has = t ? t->spec.partitions : 0;
    if (ok && partitions == has)
        ok = status_set(st, ST_INVALID_PARTS, "Topic already has %d partition(s).", has);
    else if (ok && partitions < has)
        ok = status_set(st, ST_INVALID_PARTS,
                        "The topic %.*s currently has %d partition(s); %d would "
                        "not be an increase.",
                        STR_FMT(name), has, partitions);
    else if (ok && partitions > TOPIC_PARTITIONS_MAX)
        ok = status_set(st, ST_INVALID_PARTS, "Number of partitions must be at most %d", TOPIC_PARTITIONS_MAX);
    if (ok) {
        tlog_topic spec = t->spec;
        topic_conf conf;
        spec.partitions = partitions;
        ok = meta_topic_update(s->meta, &spec, st);
        if (ok) {
            topic_conf_fill(&conf, &s->defaults, spec.configs, spec.config_count);
            t->parts = mem_realloc(t->parts, (size_t)partitions * sizeof *t->parts);
            t->spec.partitions = partitions;
            for (int32_t i = has; i < partitions; i++)
                t->parts[i] = plog_new(&s->env, s->topics_dir, &t->spec, i, &conf);
            lowest = identify(t);
        }
    }
    pthread_mutex_unlock(&s->lock);
    tell_folder(lowest);
    if (ok)
        tlog_topic_changed(&s->log, name);
    return ok;
}

bool storage_topic_config(storage *s, str name, str setting, arena *a, str *value, bool *is_default)
{
    pthread_mutex_lock(&s->lock);
    stored_topic *t = map_get(&s->topics, name);
    bool ok = t && topic_setting_value(&s->defaults, t->spec.configs, t->spec.config_count, setting, value, is_default);
    if (ok)
        *value = str_dup(a, *value);
    pthread_mutex_unlock(&s->lock);
    return ok;
}

plog **storage_parts(storage *s, arena *a, size_t *n)
{
    size_t at = 0, count = 0;
    str    key;
    void  *v;
    pthread_mutex_lock(&s->lock);
    while (map_next(&s->topics, &at, &key, &v))
        count += (size_t)((stored_topic *)v)->spec.partitions;
    plog **all = ARENA_ARRAY(a, plog *, count);
    *n = 0;
    for (at = 0; map_next(&s->topics, &at, &key, &v);) {
        stored_topic *t = v;
        for (int32_t i = 0; i < t->spec.partitions; i++) {
            plog_hold(t->parts[i]);
            all[(*n)++] = t->parts[i];
        }
    }
    pthread_mutex_unlock(&s->lock);
    return all;
}

/* ---- opening */

/* Which start of the machine this is; "": the system does not say. */
static void boot_id(const storage_options *opt, char out[BOOT_ID_BYTES])
{
    int fd = opt->boot_id ? -1 : open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    out[0] = 0;
    if (opt->boot_id)
        snprintf(out, BOOT_ID_BYTES, "%s", opt->boot_id);
    if (fd < 0)
        return;
    ssize_t n = read(fd, out, BOOT_ID_BYTES - 1);
    out[n > 0 ? n : 0] = 0;
    close(fd);
}

/* DIR/running says in which start of the machine the folder was used last. It is never synced: after a loss of power it
 * is of an earlier one, or not there. */
static bool was_rebooted(storage *s)
{
    char path[PATH_BYTES_MAX];
    buf  b = BUF_INIT(BOOT_ID_BYTES);
    snprintf(path, sizeof path, "%s/running", s->dir);
    bool same = io_read_file(s->env.io, path, &b) == 0 && s->boot_id[0] && str_eqz(buf_str(&b), s->boot_id);
    buf_free(&b);
    return !same;
}

static void storage_free(storage *s)
{
    size_t at = 0;
    str    key;
    void  *v;
    txn_coord_free(&s->txns);
    while (map_next(&s->topics, &at, &key, &v))
        topic_free(v);
    map_free(&s->topics);
    VEC_FREE(&s->removed);
    if (s->meta)
        meta_close(s->meta);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_mutex_destroy(&s->lock);
    tlog_deinit(&s->log);
    mem_free(s->dir);
    mem_free(s->topics_dir);
    mem_free(s);
}

static void note_running(storage *s)
{
    status ignored;
    char   path[PATH_BYTES_MAX];
    if (io_replace_file(s->env.io, s->dir, "running", s->boot_id, strlen(s->boot_id), false, &ignored))
        return;
    /* A full disk, perhaps. What stands there would be believed; without it nothing is. */
    snprintf(path, sizeof path, "%s/running", s->dir);
    s->env.io->unlink(s->env.io, path);
}

/* DIR/reserve is room for a start on a full disk: the metadata writes a few pages there, and whoever makes room by way
 * of the server, by deleting topics or records, must get it started first. */
static void give_reserve_up(storage *s)
{
    char path[PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%s/reserve", s->dir);
    unlink(path);
}

static void make_reserve(storage *s)
{
    char path[PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%s/reserve", s->dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return;
    if (posix_fallocate(fd, 0, RESERVE_BYTES) != 0) /* what there is room for will be there again */
        lost_tell(&s->lost, "storage: there is no room to set %d KiB aside in %s", RESERVE_BYTES >> 10, path);
    close(fd);
}

/* Before SQLite sees it: what it does not take from its write-ahead log it forgets. */
static bool check_wal(storage *s, status *st)
{
    lost      real = {.io = io_posix(), .dir = s->dir, .report = s->lost.report, .report_ctx = s->lost.report_ctx};
    char      path[PATH_BYTES_MAX];
    buf       b = BUF_INIT(WAL_BYTES_MAX);
    wal_state is = WAL_WHOLE;
    bool      ok = true;
    snprintf(path, sizeof path, "%s/meta.sqlite-wal", s->dir);
    if (io_read_file(real.io, path, &b) == 0)
        is = wal_check((uint8_t *)b.p, b.n);
    if (is == WAL_DAMAGED && !s->env.rebooted) {
        ok = status_set(
            st, ST_CORRUPT,
            "%s is damaged: topics, streams and offsets that were made since the file before it are beyond the "
            "damage. Put the folder back from a backup; or move the file away, to start with what was there "
            "before.",
            path);
    } else if (is != WAL_WHOLE) {
        int fd = real.io->open(real.io, path, O_RDONLY, 0);
        if (fd >= 0) {
            lost_keep_bytes(&real, fd, 0, (int64_t)b.n, "meta.sqlite-wal",
                            "the end of the metadata's log is torn; what is behind it does not count");
            real.io->close(real.io, fd);
        }
        atomic_fetch_add(&s->lost.count, 1);
    }
    buf_free(&b);
    return ok;
}

static bool open_folder(storage *s, status *st)
{
    io  *x = s->env.io;
    char mark[PATH_BYTES_MAX];
    if (mkdir(s->dir, 0777) < 0 && errno != EEXIST)
        return io_failed(st, "Cannot create", s->dir, -errno);
    if (!lock_folder(s, st))
        return false;
    s->env.rebooted = was_rebooted(s);
    give_reserve_up(s);
    if (!check_wal(s, st) || !(s->meta = meta_open(s->dir, s->env.fsync_off, st)))
        return false;
    int rc = x->mkdir(x, s->topics_dir);
    if (rc < 0 && rc != -EEXIST)
        return io_failed(st, "Cannot create", s->topics_dir, rc);
    snprintf(mark, sizeof mark, "%s/clean", s->dir);
    int  fd = x->open(x, mark, O_RDONLY, 0);
    bool clean = fd >= 0;
    if (clean)
        x->close(x, fd);
    if (!storage_load(s, clean, st))
        return false;
    note_running(s);
    /* Before the first append: from here on an end without storage_close() is an unclean one. */
    rc = clean ? x->unlink(x, mark) : 0;
    if (rc < 0)
        return io_failed(st, "Cannot remove", mark, rc);
    make_reserve(s);
    return io_sync_dir(x, s->dir, st);
}

storage *storage_open(const storage_options *opt, status *st)
{
    if (strlen(opt->dir) > DIR_BYTES_MAX) {
        status_set(st, ST_IO, "The path of the data folder is longer than %d bytes", DIR_BYTES_MAX);
        return NULL;
    }
    storage *s = MEM_NEW(storage);
    size_t   room = strlen(opt->dir) + sizeof "/topics";
    s->dir = mem_strdup(opt->dir);
    s->topics_dir = mem_alloc(room);
    snprintf(s->topics_dir, room, "%s/topics", opt->dir);
    s->lock_fd = -1;
    tlog_init(&s->log, &local_ops);
    s->env = (plog_env){.io = opt->io ? opt->io : io_posix(),
                        .fsync_off = opt->fsync_off,
                        .clock = opt->clock ? opt->clock : &timesource_system,
                        .retention_check_ms = opt->retention_check_ms ? opt->retention_check_ms : RETENTION_CHECK_MS,
                        .scrub_interval_ms = opt->scrub_interval_ms ? opt->scrub_interval_ms : SCRUB_INTERVAL_MS,
                        .failing = &s->log_failing,
                        .lost = &s->lost,
                        .stopped = &s->stopped,
                        .rotten = &s->rotten,
                        .ops = &local_ops,
                        .txns = &s->txns};
    s->lost = (lost){.io = s->env.io, .dir = s->dir, .report = opt->report, .report_ctx = opt->report_ctx};
    boot_id(opt, s->boot_id);
    s->default_partitions = opt->default_partitions ? opt->default_partitions : 1;
    topic_defaults_init(&s->defaults, opt);
    pthread_mutex_init(&s->lock, NULL);
    local_log_init(s);
    s->maintained_ms = time_mono_ms(s->env.clock);
    s->wall_ms = time_wall_ms(s->env.clock);
    s->env.ages_from_ms = INT64_MIN;
    if (open_folder(s, st))
        return s;
    storage_free(s);
    return NULL;
}

/* Writes the checkpoints of partitions that have changed; two syncs of the whole file system are less work than three
 * for each of thousands. */
static bool checkpoint_all(storage *s, plog **all, size_t n)
{
    status st;
    bool   ok = true, any = false;
    bool  *ready = mem_zalloc(n + 1);
    for (size_t i = 0; i < n; i++) {
        ok = plog_checkpoint_prepare(all[i], &ready[i], &st) && ok;
        any |= ready[i];
    }
    ok = ok && (!any || s->env.io->sync_all(s->env.io, s->topics_dir) >= 0);
    for (size_t i = 0; ok && i < n; i++)
        ok = !ready[i] || plog_checkpoint_finish(all[i], &st);
    ok = ok && (!any || s->env.io->sync_all(s->env.io, s->topics_dir) >= 0);
    mem_free(ready);
    return ok;
}

void storage_close(storage *s)
{
    arena  a = {0};
    size_t n;
    plog **all = storage_parts(s, &a, &n);
    status ignored; /* without the mark the next start looks for itself */
    if (checkpoint_all(s, all, n))
        io_replace_file(s->env.io, s->dir, "clean", "", 0, true, &ignored);
    for (size_t i = 0; i < n; i++)
        plog_release(all[i]);
    arena_free(&a);
    storage_free(s);
}

tlog *storage_log(storage *s)
{
    return &s->log;
}

str storage_cluster_id(storage *s)
{
    return meta_cluster_id(s->meta);
}

static void maintain_part(plog *p, int64_t elapsed_ms, int64_t *unknown_bytes)
{
    status st; /* what fails is tried again the next time */
    status_init(&st);
    plog_repair(p, &st);
    plog_retain(p, &st);
    plog_compact(p, &st);
    plog_scrub(p, elapsed_ms, unknown_bytes);
    if (!plog_checkpoint_is_due(p))
        return;
    pthread_mutex_lock(&p->lock);
    producer_expire(&p->states, plog_now(p) - PRODUCER_EXPIRY_MS);
    pthread_mutex_unlock(&p->lock);
    plog_checkpoint(p, &st);
}

/* The ids of deleted topics may be forgotten once their folders are gone for certain. */
static void forget_removed(storage *s)
{
    status ignored; /* what is not forgotten now is at the next start */
    status_init(&ignored);
    pthread_mutex_lock(&s->lock);
    topic_id *ids = s->removed.p;
    size_t    n = s->removed.n;
    memset(&s->removed, 0, sizeof s->removed);
    pthread_mutex_unlock(&s->lock);
    if (n && io_sync_dir(s->env.io, s->topics_dir, &ignored))
        meta_topics_forget(s->meta, ids, n, &ignored);
    mem_free(ids);
}

/* Ages are told by the wall clock. One that leaps ahead makes everything old at once, and may be wrong: whoever set it
 * has an hour to see it. */
static void look_at_clock(storage *s, int64_t elapsed_ms)
{
    int64_t wall = time_wall_ms(s->env.clock), leap = wall - s->wall_ms - elapsed_ms;
    s->wall_ms = wall;
    if (leap < CLOCK_LEAP_MS)
        return;
    s->env.ages_from_ms = s->maintained_ms + CLOCK_LEAP_MS;
    lost_tell(&s->lost,
              "storage: the clock went ahead by %lld s at once; nothing is removed for its age within the next hour",
              (long long)(leap / 1000));
}

void storage_maintain(storage *s)
{
    arena  a = {0};
    size_t n;
    plog **all = storage_parts(s, &a, &n);
    forget_removed(s);
    txn_retry(&s->txns);
    int64_t now = time_mono_ms(s->env.clock), elapsed = now - s->maintained_ms, unknown = UNKNOWN_BYTES_AT_ONCE;
    s->maintained_ms = now;
    look_at_clock(s, elapsed);
    for (size_t i = 0; i < n; i++) {
        maintain_part(all[i], elapsed, &unknown);
        plog_release(all[i]);
    }
    arena_free(&a);
}

bool storage_delete_records(storage *s, tlog_part *p, int64_t offset, int64_t *start_out, status *st)
{
    (void)s;
    if (!plog_delete_before((plog *)p, offset, st))
        return false;
    *start_out = atomic_load(&((plog *)p)->start);
    return true;
}

bool storage_fetch(storage *s, tlog_part *p, int64_t offset, uint32_t max_bytes, tlog_isolation iso, arena *a,
                   fetch_result *out, status *st)
{
    (void)s;
    return plog_fetch((plog *)p, offset, max_bytes, iso, a, out, st);
}

int32_t storage_part_epoch(const tlog_part *p)
{
    return ((const plog *)p)->leader_epoch;
}

void storage_topic_epochs(storage *s, str topic, int32_t *out, int32_t n)
{
    pthread_mutex_lock(&s->lock);
    const stored_topic *t = map_get(&s->topics, topic);
    for (int32_t i = 0; i < n; i++)
        out[i] = t && i < t->spec.partitions ? t->parts[i]->leader_epoch : 0;
    pthread_mutex_unlock(&s->lock);
}

void storage_epoch_end(tlog_part *tp, int32_t asked, int32_t *epoch, int64_t *end)
{
    plog *p = (plog *)tp;
    pthread_mutex_lock(&p->lock);
    epochs_end(&p->epochs, p->leader_epoch, atomic_load(&p->high), asked, epoch, end);
    pthread_mutex_unlock(&p->lock);
}

bool storage_topic_check(const tlog_topic *spec, status *st)
{
    return topic_spec_check(spec, st);
}

bool storage_producer_id_new(storage *s, producer_ident *who, status *st)
{
    who->epoch = 0;
    return s->backend.pid_new(s, &who->pid, st);
}

storage_health storage_get_health(const storage *s)
{
    return (storage_health){.log_failing = atomic_load(&s->log_failing),
                            .metadata_failing = meta_is_failing(s->meta),
                            .stopped_partitions = atomic_load(&s->stopped),
                            .damaged_partitions = atomic_load(&s->rotten),
                            .kept_in_lost = atomic_load(&s->lost.count)};
}
