/* A small HTTP/1.1 client: one request, one connection, an answer that can be read as it comes.
 *
 * Bodies with a length, in chunks and up to the end of the connection (RFC 9112). No TLS, no
 * redirections. Every wait ends early when Ctrl-C comes (interrupt.h).
 */
#ifndef SERVER_SHELL_HTTP_H
#define SERVER_SHELL_HTTP_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/status.h"

#define HTTP_HEAD_MAX_BYTES 65536
#define HTTP_BODY_MAX_BYTES ((size_t)256 << 20) /* of an answer read whole */
#define HTTP_CONNECT_TIMEOUT_MS 10000

typedef struct http_server {
    char url[512];  /* as shown to the user */
    char host[256]; /* without the brackets of an IPv6 address */
    char port[8];
    char base[256];           /* path before that of a request, without a slash at its end; mostly "" */
    char authorization[2048]; /* value of that header; "": none */
} http_server;

/* "http://HOST[:PORT][/BASE]"; the port's default is 8088. Keeps the authorization. Errors:
 * ST_BAD_REQUEST. */
bool http_server_parse(http_server *s, str url, status *st);
/* Errors: ST_LIMIT when they are too long. */
bool http_authorize_basic(http_server *s, str user, str password, status *st);
bool http_authorize_token(http_server *s, str token, status *st);

typedef struct http_answer {
    int     fd;
    int     status;
    char    reason[64];
    char    warning[512]; /* text of a Warning header; "": there is none */
    buf     in;           /* bytes read from the socket */
    size_t  at;           /* where the unread ones begin */
    bool    chunked, first_chunk, over;
    int64_t left;       /* bytes to come of the body or the chunk; -1: until the connection ends */
    int     timeout_ms; /* without a byte; -1: none */
} http_answer;

/* Sends the request and reads the head of the answer. body: n == 0 for none.
 * Errors: ST_NOT_FOUND (server not reached), ST_IO (connection broken or too slow, or no HTTP),
 * ST_STOPPING (Ctrl-C). On success http_close() is due. */
bool http_send(http_answer *h, const http_server *s, const char *method, str path, str body, int timeout_ms,
               status *st);
/* The next bytes of the body; 0 at its end, -1 with the status set. */
ssize_t http_read(http_answer *h, char *p, size_t max, status *st);
/* Has the next read bytes at hand, or must it wait? */
bool http_is_idle(const http_answer *h);
bool http_read_all(http_answer *h, buf *out, status *st);
void http_close(http_answer *h);

/* Percent-encodes all but letters, digits, '-', '.', '_' and '~'. */
void http_put_escaped(buf *out, str s);

#endif
