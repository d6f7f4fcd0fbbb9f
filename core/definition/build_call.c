#include "definition/build.h"

#include <string.h>
#include <strings.h>

#include "definition/language.h"

// ── authentication ──

struct template *build_authentication(struct builder *b, const struct yaml_node *policy)
{
    static const char *const SCHEMES[] = {"basic", "bearer", "digest", "oauth2", "oidc"};
    for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++)
        (void)use_take(b, USE_SECRETS, node_field(node_field(policy, SCHEMES[i]), "use"));
    b->in_authentication = true;
    struct template *t = build_template(b, policy, false, PHASE_TASK);
    b->in_authentication = false;
    return t;
}

static struct template *authentication(struct builder *b, const struct yaml_node *policy)
{
    if (node_mapping(policy) == NULL)
        return NULL;
    const struct yaml_node *use = node_field(policy, "use");
    if (use != NULL) {
        const struct component *named = use_take(b, USE_AUTHENTICATIONS, use);
        return named == NULL ? NULL : named->built;
    }
    return build_authentication(b, policy);
}

// ── http and the other protocols ──

// The policy is taken out of the arguments: what a request carries is written down, a password
// never.
static const struct yaml_node *without_authentication(struct builder *b,
                                                      const struct yaml_node *with)
{
    const struct yaml_node *endpoint = node_field(with, "endpoint");
    if (node_field(endpoint, "authentication") == NULL)
        return with;
    struct yaml_node *copy = arena_new(&b->d->arena, struct yaml_node);
    *copy = *with;
    copy->items = arena_alloc(&b->d->arena, with->count * sizeof(struct yaml_node *));
    for (size_t i = 0; i < with->count; i++)
        copy->items[i] = strcmp(with->keys[i]->text, "endpoint") == 0
                             ? (struct yaml_node *)node_without(b, endpoint, "authentication")
                             : with->items[i];
    return copy;
}

static void check_address(struct builder *b, const struct yaml_node *endpoint)
{
    const struct yaml_node *uri =
        node_mapping(endpoint) != NULL ? node_field(endpoint, "uri") : endpoint;
    const char *text = node_text(uri);
    if (text == NULL || strstr(text, "${") != NULL || text[0] == '{')
        return;
    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        report(b, SEVERITY_WARNING, uri, "bad-address",
               "'%s' is no address of the web; it should begin with https://", text);
}

static void check_method(struct builder *b, const struct yaml_node *method)
{
    static const char *const METHODS[] = {"get",    "post", "put",     "patch",
                                          "delete", "head", "options", "trace"};
    const size_t count = sizeof METHODS / sizeof *METHODS;
    const char *text = node_text(method);
    if (text == NULL || strstr(text, "${") != NULL)
        return;
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(text, METHODS[i]) == 0)
            return;
    report(b, SEVERITY_WARNING, method, "unknown-method", "'%s' is no common method of HTTP", text);
    shape_suggest(b->diagnostics, text, METHODS, count);
}

static void build_http(struct builder *b, struct task *task, const struct yaml_node *with)
{
    if (node_mapping(with) == NULL)
        return;
    check_method(b, node_field(with, "method"));
    const struct yaml_node *endpoint = node_field(with, "endpoint");
    check_address(b, endpoint);
    task->call.authentication = authentication(b, node_field(endpoint, "authentication"));
    task->call.with = build_template(b, without_authentication(b, with), false, PHASE_TASK);
}

static void build_protocol(struct builder *b, struct task *task, const struct yaml_node *call,
                           const struct language_protocol *protocol)
{
    const struct yaml_node *with = node_field(task->node, "with");
    task->call.kind = protocol->kind;
    task->call.function = protocol->name;
    if (!protocol->available) {
        report(b, SEVERITY_ERROR, call, "unsupported",
               "call: %s is not available in this version of dure", protocol->name);
        return;
    }
    build_http(b, task, with);
}

// ── functions ──

// "vote", "vote:1.2.0", "vote:1.2.0@default"
static void split_name(struct builder *b, struct task *task, const char *text)
{
    const char *at = strrchr(text, '@'), *colon = strchr(text, ':');
    size_t length = at == NULL ? strlen(text) : (size_t)(at - text);
    if (at != NULL)
        task->call.catalog = arena_string(&b->d->arena, at + 1);
    if (colon != NULL && (size_t)(colon - text) < length) {
        task->call.version =
            arena_string_sized(&b->d->arena, colon + 1, length - (size_t)(colon - text) - 1);
        length = (size_t)(colon - text);
    }
    task->call.function = arena_string_sized(&b->d->arena, text, length);
}

static void unknown_function(struct builder *b, const struct task *task,
                             const struct yaml_node *call)
{
    const struct function_catalogue *f = b->opts->functions;
    const char *names[512];
    size_t count = 0;
    const char *const *known = f == NULL ? NULL : f->names(f->context);
    const char *name = task->call.function;
    if (b->use_in_doubt && b->use[USE_FUNCTIONS].count == 0)
        return;
    if (task->call.version != NULL && f->find(f->context, name, NULL) != NULL) {
        const struct function_signature *s = f->find(f->context, name, NULL);
        report(b, SEVERITY_ERROR, call, "unknown-version",
               "version %s of the function '%s' is not installed; installed is %s",
               task->call.version, name, s->version);
        return;
    }
    for (size_t i = 0; known != NULL && known[i] != NULL && count < 256; i++)
        names[count++] = known[i];
    for (size_t i = 0; i < b->use[USE_FUNCTIONS].count && count < 500; i++)
        names[count++] = b->use[USE_FUNCTIONS].names[i];
    for (size_t i = 0; i < LANGUAGE_PROTOCOL_COUNT; i++)
        names[count++] = LANGUAGE_PROTOCOLS[i].name;
    report(b, SEVERITY_ERROR, call, "unknown-function",
           "there is no function '%s': no plugin offers it and 'use.functions' has none", name);
    shape_suggest(b->diagnostics, name, names, count);
}

static bool catalog_is_known(struct builder *b, const struct task *task,
                             const struct yaml_node *call)
{
    const char *catalog = task->call.catalog;
    struct component *own = catalog == NULL ? NULL : use_find(b, USE_CATALOGS, catalog);
    if (own != NULL)
        own->used = true;
    if (catalog == NULL || (strcmp(catalog, "default") == 0 && own == NULL))
        return true;
    if (own == NULL) {
        report(b, SEVERITY_ERROR, call, "unknown-catalog",
               "there is no catalog '%s' in 'use.catalogs'; installed functions are @default",
               catalog);
        const char *names[64] = {"default"};
        size_t count = 1;
        for (size_t i = 0; i < b->use[USE_CATALOGS].count && count < 64; i++)
            names[count++] = b->use[USE_CATALOGS].names[i];
        shape_suggest(b->diagnostics, catalog, names, count);
        return false;
    }
    report(b, SEVERITY_ERROR, call, "unsupported",
           "functions of the catalog '%s' are not available in this version of dure; only those "
           "@default are",
           catalog);
    return false;
}

// The arguments of one of `use.functions` against the schema of its input.
static void check_local(struct builder *b, const struct task *local, const struct yaml_node *call,
                        const struct yaml_node *with)
{
    if (local->data.input_schema == NULL || node_mapping(with) == NULL)
        return;
    json schema = json_path(local->source, "input.schema.document");
    const struct function_signature signature = {
        .name = local->name, .input_schema = schema, .input = local->data.input_schema};
    check_with(b, &signature, call, with);
    json_free(schema);
}

static void build_function(struct builder *b, struct task *task, const struct yaml_node *call)
{
    const struct yaml_node *with = node_field(task->node, "with");
    const struct function_catalogue *f = b->opts->functions;
    task->call.kind = CALL_FUNCTION;
    task->call.with = build_template(b, node_mapping(with), false, PHASE_TASK);
    if (strstr(call->text, "://") != NULL) {
        report(b, SEVERITY_ERROR, call, "unsupported",
               "functions by address are not available in this version of dure; install a plugin "
               "or write the function under 'use.functions'");
        return;
    }
    struct component *local = use_find(b, USE_FUNCTIONS, call->text);
    if (local != NULL) {
        local->used = true;
        task->call.function = local->name;
        task->call.local = local->built;
        check_local(b, local->built, call, with);
        return;
    }
    split_name(b, task, call->text);
    if (!catalog_is_known(b, task, call) || f == NULL)
        return;
    const struct function_signature *signature =
        f->find(f->context, task->call.function, task->call.version);
    if (signature == NULL)
        unknown_function(b, task, call);
    else
        check_with(b, signature, call, with);
}

// What is looked up before anything runs has to be written out.
static bool refuse_computed(struct builder *b, const struct yaml_node *node, const char *what)
{
    if (node_text(node) == NULL || strstr(node->text, "${") == NULL)
        return false;
    report(b, SEVERITY_ERROR, node, "unsupported",
           "%s cannot be computed; write its name, and choose between several with 'switch'", what);
    return true;
}

void build_call(struct builder *b, struct task *task)
{
    const struct yaml_node *call = node_field(task->node, "call");
    if (node_text(call) == NULL)
        return;
    if (refuse_computed(b, call, "the function to call"))
        return;
    const struct language_protocol *protocol = language_protocol(call->text);
    if (protocol != NULL)
        build_protocol(b, task, call, protocol);
    else
        build_function(b, task, call);
}

// ── run ──

static enum run_return run_result(const char *text)
{
    static const char *const WORDS[] = {[RETURN_STDOUT] = "stdout",
                                        [RETURN_STDERR] = "stderr",
                                        [RETURN_CODE] = "code",
                                        [RETURN_ALL] = "all",
                                        [RETURN_NONE] = "none"};
    for (size_t i = 0; text != NULL && i < sizeof WORDS / sizeof *WORDS; i++)
        if (strcmp(text, WORDS[i]) == 0)
            return (enum run_return)i;
    return RETURN_STDOUT;
}

static void build_child(struct builder *b, struct task *task, const struct yaml_node *child)
{
    static const char *const PARTS[] = {"namespace", "name", "version"};
    const char *version = node_text(node_field(child, "version"));
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        if (refuse_computed(b, node_field(child, PARTS[i]), "the workflow to run"))
            return;
    task->run.kind = RUN_WORKFLOW;
    task->run.namespace = node_text(node_field(child, "namespace"));
    task->run.name = node_text(node_field(child, "name"));
    task->run.version = version == NULL || strcmp(version, "latest") == 0 ? NULL : version;
    task->run.input = build_template(b, node_field(child, "input"), false, PHASE_TASK);
}

void build_run(struct builder *b, struct task *task)
{
    static const struct {
        const char *name;
        enum run_kind kind;
    } PROCESSES[] = {{"shell", RUN_SHELL}, {"script", RUN_SCRIPT}, {"container", RUN_CONTAINER}};
    const struct yaml_node *run = node_field(task->node, "run");
    task->run.await = node_truth(node_field(run, "await"), true);
    task->run.result = run_result(node_text(node_field(run, "return")));
    if (node_mapping(node_field(run, "workflow")) != NULL)
        build_child(b, task, node_field(run, "workflow"));
    for (size_t i = 0; i < sizeof PROCESSES / sizeof *PROCESSES; i++) {
        if (node_field(run, PROCESSES[i].name) == NULL)
            continue;
        task->run.kind = PROCESSES[i].kind;
        report(b, SEVERITY_ERROR, yaml_key(run, PROCESSES[i].name), "unsupported",
               "run: %s is not available in this version of dure; write a plugin, or call a "
               "service over http",
               PROCESSES[i].name);
    }
}
