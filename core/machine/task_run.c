#include "machine/words.h"

static const char *kind_name(enum run_kind kind)
{
    switch (kind) {
    case RUN_WORKFLOW:
        return "workflow";
    case RUN_SHELL:
        return "shell";
    case RUN_SCRIPT:
        return "script";
    case RUN_CONTAINER:
        return "container";
    }
    return "";
}

static const char *return_name(enum run_return result)
{
    switch (result) {
    case RETURN_STDOUT:
        return "stdout";
    case RETURN_STDERR:
        return "stderr";
    case RETURN_CODE:
        return "code";
    case RETURN_ALL:
        return "all";
    case RETURN_NONE:
        return "none";
    }
    return "";
}

static bool workflow_request(struct run *r, struct frame *f, json *request)
{
    json input = json_absent();
    if (f->task->run.input != NULL && !run_evaluate(r, f, f->task->run.input, f->input, &input))
        return false;
    *request = json_object();
    json_set_text(request, "namespace", f->task->run.namespace);
    json_set_text(request, "name", f->task->run.name);
    if (f->task->run.version != NULL)
        json_set_text(request, "version", f->task->run.version);
    json_set_take(request, "input", json_is_absent(input) ? json_object() : input);
    return true;
}

static bool process_request(struct run *r, struct frame *f, json *request)
{
    json with = json_absent();
    if (f->task->run.with != NULL && !run_evaluate(r, f, f->task->run.with, f->input, &with))
        return false;
    *request = json_object();
    json_set_text(request, "kind", kind_name(f->task->run.kind));
    json_set_text(request, "return", return_name(f->task->run.result));
    json_set_take(request, "with", json_is_absent(with) ? json_object() : with);
    return true;
}

static void begin(struct run *r, struct frame *f)
{
    bool is_workflow = f->task->run.kind == RUN_WORKFLOW;
    json request;
    if (!(is_workflow ? workflow_request(r, f, &request) : process_request(r, f, &request)))
        return;
    struct action *a = run_act(r, f, is_workflow ? ACTION_CHILD : ACTION_CALL, "");
    a->request = request;
    a->await = f->task->run.await;
    if (f->task->run.await)
        run_wait(f);
    else
        run_complete(r, f, json_ref(f->input));
}

const struct task_word word_run = {.begin = begin};
