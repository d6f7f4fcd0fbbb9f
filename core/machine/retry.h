// Whether and when a try attempts once more (dsl-reference.md, "Retry"). One thread at a time.
#pragma once

#include "machine/run.h"

enum retry_verdict { RETRY_NOT, RETRY_AT, RETRY_BROKEN };

// f is the try, its value the error. RETRY_AT fills due_ms (now: at once); RETRY_BROKEN is an error
// of the policy itself, in problem.
enum retry_verdict retry_decide(struct run *r, struct frame *f, int64_t *due_ms, json *problem);
