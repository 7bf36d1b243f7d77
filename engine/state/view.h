/* Reading stores beside the task that changes them: from any thread, without the task's lock. The task never waits
 * for a reader.
 *
 *     a look-up   one key (and a range of windows) as it is now, uncommitted changes included
 *     a view      one version of some stores, as of the moment it was opened; cursors walk it in slices
 *
 *     view   *v = view_open(stores, n, limits, &st);      the owner, or who holds the task's lock: takes no time
 *     cursor *c = cursor_open(v, 0, &range);              from here on: any thread
 *     while (!cursor_at_end(c)) {
 *         if (!cursor_next(c, &a, items, MAX, &count, &st))
 *             break;                                      ST_EXPIRED
 *         ... count items, which may be 0 before the end ...
 *         arena_reset(&a);
 *     }
 *     cursor_close(c);
 *     view_close(v);
 *
 * While a view is open, the first change of a row that it shows leaves the old one where it stands: a slow reader costs
 * memory. Therefore a view has a time and a size; when one of them is used up the store takes its memory back
 * and the view's cursors fail. They fail as well when the store's owner frees or clears it.
 */
#ifndef ENGINE_STATE_VIEW_H
#define ENGINE_STATE_VIEW_H

#include "base/status.h"
#include "engine/state/store.h"

/* A hold keeps a store from vanishing under its readers when its owner frees it. To be taken while the owner cannot
 * free it; to be released by any thread. */
store *store_hold(store *s);
void   store_release(store *s);

/* ---- look-ups: with a hold, any thread */

/* The row of a table's key, copied into the arena. false: there is none. */
bool store_read(store *s, str key, arena *a, store_row *out);
/* As store_range(), copied into the arena. The rows stood there together at one moment; one that is changed in its
 * place meanwhile is given before or after that. */
uint32_t store_read_range(store *s, str key, int64_t from, int64_t to, arena *a, store_row **out);

/* ---- views */

typedef struct view   view;
typedef struct cursor cursor;

#define STORE_VIEWS_MAX 256 /* open on one store at a time */

typedef struct view_limits {
    int64_t  until_ms;   /* by clock_mono_ms(); INT64_MAX: for ever */
    uint64_t keep_bytes; /* that each store may have to keep for it; UINT64_MAX: any */
} view_limits;

/* One version of n stores of one task. Errors: ST_LIMIT, there are STORE_VIEWS_MAX. */
view *view_open(store *const *stores, size_t n, view_limits limits, status *st);
/* Any thread. Cursors that are open go on: the view ends with the last of them. */
void view_close(view *v);
/* Rows of the store in this version. */
uint64_t view_rows(const view *v, size_t store_index);

/* ---- cursors: one thread at a time */

typedef struct scan_range {
    str      key_from, key_to; /* from <= key < to, by bytes; p NULL: no bound. Borrowed until cursor_close() */
    int64_t  from, to;         /* windowed stores: bounds of start (by_end: end), both included; a table's row has 0 */
    bool     by_end;
    uint64_t limit; /* rows at most */
} scan_range;

#define SCAN_ALL ((scan_range){.from = INT64_MIN, .to = INT64_MAX, .limit = UINT64_MAX})

cursor *cursor_open(view *v, size_t store_index, const scan_range *r);
void    cursor_close(cursor *c);
/* A slice: up to max rows in no order (store_sort_items() sorts what was collected), copied into the arena. It looks at
 * a bounded number of rows, so *n may be 0 before the end. Errors, after which only cursor_close() makes sense, and
 * what this call gave is void: ST_EXPIRED. */
bool cursor_next(cursor *c, arena *a, store_item *out, size_t max, size_t *n, status *st);
bool cursor_at_end(const cursor *c);

#endif
