// The tokenizer of jq texts from the inside, shared by expression_scan.c (tokens and what is open)
// and expression_bind.c (what binds names). Lives on the stack of expression_scan. One thread at a
// time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

#define OPEN_MAX 120 // nesting of an expression

enum open_kind { OPEN_ROUND, OPEN_SQUARE, OPEN_CURLY, OPEN_TEXT, OPEN_IF, OPEN_DEF };

struct open {
    enum open_kind kind;
    size_t offset;
    size_t names_before; // names to keep when it closes
    size_t names_within; // names to keep at the next `;` or comma
    bool at_key;         // of an object: a key comes next
};

struct name {
    const char *text;
    size_t length;
};

struct names {
    struct name *items;
    size_t count, capacity;
};

struct offsets {
    size_t *items;
    size_t count, capacity;
};

struct scanner {
    const char *text;
    size_t bytes, at;
    struct open open[OPEN_MAX];
    size_t depth;
    struct names bound, wanted;
    struct offsets bodies, tokens;
    bool uses_now;
    size_t mistake_at;
    bool to_brace; // stop at a `}` that nothing here opened
    struct fail *why;
};

void scanner_names_add(struct names *n, struct name name);
void scanner_offsets_add(struct offsets *o, size_t offset);

// "what (column 5 of the expression)"; false.
bool scanner_refuse(struct scanner *s, size_t offset, const char *what);
const char *scanner_open_name(enum open_kind kind);

// names_before: how many bound names remain when it closes.
bool scanner_open_one(struct scanner *s, enum open_kind kind, size_t offset, size_t names_before);
bool scanner_to_depth(struct scanner *s, size_t depth);

char scanner_peek(const struct scanner *s, size_t ahead);
bool scanner_is_letter(char c);
void scanner_skip_space(struct scanner *s);
struct name scanner_read_name(struct scanner *s);
bool scanner_read_variable(struct scanner *s, struct name *name); // at the `$`
bool scanner_text(struct scanner *s);                             // at the opening quote
bool scanner_check_called(struct scanner *s, size_t offset, struct name name);

// expression_bind.c: behind `as`, and behind `def`, which began at `from`.
bool scanner_binding(struct scanner *s);
bool scanner_def(struct scanner *s, size_t from);
