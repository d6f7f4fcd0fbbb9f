// The seam of clock and randomness. Loop thread only.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct port {
    int64_t (*now_ms)(void *context); // wall clock, or virtual; never goes back
    void (*secret)(void *context, void *out, size_t bytes); // unguessable, or from the seed
    uint64_t seed;                                          // of everything that need not be secret
    void *context;
};

// The real one: CLOCK_REALTIME held monotonic within the process, and the system's randomness.
const struct port *port_system(void);

// A virtual one: the owner sets the time. `init` seeds it.
struct virtual_port {
    struct port port;
    int64_t now_ms;
    uint64_t state[4];
};
void virtual_port_init(struct virtual_port *v, int64_t now_ms, uint64_t seed);
