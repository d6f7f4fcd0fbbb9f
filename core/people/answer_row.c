// Answers as they lie in the store: reading them, and what is told about them later.
#include "people/item.h"

#include <string.h>

#include "base/mem.h"
#include "people/directory.h"
#include "people/item_row.h"

static bool show_answer(const struct row *row, json *out, struct fail *why)
{
    json data, reply;
    if (!row_json(row, ANSWER_DATA, &data, why))
        return false;
    if (!row_json(row, ANSWER_REPLY, &reply, why)) {
        json_free(data);
        return false;
    }
    json answer = json_object();
    json_set_text(&answer, "receipt", row_text(row, ANSWER_RECEIPT));
    json_set_text(&answer, "item", row_text(row, ANSWER_ITEM));
    json_set_text(&answer, "status", row_text(row, ANSWER_STATUS));
    if (!row_is_null(row, ANSWER_PERSON))
        json_set_text(&answer, "person", row_text(row, ANSWER_PERSON));
    json_set_int(&answer, "seq", row_integer(row, ANSWER_SEQ));
    json_set_take(&answer, "at", item_instant(row_integer(row, ANSWER_AT_MS)));
    if (!json_is_absent(data))
        json_set_take(&answer, "data", data);
    json_set_take(&answer, "reply", reply);
    *out = answer;
    return true;
}

json answer_show(struct people *p, const char *receipt, struct fail *why)
{
    struct row row;
    json answer = json_absent();
    struct value key = value_text(receipt);
    if (!store_get(p->store, TABLE_ANSWER, &key, &row, why))
        return answer;
    if (!row_is_there(&row))
        fail_code(why, FAIL_NOT_FOUND, "unknown_receipt", "there is no answer with this receipt");
    else if (!show_answer(&row, &answer, why))
        answer = json_absent();
    row_done(&row);
    return answer;
}

static bool is_of_step(struct people *p, const struct row *answer, const struct step_address *step,
                       bool *is, struct fail *why)
{
    struct row item;
    if (!item_row(p, row_text(answer, ANSWER_ITEM), &item, why))
        return false;
    struct step_address own = item_step(&item);
    *is = strcmp(own.instance, step->instance) == 0 && strcmp(own.path, step->path) == 0 &&
          own.attempt == step->attempt;
    row_done(&item);
    return true;
}

static bool merge_reply(struct people *p, const struct row *row, json changes, struct fail *why)
{
    json reply;
    struct value columns[ANSWER_REPLY + 1];
    if (!row_json(row, ANSWER_REPLY, &reply, why))
        return false;
    json_merge(&reply, changes);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name = NULL;
    json value;
    while (json_next(changes, &cursor, &name, &value))
        if (json_is_null(value))
            json_remove(&reply, name);
    char *text = json_dump(reply);
    memcpy(columns, row->columns, sizeof columns);
    columns[ANSWER_REPLY] = value_blob(text, strlen(text));
    store_put(p->store, TABLE_ANSWER, columns);
    mem_free(text);
    json_free(reply);
    return true;
}

bool answer_tell(struct people *p, const struct step_address *step, const char *receipt,
                 json changes, struct fail *why)
{
    struct row row;
    struct value key = value_text(receipt);
    bool is = false;
    if (!json_is_object(changes))
        return fail(why, FAIL_INVALID, "what is told is an object");
    if (!store_get(p->store, TABLE_ANSWER, &key, &row, why))
        return false;
    bool good = !row_is_there(&row) || (is_of_step(p, &row, step, &is, why) &&
                                        (!is || merge_reply(p, &row, changes, why)));
    row_done(&row);
    return good;
}

json answer_list(struct people *p, const char *item, size_t limit, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct value prefix = value_text(item);
    struct scan_opts opts = {
        .table = TABLE_ANSWER, .index = ANSWER_BY_ITEM, .prefix = &prefix, .prefix_count = 1};
    if (!store_scan(p->store, &opts, &scan, why))
        return json_absent();
    json list = json_array();
    bool good = true;
    why->kind = FAIL_NONE;
    while (good && json_length(list) < limit && scan_next(scan, &row, why)) {
        json answer;
        good = show_answer(&row, &answer, why);
        if (good)
            json_append_take(&list, answer);
        row_done(&row);
    }
    scan_done(scan);
    if (!good || why->kind != FAIL_NONE)
        json_swap_take(&list, json_absent());
    return list;
}

json answer_of(struct people *p, const char *item, const char *person, struct fail *why)
{
    struct scan *scan;
    struct row row;
    json latest = json_absent();
    int64_t seq = 0;
    struct value prefix[] = {value_text(item), value_text(person)};
    struct scan_opts opts = {
        .table = TABLE_ANSWER, .index = ANSWER_BY_PERSON, .prefix = prefix, .prefix_count = 2};
    if (!store_scan(p->store, &opts, &scan, why))
        return latest;
    bool good = true;
    why->kind = FAIL_NONE;
    while (good && scan_next(scan, &row, why)) {
        json answer = json_absent();
        if (row_integer(&row, ANSWER_SEQ) >= seq)
            good = show_answer(&row, &answer, why);
        if (!json_is_absent(answer)) {
            seq = row_integer(&row, ANSWER_SEQ);
            json_swap_take(&latest, answer);
        }
        row_done(&row);
    }
    scan_done(scan);
    if (!good || why->kind != FAIL_NONE)
        json_swap_take(&latest, json_absent());
    return latest;
}
