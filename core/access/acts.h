// The chain of acts that concern no instance (accounts, tokens, log-ins, deployments, people): a
// history like an instance's, under an id of its own, so that commits chain it and `dure verify`
// walks it. Acts on an instance that exists stand in its own history and are named here too, so
// that one list says what somebody did; a start stands in the history only. Loop thread only.
#pragma once

#include "access/access.h"
#include "store/audit.h"

#define ACTS_ID "0000000000000000000000ACTS" // an id that no clock gives

struct acts {
    struct engine *engine;
    bool is_read; // whether head is the one in the store
    struct audit_head head;
};

// See access_record.
void acts_record(struct acts *a, const struct actor *actor, const struct act *act);
// [{seq, at, acts: […]}], newest first, before `before_seq` (INT64_MAX: from the newest).
json acts_list(struct engine *e, int64_t before_seq, size_t limit, struct fail *why);
