// Playing a scenario: each entry moves the clock or acts as a person, an event source or a crash
// would, then the world goes on until it only waits. Nothing here looks into the engine: it uses
// what the API uses.
#include "cli/scenario.h"

#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/duration.h"
#include "calendar/instant.h"
#include "cli/context.h"
#include "cli/scenario_compare.h"
#include "cli/scenario_player.h"
#include "cli/scenario_read.h"
#include "people/mail.h"
#include "plugin/world.h"

#define NAMES_MAX     256   // of tasks, for what is near a misspelt one
#define PLAY_DAYS_MAX 36525 // how far the end of a scenario may lie

static bool play_list(struct player *p, const struct entry_list *list);
static void tell_entry(const struct player *p, const struct entry *entry, json value);
static void tell_opened(const struct player *p);

static json variable(const struct scope *scope, const char *name)
{
    const struct player *p = (const struct player *)(const void *)scope;
    return json_get(p->variables, name);
}

bool scenario_wrong(struct player *p, const struct yaml_node *node, const char *format, ...)
{
    char text[2000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char clock[64] = "";
    if (p->world)
        zone_write(p->scenario->zone, world_now_ms(p->world), clock, sizeof clock);
    bytes_printf(&p->result->report, "%s:%d:%d: at %s: %s\n", p->scenario->file,
                 node ? node->line : 1, node ? node->column : 1, clock, text);
    return false;
}

static bool evaluate(struct player *p, struct template *t, const struct yaml_node *node, json *out)
{
    struct fail why = {0};
    json nothing = json_null();
    p->scope.now_ms = world_now_ms(p->world);
    bool ok = template_evaluate(t, nothing, &p->scope, out, &why);
    json_free(nothing);
    return ok || scenario_wrong(p, node, "%s", why.message);
}

bool scenario_settle(struct player *p, const struct yaml_node *node)
{
    struct fail why = {0};
    return world_settle(p->world, &why) || scenario_wrong(p, node, "%s", why.message);
}

static bool move_to(struct player *p, const struct yaml_node *node, int64_t ms)
{
    struct fail why = {0};
    if (ms < world_now_ms(p->world))
        return scenario_wrong(p, node,
                              "the clock cannot go back; entries come in the order of time");
    return world_move_to(p->world, ms, &why) || scenario_wrong(p, node, "%s", why.message);
}

static bool play_clock(struct player *p, const struct entry *entry, json value)
{
    struct fail why = {0};
    int64_t ms;
    if (!json_is_string(value))
        return scenario_wrong(p, entry->node, "a moment or a duration is text");
    if (entry->kind == ENTRY_AT) {
        if (!zone_parse(p->scenario->zone, json_text(value), &ms, &why))
            return scenario_wrong(p, entry->node, "%s", why.message);
        return move_to(p, entry->node, ms);
    }
    struct duration duration;
    if (!duration_parse(json_text(value), &duration, &why) ||
        !duration_add(world_now_ms(p->world), &duration, p->scenario->zone, &ms, &why))
        return scenario_wrong(p, entry->node, "%s", why.message);
    return move_to(p, entry->node, ms);
}

static bool check_show(struct player *p, const struct yaml_node *node, json wanted)
{
    struct fail why = {0};
    json shown = engine_show(world_engine(p->world), p->instance.text, &why);
    if (json_is_absent(shown))
        return scenario_wrong(p, node, "%s", why.message);
    p->result->checks++;
    struct bytes difference;
    bytes_init(&difference, 64 * 1024);
    bool same = scenario_subset(wanted, shown, "", &difference);
    if (!same) {
        scenario_wrong(p, node, "not as expected");
        bytes_add(&p->result->report, difference.data);
    }
    bytes_done(&difference);
    json_free(shown);
    return same;
}

static json new_mails(struct player *p)
{
    struct fail why = {0};
    json mails = world_mails(p->world, p->mails_seen, &why);
    size_t count = json_length(mails);
    if (count > 0) {
        json last = json_at(mails, count - 1);
        p->mails_seen = json_get_int(last, "seq", p->mails_seen);
        json_free(last);
    }
    return mails;
}

static bool play_mail(struct player *p, const struct entry *entry, json value)
{
    json mails = new_mails(p);
    struct bytes difference;
    bytes_init(&difference, 64 * 1024);
    bool same;
    p->result->checks++;
    if (entry->kind == ENTRY_MAILS) {
        same = json_is_integer(value) && json_int(value) == (int64_t)json_length(mails);
        if (!same)
            scenario_describe_mails(mails, &difference);
    } else {
        same = scenario_match_mails(value, mails, &difference);
    }
    if (!same) {
        scenario_wrong(p, entry->node, "the mails since the last look are not as expected");
        bytes_add(&p->result->report, difference.data);
    }
    bytes_done(&difference);
    json_free(mails);
    return same;
}

static bool play_repeat(struct player *p, const struct entry *entry, json times)
{
    if (!json_is_integer(times) || json_int(times) < 0 || json_int(times) > 10000000)
        return scenario_wrong(p, entry->node, "'times' is a whole number up to 10,000,000");
    json outer = json_get(p->variables, "index");
    bool ok = true;
    for (int64_t i = 0; i < json_int(times) && ok; i++) {
        json_set_int(&p->variables, "index", i);
        ok = play_list(p, &entry->body);
    }
    if (json_is_absent(outer))
        json_remove(&p->variables, "index");
    else
        json_set_take(&p->variables, "index", outer);
    return ok;
}

static bool play_entry(struct player *p, const struct entry *entry)
{
    json value = json_absent();
    struct fail why = {0};
    bool ok = !entry->value || evaluate(p, entry->value, entry->node, &value);
    if (!ok)
        return false;
    tell_entry(p, entry, value);
    switch (entry->kind) {
    case ENTRY_AT:
    case ENTRY_ADVANCE:
        ok = play_clock(p, entry, value);
        break;
    case ENTRY_ANSWER:
        ok = scenario_play_answer(p, entry, value);
        break;
    case ENTRY_EVENT:
        ok = scenario_play_event(p, entry, value);
        break;
    case ENTRY_CRASH:
        ok = world_crash(p->world, &why) ||
             scenario_wrong(p, entry->node, "after the crash: %s", why.message);
        tell_opened(p);
        break;
    case ENTRY_EXPECT:
        ok = check_show(p, entry->node, value);
        break;
    case ENTRY_MAIL:
    case ENTRY_MAILS:
        ok = play_mail(p, entry, value);
        break;
    case ENTRY_REPEAT:
        ok = play_repeat(p, entry, value);
        break;
    case ENTRY_CONTROL:
        ok = scenario_play_control(p, entry, value);
        break;
    case ENTRY_MEMBER:
        ok = scenario_play_member(p, entry, value);
        break;
    case ENTRY_CLAIM:
        ok = scenario_play_claim(p, entry, value);
        break;
    case ENTRY_COUNT:
        must_not_reach();
    }
    json_free(value);
    return ok;
}

static bool play_list(struct player *p, const struct entry_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!play_entry(p, &list->items[i]))
            return false;
    return true;
}

static bool load_people(struct player *p, struct fail *why)
{
    struct scenario *s = p->scenario;
    struct people *people = world_people(p->world);
    if (s->people_file) {
        struct bytes csv;
        bytes_init(&csv, LIMIT_BODY_BYTES);
        json preview = json_absent();
        bool ok = cli_read_file(s->people_file, &csv, why) &&
                  people_import_preview(people, csv.data, csv.length, &preview, why) &&
                  people_import_commit(people, preview, why);
        bytes_done(&csv);
        json_free(preview);
        return ok;
    }
    for (size_t i = 0; i < json_length(s->people); i++) {
        json person = json_at(s->people, i);
        bool ok = people_put(people, person, why);
        json_free(person);
        if (!ok)
            return fail_within(why, "people[%zu]", i);
    }
    return true;
}

// A task that is misspelt would be refused as one that asks others, which a script may well expect.
static bool task_is_there(struct player *p, const struct definition *d,
                          const struct yaml_node *task)
{
    const char *names[NAMES_MAX];
    size_t count = d->task_count < NAMES_MAX ? d->task_count : NAMES_MAX;
    if (!task || task->kind != YAML_STRING || strstr(task->text, "${") ||
        definition_task_named(d, task->text) != NULL)
        return true;
    for (size_t i = 0; i < count; i++)
        names[i] = d->tasks[i]->name;
    const char *near = diagnostics_nearest(task->text, names, count);
    return scenario_wrong(p, task, "the workflow has no task '%s'%s%s%s", task->text,
                          near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool tasks_are_there(struct player *p, const struct definition *d,
                            const struct entry_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *entry = &list->items[i];
        const struct yaml_node *value = yaml_get(entry->node, entry->control);
        bool names_task = entry->kind == ENTRY_ANSWER || entry->kind == ENTRY_CLAIM;
        if (names_task && value->kind == YAML_MAPPING &&
            !task_is_there(p, d, yaml_get(value, "task")))
            return false;
        if (entry->kind == ENTRY_REPEAT && !tasks_are_there(p, d, &entry->body))
            return false;
    }
    return true;
}

static bool deploy(struct player *p, struct fail *why)
{
    struct bytes text;
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct definition *definition = NULL;
    const char *file = p->watch && p->watch->workflow ? p->watch->workflow : p->scenario->workflow;
    if (cli_read_file(file, &text, why)) {
        definition = engine_deploy(world_engine(p->world), file, text.data, text.length, false,
                                   &diagnostics, why);
        if (!definition && diagnostics.count > 0)
            diagnostics_write_text(&diagnostics, false, &p->result->report);
    }
    bool ok = definition != NULL;
    if (ok) {
        json input = json_absent();
        ok = tasks_are_there(p, definition, &p->scenario->script) &&
             (!p->scenario->input || evaluate(p, p->scenario->input, NULL, &input));
        struct start_opts opts = {
            .definition = {definition->namespace, definition->name, definition->version},
            .input = input,
        };
        ok = ok && engine_start(world_engine(p->world), &opts, &p->instance, why);
        if (ok)
            json_set_text(&p->variables, "instance", p->instance.text);
        json_free(input);
    }
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return ok;
}

// At the end the clock runs on until the instance has ended, unless what is expected is that it
// still waits.
static bool play_end(struct player *p)
{
    struct scenario *s = p->scenario;
    struct fail why = {0};
    json wanted = json_absent();
    if (s->expect && !evaluate(p, s->expect, s->expect_node, &wanted))
        return false;
    const char *status = json_get_text(wanted, "status", "completed");
    enum instance_status parsed;
    bool stays = instance_status_parse(status, &parsed) && parsed < STATUS_CANCELLED;
    bool ok = stays || world_run_to_end(p->world, p->instance.text, PLAY_DAYS_MAX, &why) ||
              scenario_wrong(p, s->expect_node, "%s", why.message);
    ok = ok && (!s->expect || check_show(p, s->expect_node, wanted));
    json_free(wanted);
    return ok;
}

static void tell_opened(const struct player *p)
{
    if (p->watch && p->watch->opened)
        p->watch->opened(p->watch->context, p->world, p->scenario->zone);
}

// What stands in the script, for who looks on.
static void tell_entry(const struct player *p, const struct entry *entry, json value)
{
    static const char *const quiet[] = {"at", "advance", "expect", "mail", "mails", "repeat"};
    if (!p->watch || !p->watch->told)
        return;
    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++)
        if (strcmp(quiet[i], entry->control) == 0)
            return;
    char *detail = json_is_object(value) ? json_dump(value) : mem_string("");
    p->watch->told(p->watch->context, entry->control, detail);
    mem_free(detail);
}

// A scenario that expects nothing shows at least that the workflow does not fail.
static bool something_was_looked_at(struct player *p)
{
    struct fail why = {0};
    json shown = engine_show(world_engine(p->world), p->instance.text, &why),
         error = json_get(shown, "error");
    bool good = p->result->checks > 0 || !json_is_object(error);
    if (!good)
        scenario_wrong(p, p->scenario->document->root,
                       "the workflow faulted, and nothing was expected: %s; write 'expect'",
                       json_get_text(error, "title", ""));
    json_free(error);
    json_free(shown);
    return good;
}

static bool after_script(struct player *p)
{
    struct fail why = {0};
    if (!p->watch || !p->watch->after)
        return play_end(p) && something_was_looked_at(p);
    return p->watch->after(p->watch->context, p->instance.text, &why) ||
           scenario_wrong(p, p->scenario->document->root, "%s", why.message);
}

static bool open_world(struct player *p, struct plugins *plugins)
{
    const struct scenario *s = p->scenario;
    struct fail why = {0};
    p->world = world_new(
        &(struct world_opts){
            .plugins = plugins, .now_ms = s->now_ms, .seed = s->seed, .zone = s->zone},
        &why);
    if (p->world)
        tell_opened(p);
    bool ok = p->world && load_people(p, &why) && deploy(p, &why) && world_settle(p->world, &why);
    if (!ok && why.message[0])
        scenario_wrong(p, s->document->root, "%s", why.message);
    return ok;
}

void scenario_play(struct scenario *s, struct plugins *plugins, const struct scenario_watch *watch,
                   struct scenario_result *result)
{
    struct player p = {.scope = {.variable = variable},
                       .scenario = s,
                       .result = result,
                       .watch = watch,
                       .variables = json_object(),
                       .requests = json_object()};
    result->passed = open_world(&p, plugins) && play_list(&p, &s->script) && after_script(&p);
    if (p.world) {
        result->virtual_ms = world_now_ms(p.world) - s->now_ms;
        world_free(p.world);
    }
    json_free(p.variables);
    json_free(p.requests);
}
