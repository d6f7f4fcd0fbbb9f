#include "cli/scenario_read.h"

#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/context.h"
#include "cli/scenario.h"

static const char *const top_keys[] = {"workflow", "zone",   "now",    "seed",  "people",
                                       "input",    "script", "expect", "title", "description"};
static const struct {
    const char *name;
    enum entry_kind kind;
} entry_names[] = {
    {"at", ENTRY_AT},          {"advance", ENTRY_ADVANCE}, {"answer", ENTRY_ANSWER},
    {"event", ENTRY_EVENT},    {"crash", ENTRY_CRASH},     {"expect", ENTRY_EXPECT},
    {"mail", ENTRY_MAIL},      {"mails", ENTRY_MAILS},     {"repeat", ENTRY_REPEAT},
    {"cancel", ENTRY_CONTROL}, {"pause", ENTRY_CONTROL},   {"resume", ENTRY_CONTROL},
    {"retry", ENTRY_CONTROL},  {"member", ENTRY_MEMBER},   {"claim", ENTRY_CLAIM},
    {"giveBack", ENTRY_CLAIM},
};
#define ENTRY_NAMES (sizeof entry_names / sizeof *entry_names)
static const char *const answer_keys[] = {"task",    "as",       "data",     "key",    "save",
                                          "receipt", "withdraw", "delegate", "recuse", "item"};

static void complain(const struct scenario *s, struct diagnostics *d, const struct yaml_node *node,
                     const char *code, const char *message)
{
    diagnostics_add(d, SEVERITY_ERROR,
                    (struct diagnostic_place){s->file, s->document->source, node->line,
                                              node->column, node->end_column},
                    code, "%s", message);
}

static void check_keys(const struct scenario *s, struct diagnostics *d, const struct yaml_node *map,
                       const char *const *known, size_t count)
{
    for (size_t i = 0; i < map->count; i++) {
        bool found = false;
        for (size_t k = 0; k < count && !found; k++)
            found = strcmp(map->keys[i]->text, known[k]) == 0;
        if (found)
            continue;
        char message[200];
        snprintf(message, sizeof message, "unknown key '%.100s'", map->keys[i]->text);
        complain(s, d, map->keys[i], "unknown-key", message);
        diagnostics_suggest(d, map->keys[i]->text, known, count);
    }
}

static struct template *compile(struct scenario *s, const struct yaml_node *node,
                                struct diagnostics *d)
{
    struct template *t = template_compile(s->expressions, s->document, node, false, d);
    if (!t)
        return NULL;
    if (s->template_count == s->template_capacity) {
        s->template_capacity = s->template_capacity ? s->template_capacity * 2 : 16;
        s->templates = mem_resize(s->templates, s->template_capacity * sizeof *s->templates);
    }
    return s->templates[s->template_count++] = t;
}

static void read_list(struct scenario *s, const struct yaml_node *list, struct entry_list *out,
                      struct diagnostics *d, int depth);

static void read_repeat(struct scenario *s, struct entry *entry, const struct yaml_node *value,
                        struct diagnostics *d, int depth)
{
    const struct yaml_node *times = yaml_get(value, "times"), *body = yaml_get(value, "do");
    if (!times || !body) {
        complain(s, d, value, "repeat", "a 'repeat' needs 'times' and 'do'");
        return;
    }
    entry->value = compile(s, times, d);
    read_list(s, body, &entry->body, d, depth + 1);
}

// One of them would be passed over, and what it was to show would never be looked at.
static void complain_twice(const struct scenario *s, struct diagnostics *d,
                           const struct yaml_node *entry, const char *first, const char *second)
{
    char message[160];
    const struct yaml_node *key = entry;
    for (size_t i = 0; i < entry->count; i++)
        if (strcmp(entry->keys[i]->text, second) == 0)
            key = entry->keys[i];
    snprintf(message, sizeof message,
             "'%s' and '%s' stand in one entry; each is an entry of its own: begin a new '- '",
             first, second);
    complain(s, d, key, "two-in-one", message);
}

static void read_refused(const struct scenario *s, const struct yaml_node *node,
                         struct entry *entry, struct diagnostics *d)
{
    const struct yaml_node *refused = yaml_get(node, "refused");
    bool may_be = entry->kind == ENTRY_ANSWER || entry->kind == ENTRY_EVENT ||
                  entry->kind == ENTRY_CONTROL || entry->kind == ENTRY_MEMBER ||
                  entry->kind == ENTRY_CLAIM;
    if (!refused)
        return;
    if (refused->kind != YAML_STRING || !*refused->text)
        complain(s, d, refused, "refused",
                 "'refused' is the code of the refusal that must come, such as closed");
    else if (!may_be)
        complain(s, d, refused, "refused",
                 "only an answer, a claim, an event, a member and a control can be refused");
    else
        entry->refused = refused->text;
}

// A member that nobody reads would make the entry do something else than it says.
static void check_shape(const struct scenario *s, const struct entry *entry,
                        const struct yaml_node *value, struct diagnostics *d)
{
    static const char *const claim_keys[] = {"task", "as"},
                             *const member_keys[] = {"group", "person", "since", "until", "role"},
                             *const repeat_keys[] = {"times", "do"};
    const char *const *keys = NULL;
    size_t count = 0;
    switch (entry->kind) {
    case ENTRY_ANSWER:
        keys = answer_keys, count = sizeof answer_keys / sizeof *answer_keys;
        break;
    case ENTRY_CLAIM:
        keys = claim_keys, count = 2;
        break;
    case ENTRY_MEMBER:
        keys = member_keys, count = 5;
        break;
    case ENTRY_REPEAT:
        keys = repeat_keys, count = 2;
        break;
    case ENTRY_MAIL:
        if (value->kind != YAML_SEQUENCE)
            complain(s, d, value, "mail", "'mail' is a list of mails, each a subset of one");
        return;
    case ENTRY_EVENT:
    case ENTRY_EXPECT:
        if (value->kind != YAML_MAPPING && value->kind != YAML_STRING)
            complain(s, d, value, "entry", "a mapping is expected here");
        return;
    case ENTRY_AT:
    case ENTRY_ADVANCE:
    case ENTRY_CRASH:
    case ENTRY_MAILS:
    case ENTRY_CONTROL:
    case ENTRY_COUNT:
        return;
    }
    if (value->kind == YAML_MAPPING)
        check_keys(s, d, value, keys, count);
    else if (value->kind != YAML_STRING)
        complain(s, d, value, "entry", "a mapping is expected here");
}

static void read_entry(struct scenario *s, const struct yaml_node *node, struct entry *entry,
                       struct diagnostics *d, int depth)
{
    const char *names[ENTRY_NAMES + 1];
    const struct yaml_node *value = NULL;
    entry->node = node;
    for (size_t i = 0; i < ENTRY_NAMES; i++) {
        const struct yaml_node *found = yaml_get(node, names[i] = entry_names[i].name);
        if (found && value)
            complain_twice(s, d, node, entry->control, names[i]);
        if (!found || value)
            continue;
        value = found;
        entry->kind = entry_names[i].kind;
        entry->control = entry_names[i].name;
    }
    names[ENTRY_NAMES] = "refused";
    check_keys(s, d, node, names, ENTRY_NAMES + 1);
    if (!value) {
        if (node->count == 0)
            complain(s, d, node, "empty-entry",
                     "an entry of the script says what happens: at, advance, "
                     "answer, claim, giveBack, event, member, crash, expect, mail, mails, repeat, "
                     "cancel, pause, resume, retry");
        return;
    }
    read_refused(s, node, entry, d);
    check_shape(s, entry, value, d);
    if (entry->kind == ENTRY_REPEAT)
        read_repeat(s, entry, value, d, depth);
    else
        entry->value = compile(s, value, d);
}

static void read_list(struct scenario *s, const struct yaml_node *list, struct entry_list *out,
                      struct diagnostics *d, int depth)
{
    if (list->kind != YAML_SEQUENCE || depth > 8) {
        complain(s, d, list, "script",
                 depth > 8 ? "repeats are nested too deep" : "a script is a list of entries");
        return;
    }
    out->items = arena_alloc(&s->arena, list->count * sizeof *out->items + 1);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != YAML_MAPPING) {
            complain(s, d, list->items[i], "entry",
                     "an entry of the script is a mapping such as `advance: P1D`");
            continue;
        }
        read_entry(s, list->items[i], &out->items[out->count++], d, depth);
    }
}

// A path in a scenario is relative to the scenario's own folder.
static char *beside(struct scenario *s, const char *path)
{
    const char *slash = strrchr(s->file, '/');
    if (path[0] == '/' || !slash)
        return arena_string(&s->arena, path);
    return arena_printf(&s->arena, "%.*s/%s", (int)(slash - s->file), s->file, path);
}

static void read_clock(struct scenario *s, const struct yaml_node *root, struct diagnostics *d)
{
    struct fail why = {0};
    const struct yaml_node *zone = yaml_get(root, "zone"), *now = yaml_get(root, "now");
    s->zone = zone_utc();
    if (zone && !(s->zone = zone_find(zone->text ? zone->text : "", &why))) {
        complain(s, d, zone, "zone", why.message);
        s->zone = zone_utc();
    }
    s->now_ms =
        1356998400000; // 2013-01-01T00:00:00Z: a scenario without `now` is the same every day
    if (now && !zone_parse(s->zone, now->text ? now->text : "", &s->now_ms, &why))
        complain(s, d, now, "time", why.message);
    const struct yaml_node *seed = yaml_get(root, "seed");
    s->seed = seed && seed->kind == YAML_NUMBER && seed->number >= 0 ? (uint64_t)seed->number : 1;
    if (seed &&
        (seed->kind != YAML_NUMBER || seed->number < 0 || seed->number != floor(seed->number)))
        complain(s, d, seed, "seed", "'seed' is a whole number from 0 on");
}

static void read_top(struct scenario *s, const struct yaml_node *root, struct diagnostics *d)
{
    check_keys(s, d, root, top_keys, sizeof top_keys / sizeof *top_keys);
    const struct yaml_node *workflow = yaml_get(root, "workflow");
    if (workflow && workflow->kind == YAML_STRING)
        s->workflow = beside(s, workflow->text);
    else
        complain(s, d, workflow ? workflow : root, "workflow",
                 "a scenario names its workflow: `workflow: FILE`");
    read_clock(s, root, d);
    const struct yaml_node *people = yaml_get(root, "people");
    if (people && people->kind == YAML_STRING)
        s->people_file = beside(s, people->text);
    else if (people && (people->kind == YAML_SEQUENCE || people->kind == YAML_NULL))
        s->people = yaml_to_json(people);
    else if (people)
        complain(s, d, people, "people",
                 "'people' is a list of persons, or the name of a CSV file");
    const struct yaml_node *input = yaml_get(root, "input"), *script = yaml_get(root, "script");
    if (input)
        s->input = compile(s, input, d);
    if (script && script->kind != YAML_NULL)
        read_list(s, script, &s->script, d, 0);
    if ((s->expect_node = yaml_get(root, "expect")))
        s->expect = compile(s, s->expect_node, d);
}

struct scenario *scenario_read(const char *file, struct diagnostics *diagnostics)
{
    struct scenario *s = mem_new(struct scenario);
    struct bytes text;
    struct fail why = {0};
    arena_init(&s->arena);
    s->file = arena_string(&s->arena, file);
    s->people = json_absent();
    s->expressions = expressions_new();
    bytes_init(&text, LIMIT_DEFINITION_BYTES);
    size_t errors = diagnostics->errors;
    if (!cli_read_file(file, &text, &why))
        diagnostics_add(diagnostics, SEVERITY_ERROR, (struct diagnostic_place){.file = file},
                        "read", "%s", why.message);
    else
        s->document = yaml_parse(file, text.data, text.length, diagnostics);
    bytes_done(&text);
    if (s->document && s->document->root->kind != YAML_MAPPING)
        complain(s, diagnostics, s->document->root, "scenario", "a scenario is a mapping");
    else if (s->document)
        read_top(s, s->document->root, diagnostics);
    if (diagnostics->errors == errors)
        return s;
    scenario_free(s);
    return NULL;
}

void scenario_free(struct scenario *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->template_count; i++)
        template_free(s->templates[i]);
    mem_free(s->templates);
    json_free(s->people);
    yaml_free(s->document);
    expressions_free(s->expressions);
    arena_done(&s->arena);
    mem_free(s);
}
