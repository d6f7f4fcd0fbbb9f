#include "definition/build.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"

#define VARIABLES_MAX 64

// The language's own arguments and where they have a value; one bit a phase.
#define AT(phase) (1u << (phase))
#define ALWAYS                                                                                     \
    (AT(PHASE_WORKFLOW_INPUT) | AT(PHASE_IF) | AT(PHASE_TASK) | AT(PHASE_OUTPUT) |                 \
     AT(PHASE_EXPORT) | AT(PHASE_WORKFLOW_OUTPUT))
#define IN_TASK (AT(PHASE_IF) | AT(PHASE_TASK) | AT(PHASE_OUTPUT) | AT(PHASE_EXPORT))
static const struct {
    const char *name;
    unsigned phases;
    const char *where;
} ARGUMENTS[] = {
    {"context", IN_TASK | AT(PHASE_WORKFLOW_OUTPUT), "in tasks and in the workflow's output.as"},
    {"input", AT(PHASE_TASK) | AT(PHASE_OUTPUT) | AT(PHASE_EXPORT),
     "in what a task does, its output.as and export.as"},
    {"output", AT(PHASE_EXPORT), "in export.as"},
    {"secrets", ALWAYS, "everywhere"},
    {"authorization", AT(PHASE_TASK) | AT(PHASE_OUTPUT) | AT(PHASE_EXPORT),
     "in what a task does, its output.as and export.as"},
    {"task", IN_TASK, "in tasks"},
    {"workflow", ALWAYS, "everywhere"},
    {"runtime", ALWAYS, "everywhere"},
};
#define ARGUMENT_COUNT (sizeof ARGUMENTS / sizeof *ARGUMENTS)

// Many expressions stand on one line of the source as they are: then the message points there, and
// not at the `|` that opens a block.
static struct diagnostic_place expression_place(const struct builder *b,
                                                const struct yaml_node *node, const char *text)
{
    struct diagnostic_place place = shape_place(b->document, node);
    const char *line = b->document->source;
    for (int n = 1; n < node->line && line != NULL; n++)
        line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1;
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strcspn(text, "\n");
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    for (int n = node->line; line != NULL && n <= node->end_line && length > 0; n++) {
        size_t width = strcspn(line, "\n");
        size_t skip =
            n == node->line && (size_t)node->column <= width ? (size_t)node->column - 1 : 0;
        const char *at = memmem(line + skip, width - skip, text, length);
        // Columns count code points, as the YAML reader's do.
        if (at != NULL) {
            int column = 1;
            for (const char *c = line; c < at; c++)
                column += ((unsigned char)*c & 0xC0) != 0x80;
            int width_shown = 0;
            for (size_t i = 0; i < length; i++)
                width_shown += ((unsigned char)at[i] & 0xC0) != 0x80;
            place.line = n;
            place.column = column;
            place.end_column = column + width_shown;
            return place;
        }
        line = line[width] == '\n' ? line + width + 1 : NULL;
    }
    return place;
}

static struct diagnostic_place variable_place(const struct builder *b, const struct yaml_node *node,
                                              const char *name)
{
    char text[256];
    snprintf(text, sizeof text, "$%s", name);
    return expression_place(b, node, text);
}

struct visit {
    struct builder *b;
    enum phase phase;
};

// `$secrets[.name]` may be any of them.
static void use_all_secrets(struct builder *b)
{
    for (size_t i = 0; i < b->use[USE_SECRETS].count; i++)
        b->use[USE_SECRETS].items[i].used = true;
}

// dsl.md, "Runtime expression arguments": to avoid bleeding, secrets belong into input.from.
static void check_bleeding(struct builder *b, enum phase phase, const struct yaml_node *node)
{
    if (phase == PHASE_WORKFLOW_INPUT || phase == PHASE_IF || b->in_authentication)
        return;
    diagnostics_add(b->diagnostics, SEVERITY_WARNING, variable_place(b, node, "secrets"),
                    "secret-bleeds",
                    "'$secrets' here puts the secret into data that is kept; use it in "
                    "'input.from' or in an authentication");
}

static void check_secret(struct builder *b, const struct yaml_node *node, const char *text)
{
    for (const char *at = text; (at = strstr(at, "$secrets")) != NULL;) {
        at += strlen("$secrets");
        char name[128];
        size_t length = 0;
        const char *s = at, *from = at - strlen("$secrets");
        bool bracket = strncmp(s, "[\"", 2) == 0 || strncmp(s, ".[\"", 3) == 0;
        s += bracket ? (s[0] == '.' ? 3 : 2) : (*s == '.' ? 1 : 0);
        if (!bracket && *at != '.') {
            use_all_secrets(b);
            continue;
        }
        bool quoted = !bracket && *s == '"';
        s += quoted;
        while (length < sizeof name - 1 && *s != '\0' &&
               (bracket || quoted ? *s != '"' : isalnum((unsigned char)*s) || *s == '_'))
            name[length++] = *s++;
        name[length] = '\0';
        if (length == 0) {
            use_all_secrets(b);
            continue;
        }
        char place[sizeof name + 16];
        snprintf(place, sizeof place, "%.*s", (int)(s - from), from);
        struct component *secret = use_find(b, USE_SECRETS, name);
        if (secret != NULL) {
            secret->used = true;
            continue;
        }
        if (b->use_in_doubt && b->use[USE_SECRETS].count == 0)
            continue;
        diagnostics_add(b->diagnostics, SEVERITY_ERROR, expression_place(b, node, place),
                        "unknown-secret", "the secret '%s' is not listed in 'use.secrets'", name);
        shape_suggest(b->diagnostics, name, b->use[USE_SECRETS].names, b->use[USE_SECRETS].count);
    }
}

static void unknown_variable(struct builder *b, const struct yaml_node *node, const char *name)
{
    const char *names[VARIABLES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < ARGUMENT_COUNT; i++)
        names[count++] = ARGUMENTS[i].name;
    for (const struct variable *v = b->variables; v != NULL && count < VARIABLES_MAX; v = v->outer)
        names[count++] = v->name;
    diagnostics_add(b->diagnostics, SEVERITY_ERROR, variable_place(b, node, name),
                    "unknown-variable", "there is no variable '$%s' here", name);
    shape_suggest(b->diagnostics, name, names, count);
}

static void check_variable(struct builder *b, enum phase phase, const struct yaml_node *node,
                           const char *name)
{
    for (const struct variable *v = b->variables; v != NULL; v = v->outer)
        if (strcmp(v->name, name) == 0)
            return;
    if (b->variables_open)
        return;
    if (phase == PHASE_EVENT) {
        diagnostics_add(b->diagnostics, SEVERITY_ERROR, variable_place(b, node, name),
                        "variable-out-of-place",
                        "'$%s' is not known while an event is looked at; compare the event with "
                        "the workflow through 'correlate' with 'expect'",
                        name);
        return;
    }
    for (size_t i = 0; i < ARGUMENT_COUNT; i++) {
        if (strcmp(ARGUMENTS[i].name, name) != 0)
            continue;
        if ((ARGUMENTS[i].phases & AT(phase)) == 0)
            diagnostics_add(b->diagnostics, SEVERITY_WARNING, variable_place(b, node, name),
                            "variable-out-of-place", "'$%s' has no value here; it has one %s", name,
                            ARGUMENTS[i].where);
        return;
    }
    unknown_variable(b, node, name);
}

static void visit_expression(void *context, struct expression *e, const struct yaml_node *node)
{
    const struct visit *v = context;
    const char *text = expression_text(e);
    const char *const *names = expression_variables(e);
    for (size_t i = 0; names[i] != NULL; i++) {
        check_variable(v->b, v->phase, node, names[i]);
        if (strcmp(names[i], "secrets") != 0)
            continue;
        size_t before = v->b->diagnostics->count;
        check_secret(v->b, node, text);
        if (v->b->diagnostics->count == before)
            check_bleeding(v->b, v->phase, node);
    }
}

// `$name` or `$name.a.b` of a variable that is known: almost surely an expression that lacks its
// brackets, for which nothing would ever complain.
static void check_bare(struct builder *b, const struct yaml_node *node)
{
    if (node->kind == YAML_MAPPING || node->kind == YAML_SEQUENCE)
        for (size_t i = 0; i < node->count; i++)
            check_bare(b, node->items[i]);
    if (node->kind != YAML_STRING || node->text[0] != '$')
        return;
    char name[64];
    size_t length = strcspn(node->text + 1, ".");
    const char *rest = node->text + 1 + length;
    if (length == 0 || length >= sizeof name ||
        rest[strspn(rest, ".abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_[]")])
        return;
    snprintf(name, sizeof name, "%.*s", (int)length, node->text + 1);
    bool known = false;
    for (size_t i = 0; i < ARGUMENT_COUNT; i++)
        known = known || strcmp(ARGUMENTS[i].name, name) == 0;
    for (const struct variable *v = b->variables; v != NULL; v = v->outer)
        known = known || strcmp(v->name, name) == 0;
    if (known)
        report(b, SEVERITY_WARNING, node, "no-expression",
               "this text is kept as it stands; write '${ %s }' if it is an expression",
               node->text);
}

struct template *build_template(struct builder *b, const struct yaml_node *node, bool loose,
                                enum phase phase)
{
    if (node == NULL)
        return NULL;
    if (!loose)
        check_bare(b, node);
    struct template *t =
        template_compile(b->d->expressions, b->document, node, loose, b->diagnostics);
    if (t == NULL)
        return NULL;
    own_template(b, t);
    template_visit(t, visit_expression, &(struct visit){.b = b, .phase = phase});
    return t;
}

struct template *build_template_json(struct builder *b, json value, const struct yaml_node *node)
{
    struct fail why;
    struct template *t = template_compile_json(b->d->expressions, value, &why);
    if (t == NULL)
        report(b, SEVERITY_ERROR, node, "bad-expression", "%s", why.message);
    else
        own_template(b, t);
    return t;
}

const char *build_variable_name(struct builder *b, const struct yaml_node *node,
                                const char *otherwise)
{
    const char *name = node_text(node);
    if (name == NULL)
        return otherwise;
    bool good = isalpha((unsigned char)name[0]) || name[0] == '_';
    for (const char *c = name; *c != '\0'; c++)
        good = good && (isalnum((unsigned char)*c) || *c == '_');
    if (!good)
        report(b, SEVERITY_ERROR, node, "bad-name",
               name[0] == '$' ? "write the name of the variable without '$': '%s'"
                              : "'%s' cannot name a variable; use letters, digits and _",
               name[0] == '$' ? name + 1 : name);
    for (size_t i = 0; i < ARGUMENT_COUNT; i++)
        if (strcmp(name, ARGUMENTS[i].name) == 0)
            report(b, SEVERITY_WARNING, node, "hidden-variable",
                   "'%s' hides the argument '$%s' inside; choose another name", name, name);
    return name;
}

// ── jq itself ──

static void compile_one(void *context, struct expression *e, const struct yaml_node *node)
{
    struct builder *b = context;
    struct fail why;
    if (node == NULL || expression_check(e, &why))
        return;
    diagnostics_add(b->diagnostics, SEVERITY_ERROR, expression_place(b, node, expression_text(e)),
                    "bad-expression", "%s", why.message);
}

void check_expressions(struct builder *b)
{
    struct fail why;
    if (expressions_compile(b->d->expressions, NULL, &why))
        return;
    size_t before = b->diagnostics->errors;
    for (size_t i = 0; i < b->d->owned->template_count; i++)
        template_visit(b->d->owned->templates[i], compile_one, b);
    if (b->diagnostics->errors == before)
        report(b, SEVERITY_ERROR, b->document->root, "bad-expression", "%s", why.message);
}
