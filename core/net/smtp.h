// Mail to an SMTP server, over libcurl. TLS with a checked certificate is required where a password
// is sent or the server is another machine, unless `lax_tls`. libcurl waits in place for the
// server's word after a message, so a thread of this file's own sends, one mail after the other
// over a kept connection; only owned messages cross. Everything here is called on the loop thread,
// and calls back there.
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
    const char *ca; // file with the certificates that are trusted (PEM); NULL: the system's
    bool lax_tls;   // TLS only where the server offers it; its certificate is checked even then
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

// Whose fault it is: SMTP_SERVER stands in the way of every mail (network, TLS, log-in, sender),
// SMTP_ADDRESS of all to this recipient, SMTP_MESSAGE of this one.
enum smtp_blame { SMTP_NOBODY, SMTP_SERVER, SMTP_ADDRESS, SMTP_MESSAGE };

struct smtp_result {
    bool sent;
    int code; // the server's last answer, 0 if it gave none
    enum smtp_blame blame;
    // FAIL_REFUSED: never (5xx). Else later: FAIL_BUSY (4xx), FAIL_IO, FAIL_TIMEOUT, FAIL_DENIED
    // (log-in or certificate refused: whoever runs this server has to mend it).
    struct fail why;
};
typedef void smtp_sent(void *context, const struct smtp_result *result);
// `sent` comes exactly once, later, from the loop. False and why if the envelope cannot be, or the
// queue is full.
CHECKED bool smtp_send(struct smtp *smtp, const struct smtp_mail *mail, smtp_sent *sent,
                       void *context, struct fail *why);
