// The HTTP side of a site: server, API and pages. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "cli/config.h"
#include "cli/site.h"

struct front;

struct front_opts {
    struct site *site;
    struct plugins *plugins;
    const char *host;
    uint16_t port; // 0: any free one
    bool dev;      // open without a token on loopback, mailbox page, definitions may be replaced
    const char *local; // with --data: whoever asks from the loopback is this user; NULL
    const char *token, *public_url;
    const struct config *config; // proxies and log-in elsewhere; NULL: none
};
struct front *front_open(const struct front_opts *opts, struct fail *why);
uint16_t front_port(const struct front *f);
// Stops accepting and lets requests in hand finish; `drained` is called once.
void front_drain(struct front *f, int patience_ms, void (*drained)(void *context), void *context);
void front_close(struct front *f); // before site_close
