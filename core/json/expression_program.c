// The text of the program, its compilation, and its runs.
//
//     prelude
//     .[0] as $__k | if $__k < 2 then (if $__k < 1 then LEAF 0 else LEAF 1 end) else LEAF 2 end
//
// where a leaf is   .[2] as $a | .[3] as $b | .[1] | (
//                   the author's text on lines of its own
//                   )
// The tree is balanced, so the k-th of 1000 expressions costs ten comparisons. The author's text
// has been scanned: it cannot close our brackets.
//
// jq cannot be interrupted, but a builtin may call back: `input` asks round_allowed(), which
// answers true until the rounds are used up and then raises. The prelude puts that call into all
// that loops.
#include "json/expression_program.h"

#include <jq.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "json/expression_names.h"
#include "json/expression_prelude.h"
#include "json/expression_watch.h"

// libjq 1.6 loses the texts it has read when a program does not parse: some bytes for each mistake
// in an expression. They are not ours to free, so the leak checker of the test build looks away
// meanwhile.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#define LEAKS_OF_LIBJQ_BEGIN() __lsan_disable()
#define LEAKS_OF_LIBJQ_END()   __lsan_enable()
#else
#define LEAKS_OF_LIBJQ_BEGIN() ((void)0)
#define LEAKS_OF_LIBJQ_END()   ((void)0)
#endif

#define PROGRAM_BYTES_MAX  (256u * 1024 * 1024)
#define MESSAGES_MAX       10000
#define COMPILE_PASSES_MAX 20

struct program {
    jq_state *jq; // NULL when nothing compiles
    size_t rounds_max, rounds_left;
    bool exhausted;
    struct watched watched;
};

// ---- what jq says while it compiles

struct messages {
    char *items[MESSAGES_MAX];
    size_t count;
};

static void gather(void *context, jv message)
{
    struct messages *m = context;
    if (m->count < MESSAGES_MAX && jv_get_kind(message) == JV_KIND_STRING)
        m->items[m->count++] = mem_string(jv_string_value(message));
    jv_free(message);
}

static void messages_clear(struct messages *m)
{
    while (m->count > 0)
        mem_free(m->items[--m->count]);
}

// "jq: error: WHAT at <top-level>, line N:…" taken apart; false for other lines.
static bool message_read(const char *message, char *what, size_t size, size_t *line)
{
    static const char head[] = "jq: error: ", tail[] = " at <top-level>, line ";
    const char *end = strstr(message, tail);
    if (strncmp(message, head, strlen(head)) != 0 || !end)
        return false;
    const char *from = message + strlen(head);
    snprintf(what, size, "%.*s", (int)(end - from), from);
    char *shell = strstr(what, " (Unix shell quoting issues?)");
    if (shell)
        memmove(shell, shell + 29, strlen(shell + 29) + 1);
    *line = (size_t)strtoul(end + strlen(tail), NULL, 10);
    return true;
}

static jq_state *compile(const char *text, struct messages *messages)
{
    jq_state *jq = jq_init();
    must(jq);
    jq_set_error_cb(jq, gather, messages);
    LEAKS_OF_LIBJQ_BEGIN();
    bool good = jq_compile(jq, text);
    LEAKS_OF_LIBJQ_END();
    if (!good)
        jq_teardown(&jq);
    return jq;
}

// ---- syntax of one expression
//
// Parsing is cheap, binding the builtins costs the 30 ms. A backquote is no token of jq: put behind
// the text it always is a mistake, and the only one if the text is good, so jq stops before
// binding. The same with the text cut short finds the first token that cannot follow what stands
// before it.

static size_t lines_in(const char *text, size_t bytes)
{
    size_t lines = 0;
    for (size_t i = 0; i < bytes; i++)
        lines += text[i] == '\n';
    return lines;
}

// The first complaint about the text itself, or false if only the backquote was wrong.
static bool complaint(const char *text, size_t bytes, bool whole, char *what, size_t size,
                      size_t *line)
{
    struct messages *messages = mem_new(struct messages);
    struct bytes program;
    bytes_init(&program, PROGRAM_BYTES_MAX);
    bytes_add(&program, "(\n");
    bytes_append(&program, text, bytes);
    bytes_add(&program, whole ? "\n) `" : "\n`");
    jq_state *jq = compile(program.data, messages);
    must(!jq);
    size_t last = lines_in(program.data, program.length) + 1;
    bool found = false;
    for (size_t i = 0; i < messages->count && !found; i++) {
        if (!message_read(messages->items[i], what, size, line))
            continue;
        bool backquote = *line == last && strstr(what, "unexpected INVALID_CHARACTER");
        bool cut = !whole && (strstr(what, "unexpected $end") || strstr(what, "try .[\"field\"]"));
        found = !backquote && !cut;
    }
    messages_clear(messages);
    mem_free(messages);
    bytes_done(&program);
    return found;
}

// Whether the first `count` tokens can begin an expression grows false once and stays so.
static size_t first_bad_token(const struct program_entry *e)
{
    size_t good = 0, bad = e->scan.token_count + 1;
    char what[300];
    size_t line;
    while (bad - good > 1) {
        size_t middle = good + (bad - good) / 2;
        size_t end = middle < e->scan.token_count ? e->scan.tokens[middle] : e->bytes;
        if (complaint(e->text, end, false, what, sizeof what, &line))
            bad = middle;
        else
            good = middle;
    }
    return bad - 1;
}

static void describe_token(const struct program_entry *e, size_t i, char *out, size_t size)
{
    size_t from = e->scan.tokens[i];
    size_t to = i + 1 < e->scan.token_count ? e->scan.tokens[i + 1] : e->bytes;
    while (to > from && strchr(" \t\r\n", e->text[to - 1]))
        to--;
    size_t shown = utf8_valid_prefix(e->text + from, to - from < 40 ? to - from : 40);
    snprintf(out, size, "%.*s", (int)shown, e->text + from);
}

static const char *syntax_of(struct program_entry *e, struct arena *arena)
{
    char what[300], place[60], token[60];
    size_t line;
    if (!complaint(e->text, e->bytes, true, what, sizeof what, &line))
        return NULL;
    size_t bad = first_bad_token(e);
    if (bad >= e->scan.token_count && strstr(what, "syntax error"))
        return arena_printf(arena, "the expression ends where something should follow");
    if (bad >= e->scan.token_count)
        return arena_printf(arena, "%s", what);
    e->broken_at = e->scan.tokens[bad];
    expression_place(e->text, e->broken_at, place, sizeof place);
    describe_token(e, bad, token, sizeof token);
    bool field = bad > 0 && e->text[e->scan.tokens[bad] - 1] == '.';
    if (field && (unsigned char)token[0] >= 0x80)
        return arena_printf(arena,
                            "'%s' cannot stand here (%s of the expression); the field is "
                            "written .\"%s\"",
                            token, place, token);
    if (strstr(what, "syntax error"))
        return arena_printf(arena, "'%s' cannot stand here (%s of the expression)", token, place);
    return arena_printf(arena, "%s (%s of the expression)", what, place);
}

// ---- the text of the program

struct text {
    struct bytes bytes;
    size_t counted, lines; // lines that end within the first `counted` bytes
};

static size_t line_here(struct text *t)
{
    t->lines += lines_in(t->bytes.data + t->counted, t->bytes.length - t->counted);
    t->counted = t->bytes.length;
    return t->lines + 1;
}

static void write_leaf(struct program_entry *e, struct text *text)
{
    struct bytes *out = &text->bytes;
    size_t argument = 2;
    for (size_t i = 0; i < e->scan.variable_count; i++)
        bytes_printf(out, ".[%zu] as $%s | ", argument++, e->scan.variables[i]);
    if (e->scan.uses_now)
        bytes_printf(out, ".[%zu] as $__now | def now: $__now; ", argument);
    bytes_add(out, ".[1] | (\n");
    e->first_line = line_here(text);
    size_t from = 0;
    for (size_t i = 0; i < e->scan.body_count; i++) {
        bytes_append(out, e->text + from, e->scan.bodies[i] - from);
        bytes_add(out, " __tick | ");
        from = e->scan.bodies[i];
    }
    bytes_append(out, e->text + from, e->bytes - from);
    bytes_add(out, "\n)\n");
}

static void write_tree(struct program_entry **entries, size_t from, size_t to, struct text *out)
{
    if (to - from == 1) {
        if (entries[from]->broken)
            bytes_add(&out->bytes, "null");
        else
            write_leaf(entries[from], out);
        return;
    }
    size_t middle = from + (to - from) / 2;
    bytes_printf(&out->bytes, "if $__k < %zu then ", middle);
    write_tree(entries, from, middle, out);
    bytes_add(&out->bytes, " else ");
    write_tree(entries, middle, to, out);
    bytes_add(&out->bytes, " end");
}

// ---- what does not bind

static struct program_entry *entry_at(struct program_entry **entries, size_t count, size_t line)
{
    for (size_t i = 0; i < count; i++) {
        struct program_entry *e = entries[i];
        if (!e->broken && line >= e->first_line &&
            line <= e->first_line + lines_in(e->text, e->bytes))
            return e;
    }
    return NULL;
}

// "foo/1 is not defined": the place of the name, if it stands in the text as a token.
static const char *unbound(struct program_entry *e, const char *what, struct arena *arena)
{
    char place[60];
    size_t name = strcspn(what, "/ "),
           arguments = strtoul(what + name + (what[name] == '/'), NULL, 10);
    for (size_t i = 0; i < e->scan.token_count; i++) {
        const char *token = e->text + e->scan.tokens[i];
        if (strncmp(token, what, name) != 0 || strspn(token + name, "abcdefghijklmnopqrstuvwxyz_"
                                                                    "0123456789"
                                                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
            continue;
        e->broken_at = e->scan.tokens[i];
        expression_place(e->text, e->broken_at, place, sizeof place);
        char wanted[80];
        snprintf(wanted, sizeof wanted, "%.*s", (int)name, what);
        const char *nearest = expression_function_near(wanted);
        if (nearest)
            return arena_printf(arena,
                                "there is no function '%s' (%s of the expression); did you mean "
                                "'%s'?",
                                wanted, place, nearest);
        if (what[name] != '/')
            return arena_printf(arena, "%s (%s of the expression)", what, place);
        if (arguments == 0)
            return arena_printf(arena,
                                "there is no function '%.*s' (%s of the expression); a field is "
                                "written .%.*s and text stands in double quotes",
                                (int)name, what, place, (int)name, what);
        return arena_printf(arena,
                            "there is no function '%.*s' with %zu arguments (%s of the "
                            "expression)",
                            (int)name, what, arguments, place);
    }
    return arena_printf(arena, "%s", what);
}

static bool mark_broken(struct program_entry **entries, size_t count, struct messages *messages,
                        struct arena *arena)
{
    bool marked = false;
    for (size_t i = 0; i < messages->count; i++) {
        char what[300];
        size_t line;
        if (!message_read(messages->items[i], what, sizeof what, &line))
            continue;
        struct program_entry *e = entry_at(entries, count, line);
        if (e) {
            e->broken = unbound(e, what, arena);
            marked = true;
        }
    }
    return marked;
}

// ---- compiling

static jq_state *compile_all(struct program_entry **entries, size_t count,
                             struct messages *messages)
{
    struct text text = {.counted = 0};
    bytes_init(&text.bytes, PROGRAM_BYTES_MAX);
    for (size_t i = 0; i < EXPRESSION_PRELUDE_PARTS; i++)
        bytes_add(&text.bytes, expression_prelude[i]);
    bytes_add(&text.bytes, ".[0] as $__k | ");
    write_tree(entries, 0, count, &text);
    must(!text.bytes.overflowed);
    jq_state *jq = compile(text.bytes.data, messages);
    bytes_done(&text.bytes);
    return jq;
}

static jv round_allowed(jq_state *jq, void *context)
{
    struct program *p = context;
    (void)jq;
    if (p->rounds_left > 0) {
        p->rounds_left--;
        return jv_true();
    }
    p->exhausted = true;
    return jv_invalid_with_msg(jv_string("too many rounds"));
}

static void break_rest(struct program_entry **entries, size_t count,
                       const struct messages *messages, struct arena *arena)
{
    const char *what = messages->count > 0 ? messages->items[0] : "unknown reason";
    for (size_t i = 0; i < count; i++)
        if (!entries[i]->broken)
            entries[i]->broken = arena_printf(arena, "jq does not compile this: %.300s", what);
}

void program_compile(struct program *p, struct program_entry **entries, size_t count,
                     struct arena *arena)
{
    if (p->jq)
        jq_teardown(&p->jq);
    if (count == 0)
        return;
    struct messages *messages = mem_new(struct messages);
    p->jq = compile_all(entries, count, messages);
    if (!p->jq)
        for (size_t i = 0; i < count; i++)
            if (!entries[i]->broken)
                entries[i]->broken = syntax_of(entries[i], arena);
    for (int pass = 0; !p->jq && pass < COMPILE_PASSES_MAX; pass++) {
        messages_clear(messages);
        p->jq = compile_all(entries, count, messages);
        if (!p->jq && !mark_broken(entries, count, messages, arena))
            break;
    }
    if (p->jq)
        jq_set_input_cb(p->jq, round_allowed, p);
    else
        break_rest(entries, count, messages, arena);
    messages_clear(messages);
    mem_free(messages);
}

struct program *program_new(size_t rounds_max)
{
    struct program *p = mem_new(struct program);
    p->rounds_max = rounds_max;
    expression_watch_begin();
    return p;
}

void program_free(struct program *p)
{
    if (!p)
        return;
    if (p->jq)
        jq_teardown(&p->jq);
    expression_watch_end();
    mem_free(p);
}

// ---- running

// jq's sentences begin with a capital where they are its own, not the author's.
static bool fail_from(json message_take, struct fail *why)
{
    bool failed;
    if (json_is_string(message_take)) {
        const char *text = jv_string_value(message_take);
        bool own = strncmp(text, "Cannot ", 7) == 0 || strncmp(text, "Invalid ", 8) == 0 ||
                   strncmp(text, "Regex ", 6) == 0 || strncmp(text, "Out ", 4) == 0;
        failed =
            fail(why, FAIL_INVALID, "%c%s", own ? text[0] | 32 : text[0], *text ? text + 1 : "");
    } else if (json_has(message_take, "__jq")) {
        failed = fail(why, FAIL_INVALID, "'break' left the expression without its label");
    } else {
        char *text = json_dump(message_take);
        failed = fail(why, FAIL_INVALID, "%.500s", text);
        mem_free(text);
    }
    json_free(message_take);
    return failed;
}

// What ended the run from outside; true if nothing did.
static bool ended_by_itself(const struct program *p, enum watch_end end, struct fail *why)
{
    switch (end) {
    case WATCH_TOO_LONG:
        return fail(why, FAIL_LIMIT, "the expression runs too long: more than %d s",
                    EXPRESSION_CPU_MS_MAX / 1000);
    case WATCH_TOO_LARGE:
        return fail(why, FAIL_LIMIT, "the expression makes too much: more than %d MB",
                    EXPRESSION_GROWTH_MB_MAX);
    case WATCH_NOT_ENDED:
        break;
    }
    return !p->exhausted ||
           fail(why, FAIL_LIMIT, "the expression runs too long: more than %zu rounds of its loops",
                p->rounds_max);
}

bool program_run_take(struct program *p, json arguments, json *out, struct fail *why)
{
    must(p->jq);
    p->rounds_left = p->rounds_max;
    p->exhausted = false;
    jq_start(p->jq, arguments, 0);
    expression_watch_enter(&p->watched, p->jq);
    json result = jq_next(p->jq);
    enum watch_end end = expression_watch_leave(&p->watched);
    // Starting anew lets go of all that the run still holds; otherwise values would look shared.
    jq_start(p->jq, jv_null(), 0);
    if (!ended_by_itself(p, end, why)) {
        json_free(result);
        return false;
    }
    if (!json_is_absent(result)) {
        *out = result;
        return true;
    }
    if (jv_invalid_has_msg(jv_copy(result)))
        return fail_from(jv_invalid_get_msg(result), why);
    json_free(result);
    *out = json_null();
    return true;
}
