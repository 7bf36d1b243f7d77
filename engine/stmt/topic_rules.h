/* Lists of topics by regular expressions: ksql.hidden.topics, ksql.readonly.topics
 * (spec/rest-api-and-shell.md 6.2). */
#ifndef ENGINE_TOPIC_RULES_H
#define ENGINE_TOPIC_RULES_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

typedef struct topic_rules {
    const struct regex **patterns;
    uint32_t             n;
} topic_rules;

/* list: patterns separated by commas, in Java's dialect; each must match a whole name. Errors: ST_BAD_REQUEST,
 * naming the setting. */
bool topic_rules_read(topic_rules *r, arena *a, const char *setting, str list, status *st);
/* Any thread. */
bool topic_rules_match(const topic_rules *r, str name);

#endif
