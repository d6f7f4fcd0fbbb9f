// JSON values with expressions inside, of expression.h. What has no expression is folded into one
// constant, so that evaluating a mostly constant `with:` copies references only.
#include "json/expression.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "json/expression_scan.h"

enum part_kind { PART_CONSTANT, PART_EXPRESSION, PART_TEXT, PART_ARRAY, PART_OBJECT };

struct part {
    enum part_kind kind;
    json constant;
    struct expression *expression;
    const struct yaml_node *node; // where it came from, NULL if from JSON
    struct part **parts;          // of a text: constants and expressions in turn
    char **keys;                  // of an object
    size_t count;
};

struct template
{
    struct arena arena;
    struct part *root;
};

struct builder {
    struct expressions *set;
    struct template *made;
    const struct yaml_document *document; // NULL from JSON
    struct diagnostics *diagnostics;
    struct fail *why;
    bool failed;
};

static struct part *part_new(struct builder *b, enum part_kind kind, const struct yaml_node *node)
{
    struct part *part = arena_new(&b->made->arena, struct part);
    part->kind = kind;
    part->node = node;
    part->constant = json_absent();
    return part;
}

static struct part *constant_take(struct builder *b, json value, const struct yaml_node *node)
{
    struct part *part = part_new(b, PART_CONSTANT, node);
    part->constant = value;
    return part;
}

// ---- places

struct diagnostic_place expression_place_in(const struct yaml_document *document,
                                            const struct yaml_node *node, const char *text,
                                            size_t offset)
{
    struct diagnostic_place place = {document->file, document->source, node->line, node->column,
                                     node->line == node->end_line ? node->end_column : 0};
    const char *line = document->source, *last;
    for (int i = 1; i < node->line && line; i++) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    last = line;
    for (int i = node->line; i <= node->end_line && last; i++) {
        last = strchr(last, '\n');
        last = last ? last + 1 : NULL;
    }
    size_t before = (size_t)(node->column > 0 ? node->column - 1 : 0);
    size_t first_line = strcspn(text, "\n");
    const char *end = last ? last : document->source + document->source_bytes;
    if (!line || first_line == 0 || (size_t)(end - line) < before)
        return place;
    const char *found = memmem(line + before, (size_t)(end - line) - before, text, first_line);
    if (!found)
        return place;
    for (const char *p = line; p < found; p++) {
        if (*p == '\n') {
            place.line++;
            line = p + 1;
        }
    }
    place.column = (int)utf8_count(line, (size_t)(found - line)) + 1;
    place.end_column = place.column + (int)utf8_count(found, first_line);
    if (offset > 0 && offset < first_line) {
        place.column += (int)utf8_count(text, offset);
    } else if (offset > first_line) { // how far later lines are indented is not known
        for (size_t i = 0; i < offset; i++)
            place.line += text[i] == '\n';
        place.column = place.end_column = 0;
    }
    return place;
}

static void complain(struct builder *b, const struct yaml_node *node, const char *text,
                     size_t offset, const struct fail *why)
{
    if (b->document)
        diagnostics_add(b->diagnostics, SEVERITY_ERROR,
                        expression_place_in(b->document, node, text, offset), "bad-expression",
                        "%s", why->message);
    else if (!b->failed)
        *b->why = *why;
    b->failed = true;
}

// ---- texts

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct part *expression_part(struct builder *b, const char *text, size_t bytes,
                                    const struct yaml_node *node)
{
    struct fail why;
    while (bytes > 0 && is_space(*text)) {
        text++;
        bytes--;
    }
    while (bytes > 0 && is_space(text[bytes - 1]))
        bytes--;
    struct expression *e = expressions_add(b->set, text, bytes, &why);
    if (!e) {
        char *copy = mem_string_sized(text, bytes);
        complain(b, node, copy, expressions_mistake(b->set), &why);
        mem_free(copy);
        return NULL;
    }
    if (expression_is_constant(e)) {
        json value;
        must(expression_evaluate(e, json_null(), NULL, &value, &why));
        return constant_take(b, value, node);
    }
    struct part *part = part_new(b, PART_EXPRESSION, node);
    part->expression = e;
    return part;
}

// `${ … }` and nothing else but white space.
static bool is_whole(const char *text, size_t bytes, size_t *from, size_t *length)
{
    size_t start = 0, end;
    while (start < bytes && is_space(text[start]))
        start++;
    if (bytes - start < 3 || text[start] != '$' || text[start + 1] != '{')
        return false;
    start += 2;
    if (!expression_scan_end(text + start, bytes - start, &end))
        return false;
    *from = start;
    *length = end;
    for (size_t i = start + end + 1; i < bytes; i++)
        if (!is_space(text[i]))
            return false;
    return true;
}

static const char *find_opening(const char *text, size_t bytes)
{
    return memmem(text, bytes, "${", 2);
}

static void add_piece(struct part *text, struct part *piece, struct part **pieces)
{
    pieces[text->count++] = piece;
}

static bool add_pieces(struct builder *b, struct part *part, const char *text, size_t bytes,
                       struct part **pieces)
{
    const char *at = text, *end = text + bytes;
    for (const char *open; (open = find_opening(at, (size_t)(end - at)));) {
        size_t length;
        if (open > at)
            add_piece(part,
                      constant_take(b, json_string_sized(at, (size_t)(open - at)), part->node),
                      pieces);
        if (!expression_scan_end(open + 2, (size_t)(end - open - 2), &length)) {
            struct fail why;
            fail(&why, FAIL_INVALID, "'${' is not closed by '}'");
            complain(b, part->node, open, 0, &why);
            return false;
        }
        struct part *piece = expression_part(b, open + 2, length, part->node);
        if (!piece)
            return false;
        add_piece(part, piece, pieces);
        at = open + 2 + length + 1;
    }
    if (end > at)
        add_piece(part, constant_take(b, json_string_sized(at, (size_t)(end - at)), part->node),
                  pieces);
    return true;
}

static struct part *interpolation(struct builder *b, const char *text, size_t bytes,
                                  const struct yaml_node *node)
{
    size_t openings = 0;
    for (const char *at = text; (at = find_opening(at, (size_t)(text + bytes - at))); at += 2)
        openings++;
    struct part *part = part_new(b, PART_TEXT, node);
    part->parts = arena_alloc(&b->made->arena, (2 * openings + 1) * sizeof(struct part *));
    bool good = add_pieces(b, part, text, bytes, part->parts);
    if (good)
        return part;
    for (size_t i = 0; i < part->count; i++)
        json_free(part->parts[i]->constant);
    return NULL;
}

static struct part *text_part(struct builder *b, const char *text, size_t bytes, bool loose,
                              const struct yaml_node *node)
{
    size_t from, length;
    if (is_whole(text, bytes, &from, &length))
        return expression_part(b, text + from, length, node);
    if (loose)
        return expression_part(b, text, bytes, node);
    if (find_opening(text, bytes))
        return interpolation(b, text, bytes, node);
    return constant_take(b, json_string_sized(text, bytes), node);
}

// ---- collections

static void part_free(struct part *part)
{
    if (!part)
        return;
    json_free(part->constant);
    for (size_t i = 0; i < part->count; i++)
        part_free(part->parts[i]);
}

// A collection whose children are all constant is constant itself.
static struct part *fold(struct builder *b, struct part *part)
{
    for (size_t i = 0; i < part->count; i++)
        if (!part->parts[i] || part->parts[i]->kind != PART_CONSTANT)
            return part;
    json value = part->kind == PART_ARRAY ? json_array() : json_object();
    for (size_t i = 0; i < part->count; i++) {
        if (part->kind == PART_ARRAY)
            json_append(&value, part->parts[i]->constant);
        else
            json_set(&value, part->keys[i], part->parts[i]->constant);
    }
    const struct yaml_node *node = part->node;
    part_free(part);
    return constant_take(b, value, node);
}

static struct part *collection(struct builder *b, bool array, size_t count,
                               const struct yaml_node *node)
{
    struct part *part = part_new(b, array ? PART_ARRAY : PART_OBJECT, node);
    part->count = count;
    part->parts = arena_alloc(&b->made->arena, (count + 1) * sizeof(struct part *));
    if (!array)
        part->keys = arena_alloc(&b->made->arena, (count + 1) * sizeof(char *));
    return part;
}

static struct part *from_yaml(struct builder *b, const struct yaml_node *node, bool loose)
{
    if (node->kind == YAML_STRING)
        return text_part(b, node->text, node->text_bytes, loose, node);
    if (node->kind != YAML_SEQUENCE && node->kind != YAML_MAPPING)
        return constant_take(b, yaml_to_json(node), node);
    struct part *part = collection(b, node->kind == YAML_SEQUENCE, node->count, node);
    for (size_t i = 0; i < node->count; i++) {
        if (part->keys)
            part->keys[i] = arena_string(&b->made->arena, node->keys[i]->text);
        part->parts[i] = from_yaml(b, node->items[i], false);
    }
    return fold(b, part);
}

static struct part *from_json(struct builder *b, json value)
{
    if (json_is_string(value))
        return text_part(b, json_text(value), json_text_bytes(value), false, NULL);
    if (!json_is_array(value) && !json_is_object(value))
        return constant_take(b, json_ref(value), NULL);
    struct part *part = collection(b, json_is_array(value), json_length(value), NULL);
    if (json_is_array(value)) {
        for (size_t i = 0; i < part->count; i++) {
            json item = json_at(value, i);
            part->parts[i] = from_json(b, item);
            json_free(item);
        }
        return fold(b, part);
    }
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *key;
    json item;
    for (size_t i = 0; json_next(value, &cursor, &key, &item); i++) {
        part->keys[i] = arena_string(&b->made->arena, key);
        part->parts[i] = from_json(b, item);
    }
    return fold(b, part);
}

// ---- public

static struct template *template_new(void)
{
    struct template *t = mem_new(struct template);
    arena_init(&t->arena);
    return t;
}

void template_free(struct template *t)
{
    if (!t)
        return;
    part_free(t->root);
    arena_done(&t->arena);
    mem_free(t);
}

static struct template *finish(struct builder *b)
{
    if (!b->failed)
        return b->made;
    template_free(b->made);
    return NULL;
}

struct template *template_compile(struct expressions *set, const struct yaml_document *document,
                                  const struct yaml_node *node, bool loose,
                                  struct diagnostics *diagnostics)
{
    struct builder b = {
        .set = set, .made = template_new(), .document = document, .diagnostics = diagnostics};
    b.made->root = from_yaml(&b, node, loose);
    return finish(&b);
}

struct template *template_compile_json(struct expressions *set, json value, struct fail *why)
{
    if (!json_depth_within(value, LIMIT_DOCUMENT_DEPTH)) {
        fail(why, FAIL_LIMIT, "values may be nested %d deep at most", LIMIT_DOCUMENT_DEPTH);
        return NULL;
    }
    struct builder b = {.set = set, .made = template_new(), .why = why};
    b.made->root = from_json(&b, value);
    return finish(&b);
}

bool template_is_constant(const struct template *t)
{
    return t->root->kind == PART_CONSTANT;
}

// ---- evaluating

struct evaluation {
    json input;
    const struct scope *scope;
    struct fail *why;
};

static bool evaluate(const struct part *part, const struct evaluation *on, json *out);

// Text as it is, nothing for null, the rest as JSON.
static void write_plain(json v, struct bytes *out)
{
    if (json_is_string(v))
        bytes_append(out, json_text(v), json_text_bytes(v));
    else if (!json_is_null(v))
        json_write(v, JSON_COMPACT, out);
}

static bool evaluate_text(const struct part *part, const struct evaluation *on, json *out)
{
    struct bytes text;
    bytes_init(&text, LIMIT_PAYLOAD_BYTES);
    bool good = true;
    for (size_t i = 0; good && i < part->count; i++) {
        json piece;
        good = evaluate(part->parts[i], on, &piece);
        if (good) {
            write_plain(piece, &text);
            json_free(piece);
        }
    }
    if (good && text.overflowed)
        good = fail(on->why, FAIL_LIMIT, "the text is longer than %d bytes", LIMIT_PAYLOAD_BYTES);
    if (good)
        *out = json_string_sized(text.data, text.length);
    bytes_done(&text);
    return good;
}

static bool evaluate_collection(const struct part *part, const struct evaluation *on, json *out)
{
    bool array = part->kind == PART_ARRAY;
    json made = array ? json_array() : json_object();
    for (size_t i = 0; i < part->count; i++) {
        json item;
        if (!evaluate(part->parts[i], on, &item)) {
            json_free(made);
            return false;
        }
        if (array)
            json_append_take(&made, item);
        else
            json_set_take(&made, part->keys[i], item);
    }
    *out = made;
    return true;
}

static bool evaluate(const struct part *part, const struct evaluation *on, json *out)
{
    switch (part->kind) {
    case PART_CONSTANT:
        *out = json_ref(part->constant);
        return true;
    case PART_EXPRESSION:
        return expression_evaluate(part->expression, on->input, on->scope, out, on->why);
    case PART_TEXT:
        return evaluate_text(part, on, out);
    case PART_ARRAY:
    case PART_OBJECT:
        return evaluate_collection(part, on, out);
    }
    must_not_reach();
}

bool template_evaluate(const struct template *t, json input, const struct scope *scope, json *out,
                       struct fail *why)
{
    struct evaluation on = {input, scope, why};
    *out = json_absent();
    return evaluate(t->root, &on, out);
}

// ---- visiting

static void visit_part(const struct part *part,
                       void (*visit)(void *context, struct expression *e,
                                     const struct yaml_node *node),
                       void *context)
{
    if (part->kind == PART_EXPRESSION)
        visit(context, part->expression, part->node);
    for (size_t i = 0; i < part->count; i++)
        visit_part(part->parts[i], visit, context);
}

void template_visit(const struct template *t,
                    void (*visit)(void *context, struct expression *e,
                                  const struct yaml_node *node),
                    void *context)
{
    visit_part(t->root, visit, context);
}

struct checking {
    const struct yaml_document *document;
    struct diagnostics *diagnostics;
    bool good;
};

static void check_one(void *context, struct expression *e, const struct yaml_node *node)
{
    struct checking *c = context;
    struct fail why;
    if (expression_check(e, &why))
        return;
    c->good = false;
    diagnostics_add(
        c->diagnostics, SEVERITY_ERROR,
        expression_place_in(c->document, node, expression_text(e), expression_mistake(e)),
        "bad-expression", "%s", why.message);
}

bool template_check(const struct template *t, const struct yaml_document *document,
                    struct diagnostics *diagnostics)
{
    struct checking c = {document, diagnostics, true};
    template_visit(t, check_one, &c);
    return c.good;
}
