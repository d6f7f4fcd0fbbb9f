#include "people/house.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "people/address.h"
#include "people/directory.h"
#include "people/item_row.h"

#define PEOPLE_SHOWN_MAX 20

static const struct step_address step_of_mail = {.instance = "", .path = "mail", .attempt = 0};

static json in_both(const char *ko, const char *en)
{
    json text = json_object();
    json_set_text(&text, "ko", ko);
    json_set_text(&text, "en", en);
    return text;
}

static void add_field(json *properties, const char *name, const char *schema)
{
    struct fail why;
    json field;
    bool good = json_parse(schema, strlen(schema), &field, &why);
    if (good)
        json_set_take(properties, name, field);
}

static json form_of_address(void)
{
    json form = json_object(), schema = json_object(), properties = json_object();
    add_field(&properties, "email",
              "{\"type\":\"string\",\"format\":\"email\",\"title\":{\"ko\":\"바른 주소\","
              "\"en\":\"The right address\"}}");
    add_field(&properties, "works",
              "{\"type\":\"boolean\",\"title\":{\"ko\":\"이 주소가 맞으니 다시 보냅니다\","
              "\"en\":\"This address is right: use it again\"}}");
    json_set_text(&schema, "type", "object");
    json_set_take(&schema, "properties", properties);
    json_set_take(&form, "schema", schema);
    return form;
}

// Those who have the address, without regard to case.
static json people_with(struct people *p, const char *address, struct fail *why)
{
    json found = people_find(p, address, PEOPLE_SHOWN_MAX, why), with = json_array();
    for (size_t i = 0; i < json_length(found); i++) {
        json person = json_at(found, i);
        if (strcasecmp(json_get_text(person, "email", ""), address) == 0)
            json_append(&with, person);
        json_free(person);
    }
    json_free(found);
    return with;
}

static json detail_of(json people, const char *address, const char *reason)
{
    json detail = json_object(), names = json_array();
    for (size_t i = 0; i < json_length(people); i++) {
        json person = json_at(people, i), shown = json_object();
        json_set_text(&shown, "id", json_get_text(person, "id", ""));
        json_set_text(&shown, "name", json_get_text(person, "name", ""));
        json_append_take(&names, shown);
        json_free(person);
    }
    json_set_text(&detail, "address", address);
    json_set_text(&detail, "reason", reason);
    json_set_take(&detail, "people", names);
    json_set_take(&detail, "intro",
                  in_both("이 주소로 보낸 메일이 돌아왔습니다. 고칠 때까지 더 보내지 않습니다.",
                          "Mail to this address came back. No more is sent until it is mended."));
    return detail;
}

bool house_ask_address(struct people *p, const char *address, const char *reason, struct fail *why)
{
    struct id id;
    json people = people_with(p, address, why), form = form_of_address(),
         detail = detail_of(people, address, reason);
    char *ko = mem_printf("%s: 메일이 돌아옵니다", address),
         *en = mem_printf("%s: mail comes back", address);
    json title = in_both(ko, en);
    struct ask ask = {.name = address,
                      .task = "mail",
                      .assignee = HOUSE_OPERATORS,
                      .kind = "address",
                      .title = title,
                      .form = form,
                      .detail = detail,
                      .opens_ms = INSTANT_NONE,
                      .closes_ms = INSTANT_NONE,
                      .once = true};
    bool good = item_ask(p, &step_of_mail, &ask, &id, why);
    mem_free(ko);
    mem_free(en);
    json_free(title);
    json_free(detail);
    json_free(form);
    json_free(people);
    return good;
}

void house_close_address(struct people *p, const char *address)
{
    item_close(p, &step_of_mail, address);
}

// ---- an erased person

static bool delete_answers(struct people *p, const char *item, struct fail *why)
{
    struct value prefix = value_text(item);
    struct scan *scan;
    struct row row;
    struct scan_opts opts = {
        .table = TABLE_ANSWER, .index = ANSWER_BY_ITEM, .prefix = &prefix, .prefix_count = 1};
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    why->kind = FAIL_NONE;
    while (scan_next(scan, &row, why)) {
        store_delete(p->store, TABLE_ANSWER, row.columns);
        row_done(&row);
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

static json people_without(json people, const char *id)
{
    json others = json_array();
    for (size_t i = 0; i < json_length(people); i++) {
        json person = json_at(people, i);
        if (strcmp(json_get_text(person, "id", ""), id) != 0)
            json_append(&others, person);
        json_free(person);
    }
    return others;
}

static void put_people(struct people *p, const struct row *row, json kept, json people)
{
    struct value columns[ITEM_COLUMNS];
    memcpy(columns, row->columns, sizeof columns);
    json detail = json_get(kept, "detail"), changed = json_ref(kept);
    json_set(&detail, "people", people);
    json_set_take(&changed, "detail", detail);
    char *text = json_dump(changed);
    json_free(changed);
    columns[ITEM_DETAIL] = value_blob(text, strlen(text));
    store_put(p->store, TABLE_ITEM, columns);
    mem_free(text);
}

static bool forget_in_item(struct people *p, const struct row *row, const char *id,
                           struct fail *why)
{
    json kept;
    if (!row_json(row, ITEM_DETAIL, &kept, why))
        return false;
    json detail = json_get(kept, "detail"), named = json_get(detail, "people"),
         others = people_without(named, id);
    bool his = json_length(others) < json_length(named), good = true;
    if (his && json_length(others) == 0 && !item_is_open(row)) {
        good = delete_answers(p, row_text(row, ITEM_ID), why);
        store_delete(p->store, TABLE_ITEM, row->columns);
    } else if (his) {
        put_people(p, row, kept, others);
    }
    json_free(others);
    json_free(named);
    json_free(detail);
    json_free(kept);
    return good;
}

bool house_forget_person(struct people *p, const char *id, struct fail *why)
{
    struct value prefix[] = {value_text(step_of_mail.instance), value_text(step_of_mail.path)};
    struct scan *scan;
    struct row row;
    struct scan_opts opts = {
        .table = TABLE_ITEM, .index = ITEM_BY_STEP, .prefix = prefix, .prefix_count = 2};
    bool good = store_scan(p->store, &opts, &scan, why);
    if (!good)
        return false;
    why->kind = FAIL_NONE;
    while (good && scan_next(scan, &row, why)) {
        good = forget_in_item(p, &row, id, why);
        row_done(&row);
    }
    scan_done(scan);
    return good && why->kind == FAIL_NONE;
}

// ---- what is answered

static bool correct_one(struct people *p, json person, const char *email, struct fail *why)
{
    json changed = json_ref(person);
    json_remove(&changed, "groups"); // as they are, with their dates
    json_remove(&changed, "memberships");
    json_remove(&changed, "mail");
    json_set_text(&changed, "email", email);
    bool good = people_put(p, changed, why);
    json_free(changed);
    return good;
}

static bool correct(struct people *p, const char *address, const char *email, struct fail *why)
{
    if (!address_check(email, why))
        return false;
    if (strcasecmp(address, email) == 0)
        return fail_code(why, FAIL_REFUSED, "same_address", "this is the address that came back");
    json people = people_with(p, address, why);
    bool good = true;
    for (size_t i = 0; good && i < json_length(people); i++) {
        json person = json_at(people, i);
        good = correct_one(p, person, email, why);
        json_free(person);
    }
    json_free(people);
    return good;
}

bool house_take(struct people *p, json payload, json *reply, struct fail *why)
{
    json data = json_get(payload, "data");
    const char *address = json_get_text(payload, "name", ""),
               *email = json_get_text(data, "email", "");
    bool works = json_get_bool(data, "works", false), good = false;
    *reply = json_object();
    if (*email && !works)
        good = correct(p, address, email, why);
    else if (works && !*email)
        good = address_mark_good(p, address, why);
    else
        fail_code(why, FAIL_REFUSED, "nothing_said",
                  "give the right address, or say that this one works");
    json_free(data);
    return good;
}
