/* May a running query's plan be replaced by another, keeping its state (spec/sql-language.md 2.6)? */
#ifndef ENGINE_PLAN_UPGRADE_H
#define ENGINE_PLAN_UPGRADE_H

#include "engine/plan/plan.h"

/* Filters and projections may come, go and change; everything that has state or decides keys must be
 * the same. Errors: ST_SQL. */
bool plan_can_upgrade(const plan *was, const plan *now, status *st);

#endif
