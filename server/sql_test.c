#include "server/sql_test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "engine/engine.h"
#include "engine/sqltest/sql_test.h"

#define FOLDER_DEPTH_MAX 32

static const char usage[] =
    "usage: weir test [--only TEXT] [--extension LIB]... FOLDER|FILE...\n"
    "Runs SQL tests without a server and without anything on disk. A folder stands for its *.sql files and those of\n"
    "its sub-folders. A file is a list of tests:\n"
    "\n"
    "    --@test: only large orders come through\n"
    "    CREATE STREAM orders (id INT KEY, total INT) WITH (kafka_topic='orders', value_format='JSON');\n"
    "    CREATE STREAM large AS SELECT * FROM orders WHERE total > 100;\n"
    "    INSERT INTO orders (id, total) VALUES (1, 50);\n"
    "    INSERT INTO orders (id, total) VALUES (2, 500);\n"
    "    ASSERT VALUES large (id, total) VALUES (2, 500);\n"
    "\n"
    "    --only TEXT        only tests whose file or name holds TEXT\n"
    "    --extension LIB    a library of functions (engine/udf.h), or a folder of them\n"
    "    --help             this text\n"
    "\n"
    "Prints what failed and closes with 'N passed, N failed'. Exit status: 0 all passed, 1 a test failed, 2 wrong\n"
    "usage. All statements and directives: engine/sqltest/README.md.\n";

typedef struct paths {
    arena a;
    VEC(const char *) list;
} paths;

static bool complain(const char *path, const char *what)
{
    fprintf(stderr, "weir test: %s: %s\n", path, what);
    return false;
}

static int by_name(const void *x, const void *y)
{
    return strcmp(*(char *const *)x, *(char *const *)y);
}

static bool add_path(paths *p, const char *path, int depth);

static bool add_folder(paths *p, const char *path, int depth)
{
    VEC(const char *) names = {0};
    DIR *d = opendir(path);
    if (d == NULL)
        return complain(path, strerror(errno));
    if (depth == FOLDER_DEPTH_MAX) {
        closedir(d);
        return complain(path, "folders are nested too deep");
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') {
            const char *name = str_z(&p->a, str_fmt(&p->a, "%s/%s", path, e->d_name));
            VEC_PUSH(&names, name);
        }
    closedir(d);
    if (names.n)
        qsort(names.p, names.n, sizeof *names.p, by_name);
    bool ok = true;
    for (size_t i = 0; i < names.n && ok; i++) {
        struct stat st;
        bool        folder = stat(names.p[i], &st) == 0 && S_ISDIR(st.st_mode);
        if (folder || str_ends(str_of(names.p[i]), STR(".sql")))
            ok = add_path(p, names.p[i], depth + 1);
    }
    VEC_FREE(&names);
    return ok;
}

static bool add_path(paths *p, const char *path, int depth)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return complain(path, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        size_t before = p->list.n, n = strlen(path);
        while (n > 1 && path[n - 1] == '/')
            n--;
        if (!add_folder(p, str_z(&p->a, str_make(path, n)), depth))
            return false;
        return depth > 0 || p->list.n > before || complain(path, "a folder without *.sql files");
    }
    VEC_PUSH(&p->list, path);
    return true;
}

typedef struct score {
    size_t passed, failed;
} score;

static void run_file(const char *path, str only, score *s)
{
    sql_test_file f;
    status        st;
    status_init(&st);
    if (!sql_test_file_read(path, &f, &st)) {
        printf("FAILED %s\n    %s\n", path, st.msg);
        s->failed++;
        return;
    }
    for (size_t i = 0; i < f.n; i++) {
        const sql_test *t = &f.tests[i];
        buf             why = BUF_INIT(BUF_MAX);
        if (str_find(t->name, only, 0) < 0 && str_find(str_of(path), only, 0) < 0)
            continue;
        if (sql_test_run(&f, t, &why)) {
            s->passed++;
        } else {
            s->failed++;
            printf("FAILED %s:%u: %.*s\n%.*s", path, t->line, STR_FMT(t->name), (int)why.n, why.p);
            fflush(stdout);
        }
        buf_free(&why);
    }
    sql_test_file_free(&f);
}

static int run_all(const paths *p, str only)
{
    score s = {0};
    for (size_t i = 0; i < p->list.n; i++)
        run_file(p->list.p[i], only, &s);
    if (s.passed + s.failed == 0) {
        fprintf(stderr, "weir test: no test's file or name holds '%.*s'\n", STR_FMT(only));
        return 2;
    }
    printf("%zu passed, %zu failed\n", s.passed, s.failed);
    return s.failed ? 1 : 0;
}

static bool load_functions(const char *path)
{
    status st;
    status_init(&st);
    if (engine_load_functions(path, &st))
        return true;
    fprintf(stderr, "weir test: %s\n", st.msg);
    return false;
}

static int wrong_usage(const char *what, const char *arg)
{
    fprintf(stderr, "weir test: %s%s\n%s", what, arg, usage);
    return 2;
}

int sql_test_main(int argc, char **argv)
{
    paths p = {0};
    str   only = STR("");
    int   code = 0;
    bool  ok = true;
    arena_init(&p.a);
    for (int i = 0; i < argc && ok && code == 0; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            arena_free(&p.a);
            VEC_FREE(&p.list);
            return 0;
        }
        bool takes_text = strcmp(argv[i], "--only") == 0 || strcmp(argv[i], "--extension") == 0;
        if (takes_text && i + 1 == argc)
            code = wrong_usage("a text must follow ", argv[i]);
        else if (strcmp(argv[i], "--extension") == 0)
            ok = load_functions(argv[++i]);
        else if (strcmp(argv[i], "--only") == 0)
            only = str_of(argv[++i]);
        else if (argv[i][0] == '-')
            code = wrong_usage("there is no option ", argv[i]);
        else
            ok = add_path(&p, argv[i], 0);
    }
    if (ok && code == 0 && p.list.n == 0)
        code = wrong_usage("a folder or file of tests must be given", "");
    if (!ok)
        code = 2;
    if (code == 0)
        code = run_all(&p, only);
    VEC_FREE(&p.list);
    arena_free(&p.a);
    return code;
}
