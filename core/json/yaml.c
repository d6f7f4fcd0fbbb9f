// libyaml's events become a tree. libyaml itself is a YAML 1.1 scanner; the 1.2 core schema (where
// yes and no are text) is applied here to plain scalars. Everything that could make a small file
// large or its meaning doubtful is refused: tags, merge keys, recursive anchors, doubled keys.
#include "json/yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"

#define NUMBER_BYTES_MAX 300

struct loader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    struct yaml_document *document;
    struct diagnostics *diagnostics;
    struct map anchors; // name -> struct yaml_node *, complete ones only
    struct map open;    // anchors of nodes that are still being read
    size_t nodes;
};

static struct yaml_node *load_node(struct loader *l, int depth);

// ---- messages

static bool complain(struct loader *l, yaml_mark_t from, yaml_mark_t to, const char *code,
                     const char *message)
{
    int column = (int)from.column + 1;
    struct diagnostic_place place = {
        .file = l->document->file,
        .source = l->document->source,
        .line = (int)from.line + 1,
        .column = column,
        .end_column = to.line == from.line && to.column > from.column ? (int)to.column + 1 : 0,
    };
    diagnostics_add(l->diagnostics, SEVERITY_ERROR, place, code, "%s", message);
    return false;
}

static bool complain_at_event(struct loader *l, const char *code, const char *message)
{
    return complain(l, l->event.start_mark, l->event.end_mark, code, message);
}

// libyaml's words, put for someone who writes YAML rather than scans it.
static const char *readable_problem(const char *problem)
{
    static const struct {
        const char *theirs, *ours;
    } table[] = {
        {"found character that cannot start any token",
         "this character cannot begin a value here; put the text in quotes (and indent with "
         "spaces, "
         "not tabs)"},
        {"found a tab character that violates indentation",
         "a tab stands where indentation is; indent with spaces"},
        {"found a tab character where an indentation space is expected",
         "a tab stands where indentation is; indent with spaces"},
        {"mapping values are not allowed in this context",
         "a ': ' stands here in the middle of a text; put the text in quotes, or check the "
         "indentation"},
        {"did not find expected key",
         "a key was expected here; check the indentation and the quotes above"},
        {"did not find expected '-' indicator", "a '-' was expected here; check the indentation"},
        {"could not find expected ':'", "a ':' is missing after this key"},
        {"found unexpected end of stream", "the text ends inside a quoted text"},
        {"did not find expected ',' or ']'", "a ',' or the closing ']' is missing"},
        {"did not find expected ',' or '}'", "a ',' or the closing '}' is missing"},
        {"did not find expected node content", "a value was expected here"},
        {"found undefined alias", "this alias has no anchor above it"},
        {"found unknown escape character", "YAML has no such escape after the backslash; use "
                                           "single quotes if the backslash is meant"},
        {"did not find expected <document start>",
         "this does not belong to the document; check the indentation"},
        {"block sequence entries are not allowed in this context",
         "a list item may not begin here; put it on a line of its own"},
        {"block mapping entries are not allowed in this context",
         "a key may not begin here; put it on a line of its own"},
        {"control characters are not allowed", "control characters are not allowed"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(problem, table[i].theirs) == 0)
            return table[i].ours;
    return problem;
}

static bool complain_of_parser(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;
    const char *problem = p->problem ? p->problem : "this is not YAML";
    yaml_mark_t at = p->problem_mark;
    if (p->error == YAML_READER_ERROR) {
        at.line = at.column = 0;
        const char *source = l->document->source;
        size_t bytes = p->problem_offset < l->document->source_bytes ? p->problem_offset : 0;
        for (size_t i = 0; i < bytes; i++) {
            at.column = source[i] == '\n' ? 0 : at.column + ((source[i] & 0xC0) != 0x80);
            at.line += source[i] == '\n';
        }
    }
    return complain(l, at, at, "yaml-syntax", readable_problem(problem));
}

// ---- events

static bool next_event(struct loader *l)
{
    if (l->has_event)
        yaml_event_delete(&l->event);
    l->has_event = yaml_parser_parse(&l->parser, &l->event) != 0;
    return l->has_event ? true : complain_of_parser(l);
}

static struct yaml_node *new_node(struct loader *l, enum yaml_kind kind)
{
    if (l->nodes >= LIMIT_YAML_NODES) {
        char message[120];
        snprintf(message, sizeof message,
                 "the document has more than %d values (anchors count each time they are used)",
                 LIMIT_YAML_NODES);
        complain_at_event(l, "yaml-limit", message);
        return NULL;
    }
    l->nodes++;
    struct yaml_node *node = arena_new(&l->document->arena, struct yaml_node);
    node->kind = kind;
    node->line = (int)l->event.start_mark.line + 1;
    node->column = (int)l->event.start_mark.column + 1;
    node->end_line = (int)l->event.end_mark.line + 1;
    node->end_column = (int)l->event.end_mark.column + 1;
    return node;
}

// ---- plain scalars (YAML 1.2 section 10.3.2)

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static size_t digits(const char *s)
{
    return strspn(s, "0123456789");
}

static bool looks_integer(const char *s)
{
    s += *s == '-' || *s == '+';
    return *s && s[digits(s)] == 0;
}

static bool looks_float(const char *s)
{
    s += *s == '-' || *s == '+';
    size_t whole = digits(s), fraction = 0;
    s += whole;
    if (*s == '.') {
        fraction = digits(++s);
        s += fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '-' || *s == '+';
        if (digits(s) == 0)
            return false;
        s += digits(s);
    }
    return *s == 0;
}

static bool looks_based(const char *s, int *base)
{
    if (s[0] != '0' || (s[1] != 'o' && s[1] != 'x') || !s[2])
        return false;
    *base = s[1] == 'o' ? 8 : 16;
    return s[2 + strspn(s + 2, s[1] == 'o' ? "01234567" : "0123456789abcdefABCDEF")] == 0;
}

static bool is_no_number(const char *s)
{
    static const char *const words[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL};
    if ((*s == '-' || *s == '+') && (s[1] == '.') && (s[2] == 'i' || s[2] == 'I'))
        s++;
    return is_one_of(s, words);
}

static void warn_leading_zero(struct loader *l, const struct yaml_node *node)
{
    struct diagnostic_place place = {l->document->file, l->document->source, node->line,
                                     node->column, node->end_column};
    diagnostics_add(l->diagnostics, SEVERITY_WARNING, place, "leading-zero",
                    "%.40s reads as a number, its leading zero is lost; "
                    "put it in quotes if it is a phone number or a code",
                    node->text);
}

static bool set_number(struct loader *l, struct yaml_node *node, double n, bool integer)
{
    if (isinf(n) || (integer && fabs(n) > 9007199254740992.0))
        return complain_at_event(l, "yaml-number",
                                 "this number is too large to be exact (2^53 is the largest "
                                 "integer); write it in quotes if it is an id");
    node->kind = YAML_NUMBER;
    node->number = n;
    return true;
}

static bool resolve_plain(struct loader *l, struct yaml_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    const char *s = node->text;
    int base;
    if (is_one_of(s, nulls)) {
        node->kind = YAML_NULL;
    } else if (is_one_of(s, trues) || is_one_of(s, falses)) {
        node->kind = YAML_BOOL;
        node->truth = s[0] == 't' || s[0] == 'T';
    } else if (node->text_bytes > NUMBER_BYTES_MAX) {
        return true;
    } else if (looks_integer(s)) {
        size_t sign = *s == '-' || *s == '+';
        if (s[sign] == '0' && s[sign + 1])
            warn_leading_zero(l, node);
        return set_number(l, node, strtod(s, NULL), true);
    } else if (looks_float(s)) {
        return set_number(l, node, strtod(s, NULL), false);
    } else if (looks_based(s, &base)) {
        return set_number(l, node, (double)strtoull(s + 2, NULL, base), true);
    } else if (is_no_number(s)) {
        return complain_at_event(l, "yaml-number",
                                 "JSON knows no infinity and no NaN; write it in quotes if it is "
                                 "text");
    }
    return true;
}

static struct yaml_node *load_scalar(struct loader *l, bool key)
{
    const yaml_event_t *event = &l->event;
    struct yaml_node *node = new_node(l, YAML_STRING);
    if (!node)
        return NULL;
    node->text_bytes = event->data.scalar.length;
    node->text = arena_string_sized(&l->document->arena, (const char *)event->data.scalar.value,
                                    node->text_bytes);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (memchr(node->text, 0, node->text_bytes)) {
        complain_at_event(l, "yaml-zero", "the zero character may not stand in a text");
        return NULL;
    }
    if (!node->quoted && !key && !resolve_plain(l, node))
        return NULL;
    return node;
}

// ---- collections

struct children {
    struct yaml_node **keys, **values;
    size_t count, capacity;
};

static void children_add(struct children *c, struct yaml_node *key, struct yaml_node *value)
{
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? c->capacity * 2 : 8;
        c->keys = mem_resize(c->keys, c->capacity * sizeof *c->keys);
        c->values = mem_resize(c->values, c->capacity * sizeof *c->values);
    }
    c->keys[c->count] = key;
    c->values[c->count++] = value;
}

static void adopt(struct loader *l, struct yaml_node *node, const struct children *c)
{
    size_t bytes = c->count * sizeof *c->values;
    node->count = c->count;
    if (c->count == 0)
        return;
    node->items = arena_alloc(&l->document->arena, bytes);
    memcpy(node->items, c->values, bytes);
    if (node->kind == YAML_MAPPING) {
        node->keys = arena_alloc(&l->document->arena, bytes);
        memcpy(node->keys, c->keys, bytes);
    }
    for (size_t i = 0; i < c->count; i++) {
        c->values[i]->parent = node;
        if (node->kind == YAML_MAPPING)
            c->keys[i]->parent = node;
    }
}

static bool end_collection(struct loader *l, struct yaml_node *node, struct children *c, bool good)
{
    if (good) {
        adopt(l, node, c);
        node->end_line = (int)l->event.end_mark.line + 1;
        node->end_column = (int)l->event.end_mark.column + 1;
    }
    mem_free(c->keys);
    mem_free(c->values);
    return good;
}

static bool load_sequence(struct loader *l, struct yaml_node *node, int depth)
{
    struct children items = {0};
    bool good = next_event(l);
    while (good && l->event.type != YAML_SEQUENCE_END_EVENT) {
        struct yaml_node *item = load_node(l, depth + 1);
        if (item)
            children_add(&items, NULL, item);
        good = item && next_event(l);
    }
    return end_collection(l, node, &items, good);
}

static bool refuse_double(struct loader *l, const struct yaml_node *first,
                          const struct yaml_node *second)
{
    struct diagnostic_place place = {l->document->file, l->document->source, second->line,
                                     second->column, second->end_column};
    diagnostics_add(l->diagnostics, SEVERITY_ERROR, place, "duplicate-key",
                    "the key '%.100s' stands twice: on line %d and on line %d", second->text,
                    first->line, second->line);
    return false;
}

static struct yaml_node *load_key(struct loader *l, struct map *seen)
{
    if (l->event.type != YAML_SCALAR_EVENT) {
        complain_at_event(l, "yaml-key", "a key must be plain text");
        return NULL;
    }
    if (l->event.data.scalar.tag || l->event.data.scalar.anchor) {
        complain_at_event(l, "yaml-key", "a key may not have a tag or an anchor");
        return NULL;
    }
    struct yaml_node *key = load_scalar(l, true);
    if (!key)
        return NULL;
    if (!key->quoted && strcmp(key->text, "<<") == 0) {
        complain_at_event(l, "yaml-merge",
                          "the merge key '<<' is not part of YAML 1.2; write the keys out");
        return NULL;
    }
    struct yaml_node *first = map_get(seen, key->text);
    if (first) {
        refuse_double(l, first, key);
        return NULL;
    }
    map_put(seen, key->text, key);
    return key;
}

static bool load_mapping(struct loader *l, struct yaml_node *node, int depth)
{
    struct children members = {0};
    struct map seen;
    map_init(&seen);
    bool good = next_event(l);
    while (good && l->event.type != YAML_MAPPING_END_EVENT) {
        struct yaml_node *key = load_key(l, &seen);
        struct yaml_node *value = key && next_event(l) ? load_node(l, depth + 1) : NULL;
        if (value)
            children_add(&members, key, value);
        good = value && next_event(l);
    }
    map_done(&seen);
    return end_collection(l, node, &members, good);
}

// ---- anchors

static struct yaml_node *copy_node(struct loader *l, const struct yaml_node *from, int depth)
{
    if (depth > LIMIT_DOCUMENT_DEPTH) {
        complain_at_event(l, "yaml-limit", "this alias makes the document too deep");
        return NULL;
    }
    struct yaml_node *node = new_node(l, from->kind);
    if (!node)
        return NULL;
    // The place stays that of the anchor: there the text is that a message would quote.
    *node = *from;
    node->items = node->keys = NULL;
    struct children children = {0};
    bool good = true;
    for (size_t i = 0; good && i < from->count; i++) {
        struct yaml_node *key = from->keys ? copy_node(l, from->keys[i], depth) : NULL;
        struct yaml_node *value =
            !from->keys || key ? copy_node(l, from->items[i], depth + 1) : NULL;
        good = value != NULL;
        if (good)
            children_add(&children, key, value);
    }
    if (good)
        adopt(l, node, &children);
    mem_free(children.keys);
    mem_free(children.values);
    return good ? node : NULL;
}

static struct yaml_node *load_alias(struct loader *l, int depth)
{
    const char *name = (const char *)l->event.data.alias.anchor;
    const struct yaml_node *anchored = map_get(&l->anchors, name);
    if (map_has(&l->open, name)) {
        complain_at_event(l, "yaml-alias", "this alias stands inside its own anchor");
        return NULL;
    }
    if (!anchored) {
        complain_at_event(l, "yaml-alias", "this alias has no anchor above it");
        return NULL;
    }
    return copy_node(l, anchored, depth);
}

static bool refuse_tag(struct loader *l, const yaml_char_t *tag)
{
    if (!tag)
        return true;
    return complain_at_event(l, "yaml-tag",
                             "tags ('!') are not used here; put text in quotes to keep it text");
}

// A collection, with its anchor open while it is read.
static struct yaml_node *load_collection(struct loader *l, int depth)
{
    bool sequence = l->event.type == YAML_SEQUENCE_START_EVENT;
    const yaml_char_t *anchor =
        sequence ? l->event.data.sequence_start.anchor : l->event.data.mapping_start.anchor;
    const yaml_char_t *tag =
        sequence ? l->event.data.sequence_start.tag : l->event.data.mapping_start.tag;
    if (!refuse_tag(l, tag))
        return NULL;
    if (depth >= LIMIT_DOCUMENT_DEPTH) {
        char message[80];
        snprintf(message, sizeof message, "values may be nested %d deep at most",
                 LIMIT_DOCUMENT_DEPTH);
        complain_at_event(l, "yaml-limit", message);
        return NULL;
    }
    struct yaml_node *node = new_node(l, sequence ? YAML_SEQUENCE : YAML_MAPPING);
    if (!node)
        return NULL;
    char *name = anchor ? arena_string(&l->document->arena, (const char *)anchor) : NULL;
    if (name)
        map_put(&l->open, name, node);
    if (!(sequence ? load_sequence(l, node, depth) : load_mapping(l, node, depth)))
        return NULL;
    if (name) {
        map_remove(&l->open, name);
        map_put(&l->anchors, name, node);
    }
    return node;
}

static struct yaml_node *load_node(struct loader *l, int depth)
{
    if (l->event.type == YAML_ALIAS_EVENT)
        return load_alias(l, depth);
    if (l->event.type != YAML_SCALAR_EVENT)
        return load_collection(l, depth);
    if (!refuse_tag(l, l->event.data.scalar.tag))
        return NULL;
    struct yaml_node *node = load_scalar(l, false);
    if (node && l->event.data.scalar.anchor)
        map_put(&l->anchors, (const char *)l->event.data.scalar.anchor, node);
    return node;
}

// ---- documents

static bool load_document(struct loader *l)
{
    if (!next_event(l) || !next_event(l)) // stream start, then document start
        return false;
    if (l->event.type == YAML_STREAM_END_EVENT)
        return complain_at_event(l, "yaml-empty", "the document is empty");
    must(l->event.type == YAML_DOCUMENT_START_EVENT);
    if (!next_event(l))
        return false;
    l->document->root = load_node(l, 0);
    if (!l->document->root || !next_event(l) || !next_event(l))
        return false;
    if (l->event.type != YAML_STREAM_END_EVENT)
        return complain_at_event(l, "yaml-documents",
                                 "a second document ('---') begins here; one file holds one");
    return true;
}

static bool check_text(struct loader *l)
{
    const struct yaml_document *document = l->document;
    struct diagnostic_place place = {.file = document->file};
    size_t valid = utf8_valid_prefix(document->source, document->source_bytes);
    if (document->source_bytes > LIMIT_DEFINITION_BYTES) {
        diagnostics_add(l->diagnostics, SEVERITY_ERROR, place, "yaml-limit",
                        "the text has %zu bytes, %d are allowed", document->source_bytes,
                        LIMIT_DEFINITION_BYTES);
        return false;
    }
    if (valid == document->source_bytes)
        return true;
    place.line = 1;
    const char *line = document->source;
    for (size_t i = 0; i < valid; i++) {
        if (document->source[i] == '\n') {
            place.line++;
            line = document->source + i + 1;
        }
    }
    place.column = (int)utf8_count(line, (size_t)(document->source + valid - line)) + 1;
    diagnostics_add(l->diagnostics, SEVERITY_ERROR, place, "yaml-encoding",
                    "the text is not valid UTF-8; save the file as UTF-8");
    return false;
}

static bool load(struct loader *l)
{
    if (!check_text(l))
        return false;
    must(yaml_parser_initialize(&l->parser));
    yaml_parser_set_encoding(&l->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&l->parser, (const unsigned char *)l->document->source,
                                 l->document->source_bytes);
    map_init(&l->anchors);
    map_init(&l->open);
    bool good = load_document(l);
    if (l->has_event)
        yaml_event_delete(&l->event);
    yaml_parser_delete(&l->parser);
    map_done(&l->anchors);
    map_done(&l->open);
    return good;
}

struct yaml_document *yaml_parse(const char *file, const char *text, size_t bytes,
                                 struct diagnostics *diagnostics)
{
    static const char mark[] = "\xEF\xBB\xBF"; // of editors that save UTF-8 "with BOM"
    size_t skip = bytes >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
    text += skip;
    bytes -= skip;
    struct yaml_document *document = mem_new(struct yaml_document);
    arena_init(&document->arena);
    document->file = arena_string(&document->arena, file);
    document->source = arena_string_sized(&document->arena, text, bytes);
    document->source_bytes = bytes;
    struct loader l = {.document = document, .diagnostics = diagnostics};
    if (load(&l))
        return document;
    yaml_document_free(document);
    return NULL;
}

void yaml_document_free(struct yaml_document *document)
{
    if (!document)
        return;
    arena_done(&document->arena);
    mem_free(document);
}
