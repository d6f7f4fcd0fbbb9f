// A mail of the store as a message: the row and the effect's request together give a letter. No I/O
// but the read of the row. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "net/mime.h"
#include "people/people.h"
#include "store/store.h"
#include "json/json.h"

struct letter {
    char *key;
    char from[MIME_ADDRESS_SIZE], to[MIME_ADDRESS_SIZE]; // of the envelope
    struct bytes message;
};

// The effect's request names the mail's row by `key`; members that the row lacks come from the
// request itself ({key, to, subject, text, html, attachments: [{name, type, text}], headers}).
// A mail with a `purpose` is an optional one: it says how to opt out. Whatever the outcome,
// letter_done.
struct letter_opts {
    struct people *people;
    struct store *store;
    const char *from;     // "두레 <dure@example.org>"
    const char *reply_to; // NULL: none
    const char *bounces;  // where mails come back to, each under an address of its own; NULL: from
    int64_t now_ms;
};
CHECKED bool letter_init(struct letter *letter, const struct letter_opts *opts, json request,
                         struct fail *why);
void letter_done(struct letter *letter);
