/* Table functions (UDTFs): a row in, a list of rows out (spec/functions.md 5). */
#ifndef ENGINE_FUNC_TABLE_FUNC_H
#define ENGINE_FUNC_TABLE_FUNC_H

#include "engine/func/func.h"

/* The rows are those of func_row: fn gives an ARRAY whose elements are the output rows; `returns` is
 * the element's type. */
extern const func_row func_table[];

/* As those of func.h. */
const overload *table_func_find(str name, size_t *n);
bool            table_func_exists(str name);
size_t          table_func_names(arena *a, const func_row ***rows);
bool            table_func_add(const func_row *row, status *st);

/* Binds a call whose arguments are compiled; the result's type is ARRAY<element>. */
func_call *table_func_bind(arena *a, str name, const xnode **args, uint32_t n, status *st);

#endif
