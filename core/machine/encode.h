// What encode.c and decode.c share: the fields of a frame (the format is at the head of encode.c),
// and inputs kept as data while an instance is suspended. One thread at a time.
#pragma once

#include "machine/machine.h"

#define STATE_FORMAT    1
#define STATE_BYTES_MAX ((size_t)1 << 30)

enum {
    FIELD_REFERENCE,
    FIELD_ATTEMPT,
    FIELD_STATE,
    FIELD_STARTED,
    FIELD_RAW,
    FIELD_INPUT,
    FIELD_CHILDREN,
    FIELD_PHASE,
    FIELD_INDEX,
    FIELD_DUE,
    FIELD_TIMEOUT,
    FIELD_LIMIT,
    FIELD_OUTPUT,
    FIELD_LIST,
    FIELD_VALUE,
    FIELD_LISTENING,
    FIELD_COUNT,
};

json input_encode(const struct machine_input *input);
// Texts and values are borrowed from `kept`, except those that input_decode_done frees.
struct machine_input input_decode(json kept);
void input_decode_done(struct machine_input *input);

// The subscriptions of a listen, in the order of its definition, all closed.
struct listening *listen_subscriptions(const struct task *task);
