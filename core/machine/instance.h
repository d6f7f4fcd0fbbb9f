// An instance: one run of a definition, as an explicit tree of frames. A frame is a task that has
// begun and not ended, addressed by its task's reference and its attempt, a number that only grows
// within the instance; position survives restarts because it is data, never a C stack. The machine
// changes it (machine.h); everybody else reads it through these functions or as JSON. One thread at
// a time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/id.h"
#include "definition/definition.h"
#include "json/json.h"

enum instance_status {
    STATUS_PENDING,
    STATUS_RUNNING, // an effect of it is in flight
    STATUS_WAITING, // only for timers, events or people
    STATUS_SUSPENDED,
    STATUS_CANCELLED,
    STATUS_FAULTED,
    STATUS_COMPLETED,
};
const char *instance_status_name(enum instance_status status); // "waiting"
bool instance_status_parse(const char *name, enum instance_status *out);

struct instance;

struct instance *instance_new(const char *id, struct definition *definition,
                              int64_t now_ms); // refs it
void instance_free(struct instance *i);
const char *instance_id(const struct instance *i);
struct definition *instance_definition(const struct instance *i);
enum instance_status instance_status(const struct instance *i);
bool instance_is_open(const struct instance *i); // neither cancelled, faulted nor completed
json instance_input(const struct instance *i);   // raw; absent before the start
json instance_output(const struct instance *i);  // absent until completed
json instance_error(const struct instance *i);   // problem details; absent unless faulted
json instance_context(const struct instance *i);
// Of one that has ended: all it holds but how it and its tasks ended, and the type of its error.
// There is nothing left to retry.
void instance_empty(struct instance *i);

// One sentence that says what it waits for ("waits for an event 'paid' (task 'pay')"), or "" when
// it is not open.
void instance_waits_for(const struct instance *i, struct bytes *out);
// [{kind: timer|event|call|child, task, path, attempt, due?, type?, name?}] for the API and
// scenarios. Timers that only bound something (name "timeout" or "attempt") are in it too; the
// count is of what it waits for, without them, so an open instance with none is stuck.
json instance_waits(const struct instance *i);
size_t instance_wait_count(const struct instance *i);
// {reference: status} for the picture: completed, running, waiting, faulted, cancelled, skipped.
json instance_task_states(const struct instance *i);

// State as it stands, complete; decode(encode(i)) is i. The format carries a number, and old ones
// decode. Values lie in the list "V", each the very value that the instance holds.
json instance_encode(const struct instance *i);
// The same as canonical text, in a third of the time. `written` may write a value of "V" in another
// way (a reference to where it lies) and return true; false: it is written in full. NULL: all are.
typedef bool value_written(void *context, json value, struct bytes *out);
void instance_write(const struct instance *i, struct bytes *out, value_written *written,
                    void *context);
// And back from that text. `read` sees each object of "V" and may put what it stands for in its
// place; NULL: none stands for another. Members that are none of the machine's are passed over.
typedef void value_read(void *context, json *value);
struct state_source {
    const char *id;
    struct definition *definition;
    const char *text; // compact, as written
    size_t bytes;
    value_read *read;
    void *context;
};
struct instance *instance_read(const struct state_source *source, struct fail *why);
struct instance *instance_decode(const char *id, struct definition *definition, json state,
                                 struct fail *why);
// The same instance by another version of its definition, with the state as it stands; `i` stays as
// it is. NULL and why (code not_migratable) if a task that has begun is not at the same place
// there, or is another kind of task.
struct instance *instance_migrate(const struct instance *i, struct definition *to,
                                  struct fail *why);
