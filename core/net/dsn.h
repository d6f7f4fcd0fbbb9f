// Mail that came back (RFC 3464): a multipart/report with a message/delivery-status part, as mail
// servers send it to the envelope's sender. Only what says which mail it is about and what became
// of it is read. Everything in it was written by strangers: whoever believes it first looks for a
// mark of his own in it (people/mail_token.h). Pure; any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

#define DSN_BYTES_MAX      (1024 * 1024)
#define DSN_ADDRESS_SIZE   256
#define DSN_TEXT_SIZE      301
#define DSN_RECIPIENTS_MAX 50
#define DSN_TARGETS_MAX    16
#define DSN_PARTS_MAX      50

enum dsn_action { DSN_FAILED, DSN_DELAYED, DSN_OTHER }; // other: delivered, relayed, expanded

struct dsn_recipient {
    char address[DSN_ADDRESS_SIZE]; // Final-Recipient, without its type
    enum dsn_action action;
    char status[12];                // "5.1.1"
    char diagnostic[DSN_TEXT_SIZE]; // what the other server said, in ASCII; "" if nothing
};

struct dsn {
    // Where the report went, newest first: the header fields that carry the envelope's recipient.
    char targets[DSN_TARGETS_MAX][DSN_ADDRESS_SIZE];
    size_t target_count;
    char
        message_id[DSN_ADDRESS_SIZE]; // of the mail that came back, without brackets; "" if unknown
    struct dsn_recipient recipients[DSN_RECIPIENTS_MAX];
    size_t recipient_count; // at least one
};

// FAIL_INVALID with the code not_a_bounce for whatever is no such report.
CHECKED bool dsn_read(const char *text, size_t bytes, struct dsn *out, struct fail *why);
// A failure for good (5.x.x) rather than for now.
bool dsn_is_hard(const struct dsn_recipient *recipient);
