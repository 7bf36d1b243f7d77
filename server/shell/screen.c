#include "server/shell/screen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

void screen_init(screen *s, bool interactive)
{
    bool terminal = isatty(STDOUT_FILENO) == 1;
    *s = (screen){
        .out = stdout,
        .err = interactive ? stdout : stderr,
        .terminal = terminal,
        .colour = isatty(interactive ? STDOUT_FILENO : STDERR_FILENO) == 1 && getenv("NO_COLOR") == NULL,
    };
}

int screen_width(const screen *s)
{
    struct winsize size;
    if (s->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    return SCREEN_WIDTH_DEFAULT;
}

/* C1 controls are the two bytes c2 80 to c2 9f. */
static void put_clean(FILE *to, str s)
{
    for (uint32_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        bool    c1 = c == 0xc2 && i + 1 < s.n && (uint8_t)s.p[i + 1] < 0xa0;
        if (c1)
            i++;
        else if ((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t')
            putc(c, to);
    }
}

void screen_put(screen *s, str text)
{
    screen_unnote(s);
    put_clean(s->out, text);
    if (s->spool)
        put_clean(s->spool, text);
}

void screen_printf(screen *s, const char *fmt, ...)
{
    va_list args;
    char   *text;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    screen_put(s, str_make(text, (size_t)n));
    free(text); /* vasprintf's */
}

void screen_error(screen *s, str text)
{
    screen_flush(s);
    if (s->colour)
        fputs("\033[31m", s->err);
    put_clean(s->err, text);
    fputs(s->colour ? "\033[0m\n" : "\n", s->err);
    fflush(s->err);
    if (s->spool) {
        put_clean(s->spool, text);
        putc('\n', s->spool);
    }
}

void screen_flush(screen *s)
{
    screen_unnote(s);
    fflush(s->out);
    if (s->spool)
        fflush(s->spool);
}

void screen_clear(screen *s)
{
    if (s->terminal)
        fputs("\033[H\033[2J\033[3J", s->out);
    fflush(s->out);
}

void screen_note(screen *s, const char *text)
{
    if (s->noted || !s->terminal)
        return;
    s->noted = true;
    fprintf(s->out, "\033[7m%s\033[0m", text);
    fflush(s->out);
}

void screen_unnote(screen *s)
{
    if (!s->noted)
        return;
    s->noted = false;
    fputs("\r\033[K", s->out);
}
