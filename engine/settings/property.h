/* The properties of sessions and requests: which names are known (property.def), which values they take, which
 * may be set at all (spec/rest-api-and-shell.md 6.3). Threads: any. */
#ifndef ENGINE_PROPERTY_H
#define ENGINE_PROPERTY_H

#include "base/status.h"
#include "base/str.h"

/* Without "ksql.streams.": both spellings of a streams property are one. */
str  property_plain_name(str name);
bool property_is_known(str name);
/* Known, and a session may set it. Errors: ST_BAD_REQUEST. */
bool property_check_name(str name, status *st);
/* The same, and the text is a value of it. */
bool property_check(str name, str value, status *st);

#endif
