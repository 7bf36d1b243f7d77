#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int         error_code;
    int         kafka_code;
    bool        may_pass;
} codes[] = {
#define MAY_PASS true
#define NEVER false
#define X(name, http, kafka, again) {#name, http, kafka, again},
    ST_CODES(X)
#undef X
#undef NEVER
#undef MAY_PASS
};

/* Marks a message that did not fit, without cutting a UTF-8 sequence in two. */
static void mark_cut(char *msg)
{
    size_t n = ST_MSG_MAX - 4;
    while (n > 0 && ((unsigned char)msg[n] & 0xc0) == 0x80)
        n--;
    memcpy(msg + n, "\xe2\x80\xa6", 4);
}

__attribute__((format(printf, 4, 0))) static void set(status *st, st_code code, uint32_t place, const char *fmt,
                                                      va_list ap)
{
    st->code = code;
    st->place = place;
    if (vsnprintf(st->msg, ST_MSG_MAX, fmt, ap) >= ST_MSG_MAX)
        mark_cut(st->msg);
}

bool status_set(status *st, st_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    set(st, code, ST_NO_PLACE, fmt, ap);
    va_end(ap);
    return false;
}

bool status_set_at(status *st, st_code code, uint32_t place, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    set(st, code, place, fmt, ap);
    va_end(ap);
    return false;
}

bool status_prefix(status *st, const char *fmt, ...)
{
    char    old[ST_MSG_MAX];
    va_list ap;
    memcpy(old, st->msg, sizeof old);
    va_start(ap, fmt);
    int n = vsnprintf(st->msg, ST_MSG_MAX, fmt, ap);
    va_end(ap);
    if (n < 0 || n >= ST_MSG_MAX) {
        mark_cut(st->msg);
        return false;
    }
    size_t left = ST_MSG_MAX - (size_t)n, len = strlen(old);
    if (len >= left) {
        memcpy(st->msg + n, old, left - 1);
        st->msg[ST_MSG_MAX - 1] = 0;
        mark_cut(st->msg);
    } else {
        memcpy(st->msg + n, old, len + 1);
    }
    return false;
}

bool status_append(status *st, const char *fmt, ...)
{
    size_t  n = strlen(st->msg), left = ST_MSG_MAX - n;
    va_list ap;
    va_start(ap, fmt);
    if (vsnprintf(st->msg + n, left, fmt, ap) >= (int)left)
        mark_cut(st->msg);
    va_end(ap);
    return false;
}

const char *status_name(st_code code)
{
    return codes[code].name;
}

int status_error_code(st_code code)
{
    return codes[code].error_code;
}

bool status_may_pass(st_code code)
{
    return codes[code].may_pass;
}

int status_kafka_code(st_code code)
{
    return codes[code].kafka_code;
}
