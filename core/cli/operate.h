// The options that the operator's commands share. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "cli/remote.h"
#include "json/json.h"

#define WORDS_MAX 64

struct operate {
    struct remote_opts target;
    const char *input, *key, *status, *definition, *task, *as, *receipt, *delegate, *recuse,
        *instance, *source, *get, *id, *reason, *version, *outcome, *effect;
    int64_t limit, wait_s;
    bool json, yes, withdraw, history;
    const char *words[WORDS_MAX]; // what is no option
    int word_count;
    struct remote *t;
};

typedef int operate_action(struct operate *o);

int operate_list(struct operate *o);
int operate_show(struct operate *o);
int operate_start(struct operate *o);
int operate_send(struct operate *o);
int operate_answer(struct operate *o);
int operate_why(struct operate *o);
// cancel, pause, resume, retry, repair, migrate
int operate_change(struct operate *o, const char *verb);
int operate_remind(struct operate *o);

// "ns/name" or "ns/name:version" as {namespace, name, version?}.
CHECKED bool operate_definition(const char *text, json *out, struct fail *why);
// An address with what people typed, each word escaped: "/a/%s/b". The caller frees it.
char *operate_path(const char *before, const char *word, const char *after);
// Prints why and gives EXIT_BAD.
int operate_refused(const char *command, const struct fail *why);
