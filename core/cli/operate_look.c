// The operator's commands that only look: list, show, why.
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/operate.h"
#include "cli/table.h"

static const struct table_column instance_columns[] = {{"ID", "id", 0},
                                                       {"STATUS", "status", 0},
                                                       {"DEFINITION", "definition", 40},
                                                       {"SINCE", "createdAt", 0},
                                                       {"WAITS FOR", "waitsFor", 110}};
static const struct table_column definition_columns[] = {{"NAMESPACE", "namespace", 30},
                                                         {"NAME", "name", 40},
                                                         {"VERSION", "version", 20},
                                                         {"TITLE", "title", 50}};
static const struct table_column item_columns[] = {
    {"ID", "id", 0},           {"STATUS", "status", 0},   {"FOR", "assignee", 20},
    {"TASK", "task", 24},      {"ANSWERS", "answers", 0}, {"TITLE", "title", 50},
    {"CLOSES", "closesAt", 25}};
static const struct table_column people_columns[] = {
    {"ID", "id", 20}, {"NAME", "name", 30}, {"MAIL", "email", 40}, {"GROUPS", "groups", 40}};
static const struct table_column incident_columns[] = {{"INSTANCE", "id", 0},
                                                       {"INCIDENT", "incident", 100}};

static const struct table_column act_columns[] = {
    {"SEQ", "seq", 0}, {"AT", "at", 25}, {"ACTS", "acts", 160}};

#define COLUMNS(c) c, sizeof c / sizeof *c

static const struct listing {
    const char *name, *path;
    const struct table_column *columns;
    size_t count;
    const char *when_empty;
} listings[] = {
    {"instances", "/api/v1/instances", COLUMNS(instance_columns), "no instances"},
    {"definitions", "/api/v1/definitions", COLUMNS(definition_columns),
     "no definitions are deployed"},
    {"items", "/api/v1/items", COLUMNS(item_columns), "no work items"},
    {"people", "/api/v1/people", COLUMNS(people_columns), "nobody is in the directory"},
    {"incidents", "/api/v1/incidents", COLUMNS(incident_columns), "no incidents"},
    {"acts", "/api/v1/acts", COLUMNS(act_columns), "no acts"},
};

static void add_query(struct bytes *path, const char *name, const char *value)
{
    if (!value)
        return;
    bytes_printf(path, "&%s=", name);
    remote_escape(path, value);
}

int operate_list(struct operate *o)
{
    const char *what = o->word_count > 0 ? o->words[0] : "instances";
    const struct listing *listing = NULL;
    for (size_t i = 0; i < sizeof listings / sizeof *listings; i++)
        if (strcmp(listings[i].name, what) == 0)
            listing = &listings[i];
    if (!listing) {
        fprintf(stderr,
                "dure list: there is no list of '%s'; there are instances, definitions, items, "
                "people, incidents, acts\n",
                what);
        return EXIT_USAGE;
    }
    struct bytes path;
    bytes_init(&path, 4096);
    bytes_printf(&path, "%s?limit=%lld", listing->path, (long long)o->limit);
    add_query(&path, "status", o->status);
    add_query(&path, "definition", o->definition);
    add_query(&path, "instance", o->instance);
    add_query(&path, "assignee", o->as);
    json page = json_absent();
    struct fail why = {0};
    bool ok = remote_get(o->t, &page, &why, "%s", path.data);
    bytes_done(&path);
    if (ok && o->json) {
        cli_print_json(page);
    } else if (ok) {
        json items = json_get(page, "items");
        table_print(stdout, items, listing->columns, listing->count, listing->when_empty);
        if (json_get_text(page, "next", NULL))
            printf("… there are more; --limit N shows more of them\n");
        json_free(items);
    }
    json_free(page);
    return ok ? EXIT_GOOD : operate_refused("list", &why);
}

// `as_data`: what a workflow works with is shown as it is, never as somebody's title.
static void print_field(json shown, const char *path, const char *label, bool as_data)
{
    json value = json_path(shown, path);
    bool dumped = as_data && !json_is_absent(value) && !json_is_null(value);
    char *text = dumped ? json_dump(value) : table_text(value);
    if (*text)
        printf("%-12s %s\n", label, text);
    mem_free(text);
    json_free(value);
}

static void print_shown(json shown)
{
    static const struct {
        const char *path, *label;
        bool as_data;
    } fields[] = {{"id", "instance", false},
                  {"title", "title", false},
                  {"definition", "definition", false},
                  {"status", "status", false},
                  {"waitsFor", "waits for", false},
                  {"incident", "incident", false},
                  {"createdAt", "created", false},
                  {"endedAt", "ended", false},
                  {"keptUntil", "kept until", false},
                  {"personalDataRemovedAt", "removed", false},
                  {"input", "input", true},
                  {"output", "output", true},
                  {"error", "error", true},
                  {"parent", "parent", false}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        print_field(shown, fields[i].path, fields[i].label, fields[i].as_data);
    const char *removed = json_get_text(shown, "personalDataRemovedAt", NULL);
    if (removed)
        printf("%-12s the personal data of this case was removed on %.10s, as its workflow says; "
               "its history and numbers stay\n",
               "", removed);
}

static void print_entries(json row)
{
    json entries = json_get(row, "entries");
    for (size_t k = 0; k < json_length(entries); k++) {
        json entry = json_at(entries, k);
        printf("  %s  %-48s %s\n", json_get_text(row, "at", ""), json_get_text(entry, "type", ""),
               json_get_text(entry, "reference", ""));
        json_free(entry);
    }
    json_free(entries);
}

// The whole of it, page after page.
static bool print_history(struct operate *o, struct fail *why)
{
    char *path = operate_path("/api/v1/instances/", o->words[0], "/history"),
         *next = mem_printf("%s", path);
    bool ok = true;
    while (ok && next) {
        json page = json_absent();
        ok = remote_get(o->t, &page, why, "%s", next);
        json rows = json_get(page, "items");
        for (size_t i = 0; i < json_length(rows); i++) {
            json row = json_at(rows, i);
            print_entries(row);
            json_free(row);
        }
        mem_free(next);
        const char *cursor = json_get_text(page, "next", NULL);
        next = cursor ? mem_printf("%s?cursor=%s", path, cursor) : NULL;
        json_free(rows);
        json_free(page);
    }
    mem_free(next);
    mem_free(path);
    return ok;
}

// One member of what is shown: text as it is, the rest as JSON.
static bool print_member(json shown, const char *path, struct fail *why)
{
    json value = json_path(shown, path);
    bool found = !json_is_absent(value);
    if (json_is_string(value))
        printf("%s\n", json_text(value));
    else if (found)
        cli_print_json(value);
    json_free(value);
    return found || fail(why, FAIL_NOT_FOUND, "there is no '%s' in it", path);
}

int operate_show(struct operate *o)
{
    json shown = json_absent();
    struct fail why = {0};
    char *path = operate_path("/api/v1/instances/", o->words[0], "");
    bool ok = remote_get(o->t, &shown, &why, "%s", path);
    mem_free(path);
    if (ok && o->get)
        ok = print_member(shown, o->get, &why);
    else if (ok && o->json)
        cli_print_json(shown);
    else if (ok)
        print_shown(shown);
    json_free(shown);
    if (ok && o->history)
        ok = print_history(o, &why);
    return ok ? EXIT_GOOD : operate_refused("show", &why);
}

int operate_why(struct operate *o)
{
    struct bytes path;
    bytes_init(&path, 4096);
    bytes_add(&path, "/api/v1/events/why?id=");
    remote_escape(&path, o->words[0]);
    add_query(&path, "source", o->source);
    json reasons = json_absent();
    struct fail why = {0};
    bool ok = remote_get(o->t, &reasons, &why, "%s", path.data);
    bytes_done(&path);
    if (ok && o->json) {
        cli_print_json(reasons);
    } else if (ok) {
        static const struct table_column columns[] = {
            {"MATCHED", "matched", 0},        {"SOURCE", "source", 40}, {"INSTANCE", "instance", 0},
            {"DEFINITION", "definition", 40}, {"TASK", "task", 30},     {"REASON", "reason", 0}};
        json items = json_get(reasons, "items");
        table_print(stdout, items, COLUMNS(columns), "nothing listens for events of this type");
        json_free(items);
    }
    json_free(reasons);
    return ok ? EXIT_GOOD : operate_refused("why", &why);
}
