#include "definition/build.h"

#include <string.h>

#include "base/limits.h"
#include "base/mem.h"

// Event types are full of dots, so a dot alone makes no regular expression.
static bool is_exact(const char *text)
{
    return strpbrk(text, "\\^$|?*+()[]{}") == NULL;
}

static void pick_expression(void *context, struct expression *e, const struct yaml_node *node)
{
    (void)node;
    *(struct expression **)context = e;
}

static void build_correlations(struct builder *b, const struct yaml_node *node,
                               struct event_filter *filter)
{
    if (node_mapping(node) == NULL)
        return;
    filter->correlations =
        arena_alloc(&b->d->arena, (node->count + 1) * sizeof *filter->correlations);
    for (size_t i = 0; i < node->count; i++) {
        struct correlation *c = &filter->correlations[filter->correlation_count++];
        c->name = node->keys[i]->text;
        c->from = build_template(b, node_field(node->items[i], "from"), true, PHASE_EVENT);
        c->expect = build_template(b, node_field(node->items[i], "expect"), false, PHASE_TASK);
    }
}

// The attributes of a standard are no misspelling of each other ('time' and 'type').
const struct yaml_node *build_near_type(const struct yaml_node *with)
{
    static const char *const known[] = {"id",      "source",          "type",       "time",
                                        "subject", "datacontenttype", "dataschema", "data"};
    for (size_t i = 0; node_mapping(with) != NULL && i < with->count; i++) {
        const char *near = shape_nearest(with->keys[i]->text, known, 8);
        bool standard = false;
        for (size_t k = 0; k < 8; k++)
            standard = standard || strcmp(with->keys[i]->text, known[k]) == 0;
        if (!standard && near != NULL && strcmp(near, "type") == 0)
            return with->keys[i];
    }
    return NULL;
}

// An attribute of one's own may have any name, so this is no error.
static void warn_of_near_type(struct builder *b, const struct yaml_node *with)
{
    const struct yaml_node *key = build_near_type(with);
    if (key == NULL || node_field(with, "type") != NULL)
        return;
    report(b, SEVERITY_WARNING, key, "unknown-key",
           "this waits for events with an attribute '%s', of any type", key->text);
    shape_suggest(b->diagnostics, "type", (const char *const[]){"type"}, 1);
}

// `with.data` as `${ … }` is a condition on the event's data; anything else must be contained in
// it.
static void build_attributes(struct builder *b, const struct yaml_node *with,
                             struct event_filter *filter)
{
    const struct yaml_node *data = node_field(with, "data");
    const char *type = node_text(node_field(with, "type"));
    if (type != NULL && is_exact(type))
        filter->type = type;
    warn_of_near_type(b, with);
    if (data != NULL && shape_is_expression(data)) {
        const struct template *t = build_template(b, data, false, PHASE_EVENT);
        if (t != NULL)
            template_visit(t, pick_expression, &filter->data);
        with = node_without(b, with, "data");
    }
    filter->with = build_template(b, with, false, PHASE_TASK);
}

static struct event_filter *build_filter(struct builder *b, const struct yaml_node *node,
                                         const struct task *task)
{
    struct definition *d = b->d;
    struct event_filter *filter = arena_new(&d->arena, struct event_filter);
    if (d->filter_count == b->filter_capacity) {
        b->filter_capacity = b->filter_capacity == 0 ? 16 : b->filter_capacity * 2;
        d->filters = mem_resize(d->filters, b->filter_capacity * sizeof(struct event_filter *));
    }
    filter->id = (int)d->filter_count;
    filter->task = task;
    d->filters[d->filter_count++] = filter;
    if (node_mapping(node_field(node, "with")) != NULL)
        build_attributes(b, node_field(node, "with"), filter);
    build_correlations(b, node_field(node, "correlate"), filter);
    return filter;
}

static void build_filters(struct builder *b, const struct yaml_node *list, const struct task *task,
                          struct event_strategy *out)
{
    size_t count = node_sequence(list) == NULL ? 1 : list->count;
    out->filters = arena_alloc(&b->d->arena, (count + 1) * sizeof(struct event_filter *));
    if (node_mapping(list) != NULL)
        out->filters[out->count++] = build_filter(b, list, task);
    for (size_t i = 0; node_sequence(list) != NULL && i < list->count; i++)
        out->filters[out->count++] = build_filter(b, list->items[i], task);
    if (out->count == 0 && out->mode == EVENTS_ANY) // `any: []` hears every event
        out->filters[out->count++] = build_filter(b, list, task);
}

static bool says_false(const struct yaml_node *until)
{
    if (until->kind == YAML_BOOL)
        return !until->truth;
    if (until->kind != YAML_STRING)
        return false;
    char word[8] = "";
    size_t length = 0;
    for (const char *c = until->text; *c != '\0'; c++) {
        if (strchr(" \t\n${}", *c) != NULL)
            continue;
        if (length >= sizeof word - 1)
            return false;
        word[length++] = *c;
    }
    return strcmp(word, "false") == 0;
}

static void build_until(struct builder *b, const struct yaml_node *strategy,
                        const struct task *task, struct event_strategy *out)
{
    const struct yaml_node *until = node_field(strategy, "until");
    if (until == NULL)
        return;
    if (node_field(strategy, "any") == NULL) {
        if (out->count == 0)
            return;
        report(b, SEVERITY_WARNING, yaml_key(strategy, "until"), "useless-key",
               "'until' means something beside 'any' only");
        return;
    }
    out->until_never = says_false(until);
    if (out->until_never)
        return;
    if (until->kind == YAML_STRING)
        out->until = build_template(b, until, true, PHASE_TASK);
    if (until->kind == YAML_MAPPING) {
        out->until_events = arena_new(&b->d->arena, struct event_strategy);
        build_strategy(b, until, task, out->until_events);
    }
}

void build_strategy(struct builder *b, const struct yaml_node *node, const struct task *task,
                    struct event_strategy *out)
{
    const struct yaml_node *one = node_field(node, "one"), *any = node_field(node, "any");
    const struct yaml_node *all = node_field(node, "all");
    out->mode = one != NULL ? EVENTS_ONE : any != NULL ? EVENTS_ANY : EVENTS_ALL;
    const struct yaml_node *list = one != NULL ? one : any != NULL ? any : all;
    if (list != NULL)
        build_filters(b, list, task, out);
    if (node_mapping(node) != NULL)
        build_until(b, node, task, out);
}

enum event_read build_read(const struct yaml_node *node)
{
    const char *text = node_text(node);
    if (text != NULL && strcmp(text, "envelope") == 0)
        return READ_ENVELOPE;
    if (text != NULL && strcmp(text, "raw") == 0)
        return READ_RAW;
    return READ_DATA;
}
