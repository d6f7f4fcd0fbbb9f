// A tokenizer for jq 1.6 with a stack of what is open. It does not know jq's grammar, only what has
// a beginning and an end: brackets, strings with \( ) inside, if … end, def … ;. That is enough to
// follow the scope of variables: a name bound by `as` holds to the end of what is open, or to the
// next `;`, `then`, `else`, or the next comma of an object.
#include "json/expression_scan.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "json/expression_scanner.h"

// ---- growing

void scanner_names_add(struct names *n, struct name name)
{
    if (n->count == n->capacity) {
        n->capacity = n->capacity ? n->capacity * 2 : 16;
        n->items = mem_resize(n->items, n->capacity * sizeof *n->items);
    }
    n->items[n->count++] = name;
}

static bool names_have(const struct names *n, struct name name)
{
    for (size_t i = n->count; i-- > 0;)
        if (n->items[i].length == name.length &&
            memcmp(n->items[i].text, name.text, name.length) == 0)
            return true;
    return false;
}

void scanner_offsets_add(struct offsets *o, size_t offset)
{
    if (o->count == o->capacity) {
        o->capacity = o->capacity ? o->capacity * 2 : 32;
        o->items = mem_resize(o->items, o->capacity * sizeof *o->items);
    }
    o->items[o->count++] = offset;
}

// ---- messages

void expression_place(const char *text, size_t offset, char *out, size_t size)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    size_t column = utf8_count(text + start, offset - start) + 1;
    if (line > 1 || strchr(text, '\n'))
        snprintf(out, size, "line %zu, column %zu", line, column);
    else
        snprintf(out, size, "column %zu", column);
}

bool scanner_refuse(struct scanner *s, size_t offset, const char *what)
{
    char place[60];
    s->mistake_at = offset;
    expression_place(s->text, offset, place, sizeof place);
    return fail(s->why, FAIL_INVALID, "%s (%s of the expression)", what, place);
}

static bool refuse_name(struct scanner *s, size_t offset, struct name name, const char *what)
{
    char text[200];
    snprintf(text, sizeof text, "'%.*s' %s", (int)(name.length < 60 ? name.length : 60), name.text,
             what);
    return scanner_refuse(s, offset, text);
}

const char *scanner_open_name(enum open_kind kind)
{
    static const char *const names[] = {
        "'(' is not closed by ')'",    "'[' is not closed by ']'",
        "'{' is not closed by '}'",    "'\\(' in a text is not closed by ')'",
        "'if' is not closed by 'end'", "'def' is not closed by ';'"};
    return names[kind];
}

// ---- opening and closing

bool scanner_open_one(struct scanner *s, enum open_kind kind, size_t offset, size_t names_before)
{
    if (s->depth == OPEN_MAX)
        return scanner_refuse(s, offset, "the expression is nested more than 120 deep");
    s->open[s->depth++] =
        (struct open){kind, offset, names_before, s->bound.count, kind == OPEN_CURLY};
    return true;
}

static void close_one(struct scanner *s)
{
    must(s->depth > 0);
    s->bound.count = s->open[--s->depth].names_before;
}

static struct open *innermost(struct scanner *s)
{
    return s->depth > 0 ? &s->open[s->depth - 1] : NULL;
}

static bool close_bracket(struct scanner *s, char c)
{
    struct open *top = innermost(s);
    enum open_kind wanted = c == ')' ? OPEN_ROUND : c == ']' ? OPEN_SQUARE : OPEN_CURLY;
    if (!top) {
        char what[60];
        snprintf(what, sizeof what, "'%c' closes nothing", c);
        return scanner_refuse(s, s->at, what);
    }
    if (top->kind != wanted && !(top->kind == OPEN_TEXT && c == ')'))
        return scanner_refuse(s, top->offset, scanner_open_name(top->kind));
    close_one(s);
    s->at++;
    return true;
}

// ---- small pieces

char scanner_peek(const struct scanner *s, size_t ahead)
{
    return s->at + ahead < s->bytes ? s->text[s->at + ahead] : 0;
}

bool scanner_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void scanner_skip_space(struct scanner *s)
{
    while (s->at < s->bytes) {
        char c = s->text[s->at];
        if (c == '#')
            while (s->at < s->bytes && s->text[s->at] != '\n')
                s->at++;
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            s->at++;
        else
            return;
    }
}

struct name scanner_read_name(struct scanner *s)
{
    struct name name = {s->text + s->at, 0};
    while (scanner_is_letter(scanner_peek(s, 0)) || is_digit(scanner_peek(s, 0)) ||
           (scanner_peek(s, 0) == ':' && scanner_peek(s, 1) == ':' &&
            scanner_is_letter(scanner_peek(s, 2)))) {
        size_t step = scanner_peek(s, 0) == ':' ? 2 : 1;
        s->at += step;
        name.length += step;
    }
    return name;
}

static bool name_is(struct name name, const char *word)
{
    return strlen(word) == name.length && memcmp(name.text, word, name.length) == 0;
}

static void skip_number(struct scanner *s)
{
    while (is_digit(scanner_peek(s, 0)) || scanner_peek(s, 0) == '.')
        s->at++;
    if (scanner_peek(s, 0) != 'e' && scanner_peek(s, 0) != 'E')
        return;
    size_t sign = scanner_peek(s, 1) == '+' || scanner_peek(s, 1) == '-';
    if (!is_digit(scanner_peek(s, 1 + sign)))
        return;
    s->at += 1 + sign;
    while (is_digit(scanner_peek(s, 0)))
        s->at++;
}

// At the opening quote; \( ) holds expressions.
bool scanner_text(struct scanner *s)
{
    size_t from = s->at++;
    while (s->at < s->bytes) {
        char c = s->text[s->at];
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c == '\\' && scanner_peek(s, 1) == '(') {
            size_t depth = s->depth;
            if (!scanner_open_one(s, OPEN_TEXT, s->at, s->bound.count))
                return false;
            s->at += 2;
            if (!scanner_to_depth(s, depth))
                return false;
            continue;
        }
        s->at += c == '\\' && s->at + 1 < s->bytes ? 2 : 1;
    }
    return scanner_refuse(s, from, "a text in quotes is not closed");
}

// ---- names

// What reads the world, changes the process or depends on the machine.
static bool is_forbidden(struct name name)
{
    static const char *const words[] = {"env",
                                        "input",
                                        "inputs",
                                        "include",
                                        "import",
                                        "input_filename",
                                        "debug",
                                        "stderr",
                                        "halt",
                                        "halt_error",
                                        "input_line_number",
                                        "get_search_list",
                                        "modulemeta",
                                        "localtime",
                                        "strflocaltime",
                                        "builtins",
                                        NULL};
    for (const char *const *word = words; *word; word++)
        if (name_is(name, *word))
            return true;
    return false;
}

bool scanner_check_called(struct scanner *s, size_t offset, struct name name)
{
    if (is_forbidden(name))
        return refuse_name(s, offset, name, "is not available in an expression");
    if (name.text[0] == '_' || memchr(name.text, ':', name.length))
        return refuse_name(
            s, offset, name,
            "is not a name for an expression: '_' in front and '::' are the engine's");
    if (name_is(name, "now"))
        s->uses_now = true;
    return true;
}

// Behind a `$`, maybe with space between.
bool scanner_read_variable(struct scanner *s, struct name *name)
{
    size_t from = s->at++;
    scanner_skip_space(s);
    if (!scanner_is_letter(scanner_peek(s, 0)))
        return scanner_refuse(s, from, "'$' wants the name of a variable behind it");
    *name = scanner_read_name(s);
    if (name_is(*name, "ENV") || (name->length > 1 && memcmp(name->text, "__", 2) == 0))
        return refuse_name(s, from, *name, "is not a variable that an expression may use");
    return true;
}

static bool scan_variable(struct scanner *s)
{
    struct name name;
    if (!scanner_read_variable(s, &name))
        return false;
    if (!names_have(&s->bound, name) && !names_have(&s->wanted, name))
        scanner_names_add(&s->wanted, name);
    return true;
}

// `label $x` and `break $x` name no variable.
static bool scan_label(struct scanner *s)
{
    struct name name;
    scanner_skip_space(s);
    return scanner_peek(s, 0) != '$' || scanner_read_variable(s, &name);
}

// ---- words

static bool is_key_here(struct scanner *s)
{
    struct open *top = innermost(s);
    return top && top->kind == OPEN_CURLY && top->at_key;
}

static bool next_branch(struct scanner *s, size_t offset, const char *word)
{
    struct open *top = innermost(s);
    if (!top || top->kind != OPEN_IF) {
        char what[80];
        snprintf(what, sizeof what, "'%s' stands outside of an 'if'", word);
        return scanner_refuse(s, offset, what);
    }
    s->bound.count = top->names_within;
    return true;
}

static bool scan_word(struct scanner *s)
{
    size_t from = s->at;
    struct name name = scanner_read_name(s);
    if (is_key_here(s)) {
        innermost(s)->at_key = false;
        return true;
    }
    if (name_is(name, "as"))
        return scanner_binding(s);
    if (name_is(name, "def"))
        return scanner_def(s, from);
    if (name_is(name, "label") || name_is(name, "break"))
        return scan_label(s);
    if (name_is(name, "if"))
        return scanner_open_one(s, OPEN_IF, from, s->bound.count);
    if (name_is(name, "then"))
        return next_branch(s, from, "then");
    if (name_is(name, "elif"))
        return next_branch(s, from, "elif");
    if (name_is(name, "else"))
        return next_branch(s, from, "else");
    if (name_is(name, "end")) {
        if (!next_branch(s, from, "end"))
            return false;
        close_one(s);
        return true;
    }
    return scanner_check_called(s, from, name);
}

// ---- the loop

static bool scan_semicolon(struct scanner *s)
{
    struct open *top = innermost(s);
    if (!top || (top->kind != OPEN_DEF && top->kind != OPEN_ROUND))
        return scanner_refuse(s, s->at, "';' belongs between the arguments of a function");
    if (top->kind == OPEN_DEF)
        close_one(s);
    else
        s->bound.count = top->names_within;
    s->at++;
    return true;
}

static bool scan_comma_or_colon(struct scanner *s, char c)
{
    struct open *top = innermost(s);
    if (top && top->kind == OPEN_CURLY) {
        top->at_key = c == ',';
        if (c == ',')
            s->bound.count = top->names_within;
    }
    s->at++;
    return true;
}

static bool scan_dot(struct scanner *s)
{
    s->at++;
    if (scanner_is_letter(scanner_peek(s, 0)))
        while (scanner_is_letter(scanner_peek(s, 0)) || is_digit(scanner_peek(s, 0)))
            s->at++;
    else if (is_digit(scanner_peek(s, 0)))
        skip_number(s);
    return true;
}

static bool scan_token(struct scanner *s)
{
    char c = s->text[s->at];
    scanner_offsets_add(&s->tokens, s->at);
    if (c == '(' || c == '[' || c == '{') {
        enum open_kind kind = c == '(' ? OPEN_ROUND : c == '[' ? OPEN_SQUARE : OPEN_CURLY;
        if (is_key_here(s))
            innermost(s)->at_key = false;
        return scanner_open_one(s, kind, s->at++, s->bound.count);
    }
    if (c == ')' || c == ']' || c == '}')
        return close_bracket(s, c);
    if (c == ';')
        return scan_semicolon(s);
    if (c == ',' || c == ':')
        return scan_comma_or_colon(s, c);
    if (c == '"')
        return scanner_text(s);
    if (c == '.')
        return scan_dot(s);
    if (c == '$')
        return scan_variable(s);
    if (scanner_is_letter(c))
        return scan_word(s);
    if (is_digit(c)) {
        skip_number(s);
        return true;
    }
    if (c == '@') {
        s->at++;
        scanner_read_name(s);
        return true;
    }
    if (c == 0)
        return scanner_refuse(s, s->at, "the zero character may not stand in an expression");
    // Letters beyond ASCII are no names in jq: one token, so that the message shows them whole.
    do
        s->at++;
    while ((unsigned char)c >= 0x80 && (unsigned char)scanner_peek(s, 0) >= 0x80);
    return true;
}

// Until only `depth` things are open, or (depth 0 at the outset) to the end of the text.
bool scanner_to_depth(struct scanner *s, size_t depth)
{
    bool nested = s->depth > depth;
    for (;;) {
        scanner_skip_space(s);
        if (s->at >= s->bytes)
            break;
        if (s->to_brace && s->depth == 0 && s->text[s->at] == '}')
            return true;
        if (!scan_token(s))
            return false;
        if (nested && s->depth == depth)
            return true;
    }
    struct open *top = innermost(s);
    return top ? scanner_refuse(s, top->offset, scanner_open_name(top->kind)) : true;
}

static void scanner_done(struct scanner *s)
{
    mem_free(s->bound.items);
    mem_free(s->wanted.items);
    mem_free(s->bodies.items);
    mem_free(s->tokens.items);
}

static size_t *keep_offsets(struct arena *arena, const struct offsets *o)
{
    size_t *kept = arena_alloc(arena, (o->count + 1) * sizeof *kept);
    if (o->count > 0)
        memcpy(kept, o->items, o->count * sizeof *kept);
    return kept;
}

bool expression_scan(const char *text, size_t bytes, struct arena *arena,
                     struct expression_scan *out, struct fail *why)
{
    struct scanner s = {.text = text, .bytes = bytes, .why = why};
    memset(out, 0, sizeof *out);
    s.mistake_at = 0;
    bool good = scanner_to_depth(&s, 0);
    if (good && s.tokens.count == 0)
        good = fail(why, FAIL_INVALID, "the expression is empty");
    if (good) {
        out->variables = arena_alloc(arena, (s.wanted.count + 1) * sizeof *out->variables);
        for (size_t i = 0; i < s.wanted.count; i++)
            out->variables[i] =
                arena_string_sized(arena, s.wanted.items[i].text, s.wanted.items[i].length);
        out->variable_count = s.wanted.count;
        out->bodies = keep_offsets(arena, &s.bodies);
        out->body_count = s.bodies.count;
        out->tokens = keep_offsets(arena, &s.tokens);
        out->token_count = s.tokens.count;
        out->uses_now = s.uses_now;
    }
    out->mistake_at = s.mistake_at;
    scanner_done(&s);
    return good;
}

// Mistakes inside are for expression_scan to find: here the end is all that is wanted. A text that
// cannot be followed ends at its first plain brace, so that the message is about the expression.
bool expression_scan_end(const char *text, size_t bytes, size_t *end)
{
    struct fail why;
    struct scanner s = {.text = text, .bytes = bytes, .why = &why, .to_brace = true};
    bool found = scanner_to_depth(&s, 0) && s.at < bytes;
    *end = s.at;
    if (!found) {
        const char *brace = memchr(text, '}', bytes);
        found = brace != NULL;
        *end = brace ? (size_t)(brace - text) : 0;
    }
    scanner_done(&s);
    return found;
}
