/* Joins: which kind, on which key, what must be re-keyed (spec/sql-language.md 6.3,
 * spec/processing-semantics.md 4). */
#include "base/num.h"
#include "engine/plan/build.h"
#include "parser/parser.h"

#define DAY_MS ((int64_t)86400000)

static const char *const kind_text[] = {
    [JOIN_INNER] = "[INNER] JOIN",
    [JOIN_LEFT] = "LEFT [OUTER] JOIN",
    [JOIN_RIGHT] = "RIGHT [OUTER] JOIN",
    [JOIN_FULL] = "[FULL] OUTER JOIN",
};

typedef struct join_side {
    plan_node *node;
    ast_expr  *expr, *orig;
    uint32_t   source; /* that its expression refers to */
    bool       rekey;  /* the expression is not what the rows are keyed by */
} join_side;

/* ---- which sources an expression refers to */

typedef struct source_refs {
    analysis *an;
    int       first; /* -1: none yet */
    bool      several;
} source_refs;

static bool note_source(const ast_expr *e, void *ctx)
{
    source_refs *r = ctx;
    int          i = e->kind == EX_COLUMN ? an_source_of(r->an, e->text) : -1;
    if (i < 0)
        return false;
    r->several |= r->first >= 0 && i != r->first;
    if (r->first < 0)
        r->first = i;
    return r->several;
}

/* The one source that e refers to; -1: none, or several. */
static int source_of(builder *b, const ast_expr *e)
{
    source_refs r = {&b->an, -1, false};
    an_expr_uses(e, note_source, &r);
    return r.several ? -1 : r.first;
}

static bool check_sides(builder *b, join_side *x, join_side *y)
{
    join_side *sides[2] = {x, y};
    for (int i = 0; i < 2; i++) {
        int one = source_of(b, sides[i]->expr);
        if (one < 0)
            return refuse(b,
                          "Invalid comparison expression '%.*s' in join '(%.*s = %.*s)'. Each side of "
                          "the join comparision must contain references from exactly one source.",
                          STR_FMT(print_expr_text(b->a, sides[i]->orig)), STR_FMT(print_expr_text(b->a, x->orig)),
                          STR_FMT(print_expr_text(b->a, y->orig)));
        sides[i]->source = (uint32_t)one;
    }
    if (x->source == y->source)
        return refuse(b,
                      "Each side of the join must reference exactly one source and not the same "
                      "source. Left side references `%.*s` and right references `%.*s`",
                      STR_FMT(b->an.src[x->source].alias), STR_FMT(b->an.src[y->source].alias));
    return true;
}

static const char *windowed_text(const source *s)
{
    return s->window.kind ? window_kind_name(s->window.kind) : "not";
}

static bool check_windows(builder *b, uint32_t l, uint32_t r)
{
    const source *x = b->an.src[l].src, *y = b->an.src[r].src;
    if ((x->window.kind != 0) != (y->window.kind != 0))
        return refuse(b,
                      "Can not join windowed source to non-windowed source.\n`%.*s` is %s windowed\n"
                      "`%.*s` is %s windowed",
                      STR_FMT(b->an.src[l].alias), windowed_text(x), STR_FMT(b->an.src[r].alias), windowed_text(y));
    if ((x->window.kind == WINDOW_SESSION) != (y->window.kind == WINDOW_SESSION))
        return refuse(b,
                      "Incompatible windowed sources.\nLeft source: %s\nRight source: %s\nSession "
                      "windowed sources can only be joined to other session windowed sources, and may "
                      "still not result in expected behaviour as session bounds must be an exact match "
                      "for the join to work\nHopping and tumbling windowed sources can only be joined "
                      "to other hopping and tumbling windowed sources",
                      window_kind_name(x->window.kind), window_kind_name(y->window.kind));
    return true;
}

/* ---- kinds */

/* Is this expression the node's one key column? */
static bool is_key(const plan_node *n, const ast_expr *e)
{
    if (n->out.key_count != 1 || e->kind != EX_COLUMN)
        return false;
    for (uint32_t v = 0; v < n->out.keys[0].viable_count; v++)
        if (str_eq(n->out.keys[0].viable[v], e->text))
            return true;
    return false;
}

/* Has an earlier join compared its key with this expression? */
static bool equals_key(const plan_node *n, const ast_expr *e)
{
    const layout_key *k = n->out.keys;
    for (uint32_t i = 0; n->out.key_count == 1 && i < k->same_count; i++)
        if (ast_expr_equal(k->same[i], e))
            return true;
    return is_key(n, e);
}

static str got(builder *b, uint32_t j)
{
    return str_fmt(b->a, "%.*s = %.*s", STR_FMT(print_expr_text(b->a, b->an.join_left_orig[j])),
                   STR_FMT(print_expr_text(b->a, b->an.join_right_orig[j])));
}

static bool check_kind(builder *b, uint32_t j, plan_kind *kind, const join_side *l, const join_side *r)
{
    const ast_join *jn = &b->an.q->joins[j];
    str             ln = b->an.src[l->source].name, rn = b->an.src[r->source].name;
    if (l->node->is_table && !r->node->is_table)
        return refuse(b,
                      "Invalid join order: table-stream joins are not supported; only stream-table "
                      "joins. Got %.*s %s %.*s.",
                      STR_FMT(ln), kind_text[jn->kind], STR_FMT(rn));
    if (!r->node->is_table) {
        *kind = PLAN_JOIN_STREAMS;
        return true;
    }
    if (!l->node->is_table) {
        *kind = PLAN_JOIN_TABLE;
        if (jn->kind == JOIN_FULL)
            return refuse(b,
                          "Invalid join type: full-outer join not supported for stream-table join. Got "
                          "%.*s %s %.*s.",
                          STR_FMT(ln), kind_text[jn->kind], STR_FMT(rn));
        if (!is_key(r->node, r->expr))
            return refuse(b,
                          "Invalid join condition: stream-table joins require to join on the table's "
                          "primary key. Got %.*s.",
                          STR_FMT(got(b, j)));
        return true;
    }
    if (!is_key(r->node, r->expr))
        return refuse(b,
                      "Invalid join condition: table-table joins require to join on the primary key of "
                      "the right input table. Got %.*s.",
                      STR_FMT(got(b, j)));
    *kind = is_key(l->node, l->expr) ? PLAN_JOIN_TABLES : PLAN_JOIN_FOREIGN;
    if (*kind == PLAN_JOIN_TABLES)
        return true;
    if (jn->kind == JOIN_FULL)
        return refuse(b,
                      "Invalid join type: full-outer join not supported for foreign-key table-table "
                      "join. Got %.*s %s %.*s.",
                      STR_FMT(ln), kind_text[jn->kind], STR_FMT(rn));
    if (jn->kind == JOIN_RIGHT)
        return refuse(b, "RIGHT OUTER JOIN on a foreign key is not supported");
    if (j > 0)
        return refuse(b,
                      "Invalid join condition: foreign-key table-table joins are not supported as part "
                      "of n-way joins. Got %.*s.",
                      STR_FMT(got(b, j)));
    if (r->node->out.window.kind || l->node->out.window.kind)
        return refuse(b, "Foreign-key table-table joins are not supported on windowed tables.");
    return true;
}

static bool check_types(builder *b, uint32_t j, plan_kind kind, const join_side *l, const join_side *r)
{
    const xnode *x = compile_select(b, l->expr, &l->node->out);
    const xnode *y = x ? compile_select(b, r->expr, &r->node->out) : NULL;
    if (y == NULL)
        return false;
    if (type_equal(x->type, y->type)) {
        if (type_contains(x->type, T_MAP))
            return refuse(b,
                          "Map keys, including types that contain maps, are not supported as they may "
                          "lead to unexpected behavior due to inconsistent serialization. Key column "
                          "name: `%.*s`. Column type: %.*s. See "
                          "https://github.com/confluentinc/ksql/issues/6621 for more.",
                          STR_FMT(l->expr->text), STR_FMT(type_text(b->a, x->type)));
        return true;
    }
    if (kind == PLAN_JOIN_TABLES || kind == PLAN_JOIN_FOREIGN) {
        bool swapped = ast_expr_equal(b->an.join_left[j], r->expr);
        return refuse(b, "Invalid join condition: types don't match. Got %.*s{%.*s} = %.*s{%.*s}.",
                      STR_FMT(print_expr_text(b->a, b->an.join_left_orig[j])),
                      STR_FMT(type_text(b->a, swapped ? y->type : x->type)),
                      STR_FMT(print_expr_text(b->a, b->an.join_right_orig[j])),
                      STR_FMT(type_text(b->a, swapped ? x->type : y->type)));
    }
    return refuse(b, "Invalid join. Key types differ: %.*s vs %.*s", STR_FMT(type_text(b->a, x->type)),
                  STR_FMT(type_text(b->a, y->type)));
}

static bool check_partitions(builder *b, uint32_t l, uint32_t r)
{
    if (b->opt->partitions == NULL)
        return true;
    const an_source *x = &b->an.src[l], *y = &b->an.src[r];
    int32_t          n = b->opt->partitions(b->opt->ctx, x->src->topic);
    int32_t          m = b->opt->partitions(b->opt->ctx, y->src->topic);
    if (n == m || n <= 0 || m <= 0)
        return true;
    return refuse(b,
                  "Can't join `%.*s` with `%.*s` since the number of partitions don't match. `%.*s` "
                  "partitions = %d; `%.*s` partitions = %d. Please repartition either one so that the "
                  "number of partitions match.",
                  STR_FMT(x->alias), STR_FMT(y->alias), STR_FMT(x->alias), n, STR_FMT(y->alias), m);
}

static bool check_within(builder *b, const ast_join *jn, plan_kind kind)
{
    if (kind == PLAN_JOIN_STREAMS && !jn->within)
        return refuse(b, "Stream-Stream joins must have a WITHIN clause specified. None was provided. To "
                         "learn about how to specify a WITHIN clause with a stream-stream join, please "
                         "visit: https://docs.confluent.io/current/ksql/docs/syntax-reference.html#"
                         "create-stream-as-select");
    if (kind == PLAN_JOIN_TABLE && jn->within)
        return refuse(b, "A window definition was provided for a Stream-Table join. These joins are not "
                         "windowed. Please drop the window definition (ie. the WITHIN clause) and try to "
                         "execute your join again.");
    if ((kind == PLAN_JOIN_TABLES || kind == PLAN_JOIN_FOREIGN) && jn->within)
        return refuse(b, "A window definition was provided for a Table-Table join. These joins are not "
                         "windowed. Please drop the window definition (i.e. the WITHIN clause) and try "
                         "to execute your Table-Table join again.");
    if (kind == PLAN_JOIN_TABLE && jn->kind == JOIN_RIGHT)
        return refuse(b, "Invalid join type encountered: %s", kind_text[jn->kind]);
    return true;
}

/* ---- keys */

static bool refuse_windowed_rekey(builder *b, bool table)
{
    return refuse(b,
                  "Implicit repartitioning of windowed sources is not supported. See "
                  "https://github.com/confluentinc/ksql/issues/4385.%s",
                  table ? " As a result, ksqlDB does not support joins on windowed sources with "
                          "Schema-Registry-enabled key formats (AVRO, JSON_SR, PROTOBUF) at this time. "
                          "Please repartition your sources to use a different key format before "
                          "performing the join."
                        : "");
}

/* Brings a side to the join's key and key format. outer: some side of the join is preserved; then even the
 * other side's rows whose new key is NULL must reach it, for they move its time. */
static bool align(builder *b, join_side *s, const side_format *f, const window_info *w, bool preserved, bool outer,
                  const char *topic)
{
    layout *l = &s->node->out;
    bool    registry = formats[f->id].has_registry, spread = !side_same_bytes(&l->key_format, f) || registry;
    if (l->window.kind) {
        bool sizes = w->kind && l->window.kind != WINDOW_SESSION && l->window.size_ms != w->size_ms;
        if (s->rekey)
            return refuse_windowed_rekey(b, false);
        if (s->node->is_table && spread)
            return refuse_windowed_rekey(b, true);
        if (sizes && !registry)
            return refuse_windowed_rekey(b, false);
    }
    if (s->rekey) {
        if (s->node->is_table) {
            if (l->key_count > 1)
                return refuse(b, "Cannot repartition a TABLE source. If this is a join, joins on tables "
                                 "with multiple columns is not yet supported.");
            return refuse(b,
                          "Cannot repartition a TABLE source. If this is a join, make sure that the "
                          "criteria uses the TABLE's key column %.*s instead of [%.*s]",
                          STR_FMT(l->keys[0].viable[0]), STR_FMT(print_expr_text(b->a, s->orig)));
        }
        str name = s->expr->kind == EX_COLUMN ? s->expr->text : STR("KSQL_COL_0");
        s->node = build_rekey(b, s->node, &s->expr, &name, 1, REKEY_JOIN, topic);
        if (s->node == NULL)
            return false;
        spread = true;
    }
    if (spread) {
        s->node = build_repartition(b, s->node, topic, preserved || (outer && s->rekey));
        s->node->out.key_format = *f;
    }
    return true;
}

static side_format join_key_format(builder *b, const join_side *l, const join_side *r)
{
    side_format f = l->node->out.key_format;
    if (l->rekey && !r->rekey)
        f = r->node->out.key_format;
    for (uint32_t i = 0; side_is_empty(&f) && i < b->an.src_count; i++)
        f = b->an.src[i].src->key;
    side_need_key(&f);
    return f;
}

static str synthetic_name(builder *b)
{
    for (int i = 0;; i++) {
        str  name = i == 0 ? STR("ROWKEY") : str_fmt(b->a, "ROWKEY_%d", i);
        bool taken = false;
        for (uint32_t s = 0; s < b->an.src_count; s++)
            taken |= schema_find(&b->an.src[s].src->schema, name) != NULL;
        if (!taken)
            return name;
    }
}

/* The names of the columns that equal the result's key, in order of preference. */
static uint32_t viable_keys(builder *b, const ast_join *jn, const join_side *l, const join_side *r,
                            const layout *left_before, str **out)
{
    uint32_t n = 0, before = l->rekey || left_before->key_count != 1 ? 0 : left_before->keys[0].viable_count;
    *out = ARENA_ARRAY(b->a, str, before + 2);
    if (jn->kind == JOIN_FULL)
        return 0;
    bool have = false;
    for (; n < before; n++) {
        (*out)[n] = left_before->keys[0].viable[n];
        have |= l->expr->kind == EX_COLUMN && str_eq((*out)[n], l->expr->text);
    }
    if (l->expr->kind == EX_COLUMN && !have)
        (*out)[n++] = l->expr->text;
    if (r->expr->kind == EX_COLUMN)
        (*out)[n++] = r->expr->text;
    return n;
}

/* The expressions that equal the key behind the join: the left side's, and this comparison's two. */
static void note_same(builder *b, layout_key *key, const join_side *l, const join_side *r, const layout *left_before)
{
    uint32_t n = 0, before = l->rekey || left_before->key_count != 1 ? 0 : left_before->keys[0].same_count;
    key->same = ARENA_ARRAY(b->a, ast_expr *, before + 2);
    for (; n < before; n++)
        key->same[n] = left_before->keys[0].same[n];
    if (l->expr->kind != EX_COLUMN)
        key->same[n++] = l->expr;
    if (r->expr->kind != EX_COLUMN)
        key->same[n++] = r->expr;
    key->same_count = n;
}

/* ---- one join */

static void join_layout(builder *b, plan_node *n, const join_side *l, const join_side *r)
{
    layout *lo = &l->node->out, *ro = &r->node->out;
    layout_copy(b, &n->out, lo);
    n->join.left_slots = lo->n;
    for (uint32_t i = 0; i < ro->n; i++)
        layout_add(b, &n->out, ro->cols[i].name, ro->cols[i].type);
    n->out.value_format = lo->value_format;
    n->out.window = lo->window;
}

static plan_node *join_node(builder *b, uint32_t j, plan_kind kind, join_side *l, join_side *r)
{
    const ast_join *jn = &b->an.q->joins[j];
    layout          left_before = l->node->out;
    bool            foreign = kind == PLAN_JOIN_FOREIGN;
    if (!foreign) {
        side_format f = join_key_format(b, l, r);
        window_info lw = l->node->out.window, rw = r->node->out.window;
        bool        stream = kind == PLAN_JOIN_STREAMS;
        bool        keep_l = jn->kind == JOIN_LEFT || jn->kind == JOIN_FULL;
        bool        keep_r = jn->kind == JOIN_RIGHT || jn->kind == JOIN_FULL;
        if (!align(b, l, &f, &rw, keep_l, keep_l || keep_r, stream ? "Join-left-repartition" : "Join-repartition") ||
            !align(b, r, &f, &lw, keep_r, keep_l || keep_r, stream ? "Join-right-repartition" : "Join-repartition"))
            return NULL;
    }
    plan_node *n = node_new(b, kind, "Join");
    n->in[0] = l->node;
    n->in[1] = r->node;
    n->is_table = l->node->is_table;
    n->join.kind = jn->kind;
    join_layout(b, n, l, r);
    if (foreign) {
        n->join.foreign_key = compile_select(b, l->expr, &l->node->out);
        return n->join.foreign_key ? n : NULL;
    }
    n->out.key_format = l->node->out.key_format;
    n->out.key_count = 0;
    str        *viable;
    uint32_t    count = viable_keys(b, jn, l, r, &left_before, &viable);
    const type *kt = l->node->out.cols[l->node->out.keys[0].slot].type;
    if (count == 0) {
        str name = synthetic_name(b);
        n->join.synthetic = true;
        layout_add_key(b, &n->out, layout_add(b, &n->out, name, kt), &name, 1);
    } else {
        uint32_t slot = layout_add(b, &n->out, str_fmt(b->a, "\x01K%u", j), kt);
        layout_add_key(b, &n->out, slot, viable, count);
        note_same(b, &n->out.keys[0], l, r, &left_before);
    }
    if (kind == PLAN_JOIN_STREAMS) {
        n->join.before_ms = ast_duration_ms(jn->before);
        n->join.after_ms = ast_duration_ms(jn->after);
        n->join.has_grace = jn->grace.given;
        n->join.swapped = jn->kind == JOIN_RIGHT;
        int64_t span = add_clamped(n->join.before_ms, n->join.after_ms);
        int64_t grace = jn->grace.given                  ? ast_duration_ms(jn->grace)
                        : n->join.before_ms < DAY_MS / 2 ? DAY_MS - 2 * n->join.before_ms
                                                         : 0;
        n->join.grace_ms = grace;
        n->join.retention_ms = add_clamped(span, grace);
        b->p->grace_warning |= !jn->grace.given;
    }
    return n;
}

static bool contains_source(const builder *b, const plan_node *n, uint32_t i)
{
    if (n->kind == PLAN_SOURCE)
        return n->source.src == b->an.src[i].src;
    return (n->in[0] && contains_source(b, n->in[0], i)) || (n->in[1] && contains_source(b, n->in[1], i));
}

static bool multi_key(builder *b, const join_side *s)
{
    if (s->node->out.key_count <= 1 || !s->node->is_table)
        return true;
    buf t = BUF_INIT(ST_MSG_MAX);
    for (uint32_t i = 0; i < s->node->out.key_count; i++)
        buf_printf(&t, "%s`%.*s`", i ? ", " : "", STR_FMT(s->node->out.keys[i].viable[0]));
    refuse(b, "JOINs are not supported with multiple key columns: [%.*s]", (int)t.n, t.p);
    buf_free(&t);
    return false;
}

static plan_node *join_one(builder *b, uint32_t j, plan_node *left)
{
    join_side x = {.expr = b->an.join_left[j], .orig = b->an.join_left_orig[j]};
    join_side y = {.expr = b->an.join_right[j], .orig = b->an.join_right_orig[j]};
    uint32_t  added = j + 1;
    if (!check_sides(b, &x, &y) || !check_windows(b, x.source, y.source))
        return NULL;
    if (x.source != added && y.source != added) {
        refuse(b,
               "A join criteria is expected to reference the source (`%.*s`) in the FROM clause, instead "
               "the right source references `%.*s` and the left source references `%.*s`",
               STR_FMT(b->an.src[added].alias), STR_FMT(b->an.src[y.source].alias), STR_FMT(b->an.src[x.source].alias));
        return NULL;
    }
    join_side l = x.source == added ? y : x, r = x.source == added ? x : y;
    if (!contains_source(b, left, l.source)) {
        refuse(b,
               "Cannot build JOIN tree; neither source in the join is the FROM source or included in "
               "a previous JOIN: %.*s.",
               STR_FMT(got(b, j)));
        return NULL;
    }
    l.node = left;
    r.node = build_source(b, added);
    plan_kind kind = PLAN_JOIN_STREAMS;
    if (r.node == NULL || !check_kind(b, j, &kind, &l, &r) || !check_types(b, j, kind, &l, &r))
        return NULL;
    if (kind != PLAN_JOIN_FOREIGN && (!multi_key(b, &l) || !check_partitions(b, l.source, r.source)))
        return NULL;
    if (!check_within(b, &b->an.q->joins[j], kind) || !refuse_kafka_values(b, "JOIN"))
        return NULL;
    l.rekey = kind != PLAN_JOIN_FOREIGN && !equals_key(l.node, l.expr);
    r.rekey = !is_key(r.node, r.expr);
    return join_node(b, j, kind, &l, &r);
}

plan_node *build_joins(builder *b)
{
    plan_node *n = build_source(b, 0);
    for (uint32_t j = 0; n && j < b->an.q->join_count; j++)
        n = join_one(b, j, n);
    return n;
}
