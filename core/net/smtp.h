// Mail to an SMTP server, over libcurl: TLS where the server has it, and required where a password
// goes to another machine. libcurl waits in place for the server's word after a message, so a
// thread of this file's own sends, one mail after the other over a kept connection; only owned
// messages cross. Everything here is called on the loop thread, and calls back there.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/fail.h"

#define SMTP_TIMEOUT_MS 60000
#define SMTP_QUEUE_MAX  10000

struct smtp;

struct smtp_server {
    const char *url;  // "smtp://host:port" (STARTTLS) or "smtps://host:port"
    const char *user; // NULL: no login
    const char *password;
    int timeout_ms; // of one mail; 0: SMTP_TIMEOUT_MS
};
// NULL and why if the address is no mail server's. Nothing is connected yet.
struct smtp *smtp_new(uv_loop_t *loop, const struct smtp_server *server, struct fail *why);
// What waits is dropped without a callback, what is being sent is broken off; frees itself in the
// last close callback.
void smtp_close(struct smtp *smtp);

struct smtp_mail {
    const char *from, *to; // addresses of the envelope
    const char *message;   // RFC 5322, copied
    size_t bytes;
};

struct smtp_result {
    bool sent;
    int code;        // the server's last answer, 0 if it gave none
    struct fail why; // FAIL_BUSY: try later (4xx); FAIL_REFUSED: never (5xx); FAIL_IO, FAIL_TIMEOUT
};
typedef void smtp_sent(void *context, const struct smtp_result *result);
// `sent` comes exactly once, later, from the loop. False and why if the envelope cannot be, or the
// queue is full.
CHECKED bool smtp_send(struct smtp *smtp, const struct smtp_mail *mail, smtp_sent *sent,
                       void *context, struct fail *why);
