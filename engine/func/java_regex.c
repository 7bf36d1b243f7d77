/* Running translated patterns: compiled code, kept for literals, and match data of the thread. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>

#include "base/map.h"
#include "base/mem.h"
#include "engine/func/func_int.h"
#include "engine/func/java_regex_int.h"

#define KEPT_MAX 4096        /* literal patterns compiled to machine code, over all queries */
#define MATCH_LIMIT 20000000 /* steps of one search: a few seconds at most */
#define JIT_STACK_MAX ((size_t)1 << 20)

struct regex {
    pcre2_code *code;
    uint32_t    groups;
};

static map              kept; /* pattern -> regex, never freed */
static pthread_rwlock_t kept_lock = PTHREAD_RWLOCK_INITIALIZER;

/* ---- what a thread needs to match */

typedef struct matcher {
    pcre2_match_data    *data;
    pcre2_match_context *context;
    pcre2_jit_stack     *stack;
    regex_span           spans[REGEX_GROUPS_MAX + 1];
} matcher;

static pthread_key_t          matcher_key;
static pthread_once_t         matcher_once = PTHREAD_ONCE_INIT;
static _Thread_local matcher *mine;

static void matcher_free(void *p)
{
    matcher *m = p;
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->context);
    pcre2_jit_stack_free(m->stack);
    mem_free(m);
}

static void matcher_key_new(void)
{
    pthread_key_create(&matcher_key, matcher_free);
}

static matcher *matcher_of_thread(void)
{
    if (mine)
        return mine;
    pthread_once(&matcher_once, matcher_key_new);
    matcher *m = MEM_NEW(matcher);
    m->data = pcre2_match_data_create(REGEX_GROUPS_MAX + 1, NULL);
    m->context = pcre2_match_context_create(NULL);
    m->stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK_MAX, NULL);
    pcre2_set_match_limit(m->context, MATCH_LIMIT);
    pcre2_jit_stack_assign(m->context, NULL, m->stack);
    pthread_setspecific(matcher_key, m);
    return mine = m;
}

/* ---- compiling */

static void *from_arena(size_t n, void *a)
{
    return arena_alloc(a, n);
}

static void leave(void *p, void *a)
{
    (void)p;
    (void)a;
}

static regex *compile(arena *a, str pattern, bool jit, char *err, size_t err_max)
{
    buf translated = BUF_INIT(REGEX_PATTERN_MAX);
    if (!java_regex_translate(a, pattern, &translated, err, err_max)) {
        buf_free(&translated);
        return NULL;
    }
    pcre2_general_context *memory = jit ? NULL : pcre2_general_context_create(from_arena, leave, a);
    pcre2_compile_context *cc = pcre2_compile_context_create(memory);
    pcre2_set_newline(cc, PCRE2_NEWLINE_LF);
    int         code;
    PCRE2_SIZE  at;
    pcre2_code *c = pcre2_compile((PCRE2_SPTR)(translated.p ? translated.p : ""), translated.n,
                                  PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &at, cc);
    pcre2_compile_context_free(cc);
    buf_free(&translated);
    if (c == NULL) {
        PCRE2_UCHAR text[128] = "";
        pcre2_get_error_message(code, text, sizeof text);
        snprintf(err, err_max, "%s", (const char *)text);
        return NULL;
    }
    if (jit)
        pcre2_jit_compile(c, PCRE2_JIT_COMPLETE);
    regex *r = jit ? MEM_NEW(regex) : ARENA_NEW(a, regex);
    r->code = c;
    pcre2_pattern_info(c, PCRE2_INFO_CAPTURECOUNT, &r->groups);
    return r;
}

const regex *regex_new(arena *a, str pattern, bool keep, char *err, size_t err_max)
{
    if (!utf8_valid(pattern)) {
        snprintf(err, err_max, "the pattern is not UTF-8");
        return NULL;
    }
    pthread_rwlock_rdlock(&kept_lock);
    const regex *r = map_get(&kept, pattern);
    bool         room = kept.n < KEPT_MAX;
    pthread_rwlock_unlock(&kept_lock);
    if (r || !keep || !room)
        return r ? r : compile(a, pattern, false, err, err_max);
    pthread_rwlock_wrlock(&kept_lock);
    regex *known = map_get(&kept, pattern);
    if (known == NULL && (known = compile(a, pattern, true, err, err_max)) != NULL)
        map_put(&kept, pattern, known);
    pthread_rwlock_unlock(&kept_lock);
    return known;
}

uint32_t regex_group_count(const regex *r)
{
    return r->groups;
}

int32_t regex_group_number(const regex *r, str name)
{
    char z[40];
    if (name.n >= sizeof z)
        return -1;
    memcpy(z, name.p, name.n);
    z[name.n] = 0;
    int n = pcre2_substring_number_from_name(r->code, (PCRE2_SPTR)z);
    return n > 0 ? n : -1;
}

/* ---- searching */

regex_found regex_search(const regex *r, str s, size_t at, const regex_span **spans)
{
    matcher *m = matcher_of_thread();
    if (at > s.n)
        return REGEX_NONE;
    int n = pcre2_match(r->code, (PCRE2_SPTR)(s.p ? s.p : ""), s.n, at, PCRE2_NO_UTF_CHECK, m->data, m->context);
    if (n == PCRE2_ERROR_NOMATCH)
        return REGEX_NONE;
    if (n <= 0)
        return REGEX_FAILED;
    const PCRE2_SIZE *v = pcre2_get_ovector_pointer(m->data);
    for (uint32_t i = 0; i <= r->groups; i++) {
        bool took_part = i < (uint32_t)n && v[2 * i] != PCRE2_UNSET;
        m->spans[i] = took_part ? (regex_span){v[2 * i], v[2 * i + 1]} : (regex_span){SIZE_MAX, SIZE_MAX};
    }
    *spans = m->spans;
    return REGEX_MATCH;
}

size_t regex_after(str s, regex_span match)
{
    if (match.to > match.from)
        return match.to;
    if (match.to >= s.n)
        return match.to + 1;
    uint32_t len;
    utf8_at(s.p + match.to, s.p + s.n, &len);
    return match.to + len;
}
