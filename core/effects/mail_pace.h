// How fast mail may go: so many a minute in all and to one domain, and rests after a server said
// no. Instants of a rate are reserved, so that mails go in the order in which they came, and a slow
// domain holds nobody else up. Pure but for the clock and the randomness it is handed; loop thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/random.h"

#define PACE_REST_MS     4000             // the first rest, doubled each time, and up to half more
#define PACE_REST_MAX_MS (15 * 60 * 1000) // the longest before that
#define PACE_STRIKES     3                // temporary refusals in a row, after which a domain rests
#define PACE_DOMAINS_MAX 10000            // known at once; those at ease are forgotten beyond it

struct pace {
    int64_t gap_ms, domain_gap_ms; // between two mails; 0: no limit
    int64_t next_ms;               // when the next one may go
    int64_t rest_until_ms;
    int failures;        // of the server, in a row
    struct map domains;  // domain -> struct pace_domain
    struct map reserved; // key of a mail -> struct reservation
};

void pace_init(struct pace *p, int mails_a_minute, int domain_mails_a_minute); // 0: no limit
void pace_done(struct pace *p);

// When the mail with this key may go to an address: `now_ms`, or later. Then it asks again.
int64_t pace_ask(struct pace *p, const char *key, const char *address, int64_t now_ms);
void pace_forget(struct pace *p, const char *key); // it will not ask again

// The server, or its network, stands in the way of every mail: until when all rest.
int64_t pace_server_failed(struct pace *p, int64_t now_ms, struct random *random);
// This mail was put off (4xx) for the n-th time: when to try it again. Its domain may come to rest.
int64_t pace_put_off(struct pace *p, const char *address, int64_t tries, int64_t now_ms,
                     struct random *random);
void pace_delivered(struct pace *p, const char *address);
