#include "people/forget.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "people/directory.h"
#include "people/form_schema.h"
#include "people/item_row.h"
#include "people/outcome.h"
#include "people/requests.h"

#define SLICE_ROWS      64
#define INDEX_STEP      0 // of TABLE_ITEM
#define INDEX_ITEM      0 // of TABLE_ANSWER
#define INDEX_INSTANCE  1 // of TABLE_MAIL
#define API_KEYS        "api POST /api/v1/items/"
#define NOTHING         "{}"
#define NOTHING_OF_MAIL "{\"erased\":true,\"subject\":\"\",\"text\":\"\",\"to\":\"\"}"

// False: there is more of it, and the slice is over.
typedef bool forget_row(struct people *p, const struct row *row, int *left);

static struct value blob(const char *text)
{
    return value_blob(text, strlen(text));
}

static bool is_blob(const struct value *v, const char *text)
{
    return v->kind == VALUE_BLOB && v->bytes == strlen(text) &&
           memcmp(v->data, text, v->bytes) == 0;
}

// What the disk does not read just now ends the process, as within a step (engine/rows.h).
static struct scan *begin_scan(struct people *p, const struct scan_opts *opts)
{
    struct scan *scan = NULL;
    struct fail why = {0};
    bool good = store_scan(p->store, opts, &scan, &why);
    if (!good)
        must_context("the rows of an ended case cannot be read");
    must(good);
    return scan;
}

static bool next_row(struct scan *scan, struct row *row)
{
    struct fail why = {.kind = FAIL_NONE};
    *row = (struct row){0};
    bool more = scan_next(scan, row, &why);
    must(why.kind == FAIL_NONE);
    return more;
}

// ---- answers and request keys

static void forget_answer(struct people *p, const struct row *row)
{
    struct value columns[ANSWER_REPLY + 1];
    if (row_is_null(row, ANSWER_PERSON) && row_is_null(row, ANSWER_DATA) &&
        is_blob(&row->columns[ANSWER_REPLY], NOTHING))
        return;
    memcpy(columns, row->columns, sizeof columns);
    columns[ANSWER_PERSON] = value_null();
    columns[ANSWER_DATA] = value_null();
    columns[ANSWER_REPLY] = blob(NOTHING);
    store_put(p->store, TABLE_ANSWER, columns);
}

static bool forget_answers(struct people *p, const char *item, int *left)
{
    struct row *after = &p->forgetting.answer;
    struct value prefix = value_text(item);
    struct scan *scan =
        begin_scan(p, &(struct scan_opts){.table = TABLE_ANSWER,
                                          .index = INDEX_ITEM,
                                          .prefix = &prefix,
                                          .prefix_count = 1,
                                          .after = row_is_there(after) ? after : NULL});
    struct row row;
    while (*left > 0 && next_row(scan, &row)) {
        --*left;
        forget_answer(p, &row);
        row_done(after);
        *after = row;
    }
    scan_done(scan);
    if (*left <= 0)
        return false;
    row_done(after);
    return true;
}

// Those that begin with `start`, whose last character is no 0xFF. They go, so nothing is kept of
// how far it is.
static bool forget_keys(struct people *p, char *start, int *left)
{
    char *end = mem_string(start);
    end[strlen(end) - 1]++;
    struct value from = value_text(start), to = value_text(end);
    struct scan *scan = begin_scan(
        p, &(struct scan_opts){.table = TABLE_REQUEST, .index = -1, .from = &from, .to = &to});
    struct row row;
    while (*left > 0 && next_row(scan, &row)) {
        --*left;
        if (strncmp(row_text(&row, REQUEST_KEY), start, strlen(start)) == 0)
            store_delete(p->store, TABLE_REQUEST, &row.columns[REQUEST_KEY]);
        row_done(&row);
    }
    scan_done(scan);
    mem_free(end);
    mem_free(start);
    return *left > 0;
}

// ---- items

// What the room itself goes by stays; what is shown, and may name anybody, goes.
static void blank_item(struct people *p, const struct row *row)
{
    struct value columns[ITEM_COLUMNS];
    struct fail why = {0};
    json kept = json_absent();
    bool good = item_kept(p, row, &kept, &why);
    must(good);
    json_remove(&kept, "detail");
    char *detail = json_dump(kept);
    memcpy(columns, row->columns, sizeof columns);
    columns[ITEM_TITLE] = value_text("\"\"");
    columns[ITEM_FORM] = blob(NOTHING);
    columns[ITEM_DETAIL] = blob(detail);
    if (!is_blob(&row->columns[ITEM_FORM], NOTHING) ||
        !is_blob(&row->columns[ITEM_DETAIL], detail) ||
        strcmp(row_text(row, ITEM_TITLE), "\"\"") != 0)
        store_put(p->store, TABLE_ITEM, columns);
    mem_free(detail);
    json_free(kept);
}

// The answers last: only of them it is kept how far it is.
static bool forget_item(struct people *p, const struct row *row, int *left)
{
    const char *id = row_text(row, ITEM_ID);
    if (!forget_keys(p, mem_printf(REQUEST_KEY_PREFIX "%s ", id), left) ||
        !forget_keys(p, mem_printf(API_KEYS "%s/", id), left) || !forget_answers(p, id, left))
        return false;
    blank_item(p, row);
    return true;
}

// ---- mails, outcomes

static bool forget_mail(struct people *p, const struct row *row, int *left)
{
    struct value columns[MAIL_INSTANCE + 1];
    (void)left;
    if (is_blob(&row->columns[MAIL_BODY], NOTHING_OF_MAIL) && row_is_null(row, MAIL_PERSON))
        return true;
    memcpy(columns, row->columns, sizeof columns);
    columns[MAIL_RECIPIENT] = value_text("");
    columns[MAIL_PERSON] = value_null();
    columns[MAIL_SUBJECT] = value_text("");
    columns[MAIL_BODY] = blob(NOTHING_OF_MAIL);
    store_put(p->store, TABLE_MAIL, columns);
    return true;
}

static json two_words(const char *ko, const char *en)
{
    json words = json_object();
    json_set_text(&words, "ko", ko);
    json_set_text(&words, "en", en);
    return words;
}

// A number, or a moment {at}: whatever has letters may be a name.
static bool names_nobody(json fact)
{
    json value = json_get(fact, "value"), at = json_get(value, "at");
    bool nobody = json_is_number(value) || (json_length(value) == 1 && json_is_string(at));
    json_free(value);
    json_free(at);
    return nobody;
}

static json bare_facts(json document)
{
    json facts = json_get(document, "facts"), bare = json_array();
    for (size_t i = 0; json_is_array(facts) && i < json_length(facts); i++) {
        json fact = json_at(facts, i);
        if (names_nobody(fact))
            json_append(&bare, fact);
        json_free(fact);
    }
    json_free(facts);
    return bare;
}

static json bare_outcome(json document)
{
    static const char *const kept[] = {"instance", "mark", "path", "at", "public", "kind", "tone"};
    json bare = json_object(), text = json_array();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        json value = json_get(document, kept[i]);
        if (json_is_absent(value))
            json_free(value);
        else
            json_set_take(&bare, kept[i], value);
    }
    json_append_take(&text, two_words("보관 기간이 끝나 개인정보를 지웠습니다. 수만 남아 있습니다.",
                                      "The time it is kept for is over, and personal data was "
                                      "removed; the numbers stay."));
    json_set_take(&bare, "title", two_words("결과", "Outcome"));
    json_set_take(&bare, "text", text);
    json_set_take(&bare, "facts", bare_facts(document));
    return bare;
}

static bool forget_outcome(struct people *p, const struct row *row, int *left)
{
    struct value columns[RECORD_VALUE + 1];
    struct fail why = {0};
    json document = json_absent();
    (void)left;
    bool good = row_json(row, RECORD_VALUE, &document, &why);
    must(good);
    json bare = bare_outcome(document);
    char *text = json_dump(bare);
    memcpy(columns, row->columns, sizeof columns);
    columns[RECORD_VALUE] = blob(text);
    if (!is_blob(&row->columns[RECORD_VALUE], text))
        store_put(p->store, TABLE_RECORD, columns);
    mem_free(text);
    json_free(bare);
    json_free(document);
    return true;
}

// Records of steps go with their step; what else there is has no step any more.
static bool forget_record(struct people *p, const struct row *row, int *left)
{
    if (outcome_is_record(row))
        return forget_outcome(p, row, left);
    store_delete(p->store, TABLE_RECORD, row->columns);
    return true;
}

// ---- all of it, a slice at a time

static const struct stage {
    enum table table;
    int index;
    forget_row *forget;
} stages[] = {
    {TABLE_ITEM, INDEX_STEP, forget_item},
    {TABLE_MAIL, INDEX_INSTANCE, forget_mail},
    {TABLE_RECORD, -1, forget_record},
};
#define STAGE_COUNT ((int)(sizeof stages / sizeof *stages))

static bool forget_some(struct people *p, const struct stage *stage, int *left)
{
    struct forgetting *f = &p->forgetting;
    struct value prefix = value_text(f->instance);
    struct scan *scan =
        begin_scan(p, &(struct scan_opts){.table = stage->table,
                                          .index = stage->index,
                                          .prefix = &prefix,
                                          .prefix_count = 1,
                                          .after = row_is_there(&f->after) ? &f->after : NULL});
    struct row row;
    bool all = false, whole = true;
    while (*left > 0 && whole && !(all = !next_row(scan, &row))) {
        --*left;
        whole = stage->forget(p, &row, left);
        if (whole) {
            row_done(&f->after);
            f->after = row;
        } else {
            row_done(&row); // the next slice comes to it again
        }
    }
    scan_done(scan);
    return all;
}

void forgetting_done(struct forgetting *f)
{
    row_done(&f->after);
    row_done(&f->answer);
    *f = (struct forgetting){0};
}

bool people_forget_case(struct people *p, const char *instance)
{
    struct forgetting *f = &p->forgetting;
    int left = SLICE_ROWS;
    must(strlen(instance) < sizeof f->instance);
    if (strcmp(f->instance, instance) != 0) {
        forgetting_done(f);
        snprintf(f->instance, sizeof f->instance, "%s", instance);
    }
    for (; f->stage < STAGE_COUNT; f->stage++) {
        if (!forget_some(p, &stages[f->stage], &left))
            return false;
        row_done(&f->after);
    }
    forgetting_done(f);
    details_forget(&p->details);
    forms_forget(p);
    return true;
}
