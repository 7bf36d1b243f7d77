/* `weir replay`: statements and records in, records out; no server, no disk, no clock, no threads.
 *
 * The same planner and operators as the server's, driven one record at a time as
 * spec/processing-semantics.md 11 lays down.
 */
#ifndef ENGINE_REPLAY_H
#define ENGINE_REPLAY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* One case: a line of JSON in, a line of JSON (without the line feed) appended to out. Never fails:
 * what is wrong with the case stands in the answer. */
void replay_case(str line, buf *out);

#endif
