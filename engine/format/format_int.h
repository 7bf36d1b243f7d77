/* What the files of the formats give to the table in format.c. */
#ifndef ENGINE_FORMAT_FORMAT_INT_H
#define ENGINE_FORMAT_FORMAT_INT_H

#include "engine/format/format.h"

bool json_check(const serde_spec *s, status *st);
bool json_bind(arena *a, serde *s, status *st);
bool delimited_check(const serde_spec *s, status *st);
bool delimited_bind(arena *a, serde *s, status *st);

#endif
