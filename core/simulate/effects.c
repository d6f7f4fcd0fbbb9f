// The world outside that effects act upon: it answers late, twice, differently the second time, or
// says that it does not know. What has really happened there is remembered by key, across crashes
// of the engine: an effect of class "once" must not happen twice, and nothing may begin that the
// disk does not know.
#include "simulate/world.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "people/mail.h"

static struct simulate_effect *find(struct simulation *s, const struct effect *effect)
{
    struct simulate_effect *x = map_get(&s->effects, effect->key);
    if (x)
        return x;
    x = mem_new(struct simulate_effect);
    x->key = mem_string(effect->key);
    x->instance = mem_string(effect->instance);
    x->path = mem_string(effect->path);
    x->name = mem_string(effect->name);
    x->attempt = effect->attempt;
    x->once = strcmp(effect->class, "once") == 0;
    if (strcmp(effect->kind, "mail") == 0)
        x->mail_key = mem_string(json_get_text(effect->request, "key", ""));
    snprintf(x->kind, sizeof x->kind, "%s", effect->kind);
    map_put(&s->effects, effect->key, x);
    return x;
}

// What the bare disk says of the effect.
static bool is_durable(struct simulation *s, const struct effect *effect)
{
    struct value key[] = {value_text(effect->instance), value_text(effect->path),
                          value_integer(effect->attempt), value_text(effect->name)};
    struct row row = {0};
    struct fail why = {0};
    if (!store_get(s->eye, TABLE_EFFECT, key, &row, &why))
        return false;
    const char *wanted = strcmp(effect->class, "once") == 0 ? "running" : "ready";
    bool is = row_is_there(&row) && strcmp(row_text(&row, EFFECT_STATUS), wanted) == 0;
    row_done(&row);
    return is;
}

// One key, one content, whenever it is sent.
static void watch_mail(struct simulation *s, const struct effect *effect)
{
    const char *key = json_get_text(effect->request, "key", "");
    char *text = s->opts->broken == BREAK_MAIL
                     ? mem_printf("changed %lld", (long long)s->result->effects)
                     : json_dump(effect->request);
    char *before = map_get(&s->mails, key);
    if (!before)
        map_put(&s->mails, key, text);
    else if (strcmp(before, text) != 0)
        simulate_violated(s, "mail", "the mail '%s' goes out with two contents", key);
    if (before)
        mem_free(text);
}

static void begin(struct executor *executor, struct engine *engine, const struct effect *effect)
{
    struct simulation *s = executor->context;
    (void)engine;
    simulate_trace(s, "begin %s %s", effect->kind, effect->key);
    s->result->effects++;
    simulate_told_shown(s);
    if (!is_durable(s, effect))
        simulate_violated(s, "effect-before-commit",
                          "the effect %s begins, but the disk does not know it (%s)", effect->key,
                          effect->class);
    struct simulate_effect *x = find(s, effect);
    if (x->settled)
        simulate_violated(s, "double-result", "the effect %s begins again after it was settled",
                          x->key);
    if (x->once && x->happened)
        simulate_violated(s, "twice", "the effect %s of class once begins after it has happened",
                          x->key);
    if (x->mail_key)
        watch_mail(s, effect);
    x->begun = true;
    x->given = x->unknown = false;
    x->answer = 0;
}

void simulate_effect_too_early(struct simulation *s, const struct effect *effect)
{
    begin(&s->http, s->engine, effect);
}

static void cancelled(struct executor *executor, const char *key)
{
    struct simulation *s = executor->context;
    struct simulate_effect *x = map_get(&s->effects, key);
    simulate_trace(s, "cancel %s", key);
    // The seam wants exactly one result for what has begun, wanted or not: it stays begun.
    if (x && simulate_chance(s, 50))
        x->happened = true;
}

void simulate_effects_init(struct simulation *s)
{
    struct executor *const all[] = {&s->http,      &s->shell, &s->script,
                                    &s->container, &s->mail,  &s->sink};
    static const char *const kinds[] = {"http", "shell", "script", "container", "mail", "sink"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] =
            (struct executor){.kind = kinds[i], .begin = begin, .cancel = cancelled, .context = s};
    map_init(&s->effects);
}

void simulate_effects_done(struct simulation *s)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&s->effects, &i, &entry);) {
        struct simulate_effect *x = entry->value;
        mem_free(x->key);
        mem_free(x->instance);
        mem_free(x->path);
        mem_free(x->name);
        mem_free(x->mail_key);
        mem_free(x);
    }
    map_done(&s->effects);
    for (size_t i = 0; map_next(&s->mails, &i, &entry);)
        mem_free(entry->value);
    map_done(&s->mails);
}

// What was on its way may have arrived; nobody here knows.
void simulate_effects_crash(struct simulation *s)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&s->effects, &i, &entry);) {
        struct simulate_effect *x = entry->value;
        if (x->begun && simulate_chance(s, 50))
            x->happened = true;
        if (x->begun && x->once)
            x->unknown = true;
        x->begun = x->given = false;
    }
}

// ---- results

static json result_value(struct simulation *s, int64_t *number)
{
    json value = json_object();
    *number = ++s->results;
    json_set_int(&value, "n", *number);
    json_set_bool(&value, "ok", simulate_chance(s, 50));
    return value;
}

static void is_settled(void *context)
{
    struct simulate_effect *x = context;
    if (x->given)
        x->settled = true;
}

static enum effect_outcome draw_outcome(struct simulation *s, const struct simulate_effect *x)
{
    uint64_t n = simulate_below(s, 100);
    if (s->calm)
        return EFFECT_DONE;
    if (n < 60)
        return EFFECT_DONE;
    if (n < 70)
        return EFFECT_FAILED;
    return x->once && n < 85 ? EFFECT_UNKNOWN : EFFECT_TRY_LATER;
}

static json draw_value(struct simulation *s, enum effect_outcome outcome, int64_t *number)
{
    if (outcome == EFFECT_DONE)
        return result_value(s, number);
    *number = 0;
    return problem_new("communication", 503, "played", "the server is not well today", NULL);
}

static void give(struct simulation *s, struct simulate_effect *x, enum effect_outcome outcome)
{
    int64_t number;
    json value = draw_value(s, outcome, &number);
    struct fail why = {0};
    simulate_trace(s, "result %s %d", x->key, (int)outcome);
    x->begun = false;
    x->happened = x->happened || outcome == EFFECT_DONE ||
                  (outcome == EFFECT_UNKNOWN && simulate_chance(s, 50));
    x->unknown = outcome == EFFECT_UNKNOWN;
    x->given = outcome == EFFECT_DONE || outcome == EFFECT_FAILED;
    x->answer = number;
    if (x->mail_key && x->given &&
        !mail_settle(s->people, x->mail_key, outcome == EFFECT_DONE ? "sent" : "failed", NULL,
                     &why))
        simulate_violated(s, "mail", "%s", why.message);
    engine_effect_done(s->engine, x->key, &(struct effect_result){outcome, value});
    if (x->given)
        engine_after_commit(s->engine, is_settled, x);
    json_free(value);
}

// The same key once more, with another word: it must be dropped.
static void contradict(struct simulation *s, struct simulate_effect *x)
{
    int64_t number;
    json value = result_value(s, &number);
    simulate_trace(s, "contradict %s", x->key);
    engine_effect_done(
        s->engine, x->key,
        &(struct effect_result){simulate_chance(s, 50) ? EFFECT_DONE : EFFECT_FAILED, value});
    json_free(value);
}

// A server that never answers is what BREAK_UNFINISHED plays.
static bool is_mute(const struct simulation *s, const struct simulate_effect *x)
{
    return s->opts->broken == BREAK_UNFINISHED && strcmp(x->kind, "http") == 0;
}

void simulate_effects_answer(struct simulation *s, bool all)
{
    struct map_entry *entry;
    for (size_t i = 0; map_next(&s->effects, &i, &entry);) {
        struct simulate_effect *x = entry->value;
        if (!all && !simulate_chance(s, 40))
            continue;
        if (x->begun && !is_mute(s, x))
            give(s, x, draw_outcome(s, x));
        else if (!x->begun && !s->calm && simulate_chance(s, 5))
            contradict(s, x);
    }
}

// ---- what a person says of effects whose outcome nobody knows: he has looked

static void settle(struct simulation *s, struct simulate_effect *x)
{
    struct effect_address address = {x->instance, x->path, x->attempt, x->name};
    enum effect_outcome outcome = x->happened              ? EFFECT_DONE
                                  : simulate_chance(s, 50) ? EFFECT_TRY_LATER
                                                           : EFFECT_FAILED;
    struct fail why = {0};
    int64_t number;
    json value = draw_value(s, outcome, &number);
    bool good =
        engine_effect_settle(s->engine, &address, &(struct effect_result){outcome, value}, &why);
    simulate_trace(s, "person says %s %d %s", x->key, (int)outcome, good ? "" : why.code);
    if (good) {
        x->unknown = false;
        x->given = outcome != EFFECT_TRY_LATER;
        x->answer = number;
    }
    if (good && x->given)
        engine_after_commit(s->engine, is_settled, x);
    json_free(value);
}

// Also one that a crash has caught between its commit and its beginning: it has not happened.
static struct simulate_effect *find_unknown(struct simulation *s, const struct row *row)
{
    char *key =
        mem_printf("%s:%s:%lld:%s", row_text(row, EFFECT_INSTANCE), row_text(row, EFFECT_PATH),
                   (long long)row_integer(row, EFFECT_ATTEMPT), row_text(row, EFFECT_NAME));
    struct simulate_effect *x =
        find(s, &(struct effect){.key = key,
                                 .instance = row_text(row, EFFECT_INSTANCE),
                                 .path = row_text(row, EFFECT_PATH),
                                 .name = row_text(row, EFFECT_NAME),
                                 .attempt = row_integer(row, EFFECT_ATTEMPT),
                                 .kind = row_text(row, EFFECT_KIND),
                                 .class = row_text(row, EFFECT_CLASS),
                                 .request = json_absent()});
    mem_free(key);
    return x;
}

void simulate_effects_say(struct simulation *s)
{
    struct value prefix = value_text("unknown");
    struct scan *scan = NULL;
    struct row row = {0};
    struct fail why = {0};
    struct scan_opts opts = {
        .table = TABLE_EFFECT, .index = EFFECT_BY_STATUS, .prefix = &prefix, .prefix_count = 1};
    if (!store_scan(s->eye, &opts, &scan, &why))
        return;
    while (scan_next(scan, &row, &why)) {
        settle(s, find_unknown(s, &row));
        row_done(&row);
    }
    scan_done(scan);
}
