/* State of a task: rows in memory, found by their serialised key.
 *
 * Two shapes: a table holds one row a key; a windowed store holds for each key a list of rows ordered
 * by (start, end), which serves time windows, sessions and the windows of stream-stream joins.
 *
 *     workload: a get and a put per input record, 10^2 to 10^7 keys, rows of 10 to 1,000 bytes;
 *     look-ups and scans of other threads beside it (view.h); scans of the owner are rare (closing of windows)
 *
 * Rows are bytes (format.h's row encoding). This page is the writer's side: one thread at a time, the
 * task's worker or who holds the task's lock. What a look-up returns points into the store and stays
 * valid until its next change. view.h is for everybody else. README.md tells how it lies in memory.
 */
#ifndef ENGINE_STATE_STORE_H
#define ENGINE_STATE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

typedef struct store store;

typedef struct store_row {
    int64_t start, end; /* windowed stores; else 0 */
    int64_t ts;         /* timestamp kept with the row */
    str     bytes;
    void   *place; /* the store's own: where the row stands; NULL in what view.h gives */
} store_row;

typedef struct store_item {
    str       key;
    store_row row;
} store_item;

store *store_new(bool windowed);
/* The owner is done with it. Its memory goes at once, or with the last hold (view.h) that a reader has. NULL: nothing.
 */
void store_free(store *s);
/* Empties it. Views that are open end. */
void store_clear(store *s);

/* Makes room for so many keys at once, instead of growing to it step by step. */
void store_reserve(store *s, uint64_t keys);

bool     store_is_windowed(const store *s);
uint64_t store_keys(const store *s);
uint64_t store_rows(const store *s);
/* Memory held, to the byte but for malloc's own; book-keeping included, and what readers hold back. */
uint64_t store_bytes(const store *s);
/* Of that, what stands only because a view is open (view.h). */
uint64_t store_bytes_for_views(const store *s);

/* Gives back what readers are done with, in a step of bounded length; ends views that are over time. To be called
 * every now and then, as at the end of a slice: with no view open it costs nothing. */
void store_tend(store *s);

/* These keys will be asked for next: sets off fetching what they lead to from memory, for all at once, so
 * that the look-ups do not wait for it one after the other. At most STORE_EXPECT_MAX. */
#define STORE_EXPECT_MAX 16
void store_expect(const store *s, const str *keys, uint32_t n);

/* Puts other bytes in the place of a row that was looked up, when the store has not changed since. Here and
 * below, a row that is put does not point into the store itself. */
void store_replace(store *s, const store_row *was, str row, int64_t ts);

/* ---- tables */

bool store_get(const store *s, str key, store_row *out);
void store_put(store *s, str key, str row, int64_t ts);
bool store_delete(store *s, str key); /* was it there? */

/* ---- windowed stores */

/* The row of exactly this window. */
bool store_get_window(const store *s, str key, int64_t start, int64_t end, store_row *out);
void store_put_window(store *s, str key, int64_t start, int64_t end, str row, int64_t ts);
bool store_delete_window(store *s, str key, int64_t start, int64_t end);
/* Adds a row even if one with this start is there; equal starts stay in order of arrival. */
void store_add_window(store *s, str key, int64_t start, str row);
/* All rows of the key with from <= start <= to, in order. Returns how many there are. Of a table: its row, whose
 * window is [0, 0]. */
uint32_t store_range(const store *s, str key, int64_t from, int64_t to, arena *a, store_row **out);
/* All rows of the key that reach into [from, to], in order. Only for rows that do not overlap, as sessions. */
uint32_t store_range_sessions(const store *s, str key, int64_t from, int64_t to, arena *a, store_row **out);
/* Drops rows with start (sessions: end) below the bound; calls dropped for each when not NULL. */
void store_expire(store *s, int64_t below, bool by_end, void (*dropped)(void *ctx, str key, const store_row *r),
                  void *ctx);

/* ---- scans by the owner */

/* All rows, or those whose start (by_end: end) lies in [from, to]; in the order of the key's bytes, then
 * windows. Items point into the store. */
store_item *store_scan(const store *s, arena *a, size_t *n);
store_item *store_scan_windows(const store *s, int64_t from, int64_t to, bool by_end, arena *a, size_t *n);
/* Puts items in that order. */
void store_sort_items(store_item *items, size_t n);

/* Every row, in no order. */
void store_each(const store *s, void (*each)(void *ctx, str key, const store_row *r), void *ctx);

/* ---- changes */

/* Between commits the store remembers which rows changed. The walk gives each once (row NULL: it is
 * gone) and forgets them. Off unless switched on. */
void   store_track_changes(store *s, bool on);
void   store_take_changes(store *s, void (*each)(void *ctx, str key, int64_t start, int64_t end, const store_row *row),
                          void  *ctx);
size_t store_change_count(const store *s);

#endif
