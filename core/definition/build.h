// From the checked form of the YAML to the typed task tree: names become pointers, texts become
// durations, expressions and schemas. The shapes have told of every wrong kind and unknown key
// already, so builders pass over what does not fit without a word and speak of meaning only: one
// message a mistake. Private to the room. One thread at a time.
#pragma once

#include "definition/definition.h"
#include "definition/shape.h"

// A variable that a task brings in ($item, $error); the chain is the scope.
struct variable {
    const char *name;
    const struct variable *outer;
};

// Where an expression stands: which of the language's own arguments have a value there (dsl.md,
// "Runtime expression arguments").
enum phase {
    PHASE_WORKFLOW_INPUT,
    PHASE_IF, // `if` and input.from: before the task has its input
    PHASE_TASK,
    PHASE_OUTPUT,
    PHASE_EXPORT,
    PHASE_WORKFLOW_OUTPUT,
    PHASE_EVENT, // on an event, before anything is known of the instance
};

enum use_kind {
    USE_AUTHENTICATIONS,
    USE_CATALOGS,
    USE_ERRORS,
    USE_FUNCTIONS,
    USE_RETRIES,
    USE_SECRETS,
    USE_TIMEOUTS,
    USE_KINDS,
};

struct component { // one named entry of `use`
    const char *name;
    const struct yaml_node *key, *node;
    void *built; // error_source, retry_policy, task, duration_source or template
    bool used;
};

struct component_table {
    struct component *items;
    size_t count;
    const char **names; // for "did you mean"
};

// What definition_unref frees beside the arena.
struct definition_owned {
    struct template **templates;
    size_t template_count, template_capacity;
    struct schema **schemas;
    size_t schema_count, schema_capacity;
};

struct builder {
    struct definition *d;
    const struct yaml_document *document;
    struct diagnostics *diagnostics;
    const struct definition_opts *opts;
    size_t errors_before; // of other files
    struct component_table use[USE_KINDS];
    const struct variable *variables;
    bool use_in_doubt;       // a section of `use` is mistyped: names may be there
    bool variables_open;     // use.retries: their variables are named where they are used
    bool in_authentication;  // where secrets are at home
    const struct map *names; // of the task list in hand
    size_t task_capacity, filter_capacity;
};

// ── build.c: reading nodes, reporting, keeping ──
const struct yaml_node *node_field(const struct yaml_node *mapping, const char *key); // or NULL
const char *node_text(const struct yaml_node *node);                 // NULL unless text
const struct yaml_node *node_mapping(const struct yaml_node *node);  // NULL unless a mapping
const struct yaml_node *node_sequence(const struct yaml_node *node); // NULL unless a list
bool node_truth(const struct yaml_node *node, bool otherwise);
// A copy of a mapping without one key.
const struct yaml_node *node_without(struct builder *b, const struct yaml_node *mapping,
                                     const char *key);
// JSON Pointers: the next step, unescaped (false at the end), and the node they lead to, or the
// last one on the way that is there.
#define POINTER_STEP_MAX 256
bool pointer_step(const char **pointer, char out[POINTER_STEP_MAX]);
const struct yaml_node *node_at(const struct yaml_node *node, const char *pointer);
void report(struct builder *b, enum severity severity, const struct yaml_node *node,
            const char *code, const char *format, ...) PRINTF(5, 6);
void own_template(struct builder *b, struct template *t);
void own_schema(struct builder *b, struct schema *s);
struct component *use_find(const struct builder *b, enum use_kind kind, const char *name);
// The same; says so if there is none, and marks it used.
struct component *use_take(struct builder *b, enum use_kind kind, const struct yaml_node *name);

// ── build_scope.c: expressions and their variables ──
struct template *build_template(struct builder *b, const struct yaml_node *node, bool loose,
                                enum phase phase);
struct template *build_template_json(struct builder *b, json value, const struct yaml_node *node);
// Variables of the author's own; falls back to `otherwise`.
const char *build_variable_name(struct builder *b, const struct yaml_node *node,
                                const char *otherwise);
// Compiles every expression; each bad one is a diagnostic at its own line.
void check_expressions(struct builder *b);

// ── build_flow.c: durations, timeouts, data flow, targets ──
struct duration_source build_duration(struct builder *b, const struct yaml_node *node,
                                      enum phase phase);
struct duration_source build_timeout(struct builder *b, const struct yaml_node *node);
struct schema *build_schema(struct builder *b, const struct yaml_node *node);
void build_data_flow(struct builder *b, const struct yaml_node *node, struct data_flow *data);
struct flow build_flow(struct builder *b, const struct yaml_node *node); // NULL: continue
// Names compare after NFC: Hangul comes decomposed from some systems.
const char *build_name_key(struct builder *b, const char *name);

// ── build_event.c ──
void build_strategy(struct builder *b, const struct yaml_node *node, const struct task *task,
                    struct event_strategy *out);
// The key of an event that looks like 'type' mistyped, or NULL.
const struct yaml_node *build_near_type(const struct yaml_node *with);
enum event_read build_read(const struct yaml_node *node);

// ── build_task.c ──
struct task_list build_tasks(struct builder *b, const struct yaml_node *list, json source,
                             const struct task *parent, const char *reference);
void build_task(struct builder *b, struct task *task);
struct task *task_new(struct builder *b, const char *name, const struct yaml_node *node);

// ── build_call.c ──
void build_call(struct builder *b, struct task *task);
void build_run(struct builder *b, struct task *task);
struct template *build_authentication(struct builder *b, const struct yaml_node *policy);

// ── build_with.c: the arguments of a plugin's function ──
void check_with(struct builder *b, const struct function_signature *signature,
                const struct yaml_node *call, const struct yaml_node *with);

// ── check_mail.c: templates of mails, and the calls that name them ──
void check_mail_templates(struct builder *b, const struct yaml_node *templates);
// `with` of a function whose schema says which of its arguments name a template.
void check_mail_use(struct builder *b, const struct function_signature *signature,
                    const struct yaml_node *with);

// ── check_names.c: arguments that name a task ──
void check_task_names(struct builder *b);

// ── build_use.c ──
void build_use(struct builder *b, const struct yaml_node *use);
struct error_source *build_error(struct builder *b, const struct yaml_node *node);
struct retry_policy *build_retry(struct builder *b, const struct yaml_node *node);
void check_unused(struct builder *b);
void check_error_type(struct builder *b, const struct yaml_node *type);

// ── build_document.c ──
void build_document(struct builder *b, const struct yaml_node *root);

// ── check_flow.c: what can be reached, what never ends ──
void check_flow(struct builder *b);
