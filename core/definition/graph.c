#include "definition/graph.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define LABEL_POINTS_MAX 40

// ── what a box says ──

static bool holds_tasks(const struct task *t)
{
    switch (t->kind) {
    case TASK_DO:
    case TASK_FOR:
    case TASK_FORK:
    case TASK_TRY:
        return true;
    case TASK_LISTEN:
        return t->listen.foreach != NULL && t->listen.foreach->body.count > 0;
    case TASK_SET:
    case TASK_SWITCH:
    case TASK_RAISE:
    case TASK_WAIT:
    case TASK_EMIT:
    case TASK_CALL:
    case TASK_RUN:
        return false;
    }
    return false;
}

static void entry_id(const struct task *t, char out[GRAPH_ID_SIZE])
{
    snprintf(out, GRAPH_ID_SIZE, "t%d", t->index);
}

static void exit_id(const struct task *t, char out[GRAPH_ID_SIZE])
{
    snprintf(out, GRAPH_ID_SIZE, "%c%d", holds_tasks(t) ? 'x' : 't', t->index);
}

// Cuts long texts at a code point, so that Hangul stays whole.
static void shorten(const char *text, char out[GRAPH_LABEL_SIZE / 2])
{
    size_t length = 0, points = 0;
    while (text[length] != '\0' && text[length] != '\n' && length < GRAPH_LABEL_SIZE / 2 - 8) {
        if (((unsigned char)text[length] & 0xC0) != 0x80 && ++points > LABEL_POINTS_MAX)
            break;
        length++;
    }
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--; // the byte limit fell inside a character
    bool cut = text[length] != '\0' && text[length] != '\n';
    snprintf(out, GRAPH_LABEL_SIZE / 2, "%.*s%s", (int)length, text, cut ? "…" : "");
}

// A task's own title, in `metadata.title`: text, or texts by language.
static const char *title(const struct task *t)
{
    const char *found = json_get_text(t->metadata, "title", NULL);
    if (found != NULL)
        return found;
    json by_language = json_get(t->metadata, "title");
    found = json_get_text(by_language, "ko", json_get_text(by_language, "en", NULL));
    json_free(by_language); // the metadata keeps the text alive
    return found != NULL ? found : t->name;
}

static void event_text(const struct event_strategy *s, char *out, size_t size)
{
    static const char *const MODES[] = {
        [EVENTS_ONE] = "listen", [EVENTS_ANY] = "listen any", [EVENTS_ALL] = "listen all"};
    const char *type = s->count > 0 ? s->filters[0]->type : NULL;
    snprintf(out, size, "%s%s%s%s", MODES[s->mode], type == NULL ? "" : " ",
             type == NULL ? "" : type, s->count > 1 ? ", …" : "");
}

static void duration_text(const struct duration_source *d, char *out, size_t size)
{
    char text[DURATION_TEXT_SIZE] = "…";
    if (d->constant)
        duration_write(&d->duration, text);
    snprintf(out, size, "wait %s", text);
}

static void kind_text(const struct task *t, char *out, size_t size)
{
    snprintf(out, size, "%s", task_kind_name(t->kind));
    if (t->kind == TASK_CALL && t->call.function != NULL)
        snprintf(out, size, "call %s", t->call.function);
    if (t->kind == TASK_RUN && t->run.name != NULL)
        snprintf(out, size, "run %s", t->run.name);
    if (t->kind == TASK_WAIT)
        duration_text(&t->wait, out, size);
    if (t->kind == TASK_LISTEN)
        event_text(&t->listen.to, out, size);
    if (t->kind == TASK_FOR)
        snprintf(out, size, "for each %s", t->loop.each);
    if (t->kind == TASK_FORK && t->fork.compete)
        snprintf(out, size, "fork, the first wins");
}

static void label_of(const struct task *t, char out[GRAPH_LABEL_SIZE])
{
    char name[GRAPH_LABEL_SIZE / 2], kind[GRAPH_LABEL_SIZE / 2], details[GRAPH_LABEL_SIZE / 2];
    shorten(title(t), name);
    kind_text(t, details, sizeof details);
    shorten(details, kind);
    static_assert(4 * LABEL_POINTS_MAX + 8 < GRAPH_LABEL_SIZE / 2, "two short texts fit a label");
    size_t length = strlen(name);
    memcpy(out, name, length);
    out[length] = '\n';
    memcpy(out + length + 1, kind, strlen(kind) + 1);
}

// ── boxes and clusters ──

static void draw_list(const struct task_list *list, struct graph_writer *w);

static void draw_point(const struct task *t, const char *id, struct graph_writer *w)
{
    w->node(w, &(struct graph_node){.id = id, .label = "", .task = t, .shape = GRAPH_POINT});
}

static void draw_parts(const struct task *t, struct graph_writer *w)
{
    char id[GRAPH_ID_SIZE];
    switch (t->kind) {
    case TASK_DO:
        draw_list(&t->body, w);
        break;
    case TASK_FOR:
        draw_list(&t->loop.body, w);
        break;
    case TASK_FORK:
        draw_list(&t->fork.branches, w);
        break;
    case TASK_LISTEN:
        draw_list(&t->listen.foreach->body, w);
        break;
    case TASK_TRY:
        draw_list(&t->attempt.body, w);
        if (t->attempt.handler.count == 0)
            break;
        snprintf(id, sizeof id, "h%d", t->index);
        w->cluster_begin(w, id, "catch", NULL);
        draw_list(&t->attempt.handler, w);
        w->cluster_end(w);
        break;
    case TASK_SET:
    case TASK_SWITCH:
    case TASK_RAISE:
    case TASK_WAIT:
    case TASK_EMIT:
    case TASK_CALL:
    case TASK_RUN:
        break;
    }
}

static void draw_task(const struct task *t, struct graph_writer *w)
{
    char label[GRAPH_LABEL_SIZE], entry[GRAPH_ID_SIZE], exit[GRAPH_ID_SIZE], id[GRAPH_ID_SIZE];
    label_of(t, label);
    entry_id(t, entry);
    exit_id(t, exit);
    if (!holds_tasks(t)) {
        enum graph_shape shape = t->kind == TASK_SWITCH ? GRAPH_CHOICE : GRAPH_BOX;
        w->node(w, &(struct graph_node){.id = entry, .label = label, .task = t, .shape = shape});
        return;
    }
    snprintf(id, sizeof id, "c%d", t->index);
    w->cluster_begin(w, id, label, t);
    draw_point(t, entry, w);
    draw_parts(t, w);
    draw_point(t, exit, w);
    w->cluster_end(w);
}

static void draw_list(const struct task_list *list, struct graph_writer *w)
{
    for (size_t i = 0; i < list->count; i++)
        draw_task(list->items[i], w);
}

// ── arrows ──

static void join_list(const struct task_list *list, const char *after, struct graph_writer *w);

static void join_flow(const struct task *t, const struct flow *flow, const char *after,
                      const char *label, struct graph_writer *w)
{
    char from[GRAPH_ID_SIZE], to[GRAPH_ID_SIZE];
    enum graph_arrow arrow = ARROW_PLAIN;
    exit_id(t, from);
    snprintf(to, sizeof to, "%s", after);
    if (flow->kind == FLOW_END)
        snprintf(to, sizeof to, "finish");
    if (flow->kind == FLOW_CONTINUE && t->siblings != NULL && t->place + 1 < t->siblings->count)
        entry_id(t->siblings->items[t->place + 1], to);
    if (flow->kind == FLOW_TASK) {
        entry_id(flow->target, to);
        arrow = flow->target->place <= t->place ? ARROW_BACK : ARROW_PLAIN;
    }
    w->edge(w, from, to, label, arrow);
}

static void join_first(const struct task *t, const struct task_list *list, const char *label,
                       enum graph_arrow arrow, struct graph_writer *w)
{
    char from[GRAPH_ID_SIZE], to[GRAPH_ID_SIZE];
    entry_id(t, from);
    exit_id(t, to);
    if (list->count > 0)
        entry_id(list->items[0], to);
    w->edge(w, from, to, label, arrow);
}

static void join_fork(const struct task *t, const char *exit, struct graph_writer *w)
{
    char from[GRAPH_ID_SIZE], to[GRAPH_ID_SIZE], branch_end[GRAPH_ID_SIZE];
    entry_id(t, from);
    for (size_t i = 0; i < t->fork.branches.count; i++) {
        const struct task *branch = t->fork.branches.items[i];
        entry_id(branch, to);
        exit_id(branch, branch_end);
        w->edge(w, from, to, NULL, ARROW_PLAIN);
        w->edge(w, branch_end, exit, NULL, ARROW_PLAIN);
    }
}

static void join_try(const struct task *t, const char *exit, struct graph_writer *w)
{
    char entry[GRAPH_ID_SIZE];
    entry_id(t, entry);
    join_first(t, &t->attempt.body, NULL, ARROW_PLAIN, w);
    join_list(&t->attempt.body, exit, w);
    if (t->attempt.handler.count > 0)
        join_first(t, &t->attempt.handler, "error", ARROW_ERROR, w);
    join_list(&t->attempt.handler, exit, w);
    if (t->attempt.retry != NULL)
        w->edge(w, exit, entry, "retry", ARROW_BACK);
}

// The children of a task; `exit` is its exit point.
static void join_parts(const struct task *t, const char *exit, struct graph_writer *w)
{
    char entry[GRAPH_ID_SIZE];
    const struct task_list *loop = NULL;
    entry_id(t, entry);
    switch (t->kind) {
    case TASK_DO:
        join_first(t, &t->body, NULL, ARROW_PLAIN, w);
        join_list(&t->body, exit, w);
        break;
    case TASK_FOR:
        loop = &t->loop.body;
        break;
    case TASK_LISTEN:
        loop = t->listen.foreach != NULL ? &t->listen.foreach->body : NULL;
        break;
    case TASK_FORK:
        join_fork(t, exit, w);
        for (size_t i = 0; i < t->fork.branches.count; i++) {
            char branch_exit[GRAPH_ID_SIZE];
            exit_id(t->fork.branches.items[i], branch_exit);
            join_parts(t->fork.branches.items[i], branch_exit, w);
        }
        break;
    case TASK_TRY:
        join_try(t, exit, w);
        break;
    case TASK_SET:
    case TASK_SWITCH:
    case TASK_RAISE:
    case TASK_WAIT:
    case TASK_EMIT:
    case TASK_CALL:
    case TASK_RUN:
        break;
    }
    if (loop == NULL || loop->count == 0)
        return;
    join_first(t, loop, "each", ARROW_PLAIN, w);
    join_list(loop, exit, w);
    w->edge(w, exit, entry, "next", ARROW_BACK);
}

static void join_list(const struct task_list *list, const char *after, struct graph_writer *w)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct task *t = list->items[i];
        char exit[GRAPH_ID_SIZE];
        bool goes_on = t->kind != TASK_RAISE;
        exit_id(t, exit);
        join_parts(t, exit, w);
        for (size_t k = 0; t->kind == TASK_SWITCH && k < t->choose.count; k++) {
            join_flow(t, &t->choose.cases[k].then, after, t->choose.cases[k].name, w);
            goes_on = goes_on && t->choose.cases[k].when != NULL;
        }
        if (t->kind == TASK_TRY && t->attempt.has_then)
            join_flow(t, &t->attempt.then, after, "after an error", w);
        if (goes_on)
            join_flow(t, &t->then, after, NULL, w);
    }
}

void graph_walk(const struct definition *d, struct graph_writer *w)
{
    char first[GRAPH_ID_SIZE] = "finish";
    w->node(w, &(struct graph_node){.id = "start", .label = "", .shape = GRAPH_START});
    draw_list(&d->body, w);
    w->node(w, &(struct graph_node){.id = "finish", .label = "", .shape = GRAPH_END});
    if (d->body.count > 0)
        entry_id(d->body.items[0], first);
    w->edge(w, "start", first, NULL, ARROW_PLAIN);
    join_list(&d->body, "finish", w);
}
