#include "definition/build.h"

#include <ctype.h>
#include <string.h>

#include "calendar/recurrence.h"
#include "definition/language.h"

#define NAME_LENGTH_MAX 63

// ── document ──

static void check_dsl(struct builder *b, const struct yaml_node *node)
{
    static const char *const VERSIONS[] = {"1.0.0", "1.0.1", "1.0.2", "1.0.3"};
    const char *text = node_text(node);
    for (size_t i = 0; text != NULL && i < sizeof VERSIONS / sizeof *VERSIONS; i++)
        if (strcmp(text, VERSIONS[i]) == 0)
            return;
    if (text != NULL)
        report(b, SEVERITY_ERROR, node, "unknown-dsl",
               "version '%s' of the language is not known; dure reads 1.0.0 to 1.0.3", text);
}

static void check_label(struct builder *b, const struct yaml_node *node, const char *what)
{
    const char *text = node_text(node);
    if (text == NULL)
        return;
    size_t length = strlen(text);
    bool good =
        length > 0 && length <= NAME_LENGTH_MAX && text[0] != '-' && text[length - 1] != '-';
    for (size_t i = 0; i < length; i++)
        good = good && (isalnum((unsigned char)text[i]) || text[i] == '-');
    if (!good)
        report(b, SEVERITY_ERROR, node, "bad-name",
               "the %s '%s' is not allowed: it takes letters a-z, digits and hyphens inside, %d "
               "at most",
               what, text, NAME_LENGTH_MAX);
}

// One of the three numbers of a version: digits without a leading zero.
static const char *version_number(const char *s)
{
    if (!isdigit((unsigned char)*s) || (*s == '0' && isdigit((unsigned char)s[1])))
        return NULL;
    while (isdigit((unsigned char)*s))
        s++;
    return s;
}

// Dotted identifiers after '-' or '+'; in a pre-release a number has no leading zero.
static const char *version_identifiers(const char *s, bool prerelease)
{
    do {
        const char *start = ++s;
        bool number = true;
        for (; isalnum((unsigned char)*s) || *s == '-'; s++)
            number = number && isdigit((unsigned char)*s);
        if (s == start || (prerelease && number && *start == '0' && s - start > 1))
            return NULL;
    } while (*s == '.');
    return s;
}

static bool is_version(const char *s) // semver.org 2.0.0
{
    for (int i = 0; i < 3; i++) {
        if (i > 0 && *s++ != '.')
            return false;
        s = version_number(s);
        if (s == NULL)
            return false;
    }
    if (*s == '-')
        s = version_identifiers(s, true);
    if (s != NULL && *s == '+')
        s = version_identifiers(s, false);
    return s != NULL && *s == '\0';
}

static void check_version(struct builder *b, const struct yaml_node *node)
{
    const char *text = node_text(node);
    if (text != NULL && !is_version(text))
        report(b, SEVERITY_ERROR, node, "bad-version",
               "'%s' is no version; write three numbers, as 1.0.0", text);
}

// ── metadata.dure ──

static void read_zone(struct builder *b, const struct yaml_node *node)
{
    struct fail why;
    if (node_text(node) == NULL)
        return;
    const struct zone *zone = zone_find(node->text, &why);
    if (zone != NULL)
        b->d->zone = zone;
    else
        report(b, SEVERITY_ERROR, node, "unknown-zone", "%s", why.message);
}

static void check_calendar(struct builder *b, const struct yaml_node *node)
{
    struct fail why;
    int32_t date;
    for (size_t i = 0; node_sequence(node) != NULL && i < node->count; i++)
        if (node_text(node->items[i]) != NULL && !date_parse(node->items[i]->text, &date, &why))
            report(b, SEVERITY_ERROR, node->items[i], "bad-date", "%s", why.message);
}

static void read_rule(struct builder *b, const struct yaml_node *node)
{
    struct fail why;
    const char *text = node_text(node);
    if (text == NULL)
        return;
    if (!rrule_check(text, &why)) {
        report(b, SEVERITY_ERROR, node, "bad-rrule", "%s", why.message);
        return;
    }
    b->d->schedule.given = true;
    b->d->schedule.rrule = text;
}

// The engine asks it of the definition, when no instance is in hand.
static void read_retention(struct builder *b, const struct yaml_node *node)
{
    b->d->retention = build_duration(b, node, PHASE_WORKFLOW_INPUT);
    if (b->d->retention.expression != NULL)
        report(b, SEVERITY_ERROR, node, "bad-duration",
               "'retention' must be a duration such as P1Y, the same for every case");
}

static void read_metadata(struct builder *b, const struct yaml_node *dure)
{
    if (node_mapping(dure) == NULL)
        return;
    b->d->metadata = yaml_to_json(dure);
    const char *names[16];
    for (size_t i = 0; i < LANGUAGE_METADATA.key_count; i++)
        names[i] = LANGUAGE_METADATA.keys[i].name;
    for (size_t i = 0; i < dure->count; i++) {
        bool known = false;
        for (size_t k = 0; k < LANGUAGE_METADATA.key_count; k++)
            known = known || strcmp(names[k], dure->keys[i]->text) == 0;
        if (known)
            continue;
        report(b, SEVERITY_WARNING, dure->keys[i], "unknown-key",
               "unknown key '%s' in 'metadata.dure'; nothing reads it", dure->keys[i]->text);
        shape_suggest(b->diagnostics, dure->keys[i]->text, names, LANGUAGE_METADATA.key_count);
    }
    read_zone(b, node_field(dure, "zone"));
    check_calendar(b, node_field(dure, "calendar"));
    read_retention(b, node_field(dure, "retention"));
    read_rule(b, node_field(node_field(dure, "schedule"), "rrule"));
    check_mail_templates(b, node_field(dure, "templates"));
}

static void read_document(struct builder *b, const struct yaml_node *document)
{
    struct definition *d = b->d;
    d->dsl = node_text(node_field(document, "dsl"));
    d->namespace = node_text(node_field(document, "namespace"));
    d->name = node_text(node_field(document, "name"));
    d->version = node_text(node_field(document, "version"));
    d->title = node_text(node_field(document, "title"));
    d->summary = node_text(node_field(document, "summary"));
    check_dsl(b, node_field(document, "dsl"));
    check_label(b, node_field(document, "namespace"), "namespace");
    check_label(b, node_field(document, "name"), "name");
    check_version(b, node_field(document, "version"));
    read_metadata(b, node_field(node_field(document, "metadata"), "dure"));
}

// ── schedule, evaluate ──

static void check_every(struct builder *b, const struct yaml_node *node,
                        const struct duration_source *every)
{
    if (every->given && every->constant && duration_is_zero(&every->duration))
        report(b, SEVERITY_ERROR, node, "bad-duration",
               "'every' cannot be zero; the workflow would start without end");
    if (every->given && every->expression != NULL)
        report(b, SEVERITY_ERROR, node, "bad-duration",
               "a schedule has no input to compute with; write a constant duration");
}

static void read_cron(struct builder *b, const struct yaml_node *node)
{
    struct schedule *s = &b->d->schedule;
    struct fail why;
    s->has_cron = cron_parse(node->text, &s->cron, &why);
    if (!s->has_cron)
        report(b, SEVERITY_ERROR, node, "bad-cron", "%s", why.message);
}

static void read_schedule(struct builder *b, const struct yaml_node *node)
{
    struct schedule *s = &b->d->schedule;
    const struct yaml_node *cron = node_field(node, "cron"), *on = node_field(node, "on");
    if (node_mapping(node) == NULL)
        return;
    s->given = true;
    s->every = build_duration(b, node_field(node, "every"), PHASE_WORKFLOW_INPUT);
    s->after = build_duration(b, node_field(node, "after"), PHASE_WORKFLOW_INPUT);
    check_every(b, node_field(node, "every"), &s->every);
    if (node_text(cron) != NULL)
        read_cron(b, cron);
    if (node_mapping(on) != NULL) {
        s->on = arena_new(&b->d->arena, struct event_strategy);
        build_strategy(b, on, NULL, s->on);
    }
    s->read = build_read(node_field(node, "read"));
    if (on == NULL && node_field(node, "read") != NULL)
        report(b, SEVERITY_ERROR, yaml_key(node, "read"), "useless-key",
               "'read' says how events are read, but there is no 'on'");
}

static void read_evaluate(struct builder *b, const struct yaml_node *node)
{
    const struct yaml_node *language = node_field(node, "language");
    const struct yaml_node *mode = node_field(node, "mode");
    if (node_text(language) != NULL && strcmp(language->text, "jq") != 0)
        report(b, SEVERITY_ERROR, language, "unsupported",
               "expressions in '%s' are not available in this version of dure; use jq",
               language->text);
    if (node_text(mode) != NULL && strcmp(mode->text, "loose") == 0)
        report(b, SEVERITY_ERROR, mode, "unsupported",
               "loose expressions are not available in this version of dure; write '${ … }' "
               "around them");
}

// ── the whole ──

void build_document(struct builder *b, const struct yaml_node *root)
{
    struct definition *d = b->d;
    read_document(b, node_field(root, "document"));
    read_evaluate(b, node_field(root, "evaluate"));
    build_use(b, node_field(root, "use"));
    const struct yaml_node *input = node_field(root, "input");
    const struct yaml_node *output = node_field(root, "output");
    d->data.input_schema = build_schema(b, node_field(input, "schema"));
    d->data.input_from = build_template(b, node_field(input, "from"), true, PHASE_WORKFLOW_INPUT);
    d->data.output_schema = build_schema(b, node_field(output, "schema"));
    d->data.output_as = build_template(b, node_field(output, "as"), true, PHASE_WORKFLOW_OUTPUT);
    d->timeout = build_timeout(b, node_field(root, "timeout"));
    read_schedule(b, node_field(root, "schedule"));
    json tasks = json_get(d->source, "do");
    d->body = build_tasks(b, node_field(root, "do"), tasks, NULL, "/do");
    json_free(tasks);
    for (size_t i = 0; i < d->body.count; i++)
        d->body.items[i]->siblings = &d->body;
}
