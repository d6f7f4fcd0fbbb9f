#include "machine/scope.h"

#include <string.h>

#include "base/limits.h"
#include "machine/moment.h"
#include "machine/words.h"

struct machine_scope {
    struct scope base; // first: what jq's side hands back is this
    const struct evaluation *asked;
    const char *missing_secret;
};

enum {
    NAME_CONTEXT = 1,
    NAME_INPUT = 2,
    NAME_OUTPUT = 4,
    NAME_SECRETS = 8,
    NAME_TASK = 16,
    NAME_WORKFLOW = 32,
    NAME_RUNTIME = 64,
    NAME_AUTHORIZATION = 128,
    NAME_LOCALS = 256,
};

// The table of dsl.md, "which arguments are available for each runtime expression".
static unsigned names_at(enum scope_place place)
{
    const unsigned everywhere = NAME_SECRETS | NAME_WORKFLOW | NAME_RUNTIME;
    const unsigned task = everywhere | NAME_CONTEXT | NAME_TASK | NAME_LOCALS;
    switch (place) {
    case PLACE_WORKFLOW_INPUT:
        return everywhere;
    case PLACE_TASK_INPUT:
        return task;
    case PLACE_TASK:
        return task | NAME_INPUT | NAME_AUTHORIZATION;
    case PLACE_EXPORT:
        return task | NAME_INPUT | NAME_AUTHORIZATION | NAME_OUTPUT;
    case PLACE_WORKFLOW_OUTPUT:
        return everywhere | NAME_CONTEXT;
    case PLACE_NONE:
        return 0;
    }
    return 0;
}

static json task_descriptor(const struct frame *f)
{
    if (f->task == NULL)
        return json_null();
    json out = json_object();
    json_set_text(&out, "name", f->task->name);
    json_set_text(&out, "reference", f->task->reference);
    json_set(&out, "definition", f->task->source);
    json_set(&out, "input", f->raw);
    if (!json_is_absent(f->output))
        json_set(&out, "output", f->output);
    json_set_take(&out, "startedAt", moment_descriptor(f->started_ms));
    return out;
}

static json workflow_descriptor(const struct instance *i)
{
    json out = json_object();
    json_set_text(&out, "id", i->id);
    json_set(&out, "definition", i->definition->source);
    json_set(&out, "input", i->input);
    json_set_take(&out, "startedAt", moment_descriptor(i->started_ms));
    return out;
}

// A secret that the workflow declares and nobody provides is an authorization error (dsl.md,
// "Secret"), not a null.
static json secrets_of(struct machine_scope *s)
{
    const struct definition *d = s->asked->run->instance->definition;
    json given = s->asked->run->world->secrets;
    for (size_t i = 0; i < d->secret_count; i++) {
        if (!json_has(given, d->secrets[i])) {
            s->missing_secret = d->secrets[i];
            return json_absent();
        }
    }
    return json_is_object(given) ? json_ref(given) : json_object();
}

static json authorization_of(const struct evaluation *asked)
{
    const struct frame *f = asked->frame;
    if (f->task == NULL || f->task->kind != TASK_CALL || f->task->call.authentication == NULL)
        return json_null();
    struct evaluation policy = *asked;
    policy.place = PLACE_TASK_INPUT; // without $authorization, or it would ask for itself
    policy.what = f->task->call.authentication;
    policy.input = f->input;
    json value, problem;
    if (!evaluate(&policy, &value, &problem)) {
        json_free(problem);
        return json_null();
    }
    json out = call_authorization(value);
    json_free(value);
    return out;
}

static json try_local(const struct frame *f, const char *name)
{
    if (json_is_absent(f->value) || strcmp(f->task->attempt.as, name) != 0)
        return json_absent();
    return json_ref(f->value);
}

// Loop variables and the caught error, the nearest first.
static json local(const struct frame *f, const char *name)
{
    for (; f != NULL; f = f->parent) {
        if (f->task == NULL)
            continue;
        json found = json_absent();
        if (f->task->kind == TASK_FOR)
            found = for_local(f, name);
        else if (f->task->kind == TASK_LISTEN)
            found = listen_local(f, name);
        else if (f->task->kind == TASK_TRY)
            found = try_local(f, name);
        if (!json_is_absent(found))
            return found;
    }
    return json_absent();
}

static unsigned name_bit(const char *name)
{
    static const struct {
        const char *name;
        unsigned bit;
    } names[] = {
        {"context", NAME_CONTEXT}, {"input", NAME_INPUT},
        {"output", NAME_OUTPUT},   {"secrets", NAME_SECRETS},
        {"task", NAME_TASK},       {"workflow", NAME_WORKFLOW},
        {"runtime", NAME_RUNTIME}, {"authorization", NAME_AUTHORIZATION},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].bit;
    return 0;
}

static json value_of(struct machine_scope *s, unsigned bit)
{
    const struct evaluation *asked = s->asked;
    const struct run *r = asked->run;
    switch (bit) {
    case NAME_CONTEXT:
        return json_ref(r->instance->context);
    case NAME_INPUT:
        return json_ref(asked->frame->input);
    case NAME_OUTPUT:
        return json_ref(asked->output);
    case NAME_SECRETS:
        return secrets_of(s);
    case NAME_TASK:
        return task_descriptor(asked->frame);
    case NAME_WORKFLOW:
        return workflow_descriptor(r->instance);
    case NAME_RUNTIME:
        return json_is_absent(r->world->runtime) ? json_null() : json_ref(r->world->runtime);
    case NAME_AUTHORIZATION:
        return authorization_of(asked);
    default:
        return json_absent();
    }
}

static json variable(const struct scope *base, const char *name)
{
    // Only `missing_secret` is written, and the scope below is ours and not const.
    struct machine_scope *s = (struct machine_scope *)(uintptr_t)base;
    unsigned allowed = names_at(s->asked->place);
    unsigned bit = name_bit(name);
    if (bit != 0)
        return (allowed & bit) != 0 ? value_of(s, bit) : json_absent();
    return (allowed & NAME_LOCALS) != 0 ? local(s->asked->frame, name) : json_absent();
}

bool value_within_limits(json value, struct fail *why)
{
    if (json_size_estimate(value) > LIMIT_PAYLOAD_BYTES)
        return fail(why, FAIL_LIMIT, "the value is larger than %d bytes", LIMIT_PAYLOAD_BYTES);
    if (!json_depth_within(value, LIMIT_DOCUMENT_DEPTH))
        return fail(why, FAIL_LIMIT, "the value is nested more than %d deep", LIMIT_DOCUMENT_DEPTH);
    return true;
}

static json evaluation_problem(const struct evaluation *e, const struct machine_scope *scope,
                               struct fail *why)
{
    if (scope->missing_secret == NULL)
        return problem_new("expression", 400, NULL, why->message, frame_path(e->frame));
    fail(why, FAIL_DENIED, "secret '%s' is not provided to this workflow", scope->missing_secret);
    return problem_new("authorization", 403, NULL, why->message, frame_path(e->frame));
}

bool evaluate(const struct evaluation *e, json *out, json *problem)
{
    struct machine_scope scope = {
        .base = {.variable = variable, .now_ms = e->run->world->now_ms},
        .asked = e,
    };
    struct fail why;
    if (template_evaluate(e->what, e->input, &scope.base, out, &why)) {
        if (template_is_constant(e->what) || value_within_limits(*out, &why))
            return true;
        json_free(*out);
    }
    *problem = evaluation_problem(e, &scope, &why);
    return false;
}
