// Personal links: a signed token that names an item and a person, for mails; nobody can make one
// without the data directory's key. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "people/people.h"

#define LINK_SIZE 200

// "TOKEN" for /w/TOKEN, good until expires_ms (INSTANT_NONE: while the item is open).
CHECKED bool link_make(struct people *p, const char *item, const char *person, int64_t expires_ms,
                       char out[LINK_SIZE], struct fail *why);
// The item "" is the person's inbox: "TOKEN" for /me/TOKEN.
// Fills item and person ids (ID size buffers are not enough for persons: the caller frees both with
// mem_free).
CHECKED bool link_read(struct people *p, const char *token, char **item, char **person,
                       struct fail *why);
// The same, also for a link whose time is over: with it one reads what came of it.
CHECKED bool link_look(struct people *p, const char *token, char **item, char **person,
                       bool *expired, struct fail *why);
