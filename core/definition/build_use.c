#include "definition/build.h"

#include <string.h>

#include "base/limits.h"

static const char *const SECTIONS[USE_KINDS] = {
    [USE_AUTHENTICATIONS] = "authentications",
    [USE_CATALOGS] = "catalogs",
    [USE_ERRORS] = "errors",
    [USE_FUNCTIONS] = "functions",
    [USE_RETRIES] = "retries",
    [USE_SECRETS] = "secrets",
    [USE_TIMEOUTS] = "timeouts",
};

// ── errors and retries ──

// Errors of the specification are known by name, under each of the addresses it has had.
void check_error_type(struct builder *b, const struct yaml_node *type)
{
    static const char *const FAMILIES[] = {
        "https://open-workflow-specification.org/spec/1.0.0/errors/",
        "https://open-workflow-specification.org/dsl/errors/types/",
        "https://serverlessworkflow.io/spec/1.0.0/errors/",
        "https://serverlessworkflow.io/dsl/errors/types/",
    };
    static const char *const NAMES[] = {"configuration",  "validation",    "expression",
                                        "authentication", "authorization", "timeout",
                                        "communication",  "runtime"};
    const size_t count = sizeof NAMES / sizeof *NAMES;
    const char *text = node_text(type), *name = NULL;
    for (size_t i = 0; text != NULL && i < sizeof FAMILIES / sizeof *FAMILIES; i++)
        if (strncmp(text, FAMILIES[i], strlen(FAMILIES[i])) == 0)
            name = text + strlen(FAMILIES[i]);
    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcmp(name, NAMES[i]) == 0)
            return;
    if (name == NULL || strstr(name, "${") != NULL)
        return;
    report(b, SEVERITY_WARNING, type, "unknown-error-type",
           "the specification has no error '%s'; errors of your own have an address of your own",
           name);
    shape_suggest(b->diagnostics, name, NAMES, count);
}

// `error: ${ … }` raises an error that is a value, such as one that was caught: each property is
// taken out of it.
static struct error_source *error_from_value(struct builder *b, const struct yaml_node *node)
{
    struct error_source *out = arena_new(&b->d->arena, struct error_source);
    struct template **const parts[] = {&out->type, &out->status, &out->title, &out->detail,
                                       &out->instance};
    static const char *const NAMES[] = {"type", "status", "title", "detail", "instance"};
    if (build_template(b, node, false, PHASE_TASK) == NULL)
        return out;
    const char *from = strchr(node->text, '{') + 1, *to = strrchr(node->text, '}');
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        json text = json_printf("${ (%.*s\n) | .%s }", (int)(to - from), from, NAMES[i]);
        *parts[i] = build_template_json(b, text, node);
        json_free(text);
    }
    return out;
}

struct error_source *build_error(struct builder *b, const struct yaml_node *node)
{
    if (node == NULL || (node_mapping(node) == NULL && !shape_is_expression(node)))
        return NULL;
    if (node_mapping(node) == NULL)
        return error_from_value(b, node);
    struct error_source *out = arena_new(&b->d->arena, struct error_source);
    check_error_type(b, node_field(node, "type"));
    out->type = build_template(b, node_field(node, "type"), false, PHASE_TASK);
    out->status = build_template(b, node_field(node, "status"), false, PHASE_TASK);
    out->title = build_template(b, node_field(node, "title"), false, PHASE_TASK);
    out->detail = build_template(b, node_field(node, "detail"), false, PHASE_TASK);
    out->instance = build_template(b, node_field(node, "instance"), false, PHASE_TASK);
    return out;
}

static void build_backoff(struct builder *b, const struct yaml_node *node, struct retry_policy *out)
{
    const struct yaml_node *linear = node_field(node, "linear");
    const struct yaml_node *exponential = node_field(node, "exponential");
    out->backoff_factor = 2;
    if (linear != NULL) {
        out->backoff = BACKOFF_LINEAR;
        out->backoff_increment = build_duration(b, node_field(linear, "increment"), PHASE_TASK);
        out->backoff_max = build_duration(b, node_field(linear, "maxDelay"), PHASE_TASK);
    }
    if (exponential != NULL) {
        const struct yaml_node *factor = node_field(exponential, "factor");
        out->backoff = BACKOFF_EXPONENTIAL;
        out->backoff_max = build_duration(b, node_field(exponential, "maxDelay"), PHASE_TASK);
        if (factor != NULL && (factor->kind != YAML_NUMBER || !(factor->number >= 1)))
            report(b, SEVERITY_ERROR, factor, "bad-factor",
                   "the factor of a backoff is a number of 1 or more");
        else if (factor != NULL)
            out->backoff_factor = factor->number;
    }
}

static void build_limit(struct builder *b, const struct yaml_node *node, struct retry_policy *out)
{
    const struct yaml_node *attempt = node_field(node, "attempt");
    const struct yaml_node *count = node_field(attempt, "count");
    out->attempt_count = -1;
    out->attempt_duration = build_duration(b, node_field(attempt, "duration"), PHASE_TASK);
    out->total_duration = build_duration(b, node_field(node, "duration"), PHASE_TASK);
    if (count == NULL || count->kind != YAML_NUMBER)
        return;
    if (count->number < 0 || count->number > LIMIT_RETRY_ATTEMPTS)
        report(b, SEVERITY_ERROR, count, "limit", "a count of retries is between 0 and %d",
               LIMIT_RETRY_ATTEMPTS);
    else
        out->attempt_count = (int64_t)count->number;
}

static void build_jitter(struct builder *b, const struct yaml_node *node, struct retry_policy *out)
{
    int64_t from, to;
    struct fail why;
    if (node_mapping(node) == NULL)
        return;
    out->jitter = true;
    out->jitter_from = build_duration(b, node_field(node, "from"), PHASE_TASK);
    out->jitter_to = build_duration(b, node_field(node, "to"), PHASE_TASK);
    if (out->jitter_from.constant && out->jitter_to.constant &&
        duration_ms(&out->jitter_from.duration, &from, &why) &&
        duration_ms(&out->jitter_to.duration, &to, &why) && from > to)
        report(b, SEVERITY_ERROR, node_field(node, "from"), "bad-duration",
               "a jitter goes from less to more, but 'from' is longer than 'to'");
}

struct retry_policy *build_retry(struct builder *b, const struct yaml_node *node)
{
    if (node_mapping(node) == NULL)
        return NULL;
    struct retry_policy *out = arena_new(&b->d->arena, struct retry_policy);
    out->when = build_template(b, node_field(node, "when"), true, PHASE_TASK);
    out->except_when = build_template(b, node_field(node, "exceptWhen"), true, PHASE_TASK);
    out->delay = build_duration(b, node_field(node, "delay"), PHASE_TASK);
    build_backoff(b, node_field(node, "backoff"), out);
    build_limit(b, node_field(node, "limit"), out);
    build_jitter(b, node_field(node, "jitter"), out);
    return out;
}

// ── the tables ──

static void read_table(struct builder *b, enum use_kind kind, const struct yaml_node *section)
{
    struct component_table *table = &b->use[kind];
    bool list = node_sequence(section) != NULL;
    size_t count = node_mapping(section) != NULL || list ? section->count : 0;
    table->items = arena_alloc(&b->d->arena, (count + 1) * sizeof *table->items);
    table->names = arena_alloc(&b->d->arena, (count + 1) * sizeof *table->names);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *key = list ? section->items[i] : section->keys[i];
        if (node_text(key) == NULL)
            continue;
        table->names[table->count] = key->text;
        table->items[table->count++] =
            (struct component){.name = key->text, .key = key, .node = section->items[i]};
    }
}

// Shells first, since functions may call each other.
static void build_functions(struct builder *b, const struct yaml_node *section)
{
    struct component_table *table = &b->use[USE_FUNCTIONS];
    for (size_t i = 0; i < table->count; i++) {
        struct component *c = &table->items[i];
        struct task *task = task_new(b, c->name, c->node);
        task->reference = arena_printf(&b->d->arena, "/use/functions/%s", c->name);
        c->built = task;
    }
    json source = section == NULL ? json_absent() : yaml_to_json(section);
    for (size_t i = 0; i < table->count; i++) {
        struct task *task = table->items[i].built;
        task->source = json_get(source, task->name);
        b->names = NULL;
        build_task(b, task);
    }
    json_free(source);
}

static void build_component(struct builder *b, enum use_kind kind, struct component *c)
{
    struct duration_source *timeout;
    switch (kind) {
    case USE_AUTHENTICATIONS:
        c->built = node_mapping(c->node) == NULL ? NULL : build_authentication(b, c->node);
        break;
    case USE_ERRORS:
        c->built = build_error(b, c->node);
        break;
    case USE_RETRIES:
        // The variable of the error is named by the catch that uses the policy.
        b->variables_open = true;
        c->built = build_retry(b, c->node);
        b->variables_open = false;
        break;
    case USE_TIMEOUTS:
        timeout = arena_new(&b->d->arena, struct duration_source);
        *timeout = build_timeout(b, node_mapping(c->node));
        c->built = timeout;
        break;
    case USE_CATALOGS:
    case USE_FUNCTIONS:
    case USE_SECRETS:
    case USE_KINDS:
        break;
    }
}

static void keep_secrets(struct builder *b)
{
    b->d->secrets = b->use[USE_SECRETS].names;
    b->d->secret_count = b->use[USE_SECRETS].count;
}

// `ues:` at the top; what it holds cannot be missed twice.
static bool is_mistyped(const struct yaml_node *root)
{
    static const char *const USE[] = {"use"};
    for (size_t i = 0; i < root->count; i++)
        if (shape_nearest(root->keys[i]->text, USE, 1) != NULL)
            return true;
    return false;
}

static bool has_unknown_section(const struct yaml_node *use)
{
    for (size_t i = 0; node_mapping(use) != NULL && i < use->count; i++) {
        bool known = strcmp(use->keys[i]->text, "extensions") == 0;
        for (size_t kind = 0; kind < USE_KINDS; kind++)
            known = known || strcmp(use->keys[i]->text, SECTIONS[kind]) == 0;
        if (!known || use->items[i]->kind == YAML_NULL)
            return true;
    }
    return false;
}

void build_use(struct builder *b, const struct yaml_node *use)
{
    for (size_t kind = 0; kind < USE_KINDS; kind++)
        read_table(b, (enum use_kind)kind, node_field(use, SECTIONS[kind]));
    b->use_in_doubt = node_mapping(use) == NULL ? use != NULL || is_mistyped(b->document->root)
                                                : has_unknown_section(use);
    for (size_t kind = 0; kind < USE_KINDS; kind++)
        for (size_t i = 0; i < b->use[kind].count; i++)
            build_component(b, (enum use_kind)kind, &b->use[kind].items[i]);
    build_functions(b, node_mapping(node_field(use, "functions")));
    keep_secrets(b);
    if (node_sequence(node_field(use, "extensions")) != NULL &&
        node_field(use, "extensions")->count > 0)
        report(b, SEVERITY_ERROR, yaml_key(use, "extensions"), "unsupported",
               "use.extensions is not available in this version of dure; write the tasks where "
               "they are needed, or call one of 'use.functions'");
}

void check_unused(struct builder *b)
{
    static const char *const NOUNS[USE_KINDS] = {
        [USE_AUTHENTICATIONS] = "authentication",
        [USE_CATALOGS] = "catalog",
        [USE_ERRORS] = "error",
        [USE_FUNCTIONS] = "function",
        [USE_RETRIES] = "retry policy",
        [USE_SECRETS] = "secret",
        [USE_TIMEOUTS] = "timeout",
    };
    for (size_t kind = 0; kind < USE_KINDS; kind++)
        for (size_t i = 0; i < b->use[kind].count; i++)
            if (!b->use[kind].items[i].used)
                report(b, SEVERITY_WARNING, b->use[kind].items[i].key, "unused",
                       "the %s '%s' is used nowhere", NOUNS[kind], b->use[kind].items[i].name);
}
