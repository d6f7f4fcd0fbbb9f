// The work loop of a run, for machine.c: a run goes on until every branch waits or the instance
// ends. One thread at a time.
#pragma once

#include "machine/run.h"

// A new frame on the stack.
struct frame *run_frame(struct run *r, struct frame *parent, const struct task *task,
                        json raw_take);
void run_loop(struct run *r);
void run_done(struct run *r);
// Drops all that waits and forgets the stack; frames stay.
void run_halt(struct run *r, const char *reason);
// Every frame of the tree is told and marked as cancelled, and freed.
void run_sweep(struct run *r, const char *reason);
