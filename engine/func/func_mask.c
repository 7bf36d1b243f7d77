/* MASK, MASK_LEFT, MASK_RIGHT, MASK_KEEP_LEFT, MASK_KEEP_RIGHT (spec/functions.md 3.3). */
#include <unictype.h>

#include "engine/func/func_int.h"

enum { CLASS_UPPER, CLASS_LOWER, CLASS_DIGIT, CLASS_OTHER, CLASS_COUNT };

typedef struct masks {
    bool leave[CLASS_COUNT]; /* a NULL mask: the class stays as it is */
    str  with[CLASS_COUNT];
} masks;

static const masks default_masks = {.with = {{"X", 1}, {"x", 1}, {"n", 1}, {"-", 1}}};

/* args[0..3]: the four masks. */
static bool masks_read(ectx *cx, const value *args, masks *m)
{
    *m = default_masks;
    for (int i = 0; i < CLASS_COUNT; i++) {
        m->leave[i] = args[i].state != V_OK;
        if (m->leave[i])
            continue;
        m->with[i] = value_str(args[i]);
        if (utf16_length(m->with[i]) != 1) {
            ectx_fail(cx, "Invalid mask character. Must be only single character, but was '%.*s'", STR_FMT(m->with[i]));
            return false;
        }
    }
    return true;
}

static int class_of(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z'   ? CLASS_UPPER
               : cp >= 'a' && cp <= 'z' ? CLASS_LOWER
               : cp >= '0' && cp <= '9' ? CLASS_DIGIT
                                        : CLASS_OTHER;
    if (uc_is_general_category(cp, UC_UPPERCASE_LETTER))
        return CLASS_UPPER;
    if (uc_is_general_category(cp, UC_LOWERCASE_LETTER))
        return CLASS_LOWER;
    return uc_is_general_category(cp, UC_DECIMAL_DIGIT_NUMBER) ? CLASS_DIGIT : CLASS_OTHER;
}

static void put_masked(buf *b, const masks *m, str s)
{
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        uint32_t len, cp = utf8_at(p, end, &len);
        int      k = class_of(cp);
        if (m->leave[k])
            buf_put(b, p, len);
        else
            buf_puts(b, m->with[k]);
        if (cp >= 0x10000) { /* the reference masks its low surrogate once more */
            if (m->leave[CLASS_OTHER])
                buf_putc(b, '?');
            else
                buf_puts(b, m->with[CLASS_OTHER]);
        }
        p += len;
    }
}

/* Masks units [from, to). */
static value mask_part(ectx *cx, str s, uint32_t from, uint32_t to, uint32_t n, const masks *m)
{
    str  head = utf16_slice(cx->a, s, 0, from), tail = utf16_slice(cx->a, s, to, n);
    str  part = utf16_slice(cx->a, s, from, to);
    buf *b = text_scratch();
    buf_puts(b, head);
    put_masked(b, m, part);
    buf_puts(b, tail);
    return text_scratch_value(cx);
}

typedef enum mask_side { ALL, LEFT, RIGHT, KEEP_LEFT, KEEP_RIGHT } mask_side;

static value mask(ectx *cx, const value *args, mask_side side, const char *name, const value *chars)
{
    masks m = default_masks;
    if (args[0].state != V_OK)
        return VALUE_NULL;
    if (chars && !masks_read(cx, chars, &m))
        return VALUE_ERR;
    str      s = value_str(args[0]);
    uint32_t n = utf16_length(s);
    if (side == ALL)
        return mask_part(cx, s, 0, n, n, &m);
    if (args[1].state != V_OK)
        return VALUE_NULL;
    if (args[1].i < 0)
        return ectx_fail(cx, "function %s requires a non-negative number of characters to mask or skip", name);
    uint32_t k = args[1].i > n ? n : (uint32_t)args[1].i;
    switch (side) {
    case LEFT:
        return mask_part(cx, s, 0, k, n, &m);
    case RIGHT:
        return mask_part(cx, s, n - k, n, n, &m);
    case KEEP_LEFT:
        return mask_part(cx, s, k, n, n, &m);
    default:
        return mask_part(cx, s, 0, n - k, n, &m);
    }
}

#define PAIR(fun, side, count)                                       \
    FN(fun)                                                          \
    {                                                                \
        return mask(cx, args, side, f->row->name, NULL);             \
    }                                                                \
    FN(fun##_with)                                                   \
    {                                                                \
        return mask(cx, args, side, f->row->name, args + 1 + count); \
    }
PAIR(mask_all, ALL, 0)
PAIR(mask_left, LEFT, 1)
PAIR(mask_right, RIGHT, 1)
PAIR(mask_keep_left, KEEP_LEFT, 1)
PAIR(mask_keep_right, KEEP_RIGHT, 1)

#define INPUT "VARCHAR 'input STRING to be masked'"
#define CHARS                                                                                    \
    ", VARCHAR 'upper-case mask, or NULL to use default', VARCHAR 'lower-case mask, or NULL to " \
    "use default', VARCHAR 'digit mask, or NULL to use default', VARCHAR 'mask for other "       \
    "characters, or NULL to use default'"
#define R(n, d, p, fun)                                                                                            \
    {                                                                                                              \
        .name = n, .category = "STRING", .doc = d, .params = p, .returns = "VARCHAR", .fn = fun, .flags = FN_NULLS \
    }
#define COUNTED(n, d, count, fun) \
    R(n, d, INPUT ", INT '" count "'" CHARS, fun##_with), R(n, NULL, INPUT ", INT '" count "'", fun)

const func_row func_mask[] = {
    R("mask", "Replaces letters by x, digits by n and everything else by -, or by given characters.", INPUT, mask_all),
    R("mask", NULL, INPUT CHARS, mask_all_with),
    COUNTED("mask_keep_left", "Masks all but the leftmost characters.",
            "number of characters to keep unmasked at the start", mask_keep_left),
    COUNTED("mask_keep_right", "Masks all but the rightmost characters.",
            "number of characters to keep unmasked at the end", mask_keep_right),
    COUNTED("mask_left", "Masks the leftmost characters.", "number of characters to mask from the start", mask_left),
    COUNTED("mask_right", "Masks the rightmost characters.", "number of characters to mask before the end", mask_right),
    {0},
};
