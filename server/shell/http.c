#include "server/shell/http.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "server/shell/interrupt.h"
#include "server/version.h"

#define READ_BYTES 16384
#define DEFAULT_PORT "8088"

/* ---- where the server is */

static bool copy_part(char *to, size_t size, str from, const char *what, status *st)
{
    if (from.n >= size)
        return status_set(st, ST_BAD_REQUEST, "The %s of the server's URL is longer than %zu bytes.", what, size - 1);
    memcpy(to, from.p, from.n);
    to[from.n] = 0;
    return true;
}

static bool split_authority(http_server *s, str authority, status *st)
{
    str  host = authority, port = STR(DEFAULT_PORT);
    bool bracketed = authority.n && authority.p[0] == '[';
    if (bracketed) {
        int64_t close = str_find_char(authority, ']');
        if (close < 0)
            return status_set(st, ST_BAD_REQUEST, "Server URL: there is no ']' behind the address.");
        host = str_make(authority.p + 1, (size_t)close - 1);
        authority = str_make(authority.p + close + 1, authority.n - (size_t)close - 1);
        if (authority.n && authority.p[0] != ':')
            return status_set(st, ST_BAD_REQUEST, "Server URL: only a port may follow ']'.");
    }
    int64_t colon = str_find_char(authority, ':');
    if (colon >= 0) {
        port = str_make(authority.p + colon + 1, authority.n - (size_t)colon - 1);
        if (!bracketed)
            host = str_make(authority.p, (size_t)colon);
    }
    int32_t number;
    if (!num_parse_i32(port, &number) || number < 1 || number > 65535)
        return status_set(st, ST_BAD_REQUEST, "Server URL: '%.*s' is no port; 1 to 65535 are.", STR_FMT(port));
    if (host.n == 0)
        return status_set(st, ST_BAD_REQUEST, "Server URL: there is no host in it.");
    return copy_part(s->host, sizeof s->host, host, "host", st) && copy_part(s->port, sizeof s->port, port, "port", st);
}

bool http_server_parse(http_server *s, str url, status *st)
{
    http_server next = *s;
    url = str_trim(url);
    while (url.n && url.p[url.n - 1] == '/')
        url.n--;
    for (uint32_t i = 0; i < url.n; i++)
        if ((uint8_t)url.p[i] <= 0x20 || (uint8_t)url.p[i] >= 0x7f)
            return status_set(st, ST_BAD_REQUEST, "Server URL: only printable ASCII characters may stand in it.");
    if (url.n >= 8 && str_eq_nocase(str_make(url.p, 8), STR("https://")))
        return status_set(st, ST_BAD_REQUEST, "The shell does not speak TLS; give a URL that begins with http://");
    if (url.n < 7 || !str_eq_nocase(str_make(url.p, 7), STR("http://")))
        return status_set(st, ST_BAD_REQUEST, "Server URL must begin with protocol (e.g., http:// or https://)");
    str     rest = str_make(url.p + 7, url.n - 7);
    int64_t slash = str_find_char(rest, '/');
    str     authority = slash < 0 ? rest : str_make(rest.p, (size_t)slash);
    str     base = slash < 0 ? STR("") : str_make(rest.p + slash, rest.n - (size_t)slash);
    if (!copy_part(next.url, sizeof next.url, url, "text", st) || !split_authority(&next, authority, st) ||
        !copy_part(next.base, sizeof next.base, base, "path", st))
        return false;
    *s = next;
    return true;
}

static void put_base64(buf *out, str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t    *p = (const uint8_t *)s.p;
    for (uint32_t i = 0; i < s.n; i += 3) {
        uint32_t left = s.n - i;
        uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
        buf_putc(out, digits[v >> 18]);
        buf_putc(out, digits[v >> 12 & 63]);
        buf_putc(out, left > 1 ? digits[v >> 6 & 63] : '=');
        buf_putc(out, left > 2 ? digits[v & 63] : '=');
    }
}

static bool keep_authorization(http_server *s, buf *value, status *st)
{
    bool ok = !value->full;
    if (ok) {
        memcpy(s->authorization, value->p, value->n);
        s->authorization[value->n] = 0;
    } else {
        status_set(st, ST_LIMIT, "The credentials are longer than %zu bytes.", value->max);
    }
    buf_free(value);
    return ok;
}

bool http_authorize_basic(http_server *s, str user, str password, status *st)
{
    buf plain = BUF_INIT(sizeof s->authorization - 1), value = BUF_INIT(sizeof s->authorization - 1);
    buf_puts(&plain, user);
    buf_putc(&plain, ':');
    buf_puts(&plain, password);
    buf_putz(&value, "Basic ");
    put_base64(&value, buf_str(&plain));
    value.full |= plain.full;
    buf_free(&plain);
    return keep_authorization(s, &value, st);
}

bool http_authorize_token(http_server *s, str token, status *st)
{
    buf value = BUF_INIT(sizeof s->authorization - 1);
    for (uint32_t i = 0; i < token.n; i++)
        if ((uint8_t)token.p[i] <= 0x20 || (uint8_t)token.p[i] >= 0x7f)
            return status_set(st, ST_BAD_REQUEST, "A token is made of printable ASCII characters.");
    buf_putz(&value, "Bearer ");
    buf_puts(&value, token);
    return keep_authorization(s, &value, st);
}

/* ---- the socket */

/* Waits for the socket; false: Ctrl-C, or nothing in time. */
static bool await(int fd, short events, int timeout_ms, status *st)
{
    int64_t until = clock_mono_ms() + timeout_ms;
    for (;;) {
        struct pollfd wait_for[2] = {{.fd = fd, .events = events}, {.fd = interrupt_fd(), .events = POLLIN}};
        int64_t       left = timeout_ms < 0 ? -1 : until - clock_mono_ms();
        int           n = poll(wait_for, 2, timeout_ms < 0 ? -1 : (int)(left > 0 ? left : 0));
        if (interrupt_seen())
            return status_set(st, ST_STOPPING, "Interrupted.");
        if (n > 0 && wait_for[0].revents)
            return true;
        if (n > 0)
            interrupt_drain(); /* a new terminal size */
        else if (n == 0)
            return status_set(st, ST_IO, "The server was silent for %d ms.", timeout_ms);
        else if (errno != EINTR)
            return status_set(st, ST_IO, "poll: %s", strerror(errno));
    }
}

static int connect_one(const struct addrinfo *to, status *st)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        status_set(st, ST_NOT_FOUND, "socket: %s", strerror(errno));
        return -1;
    }
    int       error = 0, on = 1;
    socklen_t size = sizeof error;
    if (connect(fd, to->ai_addr, to->ai_addrlen) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        if (!await(fd, POLLOUT, HTTP_CONNECT_TIMEOUT_MS, st)) {
            close(fd);
            return -1;
        }
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error) {
        status_set(st, ST_NOT_FOUND, "%s", strerror(error));
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static int connect_any(const http_server *s, status *st)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    int             error = getaddrinfo(s->host, s->port, &hints, &list);
    if (error) {
        status_set(st, ST_NOT_FOUND, "%s: %s", s->host, gai_strerror(error));
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *i = list; i && fd < 0 && !interrupt_seen(); i = i->ai_next)
        fd = connect_one(i, st);
    freeaddrinfo(list);
    if (fd < 0 && st->code != ST_STOPPING)
        st->code = ST_NOT_FOUND;
    return fd;
}

static bool write_all(http_answer *h, str s, status *st)
{
    while (s.n) {
        ssize_t n = send(h->fd, s.p, s.n, MSG_NOSIGNAL);
        if (n > 0)
            s = str_make(s.p + n, s.n - (size_t)n);
        else if (errno == EPIPE || errno == ECONNRESET)
            return true; /* the server may have answered before it closed: read that */
        else if (errno != EAGAIN && errno != EINTR)
            return status_set(st, ST_IO, "The connection broke: %s", strerror(errno));
        else if (!await(h->fd, POLLOUT, h->timeout_ms, st))
            return false;
    }
    return true;
}

/* Reads more behind what is there; 1 some came, 0 the connection has ended, -1 failed. */
static int fill(http_answer *h, status *st)
{
    if (h->at == h->in.n)
        h->at = h->in.n = 0;
    if (!buf_reserve(&h->in, READ_BYTES)) {
        status_set(st, ST_IO, "The head of the server's answer is longer than %d bytes.", HTTP_HEAD_MAX_BYTES);
        return -1;
    }
    for (;;) {
        ssize_t n = recv(h->fd, h->in.p + h->in.n, READ_BYTES, 0);
        if (n > 0) {
            h->in.n += (size_t)n;
            return 1;
        }
        if (n == 0)
            return 0;
        if (errno != EAGAIN && errno != EINTR) {
            status_set(st, ST_IO, "The connection broke: %s", strerror(errno));
            return -1;
        }
        if (!await(h->fd, POLLIN, h->timeout_ms, st))
            return -1;
    }
}

static bool broke_off(status *st)
{
    return status_set(st, ST_IO, "The connection ended in the middle of the server's answer.");
}

/* A line without its end; valid until the next fill(). */
static bool take_line(http_answer *h, str *line, status *st)
{
    for (size_t looked = 0;;) {
        str     rest = str_make(h->in.p + h->at, h->in.n - h->at);
        int64_t end = rest.n > looked ? str_find(rest, STR("\n"), looked) : -1;
        if (end >= 0) {
            h->at += (size_t)end + 1;
            *line = str_make(rest.p, (size_t)end);
            if (line->n && line->p[line->n - 1] == '\r')
                line->n--;
            return true;
        }
        looked = rest.n;
        int more = fill(h, st);
        if (more <= 0)
            return more < 0 ? false : broke_off(st);
    }
}

/* ---- the answer */

static bool read_status_line(http_answer *h, status *st)
{
    str     line;
    int32_t code;
    if (!take_line(h, &line, st))
        return false;
    bool http = str_starts(line, STR("HTTP/1.")) && line.n >= 12 && line.p[8] == ' ';
    if (!http || !num_parse_i32(str_make(line.p + 9, 3), &code))
        return status_set(st, ST_IO, "What answers there does not speak HTTP/1.1.");
    h->status = code;
    snprintf(h->reason, sizeof h->reason, "%.*s", line.n > 13 ? (int)(line.n - 13) : 0, line.p + 13);
    return true;
}

/* 299 AGENT "TEXT" */
static void keep_warning(http_answer *h, str value)
{
    int64_t from = str_find_char(value, '"');
    if (from >= 0 && value.n >= from + 2 && value.p[value.n - 1] == '"')
        snprintf(h->warning, sizeof h->warning, "%.*s", (int)(value.n - from - 2), value.p + from + 1);
}

static bool read_header(http_answer *h, str line, status *st)
{
    int64_t colon = str_find_char(line, ':');
    if (colon < 0)
        return true;
    str name = str_make(line.p, (size_t)colon);
    str value = str_trim(str_make(line.p + colon + 1, line.n - (size_t)colon - 1));
    if (str_eq_nocase(name, STR("transfer-encoding"))) {
        h->chunked = h->first_chunk = value.n >= 7 && str_eq_nocase(str_make(value.p + value.n - 7, 7), STR("chunked"));
        if (h->chunked)
            h->left = 0;
    } else if (str_eq_nocase(name, STR("content-length")) && !h->chunked) {
        if (!num_parse_i64(value, &h->left) || h->left < 0)
            return status_set(st, ST_IO, "The server's answer has a bad Content-Length.");
    } else if (str_eq_nocase(name, STR("warning"))) {
        keep_warning(h, value);
    }
    return true;
}

static bool read_head(http_answer *h, status *st)
{
    do {
        str line;
        h->left = -1;
        h->chunked = false;
        if (!read_status_line(h, st))
            return false;
        do {
            if (!take_line(h, &line, st) || !read_header(h, line, st))
                return false;
        } while (line.n);
    } while (h->status >= 100 && h->status < 200);
    h->over = h->status == 204 || h->status == 304 || (!h->chunked && h->left == 0);
    return true;
}

bool http_send(http_answer *h, const http_server *s, const char *method, str path, str body, int timeout_ms, status *st)
{
    *h = (http_answer){.fd = -1, .in = BUF_INIT(HTTP_HEAD_MAX_BYTES), .left = -1, .timeout_ms = timeout_ms};
    h->fd = connect_any(s, st);
    if (h->fd < 0)
        return false;
    bool v6 = strchr(s->host, ':') != NULL;
    buf  head = BUF_INIT(BUF_MAX);
    buf_printf(&head,
               "%s %s%.*s HTTP/1.1\r\nHost: %s%s%s:%s\r\nUser-Agent: weir/%s\r\nAccept: "
               "application/json\r\n",
               method, s->base, STR_FMT(path), v6 ? "[" : "", s->host, v6 ? "]" : "", s->port, WEIR_VERSION);
    if (s->authorization[0])
        buf_printf(&head, "Authorization: %s\r\n", s->authorization);
    if (body.n)
        buf_printf(&head, "Content-Type: application/json\r\nContent-Length: %u\r\n", body.n);
    buf_putz(&head, "Connection: close\r\n\r\n");
    buf_puts(&head, body);
    bool ok = write_all(h, buf_str(&head), st) && read_head(h, st);
    buf_free(&head);
    if (!ok)
        http_close(h);
    return ok;
}

/* Finds the size of the next chunk, or the end behind the last. */
static bool begin_chunk(http_answer *h, status *st)
{
    str      line;
    uint64_t size = 0;
    uint32_t i = 0;
    if (!h->first_chunk && !take_line(h, &line, st)) /* the line break behind the chunk before */
        return false;
    h->first_chunk = false;
    if (!take_line(h, &line, st))
        return false;
    for (; i < line.n && i < 15; i++) {
        char     c = line.p[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : ((unsigned)c | 32) - 'a' + 10;
        if (digit > 15)
            break;
        size = size << 4 | digit;
    }
    if (i == 0 || (i < line.n && line.p[i] != ';' && line.p[i] != ' '))
        return status_set(st, ST_IO, "The server's answer has a bad chunk.");
    h->left = (int64_t)size;
    if (size)
        return true;
    do {
        if (!take_line(h, &line, st))
            return false;
    } while (line.n);
    h->over = true;
    return true;
}

ssize_t http_read(http_answer *h, char *p, size_t max, status *st)
{
    if (!h->over && h->chunked && h->left == 0 && !begin_chunk(h, st))
        return -1;
    if (h->over)
        return 0;
    if (h->at == h->in.n) {
        int more = fill(h, st);
        if (more < 0 || (more == 0 && h->left >= 0))
            return more < 0 ? -1 : (broke_off(st), -1);
        if (more == 0) {
            h->over = true;
            return 0;
        }
    }
    size_t n = h->in.n - h->at;
    if (n > max)
        n = max;
    if (h->left >= 0 && (int64_t)n > h->left)
        n = (size_t)h->left;
    memcpy(p, h->in.p + h->at, n);
    h->at += n;
    if (h->left >= 0) {
        h->left -= (int64_t)n;
        h->over = h->left == 0 && !h->chunked;
    }
    return (ssize_t)n;
}

bool http_is_idle(const http_answer *h)
{
    struct pollfd now = {.fd = h->fd, .events = POLLIN};
    str           rest = str_make(h->in.p + h->at, h->in.n - h->at);
    if (h->chunked && h->left == 0 && !h->first_chunk) /* the line break behind a chunk is no news */
        rest = str_trim(rest);
    return !h->over && rest.n == 0 && poll(&now, 1, 0) == 0;
}

bool http_read_all(http_answer *h, buf *out, status *st)
{
    char    part[READ_BYTES];
    ssize_t n;
    while ((n = http_read(h, part, sizeof part, st)) > 0) {
        buf_put(out, part, (size_t)n);
        if (out->full)
            return status_set(st, ST_LIMIT, "The server's answer is longer than %zu bytes.", out->max);
    }
    return n == 0;
}

void http_close(http_answer *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
    buf_free(&h->in);
}

void http_put_escaped(buf *out, str s)
{
    for (uint32_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        bool    plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || strchr("-._~", c);
        if (plain && c)
            buf_putc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}
