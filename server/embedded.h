/* Files of web/src, put into the program by web/embed at build time. */
#ifndef SERVER_EMBEDDED_H
#define SERVER_EMBEDDED_H

#include <stddef.h>

typedef struct embedded_file {
    const char *path; /* below web/src, without a leading slash */
    const char *begin, *end;
} embedded_file;

extern const embedded_file embedded_files[];
extern const size_t        embedded_count;

#endif
