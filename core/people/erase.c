// Erasing a person. What names or describes him goes: the row of the directory keeps only its id,
// so that rolls, totals and memberships of the past still add up and nobody else gets the id; the
// bodies of his answers and of the mails to him are blanked; the personal payloads of history go
// with their salts, so that the chain stays whole and nothing can be guessed from a hash. What a
// step or an instance keeps of its own (records, outputs) goes with the instance.
#include <string.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "people/address.h"
#include "people/directory.h"
#include "people/item_row.h"
#include "store/audit.h"

struct erasing {
    struct people *p;
    const char *id;
    char *email; // NULL: none
    bool really;
    int64_t answers, mails, memberships, items, payloads;
    json receipts; // {receipt: true} of answers seen
};

// ---- answers, by the receipts that the personal payloads of history name

static void blank_answer(struct erasing *e, const struct row *row)
{
    static const char nothing[] = "{}";
    struct value columns[ANSWER_REPLY + 1];
    memcpy(columns, row->columns, sizeof columns);
    columns[ANSWER_PERSON] = value_null();
    columns[ANSWER_DATA] = value_null();
    columns[ANSWER_REPLY] = value_blob(nothing, sizeof nothing - 1);
    store_put(e->p->store, TABLE_ANSWER, columns);
}

static bool see_answer(struct erasing *e, const char *receipt, struct fail *why)
{
    struct row row;
    struct value key = value_text(receipt);
    if (receipt == NULL || json_has(e->receipts, receipt))
        return true;
    json_set_bool(&e->receipts, receipt, true);
    if (!store_get(e->p->store, TABLE_ANSWER, &key, &row, why))
        return false;
    if (row_is_there(&row)) {
        e->answers++;
        if (e->really)
            blank_answer(e, &row);
    }
    row_done(&row);
    return true;
}

static bool see_payload(struct erasing *e, const struct row *row, struct fail *why)
{
    json body;
    e->payloads++;
    if (!row_json(row, PERSONAL_BODY, &body, why))
        return false;
    bool good = see_answer(e, json_get_text(body, "receipt", NULL), why);
    json_free(body);
    return good;
}

// ---- mails: no index leads from a person to them, and erasing is rare

static bool is_his_mail(const struct erasing *e, const struct row *row)
{
    const char *person = row_text(row, MAIL_PERSON), *to = row_text(row, MAIL_RECIPIENT);
    return (person != NULL && strcmp(person, e->id) == 0) ||
           (e->email != NULL && strcasecmp(to, e->email) == 0);
}

static bool see_mail(struct erasing *e, const struct row *row, struct fail *why)
{
    static const char nothing[] = "{\"erased\":true,\"subject\":\"\",\"text\":\"\",\"to\":\"\"}";
    struct value columns[MAIL_INSTANCE + 1];
    (void)why;
    if (!is_his_mail(e, row))
        return true;
    e->mails++;
    memcpy(columns, row->columns, sizeof columns);
    columns[MAIL_RECIPIENT] = value_text("");
    columns[MAIL_SUBJECT] = value_text("");
    columns[MAIL_BODY] = value_blob(nothing, sizeof nothing - 1);
    if (e->really)
        store_put(e->p->store, TABLE_MAIL, columns);
    return true;
}

// ---- memberships and open requests

static bool see_membership(struct erasing *e, const struct row *row, struct fail *why)
{
    (void)row;
    (void)why;
    e->memberships++;
    return true;
}

static bool see_item(struct erasing *e, const struct row *row, struct fail *why)
{
    (void)why;
    e->items += item_is_open(row);
    return true;
}

// Those of the past stay: they have an id and dates, and totals of the past count them.
static bool end_memberships(struct erasing *e, struct fail *why)
{
    struct value prefix = value_text(e->id);
    struct scan_opts opts = {.table = TABLE_MEMBERSHIP,
                             .index = MEMBERSHIP_BY_PERSON,
                             .prefix = &prefix,
                             .prefix_count = 1};
    struct scan *scan;
    struct row row;
    int64_t left;
    bool good = store_scan(e->p->store, &opts, &scan, why);
    if (!good)
        return false;
    why->kind = FAIL_NONE;
    while (good && scan_next(scan, &row, why)) {
        good = people_leave(e->p, row_text(&row, MEMBERSHIP_GROUP), e->id, NULL, &left, why);
        row_done(&row);
    }
    scan_done(scan);
    return good && why->kind == FAIL_NONE;
}

// ---- all of it

typedef bool see_row(struct erasing *e, const struct row *row, struct fail *why);

static bool each(struct erasing *e, enum table table, int index, see_row *see, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct value prefix = value_text(e->id);
    struct scan_opts opts = {
        .table = table, .index = index, .prefix = &prefix, .prefix_count = index < 0 ? 0 : 1};
    bool good = store_scan(e->p->store, &opts, &scan, why);
    if (!good)
        return false;
    why->kind = FAIL_NONE;
    while (good && scan_next(scan, &row, why)) {
        good = see(e, &row, why);
        row_done(&row);
    }
    scan_done(scan);
    return good && why->kind == FAIL_NONE;
}

static void put_tombstone(struct erasing *e)
{
    static const char nothing[] = "{}";
    struct value columns[] = {
        [PERSON_ID] = value_text(e->id),
        [PERSON_NAME] = value_text("(erased)"),
        [PERSON_NAME_KEY] = value_text(""),
        [PERSON_EMAIL] = value_null(),
        [PERSON_PHONE] = value_null(),
        [PERSON_LANGUAGE] = value_text("ko"),
        [PERSON_STATUS] = value_text(PERSON_ERASED),
        [PERSON_ATTRIBUTES] = value_blob(nothing, sizeof nothing - 1),
        [PERSON_UPDATED_MS] = value_integer(engine_now_ms(e->p->engine)),
    };
    store_put(e->p->store, TABLE_PERSON, columns);
}

static json told(const struct erasing *e)
{
    json what = json_object();
    json_set_int(&what, "answers", e->answers);
    json_set_int(&what, "mails", e->mails);
    json_set_int(&what, "memberships", e->memberships);
    json_set_int(&what, "open", e->items);
    json_set_int(&what, "payloads", e->payloads);
    return what;
}

static bool see_all(struct erasing *e, struct fail *why)
{
    int64_t blanked;
    if (!each(e, TABLE_PERSONAL, PERSONAL_BY_PERSON, see_payload, why) ||
        !each(e, TABLE_MAIL, -1, see_mail, why) ||
        !each(e, TABLE_MEMBERSHIP, MEMBERSHIP_BY_PERSON, see_membership, why) ||
        !each(e, TABLE_ITEM, ITEM_BY_ASSIGNEE, see_item, why))
        return false;
    if (!e->really)
        return true;
    why->kind = FAIL_NONE;
    if (!end_memberships(e, why) || !audit_erase_person(e->p->store, e->id, &blanked, why))
        return false;
    put_tombstone(e); // first, so that the address is his no more
    return address_forget(e->p, e->id, e->email, why);
}

bool people_erase(struct people *p, const char *id, bool really, json *what, struct fail *why)
{
    struct erasing e = {.p = p, .id = id, .really = really, .receipts = json_object()};
    *what = json_absent();
    json person = people_get(p, id, why);
    bool good = json_is_object(person);
    if (good && strcmp(json_get_text(person, "status", ""), PERSON_ERASED) == 0)
        good = fail_code(why, FAIL_CONFLICT, "erased", "person '%s' has been erased", id);
    const char *email = json_get_text(person, "email", NULL);
    e.email = email ? mem_string(email) : NULL;
    json_free(person);
    size_t mark = store_mark(p->store);
    good = good && see_all(&e, why);
    if (good && really) {
        store_keep(p->store, mark);
        details_forget(&p->details);
    } else {
        store_undo(p->store, mark);
    }
    if (good)
        *what = told(&e);
    mem_free(e.email);
    json_free(e.receipts);
    return good;
}
