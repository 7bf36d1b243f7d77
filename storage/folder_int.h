/* What a partition's folder says of itself, and what becomes of folders that nobody expects.
 *
 * DIR/topics/NAME-P/partition (big-endian) is written before the folder's first segment is made, and on disk before
 * anything of the partition is said to be:
 *
 *     0  "WPI1"                          28 i32 partitions of the topic
 *     4  u32 CRC-32C from byte 8         32 the topic's name, then a count (i32) and the settings that were set on it,
 *     8  topic id                           name and value each; texts as i32 length and bytes
 *    24  i32 partition
 *
 * Partitions and settings of the topic are kept up to date in its lowest folder alone.
 *
 * So a folder is known by its topic's id: one that a deleted topic left is told from that of a topic made again under
 * the name, and metadata that is lost can be made again. A deleted topic's folders are renamed before they are emptied,
 * which frees the name at once; its id stays in the metadata until they are gone for good. Nothing else is ever removed
 * here: what does not belong is moved to DIR/lost.
 */
#ifndef STORAGE_FOLDER_INT_H
#define STORAGE_FOLDER_INT_H

#include "base/buf.h"
#include "storage/io.h"
#include "storage/log.h"

#define FOLDER_ID_FILE "partition"
#define FOLDER_GONE_PREFIX \
    ".deleted-" /* no topic's name begins so: theirs end in -P, and P has no such sign before it */

typedef struct folder_id {
    tlog_topic topic;
    int32_t    partition;
} folder_id;

typedef enum folder_id_found { FOLDER_ID_THERE, FOLDER_ID_MISSING, FOLDER_ID_DAMAGED } folder_id_found;

/* The file's bytes. */
void folder_id_put(buf *out, const tlog_topic *t, int32_t partition);
/* What the folder says; texts in the arena. A file that cannot be read counts as damaged. */
folder_id_found folder_id_load(io *x, const char *dir, arena *a, folder_id *out);

/* Empties a folder of files and removes it. false: some of it is still there. */
bool folder_remove(io *x, const char *path);

#endif
