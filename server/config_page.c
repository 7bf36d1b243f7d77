/* Settings as pages: for --help, for SETTINGS.md, and what a configuration sets. */
#include "server/config.h"

/* ---- what is set */

static const char *why_ignored(str key)
{
    setting_name n = setting_resolve(key);
    if (n.row == NULL)
        return setting_is_known_at_start(key) ? "" : ", unknown";
    return n.applies && n.row->effect ? "" : ", no effect here";
}

void config_show(const settings *s, buf *out)
{
    settings_view v = {.server = s};
    arena         a;
    arena_init(&a);
    str *keys = map_sorted_keys(&s->values, &a);
    for (size_t i = 0; i < s->values.n; i++) {
        settings_origin from;
        str             value = settings_find(&v, keys[i], &from);
        if (setting_is_secret(keys[i]))
            value = STR("[hidden]");
        setting_put_key(out, keys[i]);
        buf_printf(out, "=%.*s (%s%s)\n", STR_FMT(value), settings_origin_name(from), why_ignored(keys[i]));
    }
    arena_free(&a);
}

/* ---- the table */

static const char *kind_name(const setting *s)
{
    static const char *const names[] = {
        [KIND_TEXT] = "text",          [KIND_SECRET] = "text",   [KIND_INT] = "number",          [KIND_SIZE] = "size",
        [KIND_BOOL] = "true or false", [KIND_CHOICE] = "choice", [KIND_LISTENERS] = "addresses",
    };
    return names[s->kind];
}

static void print_range(buf *out, const setting *s)
{
    if (s->kind == KIND_CHOICE)
        buf_putz(out, s->choices);
    else if (s->kind != KIND_INT && s->kind != KIND_SIZE)
        return;
    else if (s->max == INT64_MAX)
        buf_printf(out, "from %ld", s->min);
    else
        buf_printf(out, "%ld to %ld", s->min, s->max);
}

void config_help(buf *out)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const setting *s = &setting_rows[i];
        buf_putz(out, "  ");
        setting_put_name(out, s);
        buf_printf(out, "=%s\n      %s%s\n", s->dflt, s->doc, s->scope >= SCOPE_SESSION ? " (per query too)" : "");
    }
}

/* The names without an effect, in one paragraph. */
static void print_known(buf *out)
{
    buf_putz(out, "\n## Known names without an effect\n\n"
                  "ksqlDB's files and clients bring these. They are taken, so that the same files and clients work; "
                  "`SET` of one\n"
                  "answers with a warning.\n\n");
    for (size_t i = SETTING_COUNT; i < setting_row_count; i++) {
        buf_putz(out, i == SETTING_COUNT ? "`" : ", `");
        setting_put_name(out, &setting_rows[i]);
        buf_putc(out, '`');
    }
    buf_putz(out, ".\n");
}

void config_markdown(buf *out)
{
    buf_putz(
        out,
        "# Settings\n\n"
        "Made from `engine/settings/settings.def` by `make settings`. They are given in a file (`weir server --config "
        "FILE`,\n"
        "Java properties syntax), in the environment (`KSQL_KSQL_SERVICE_ID` for `ksql.service.id`) or on the command\n"
        "line (`--set NAME=VALUE`); the later beats the earlier. `weir server --check-config` with the same arguments "
        "says what\n"
        "is set, and what is wrong, without starting a server. Settings marked \"per query\" may also stand in `SET`, "
        "in a\n"
        "request's `streamsProperties` and in `ALTER SYSTEM`: a session's value beats that of `ALTER SYSTEM`, which "
        "beats the\n"
        "server's; `SHOW PROPERTIES` shows the value in effect and whose it is. Where `ksql.streams.` begins a name it "
        "may be\n"
        "left out, or be followed by `consumer.`. Unknown names that begin with `weir.`, and any unknown name behind "
        "`--set`,\n"
        "are refused; a file's others are ignored with a warning.\n\n"
        "| name | kind | default | range | per query | meaning |\n"
        "| --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const setting *s = &setting_rows[i];
        buf_putz(out, "| `");
        setting_put_name(out, s);
        buf_printf(out, "` | %s | %s%s%s | ", kind_name(s), s->dflt[0] ? "`" : "", s->dflt, s->dflt[0] ? "`" : "");
        print_range(out, s);
        buf_printf(out, " | %s | %s |\n", s->scope >= SCOPE_SESSION ? "yes" : "", s->doc);
    }
    print_known(out);
}
