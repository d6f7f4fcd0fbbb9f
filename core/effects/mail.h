// The executor of mails: over SMTP where a server is configured, else into files of the data
// directory's mail/ (one .eml a key, written whole or not at all), else they stay rows for the
// mailbox page. Keeps the status of the mail's row (sent, failed, kept, suppressed, bounced).
// What the server puts off is tried again, ever more rarely, for two days; what it refuses for
// its address marks the address. Loop thread only; files
// are written on libuv's pool.
#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "net/client.h"
#include "people/people.h"

struct mail_executor;

struct mail_executor_opts {
    struct people *people;                // borrowed
    const char *directory;                // the data directory; NULL: none
    bool keep;                            // rows only, whatever else is configured
    const char *server, *user, *password; // of SMTP; NULL: none
    const char *ca;                       // of the server; NULL: the system's
    bool lax_tls;                         // net/smtp.h
    const char *from;                     // "두레 <dure@example.org>"; NULL: dure@localhost
    const char *reply_to, *bounces;       // effects/letter.h; NULL: none
    int rate, domain_rate;                // mails a minute in all and to one domain; 0: no limit
};
// `client` tells the loop. A wrong server address is told by every mail, not here.
struct mail_executor *mail_executor_new(const struct mail_executor_opts *opts,
                                        struct client *client);
void mail_executor_free(struct mail_executor *x); // what runs is broken off; NULL is legal
struct executor *mail_executor(struct mail_executor *x);
