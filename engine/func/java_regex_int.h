/* The translator, apart from the engine that runs its result. */
#ifndef ENGINE_FUNC_JAVA_REGEX_INT_H
#define ENGINE_FUNC_JAVA_REGEX_INT_H

#include "engine/func/java_regex.h"

/* Appends the PCRE2 pattern of a Java pattern. false: err gets Java's kind of reason. */
bool java_regex_translate(arena *a, str pattern, buf *out, char *err, size_t err_max);

/* \p{name}: appends what stands inside a PCRE2 class; false when there is no such property. negated: \P. */
bool java_property(str name, bool negated, bool unicode, buf *out);

#endif
