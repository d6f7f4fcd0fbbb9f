// The words of the DSL, one file each; machine.c holds the table. One thread at a time.
#pragma once

#include "machine/run.h"

extern const struct task_word word_workflow, word_do, word_set, word_switch, word_for, word_fork,
    word_try, word_raise, word_wait, word_emit, word_listen, word_call, word_run;

// ---- try
enum catch_verdict { CATCH_NOT, CATCH_IT };
// An error from its body: does f catch it? Errors of the filter itself replace *error.
enum catch_verdict try_catches(struct run *r, struct frame *f, json *error);
void try_caught(struct run *r, struct frame *f, json error); // what was below is gone already
void try_retry(struct run *r, struct frame *f);              // its delay is over

// ---- listen
bool listen_event(struct run *r, struct frame *f, const struct machine_input *input,
                  struct fail *why);
// The loop variable `name` of f, or absent.
json listen_local(const struct frame *f, const char *name);
json for_local(const struct frame *f, const char *name);

// ---- call
// The resolved authorization (authorizationDescriptor) of a call's policy, or null.
json call_authorization(json policy);
// RFC 6570 simple expansion of `{name}` by top-level properties of data.
bool uri_expand(const char *text, json data, struct bytes *out, struct fail *why);
