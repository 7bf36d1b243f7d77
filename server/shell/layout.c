#include "server/shell/layout.h"

#include <unistr.h>
#include <uniwidth.h>

/* The character at p and its width in columns. */
static uint32_t next_char(const char *p, const char *end, int *width)
{
    ucs4_t uc;
    int    n = u8_mbtouc(&uc, (const uint8_t *)p, (size_t)(end - p));
    *width = uc_width(uc, "UTF-8");
    if (*width < 0) /* a control character, shown as a blank */
        *width = 1;
    return (uint32_t)n;
}

int text_width(str s)
{
    int sum = 0, w;
    for (const char *p = s.p, *end = s.p + s.n; p < end; sum += w)
        p += next_char(p, end, &w);
    return sum;
}

uint32_t text_fit(str s, int width)
{
    const char *p = s.p, *end = s.p + s.n;
    while (p < end) {
        int      w;
        uint32_t n = next_char(p, end, &w);
        if (w > width && p > s.p)
            break;
        width -= w;
        p += n;
    }
    return (uint32_t)(p - s.p);
}

static void put_repeated(buf *out, char c, int n)
{
    for (int i = 0; i < n; i++)
        buf_putc(out, c);
}

/* A cell is on one line whatever it holds. */
static void put_line_text(buf *out, str s)
{
    for (uint32_t i = 0; i < s.n; i++)
        buf_putc(out, (uint8_t)s.p[i] < 0x20 || s.p[i] == 0x7f ? ' ' : s.p[i]);
}

/* ---- tables */

table table_new(arena *a, const char *const *headers, uint32_t columns)
{
    table t = {.a = a, .columns = columns};
    for (uint32_t i = 0; i < columns; i++)
        table_put(&t, str_of(headers[i]));
    return t;
}

void table_put(table *t, str cell)
{
    AVEC_PUSH(t->a, &t->cells, cell);
}

void table_print(buf *out, const table *t, int screen_width)
{
    int widths[TABLE_COLUMNS_MAX] = {0}, rule = -1;
    for (size_t i = 0; i < t->cells.n; i++) {
        int w = text_width(t->cells.p[i]);
        if (w > widths[i % t->columns])
            widths[i % t->columns] = w;
    }
    for (uint32_t c = 0; c < t->columns; c++)
        rule += widths[c] + 3;
    if (rule > screen_width)
        rule = screen_width;
    for (size_t i = 0; i < t->cells.n; i++) {
        size_t c = i % t->columns;
        bool   last = c + 1 == t->columns;
        buf_putz(out, c ? " | " : " ");
        put_line_text(out, t->cells.p[i]);
        put_repeated(out, ' ', widths[c] - text_width(t->cells.p[i]));
        if (last)
            buf_putz(out, " \n");
        if (i + 1 == t->columns || i + 1 == t->cells.n) {
            put_repeated(out, '-', rule);
            buf_putc(out, '\n');
        }
    }
    if (t->cells.n == t->columns) { /* no rows: the lower rule */
        put_repeated(out, '-', rule);
        buf_putc(out, '\n');
    }
}

/* ---- rows */

row_layout row_layout_new(uint32_t columns, int cell_width, int screen_width, bool wrap)
{
    if (cell_width <= 0) {
        cell_width = columns ? screen_width / (int)columns - 2 : screen_width;
        if (cell_width < ROW_CELL_WIDTH_MIN)
            cell_width = ROW_CELL_WIDTH_MIN;
    }
    return (row_layout){columns, cell_width, wrap};
}

static void put_border(buf *out, const row_layout *l)
{
    buf_putc(out, '+');
    for (uint32_t i = 0; i < l->columns; i++) {
        put_repeated(out, '-', l->width);
        buf_putc(out, '+');
    }
    buf_putc(out, '\n');
}

static void put_cell(buf *out, const row_layout *l, str part)
{
    put_line_text(out, part);
    put_repeated(out, ' ', l->width - text_width(part));
    buf_putc(out, '|');
}

/* Takes the next line's worth of a cell off its front; line breaks in the text break lines. */
static str take_part(str *cell, int width)
{
    int64_t  br = str_find_char(*cell, '\n');
    str      line = br < 0 ? *cell : str_make(cell->p, (size_t)br);
    uint32_t n = text_fit(line, width);
    str      part = str_make(cell->p, n);
    n += n == line.n && br >= 0;
    *cell = str_make(cell->p + n, cell->n - n);
    return part;
}

static void put_wrapped(buf *out, const row_layout *l, const str *cells)
{
    arena a;
    arena_init(&a);
    str *rest = arena_dup(&a, cells, l->columns * sizeof *cells);
    for (bool more = true; more;) {
        more = false;
        buf_putc(out, '|');
        for (uint32_t i = 0; i < l->columns; i++) {
            put_cell(out, l, take_part(&rest[i], l->width));
            more |= rest[i].n > 0;
        }
        buf_putc(out, '\n');
    }
    arena_free(&a);
}

static void put_cut(buf *out, const row_layout *l, const str *cells)
{
    buf_putc(out, '|');
    for (uint32_t i = 0; i < l->columns; i++) {
        str cell = cells[i];
        if (text_width(cell) <= l->width) {
            put_cell(out, l, cell);
            continue;
        }
        int dots = l->width < 3 ? l->width : 3;
        str head = str_make(cell.p, l->width > dots ? text_fit(cell, l->width - dots) : 0);
        put_line_text(out, head);
        put_repeated(out, '.', dots);
        put_repeated(out, ' ', l->width - dots - text_width(head));
        buf_putc(out, '|');
    }
    buf_putc(out, '\n');
}

void row_layout_header(buf *out, const row_layout *l, const str *names)
{
    put_border(out, l);
    put_wrapped(out, l, names);
    put_border(out, l);
}

void row_layout_row(buf *out, const row_layout *l, const str *cells)
{
    if (l->wrap)
        put_wrapped(out, l, cells);
    else
        put_cut(out, l, cells);
}
