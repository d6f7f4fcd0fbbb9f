// How a simulated world is wired, crashes and settles.
#include "simulate/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"
#include "store/store.h"

#define START_MS       INT64_C(1367366400000) // 2013-05-01T00:00:00Z
#define TURNS_MAX      20000                  // without the clock moving: more is a loop of its own
#define LINE_BYTES_MAX 100000

// ---- the port: the clock of the world, which a mutation lets run ahead

static int64_t port_now_ms(void *context)
{
    struct simulation *s = context;
    return s->clock.now_ms + s->ahead_ms;
}

static void port_secret(void *context, void *out, size_t bytes)
{
    struct simulation *s = context;
    if (s->opts->broken == BREAK_NONDETERMINISM) {
        random_secret(out, bytes);
        return;
    }
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)out)[i] = (uint8_t)random_next(&s->secret_random);
}

static bool crash(struct simulation *s);

// ---- opening and closing

static bool put_people(struct simulation *s, struct fail *why)
{
    bool good = true;
    for (int i = 1; i <= SIMULATE_PEOPLE && good; i++) {
        json person = json_object(), groups = json_array();
        json_set_take(&person, "id", json_printf("p%d", i));
        json_set_take(&person, "name", json_printf("사람 %d", i));
        json_set_take(&person, "email", json_printf("p%d@example.org", i));
        json_append_take(&groups, json_string("all"));
        json_set_take(&person, "groups", groups);
        good = people_put(s->people, person, why);
        json_free(person);
    }
    return good;
}

static void add_executors(struct simulation *s)
{
    struct executor *const all[] = {&s->http,      &s->shell, &s->script,
                                    &s->container, &s->mail,  &s->sink};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        engine_add_executor(s->engine, all[i]);
}

static bool open_store(struct simulation *s, struct fail *why)
{
    struct store_driver *driver = simulate_driver_new(s, why);
    if (!driver)
        return false;
    s->store = store_open(&(struct store_opts){.driver = driver, .random = &s->secret_random}, why);
    driver = s->store ? simulate_medium_driver(s, true, why) : NULL;
    s->eye = driver ? store_open(&(struct store_opts){.driver = driver}, why) : NULL;
    return s->eye != NULL;
}

bool simulate_open(struct simulation *s, struct fail *why)
{
    s->port = (struct port){
        .now_ms = port_now_ms, .secret = port_secret, .seed = s->opts->seed, .context = s};
    if (!open_store(s, why))
        return false;
    s->engine = engine_new(&(struct engine_opts){
        .store = s->store,
        .port = &s->port,
        .host = s->opts->plugins ? plugins_host(s->opts->plugins) : NULL,
        .secrets = json_absent(),
        .last_words = s->poisoned_times > 0 ? s->poisoned : NULL,
        .turn_inputs = s->opts->seed % 3 == 0 ? 5 : 0, // small slices meet other boundaries
        .seal_inputs = s->opts->seed % 3 == 0 ? 9 : 0,
    });
    s->people = people_new(s->engine);
    if (s->opts->plugins)
        plugins_attach(s->opts->plugins, s->people);
    add_executors(s);
    if (!engine_recover(s->engine, why) || !put_people(s, why))
        return false;
    if (!simulate_told_still_shown(s))
        return true;
    simulate_told_shown(s); // whoever asks now is told of this state
    engine_listen(s->engine, simulate_heard, s);
    return true;
}

void simulate_close(struct simulation *s, bool crash)
{
    if (s->opts->plugins)
        plugins_attach(s->opts->plugins, NULL);
    people_free(s->people);
    if (s->engine)
        engine_free(s->engine);
    if (s->eye)
        store_close(s->eye);
    if (crash && s->store)
        store_abandon(s->store);
    else if (s->store)
        store_close(s->store);
    s->people = NULL;
    s->engine = NULL;
    s->store = s->eye = NULL;
}

static bool is_held(struct simulation *s)
{
    struct fail why = {0};
    json shown = engine_show(s->engine, s->poisoned, &why);
    const char *status = json_get_text(shown, "status", "");
    bool open = strcmp(status, "pending") == 0 || strcmp(status, "running") == 0 ||
                strcmp(status, "waiting") == 0;
    bool held = !open || *json_get_text(shown, "incident", "");
    json_free(shown);
    return held;
}

void simulate_poison(struct simulation *s)
{
    struct fail why = {0};
    json list = engine_list(s->engine, &(struct list_opts){.status = "waiting", .limit = 50}, &why);
    json one = json_at(list, simulate_below(s, json_length(list) + 1)); // or nobody
    snprintf(s->poisoned, sizeof s->poisoned, "%s", json_get_text(one, "id", ""));
    json_free(one);
    json_free(list);
    for (int i = 0; i < 2 && *s->poisoned && simulate_is_good(s); i++) {
        s->poisoned_times = i + 1;
        simulate_trace(s, "poisoned %s, crash %d", s->poisoned, i + 1);
        crash(s);
    }
    if (*s->poisoned && simulate_is_good(s) && !is_held(s))
        simulate_violated(s, "quarantine", "%s was in hand in two crashes in a row and goes on",
                          s->poisoned);
    s->poisoned_times = 0;
}

bool simulate_crash(struct simulation *s)
{
    s->poisoned_times = 0;
    return crash(s);
}

static bool crash(struct simulation *s)
{
    struct fail why = {0};
    s->result->crashes++;
    simulate_heard_fault(s, COVERAGE_CRASH);
    simulate_medium_off(s);
    simulate_told_crash(s);
    simulate_close(s, true);
    simulate_medium_on(s);
    simulate_disk_forget(s);
    simulate_effects_crash(s);
    if (!simulate_open(s, &why))
        return simulate_violated(s, "recovery", "%s", why.message);
    return true;
}

// ---- settling

static bool comes_to_rest(struct simulation *s, bool more)
{
    int64_t due_ms = engine_next_due_ms(s->engine);
    if (more || (due_ms != INSTANT_NONE && due_ms <= s->clock.now_ms))
        return false;
    if (engine_is_idle(s->engine))
        return true;
    // The disk holds back: nothing moves before it does.
    if (s->hold || simulate_medium_is_dead(s))
        return true;
    // Effects wait for somebody outside.
    return store_in_flight(s->store) == 0 && !store_has_writes(s->store) &&
           engine_effects_running(s->engine) > 0;
}

bool simulate_settle(struct simulation *s)
{
    int quiet = 0;
    for (int i = 0; i < TURNS_MAX && simulate_is_good(s); i++) {
        bool more = engine_turn(s->engine);
        engine_poll(s->engine);
        quiet = comes_to_rest(s, more) ? quiet + 1 : 0;
        if (quiet == 3) // what a poll said may have led to more
            return true;
    }
    return simulate_violated(s, "rest", "it does not come to rest: %d turns at one instant",
                             TURNS_MAX);
}

// ---- the trace

void simulate_trace(struct simulation *s, const char *format, ...)
{
    struct bytes line;
    va_list args;
    char text[2000];
    bytes_init(&line, LINE_BYTES_MAX);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bytes_printf(&line, "%lld %lld ", (long long)s->step, (long long)(s->clock.now_ms - START_MS));
    bytes_add(&line, text);
    hasher_add_field(&s->trace, line.data, line.length);
    if (s->opts->trace)
        printf("# %s\n", line.data);
    bytes_done(&line);
}

bool simulate_violated(struct simulation *s, const char *oracle, const char *format, ...)
{
    struct simulate_result *r = s->result;
    va_list args;
    if (!r->good)
        return false;
    r->good = false;
    r->at_step = s->step;
    snprintf(r->oracle, sizeof r->oracle, "%s", oracle);
    va_start(args, format);
    vsnprintf(r->message, sizeof r->message, format, args);
    va_end(args);
    return false;
}

bool simulate_is_good(const struct simulation *s)
{
    return s->result->good;
}

uint64_t simulate_below(struct simulation *s, uint64_t limit)
{
    return random_below(&s->random, limit);
}

bool simulate_chance(struct simulation *s, unsigned percent)
{
    return random_below(&s->random, 100) < percent;
}

// ---- the bytes of the disk

static void hash_value(struct hasher *h, const struct value *v)
{
    char kind = (char)('0' + (int)v->kind);
    hasher_add(h, &kind, 1);
    if (v->kind == VALUE_INTEGER)
        hasher_add(h, &v->integer, sizeof v->integer);
    else if (v->kind != VALUE_NULL)
        hasher_add_field(h, v->data, v->bytes);
}

struct hash simulate_disk_hash(struct simulation *s)
{
    struct hasher h = s->trace;
    struct fail why = {0};
    for (int table = 0; table < TABLE_COUNT; table++) {
        struct scan *scan = NULL;
        struct row row = {0};
        bool good = store_scan(s->eye, &(struct scan_opts){.table = (enum table)table, .index = -1},
                               &scan, &why);
        must(good);
        while (scan_next(scan, &row, &why)) {
            for (int c = 0; c < schema_tables[table].column_count; c++)
                hash_value(&h, &row.columns[c]);
            row_done(&row);
        }
        scan_done(scan);
    }
    return hasher_done(&h);
}

// ---- a world from its beginning to its end

static void begin(struct simulation *s)
{
    const uint64_t seed = s->opts->seed;
    random_seed(&s->random, seed);
    random_seed(&s->definitions_random, seed ^ UINT64_C(0x9e3779b97f4a7c15));
    random_seed(&s->faults_random, seed ^ UINT64_C(0x7f4a7c159e3779b9));
    random_seed(&s->secret_random, seed ^ UINT64_C(0xd1b54a32d192ed03));
    hasher_init(&s->trace);
    map_init(&s->mails);
    map_init(&s->heard);
    list_init(&s->told);
    simulate_medium_init(s);
    virtual_port_init(&s->clock, START_MS, seed);
    simulate_effects_init(s);
}

static void end(struct simulation *s)
{
    simulate_close(s, true);
    simulate_medium_done(s);
    simulate_effects_done(s);
    simulate_told_done(s);
    simulate_heard_done(s);
    simulate_define_done(s);
}

// A power that went within an act is noticed after it.
static void act_or_crash(struct simulation *s)
{
    simulate_act(s);
    if (simulate_is_good(s) && simulate_medium_is_dead(s))
        simulate_crash(s);
}

static void play(struct simulation *s)
{
    simulate_define(s);
    simulate_settle(s);
    for (s->step = 1; s->step <= s->opts->steps && simulate_is_good(s); s->step++)
        act_or_crash(s);
    if (simulate_is_good(s))
        simulate_check_end(s);
}

void simulate(const struct simulate_opts *opts, struct simulate_result *result)
{
    struct simulation *s = mem_new(struct simulation);
    struct fail why = {0};
    *result = (struct simulate_result){.good = true};
    s->opts = opts;
    s->result = result;
    begin(s);
    if (simulate_open(s, &why))
        play(s);
    else
        simulate_violated(s, "recovery", "%s", why.message);
    result->events = s->events;
    result->answers = s->answers;
    if (s->eye)
        result->hash = simulate_disk_hash(s);
    end(s);
    mem_free(s);
}
