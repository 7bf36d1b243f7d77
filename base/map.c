#include "base/map.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"

void map_free(map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        mem_free(m->slots[i].key);
    mem_free(m->slots);
    *m = (map){0};
}

static map_slot *find(const map *m, str key, uint64_t h)
{
    for (size_t i = h & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        map_slot *s = &m->slots[i];
        if (s->key == NULL)
            return s;
        if (s->hash == h && s->key_n == key.n && (key.n == 0 || memcmp(s->key, key.p, key.n) == 0))
            return s;
    }
}

void *map_get(const map *m, str key)
{
    if (m->cap == 0)
        return NULL;
    map_slot *s = find(m, key, hash_bytes(key.p, key.n));
    return s->key ? s->value : NULL;
}

static void grow(map *m)
{
    map old = *m;
    m->cap = old.cap ? old.cap * 2 : 16;
    m->slots = mem_zalloc(m->cap * sizeof *m->slots);
    for (size_t i = 0; i < old.cap; i++) {
        const map_slot *s = &old.slots[i];
        if (s->key)
            *find(m, str_make(s->key, s->key_n), s->hash) = *s;
    }
    mem_free(old.slots);
}

void *map_put(map *m, str key, void *value)
{
    if ((m->n + 1) * 4 > m->cap * 3)
        grow(m);
    uint64_t  h = hash_bytes(key.p, key.n);
    map_slot *s = find(m, key, h);
    void     *was = NULL;
    if (s->key) {
        was = s->value;
    } else {
        s->key = mem_dup(key.p, key.n);
        s->key_n = key.n;
        s->hash = h;
        m->n++;
    }
    s->value = value;
    return was;
}

void *map_del(map *m, str key)
{
    if (m->cap == 0)
        return NULL;
    map_slot *s = find(m, key, hash_bytes(key.p, key.n));
    if (s->key == NULL)
        return NULL;
    void *was = s->value;
    mem_free(s->key);
    *s = (map_slot){0};
    m->n--;
    /* Close the gap: any later slot of the same run moves back if its home lies at or before it. */
    size_t mask = m->cap - 1, hole = (size_t)(s - m->slots);
    for (size_t i = (hole + 1) & mask; m->slots[i].key; i = (i + 1) & mask) {
        size_t home = m->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            m->slots[i] = (map_slot){0};
            hole = i;
        }
    }
    return was;
}

bool map_next(const map *m, size_t *at, str *key, void **value)
{
    for (; *at < m->cap; (*at)++) {
        const map_slot *s = &m->slots[*at];
        if (s->key) {
            *key = str_make(s->key, s->key_n);
            *value = s->value;
            (*at)++;
            return true;
        }
    }
    return false;
}

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

str *map_sorted_keys(const map *m, arena *a)
{
    str   *keys = arena_alloc(a, (m->n + 1) * sizeof *keys);
    size_t n = 0;
    void  *v;
    for (size_t i = 0; map_next(m, &i, &keys[n], &v);)
        n++;
    qsort(keys, n, sizeof *keys, by_bytes);
    return keys;
}
