// What happens, as listeners hear it after each commit: a wait is not over before its time, a task
// completes once, and what functions of the simulation give back is right.
#include "simulate/world.h"

#include <string.h>

#include "base/mem.h"

static struct heard *heard_at(struct simulation *s, const char *address)
{
    struct heard *h = map_get(&s->heard, address);
    if (!h) {
        h = mem_new(struct heard);
        map_put(&s->heard, address, h);
    }
    return h;
}

// The disk is told of a timer before anybody can hear of its end.
void simulate_heard_timer(struct simulation *s, const struct value *row)
{
    char *address = mem_printf("%s %s %lld", row[TIMER_INSTANCE].data, row[TIMER_PATH].data,
                               (long long)row[TIMER_ATTEMPT].integer);
    if (row[TIMER_NAME].bytes == 0)
        heard_at(s, address)->due_ms = row[TIMER_DUE_MS].integer;
    mem_free(address);
}

void simulate_heard_done(struct simulation *s)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&s->heard, &i, &entry);)
        mem_free(entry->value);
    map_done(&s->heard);
}

// The definition of an instance, as the generator made it.
static json task_of(struct simulation *s, const char *instance, const char *reference)
{
    struct fail why = {0};
    json shown = engine_show(s->engine, instance, &why);
    json definition = json_get(shown, "definition");
    json task = simulate_task_at(s, definition, reference);
    json_free(definition);
    json_free(shown);
    return task;
}

// By the world's own clock: an engine whose clock is wrong must not get away with it.
static void check_wait(struct simulation *s, const struct heard *h, const char *address)
{
    if (s->clock.now_ms < h->due_ms)
        simulate_violated(s, "timer-early", "%s is over %lld ms too early", address,
                          (long long)(h->due_ms - s->clock.now_ms));
}

static void check_seats(struct simulation *s, json output, const char *address)
{
    int64_t taken = json_get_int(output, "taken", 0), sum = json_get_int(output, "sum", -1),
            capacity = json_get_int(output, "capacity", -1);
    if (taken != sum || sum > capacity)
        simulate_violated(s, "seats", "%s has taken %lld, kept %lld, of %lld", address,
                          (long long)taken, (long long)sum, (long long)capacity);
}

static void check_function(struct simulation *s, json task, json output, const char *address)
{
    const char *function = json_get_text(task, "call", "");
    if (strcmp(function, "simSeats") == 0)
        check_seats(s, output, address);
    if (strcmp(function, "simNap") == 0 && json_get_int(output, "early", 0) != 0)
        simulate_violated(s, "timer-early", "a timer of the step %s came early", address);
    json k = json_get(output, "k"), wanted = json_get(output, "wanted");
    if (strcmp(function, "simHear") == 0 && json_get_bool(output, "heard", false) &&
        !json_equal(k, wanted))
        simulate_violated(s, "event", "%s heard an event of somebody else", address);
    json_free(k);
    json_free(wanted);
}

// The output is the first result that was given, not what was said afterwards.
static void check_result(struct simulation *s, const char *instance, json entry)
{
    char *key = mem_printf("%s:%s:%lld:call", instance, json_get_text(entry, "reference", ""),
                           (long long)json_get_int(entry, "attempt", 0));
    struct simulate_effect *x = map_get(&s->effects, key);
    json output = json_get(entry, "output");
    int64_t n = json_get_int(output, "n", -1);
    if (x && x->answer != 0 && n != -1 && n != x->answer)
        simulate_violated(s, "double-result", "the effect %s was settled with %lld, not %lld", key,
                          (long long)n, (long long)x->answer);
    json_free(output);
    mem_free(key);
}

static void completed(struct simulation *s, const char *instance, json entry, const char *address)
{
    struct heard *h = heard_at(s, address);
    if (++h->completed > 1) {
        simulate_violated(s, "double-result", "%s has completed twice", address);
        return;
    }
    json task = task_of(s, instance, json_get_text(entry, "reference", ""));
    json output = json_get(entry, "output");
    if (json_has(task, "wait"))
        check_wait(s, h, address);
    check_function(s, task, output, address);
    check_result(s, instance, entry);
    json_free(output);
    json_free(task);
}

// A listen takes an event once, unless it fits several of its filters.
static void consumed(struct simulation *s, const char *instance, json entry, const char *address)
{
    json task = task_of(s, instance, json_get_text(entry, "reference", ""));
    json any = json_path(task, "listen.to.any"), all = json_path(task, "listen.to.all"),
         id = json_path(entry, "event.id");
    json source = json_path(entry, "event.source");
    if (json_length(any) + json_length(all) < 2 && json_is_string(id) && json_is_string(source)) {
        char *event = mem_printf("%s %s %s", address, json_text(source), json_text(id));
        if (++heard_at(s, event)->completed > 1)
            simulate_violated(s, "event-twice", "%s is consumed twice", event);
        mem_free(event);
    }
    json_free(source);
    json_free(id);
    json_free(all);
    json_free(any);
    json_free(task);
}

// ---- coverage

static void covered(struct simulation *s, const char *instance, json entry, const char *address)
{
    struct fail why = {0};
    const char *type = json_get_text(entry, "type", "");
    bool workflow = strstr(type, ".workflow.") != NULL;
    if (!strstr(type, ".started.")) {
        if (!workflow && !strstr(type, ".created."))
            heard_at(s, address)->words = 0;
        return;
    }
    json shown = engine_show(s->engine, instance, &why), definition = json_get(shown, "definition");
    json task =
        simulate_task_at(s, definition, workflow ? "" : json_get_text(entry, "reference", "-"));
    uint64_t words = coverage_words(task);
    if (!workflow)
        heard_at(s, address)->words = words;
    s->recent |= words;
    coverage_add(s->opts->coverage, words, COVERAGE_BEGUN);
    json_free(task);
    json_free(definition);
    json_free(shown);
}

void simulate_heard_fault(struct simulation *s, enum coverage_fault fault)
{
    struct map_entry *entry;
    uint64_t words = s->recent;
    if (!s->opts->coverage)
        return;
    for (size_t i = 0; map_next(&s->heard, &i, &entry);)
        words |= ((struct heard *)entry->value)->words;
    s->recent = 0;
    coverage_add(s->opts->coverage, words, fault);
}

void simulate_heard(void *context, const char *instance, int64_t at_ms, json entry)
{
    struct simulation *s = context;
    (void)at_ms;
    const char *type = json_get_text(entry, "type", "");
    char *address = mem_printf("%s %s %lld", instance, json_get_text(entry, "reference", ""),
                               (long long)json_get_int(entry, "attempt", 0));
    char *text = json_dump(entry);
    simulate_trace(s, "heard %s %.1500s", instance, text);
    if (s->opts->coverage)
        covered(s, instance, entry, address);
    if (strstr(type, ".task.completed."))
        completed(s, instance, entry, address);
    if (strstr(type, ".task.consumed."))
        consumed(s, instance, entry, address);
    mem_free(text);
    mem_free(address);
}
