// What can be known of a mail before it is sent: that the template a task names is there, and that
// every place in it has a value. A function says by the keyword `x-mail-template` at a property of
// its schema that the text there may name a template, and which values it brings itself.
#include "definition/build.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "definition/mail_template.h"

#define KEYWORD   "x-mail-template"
#define KNOWN_MAX 128

static void check_part(struct builder *b, const struct yaml_node *node, bool is_subject)
{
    struct placeholder p;
    for (const char *text = node_text(node); text && placeholder_next(text, &p); text = p.end) {
        if (p.broken)
            report(b, SEVERITY_ERROR, node, "bad-placeholder",
                   "a place in a template is {{name}}, with 1 to %d bytes between the brackets",
                   PLACEHOLDER_NAME_MAX);
        else if (is_subject && strcmp(p.name, "subject") == 0)
            report(b, SEVERITY_ERROR, node, "bad-placeholder",
                   "a subject cannot hold {{subject}}, which is itself");
    }
}

void check_mail_templates(struct builder *b, const struct yaml_node *templates)
{
    for (size_t i = 0; node_mapping(templates) && i < templates->count; i++) {
        const struct yaml_node *template = templates->items[i];
        for (size_t k = 0; node_mapping(template) && k < template->count; k++) {
            check_part(b, node_field(template->items[k], "subject"), true);
            check_part(b, node_field(template->items[k], "text"), false);
            check_part(b, node_field(template->items[k], "html"), false);
        }
    }
}

// ---- a call

struct use {
    struct builder *b;
    const struct yaml_node *name, *values; // of `with`
    json template;
    json given;                  // names that the function brings
    const char *told[KNOWN_MAX]; // one message a name
    size_t told_count;
    bool subject; // the task gives one
};

static bool is_one_of(json list, const char *text)
{
    bool found = false;
    for (size_t i = 0; !found && i < json_length(list); i++) {
        json item = json_at(list, i);
        found = json_is_string(item) && strcmp(json_text(item), text) == 0;
        json_free(item);
    }
    return found;
}

// Attributes of persons differ from one to the other; `values` may be computed.
static bool is_known(const struct use *u, const char *name)
{
    size_t head = strcspn(name, ".");
    bool whole = !u->values || u->values->kind != YAML_MAPPING;
    if (strncmp(name, "person.", 7) == 0 || is_one_of(u->given, name))
        return true;
    for (size_t i = 0; !whole && i < u->values->count; i++) {
        const char *key = u->values->keys[i]->text;
        if (strcmp(key, name) == 0 || (strncmp(key, name, head) == 0 && key[head] == 0))
            return true;
    }
    return whole && u->values != NULL;
}

static void suggest(struct use *u, const char *name)
{
    json held[KNOWN_MAX];
    const char *names[KNOWN_MAX];
    size_t count = 0, given = json_length(u->given);
    for (size_t i = 0; i < given && count < KNOWN_MAX; i++)
        held[count++] = json_at(u->given, i);
    for (size_t i = 0; i < count; i++)
        names[i] = json_text(held[i]);
    given = count;
    for (size_t i = 0; node_mapping(u->values) && i < u->values->count && count < KNOWN_MAX; i++)
        names[count++] = u->values->keys[i]->text;
    shape_suggest(u->b->diagnostics, name, names, count);
    for (size_t i = 0; i < given; i++)
        json_free(held[i]);
}

static void need(struct use *u, const struct placeholder *p)
{
    for (size_t i = 0; i < u->told_count; i++)
        if (strcmp(u->told[i], p->name) == 0)
            return;
    if (u->told_count == KNOWN_MAX)
        return;
    u->told[u->told_count++] = arena_string(&u->b->d->arena, p->name);
    report(
        u->b, SEVERITY_ERROR, u->name, "missing-value",
        "the template '%s' needs {{%s}}, which has no value here: add '%s' to 'values', or write "
        "{{person.%s}} for an attribute of the recipient",
        u->name->text, p->name, p->name, p->name);
    suggest(u, p->name);
}

static void check_places(struct use *u, json part, const char *member)
{
    struct placeholder p;
    bool is_subject = strcmp(member, "subject") == 0;
    const char *text = is_subject && u->subject ? NULL : json_get_text(part, member, NULL);
    for (; text && placeholder_next(text, &p); text = p.end)
        if (!p.broken && !p.optional && (is_subject || strcmp(p.name, "subject") != 0) &&
            !is_known(u, p.name))
            need(u, &p);
}

static void check_languages(struct use *u)
{
    static const char *const languages[] = {"ko", "en"};
    for (size_t i = 0; i < 2; i++) {
        json part = json_get(u->template, languages[i]);
        if (json_is_object(part)) {
            check_places(u, part, "subject");
            check_places(u, part, "text");
            check_places(u, part, "html");
            if (!u->subject && !json_has(part, "subject"))
                report(u->b, SEVERITY_ERROR, u->name, "missing-subject",
                       "neither the task nor the template '%s' in '%s' has a subject",
                       u->name->text, languages[i]);
        }
        json_free(part);
    }
}

// One word of ASCII is meant as a name; anything else may be the text of a mail itself.
static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text))
        return false;
    while (isalnum((unsigned char)*text) || *text == '-' || *text == '_')
        text++;
    return *text == 0;
}

static void unknown(struct builder *b, const struct yaml_node *name)
{
    report(b, SEVERITY_ERROR, name, "unknown-template",
           "there is no template '%s'; write it under 'document.metadata.dure.templates'",
           name->text);
    char *near = mail_template_nearest(b->d->metadata, name->text);
    const char *names[] = {near};
    if (near)
        shape_suggest(b->diagnostics, name->text, names, 1);
    mem_free(near);
}

static void check_one(struct builder *b, const struct yaml_node *with, const struct yaml_node *name,
                      json given)
{
    if (node_text(name) == NULL || strstr(name->text, "${") != NULL)
        return;
    struct use u = {.b = b,
                    .name = name,
                    .values = node_field(with, "values"),
                    .template = mail_template_find(b->d->metadata, name->text),
                    .given = given,
                    .subject = node_field(with, "subject") != NULL};
    if (json_is_object(u.template))
        check_languages(&u);
    else if (is_name(name->text))
        unknown(b, name);
    json_free(u.template);
}

void check_mail_use(struct builder *b, const struct function_signature *signature,
                    const struct yaml_node *with)
{
    if (node_mapping(with) == NULL)
        return;
    json properties = json_get(signature->input_schema, "properties");
    for (size_t i = 0; i < with->count; i++) {
        json property = json_get(properties, with->keys[i]->text),
             given = json_get(property, KEYWORD);
        if (json_is_array(given))
            check_one(b, with, with->items[i], given);
        json_free(given);
        json_free(property);
    }
    json_free(properties);
}
