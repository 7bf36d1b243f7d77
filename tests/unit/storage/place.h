/* A data folder on disk that is opened, killed, damaged and looked into. */
#ifndef TESTS_STORAGE_PLACE_H
#define TESTS_STORAGE_PLACE_H

#include "log_checks.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>

#include "storage/batch_log.h"
#include "storage/storage.h"

typedef struct place {
    char     root[64], dir[96];
    int      copies;
    storage *s;
    char     told[4096]; /* lines since it was opened */
} place;

static inline void tell(void *ctx, const char *line)
{
    place *w = ctx;
    size_t n = strlen(w->told);
    snprintf(w->told + n, sizeof w->told - n, "%s\n", line);
}

static inline void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline void shell(const char *fmt, ...)
{
    char    cmd[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(cmd, sizeof cmd, fmt, ap);
    va_end(ap);
    assert_int_equal(system(cmd), 0);
}

static inline bool try_open(place *w, storage_options o)
{
    w->told[0] = 0;
    o.dir = w->dir;
    o.report = tell;
    o.report_ctx = w;
    w->s = storage_open(&o, &check_st);
    return w->s != NULL;
}

static inline void begin(place *w, storage_options o)
{
    memset(w, 0, sizeof *w);
    strcpy(w->root, "/tmp/weir-damage-XXXXXX");
    assert_non_null(mkdtemp(w->root));
    snprintf(w->dir, sizeof w->dir, "%s/0", w->root);
    assert_ok(try_open(w, o));
}

/* As if the process were killed: goes on with a copy of what is in the files now. */
static inline void kill_it(place *w)
{
    char old[96];
    strcpy(old, w->dir);
    snprintf(w->dir, sizeof w->dir, "%s/%d", w->root, ++w->copies);
    shell("cp -a %s %s", old, w->dir);
    storage_close(w->s);
    shell("rm -rf %s", old);
    w->s = NULL;
}

static inline void end(place *w)
{
    if (w->s)
        storage_close(w->s);
    shell("rm -rf %s", w->root);
}

static inline void append(place *w, const char *topic, const char *value, int n)
{
    tlog_part *p = open_part(storage_log(w->s), topic, 0);
    for (int i = 0; i < n; i++)
        append_values(p, NULL, value, 1); /* a batch each */
    tlog_part_close(p);
}

static inline int64_t high(place *w, const char *topic)
{
    tlog_part *p = open_part(storage_log(w->s), topic, 0);
    int64_t    h = tlog_part_known(p).high;
    tlog_part_close(p);
    return h;
}

static inline int64_t start(place *w, const char *topic)
{
    tlog_part *p = open_part(storage_log(w->s), topic, 0);
    int64_t    h = tlog_part_known(p).start;
    tlog_part_close(p);
    return h;
}

/* Flips a bit of a file; at < 0: that far from its end. */
static inline void flip(place *w, const char *file, long at)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", w->dir, file);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    int c = fgetc(f);
    assert_int_not_equal(c, EOF);
    assert_int_equal(fseek(f, -1, SEEK_CUR), 0);
    fputc(c ^ 4, f);
    fclose(f);
}

static inline int files_in(place *w, const char *folder)
{
    char path[256];
    int  n = 0;
    snprintf(path, sizeof path, "%s/%s", w->dir, folder);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static inline void assert_told(const place *w, const char *text)
{
    if (!strstr(w->told, text))
        fail_msg("not told: %s\nbut: %s", text, w->told);
}

#endif
