/* A persistent hash map from bytes to a counted pointer: copies cost nothing and share what did not change.
 *
 *     workload: a catalog of 0 to 10^5 entries; a statement copies it, changes one or two entries of the copy and
 *     publishes it, while readers go on with the version they found. Look-ups are off the hot path.
 *
 * A trie of 32-way nodes by the key's hash (Bagwell's hash array mapped trie). Nodes carry reference counts; a change
 * copies the nodes on its path that another copy shares and writes the others in place. Keys are copied, values
 * are held by the map through pmap_kind.
 *
 * Threads: any number may read copies that share nodes; one map is changed by one thread at a time.
 */
#ifndef BASE_PMAP_H
#define BASE_PMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

struct pmap_node;

/* How values are held; both are called from any thread. */
typedef struct pmap_kind {
    void (*ref)(void *value);
    void (*unref)(void *value);
} pmap_kind;

typedef struct pmap {
    struct pmap_node *root; /* NULL: empty */
    size_t            n;    /* entries */
    const pmap_kind  *kind;
} pmap;

void  pmap_init(pmap *m, const pmap_kind *kind);
void  pmap_free(pmap *m); /* lets go of all values; m may be used again */
void  pmap_copy(pmap *to, const pmap *from);
void *pmap_get(const pmap *m, str key); /* borrowed; NULL when absent */
/* Adds or replaces. Takes over one reference of value, which must not be NULL. */
void pmap_put(pmap *m, str key, void *value);
bool pmap_del(pmap *m, str key); /* was it there? */

/* Calls each for every entry, in no order that callers may rely on; m must not change meanwhile. */
void pmap_each(const pmap *m, void (*each)(void *ctx, str key, void *value), void *ctx);

typedef struct pmap_entry {
    str   key;
    void *value; /* borrowed */
} pmap_entry;
/* All entries in byte order of their keys: an array of m->n in the arena, whose keys point into the map. */
pmap_entry *pmap_sorted(const pmap *m, arena *a);

#endif
