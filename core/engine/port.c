#include "engine/port.h"

#include <string.h>
#include <time.h>

#include "base/must.h"
#include "base/random.h"

// The wall clock may be set back by an administrator or by NTP; timers and history must not see it.
static int64_t system_now_ms(void *context)
{
    static int64_t latest_ms = INT64_MIN;
    (void)context;
    struct timespec now;
    must(clock_gettime(CLOCK_REALTIME, &now) == 0);
    int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (ms > latest_ms)
        latest_ms = ms;
    return latest_ms;
}

static void system_secret(void *context, void *out, size_t bytes)
{
    (void)context;
    random_secret(out, bytes);
}

const struct port *port_system(void)
{
    static struct port system_port;
    if (!system_port.now_ms) {
        system_port = (struct port){.now_ms = system_now_ms, .secret = system_secret};
        random_secret(&system_port.seed, sizeof(system_port.seed));
    }
    return &system_port;
}

static int64_t virtual_now_ms(void *context)
{
    const struct virtual_port *v = context;
    return v->now_ms;
}

static void virtual_secret(void *context, void *out, size_t bytes)
{
    struct virtual_port *v = context;
    struct random random;
    memcpy(random.s, v->state, sizeof(random.s));
    unsigned char *to = out;
    while (bytes > 0) {
        uint64_t word = random_next(&random);
        size_t part = bytes < sizeof(word) ? bytes : sizeof(word);
        memcpy(to, &word, part);
        to += part;
        bytes -= part;
    }
    memcpy(v->state, random.s, sizeof(random.s));
}

void virtual_port_init(struct virtual_port *v, int64_t now_ms, uint64_t seed)
{
    *v = (struct virtual_port){.now_ms = now_ms};
    v->port = (struct port){
        .now_ms = virtual_now_ms, .secret = virtual_secret, .seed = seed, .context = v};
    struct random random;
    random_seed(&random, seed ^ 0x5ec2e75ec2e75ec2ULL);
    memcpy(v->state, random.s, sizeof(v->state));
}
