// A request that is kept while something is done for it elsewhere, such as a password that is
// hashed on the pool: what its handler needs then, and that the client may have gone meanwhile.
// It owns itself from kept_new to kept_end, which is called once. Loop thread only.
#pragma once

#include <stdbool.h>

#include "net/request.h"

struct kept {
    struct request *request; // NULL once the client has gone
    void *context;           // the keeper's, borrowed
    bool is_new;             // the keeper's: what is asked for was not there before
};

struct kept *kept_new(struct request *r, void *context, bool is_new);
struct kept kept_end(struct kept *kept); // the reply needs nobody to be told
