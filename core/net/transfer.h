// libcurl's multi interface on a libuv loop: what the HTTP client stands on.
// The owner of a transfer sets up an easy handle and gets it back in `done`, exactly once, from the
// loop, or takes it back with transfer_remove. Loop thread only; transfer_init and transfer_done
// any.
#pragma once

#include <curl/curl.h>
#include <uv.h>

struct transfers;

struct transfer {
    CURL *easy; // owned by whoever embeds the transfer
    void (*done)(struct transfer *t, CURLcode result);
};

void transfers_global(void); // libcurl's own start, once a process; loop thread
struct transfers *transfers_new(uv_loop_t *loop);
// No transfer may be left. Frees itself in the last close callback.
void transfers_close(struct transfers *all);

// Things that hold for every transfer: no proxies from the environment, no signals, no other
// protocols than those named ("http,https").
void transfer_init(struct transfer *t, const char *protocols, int timeout_ms);
void transfer_add(struct transfers *all, struct transfer *t);
void transfer_remove(struct transfers *all, struct transfer *t); // `done` is not called any more
void transfer_done(struct transfer *t);                          // frees the easy handle
