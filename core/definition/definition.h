// A workflow definition: the text of an admin turned into a checked, immutable, typed tree of tasks
// (Open Workflow Specification DSL 1.0.x). Everything the machine needs is resolved here: jump
// targets are pointers, durations are parsed, schemas compiled, expressions gathered into one set,
// reusable components (`use`) looked up. The definition owns the whole tree; counted, since
// instances keep theirs while a newer version is deployed. One thread at a time (its expressions
// and JSON values are the loop's).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "calendar/cron.h"
#include "calendar/duration.h"
#include "calendar/zone.h"
#include "json/diagnostic.h"
#include "json/expression.h"
#include "json/schema.h"
#include "json/yaml.h"

enum task_kind {
    TASK_DO,
    TASK_SET,
    TASK_SWITCH,
    TASK_FOR,
    TASK_FORK,
    TASK_TRY,
    TASK_RAISE,
    TASK_WAIT,
    TASK_EMIT,
    TASK_LISTEN,
    TASK_CALL,
    TASK_RUN,
};
const char *task_kind_name(enum task_kind kind); // the DSL's word

enum flow_kind { FLOW_CONTINUE, FLOW_EXIT, FLOW_END, FLOW_TASK };
struct flow {
    enum flow_kind kind;
    const struct task *target; // FLOW_TASK: a task of the same list
};

struct task_list {
    struct task **items;
    size_t count;
};

// Data flow of a task or a workflow; NULL where not given (dsl.md, "Data Flow").
struct data_flow {
    struct schema *input_schema, *output_schema, *export_schema;
    struct template *input_from, *output_as, *export_as;
};

// A duration constant or computed (ISO text, or an object of days…milliseconds).
struct duration_source {
    bool given;
    bool constant;
    struct duration duration;
    struct template *expression;
};

struct retry_policy {
    struct template *when, *except_when; // NULL where not given
    struct duration_source delay;
    enum backoff { BACKOFF_CONSTANT, BACKOFF_LINEAR, BACKOFF_EXPONENTIAL } backoff;
    struct duration_source backoff_increment; // linear: {increment}; exponential uses factor
    double backoff_factor;                    // exponential; 2 where not given
    struct duration_source backoff_max;       // maxDelay, where given
    int64_t attempt_count;                    // retries at most; −1 without limit
    struct duration_source attempt_duration, total_duration;
    bool jitter;
    struct duration_source jitter_from, jitter_to;
};

struct error_source { // raise, or an entry of use.errors
    struct template *type, *status, *title, *detail, *instance;
};

// One event filter. `id` is unique in the definition and stable for a version: subscriptions name
// it. A constant attribute matches if it is equal; if it has any of \ ^ $ | ? * + ( ) [ ] { } it
// also matches as a regular expression that covers the whole value (a dot alone makes none, since
// event types are full of them). `data` that is no expression is in `with` and must be contained in
// the event's data.
struct event_filter {
    int id;
    const char *type; // constant type, or NULL: any, or given by an expression
    struct template
        *with; // object of attributes, evaluated against the task's input at subscription
    struct expression *data; // `with.data` as a condition on the event's data, or NULL
    struct correlation {
        const char *name;
        struct template *from;   // evaluated on the event
        struct template *expect; // evaluated at subscription; NULL: the first value binds
    } * correlations;
    size_t correlation_count;
    const struct task *task; // the listen it belongs to; NULL: schedule.on
};

struct event_strategy {
    enum event_mode { EVENTS_ONE, EVENTS_ANY, EVENTS_ALL } mode;
    struct event_filter **filters;
    size_t count;
    struct template *until;              // any: condition after each consumed event
    struct event_strategy *until_events; // any: or events that end it
    bool until_never;                    // any with `until: false`: listens until it is stopped
};
enum event_read { READ_DATA, READ_ENVELOPE, READ_RAW };

struct subscription_iterator {
    const char *item, *at; // "item", "index" where not given
    struct task_list body;
    struct data_flow data; // output and export only
};

enum call_kind {
    CALL_FUNCTION,
    CALL_HTTP,
    CALL_OPENAPI,
    CALL_GRPC,
    CALL_ASYNCAPI,
    CALL_A2A,
    CALL_MCP
};
enum run_kind { RUN_WORKFLOW, RUN_SHELL, RUN_SCRIPT, RUN_CONTAINER };
enum run_return { RETURN_STDOUT, RETURN_STDERR, RETURN_CODE, RETURN_ALL, RETURN_NONE };

struct switch_case {
    const char *name;
    struct template *when; // NULL: the default
    struct flow then;
};

struct task {
    enum task_kind kind;
    int index; // in definition->tasks
    const char *name;
    const char *reference;     // JSON pointer: "/do/0/tryGetPet/try/0/getPet"
    const struct task *parent; // NULL at the top
    const struct task_list *siblings;
    size_t place; // in siblings
    const struct yaml_node *node;
    json source; // the task as written, for $task.definition

    struct template *condition; // `if`
    struct data_flow data;
    struct duration_source timeout;
    struct flow then;
    json metadata; // object, or absent

    union {
        struct task_list body; // do
        struct template *set;
        struct {
            struct switch_case *cases;
            size_t count;
        } choose;
        struct {
            const char *each, *at;           // "item", "index" where not given
            struct template *in, *condition; // condition: `while`, or NULL
            struct task_list body;
        } loop;
        struct {
            bool compete;
            struct task_list branches;
        } fork;
        struct {
            struct task_list body;
            struct template *error_with; // catch.errors.with, object, or NULL: every error
            const char *as;              // "error" where not given
            struct template *when, *except_when;
            struct retry_policy *retry; // NULL: none
            struct task_list handler;   // count 0: none
            bool has_handler;
            bool has_then;    // catch.then: where an error that was caught goes on,
            struct flow then; // instead of the task's own `then`
        } attempt;
        struct error_source *raise;
        struct duration_source wait;
        struct template *emit; // event.with
        struct {
            struct event_strategy to;
            enum event_read read;
            struct subscription_iterator *foreach; // NULL: none
        } listen;
        struct {
            enum call_kind kind;
            const char *function, *version, *catalog; // "vote", "1.2.0" or NULL, "default" or NULL
            struct template *with;
            const struct task
                *local; // `use.functions` entry with this name: a task run in its place
            struct template *authentication; // resolved policy, object, or NULL (HTTP)
        } call;
        struct {
            enum run_kind kind;
            bool await;
            enum run_return result;
            const char *namespace, *name, *version; // RUN_WORKFLOW; version NULL: latest
            struct template *input;
            struct template *with; // the other kinds: their properties
        } run;
    };
};

struct schedule {
    bool given;
    struct duration_source every, after;
    bool has_cron;
    struct cron cron;
    const char *rrule; // metadata.dure.schedule.rrule, or NULL
    struct event_strategy *on;
    enum event_read read;
};

struct definition {
    int references;
    struct arena arena;
    struct yaml_document *document;
    json source; // the whole as written, for $workflow.definition
    const char *dsl, *namespace, *name, *version, *title, *summary;
    const struct zone *zone; // metadata.dure.zone, else the house's
    json metadata;           // document.metadata.dure, object, or absent
    struct expressions *expressions;
    struct task_list body;
    struct data_flow data; // input, output; no export
    struct duration_source timeout;
    struct duration_source retention; // metadata.dure.retention; acted on where it is constant
    struct schedule schedule;
    struct task **tasks; // all, by index
    size_t task_count;
    struct map task_by_reference;
    struct event_filter **filters; // all, by id
    size_t filter_count;
    const char **secrets; // names
    size_t secret_count;
    struct definition_owned *owned; // templates, schemas and values that go with it
};

// What is known of the functions that `call: NAME` may mean; the plugin room provides it. NULL: any
// name passes.
struct function_catalogue {
    // The schema of `with` for NAME (version NULL: any), or NULL if there is no such function.
    const struct function_signature *(*find)(void *context, const char *name, const char *version);
    // Names, for "did you mean"; NULL-terminated, borrowed.
    const char *const *(*names)(void *context);
    void *context;
};
struct function_signature {
    const char *name, *version, *summary;
    json input_schema;          // JSON Schema, or absent
    const struct schema *input; // the same compiled, or NULL
    bool waits;                 // may leave its task open
};

struct definition_opts {
    const struct function_catalogue *functions; // may be NULL
    const struct zone *zone;                    // of a workflow that names none; NULL: UTC
    bool thorough; // also compiles every expression now and makes the costly checks of meaning
                   // (dure check)
};

// NULL if there is any error; mistakes and warnings go to `diagnostics`, one a mistake.
struct definition *definition_parse(const char *file, const char *text, size_t bytes,
                                    const struct definition_opts *opts,
                                    struct diagnostics *diagnostics);
struct definition *definition_ref(const struct definition *d);
void definition_unref(struct definition *d);
const struct task *definition_task(const struct definition *d, const char *reference); // or NULL
// The first task of this name, or NULL.
const struct task *definition_task_named(const struct definition *d, const char *name);

// The picture.
void graph_dot(const struct definition *d, json states,
               struct bytes *out); // states: reference -> status, or absent
void graph_mermaid(const struct definition *d, struct bytes *out);

// JSON Schema (2020-12) of the whole language with every function's `with`, for editors.
json definition_editor_schema(const struct function_catalogue *functions);
