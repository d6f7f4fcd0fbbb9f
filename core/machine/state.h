// What an instance holds, for the files of this room alone; others use instance.h. The instance
// owns everything here. One thread at a time.
#pragma once

#include "machine/frame.h"
#include "machine/instance.h"

// How a task last ended, one character each, by its index.
enum task_mark {
    MARK_NONE = '.',
    MARK_COMPLETED = 'c',
    MARK_SKIPPED = 's',
    MARK_FAULTED = 'f',
    MARK_CANCELLED = 'x',
};

struct instance {
    char *id;
    struct definition *definition;
    enum instance_status status;
    int64_t started_ms;
    int64_t attempts; // the last one given out
    int64_t faulted;  // attempt of the frame that faulted; 0: none
    json input, output, error, context;
    json inbox;         // inputs that came while it was suspended, in order; absent where none
    struct frame *root; // NULL before the start and after the end
    char *marks;        // one for each task of the definition, NUL-terminated
};

void instance_mark(struct instance *i, const struct task *task, enum task_mark mark);
// Running or waiting, by what its frames wait for.
enum instance_status instance_open_status(const struct instance *i);
