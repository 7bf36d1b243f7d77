/* GET /ui/: the console's files, from the program itself. */
#include "server/embedded.h"
#include "server/rest/rest_int.h"

static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", TYPE_JSON},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".map", TYPE_JSON},
    {".txt", "text/plain; charset=utf-8"},
};

static const char *type_of(str path)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ends(path, str_of(types[i].ending)))
            return types[i].type;
    return "application/octet-stream";
}

void rest_ui_root(call *c)
{
    call_text(c, 307, NULL, STR(""));
    c->location = "/ui/";
}

void rest_ui(call *c)
{
    str path = c->tail.n ? c->tail : STR("index.html");
    for (size_t i = 0; i < embedded_count; i++)
        if (str_eqz(path, embedded_files[i].path)) {
            const embedded_file *f = &embedded_files[i];
            call_text(c, 200, type_of(path), str_make(f->begin, (size_t)(f->end - f->begin)));
            c->cache = "no-cache"; /* a new program has new files under the same names */
            return;
        }
    call_text(c, 404, "text/plain", STR("Not Found"));
}
