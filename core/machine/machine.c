#include "machine/machine.h"

#include <string.h>

#include "base/must.h"
#include "machine/encode.h"
#include "machine/lifecycle.h"
#include "machine/loop.h"
#include "machine/words.h"

#define KEPT_MAX 10000 // inputs that wait for a resume

static bool settled(const struct machine_input *input, struct fail *why)
{
    return fail_code(why, FAIL_NOT_FOUND, "settled", "nothing waits at %s (attempt %lld%s%s)",
                     input->address.path != NULL ? input->address.path : "?",
                     (long long)input->address.attempt,
                     input->address.name != NULL && *input->address.name ? ", " : "",
                     input->address.name != NULL ? input->address.name : "");
}

static struct frame *addressed(const struct run *r, const struct machine_input *input)
{
    struct frame *f =
        r->instance->root != NULL ? frame_find(r->instance->root, input->address.attempt) : NULL;
    if (f == NULL || input->address.path == NULL || strcmp(frame_path(f), input->address.path) != 0)
        return NULL;
    return f;
}

static bool waits_for_result(const struct frame *f)
{
    return f->state == FRAME_WAITS && f->task != NULL &&
           (f->task->kind == TASK_CALL || f->task->kind == TASK_RUN);
}

// ---- inputs. Each first makes sure that the input fits, then changes the instance.

static bool start(struct run *r, const struct machine_input *input, struct fail *why)
{
    struct instance *i = r->instance;
    if (i->status != STATUS_PENDING)
        return fail(why, FAIL_CONFLICT, "instance %s has started already", i->id);
    i->started_ms = r->world->now_ms;
    i->input = json_is_absent(input->value) ? json_object() : json_ref(input->value);
    i->status = STATUS_RUNNING;
    tell_workflow(r, "started", tell_with("input", json_ref(i->input)));
    i->root = run_frame(r, NULL, NULL, json_ref(i->input));
    return true;
}

static bool result(struct run *r, const struct machine_input *input, struct fail *why)
{
    struct frame *f = addressed(r, input);
    if (f == NULL || !waits_for_result(f))
        return settled(input, why);
    json value = json_is_absent(input->value) ? json_null() : json_ref(input->value);
    if (!input->failed) {
        run_complete(r, f, value);
        return true;
    }
    f->state = FRAME_RUNS; // what it waited for is over
    run_raise(r, f, value);
    return true;
}

// The timer that `name` means, or NULL.
static int64_t *timer_of(struct frame *f, const char *name)
{
    if (strcmp(name, "timeout") == 0)
        return &f->timeout_ms;
    if (strcmp(name, "attempt") == 0)
        return &f->limit_ms;
    bool retries = f->task != NULL && f->task->kind == TASK_TRY;
    if (strcmp(name, retries ? "retry" : "") == 0)
        return &f->due_ms;
    return NULL;
}

static json timeout_problem(const struct frame *f, const char *what)
{
    struct fail why;
    if (f->task != NULL)
        fail(&why, FAIL_TIMEOUT, "task '%s' took longer than its %s allows", f->task->name, what);
    else
        fail(&why, FAIL_TIMEOUT, "the workflow took longer than its timeout allows");
    return problem_new("timeout", 408, NULL, why.message, frame_path(f));
}

static bool timer(struct run *r, const struct machine_input *input, struct fail *why)
{
    struct frame *f = addressed(r, input);
    const char *name = input->address.name != NULL ? input->address.name : "";
    int64_t *due = f != NULL ? timer_of(f, name) : NULL;
    if (due == NULL || *due == INSTANT_NONE)
        return settled(input, why);
    if (*due > r->world->now_ms)
        return fail(why, FAIL_CONFLICT, "the timer at %s is not due yet", input->address.path);
    if (due == &f->timeout_ms) {
        run_raise(r, f, timeout_problem(f, "timeout"));
    } else if (due == &f->limit_ms) {
        run_raise_inside(r, f, timeout_problem(f, "limit of one attempt"));
    } else {
        *due = INSTANT_NONE;
        if (f->task->kind == TASK_TRY)
            try_retry(r, f);
        else
            run_complete(r, f, json_ref(f->input));
    }
    return true;
}

static bool event(struct run *r, const struct machine_input *input, struct fail *why)
{
    struct frame *f = addressed(r, input);
    if (f == NULL || f->listening == NULL)
        return settled(input, why);
    return listen_event(r, f, input, why);
}

static bool cancel(struct run *r, const struct machine_input *input)
{
    json reason = json_get(input->value, "reason");
    run_sweep(r, "cancelled");
    r->instance->status = STATUS_CANCELLED;
    json_swap_take(&r->instance->inbox, json_absent());
    r->transition->ended = true;
    tell_workflow(r, "cancelled",
                  json_is_absent(reason) ? json_absent() : tell_with("reason", json_ref(reason)));
    json_free(reason);
    return true;
}

static bool suspend(struct run *r, struct fail *why)
{
    if (r->instance->status == STATUS_PENDING)
        return fail(why, FAIL_CONFLICT, "instance %s has not started", r->instance->id);
    r->instance->status = STATUS_SUSPENDED;
    tell_workflow(r, "suspended", json_absent());
    return true;
}

// ---- while suspended: what fits is kept, and applied in order once it goes on

static bool same_wait(json kept, const struct machine_input *input)
{
    return json_get_int(kept, "k", -1) == (int64_t)input->kind &&
           json_get_int(kept, "a", 0) == input->address.attempt &&
           strcmp(json_get_text(kept, "n", ""),
                  input->address.name != NULL ? input->address.name : "") == 0;
}

// How many of its kind are kept for this wait, and, of events, for this filter.
static size_t kept_already(json inbox, const struct machine_input *input, bool of_filter)
{
    size_t count = 0;
    for (size_t n = 0; n < json_length(inbox); n++) {
        json kept = json_at(inbox, n);
        count +=
            same_wait(kept, input) && (!of_filter || json_get_int(kept, "f", -1) == input->filter);
        json_free(kept);
    }
    return count;
}

// An event that would be refused at resume must be refused now: it may be meant for a later listen.
static bool event_may_be_kept(const struct frame *f, json inbox, const struct machine_input *input)
{
    if (f->listening == NULL || f->listening->closed)
        return false;
    const struct event_strategy *to = &f->task->listen.to;
    if (to->mode == EVENTS_ALL)
        return kept_already(inbox, input, true) == 0;
    bool goes_on = to->until != NULL || to->until_events != NULL || to->until_never;
    return goes_on || kept_already(inbox, input, false) == 0;
}

static bool may_be_kept(const struct frame *f, json inbox, const struct machine_input *input)
{
    if (f == NULL)
        return false;
    if (input->kind == INPUT_EVENT)
        return event_may_be_kept(f, inbox, input);
    if (input->kind == INPUT_RESULT && !waits_for_result(f))
        return false;
    return kept_already(inbox, input, false) == 0;
}

static bool keep(struct run *r, const struct machine_input *input, struct fail *why)
{
    json *inbox = &r->instance->inbox;
    if (!may_be_kept(addressed(r, input), *inbox, input))
        return settled(input, why);
    if (json_length(*inbox) >= KEPT_MAX)
        return fail(why, FAIL_LIMIT, "instance %s is suspended and keeps %d inputs already",
                    r->instance->id, KEPT_MAX);
    if (json_is_absent(*inbox))
        *inbox = json_array();
    json_append_take(inbox, input_encode(input));
    return true;
}

static bool dispatch(struct run *r, const struct machine_input *input, struct fail *why);

static bool resume(struct run *r, struct fail *why)
{
    struct instance *i = r->instance;
    if (i->status != STATUS_SUSPENDED)
        return fail(why, FAIL_CONFLICT, "instance %s is not suspended", i->id);
    i->status = STATUS_RUNNING;
    tell_workflow(r, "resumed", json_absent());
    json inbox = i->inbox;
    i->inbox = json_absent();
    for (size_t n = 0; n < json_length(inbox) && instance_is_open(i); n++) {
        json kept = json_at(inbox, n);
        struct machine_input input = input_decode(kept);
        struct fail stale; // an earlier one may have settled it: then it is dropped as ever
        if (dispatch(r, &input, &stale))
            run_loop(r);
        input_decode_done(&input);
        json_free(kept);
    }
    json_free(inbox);
    return true;
}

// ---- once more after a fault

static void fresh_moment(struct run *r, struct frame *f, int64_t *due, const char *name)
{
    if (*due == INSTANT_NONE)
        return;
    *due = r->world->now_ms + (*due - f->started_ms);
    run_arm(r, f, name, *due);
}

// A frame without children that faulted starts over, and so does a call, since what was called went
// with the fault. Any other waits for what it waited for, with its whole time before it.
static void go_on_again(struct run *r, struct frame *f, int64_t faulted)
{
    bool at_end = f->task == NULL && f->state == FRAME_LEAVES;
    bool faulted_here = f->attempt == faulted && f->first == NULL && !at_end;
    if (faulted_here || waits_for_result(f)) {
        run_again(r, f);
        return;
    }
    fresh_moment(r, f, &f->timeout_ms, "timeout");
    fresh_moment(r, f, &f->limit_ms, "attempt");
    f->started_ms = r->world->now_ms;
    if (at_end)
        run_later(r, f);
    else if (task_word(f)->again != NULL)
        task_word(f)->again(r, f);
}

static bool retry(struct run *r, struct fail *why)
{
    struct instance *i = r->instance;
    if (i->status != STATUS_FAULTED || i->root == NULL)
        return fail(why, FAIL_CONFLICT, "instance %s has not faulted", i->id);
    int64_t faulted = i->faulted;
    i->faulted = 0;
    i->status = STATUS_RUNNING;
    json_swap_take(&i->error, json_absent());
    tell_workflow(r, "resumed", tell_with("retry", json_bool(true)));
    for (struct frame *f = i->root; f != NULL; f = frame_walk(i->root, f))
        go_on_again(r, f, faulted);
    return true;
}

static bool dispatch(struct run *r, const struct machine_input *input, struct fail *why)
{
    switch (input->kind) {
    case INPUT_START:
        return start(r, input, why);
    case INPUT_RESULT:
        return result(r, input, why);
    case INPUT_TIMER:
        return timer(r, input, why);
    case INPUT_EVENT:
        return event(r, input, why);
    case INPUT_CANCEL:
        return cancel(r, input);
    case INPUT_SUSPEND:
        return suspend(r, why);
    case INPUT_RESUME:
        return resume(r, why);
    case INPUT_RETRY:
        return retry(r, why);
    }
    must_not_reach();
}

static bool admit(struct run *r, const struct machine_input *input, struct fail *why)
{
    const struct instance *i = r->instance;
    if (!instance_is_open(i) && input->kind != INPUT_RETRY)
        return fail_code(why, FAIL_CONFLICT, "not_open", "instance %s is %s", i->id,
                         instance_status_name(i->status));
    if (i->status == STATUS_SUSPENDED && input->kind != INPUT_CANCEL &&
        input->kind != INPUT_RESUME) {
        if (input->kind == INPUT_SUSPEND || input->kind == INPUT_START ||
            input->kind == INPUT_RETRY)
            return fail(why, FAIL_CONFLICT, "instance %s is suspended", i->id);
        return keep(r, input, why);
    }
    return dispatch(r, input, why);
}

bool machine_step(struct instance *i, const struct machine_input *input,
                  const struct machine_world *world, struct transition *t, struct fail *why)
{
    struct run r = {.instance = i, .world = world, .transition = t};
    bool taken = admit(&r, input, why);
    run_loop(&r);
    run_done(&r);
    if (taken && instance_is_open(i) && i->status != STATUS_SUSPENDED)
        i->status = instance_open_status(i);
    return taken;
}
