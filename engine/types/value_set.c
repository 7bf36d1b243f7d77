/* Hash sets of SQL values, for the set functions on arrays and for building maps. */
#include "engine/types/value_set.h"

#include <math.h>

#include "base/num.h"

static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdull;
    h ^= h >> 33;
    return h * 0xc4ceb9fe1a85ec53ull;
}

static uint64_t hash(const type *t, value v)
{
    uint64_t h = 0;
    if (v.state != V_OK)
        return 0x9e3779b97f4a7c15ull;
    switch (t->kind) {
    case T_STRING:
    case T_BYTES:
        return hash_bytes(v.p, v.n);
    case T_DECIMAL:
        return v.n ? hash_bytes(v.p, v.n) : mix((uint64_t)v.i);
    case T_DOUBLE:
        return isnan(v.d) ? 1 : mix((uint64_t)v.i);
    case T_ARRAY:
        for (uint32_t i = 0; i < v.n; i++)
            h = mix(h + hash(t->elem, v.v[i]));
        return h;
    case T_STRUCT:
        for (uint32_t i = 0; i < t->field_count; i++)
            h = mix(h + hash(t->fields[i].type, v.v[i]));
        return h;
    case T_MAP: /* equal maps may hold their entries in different orders */
        for (uint32_t i = 0; i < v.n; i++)
            h += mix(hash(t->key, v.v[2 * i]) + mix(hash(t->elem, v.v[2 * i + 1])));
        return h;
    default:
        return mix((uint64_t)v.i);
    }
}

void value_set_init(value_set *s, arena *a, const type *t, uint32_t expected)
{
    *s = (value_set){.t = t, .a = a, .cap = 8, .room = expected ? expected : 1};
    while (s->cap < 2 * (uint64_t)expected)
        s->cap *= 2;
    s->slots = ARENA_ARRAY(a, uint32_t, s->cap);
    s->members = arena_alloc(a, s->room * sizeof *s->members);
}

/* The slot of v, or the free one where it belongs. */
static uint32_t *slot_of(const value_set *s, value v)
{
    uint32_t at = (uint32_t)hash(s->t, v) & (s->cap - 1);
    while (s->slots[at] && !value_equal(s->t, s->members[s->slots[at] - 1], v))
        at = (at + 1) & (s->cap - 1);
    return &s->slots[at];
}

static void grow(value_set *s)
{
    value_set b;
    value_set_init(&b, s->a, s->t, s->room * 2);
    for (uint32_t i = 0; i < s->n; i++) {
        *slot_of(&b, s->members[i]) = i + 1;
        b.members[b.n++] = s->members[i];
    }
    *s = b;
}

uint32_t value_set_add(value_set *s, value v, bool *added)
{
    uint32_t *slot = slot_of(s, v);
    *added = *slot == 0;
    if (*slot)
        return *slot - 1;
    if (s->n == s->room) {
        grow(s);
        slot = slot_of(s, v);
    }
    s->members[s->n++] = v;
    *slot = s->n;
    return s->n - 1;
}

bool value_set_has(const value_set *s, value v)
{
    return *slot_of(s, v) != 0;
}

void map_build_init(map_build *m, arena *a, const type *key_type, uint32_t entries_max)
{
    value_set_init(&m->keys, a, key_type, entries_max);
    m->entries = arena_alloc(a, 2 * (size_t)entries_max * sizeof *m->entries);
}

void map_build_put(map_build *m, value k, value v)
{
    bool     added;
    uint32_t i = value_set_add(&m->keys, k, &added);
    if (added)
        m->entries[2 * i] = k;
    m->entries[2 * i + 1] = v;
}

value map_build_done(map_build *m, uint16_t flags)
{
    value v = value_v(m->entries, m->keys.n);
    v.flags = flags;
    return v;
}
