// A mail of the store as a message: the row and the effect's request together give a letter. No I/O
// but the read of the row. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "net/mime.h"
#include "store/store.h"
#include "json/json.h"

struct letter {
    char *key;
    char from[MIME_ADDRESS_SIZE], to[MIME_ADDRESS_SIZE];
    struct bytes message;
};

// The effect's request names the mail's row by `key`; members that the row lacks come from the
// request itself ({key, to, subject, text, html, attachments: [{name, type, text}], headers}).
// Whatever the outcome, letter_done.
CHECKED bool letter_init(struct letter *letter, struct store *store, json request, const char *from,
                         int64_t now_ms, struct fail *why);
void letter_done(struct letter *letter);
