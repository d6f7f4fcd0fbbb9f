// Whose guesses are counted together: the client's address, from X-Forwarded-For only where the
// connection comes from a proxy that the configuration trusts. An IPv6 client has its whole /64,
// which any of them can choose from. Loop thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "net/request.h"

#define PROXIES_MAX 32
#define CLIENT_SIZE 64

struct network {
    int family;
    uint8_t address[16];
    int bits;
};
struct proxies {
    struct network networks[PROXIES_MAX];
    size_t count;
};

// "127.0.0.1, 10.0.0.0/8, ::1"; NULL or "": none.
CHECKED bool proxies_read(const char *text, struct proxies *out, struct fail *why);
void client_of(const struct proxies *proxies, const struct request *r, char out[CLIENT_SIZE]);
// The same of what was read: the connection's peer and all X-Forwarded-For joined, or "".
void client_address(const struct proxies *proxies, const char *peer, const char *forwarded,
                    char out[CLIENT_SIZE]);
