#include "machine/lifecycle.h"
#include "machine/moment.h"
#include "machine/problem.h"
#include "machine/retry.h"
#include "machine/words.h"

//   TRY_BODY ──(error caught)──┬──> TRY_DELAY ──(timer "retry")──> TRY_BODY
//                              └──> TRY_HANDLER ──> done
static void start_body(struct run *r, struct frame *f)
{
    const struct retry_policy *retry = f->task->attempt.retry;
    f->phase = TRY_BODY;
    f->state = FRAME_RUNS;
    if (retry != NULL && retry->attempt_duration.given) {
        json problem;
        if (!moment_after(r, f, &retry->attempt_duration, r->world->now_ms, &f->limit_ms,
                          &problem)) {
            f->limit_ms = INSTANT_NONE;
            run_raise(r, f, problem);
            return;
        }
        run_arm(r, f, "attempt", f->limit_ms);
    }
    run_list(r, f, &f->task->attempt.body, json_ref(f->input));
}

static void begin(struct run *r, struct frame *f)
{
    start_body(r, f);
}

static void finish(struct run *r, struct frame *f, json output_take)
{
    if (f->phase == TRY_HANDLER && f->task->attempt.has_then)
        f->flow = f->task->attempt.then;
    run_complete(r, f, output_take);
}

static void child_done(struct run *r, struct frame *f, const struct child_end *end)
{
    if (!run_next(r, f, end))
        finish(r, f, end->output);
}

static void again(struct run *r, struct frame *f)
{
    if (f->state == FRAME_WAITS)
        run_arm(r, f, "retry", f->due_ms);
}

const struct task_word word_try = {.begin = begin, .child_done = child_done, .again = again};

// ---- catching

static bool ask(const struct run *r, const struct frame *f, const struct template *what,
                json *answer, json *problem)
{
    return evaluate(
        &(struct evaluation){
            .run = r, .frame = f, .place = PLACE_TASK, .what = what, .input = f->input},
        answer, problem);
}

// Does the condition say yes? NULL says `otherwise`. False if it cannot be evaluated.
static bool holds(const struct run *r, const struct frame *f, const struct template *what,
                  bool *answer, json *problem)
{
    if (what == NULL)
        return true;
    json value;
    if (!ask(r, f, what, &value, problem))
        return false;
    *answer = json_truthy(value);
    json_free(value);
    return true;
}

static bool filter_matches(const struct run *r, const struct frame *f, json error, bool *answer,
                           json *problem)
{
    json filter;
    if (f->task->attempt.error_with == NULL)
        return true;
    if (!ask(r, f, f->task->attempt.error_with, &filter, problem))
        return false;
    *answer = problem_matches(error, filter);
    json_free(filter);
    return true;
}

enum catch_verdict try_catches(struct run *r, struct frame *f, json *error)
{
    bool matches = true, when = true, except = false;
    json problem;
    json_swap_take(&f->value, json_ref(*error)); // the conditions see it
    bool good = filter_matches(r, f, *error, &matches, &problem);
    if (good && matches)
        good = holds(r, f, f->task->attempt.when, &when, &problem) &&
               holds(r, f, f->task->attempt.except_when, &except, &problem);
    if (good && matches && when && !except)
        return CATCH_IT;
    json_swap_take(&f->value, json_absent());
    if (!good)
        json_swap_take(error, problem);
    return CATCH_NOT;
}

// ---- after it

static void handle(struct run *r, struct frame *f, json error)
{
    bool has_then = f->task->attempt.has_then;
    if (!f->task->attempt.has_handler && !has_then && f->task->attempt.retry != NULL) {
        // Retried in vain and nobody handles it: swallowing it would hide a failure.
        f->phase = TRY_HANDLER;
        run_raise(r, f, json_ref(error));
        return;
    }
    f->phase = TRY_HANDLER;
    if (f->task->attempt.handler.count == 0)
        finish(r, f, json_ref(f->input));
    else
        run_list(r, f, &f->task->attempt.handler, json_ref(f->input));
}

static void retry_at(struct run *r, struct frame *f, int64_t due_ms)
{
    json more = tell_with("tries", json_integer(++f->index));
    json_set_int(&more, "dueMs", due_ms);
    tell_task(r, f, "retried", more);
    f->phase = TRY_DELAY;
    if (due_ms <= r->world->now_ms) {
        try_retry(r, f);
        return;
    }
    f->due_ms = due_ms;
    run_wait(f);
    run_arm(r, f, "retry", due_ms);
}

// The attempt is over, and with it its limit; a timeout of the whole try goes on.
static void end_attempt(struct run *r, struct frame *f)
{
    if (f->limit_ms == INSTANT_NONE)
        return;
    run_drop(r, f, "completed");
    f->limit_ms = INSTANT_NONE;
    if (f->timeout_ms != INSTANT_NONE)
        run_arm(r, f, "timeout", f->timeout_ms);
}

void try_caught(struct run *r, struct frame *f, json error)
{
    end_attempt(r, f);
    if (f->task->attempt.retry == NULL) {
        handle(r, f, error);
        return;
    }
    int64_t due;
    json problem;
    switch (retry_decide(r, f, &due, &problem)) {
    case RETRY_AT:
        retry_at(r, f, due);
        break;
    case RETRY_NOT:
        handle(r, f, error);
        break;
    case RETRY_BROKEN:
        f->phase = TRY_HANDLER;
        run_raise(r, f, problem);
        break;
    }
}

void try_retry(struct run *r, struct frame *f)
{
    json_swap_take(&f->value, json_absent());
    f->due_ms = INSTANT_NONE;
    start_body(r, f);
}
