// Idempotency-Key: the answer to a change is kept with it in one commit, and given again to the
// same request for REPLAY_DAYS. Another request under the same key is refused. Loop thread only.
#pragma once

#include <stdbool.h>

#include "api/resource.h"
#include "base/hash.h"

#define REPLAY_DAYS 7

struct replay {
    char *key; // NULL: the request has none
    struct hash hash;
};

enum replay_state { REPLAY_NEW, REPLAY_DONE };
// REPLAY_DONE: it has replied (the kept answer, or a refusal); the handler returns.
enum replay_state replay_begin(struct replay *replay, struct api *a, struct request *r);
// Keeps the answer in the current batch, and replies after its commit; takes the body.
void replay_end_take(struct replay *replay, struct api *a, struct request *r, int status,
                     json body);
// Only keeps it; the handler replies by itself after the commit.
void replay_keep_take(struct replay *replay, struct api *a, int status, json body);
void replay_done(struct replay *replay); // when nothing was changed
void replay_stop(struct api *a);         // the API ends
