/* A record as JSON, as `weir replay` and the directives of `weir test` take and give it:
 *
 *     {"key": ..., "value": ..., "timestamp": 0, "window": {"start", "end", "type": "time"|"session"},
 *      "headers": [{"KEY": "text", "VALUE": "base64"}]}
 *
 * key and value are JSON that the topic's format serializes: DELIMITED and KAFKA take text or numbers, BYTES are
 * base64. Instead of them "keyText" and "valueText" give the bytes as text, "keyBytes" and "valueBytes" in base64.
 */
#ifndef ENGINE_RECORD_JSON_H
#define ENGINE_RECORD_JSON_H

#include "base/buf.h"
#include "engine/replay/driver.h"
#include "engine/format/json_doc.h"

/* Members that are absent are null, 0 and no headers. Memory of the arena; parts of the JSON are borrowed. */
driver_rec record_json_read(arena *a, const jnode *n, const driver_topic *t);
void       record_json_put(buf *out, const driver_topic *t, const driver_rec *r);

#endif
