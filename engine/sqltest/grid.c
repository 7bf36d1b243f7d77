#include "engine/sqltest/sqltest_int.h"

static uint32_t characters(str s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.n; i++)
        n += ((uint8_t)s.p[i] & 0xC0) != 0x80;
    return n;
}

/* The cell as it is shown: on one line, and not too long. Returns its characters. */
static uint32_t put_cell(buf *out, str s)
{
    uint32_t n = characters(s), shown = 0;
    for (uint32_t i = 0; i < s.n; i++) {
        bool starts = ((uint8_t)s.p[i] & 0xC0) != 0x80;
        if (n > GRID_CELL_MAX && starts && shown == GRID_CELL_MAX - 3) {
            buf_putz(out, "...");
            return GRID_CELL_MAX;
        }
        buf_putc(out, (uint8_t)s.p[i] < 0x20 ? ' ' : s.p[i]);
        shown += starts;
    }
    return n;
}

void grid_put(buf *out, const str *const *rows, size_t row_count, size_t columns)
{
    for (size_t r = 0; r < row_count; r++) {
        for (size_t c = 0; c < columns; c++) {
            uint32_t width = 0;
            for (size_t k = 0; k < row_count; k++) {
                uint32_t n = characters(rows[k][c]);
                n = n > GRID_CELL_MAX ? GRID_CELL_MAX : n;
                width = n > width ? n : width;
            }
            buf_putz(out, c ? " | " : "");
            uint32_t n = put_cell(out, rows[r][c]);
            for (; n < width && c + 1 < columns; n++)
                buf_putc(out, ' ');
        }
        while (out->n && out->p[out->n - 1] == ' ')
            out->n--;
        buf_putc(out, '\n');
    }
}
