// An outcome is a record of its instance under a path that no step has, so that it stays when the
// step's own records go. Its key is a hash of step and name: short enough for an address.
#include "people/outcome.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "calendar/instant.h"
#include "people/item_row.h"

#define OUTCOME_PATH      "\x02outcome"
#define OUTCOME_BYTES_MAX (256 * 1024)

static void mark_of(const struct step_address *step, const char *name, char out[OUTCOME_MARK_SIZE])
{
    struct hasher h;
    char hex[HASH_HEX_SIZE];
    hasher_init(&h);
    hasher_add_field(&h, step->path, strlen(step->path));
    hasher_add_field(&h, &step->attempt, sizeof step->attempt);
    hasher_add_field(&h, name, strlen(name));
    struct hash hash = hasher_done(&h);
    hash_hex(&hash, hex);
    memcpy(out, hex, OUTCOME_MARK_SIZE - 1);
    out[OUTCOME_MARK_SIZE - 1] = 0;
}

static void note_outcome(struct people *p, const struct step_address *step, const char *mark,
                         const char *text)
{
    char hex[HASH_HEX_SIZE];
    struct hash hash = hash_of(text, strlen(text));
    hash_hex(&hash, hex);
    json entry = json_object();
    json_set_text(&entry, "type", "outcome");
    json_set_text(&entry, "path", step->path);
    json_set_text(&entry, "mark", mark);
    json_set_text(&entry, "hash", hex);
    engine_step_note(p->engine, step, entry);
    json_free(entry);
}

static bool check(json document, struct fail *why)
{
    json title = json_get(document, "title");
    bool titled = json_is_string(title) || json_is_object(title);
    json_free(title);
    if (!json_is_object(document) || !titled)
        return fail(why, FAIL_INVALID, "an outcome is an object with a title for people");
    if (json_size_estimate(document) > OUTCOME_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "an outcome has at most %d bytes", OUTCOME_BYTES_MAX);
    return true;
}

bool outcome_put(struct people *p, const struct step_address *step, const char *name, json document,
                 struct fail *why)
{
    char mark[OUTCOME_MARK_SIZE];
    if (!check(document, why))
        return false;
    mark_of(step, name, mark);
    json kept = json_ref(document);
    json_set_text(&kept, "instance", step->instance);
    json_set_text(&kept, "mark", mark);
    json_set_text(&kept, "path", step->path);
    json_set_take(&kept, "at", item_instant(engine_now_ms(p->engine)));
    char *text = json_dump(kept);
    struct value columns[] = {
        [RECORD_INSTANCE] = value_text(step->instance),
        [RECORD_PATH] = value_text(OUTCOME_PATH),
        [RECORD_ATTEMPT] = value_integer(0),
        [RECORD_KEY] = value_text(mark),
        [RECORD_VALUE] = value_blob(text, strlen(text)),
    };
    store_put(p->store, TABLE_RECORD, columns);
    note_outcome(p, step, mark, text);
    mem_free(text);
    json_free(kept);
    return true;
}

bool outcome_is_record(const struct row *record)
{
    return strcmp(row_text(record, RECORD_PATH), OUTCOME_PATH) == 0;
}

json outcome_show(struct people *p, const char *instance, const char *mark, struct fail *why)
{
    struct row row;
    json document = json_absent();
    struct value key[] = {
        [RECORD_INSTANCE] = value_text(instance),
        [RECORD_PATH] = value_text(OUTCOME_PATH),
        [RECORD_ATTEMPT] = value_integer(0),
        [RECORD_KEY] = value_text(mark),
    };
    if (!store_get(p->store, TABLE_RECORD, key, &row, why))
        return document;
    if (!row_is_there(&row))
        fail(why, FAIL_NOT_FOUND, "there is no outcome here");
    else if (!row_json(&row, RECORD_VALUE, &document, why))
        document = json_absent();
    row_done(&row);
    return document;
}

json outcome_list(struct people *p, const char *instance, struct fail *why)
{
    struct value prefix[] = {value_text(instance), value_text(OUTCOME_PATH), value_integer(0)};
    struct scan *scan = NULL;
    struct row row = {0};
    if (!store_scan(p->store,
                    &(struct scan_opts){
                        .table = TABLE_RECORD, .index = -1, .prefix = prefix, .prefix_count = 3},
                    &scan, why))
        return json_absent();
    json list = json_array();
    while (scan_next(scan, &row, why)) {
        json document = json_absent();
        if (row_json(&row, RECORD_VALUE, &document, why))
            json_append_take(&list, document);
        row_done(&row);
    }
    scan_done(scan);
    return list;
}

json outcome_of_item(struct people *p, const char *item, struct fail *why)
{
    struct row row;
    json kept, document = json_absent();
    if (!item_row(p, item, &row, why))
        return document;
    if (item_kept(p, &row, &kept, why)) {
        char mark[OUTCOME_MARK_SIZE];
        struct step_address step = item_step(&row);
        mark_of(&step, json_get_text(kept, "outcome", ""), mark);
        document = outcome_show(p, step.instance, mark, why);
        json_free(kept);
    }
    row_done(&row);
    return document;
}

static bool is_of_task(json document, const char *task)
{
    const char *path = json_get_text(document, "path", ""), *last = strrchr(path, '/');
    return last != NULL && strcmp(last + 1, task) == 0 && json_get_bool(document, "public", false);
}

char *outcome_public_mark(struct people *p, const char *instance, const char *task,
                          struct fail *why)
{
    char *mark = NULL;
    const char *latest = "";
    json list = outcome_list(p, instance, why);
    for (size_t i = 0; i < json_length(list); i++) {
        json document = json_at(list, i);
        const char *at = json_get_text(document, "at", "");
        if (is_of_task(document, task) && strcmp(at, latest) >= 0) {
            mem_free(mark);
            mark = mem_string(json_get_text(document, "mark", ""));
            latest = at; // `list` holds it
        }
        json_free(document);
    }
    json_free(list);
    return mark;
}
