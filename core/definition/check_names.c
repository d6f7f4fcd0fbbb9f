// Arguments that name a task of the same workflow. A function says by the keyword `x-task` at a
// property of its schema which of its arguments do; a name that nothing has would wait, or mail, in
// vain.
#include "definition/build.h"

#include <string.h>

#define KEYWORD    "x-task"
#define NEAR_MAX   256
#define DEPTH_MOST 16

static void check_name(struct builder *b, const struct yaml_node *node)
{
    const char *name = node_text(node), *near[NEAR_MAX];
    const struct definition *d = b->d;
    size_t count = d->task_count < NEAR_MAX ? d->task_count : NEAR_MAX;
    if (name == NULL || strstr(name, "${") != NULL || definition_task_named(d, name) != NULL)
        return;
    for (size_t i = 0; i < count; i++)
        near[i] = d->tasks[i]->name;
    report(b, SEVERITY_ERROR, node, "unknown-task", "there is no task '%s' in this workflow", name);
    shape_suggest(b->diagnostics, name, near, count);
}

// Along the schema's properties and items, as far as they lead.
static void check_value(struct builder *b, const struct yaml_node *node, json schema, int depth)
{
    if (!json_is_object(schema) || depth > DEPTH_MOST)
        return;
    if (json_get_bool(schema, KEYWORD, false))
        check_name(b, node);
    json properties = json_get(schema, "properties"), items = json_get(schema, "items");
    for (size_t i = 0; node_mapping(node) != NULL && i < node->count; i++) {
        json part = json_get(properties, node->keys[i]->text);
        check_value(b, node->items[i], part, depth + 1);
        json_free(part);
    }
    for (size_t i = 0; node_sequence(node) != NULL && i < node->count; i++)
        check_value(b, node->items[i], items, depth + 1);
    json_free(items);
    json_free(properties);
}

void check_task_names(struct builder *b)
{
    const struct function_catalogue *f = b->opts->functions;
    for (size_t i = 0; f != NULL && i < b->d->task_count; i++) {
        const struct task *task = b->d->tasks[i];
        if (task->kind != TASK_CALL || task->call.kind != CALL_FUNCTION ||
            task->call.local != NULL || task->call.function == NULL) // NULL: has its own message
            continue;
        const struct function_signature *signature =
            f->find(f->context, task->call.function, task->call.version);
        if (signature != NULL)
            check_value(b, node_field(task->node, "with"), signature->input_schema, 0);
    }
}
