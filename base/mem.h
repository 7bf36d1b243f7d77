/* The only callers of malloc. A failing allocation prints what was asked for and stops the program:
 * budgets are checked where work is admitted, and recovery makes stopping safe.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t bytes);  /* uninitialised */
void *mem_zalloc(size_t bytes); /* zeroed */
void *mem_realloc(void *p, size_t bytes);
void *mem_dup(const void *p, size_t bytes);
char *mem_strdup(const char *s);
void  mem_free(void *p);

#define MEM_NEW(T) ((T *)mem_zalloc(sizeof(T)))

#endif
