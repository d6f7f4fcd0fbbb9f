// Memberships: a person is in a group from a date (included) to a date (excluded), each of them
// open where empty. The key has the first date, so that leaving and coming back are two rows.
#include "people/people.h"

#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "calendar/zone.h"
#include "people/directory.h"

#define GROUPS_OF_A_PERSON_MAX 200

bool membership_holds(const struct row *row, const char *date)
{
    const char *until = row_text(row, MEMBERSHIP_UNTIL);
    return strcmp(row_text(row, MEMBERSHIP_FROM), date) <= 0 &&
           (until == NULL || strcmp(date, until) < 0);
}

static bool date_check(const char *what, const char *date, struct fail *why)
{
    int32_t ignored;
    if (date == NULL || date[0] == 0)
        return true;
    if (date_parse(date, &ignored, why))
        return true;
    return fail_within(why, "'%s' of a membership", what);
}

bool people_join(struct people *p, const char *group, const char *person, const char *since,
                 const char *until, const char *role, struct fail *why)
{
    struct row row;
    struct value id = value_text(person);
    if (!id_text_check("the id of a person", person, PERSON_ID_BYTES, why) ||
        !id_text_check("the name of a group", group, GROUP_NAME_BYTES, why) ||
        !date_check("since", since, why) || !date_check("until", until, why))
        return false;
    if (role != NULL && !id_text_check("a role", role, GROUP_NAME_BYTES, why))
        return false;
    since = since == NULL ? "" : since;
    until = until != NULL && until[0] == 0 ? NULL : until;
    if (until != NULL && strcmp(since, until) >= 0)
        return fail(why, FAIL_INVALID, "a membership from %s until %s has no day in it", since,
                    until);
    if (!store_get(p->store, TABLE_PERSON, &id, &row, why))
        return false;
    bool known = row_is_there(&row);
    row_done(&row);
    if (!known)
        return fail(why, FAIL_NOT_FOUND, "there is no person '%s' to join '%s'", person, group);
    struct value columns[] = {
        [MEMBERSHIP_GROUP] = value_text(group), [MEMBERSHIP_PERSON] = id,
        [MEMBERSHIP_FROM] = value_text(since),  [MEMBERSHIP_UNTIL] = value_text(until),
        [MEMBERSHIP_ROLE] = value_text(role),
    };
    store_put(p->store, TABLE_MEMBERSHIP, columns);
    return true;
}

static bool scan_person(struct people *p, const char *id, struct scan **scan, struct fail *why)
{
    struct value prefix = value_text(id);
    struct scan_opts opts = {
        .table = TABLE_MEMBERSHIP, .index = 0, .prefix = &prefix, .prefix_count = 1};
    return store_scan(p->store, &opts, scan, why);
}

static json membership_json(const struct row *row)
{
    json m = json_object();
    json_set_text(&m, "group", row_text(row, MEMBERSHIP_GROUP));
    if (row_text(row, MEMBERSHIP_FROM)[0] != 0)
        json_set_text(&m, "since", row_text(row, MEMBERSHIP_FROM));
    if (!row_is_null(row, MEMBERSHIP_UNTIL))
        json_set_text(&m, "until", row_text(row, MEMBERSHIP_UNTIL));
    if (!row_is_null(row, MEMBERSHIP_ROLE))
        json_set_text(&m, "role", row_text(row, MEMBERSHIP_ROLE));
    return m;
}

static void append_once(json *names, const char *name)
{
    size_t n = json_length(*names);
    if (n > 0) {
        json last = json_at(*names, n - 1);
        bool same = strcmp(json_text(last), name) == 0;
        json_free(last);
        if (same)
            return;
    }
    json_append_take(names, json_string(name));
}

bool people_add_groups(struct people *p, const char *id, json *person, struct fail *why)
{
    struct scan *scan;
    struct row row;
    char today[16];
    if (!scan_person(p, id, &scan, why))
        return false;
    date_at(p, engine_now_ms(p->engine), today);
    json groups = json_array(), memberships = json_array();
    why->kind = FAIL_NONE;
    while (scan_next(scan, &row, why)) {
        json_append_take(&memberships, membership_json(&row));
        if (membership_holds(&row, today))
            append_once(&groups, row_text(&row, MEMBERSHIP_GROUP));
        row_done(&row);
    }
    scan_done(scan);
    json_set_take(person, "groups", groups);
    json_set_take(person, "memberships", memberships);
    return why->kind == FAIL_NONE;
}

// A group is a name, or {group, since, until, role}.
static bool join_one(struct people *p, const char *id, json group, struct fail *why)
{
    if (json_is_string(group))
        return people_join(p, json_text(group), id, NULL, NULL, NULL, why);
    const char *name = json_get_text(group, "group", json_get_text(group, "name", NULL));
    if (name == NULL)
        return fail(why, FAIL_INVALID,
                    "person '%s': a group is a name or {group, since, until, role}", id);
    return people_join(p, name, id, json_get_text(group, "since", NULL),
                       json_get_text(group, "until", NULL), json_get_text(group, "role", NULL),
                       why);
}

static bool leave_undated(struct people *p, const char *id, struct fail *why)
{
    struct scan *scan;
    struct row row;
    if (!scan_person(p, id, &scan, why))
        return false;
    why->kind = FAIL_NONE;
    while (scan_next(scan, &row, why)) {
        if (row_text(&row, MEMBERSHIP_FROM)[0] == 0 && row_is_null(&row, MEMBERSHIP_UNTIL))
            store_delete(p->store, TABLE_MEMBERSHIP, row.columns);
        row_done(&row);
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

bool people_put_groups(struct people *p, const char *id, json person, struct fail *why)
{
    json groups = json_get(person, "groups");
    bool good = true;
    if (json_is_absent(groups) || json_is_null(groups))
        goto done;
    if (!json_is_array(groups) || json_length(groups) > GROUPS_OF_A_PERSON_MAX) {
        good = fail(why, FAIL_INVALID, "person '%s': 'groups' is a list of at most %d names", id,
                    GROUPS_OF_A_PERSON_MAX);
        goto done;
    }
    good = leave_undated(p, id, why);
    for (size_t i = 0; good && i < json_length(groups); i++) {
        json group = json_at(groups, i);
        good = join_one(p, id, group, why);
        json_free(group);
    }
done:
    json_free(groups);
    return good;
}

static bool append_person(struct people *p, const struct row *membership, json *out,
                          struct fail *why)
{
    json person = people_get(p, row_text(membership, MEMBERSHIP_PERSON), why);
    if (json_is_absent(person)) {
        // A membership of an erased person holds nobody.
        bool gone = why->kind == FAIL_NOT_FOUND;
        why->kind = gone ? FAIL_NONE : why->kind;
        return gone;
    }
    if (!row_is_null(membership, MEMBERSHIP_ROLE))
        json_set_text(&person, "role", row_text(membership, MEMBERSHIP_ROLE));
    json_append_take(out, person);
    return true;
}

json people_group(struct people *p, const char *group, int64_t at_ms, struct fail *why)
{
    struct scan *scan;
    struct row row;
    char date[16];
    char *last = NULL;
    json members = json_array();
    struct value prefix = value_text(group);
    struct scan_opts opts = {
        .table = TABLE_MEMBERSHIP, .index = -1, .prefix = &prefix, .prefix_count = 1};
    if (!store_scan(p->store, &opts, &scan, why)) {
        json_free(members);
        return json_absent();
    }
    date_at(p, at_ms, date);
    why->kind = FAIL_NONE;
    bool good = true;
    while (good && scan_next(scan, &row, why)) {
        const char *id = row_text(&row, MEMBERSHIP_PERSON);
        if (membership_holds(&row, date) && (last == NULL || strcmp(last, id) != 0)) {
            mem_free(last);
            last = mem_string(id);
            good = append_person(p, &row, &members, why);
        }
        row_done(&row);
    }
    scan_done(scan);
    mem_free(last);
    if (!good || why->kind != FAIL_NONE)
        json_swap_take(&members, json_absent());
    return members;
}

json people_groups(struct people *p, struct fail *why)
{
    struct scan *scan;
    struct row row;
    char today[16];
    struct scan_opts opts = {.table = TABLE_MEMBERSHIP, .index = -1};
    json groups = json_array();
    if (!store_scan(p->store, &opts, &scan, why)) {
        json_free(groups);
        return json_absent();
    }
    date_at(p, engine_now_ms(p->engine), today);
    why->kind = FAIL_NONE;
    char *name = NULL;
    int64_t members = 0;
    bool more = true;
    while (more) {
        more = scan_next(scan, &row, why);
        bool same = more && name != NULL && strcmp(name, row_text(&row, MEMBERSHIP_GROUP)) == 0;
        if (!same && name != NULL) {
            json group = json_object();
            json_set_text(&group, "name", name);
            json_set_int(&group, "members", members);
            json_append_take(&groups, group);
            members = 0;
        }
        if (!more)
            break;
        if (!same) {
            mem_free(name);
            name = mem_string(row_text(&row, MEMBERSHIP_GROUP));
        }
        members += membership_holds(&row, today);
        row_done(&row);
    }
    mem_free(name);
    scan_done(scan);
    if (why->kind != FAIL_NONE)
        json_swap_take(&groups, json_absent());
    return groups;
}
