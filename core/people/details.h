// What the detail column of an item says: {detail, secret, once, refusal, …}. A hundred thousand
// items of one step say the same, so the last few texts are remembered with what they read as.
// The caller frees what it gets, which is shared: changing it makes a copy. Loop thread only.
#pragma once

#include <stddef.h>

#include "base/fail.h"
#include "store/store.h"
#include "json/json.h"

#define DETAILS_TEXTS_MAX  8
#define DETAILS_TEXT_BYTES 8192 // a longer text is read each time

struct people;

struct details {
    struct details_text {
        char *text; // NULL: none yet
        size_t bytes;
        json value;
    } known[DETAILS_TEXTS_MAX];
    unsigned next; // the place that is given away
};

CHECKED bool item_kept(struct people *p, const struct row *item, json *out, struct fail *why);
void details_forget(struct details *d);
