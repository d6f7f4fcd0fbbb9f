#include "cli/rehearsal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "calendar/instant.h"
#include "calendar/zone.h"
#include "cli/context.h"
#include "cli/sample.h"
#include "cli/scenario.h"
#include "people/item.h"
#include "plugin/world.h"

#define ROUNDS_MAX 10000 // of answers at one moment: a form that asks again for ever ends there

struct happening {
    int64_t ms;
    size_t order;
    json event;
};

struct rehearsal {
    const struct rehearsal_opts *opts;
    struct world *world;
    const struct zone *zone;
    char instance[ID_LENGTH + 1];
    struct happening *list;
    size_t count, capacity;
    struct map answered; // ids of items that were seen to
    int64_t asked;
    json shown;
};

static void add(struct rehearsal *r, int64_t ms, const char *what, const char *detail)
{
    char at[64];
    zone_write(r->zone, ms, at, sizeof at);
    json event = json_object();
    json_set_text(&event, "at", at);
    json_set_text(&event, "what", what);
    json_set_text(&event, "detail", detail);
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 64;
        r->list = mem_resize(r->list, r->capacity * sizeof *r->list);
    }
    r->list[r->count] = (struct happening){ms, r->count, event};
    r->count++;
}

static void on_happened(void *context, const char *instance, int64_t at_ms, json entry)
{
    static const char *const told[][2] = {{"task.started.v1", "begins"},
                                          {"task.completed.v1", "ends"},
                                          {"task.faulted.v1", "fails"},
                                          {"task.retried.v1", "tries again"},
                                          {"workflow.completed.v1", "workflow completed"},
                                          {"workflow.cancelled.v1", "workflow cancelled"},
                                          {"workflow.faulted.v1", "workflow faulted"}};
    struct rehearsal *r = context;
    const char *type = json_get_text(entry, "type", "");
    (void)instance;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (strstr(type, told[i][0]))
            add(r, at_ms, told[i][1], json_get_text(entry, "name", ""));
}

static void on_opened(void *context, struct world *w, const struct zone *zone)
{
    struct rehearsal *r = context;
    r->world = w;
    r->zone = zone;
    engine_listen(world_engine(w), on_happened, r);
}

static void on_told(void *context, const char *what, const char *detail)
{
    struct rehearsal *r = context;
    add(r, world_now_ms(r->world), what, detail);
}

// ---- everybody answers

// Who answers what a group or a role is asked: the first of them.
static char *answerer(struct rehearsal *r, json item)
{
    const char *assignee = json_get_text(item, "assignee", NULL);
    const char *group = assignee && strncmp(assignee, "group ", 6) == 0 ? assignee + 6 : NULL,
               *role = assignee && strncmp(assignee, "role ", 5) == 0 ? assignee + 5 : NULL;
    if (!group && !role)
        return mem_string(assignee);
    struct fail why = {0};
    json selector = json_object(), selected = json_absent();
    json_set_text(&selector, group ? "group" : "role", group ? group : role);
    struct select_opts opts = {.at_ms = world_now_ms(r->world), .brief = true, .limit = 1};
    bool ok = people_select(world_people(r->world), selector, &opts, &selected, &why);
    json id = ok ? json_path(selected, "people.0.id") : json_absent();
    char *who = mem_string(json_is_string(id) ? json_text(id) : assignee);
    json_free(id);
    json_free(selected);
    json_free(selector);
    return who;
}

static void answer(struct rehearsal *r, json item)
{
    struct fail why = {0};
    json schema = json_path(item, "form.schema"), reply = json_absent();
    char *who = answerer(r, item);
    struct answer given = {
        .item = json_get_text(item, "id", ""), .person = who, .data = sample_of(schema)};
    bool ok = item_answer(world_people(r->world), &given, &reply, &why);
    char *data = json_dump(given.data);
    char *detail =
        mem_printf("%s: %s %s%s%s", json_get_text(item, "task", ""), who ? who : "somebody", data,
                   ok ? "" : " is refused: ", ok ? "" : (*why.code ? why.code : why.message));
    add(r, world_now_ms(r->world), "answer", detail);
    mem_free(detail);
    mem_free(data);
    mem_free(who);
    json_free(given.data);
    json_free(reply);
    json_free(schema);
}

static int64_t opens_ms(json item)
{
    const char *text = json_get_text(item, "opensAt", NULL);
    int64_t ms;
    struct fail why = {0};
    return text && zone_parse(zone_utc(), text, &ms, &why) ? ms : INT64_MIN;
}

// One pass over what is open; *opens: when the first of what is not open yet does.
static bool answer_open(struct rehearsal *r, int64_t *opens, bool *any, struct fail *why)
{
    json page = json_absent(), last = json_absent();
    *any = false;
    *opens = INT64_MAX;
    do {
        struct item_list_opts opts = {.status = "open",
                                      .after = json_is_string(last) ? json_text(last) : NULL,
                                      .limit = LIMIT_PAGE_ROWS};
        json_swap_take(&page, item_list(world_people(r->world), &opts, why));
        for (size_t i = 0; i < json_length(page); i++) {
            json item = json_at(page, i);
            const char *id = json_get_text(item, "id", "");
            json_swap_take(&last, json_get(item, "id"));
            int64_t ms = opens_ms(item);
            if (!map_get(&r->answered, id) && ms > world_now_ms(r->world)) {
                *opens = ms < *opens ? ms : *opens;
            } else if (!map_get(&r->answered, id)) {
                map_put(&r->answered, id, r);
                r->asked++;
                *any = true;
                if (r->opts->answers == ANSWERS_EVERYBODY)
                    answer(r, item);
            }
            json_free(item);
        }
    } while (json_length(page) == LIMIT_PAGE_ROWS);
    bool ok = json_is_array(page);
    json_free(page);
    json_free(last);
    return ok;
}

static bool answer_all(struct rehearsal *r, int64_t *opens, struct fail *why)
{
    bool any = true;
    for (int i = 0; any && i < ROUNDS_MAX; i++) {
        if (!answer_open(r, opens, &any, why) || (any && !world_settle(r->world, why)))
            return false;
    }
    return true;
}

// From due moment to due moment.
static bool go_on(struct rehearsal *r, struct fail *why)
{
    int64_t last = r->opts->now_ms + r->opts->days * 86400000, opens;
    if (r->opts->answers == ANSWERS_SCRIPT)
        last = world_now_ms(r->world) + r->opts->days * 86400000;
    for (;;) {
        if (!answer_all(r, &opens, why))
            return false;
        int64_t due = engine_next_due_ms(world_engine(r->world));
        if (r->opts->answers == ANSWERS_EVERYBODY && opens != INT64_MAX)
            due = due == INSTANT_NONE || opens < due ? opens : due;
        if (due == INSTANT_NONE || due > last)
            return true;
        if (due < world_now_ms(r->world))
            due = world_now_ms(r->world);
        if (!world_move_to(r->world, due, why))
            return false;
    }
}

// ---- the result

static void take_mails(struct rehearsal *r)
{
    struct fail why = {0};
    json mails = world_mails(r->world, 0, &why);
    for (size_t i = 0; i < json_length(mails); i++) {
        json mail = json_at(mails, i);
        int64_t ms = world_now_ms(r->world);
        char *text = mem_printf("to %s: %s", json_get_text(mail, "to", ""),
                                json_get_text(mail, "subject", ""));
        if (!zone_parse(zone_utc(), json_get_text(mail, "at", ""), &ms, &why))
            ms = world_now_ms(r->world);
        add(r, ms, "mail", text);
        mem_free(text);
        json_free(mail);
    }
    json_free(mails);
}

static int by_time(const void *a, const void *b)
{
    const struct happening *x = a, *y = b;
    if (x->ms != y->ms)
        return x->ms < y->ms ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

// After a script too: what is still open goes on without answers.
static bool finish(void *context, const char *instance, struct fail *why)
{
    struct rehearsal *r = context;
    if (!go_on(r, why))
        return false;
    r->shown = engine_show(world_engine(r->world), instance, why);
    take_mails(r);
    return json_is_object(r->shown);
}

static json result_of(struct rehearsal *r)
{
    static const char *const names[] = {"nobody", "everybody", "script"};
    json out = json_object(), events = json_array();
    qsort(r->list, r->count, sizeof *r->list, by_time);
    for (size_t i = 0; i < r->count; i++)
        json_append(&events, r->list[i].event);
    json_set_text(&out, "answers", names[r->opts->answers]);
    json_set_take(&out, "events", events);
    json_set(&out, "instance", r->shown);
    json_set_int(&out, "asked", r->asked);
    return out;
}

// ---- without a script

static bool import(struct rehearsal *r, struct fail *why)
{
    if (!r->opts->people)
        return true;
    struct bytes csv;
    json preview = json_absent();
    bytes_init(&csv, LIMIT_BODY_BYTES);
    bool ok = cli_read_file(r->opts->people, &csv, why) &&
              people_import_preview(world_people(r->world), csv.data, csv.length, &preview, why) &&
              people_import_commit(world_people(r->world), preview, why);
    json_free(preview);
    bytes_done(&csv);
    return ok;
}

static struct definition *deploy(struct rehearsal *r, struct fail *why)
{
    struct bytes text;
    struct diagnostics diagnostics;
    struct definition *d = NULL;
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    diagnostics_init(&diagnostics);
    if (cli_read_file(r->opts->file, &text, why))
        d = engine_deploy(world_engine(r->world), r->opts->file, text.data, text.length, true,
                          &diagnostics, why);
    if (!d)
        cli_print_diagnostics(&diagnostics);
    diagnostics_done(&diagnostics);
    bytes_done(&text);
    return d;
}

static bool play_file(struct rehearsal *r, struct fail *why)
{
    const struct rehearsal_opts *opts = r->opts;
    struct world *w = world_new(
        &(struct world_opts){.plugins = opts->plugins, .now_ms = opts->now_ms, .seed = 1}, why);
    if (!w)
        return false;
    on_opened(r, w, zone_utc());
    struct definition *d = import(r, why) ? deploy(r, why) : NULL;
    struct id id;
    bool ok = d != NULL;
    if (ok) {
        struct start_opts start = {.definition = {d->namespace, d->name, d->version},
                                   .input = opts->input};
        r->zone = d->zone;
        ok = engine_start(world_engine(w), &start, &id, why) && world_settle(w, why) &&
             finish(r, id.text, why);
    }
    world_free(w);
    return ok;
}

static bool play_script(struct rehearsal *r, struct fail *why)
{
    struct diagnostics diagnostics;
    struct scenario_result result = {0};
    struct scenario_watch watch = {.context = r,
                                   .workflow = r->opts->file,
                                   .opened = on_opened,
                                   .told = on_told,
                                   .after = finish};
    diagnostics_init(&diagnostics);
    bytes_init(&result.report, 1 << 20);
    struct scenario *scenario = scenario_read(r->opts->script, &diagnostics);
    if (scenario)
        scenario_play(scenario, r->opts->plugins, &watch, &result);
    cli_print_diagnostics(&diagnostics);
    if (!result.passed)
        fail(why, FAIL_INVALID, "%s does not play: %s", r->opts->script,
             scenario ? result.report.data : "it has mistakes");
    scenario_free(scenario);
    bytes_done(&result.report);
    diagnostics_done(&diagnostics);
    return result.passed;
}

json rehearsal_play(const struct rehearsal_opts *opts, struct fail *why)
{
    struct rehearsal r = {.opts = opts, .shown = json_absent(), .zone = zone_utc()};
    map_init(&r.answered);
    bool ok = opts->answers == ANSWERS_SCRIPT ? play_script(&r, why) : play_file(&r, why);
    json out = ok ? result_of(&r) : json_absent();
    for (size_t i = 0; i < r.count; i++)
        json_free(r.list[i].event);
    mem_free(r.list);
    map_done(&r.answered);
    json_free(r.shown);
    return out;
}
