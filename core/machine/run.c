#include "machine/run.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "machine/dataflow.h"
#include "machine/lifecycle.h"
#include "machine/loop.h"
#include "machine/moment.h"
#include "machine/words.h"

const struct task_word *task_word(const struct frame *f)
{
    static const struct task_word *const words[] = {
        [TASK_DO] = &word_do,         [TASK_SET] = &word_set,   [TASK_SWITCH] = &word_switch,
        [TASK_FOR] = &word_for,       [TASK_FORK] = &word_fork, [TASK_TRY] = &word_try,
        [TASK_RAISE] = &word_raise,   [TASK_WAIT] = &word_wait, [TASK_EMIT] = &word_emit,
        [TASK_LISTEN] = &word_listen, [TASK_CALL] = &word_call, [TASK_RUN] = &word_run,
    };
    if (f->task == NULL)
        return &word_workflow;
    must((size_t)f->task->kind < sizeof words / sizeof *words);
    return words[f->task->kind];
}

// ---- the stack of frames that go on

void run_later(struct run *r, struct frame *f)
{
    must(!f->is_ready);
    if (r->ready_count == r->ready_capacity) {
        r->ready_capacity = r->ready_capacity * 2 + 16;
        r->ready = mem_resize(r->ready, r->ready_capacity * sizeof(struct frame *));
    }
    r->ready[r->ready_count++] = f;
    f->is_ready = true;
}

void run_forget(struct run *r, struct frame *f)
{
    if (!f->is_ready)
        return;
    size_t at = r->ready_count;
    while (r->ready[at - 1] != f)
        at--;
    for (; at < r->ready_count; at++)
        r->ready[at - 1] = r->ready[at];
    r->ready_count--;
    f->is_ready = false;
}

void run_complete(struct run *r, struct frame *f, json output_take)
{
    json_swap_take(&f->output, output_take);
    f->state = FRAME_LEAVES;
    f->due_ms = INSTANT_NONE;
    run_forget(r, f);
    run_later(r, f);
}

void run_wait(struct frame *f)
{
    f->state = FRAME_WAITS;
}

struct frame *run_frame(struct run *r, struct frame *parent, const struct task *task, json raw_take)
{
    struct frame *f = frame_new(task, parent, ++r->instance->attempts, raw_take);
    f->started_ms = r->world->now_ms;
    run_later(r, f);
    return f;
}

bool run_child(struct run *r, struct frame *f, const struct task *task, json raw_take)
{
    if (frame_depth(f) >= LIMIT_FRAME_DEPTH) {
        struct fail why;
        fail(&why, FAIL_LIMIT, "tasks are nested more than %d deep", LIMIT_FRAME_DEPTH);
        json_free(raw_take);
        run_raise_type(r, f, "runtime", &why);
        return false;
    }
    f->state = FRAME_RUNS;
    run_frame(r, f, task, raw_take);
    return true;
}

void run_list(struct run *r, struct frame *f, const struct task_list *list, json raw_take)
{
    if (list->count == 0)
        run_complete(r, f, raw_take);
    else
        run_child(r, f, list->items[0], raw_take);
}

// `exit` ends the list that the task is in; `end` never gets here.
static const struct task *next_task(const struct child_end *end)
{
    const struct task *task = end->task;
    switch (end->flow.kind) {
    case FLOW_CONTINUE:
        return task->place + 1 < task->siblings->count ? task->siblings->items[task->place + 1]
                                                       : NULL;
    case FLOW_TASK:
        return end->flow.target;
    case FLOW_EXIT:
    case FLOW_END:
        return NULL;
    }
    return NULL;
}

bool run_next(struct run *r, struct frame *f, const struct child_end *end)
{
    const struct task *next = next_task(end);
    if (next == NULL)
        return false;
    run_child(r, f, next, end->output);
    return true;
}

// ---- asking the world

struct action *run_act(struct run *r, struct frame *f, enum action_kind kind, const char *name)
{
    struct transition *t = r->transition;
    if (t->count == t->capacity) {
        t->capacity = t->capacity * 2 + 8;
        t->actions = mem_resize(t->actions, t->capacity * sizeof *t->actions);
    }
    struct action *a = &t->actions[t->count++];
    *a = (struct action){
        .kind = kind,
        .address = {.path = frame_path(f), .attempt = f->attempt, .name = name},
        .task = f->task,
        .due_ms = INSTANT_NONE,
        .correlation = json_absent(),
        .with = json_absent(),
        .request = json_absent(),
    };
    return a;
}

void run_arm(struct run *r, struct frame *f, const char *name, int64_t due_ms)
{
    run_act(r, f, ACTION_TIMER, name)->due_ms = due_ms;
}

void run_drop(struct run *r, struct frame *f, const char *reason)
{
    if (frame_is_armed(f))
        run_act(r, f, ACTION_DROP, "")->reason = reason;
}

bool run_evaluate(struct run *r, struct frame *f, const struct template *what, json input,
                  json *out)
{
    json problem;
    if (evaluate(
            &(struct evaluation){
                .run = r, .frame = f, .place = PLACE_TASK, .what = what, .input = input},
            out, &problem))
        return true;
    run_raise(r, f, problem);
    return false;
}

// ---- a frame's way: in, and out

static const struct data_flow *data_of(const struct run *r, const struct frame *f)
{
    return f->task != NULL ? &f->task->data : &r->instance->definition->data;
}

static void hand_to_parent(struct run *r, struct frame *f, struct child_end end)
{
    struct frame *parent = f->parent;
    frame_free(f);
    task_word(parent)->child_done(r, parent, &end);
}

// dsl-reference.md, "Task": the raw input becomes the output. A `then` belongs to a task that was
// run, so the list goes on with the next one.
static void skip(struct run *r, struct frame *f)
{
    tell_task(r, f, "skipped", json_absent());
    instance_mark(r->instance, f->task, MARK_SKIPPED);
    hand_to_parent(r, f,
                   (struct child_end){.task = f->task,
                                      .flow = {.kind = FLOW_CONTINUE},
                                      .output = json_ref(f->raw)});
}

// `if`: 1 run it, 0 skip it, −1 it raised.
static int condition(struct run *r, struct frame *f)
{
    if (f->task == NULL || f->task->condition == NULL)
        return 1;
    json value, problem;
    if (!evaluate(&(struct evaluation){.run = r,
                                       .frame = f,
                                       .place = PLACE_TASK_INPUT,
                                       .what = f->task->condition,
                                       .input = f->raw},
                  &value, &problem)) {
        run_raise(r, f, problem);
        return -1;
    }
    int answer = json_truthy(value);
    json_free(value);
    return answer;
}

static bool arm_timeout(struct run *r, struct frame *f)
{
    const struct duration_source *timeout =
        f->task != NULL ? &f->task->timeout : &r->instance->definition->timeout;
    if (!timeout->given)
        return true;
    json problem;
    if (!moment_after(r, f, timeout, r->world->now_ms, &f->timeout_ms, &problem)) {
        f->timeout_ms = INSTANT_NONE;
        run_raise(r, f, problem);
        return false;
    }
    run_arm(r, f, "timeout", f->timeout_ms);
    return true;
}

static void enter(struct run *r, struct frame *f)
{
    int wanted = condition(r, f);
    if (wanted < 0)
        return;
    if (wanted == 0) {
        skip(r, f);
        return;
    }
    tell_task(r, f, "started", json_absent());
    json problem;
    if (!data_enter(r, f, data_of(r, f), &problem)) {
        run_raise(r, f, problem);
        return;
    }
    if (f->task != NULL)
        f->flow = f->task->then;
    else
        json_swap_take(&r->instance->context, json_ref(f->input)); // dsl.md, "Data Flow", figure
    if (!arm_timeout(r, f))
        return;
    f->state = FRAME_RUNS;
    task_word(f)->begin(r, f);
}

static void leave_workflow(struct run *r, struct frame *f)
{
    struct instance *i = r->instance;
    json output, problem;
    if (!data_leave(r, f, data_of(r, f), f->output, &output, &problem)) {
        run_raise(r, f, problem);
        return;
    }
    run_drop(r, f, "completed");
    json_swap_take(&i->output, output);
    i->status = STATUS_COMPLETED;
    i->root = NULL;
    frame_free(f);
    r->transition->ended = true;
    tell_workflow(r, "completed", json_absent());
}

// Only what came from outside is told: the rest follows from it by the definition.
static json told_output(const struct frame *f)
{
    bool from_outside =
        (f->task->kind == TASK_CALL && f->task->call.local == NULL) || f->task->kind == TASK_RUN;
    return from_outside ? tell_with("output", json_ref(f->output)) : json_absent();
}

static void leave(struct run *r, struct frame *f)
{
    if (f->task == NULL) {
        leave_workflow(r, f);
        return;
    }
    json output, problem;
    if (!data_leave(r, f, &f->task->data, f->output, &output, &problem)) {
        run_raise(r, f, problem);
        return;
    }
    run_drop(r, f, "completed");
    tell_task(r, f, "completed", told_output(f));
    instance_mark(r->instance, f->task, MARK_COMPLETED);
    f->is_told = true;
    if (f->flow.kind == FLOW_END) {
        f->timeout_ms = f->limit_ms = f->due_ms = INSTANT_NONE;
        if (f->listening != NULL)
            f->listening->closed = true;
        run_end(r, output);
        return;
    }
    hand_to_parent(r, f, (struct child_end){.task = f->task, .flow = f->flow, .output = output});
}

static void fault_circle(struct run *r, struct frame *f)
{
    struct fail why;
    fail(&why, FAIL_LIMIT,
         "task '%s' runs in a circle without waiting: more than %d tasks at one moment",
         f->task != NULL ? f->task->name : "/", LIMIT_STEPS_PER_TURN);
    run_fault(r, f, problem_new("runtime", 500, "Endless Loop", why.message, frame_path(f)));
}

static void go_on(struct run *r, struct frame *f)
{
    switch (f->state) {
    case FRAME_ENTERS:
        if (++r->steps > LIMIT_STEPS_PER_TURN)
            fault_circle(r, f);
        else
            enter(r, f);
        break;
    case FRAME_RUNS:
        must(task_word(f)->visit != NULL);
        task_word(f)->visit(r, f);
        break;
    case FRAME_LEAVES:
        leave(r, f);
        break;
    case FRAME_WAITS:
        must_not_reach();
    }
}

// Every circle begins tasks, so it is enough to count those.
void run_loop(struct run *r)
{
    while (r->ready_count > 0) {
        struct frame *f = r->ready[--r->ready_count];
        f->is_ready = false;
        go_on(r, f);
    }
}

void run_again(struct run *r, struct frame *f)
{
    frame_clear(f);
    f->attempt = ++r->instance->attempts;
    f->started_ms = r->world->now_ms;
    run_later(r, f);
}

void run_done(struct run *r)
{
    must(r->ready_count == 0);
    mem_free(r->ready);
}
