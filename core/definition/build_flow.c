#include "definition/build.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

#define DAY_MS INT64_C(86400000)

// ── durations ──

static bool has_expression(const struct yaml_node *node)
{
    if (node->kind == YAML_STRING)
        return strstr(node->text, "${") != NULL;
    for (size_t i = 0; node->kind == YAML_MAPPING && i < node->count; i++)
        if (has_expression(node->items[i]))
            return true;
    return false;
}

static bool from_object(struct builder *b, const struct yaml_node *node, struct duration *out)
{
    static const struct {
        const char *name;
        int64_t ms;
    } UNITS[] = {{"days", DAY_MS},
                 {"hours", 3600000},
                 {"minutes", 60000},
                 {"seconds", 1000},
                 {"milliseconds", 1}};
    const double most = (double)LIMIT_WAIT_DAYS * (double)DAY_MS;
    bool any = false;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        const struct yaml_node *part = node_field(node, UNITS[i].name);
        if (part == NULL)
            continue;
        if (part->kind != YAML_NUMBER || part->number != (double)(int64_t)part->number)
            return false;
        if (part->number < 0) {
            report(b, SEVERITY_ERROR, part, "bad-duration", "a duration cannot be negative");
            return false;
        }
        if (part->number * (double)UNITS[i].ms > most) {
            report(b, SEVERITY_ERROR, part, "bad-duration", "a duration may be %d days at most",
                   LIMIT_WAIT_DAYS);
            return false;
        }
        any = true;
        if (i == 0)
            out->days = (int32_t)part->number;
        else
            out->ms += (int64_t)part->number * UNITS[i].ms;
    }
    return any;
}

static bool from_text(struct builder *b, const struct yaml_node *node, struct duration *out)
{
    struct fail why;
    int64_t ms;
    if (!duration_parse(node->text, out, &why)) {
        report(b, SEVERITY_ERROR, node, "bad-duration", "%s", why.message);
        return false;
    }
    if (out->negative && !duration_is_zero(out)) {
        report(b, SEVERITY_ERROR, node, "bad-duration", "a duration cannot be negative");
        return false;
    }
    int64_t days = (int64_t)out->years * 366 + (int64_t)out->months * 31 + (int64_t)out->weeks * 7 +
                   out->days + out->ms / DAY_MS;
    bool fixed = duration_is_fixed(out) && duration_ms(out, &ms, &why);
    if (fixed ? ms / DAY_MS > LIMIT_WAIT_DAYS : days > LIMIT_WAIT_DAYS) {
        report(b, SEVERITY_ERROR, node, "bad-duration", "a duration may be %d days at most",
               LIMIT_WAIT_DAYS);
        return false;
    }
    return true;
}

struct duration_source build_duration(struct builder *b, const struct yaml_node *node,
                                      enum phase phase)
{
    struct duration_source out = {.given = node != NULL};
    if (node == NULL || (node->kind != YAML_STRING && node->kind != YAML_MAPPING))
        return out;
    if (has_expression(node)) {
        out.expression = build_template(b, node, false, phase);
        return out;
    }
    out.constant = node->kind == YAML_MAPPING ? from_object(b, node, &out.duration)
                                              : from_text(b, node, &out.duration);
    return out;
}

struct duration_source build_timeout(struct builder *b, const struct yaml_node *node)
{
    if (node_text(node) != NULL) {
        const struct component *named = use_take(b, USE_TIMEOUTS, node);
        if (named == NULL || named->built == NULL)
            return (struct duration_source){.given = false};
        return *(const struct duration_source *)named->built;
    }
    const struct yaml_node *after = node_field(node, "after");
    struct duration_source out = build_duration(b, after, PHASE_TASK);
    if (out.constant && duration_is_zero(&out.duration))
        report(b, SEVERITY_WARNING, after, "zero-duration",
               "a timeout of zero ends what it guards at once");
    return out;
}

// ── data flow ──

// The message names the place in the schema as a pointer; the line is better.
static const struct yaml_node *schema_fault(const struct yaml_node *document, const char *message)
{
    const char *at = strstr(message, " at /");
    if (at == NULL)
        return document;
    char pointer[512];
    snprintf(pointer, sizeof pointer, "%.*s", (int)strcspn(at + 4, ": "), at + 4);
    return node_at(document, pointer);
}

static struct schema *compile_schema(struct builder *b, const struct yaml_node *document)
{
    struct fail why;
    json value = yaml_to_json(document);
    struct schema *s = schema_compile(value, &why);
    json_free(value);
    if (s == NULL)
        report(b, SEVERITY_ERROR, schema_fault(document, why.message), "bad-schema", "%s",
               why.message);
    else
        own_schema(b, s);
    return s;
}

struct schema *build_schema(struct builder *b, const struct yaml_node *node)
{
    const struct yaml_node *format = node_field(node, "format");
    const char *text = node_text(format);
    if (text != NULL && strcmp(text, "json") != 0 && strncmp(text, "json:", 5) != 0) {
        report(b, SEVERITY_ERROR, format, "unsupported",
               "schemas in the format '%s' are not available in this version of dure; use json",
               text);
        return NULL;
    }
    const struct yaml_node *resource = node_field(node, "resource");
    const struct yaml_node *document = node_field(node, "document");
    if (resource != NULL && document == NULL)
        report(b, SEVERITY_ERROR, yaml_key(node, "resource"), "unsupported",
               "schemas from an external resource are not available in this version of dure; "
               "write the schema under 'document'");
    return document == NULL ? NULL : compile_schema(b, document);
}

void build_data_flow(struct builder *b, const struct yaml_node *node, struct data_flow *data)
{
    const struct yaml_node *input = node_field(node, "input");
    const struct yaml_node *output = node_field(node, "output");
    const struct yaml_node *exported = node_field(node, "export");
    data->input_schema = build_schema(b, node_field(input, "schema"));
    data->input_from = build_template(b, node_field(input, "from"), true, PHASE_IF);
    data->output_schema = build_schema(b, node_field(output, "schema"));
    data->output_as = build_template(b, node_field(output, "as"), true, PHASE_OUTPUT);
    data->export_schema = build_schema(b, node_field(exported, "schema"));
    data->export_as = build_template(b, node_field(exported, "as"), true, PHASE_EXPORT);
}

// ── targets ──

const char *build_name_key(struct builder *b, const char *name)
{
    struct bytes folded;
    struct fail why;
    size_t length = strlen(name);
    bool ascii = true;
    for (size_t i = 0; i < length; i++)
        ascii = ascii && (unsigned char)name[i] < 0x80;
    if (ascii)
        return name;
    bytes_init(&folded, length * 4 + 16);
    const char *key = utf8_normalize(name, length, &folded, &why)
                          ? arena_string_sized(&b->d->arena, folded.data, folded.length)
                          : name;
    bytes_done(&folded);
    return key;
}

// A task of that name in some other list, which `then` cannot reach.
static bool is_elsewhere(const struct yaml_node *at, const char *name, int depth)
{
    if ((at->kind != YAML_MAPPING && at->kind != YAML_SEQUENCE) || depth > LIMIT_DOCUMENT_DEPTH)
        return false;
    for (size_t i = 0; i < at->count; i++) {
        const struct yaml_node *item = at->items[i];
        if (at->kind == YAML_SEQUENCE && item->kind == YAML_MAPPING && item->count == 1 &&
            strcmp(item->keys[0]->text, name) == 0)
            return true;
        if (is_elsewhere(item, name, depth + 1))
            return true;
    }
    return false;
}

static void unknown_target(struct builder *b, const struct yaml_node *node)
{
    if (is_elsewhere(b->document->root, node->text, 0)) {
        report(b, SEVERITY_ERROR, node, "unknown-task",
               "'then: %s' leads nowhere: that task is in another list, and 'then' stays in its "
               "own; use 'exit' to leave the list",
               node->text);
        return;
    }
    report(b, SEVERITY_ERROR, node, "unknown-task",
           "'then: %s' leads nowhere: there is no task '%s' in this list", node->text, node->text);
    const char *names[256] = {"continue", "exit", "end"};
    size_t count = 3;
    struct map_entry *entry;
    for (size_t i = 0; count < 256 && b->names != NULL && map_next(b->names, &i, &entry);)
        names[count++] = entry->key;
    shape_suggest(b->diagnostics, node->text, names, count);
}

struct flow build_flow(struct builder *b, const struct yaml_node *node)
{
    const char *text = node_text(node);
    if (text == NULL || strcmp(text, "continue") == 0)
        return (struct flow){.kind = FLOW_CONTINUE};
    if (strcmp(text, "exit") == 0)
        return (struct flow){.kind = FLOW_EXIT};
    if (strcmp(text, "end") == 0)
        return (struct flow){.kind = FLOW_END};
    const struct task *target =
        b->names == NULL ? NULL : map_get(b->names, build_name_key(b, text));
    if (target == NULL)
        unknown_target(b, node);
    return (struct flow){.kind = FLOW_TASK, .target = target};
}
