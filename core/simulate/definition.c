// Makes valid definitions from the seed, with every word of the language. They end once everybody
// has answered: loops are bounded, nothing listens for what never comes, a definition runs only
// those made before it, and what starts by events starts by an event that none of them emits.
//
// A JSON document is a YAML document, so they are built as values. Few of them compute with jq:
// compiling a program costs more than playing a world.
#include "simulate/world.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define DEPTH_MAX 4
#define TASKS_MAX 14 // of a definition

struct maker {
    struct simulation *s;
    struct random *random;
    int level; // the number of the definition
    int version;
    int tasks; // made so far
    int depth;
    bool rich;      // may compute
    bool functions; // the plugin is there
    int heard; // within so many listens: what is emitted there must not be heard, or it never ends
    bool scheduled; // so there is no $workflow.input.k
};

static uint64_t below(struct maker *m, uint64_t limit)
{
    return random_below(m->random, limit);
}

static bool chance(struct maker *m, unsigned percent)
{
    return below(m, 100) < percent;
}

static json pick(struct maker *m, const char *const *texts, size_t count)
{
    return json_string(texts[below(m, count)]);
}
#define PICK(m, list) pick((m), (list), sizeof(list) / sizeof *(list))

// {key: value}
static json with(const char *key, json value_take)
{
    json object = json_object();
    json_set_take(&object, key, value_take);
    return object;
}

static json text(const char *s)
{
    return json_string(s);
}

// ---- values, conditions, times

static json make_value(struct maker *m)
{
    static const char *const plain[] = {"${ $workflow.input.n }", "${ $workflow.input.k }",
                                        "${ .n }", "${ $workflow.input.list }", "두레"};
    static const char *const rich[] = {"${ ($workflow.input.n // 0) + 1 }", "${ [.[]?] | length }",
                                       "${ $workflow.input.list | map(. * 2) | add // 0 }",
                                       "${ \"n=\\($workflow.input.n)\" }"};
    if (m->rich && chance(m, 50))
        return PICK(m, rich);
    return chance(m, 30) ? json_integer((int64_t)below(m, 1000)) : PICK(m, plain);
}

static json make_condition(struct maker *m)
{
    static const char *const plain[] = {"${ $workflow.input.flag }", "${ .ok }",
                                        "${ $workflow.input.n }"};
    static const char *const rich[] = {"${ ($workflow.input.n // 0) > 2 }",
                                       "${ $workflow.input.k == 1 }", "${ .n != null }"};
    if (m->rich && chance(m, 50))
        return PICK(m, rich);
    return PICK(m, plain);
}

static json make_duration(struct maker *m)
{
    static const char *const short_ones[] = {"PT1S", "PT5S", "PT0.250S", "PT1M", "PT90S", "PT20M"};
    static const char *const long_ones[] = {"PT2H", "PT6H", "P1D", "PT36H"};
    return chance(m, 85) ? PICK(m, short_ones) : PICK(m, long_ones);
}

static json make_error(struct maker *m)
{
    static const char *const types[] = {
        "https://serverlessworkflow.io/spec/1.0.0/errors/runtime",
        "https://serverlessworkflow.io/spec/1.0.0/errors/communication",
        "https://example.org/errors/played"};
    if (chance(m, 40))
        return text("shared");
    json error = with("type", PICK(m, types));
    json_set_int(&error, "status", chance(m, 50) ? 500 : 503);
    json_set_text(&error, "title", "played");
    return error;
}

static json make_tasks(struct maker *m, int most);

// ---- tasks, one maker a word

static json make_set(struct maker *m)
{
    json values = with("n", make_value(m));
    if (chance(m, 50))
        json_set_take(&values, "v", make_value(m));
    if (chance(m, 30))
        json_set_take(&values, "ok", json_bool(chance(m, 50)));
    return with("set", values);
}

static json make_wait(struct maker *m)
{
    if (chance(m, 80))
        return with("wait", make_duration(m));
    json parts = with("seconds", json_integer(1 + (int64_t)below(m, 100)));
    if (chance(m, 50))
        json_set_int(&parts, "minutes", (int64_t)below(m, 90));
    return with("wait", parts);
}

static json make_raise(struct maker *m)
{
    return with("raise", with("error", make_error(m)));
}

static json make_event_data(struct maker *m)
{
    json data = with("k", chance(m, 50) ? text("${ $workflow.input.k }")
                                        : json_integer((int64_t)below(m, SIMULATE_KEYS)));
    json_set_int(&data, "n", (int64_t)below(m, 6));
    return data;
}

static json make_emit(struct maker *m)
{
    static const char *const types[] = {"sim.a", "sim.b", "sim.c", "sim.done", "sim.nobody"};
    json event = with("type", m->heard > 0 ? text("sim.nobody") : PICK(m, types));
    json_set_text(&event, "source", "/sim/emitted");
    json_set_take(&event, "data", make_event_data(m));
    return with("emit", with("event", with("with", event)));
}

static json make_filter(struct maker *m)
{
    static const char *const types[] = {"sim.a", "sim.b", "sim.c"};
    json filter = with("with", with("type", PICK(m, types)));
    if (m->scheduled || !chance(m, 50))
        return filter;
    json key = with("from", text("${ .data.k }"));
    // Without `expect` the first event binds; so that all can end, only one filter may ask that.
    json_set_take(&key, "expect", text("${ $workflow.input.k }"));
    json_set_take(&filter, "correlate", with("key", key));
    return filter;
}

static json make_filters(struct maker *m)
{
    json list = json_array();
    for (uint64_t i = 1 + below(m, 3); i > 0; i--)
        json_append_take(&list, make_filter(m));
    return list;
}

static json make_until(struct maker *m)
{
    if (m->rich && chance(m, 50))
        return text("${ length > 2 }");
    return with("one", with("with", with("type", text("sim.done"))));
}

static json make_listen(struct maker *m)
{
    static const char *const reads[] = {"data", "envelope", "raw"};
    json to = json_object(), task;
    uint64_t mode = below(m, 4);
    if (mode == 0)
        json_set_take(&to, "one", make_filter(m));
    else if (mode == 1)
        json_set_take(&to, "all", make_filters(m));
    else
        json_set_take(&to, "any", make_filters(m));
    bool until = mode == 3;
    if (until)
        json_set_take(&to, "until", make_until(m));
    json listen = with("to", to);
    if (chance(m, 40))
        json_set_take(&listen, "read", PICK(m, reads));
    task = with("listen", listen);
    if (chance(m, 30)) {
        json each = with("item", text("heard"));
        json_set_text(&each, "at", "place");
        m->heard++;
        json_set_take(&each, "do", make_tasks(m, 2));
        m->heard--;
        json_set_take(&task, "foreach", each);
    }
    return task;
}

static json make_for(struct maker *m)
{
    json loop = with("each", text("one")), list = json_array();
    for (uint64_t i = below(m, 4); i > 0; i--)
        json_append_take(&list, json_integer((int64_t)i));
    json_set_take(&loop, "in", list);
    if (chance(m, 50)) {
        json_set_text(&loop, "in", "${ $workflow.input.list }");
        json_set_text(&loop, "at", "place");
    }
    json task = with("for", loop);
    if (chance(m, 20))
        json_set_take(&task, "while", make_condition(m));
    json_set_take(&task, "do", make_tasks(m, 2));
    return task;
}

static json make_task(struct maker *m);

static json make_fork(struct maker *m)
{
    json branches = json_array();
    for (uint64_t i = 1 + below(m, 3); i > 0; i--) {
        char name[16];
        snprintf(name, sizeof name, "b%d", m->tasks);
        json_append_take(&branches, with(name, make_task(m)));
    }
    json fork = with("branches", branches);
    if (chance(m, 40))
        json_set_bool(&fork, "compete", true);
    return with("fork", fork);
}

static json make_retry(struct maker *m)
{
    static const char *const backoffs[] = {"constant", "linear", "exponential"};
    if (chance(m, 20))
        return text("shared");
    json attempt = with("count", json_integer((int64_t)below(m, 4)));
    if (chance(m, 20))
        json_set_text(&attempt, "duration", "PT3H");
    json retry = with("limit", with("attempt", attempt));
    json_set_take(&retry, "delay", make_duration(m));
    if (chance(m, 50))
        json_set_take(&retry, "backoff", with(backoffs[below(m, 3)], json_object()));
    if (chance(m, 20)) {
        json jitter = with("from", text("PT1S"));
        json_set_text(&jitter, "to", "PT5S");
        json_set_take(&retry, "jitter", jitter);
    }
    return retry;
}

static json make_try(struct maker *m)
{
    json task = with("try", make_tasks(m, 3)), catch = json_object();
    if (chance(m, 30))
        json_set_take(&catch, "errors",
                      with("with", with("status", json_integer(chance(m, 50) ? 500 : 503))));
    if (chance(m, 30))
        json_set_text(&catch, "as", "trouble");
    if (chance(m, 15))
        json_set_take(&catch, chance(m, 50) ? "when" : "exceptWhen", make_condition(m));
    if (chance(m, 50))
        json_set_take(&catch, "retry", make_retry(m));
    if (chance(m, 60))
        json_set_take(&catch, "do", make_tasks(m, 2));
    json_set_take(&task, "catch", catch);
    return task;
}

static json make_http(struct maker *m)
{
    static const char *const methods[] = {"get", "post", "put"};
    json arguments = with("method", PICK(m, methods));
    json endpoint = with("uri", text("http://127.0.0.1:1/{k}"));
    if (chance(m, 20))
        json_set_take(&endpoint, "authentication", with("use", text("shared")));
    json_set_take(&arguments, "endpoint", endpoint);
    if (chance(m, 50))
        json_set_take(&arguments, "body", with("n", make_value(m)));
    json task = with("call", text("http"));
    json_set_take(&task, "with", arguments);
    if (chance(m, 40))
        json_set_take(&task, "metadata", with("effects", text("once")));
    return task;
}

static json make_function(struct maker *m)
{
    static const char *const names[] = {"simDouble", "simAsk",  "simSeats",
                                        "simNap",    "simHear", "simFetch"};
    uint64_t n = below(m, 6);
    json arguments = json_object();
    switch (n) {
    case 0:
        json_set_take(&arguments, "n", make_value(m));
        break;
    case 1:
        json_set_int(&arguments, "people", 1 + (int64_t)below(m, SIMULATE_PEOPLE));
        json_set_int(&arguments, "need", 1 + (int64_t)below(m, 4));
        json_set_bool(&arguments, "once", chance(m, 30));
        break;
    case 2:
        json_set_int(&arguments, "capacity", (int64_t)below(m, 30));
        break;
    case 3:
        json_set_int(&arguments, "ms", 1 + (int64_t)below(m, 3600000));
        json_set_int(&arguments, "times", 1 + (int64_t)below(m, 4));
        break;
    case 4:
        json_set_text(&arguments, "type", chance(m, 50) ? "sim.a" : "sim.b");
        json_set_take(&arguments, "k",
                      m->scheduled ? json_integer(1) : text("${ $workflow.input.k }"));
        break;
    default:
        break;
    }
    json task = with("call", text(names[n]));
    json_set_take(&task, "with", arguments);
    return task;
}

static json make_call(struct maker *m)
{
    if (m->functions && chance(m, 60))
        return make_function(m);
    return chance(m, 15) ? with("call", text("shared")) : make_http(m);
}

static json make_child(struct maker *m)
{
    char name[16];
    snprintf(name, sizeof name, "w%d", (int)below(m, (uint64_t)m->level));
    json child = with("namespace", text("sim"));
    json input = with("k", m->scheduled ? json_integer((int64_t)below(m, SIMULATE_KEYS))
                                        : text("${ $workflow.input.k }"));
    json_set_text(&child, "name", name);
    json_set_text(&child, "version", "1.0.0");
    json_set_int(&input, "n", (int64_t)below(m, 6));
    json_set_take(&child, "input", input);
    return with("workflow", child);
}

static json make_run(struct maker *m)
{
    if (m->level == 0 || m->heard > 0)
        return make_call(m); // nothing to run yet, or it might emit
    json run = make_child(m);
    if (chance(m, 40))
        json_set_bool(&run, "await", false);
    return with("run", run);
}

// To a later task of the same list, whose names are known beforehand.
static json make_switch(struct maker *m, const char *later)
{
    static const char *const ways[] = {"continue", "exit", "end"};
    json cases = json_array(), taken = with("when", make_condition(m)), other;
    json_set_take(&taken, "then", later && chance(m, 60) ? text(later) : PICK(m, ways));
    json_append_take(&cases, with("yes", taken));
    other = with("then", text("continue"));
    if (chance(m, 70))
        json_append_take(&cases, with("no", other));
    else
        json_free(other);
    return with("switch", cases);
}

// ---- any task

static json draw_word(struct maker *m)
{
    bool deep = m->depth >= DEPTH_MAX || m->tasks >= TASKS_MAX;
    uint64_t n = below(m, deep ? 56 : 100);
    if (n < 12)
        return make_set(m);
    if (n < 22)
        return make_wait(m);
    if (n < 40)
        return make_call(m);
    if (n < 45)
        return make_emit(m);
    if (n < 50)
        return make_run(m);
    if (n < 53)
        return make_raise(m);
    if (n < 56)
        return make_switch(m, NULL);
    if (n < 67)
        return make_listen(m);
    if (n < 74)
        return make_for(m);
    if (n < 83)
        return make_fork(m);
    if (n < 95)
        return make_try(m);
    return with("do", make_tasks(m, 3));
}

// Most fit; what does not is an error of the task.
static json make_schema(struct maker *m)
{
    json document = with("type", text("object")), schema = with("format", text("json"));
    if (chance(m, 30)) {
        json required = json_array();
        json_append_take(&required, text("n"));
        json_set_take(&document, "required", required);
    }
    json_set_take(&schema, "document", document);
    return schema;
}

static json make_flow(struct maker *m, const char *key, const char *expression)
{
    json flow = json_object();
    if (chance(m, 60))
        json_set_take(&flow, key, text(expression));
    else
        json_set_take(&flow, "schema", make_schema(m));
    return flow;
}

static void adorn(struct maker *m, json *task)
{
    static const char *const ways[] = {"continue", "exit", "end"};
    if (chance(m, 4) && !json_has(*task, "switch") && !json_has(*task, "raise"))
        json_set_take(task, "then", PICK(m, ways));
    if (chance(m, 10))
        json_set_take(task, "if", make_condition(m));
    if (chance(m, 8))
        json_set_take(task, "timeout",
                      chance(m, 30) ? text("shared") : with("after", make_duration(m)));
    if (chance(m, 8))
        json_set_take(task, "input", make_flow(m, "from", "${ . }"));
    if (chance(m, 8))
        json_set_take(task, "output", make_flow(m, "as", "${ {n} }"));
    if (chance(m, 8))
        json_set_take(task, "export", make_flow(m, "as", "${ {last: .n} }"));
}

static json make_task(struct maker *m)
{
    m->tasks++;
    m->depth++;
    json task = draw_word(m);
    m->depth--;
    adorn(m, &task);
    return task;
}

static json make_tasks(struct maker *m, int most)
{
    json list = json_array();
    int count = 1 + (int)below(m, (uint64_t)most), base = m->tasks * 10;
    for (int i = 0; i < count; i++) {
        char name[24], later[24];
        snprintf(name, sizeof name, "t%d", base + i);
        snprintf(later, sizeof later, "t%d", base + count - 1);
        bool jumps = i + 2 < count && chance(m, 25);
        if (jumps)
            m->tasks++;
        json_append_take(&list, with(name, jumps ? make_switch(m, later) : make_task(m)));
    }
    return list;
}

// ---- the document

static json make_schedule(struct maker *m)
{
    static const char *const rules[] = {"0 */6 * * *", "30 2 * * 1-5"};
    uint64_t n = below(m, 4);
    if (n == 0)
        return with("every", text("PT7H"));
    if (n == 1)
        return with("cron", PICK(m, rules));
    if (n == 2)
        return with("after", text("PT9H"));
    return with("on", with("one", with("with", with("type", text("sim.start")))));
}

static json make_use(void)
{
    json use = json_object(), retry = with("delay", text("PT30S")),
         call = with("call", text("http"));
    json error = with("type", text("https://example.org/errors/shared"));
    json_set_int(&error, "status", 503);
    json_set_text(&error, "title", "shared");
    json_set_take(&use, "errors", with("shared", error));
    json_set_take(&retry, "limit", with("attempt", with("count", json_integer(2))));
    json_set_take(&use, "retries", with("shared", retry));
    json basic = with("username", text("sim"));
    json_set_text(&basic, "password", "played");
    json_set_take(&use, "authentications", with("shared", with("basic", basic)));
    json_set_take(
        &use, "catalogs",
        with("shared", with("endpoint", with("uri", text("https://example.org/catalog")))));
    json_set_take(&use, "timeouts", with("shared", with("after", text("PT4H"))));
    json arguments = with("method", text("get"));
    json_set_take(&arguments, "endpoint", with("uri", text("http://127.0.0.1:1/shared")));
    json_set_take(&call, "with", arguments);
    json_set_take(&use, "functions", with("shared", call));
    return use;
}

static json make_definition(struct maker *m)
{
    json document = with("dsl", text("1.0.3")), definition;
    json_set_text(&document, "namespace", "sim");
    json_set_take(&document, "name", json_printf("w%d", m->level));
    json_set_take(&document, "version", json_printf("1.%d.0", m->version));
    if (chance(m, 40))
        json_set_take(&document, "metadata",
                      with("dure", with("zone", text(chance(m, 50) ? "Asia/Seoul" : "UTC"))));
    definition = with("document", document);
    json_set_take(&definition, "use", make_use());
    m->scheduled = chance(m, 15);
    if (m->scheduled)
        json_set_take(&definition, "schedule", make_schedule(m));
    if (chance(m, 15))
        json_set_take(&definition, "timeout", with("after", text("P2D")));
    if (chance(m, 15))
        json_set_take(&definition, "input",
                      with("schema", with("document", with("type", text("object")))));
    if (chance(m, 15))
        json_set_take(&definition, "output", with("as", with("n", text("${ .n }"))));
    json_set_take(&definition, "do", make_tasks(m, 5));
    return definition;
}

json simulate_definition_new(struct simulation *s, int level, int version)
{
    struct maker m = {.s = s,
                      .random = &s->definitions_random,
                      .level = level,
                      .version = version,
                      .rich = random_below(&s->definitions_random, 5) == 0,
                      .functions = s->opts->plugins != NULL};
    return make_definition(&m);
}
