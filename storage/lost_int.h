/* DIR/lost: what was found in the data folder and does not belong there, or had to make way. Nothing is ever removed
 * from it. Each thing that comes into it is told (storage_options.report) and counted for health checks. */
#ifndef STORAGE_LOST_INT_H
#define STORAGE_LOST_INT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "storage/io.h"

typedef struct lost {
    io         *io;
    const char *dir; /* the data folder; borrowed */
    void (*report)(void *ctx, const char *line);
    void            *report_ctx;
    _Atomic uint32_t count; /* things kept since the start */
} lost;

/* Tells a line, without keeping anything. */
void lost_tell(lost *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Moves DIR/topics/NAME here. why: "it ...", the rest of a sentence. false: it is still where it was, which is told
 * too. */
bool lost_keep_folder(lost *l, const char *name, const char *why);
/* Copies bytes [from, to) of a file here, as NAME, before they are cut off; on disk when it returns. false: they could
 * not be kept, and must not be cut. */
bool lost_keep_bytes(lost *l, int fd, int64_t from, int64_t to, const char *name, const char *why);

#endif
