// Inputs kept as data while an instance is suspended; the state itself is in instance.h. One thread
// at a time.
#pragma once

#include "machine/machine.h"

json input_encode(const struct machine_input *input);
// Texts and values are borrowed from `kept`, except those that input_decode_done frees.
struct machine_input input_decode(json kept);
void input_decode_done(struct machine_input *input);

// The subscriptions of a listen, in the order of its definition, all closed.
struct listening *listen_subscriptions(const struct task *task);
