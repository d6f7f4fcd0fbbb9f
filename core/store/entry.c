#include "store/entry.h"

#include <string.h>

#include "base/must.h"

#define FAMILY     "io.serverlessworkflow."
#define CODE_BYTES 2

// Codes are in databases: they may be added, never changed.
static const struct {
    char code[CODE_BYTES + 1];
    const char *type; // without the family
} types[] = {
    {"ts", "task.started.v1"},
    {"tc", "task.completed.v1"},
    {"tf", "task.faulted.v1"},
    {"tx", "task.cancelled.v1"},
    {"tk", "task.skipped.v1"},
    {"tr", "task.retried.v1"},
    {"te", "task.consumed.v1"},
    {"ws", "workflow.started.v1"},
    {"wc", "workflow.completed.v1"},
    {"wf", "workflow.faulted.v1"},
    {"wx", "workflow.cancelled.v1"},
    {"wp", "workflow.suspended.v1"},
    {"wr", "workflow.resumed.v1"},
    {"wb", "workflow.correlation-started.v1"},
    {"we", "workflow.correlation-completed.v1"},
};

#define TYPE_COUNT (sizeof(types) / sizeof(*types))

static const char *code_of(const char *type)
{
    static const size_t family = sizeof(FAMILY) - 1;
    if (strncmp(type, FAMILY, family) != 0)
        return NULL;
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (strcmp(type + family, types[i].type) == 0)
            return types[i].code;
    return NULL;
}

static const char *last_segment(const char *reference)
{
    const char *slash = strrchr(reference, '/');
    return slash ? slash + 1 : reference;
}

static void add_comma(struct bytes *out)
{
    must(out->length > 0);
    if (out->data[out->length - 1] != '[')
        bytes_add_char(out, ',');
}

static bool has_member(json object)
{
    int at = 0;
    const char *key;
    json value;
    return json_any(object, &at, &key, &value);
}

// The members of `more` and, where it does not follow from the reference, the name.
static void add_more(const struct entry *e, struct bytes *out)
{
    bool named = strcmp(e->name, last_segment(e->reference)) != 0;
    if (!named && !has_member(e->more))
        return;
    bytes_add_char(out, ',');
    if (!named)
        json_write(e->more, JSON_COMPACT, out);
    else
        json_write_with(e->more, "name", e->name, out);
}

static void add_long(const struct entry *e, struct bytes *out)
{
    json entry = json_is_object(e->more) ? json_ref(e->more) : json_object();
    json_set_text(&entry, "type", e->type);
    json_set_text(&entry, "reference", e->reference);
    json_set_text(&entry, "name", e->name);
    if (e->attempt != ENTRY_NO_ATTEMPT)
        json_set_int(&entry, "attempt", e->attempt);
    json_write(entry, JSON_COMPACT, out);
    json_free(entry);
}

void entry_add(const struct entry *e, struct bytes *out)
{
    const char *code = code_of(e->type);
    must(e->attempt >= ENTRY_NO_ATTEMPT);
    add_comma(out);
    if (!code) {
        add_long(e, out);
        return;
    }
    bytes_append(out, "[\"", 2);
    bytes_append(out, code, CODE_BYTES);
    bytes_append(out, "\",", 2);
    json_write_text(e->reference, strlen(e->reference), out);
    if (e->attempt != ENTRY_NO_ATTEMPT) {
        bytes_add_char(out, ',');
        bytes_add_int(out, e->attempt);
    }
    add_more(e, out);
    bytes_add_char(out, ']');
}

void entry_add_json(json v, struct bytes *out)
{
    struct entry e = {.type = json_get_text(v, "type", NULL),
                      .reference = json_get_text(v, "reference", NULL),
                      .name = json_get_text(v, "name", NULL),
                      .attempt = json_get_int(v, "attempt", ENTRY_NO_ATTEMPT)};
    if (!e.type || !e.reference || !e.name || !code_of(e.type) || e.attempt < ENTRY_NO_ATTEMPT) {
        add_comma(out);
        json_write(v, JSON_COMPACT, out);
        return;
    }
    e.more = json_ref(v); // the texts above live on in v
    json_remove(&e.more, "type");
    json_remove(&e.more, "reference");
    json_remove(&e.more, "name");
    if (e.attempt != ENTRY_NO_ATTEMPT)
        json_remove(&e.more, "attempt");
    entry_add(&e, out);
    json_free(e.more);
}

// ---- reading

static bool set_type(json *entry, json code)
{
    if (!json_is_string(code))
        return false;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(json_text(code), types[i].code) != 0)
            continue;
        json_set_take(entry, "type", json_printf(FAMILY "%s", types[i].type));
        return true;
    }
    return false;
}

static bool set_reference(json *entry, json reference)
{
    if (!json_is_string(reference))
        return false;
    json_set(entry, "reference", reference);
    json_set_text(entry, "name", last_segment(json_text(reference)));
    return true;
}

static bool set_rest(json *entry, json stored)
{
    for (size_t i = 2; i < json_length(stored); i++) {
        json v = json_at(stored, i);
        bool fits = true;
        if (json_is_number(v))
            json_set(entry, "attempt", v);
        else if (json_is_object(v))
            json_merge(entry, v);
        else
            fits = false;
        json_free(v);
        if (!fits)
            return false;
    }
    return true;
}

// What is none of ours (a later version's) is shown as it stands.
static json expanded(json stored)
{
    if (!json_is_array(stored))
        return json_ref(stored);
    json entry = json_object(), code = json_at(stored, 0), reference = json_at(stored, 1);
    bool known =
        set_type(&entry, code) && set_reference(&entry, reference) && set_rest(&entry, stored);
    json_free(code);
    json_free(reference);
    if (!known)
        json_swap_take(&entry, json_ref(stored));
    return entry;
}

bool entries_read(const char *text, size_t bytes, json *out, struct fail *why)
{
    json stored;
    *out = json_absent();
    if (!json_parse_stored(text, bytes, &stored, why))
        return false;
    if (!json_is_array(stored)) {
        json_free(stored);
        return fail(why, FAIL_CORRUPT, "the entries of a row of history are no list");
    }
    *out = json_array();
    for (size_t i = 0; i < json_length(stored); i++) {
        json entry = json_at(stored, i);
        json_append_take(out, expanded(entry));
        json_free(entry);
    }
    json_free(stored);
    return true;
}
