// What binds names in jq: patterns behind `as`, and the head of a `def`.
#include "json/expression_scanner.h"

static bool scan_pattern(struct scanner *s, int depth);

// ---- patterns: behind `as`

static bool bind_variable(struct scanner *s)
{
    struct name name;
    if (!scanner_read_variable(s, &name))
        return false;
    scanner_names_add(&s->bound, name);
    return true;
}

static bool scan_pattern_key(struct scanner *s)
{
    size_t depth = s->depth;
    if (scanner_peek(s, 0) == '$')
        return bind_variable(s);
    if (scanner_peek(s, 0) == '"')
        return scanner_text(s);
    if (scanner_peek(s, 0) == '(') {
        if (!scanner_open_one(s, OPEN_ROUND, s->at++, s->bound.count))
            return false;
        return scanner_to_depth(s, depth);
    }
    if (scanner_is_letter(scanner_peek(s, 0))) {
        scanner_read_name(s);
        return true;
    }
    return scanner_refuse(s, s->at, "a key or a $variable should stand here");
}

static bool scan_pattern_list(struct scanner *s, char close, int depth)
{
    size_t from = s->at++;
    for (;;) {
        scanner_skip_space(s);
        if (close == '}') {
            if (!scan_pattern_key(s))
                return false;
            scanner_skip_space(s);
            if (scanner_peek(s, 0) == ':') {
                s->at++;
                if (!scan_pattern(s, depth + 1))
                    return false;
            }
        } else if (!scan_pattern(s, depth + 1)) {
            return false;
        }
        scanner_skip_space(s);
        char c = scanner_peek(s, 0);
        if (c != ',' && c != close)
            return scanner_refuse(s, from,
                                  scanner_open_name(close == '}' ? OPEN_CURLY : OPEN_SQUARE));
        s->at++;
        if (c == close)
            return true;
    }
}

static bool scan_pattern(struct scanner *s, int depth)
{
    scanner_skip_space(s);
    if (depth > OPEN_MAX)
        return scanner_refuse(s, s->at, "the pattern is nested too deep");
    if (scanner_peek(s, 0) == '$')
        return bind_variable(s);
    if (scanner_peek(s, 0) == '[')
        return scan_pattern_list(s, ']', depth);
    if (scanner_peek(s, 0) == '{')
        return scan_pattern_list(s, '}', depth);
    return scanner_refuse(s, s->at,
                          "behind 'as' a $variable, a [list] or an {object} should stand");
}

bool scanner_binding(struct scanner *s)
{
    size_t names_before = s->bound.count;
    for (;;) {
        if (!scan_pattern(s, 0))
            return false;
        scanner_skip_space(s);
        if (scanner_peek(s, 0) != '?' || scanner_peek(s, 1) != '/' || scanner_peek(s, 2) != '/')
            break;
        s->at += 3;
    }
    if (scanner_peek(s, 0) != '(') // `as $x | …`: holds to the end of what is open
        return true;
    // reduce and foreach: holds within these brackets only
    scanner_offsets_add(&s->tokens, s->at);
    return scanner_open_one(s, OPEN_ROUND, s->at++, names_before);
}

// ---- def NAME(a; $b): body;

static bool scan_parameters(struct scanner *s)
{
    size_t from = s->at++;
    for (;;) {
        scanner_skip_space(s);
        size_t at = s->at;
        if (scanner_peek(s, 0) == '$') {
            if (!bind_variable(s))
                return false;
        } else if (scanner_is_letter(scanner_peek(s, 0))) {
            if (!scanner_check_called(s, at, scanner_read_name(s)))
                return false;
        } else {
            return scanner_refuse(s, at, "the name of a parameter should stand here");
        }
        scanner_skip_space(s);
        char c = scanner_peek(s, 0);
        if (c != ';' && c != ')')
            return scanner_refuse(s, from, scanner_open_name(OPEN_ROUND));
        s->at++;
        if (c == ')')
            return true;
    }
}

bool scanner_def(struct scanner *s, size_t from)
{
    size_t names_before = s->bound.count;
    scanner_skip_space(s);
    size_t at = s->at;
    if (!scanner_is_letter(scanner_peek(s, 0)))
        return scanner_refuse(s, at, "behind 'def' the name of a function should stand");
    if (!scanner_check_called(s, at, scanner_read_name(s)))
        return false;
    scanner_skip_space(s);
    if (scanner_peek(s, 0) == '(' && !scan_parameters(s))
        return false;
    scanner_skip_space(s);
    if (scanner_peek(s, 0) != ':')
        return scanner_refuse(s, s->at, "a function's body begins with ':'");
    s->at++;
    scanner_offsets_add(&s->bodies, s->at);
    return scanner_open_one(s, OPEN_DEF, from, names_before);
}
