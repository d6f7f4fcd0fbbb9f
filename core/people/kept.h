// What the detail column of an item says: {detail, secret, once, refusal, …}. A hundred thousand
// items of one step say the same, so the last few texts are remembered with what they read as.
// The caller frees what it gets, which is shared: changing it makes a copy. Loop thread only.
#pragma once

#include <stddef.h>

#include "base/fail.h"
#include "store/store.h"
#include "json/json.h"

#define KEPT_TEXTS_MAX  8
#define KEPT_TEXT_BYTES 8192 // a longer text is read each time

struct people;

struct kept {
    struct kept_text {
        char *text; // NULL: none yet
        size_t bytes;
        json value;
    } known[KEPT_TEXTS_MAX];
    unsigned next; // the place that is given away
};

CHECKED bool item_kept(struct people *p, const struct row *item, json *out, struct fail *why);
void kept_forget(struct kept *k);
