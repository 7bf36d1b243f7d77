#include "engine/types/decimal.h"

#include <gmp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

#define POW10_I64_MAX 18

static const int64_t pow10_i64[POW10_I64_MAX + 1] = {1LL,
                                                     10LL,
                                                     100LL,
                                                     1000LL,
                                                     10000LL,
                                                     100000LL,
                                                     1000000LL,
                                                     10000000LL,
                                                     100000000LL,
                                                     1000000000LL,
                                                     10000000000LL,
                                                     100000000000LL,
                                                     1000000000000LL,
                                                     10000000000000LL,
                                                     100000000000000LL,
                                                     1000000000000000LL,
                                                     10000000000000000LL,
                                                     100000000000000000LL,
                                                     1000000000000000000LL};

/* ---- between values and GMP */

static void to_mpz(mpz_t z, value x)
{
    if (x.n == 0) {
        mpz_set_si(z, x.i);
        return;
    }
    bool neg = (x.p[0] & 0x80) != 0;
    mpz_import(z, x.n, 1, 1, 1, 0, x.p);
    if (neg) {
        mpz_t m;
        mpz_init_set_ui(m, 1);
        mpz_mul_2exp(m, m, (mp_bitcnt_t)x.n * 8);
        mpz_sub(z, z, m);
        mpz_clear(m);
    }
}

/* Bytes of the minimal two's complement form. */
static size_t twos_size(const mpz_t z)
{
    if (mpz_sgn(z) >= 0)
        return mpz_sizeinbase(z, 2) / 8 + 1;
    mpz_t t;
    mpz_init(t);
    mpz_com(t, z); /* -z - 1 >= 0 has the same sign-free bits */
    size_t n = mpz_sgn(t) == 0 ? 1 : mpz_sizeinbase(t, 2) / 8 + 1;
    mpz_clear(t);
    return n;
}

static void twos_write(const mpz_t z, char *p, size_t n)
{
    mpz_t t;
    mpz_init_set(t, z);
    if (mpz_sgn(z) < 0) {
        mpz_t m;
        mpz_init_set_ui(m, 1);
        mpz_mul_2exp(m, m, (mp_bitcnt_t)n * 8);
        mpz_add(t, t, m);
        mpz_clear(m);
    }
    size_t used = mpz_sgn(t) == 0 ? 0 : (mpz_sizeinbase(t, 2) + 7) / 8;
    memset(p, 0, n);
    mpz_export(p + (n - used), NULL, 1, 1, 1, 0, t);
    mpz_clear(t);
}

static value from_mpz(arena *a, const mpz_t z)
{
    if (mpz_fits_slong_p(z))
        return value_i(mpz_get_si(z));
    size_t n = twos_size(z);
    char  *p = arena_bytes(a, n);
    twos_write(z, p, n);
    return (value){.p = p, .n = (uint32_t)n, .state = V_OK};
}

static void mpz_pow10(mpz_t z, int32_t e)
{
    mpz_ui_pow_ui(z, 10, (unsigned long)e);
}

static void scale_up(mpz_t z, int32_t by)
{
    if (by > 0) {
        mpz_t m;
        mpz_init(m);
        mpz_pow10(m, by);
        mpz_mul(z, z, m);
        mpz_clear(m);
    }
}

static int32_t mpz_digits(const mpz_t z)
{
    if (mpz_sgn(z) == 0)
        return 1;
    size_t n = mpz_sizeinbase(z, 10); /* exact or one too big */
    mpz_t  m;
    mpz_init(m);
    mpz_pow10(m, (int32_t)n - 1);
    if (mpz_cmpabs(z, m) < 0)
        n--;
    mpz_clear(m);
    return (int32_t)n;
}

static value from_i128(arena *a, __int128 v)
{
    if (v >= INT64_MIN && v <= INT64_MAX)
        return value_i((int64_t)v);
    char p[16];
    for (int i = 15; i >= 0; i--, v >>= 8)
        p[i] = (char)(v & 0xff);
    return decimal_from_bytes(a, str_make(p, sizeof p));
}

/* ---- comparing */

int decimal_sign(value x)
{
    if (x.n)
        return x.p[0] & 0x80 ? -1 : 1;
    return (x.i > 0) - (x.i < 0);
}

int decimal_compare(value x, int32_t xs, value y, int32_t ys)
{
    int32_t d = xs - ys;
    if (x.n == 0 && y.n == 0 && d >= -POW10_I64_MAX && d <= POW10_I64_MAX) {
        __int128 p = d < 0 ? (__int128)x.i * pow10_i64[-d] : x.i;
        __int128 q = d > 0 ? (__int128)y.i * pow10_i64[d] : y.i;
        return (p > q) - (p < q);
    }
    mpz_t p, q;
    mpz_inits(p, q, NULL);
    to_mpz(p, x);
    to_mpz(q, y);
    scale_up(p, -d);
    scale_up(q, d);
    int c = mpz_cmp(p, q);
    mpz_clears(p, q, NULL);
    return (c > 0) - (c < 0);
}

/* ---- arithmetic */

static bool arith_mpz(char op, mpz_t r, const mpz_t x, int32_t xs, const mpz_t y, int32_t ys, int32_t s)
{
    mpz_t p, q;
    bool  ok = true;
    mpz_init_set(p, x);
    mpz_init_set(q, y);
    switch (op) {
    case '*':
        mpz_mul(r, p, q); /* scale xs + ys == s */
        break;
    case '/':
        if (mpz_sgn(q) == 0) {
            ok = false;
            break;
        }
        if (s + ys - xs >= 0)
            scale_up(p, s + ys - xs);
        else
            scale_up(q, xs - s - ys);
        ok = mpz_divisible_p(p, q) != 0;
        if (ok)
            mpz_divexact(r, p, q);
        break;
    default:
        scale_up(p, s - xs);
        scale_up(q, s - ys);
        if (op == '+')
            mpz_add(r, p, q);
        else if (op == '-')
            mpz_sub(r, p, q);
        else if (mpz_sgn(q) == 0)
            ok = false;
        else
            mpz_tdiv_r(r, p, q);
    }
    mpz_clears(p, q, NULL);
    return ok;
}

bool decimal_arith(arena *a, char op, value x, int32_t xs, value y, int32_t ys, int32_t p, int32_t s, value *out)
{
    if (x.n == 0 && y.n == 0) { /* 128 bits hold these results, and their types have the digits for them */
        if (op == '*') {
            *out = from_i128(a, (__int128)x.i * y.i);
            return true;
        }
        if ((op == '+' || op == '-') && s - xs <= POW10_I64_MAX && s - ys <= POW10_I64_MAX) {
            __int128 l = (__int128)x.i * pow10_i64[s - xs], r = (__int128)y.i * pow10_i64[s - ys];
            *out = from_i128(a, op == '+' ? l + r : l - r);
            return true;
        }
    }
    mpz_t l, r, z;
    mpz_inits(l, r, z, NULL);
    to_mpz(l, x);
    to_mpz(r, y);
    bool ok = arith_mpz(op, z, l, xs, r, ys, s) && mpz_digits(z) <= p;
    if (ok)
        *out = from_mpz(a, z);
    mpz_clears(l, r, z, NULL);
    return ok;
}

value decimal_negate(arena *a, value x)
{
    if (x.n == 0 && x.i != INT64_MIN)
        return value_i(-x.i);
    mpz_t z;
    mpz_init(z);
    to_mpz(z, x);
    mpz_neg(z, z);
    value v = from_mpz(a, z);
    mpz_clear(z);
    return v;
}

value decimal_abs(arena *a, value x)
{
    return decimal_sign(x) < 0 ? decimal_negate(a, x) : x;
}

/* ---- scale */

/* z := z / 10^by, rounded. */
static bool round_mpz(mpz_t z, int32_t by, decimal_round how)
{
    mpz_t m, q, r;
    mpz_inits(m, q, r, NULL);
    mpz_pow10(m, by);
    mpz_tdiv_qr(q, r, z, m);
    bool ok = true;
    int  sign = mpz_sgn(r);
    if (sign != 0) {
        switch (how) {
        case ROUND_HALF_UP:
            mpz_mul_2exp(r, r, 1);
            if (mpz_cmpabs(r, m) >= 0)
                sign > 0 ? mpz_add_ui(q, q, 1) : mpz_sub_ui(q, q, 1);
            break;
        case ROUND_HALF_CEILING: {
            mpz_mul_2exp(r, r, 1);
            int half = mpz_cmpabs(r, m);
            if (half > 0 || (half == 0 && sign > 0))
                sign > 0 ? mpz_add_ui(q, q, 1) : mpz_sub_ui(q, q, 1);
            break;
        }
        case ROUND_CEILING:
            if (sign > 0)
                mpz_add_ui(q, q, 1);
            break;
        case ROUND_FLOOR:
            if (sign < 0)
                mpz_sub_ui(q, q, 1);
            break;
        case ROUND_DOWN:
            break;
        case ROUND_UNNECESSARY:
            ok = false;
            break;
        }
    }
    if (ok)
        mpz_set(z, q);
    mpz_clears(m, q, r, NULL);
    return ok;
}

/* x / 10^by, rounded; by <= POW10_I64_MAX. */
static bool round_i64(int64_t x, int32_t by, decimal_round how, value *out)
{
    int64_t m = pow10_i64[by], q = x / m, r = x % m, twice = 2 * (r < 0 ? -r : r);
    int64_t away = r > 0 ? 1 : -1;
    bool    up = false;
    if (r != 0) {
        switch (how) {
        case ROUND_HALF_UP:
            up = twice >= m;
            break;
        case ROUND_HALF_CEILING:
            up = twice > m || (twice == m && r > 0);
            break;
        case ROUND_CEILING:
            up = r > 0;
            break;
        case ROUND_FLOOR:
            up = r < 0;
            break;
        case ROUND_DOWN:
            break;
        case ROUND_UNNECESSARY:
            return false;
        }
    }
    *out = value_i(up ? q + away : q);
    return true;
}

bool decimal_rescale(arena *a, value x, int32_t from, int32_t to, decimal_round r, value *out)
{
    if (from == to) {
        *out = x;
        return true;
    }
    if (x.n == 0 && to > from && to - from <= POW10_I64_MAX) {
        *out = from_i128(a, (__int128)x.i * pow10_i64[to - from]);
        return true;
    }
    if (x.n == 0 && from > to && from - to <= POW10_I64_MAX)
        return round_i64(x.i, from - to, r, out);
    mpz_t z;
    mpz_init(z);
    to_mpz(z, x);
    bool ok = true;
    if (to > from)
        scale_up(z, to - from);
    else
        ok = round_mpz(z, from - to, r);
    if (ok)
        *out = from_mpz(a, z);
    mpz_clear(z);
    return ok;
}

bool decimal_fits(value x, int32_t scale, int32_t p, int32_t s)
{
    /* |u| * 10^-scale < 10^(p-s)  <=>  |u| < 10^(p-s+scale) */
    int32_t e = p - s + scale;
    if (e < 0)
        return decimal_sign(x) == 0;
    if (x.n == 0 && e <= POW10_I64_MAX)
        return x.i < pow10_i64[e] && x.i > -pow10_i64[e];
    if (x.n == 0)
        return true; /* 10^19 is more than any int64 */
    mpz_t z, m;
    mpz_inits(z, m, NULL);
    to_mpz(z, x);
    mpz_pow10(m, e);
    bool ok = mpz_cmpabs(z, m) < 0;
    mpz_clears(z, m, NULL);
    return ok;
}

bool decimal_cast(arena *a, value x, int32_t scale, int32_t p, int32_t s, value *out, buf *err)
{
    if (!decimal_fits(x, scale, p, s)) {
        if (err)
            decimal_overflow_text(err, x, scale, p, s);
        return false;
    }
    return decimal_rescale(a, x, scale, s, ROUND_HALF_UP, out);
}

int32_t decimal_digits(value x)
{
    if (x.n == 0) {
        uint64_t u = x.i < 0 ? 0 - (uint64_t)x.i : (uint64_t)x.i;
        int32_t  n = 1;
        while (u >= 10) {
            u /= 10;
            n++;
        }
        return n;
    }
    mpz_t z;
    mpz_init(z);
    to_mpz(z, x);
    int32_t n = mpz_digits(z);
    mpz_clear(z);
    return n;
}

value decimal_round_digits(arena *a, value x, int32_t *scale, int32_t p)
{
    int32_t n = decimal_digits(x);
    if (n <= p)
        return x;
    value out;
    decimal_rescale(a, x, *scale, *scale - (n - p), ROUND_HALF_UP, &out);
    *scale -= n - p;
    if (decimal_digits(out) > p) /* 99.9 became 100 */
        return decimal_round_digits(a, out, scale, p);
    return out;
}

/* ---- text and other forms */

bool decimal_parse(arena *a, str s, value *out, int32_t *scale)
{
    uint32_t i = 0;
    bool     neg = false;
    if (s.n && (s.p[0] == '+' || s.p[0] == '-')) {
        neg = s.p[0] == '-';
        i = 1;
    }
    int64_t  small = 0;
    bool     fits = true;
    int64_t  sc = 0;
    uint32_t digits = 0, first = i;
    bool     point = false;
    for (; i < s.n; i++) {
        char c = s.p[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        digits++;
        if (point)
            sc++;
        if (fits && (__builtin_mul_overflow(small, 10, &small) || __builtin_sub_overflow(small, c - '0', &small)))
            fits = false;
    }
    uint32_t last = i;
    if (digits == 0)
        return false;
    if (i < s.n) {
        if (s.p[i] != 'e' && s.p[i] != 'E')
            return false;
        int64_t e;
        if (!num_parse_i64(str_make(s.p + i + 1, s.n - i - 1), &e) || e > DECIMAL_DIGITS_MAX || e < -DECIMAL_DIGITS_MAX)
            return false;
        sc -= e;
    }
    if (sc > DECIMAL_DIGITS_MAX || sc < -DECIMAL_DIGITS_MAX)
        return false;
    *scale = (int32_t)sc;
    if (fits && (neg || small != INT64_MIN)) {
        *out = value_i(neg ? small : -small);
        return true;
    }
    char    *z = mem_alloc((size_t)(last - first) + 1);
    uint32_t n = 0;
    for (uint32_t k = first; k < last; k++)
        if (s.p[k] != '.')
            z[n++] = s.p[k];
    z[n] = 0;
    mpz_t m;
    mpz_init_set_str(m, z, 10);
    mem_free(z);
    if (neg)
        mpz_neg(m, m);
    *out = from_mpz(a, m);
    mpz_clear(m);
    return true;
}

value decimal_from_double_exact(arena *a, double d, int32_t *scale)
{
    /* d = m * 2^e; a negative e needs exactly -e decimals: m * 5^-e / 10^-e. */
    int     e;
    double  f = frexp(d, &e);
    int64_t m = (int64_t)ldexp(f, 53);
    e -= 53;
    while (m != 0 && (m & 1) == 0 && e < 0) {
        m >>= 1;
        e++;
    }
    mpz_t z, w;
    mpz_inits(z, w, NULL);
    mpz_set_si(z, m);
    *scale = 0;
    if (e >= 0) {
        mpz_mul_2exp(z, z, (mp_bitcnt_t)e);
    } else if (m != 0) {
        mpz_ui_pow_ui(w, 5, (unsigned long)-e);
        mpz_mul(z, z, w);
        *scale = -e;
    }
    value v = from_mpz(a, z);
    mpz_clears(z, w, NULL);
    return v;
}

value decimal_from_double(arena *a, double d, int32_t *scale)
{
    char buf_space[64];
    buf  b = {buf_space, 0, sizeof buf_space, sizeof buf_space, false};
    double_text(&b, d);
    value v = VALUE_NULL;
    *scale = 0;
    decimal_parse(a, buf_str(&b), &v, scale);
    return v;
}

double decimal_to_double(value x, int32_t scale)
{
    /* Exact when both the number and the power of ten are: one correctly rounded division. */
    if (x.n == 0 && x.i > -(1LL << 53) && x.i < (1LL << 53) && scale >= 0 && scale <= 22) {
        static const double p10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
        return (double)x.i / p10[scale];
    }
    buf b = BUF_INIT(BUF_MAX);
    decimal_text(&b, x, scale);
    buf_putc(&b, 0);
    double d = strtod(b.p, NULL);
    buf_free(&b);
    return d;
}

int64_t decimal_to_i64(value x, int32_t scale)
{
    if (x.n == 0 && scale >= 0) {
        if (scale > POW10_I64_MAX)
            return 0;
        return x.i / pow10_i64[scale];
    }
    mpz_t z;
    mpz_init(z);
    to_mpz(z, x);
    if (scale > 0)
        round_mpz(z, scale, ROUND_DOWN);
    else
        scale_up(z, -scale);
    mpz_t m;
    mpz_init(m);
    mpz_fdiv_r_2exp(m, z, 64); /* low 64 bits in two's complement */
    uint64_t u = mpz_get_ui(m);
    mpz_clears(z, m, NULL);
    return (int64_t)u;
}

/* Digits without sign, NUL-terminated; the caller frees. */
static char *digits_of(value x, bool *neg)
{
    *neg = decimal_sign(x) < 0;
    char *z;
    if (x.n == 0) {
        z = mem_alloc(24);
        uint64_t u = *neg ? 0 - (uint64_t)x.i : (uint64_t)x.i;
        snprintf(z, 24, "%lu", u);
        return z;
    }
    mpz_t m;
    mpz_init(m);
    to_mpz(m, x);
    mpz_abs(m, m);
    z = mem_alloc(mpz_sizeinbase(m, 10) + 2);
    mpz_get_str(z, 10, m);
    mpz_clear(m);
    return z;
}

static void put_plain(buf *out, const char *z, int32_t n, int32_t scale)
{
    if (scale <= 0) {
        buf_put(out, z, (size_t)n);
        for (int32_t i = 0; i < -scale && !(n == 1 && z[0] == '0'); i++)
            buf_putc(out, '0');
    } else if (n > scale) {
        buf_put(out, z, (size_t)(n - scale));
        buf_putc(out, '.');
        buf_put(out, z + (n - scale), (size_t)scale);
    } else {
        buf_putz(out, "0.");
        for (int32_t i = n; i < scale; i++)
            buf_putc(out, '0');
        buf_put(out, z, (size_t)n);
    }
}

void decimal_text_plain(buf *out, value x, int32_t scale)
{
    bool  neg;
    char *z = digits_of(x, &neg);
    if (neg)
        buf_putc(out, '-');
    put_plain(out, z, (int32_t)strlen(z), scale);
    mem_free(z);
}

void decimal_overflow_text(buf *out, value x, int32_t scale, int32_t p, int32_t s)
{
    buf_printf(out,
               "Numeric field overflow: A field with precision %d and scale %d must round to an absolute value "
               "less than 10^%d. Got ",
               p, s, p - s);
    decimal_text_plain(out, x, scale);
}

void decimal_text(buf *out, value x, int32_t scale)
{
    if (x.n == 0 && scale >= 0 && scale <= 6) { /* the adjusted exponent is at least -6: plain */
        char     tmp[24];
        int      n = 0;
        uint64_t u = x.i < 0 ? 0 - (uint64_t)x.i : (uint64_t)x.i;
        do {
            tmp[n++] = (char)('0' + u % 10);
            u /= 10;
        } while (u != 0 || n <= scale);
        if (!buf_reserve(out, 32))
            return;
        if (x.i < 0)
            out->p[out->n++] = '-';
        while (n > 0) {
            if (n == scale)
                out->p[out->n++] = '.';
            out->p[out->n++] = tmp[--n];
        }
        return;
    }
    bool    neg;
    char   *z = digits_of(x, &neg);
    int32_t n = (int32_t)strlen(z);
    int64_t adjusted = -(int64_t)scale + (n - 1);
    if (neg)
        buf_putc(out, '-');
    if (scale >= 0 && adjusted >= -6) {
        put_plain(out, z, n, scale);
    } else {
        buf_putc(out, z[0]);
        if (n > 1) {
            buf_putc(out, '.');
            buf_put(out, z + 1, (size_t)n - 1);
        }
        if (adjusted != 0)
            buf_printf(out, "E%+ld", adjusted);
    }
    mem_free(z);
}

void decimal_to_bytes(buf *out, value x)
{
    if (x.n) {
        buf_put(out, x.p, x.n);
        return;
    }
    int n = 8;
    while (n > 1) {
        int64_t top = x.i >> (8 * (n - 1) - 1); /* the sign bit of the shorter form and above */
        if (top != 0 && top != -1)
            break;
        n--;
    }
    for (int i = n - 1; i >= 0; i--)
        buf_putc(out, (char)(x.i >> (8 * i)));
}

value decimal_from_bytes(arena *a, str b)
{
    if (b.n == 0)
        return value_i(0);
    while (b.n > 8 && ((b.p[0] == 0 && !(b.p[1] & 0x80)) || ((uint8_t)b.p[0] == 0xff && (b.p[1] & 0x80)))) {
        b.p++;
        b.n--;
    }
    if (b.n <= 8) {
        int64_t v = b.p[0] & 0x80 ? -1 : 0;
        for (uint32_t i = 0; i < b.n; i++)
            v = (int64_t)((uint64_t)v << 8 | (uint8_t)b.p[i]);
        return value_i(v);
    }
    str c = str_dup(a, b);
    return (value){.p = c.p, .n = c.n, .state = V_OK};
}
