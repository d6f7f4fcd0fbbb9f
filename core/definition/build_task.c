#include "definition/build.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "definition/language.h"

// ── lists ──

struct task *task_new(struct builder *b, const char *name, const struct yaml_node *node)
{
    struct definition *d = b->d;
    struct task *task = arena_new(&d->arena, struct task);
    if (d->task_count == b->task_capacity) {
        b->task_capacity = b->task_capacity == 0 ? 64 : b->task_capacity * 2;
        d->tasks = mem_resize(d->tasks, b->task_capacity * sizeof(struct task *));
    }
    task->index = (int)d->task_count;
    task->name = name;
    task->node = node;
    task->source = json_absent();
    task->metadata = json_absent();
    d->tasks[d->task_count++] = task;
    return task;
}

// RFC 6901: '~' is the only character of a good name that needs escaping.
static const char *pointer_token(struct arena *arena, const char *name)
{
    if (strpbrk(name, "~/") == NULL)
        return name;
    char *out = arena_alloc(arena, strlen(name) * 2 + 1), *o = out;
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '~' || *c == '/') {
            *o++ = '~';
            *o++ = *c == '~' ? '0' : '1';
        } else {
            *o++ = *c;
        }
    }
    *o = '\0';
    return out;
}

static void check_name(struct builder *b, const struct yaml_node *key)
{
    if (key->text[0] == '\0')
        report(b, SEVERITY_ERROR, key, "bad-name", "a task needs a name");
    if (strchr(key->text, '/') != NULL)
        report(b, SEVERITY_ERROR, key, "bad-name",
               "the task name '%s' has a slash, which parts the steps of a reference; use - or _",
               key->text);
    if (strcmp(key->text, "continue") == 0 || strcmp(key->text, "exit") == 0 ||
        strcmp(key->text, "end") == 0)
        report(b, SEVERITY_WARNING, key, "bad-name",
               "no 'then' can lead to the task '%s', since the word means something else",
               key->text);
}

// Names of malformed entries count too, so that a `then` to one of them is no second mistake.
static void gather_names(struct builder *b, const struct yaml_node *list, const struct task *parent,
                         struct map *names, struct task_list *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *entry = node_mapping(list->items[i]);
        for (size_t k = 0; entry != NULL && k < entry->count; k++) {
            const struct yaml_node *key = entry->keys[k];
            const char *name = build_name_key(b, key->text);
            const struct task *before = map_get(names, name);
            if (before != NULL && k == 0)
                report(b, SEVERITY_ERROR, key, "doubled-name",
                       "two tasks of this list are called '%s'; the first is in line %d", key->text,
                       before->node->line);
            struct task *task = task_new(b, key->text, entry->items[k]);
            task->parent = parent;
            task->place = out->count;
            if (before == NULL)
                map_put(names, name, task);
            if (k > 0)
                continue;
            check_name(b, key);
            out->items[out->count++] = task;
        }
    }
}

struct task_list build_tasks(struct builder *b, const struct yaml_node *list, json source,
                             const struct task *parent, const char *reference)
{
    struct task_list out = {.count = 0};
    if (node_sequence(list) == NULL || b->d->task_count + list->count > LIMIT_DEFINITION_TASKS) {
        if (node_sequence(list) != NULL)
            report(b, SEVERITY_ERROR, list, "limit", "a workflow may have %d tasks at most",
                   LIMIT_DEFINITION_TASKS);
        return out;
    }
    struct map names;
    map_init(&names);
    out.items = arena_alloc(&b->d->arena, (list->count + 1) * sizeof(struct task *));
    gather_names(b, list, parent, &names, &out);
    const struct map *outer_names = b->names;
    for (size_t i = 0; i < out.count; i++) {
        struct task *task = out.items[i];
        task->reference = arena_printf(&b->d->arena, "%s/%zu/%s", reference, i,
                                       pointer_token(&b->d->arena, task->name));
        json entry = json_at(source, i);
        task->source = json_get(entry, task->name);
        json_free(entry);
        b->names = &names;
        build_task(b, task);
    }
    b->names = outer_names;
    map_done(&names);
    return out;
}

// The list's place in the definition is known to its tasks once it lies where it stays.
static void adopt(struct task_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        list->items[i]->siblings = list;
}

static struct task_list build_body(struct builder *b, const struct task *task,
                                   const struct yaml_node *list, const char *path)
{
    json source = json_path(task->source, path);
    char *pointer = arena_printf(&b->d->arena, "%s/%s", task->reference, path);
    for (char *c = pointer + strlen(task->reference); *c != '\0'; c++)
        if (*c == '.')
            *c = '/';
    struct task_list out = build_tasks(b, list, source, task, pointer);
    json_free(source);
    return out;
}

// ── one builder a word ──

static void build_do(struct builder *b, struct task *task)
{
    task->body = build_body(b, task, node_field(task->node, "do"), "do");
    adopt(&task->body);
}

static void build_set(struct builder *b, struct task *task)
{
    const struct yaml_node *set = node_field(task->node, "set");
    task->set = build_template(b, set, false, PHASE_TASK);
    if (set->kind == YAML_STRING && set->text[0] != '\0' && strchr(".([{", set->text[0]) != NULL)
        report(b, SEVERITY_WARNING, set, "no-expression",
               "this text is kept as it stands; write '${ %s }' if it is an expression", set->text);
}

// 'when', or what was meant to be it and has a message of its own.
static bool has_condition(const struct yaml_node *body)
{
    static const char *const keys[] = {"when", "then"};
    bool has = node_field(body, "when") != NULL;
    for (size_t i = 0; i < body->count && !has; i++) {
        const char *key = body->keys[i]->text, *near = shape_nearest(key, keys, 2);
        has = near != NULL && strcmp(near, "when") == 0;
    }
    return has;
}

static void build_switch(struct builder *b, struct task *task)
{
    const struct yaml_node *cases = node_sequence(node_field(task->node, "switch"));
    const struct yaml_node *otherwise = NULL;
    if (cases == NULL)
        return;
    task->choose.cases = arena_alloc(&b->d->arena, (cases->count + 1) * sizeof(struct switch_case));
    for (size_t i = 0; i < cases->count; i++) {
        const struct yaml_node *entry = node_mapping(cases->items[i]);
        if (entry == NULL || entry->count == 0)
            continue;
        struct switch_case *c = &task->choose.cases[task->choose.count++];
        c->name = entry->keys[0]->text;
        c->when = build_template(b, node_field(entry->items[0], "when"), true, PHASE_TASK);
        c->then = build_flow(b, node_field(entry->items[0], "then"));
        if (node_mapping(entry->items[0]) == NULL || has_condition(entry->items[0]))
            continue;
        if (otherwise != NULL)
            report(b, SEVERITY_ERROR, entry->keys[0], "two-defaults",
                   "'%s' and '%s' both lack 'when'; only one case may be the default",
                   otherwise->text, c->name);
        otherwise = entry->keys[0];
    }
}

// A mistyped key may have been meant to name a variable; then nothing is said of those below.
static bool has_stray_key(const struct yaml_node *node, const struct shape_key *keys, size_t count)
{
    if (node != NULL && node_mapping(node) == NULL)
        return true;
    for (size_t i = 0; node != NULL && i < node->count; i++) {
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known = known || strcmp(keys[k].name, node->keys[i]->text) == 0;
        for (size_t k = 0; k < LANGUAGE_TASK_KEY_COUNT; k++)
            known = known || strcmp(LANGUAGE_TASK_KEYS[k].name, node->keys[i]->text) == 0;
        if (!known)
            return true;
    }
    return false;
}

// The same one level down: in `for`, `catch`, `foreach`.
static bool has_stray_part(const struct yaml_node *node, const struct language_word *word)
{
    bool stray = has_stray_key(node, word->keys, word->key_count);
    for (size_t i = 0; i < word->key_count && !stray; i++)
        if (word->keys[i].shape->kind == SHAPE_RECORD && !word->keys[i].shape->open)
            stray = has_stray_key(node_field(node, word->keys[i].name), word->keys[i].shape->keys,
                                  word->keys[i].shape->key_count);
    return stray;
}

static void build_for(struct builder *b, struct task *task)
{
    const struct yaml_node *loop = node_field(task->node, "for");
    task->loop.in = build_template(b, node_field(loop, "in"), true, PHASE_TASK);
    struct variable each = {build_variable_name(b, node_field(loop, "each"), "item"), b->variables};
    struct variable at = {build_variable_name(b, node_field(loop, "at"), "index"), &each};
    task->loop.each = each.name;
    task->loop.at = at.name;
    if (strcmp(each.name, at.name) == 0)
        report(b, SEVERITY_ERROR, node_field(loop, "at") != NULL ? node_field(loop, "at") : loop,
               "doubled-name", "'each' and 'at' both name the variable '%s'", at.name);
    b->variables = &at;
    task->loop.condition = build_template(b, node_field(task->node, "while"), true, PHASE_TASK);
    task->loop.body = build_body(b, task, node_field(task->node, "do"), "do");
    adopt(&task->loop.body);
    b->variables = each.outer;
}

static void build_fork(struct builder *b, struct task *task)
{
    const struct yaml_node *fork = node_field(task->node, "fork");
    const struct yaml_node *branches = node_field(fork, "branches");
    task->fork.compete = node_truth(node_field(fork, "compete"), false);
    if (node_sequence(branches) != NULL && branches->count > LIMIT_FORK_BRANCHES) {
        report(b, SEVERITY_ERROR, branches, "limit", "a fork may have %d branches at most",
               LIMIT_FORK_BRANCHES);
        return;
    }
    task->fork.branches = build_body(b, task, branches, "fork.branches");
    adopt(&task->fork.branches);
    for (size_t i = 0; i < task->fork.branches.count; i++) {
        const struct task *branch = task->fork.branches.items[i];
        if (branch->then.kind == FLOW_TASK && branch->then.target != NULL)
            report(b, SEVERITY_ERROR, node_field(branch->node, "then"), "unknown-task",
                   "branches run side by side, so 'then' cannot lead from '%s' to '%s'; put both "
                   "into one branch under 'do'",
                   branch->name, branch->then.target->name);
    }
}

static void build_try(struct builder *b, struct task *task)
{
    const struct yaml_node *caught = node_field(task->node, "catch");
    const struct yaml_node *retry = node_field(caught, "retry");
    const struct yaml_node *handler = node_field(caught, "do");
    task->attempt.body = build_body(b, task, node_field(task->node, "try"), "try");
    adopt(&task->attempt.body);
    const struct yaml_node *filter = node_field(node_field(caught, "errors"), "with");
    task->attempt.error_with = build_template(b, filter, false, PHASE_TASK);
    check_error_type(b, node_field(filter, "type"));
    struct variable as = {build_variable_name(b, node_field(caught, "as"), "error"), b->variables};
    task->attempt.as = as.name;
    b->variables = &as;
    task->attempt.when = build_template(b, node_field(caught, "when"), true, PHASE_TASK);
    task->attempt.except_when =
        build_template(b, node_field(caught, "exceptWhen"), true, PHASE_TASK);
    if (node_text(retry) != NULL) {
        const struct component *named = use_take(b, USE_RETRIES, retry);
        task->attempt.retry = named == NULL ? NULL : named->built;
    } else {
        task->attempt.retry = build_retry(b, retry);
    }
    task->attempt.has_handler = handler != NULL;
    task->attempt.handler = build_body(b, task, handler, "catch.do");
    adopt(&task->attempt.handler);
    b->variables = as.outer;
    task->attempt.has_then = node_field(caught, "then") != NULL;
    task->attempt.then = build_flow(b, node_field(caught, "then"));
}

static void build_raise(struct builder *b, struct task *task)
{
    const struct yaml_node *error = node_field(node_field(task->node, "raise"), "error");
    if (node_text(error) != NULL && !shape_is_expression(error)) {
        const struct component *named = use_take(b, USE_ERRORS, error);
        task->raise = named == NULL ? NULL : named->built;
        return;
    }
    task->raise = build_error(b, error);
}

static void build_wait(struct builder *b, struct task *task)
{
    const struct yaml_node *wait = node_field(task->node, "wait");
    task->wait = build_duration(b, wait, PHASE_TASK);
    if (task->wait.constant && duration_is_zero(&task->wait.duration))
        report(b, SEVERITY_WARNING, wait, "zero-duration", "this wait is over at once");
}

// An attribute that looks like 'type' mistyped is the mistake, not the one that is missing.
static void lacks_type(struct builder *b, const struct yaml_node *with)
{
    const struct yaml_node *key = build_near_type(with);
    if (key == NULL) {
        report(b, SEVERITY_ERROR, with, "missing-key",
               "'type' is missing in the event; it says what kind of event it is");
        return;
    }
    report(b, SEVERITY_ERROR, key, "unknown-key",
           "'%s' in the event, where 'type' is missing; it says what kind of event it is",
           key->text);
    shape_suggest(b->diagnostics, "type", (const char *const[]){"type"}, 1);
}

static void build_emit(struct builder *b, struct task *task)
{
    const struct yaml_node *event = node_field(node_field(task->node, "emit"), "event");
    const struct yaml_node *with = node_field(event, "with");
    if (node_mapping(with) != NULL && with->count > 0 && node_field(with, "type") == NULL)
        lacks_type(b, with);
    task->emit = build_template(b, with, false, PHASE_TASK);
}

static void build_listen(struct builder *b, struct task *task)
{
    const struct yaml_node *listen = node_field(task->node, "listen");
    const struct yaml_node *foreach = node_field(task->node, "foreach");
    build_strategy(b, node_field(listen, "to"), task, &task->listen.to);
    task->listen.read = build_read(node_field(listen, "read"));
    if (node_mapping(foreach) == NULL)
        return;
    struct subscription_iterator *i = arena_new(&b->d->arena, struct subscription_iterator);
    struct variable item = {build_variable_name(b, node_field(foreach, "item"), "item"),
                            b->variables};
    struct variable at = {build_variable_name(b, node_field(foreach, "at"), "index"), &item};
    task->listen.foreach = i;
    i->item = item.name;
    i->at = at.name;
    b->variables = &at;
    i->body = build_body(b, task, node_field(foreach, "do"), "foreach.do");
    adopt(&i->body);
    build_data_flow(b, foreach, &i->data);
    b->variables = item.outer;
}

// ── any task ──

static const struct language_word *find_word(const struct yaml_node *node)
{
    const struct language_word *found = NULL;
    for (size_t i = 0; i < LANGUAGE_WORD_COUNT; i++) {
        const struct language_word *word = &LANGUAGE_WORDS[i];
        if (node_field(node, word->word) == NULL)
            continue;
        if (found != NULL && found->kind == TASK_DO && word->kind == TASK_FOR)
            found = NULL;
        if (found != NULL)
            return NULL;
        found = word;
        if (word->kind == TASK_DO && node_field(node, "for") != NULL)
            found = NULL;
    }
    return found;
}

static void build_word(struct builder *b, struct task *task)
{
    static void (*const BUILDERS[])(struct builder *, struct task *) = {
        [TASK_DO] = build_do,         [TASK_SET] = build_set,   [TASK_SWITCH] = build_switch,
        [TASK_FOR] = build_for,       [TASK_FORK] = build_fork, [TASK_TRY] = build_try,
        [TASK_RAISE] = build_raise,   [TASK_WAIT] = build_wait, [TASK_EMIT] = build_emit,
        [TASK_LISTEN] = build_listen, [TASK_CALL] = build_call, [TASK_RUN] = build_run,
    };
    static_assert(sizeof BUILDERS / sizeof *BUILDERS == TASK_RUN + 1, "a builder for every word");
    BUILDERS[task->kind](b, task);
}

void build_task(struct builder *b, struct task *task)
{
    const struct yaml_node *node = node_mapping(task->node);
    const struct language_word *word = find_word(node);
    must(task->reference != NULL);
    map_put(&b->d->task_by_reference, task->reference, task);
    if (word == NULL)
        return;
    task->kind = word->kind;
    bool variables_open = b->variables_open;
    b->variables_open = variables_open || has_stray_part(node, word);
    if (node_mapping(node_field(node, "metadata")) != NULL)
        task->metadata = yaml_to_json(node_field(node, "metadata"));
    task->condition = build_template(b, node_field(node, "if"), true, PHASE_IF);
    build_data_flow(b, node, &task->data);
    task->timeout = build_timeout(b, node_field(node, "timeout"));
    task->then = build_flow(b, node_field(node, "then"));
    build_word(b, task);
    b->variables_open = variables_open;
}
