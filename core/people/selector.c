// Selectors: who is meant by {group}, {people}, {role}, "public", or a list of those.
#include "people/people.h"

#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "people/directory.h"

#define SELECTORS_MAX 200

struct selection {
    struct people *p;
    const struct select_opts *opts;
    enum person_view view;
    bool public;
    bool one_group; // its members come in order and once each, so they need no sorting
    json by_id;     // {id: person}: sorted by key when walked, without doubles
    json in_order;  // [person] of one group
};

static void take_person(struct selection *s, json person)
{
    const char *id = json_get_text(person, "id", "");
    const char *after = s->opts->after;
    bool active = strcmp(json_get_text(person, "status", "active"), "active") == 0 &&
                  (after == NULL || strcmp(id, after) > 0);
    if (active && s->one_group)
        json_append(&s->in_order, person);
    else if (active && !json_has(s->by_id, id))
        json_set(&s->by_id, id, person);
    json_free(person);
}

static void take_people(struct selection *s, json people, const char *role)
{
    for (size_t i = 0; i < json_length(people); i++) {
        json person = json_at(people, i);
        if (role == NULL || strcmp(json_get_text(person, "role", ""), role) == 0)
            take_person(s, person);
        else
            json_free(person);
    }
}

static size_t taken(const struct selection *s)
{
    return json_length(s->one_group ? s->in_order : s->by_id);
}

// Page by page until enough of a page's members count: some are not active, or have another role.
// Where several groups are meant each gives its own first ones, so none of the page is missing.
static bool select_group(struct selection *s, json name, const char *role, struct fail *why)
{
    if (!json_is_string(name))
        return fail(why, FAIL_INVALID, "a selector's 'group' is the name of a group");
    struct group_page page = {.group = json_text(name),
                              .at_ms = s->opts->at_ms,
                              .view = s->view,
                              .after = s->opts->after,
                              .limit = s->opts->limit};
    size_t before = taken(s), count;
    json last = json_absent();
    for (bool more = true; more;) {
        json members = group_members(s->p, &page, why), end;
        if (json_is_absent(members)) {
            json_free(last);
            return false;
        }
        count = json_length(members);
        take_people(s, members, role);
        more = page.limit > 0 && count == page.limit && taken(s) - before < page.limit;
        end = more ? json_at(members, count - 1) : json_absent();
        json_swap_take(&last, json_ref(end));
        page.after = json_get_text(last, "id", NULL);
        json_free(end);
        json_free(members);
    }
    json_free(last);
    if (count == 0 && s->opts->strict && s->opts->after == NULL)
        return fail(why, FAIL_NOT_FOUND, "the group '%.100s' has nobody in it at that time",
                    json_text(name));
    return true;
}

static bool select_ids(struct selection *s, json ids, struct fail *why)
{
    if (!json_is_array(ids))
        return fail(why, FAIL_INVALID, "a selector's 'people' is a list of ids");
    for (size_t i = 0; i < json_length(ids); i++) {
        json id = json_at(ids, i);
        if (!json_is_string(id)) {
            json_free(id);
            return fail(why, FAIL_INVALID, "a selector's 'people' is a list of ids");
        }
        json person = people_get_as(s->p, json_text(id), s->view, why);
        json_free(id);
        if (!json_is_absent(person))
            take_person(s, person);
        else if (s->opts->strict || why->kind != FAIL_NOT_FOUND)
            return false;
    }
    return true;
}

// There is no index by role: the membership table is small beside what it governs.
static bool select_role(struct selection *s, const char *role, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct scan_opts opts = {.table = TABLE_MEMBERSHIP, .index = -1};
    if (!store_scan(s->p->store, &opts, &scan, why))
        return false;
    struct when when = when_at(s->p, s->opts->at_ms);
    why->kind = FAIL_NONE;
    bool good = true;
    while (good && scan_next(scan, &row, why)) {
        const char *had = row_text(&row, MEMBERSHIP_ROLE);
        if (had != NULL && strcmp(had, role) == 0 && membership_holds(&row, &when)) {
            json person = people_get_as(s->p, row_text(&row, MEMBERSHIP_PERSON), s->view, why);
            if (!json_is_absent(person))
                take_person(s, person);
            else
                good = why->kind == FAIL_NOT_FOUND;
            why->kind = good ? FAIL_NONE : why->kind;
        }
        row_done(&row);
    }
    scan_done(scan);
    return good && why->kind == FAIL_NONE;
}

static bool select_object(struct selection *s, json selector, struct fail *why)
{
    const char *role = json_get_text(selector, "role", NULL);
    json group = json_get(selector, "group"), ids = json_get(selector, "people");
    size_t expected = (role != NULL ? 1u : 0u) + (json_is_absent(group) ? 0u : 1u) +
                      (json_is_absent(ids) ? 0u : 1u);
    bool good;
    if (expected == 0 || expected != json_length(selector) ||
        (!json_is_absent(ids) && expected > 1))
        good = fail(why, FAIL_INVALID,
                    "a selector is {group: NAME}, {people: [ids]}, {role: NAME}, {group, role} or "
                    "\"public\"");
    else if (!json_is_absent(group))
        good = select_group(s, group, role, why);
    else if (!json_is_absent(ids))
        good = select_ids(s, ids, why);
    else
        good = select_role(s, role, why);
    json_free(group);
    json_free(ids);
    return good;
}

static bool select_one(struct selection *s, json selector, struct fail *why)
{
    if (json_is_object(selector))
        return select_object(s, selector, why);
    if (json_is_string(selector) && strcmp(json_text(selector), "public") == 0) {
        s->public = true;
        return true;
    }
    if (json_is_string(selector))
        return fail(why, FAIL_INVALID,
                    "'%.60s' is no selector; write {group: %.60s}, {people: [%.60s]} or \"public\"",
                    json_text(selector), json_text(selector), json_text(selector));
    return fail(why, FAIL_INVALID, "a selector is an object, \"public\", or a list of those");
}

static bool select_all(struct selection *s, json selector, struct fail *why)
{
    if (!json_is_array(selector))
        return select_one(s, selector, why);
    if (json_length(selector) > SELECTORS_MAX)
        return fail(why, FAIL_LIMIT, "a list of selectors has at most %d", SELECTORS_MAX);
    for (size_t i = 0; i < json_length(selector); i++) {
        json one = json_at(selector, i);
        bool good = select_one(s, one, why);
        json_free(one);
        if (!good)
            return false;
    }
    return true;
}

static json list_people(struct selection *s)
{
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *id = NULL;
    json person, people = json_array();
    while (json_next(s->by_id, &cursor, &id, &person))
        json_append(&people, person);
    return people;
}

// Several groups, or a list of ids, may have brought more than the page takes.
static json page_of(struct selection *s)
{
    json all = s->one_group ? json_ref(s->in_order) : list_people(s);
    size_t limit = s->opts->limit;
    if (limit == 0 || json_length(all) <= limit)
        return all;
    json page = json_array();
    for (size_t i = 0; i < limit; i++)
        json_append_take(&page, json_at(all, i));
    json_free(all);
    return page;
}

bool people_select(struct people *p, json selector, const struct select_opts *opts, json *out,
                   struct fail *why)
{
    struct selection s = {.p = p,
                          .opts = opts,
                          .view = opts->brief ? PERSON_BRIEF : PERSON_WHOLE,
                          .one_group = json_has(selector, "group"),
                          .by_id = json_object(),
                          .in_order = json_array()};
    *out = json_absent();
    bool good = select_all(&s, selector, why);
    if (good) {
        *out = json_object();
        json_set_bool(out, "public", s.public);
        json_set_take(out, "people", page_of(&s));
    }
    json_free(s.by_id);
    json_free(s.in_order);
    return good;
}
