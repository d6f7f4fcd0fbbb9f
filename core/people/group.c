// Memberships: a person is in a group from a moment (included) to a moment (excluded), each of them
// open where empty. A moment is a date, read in the directory's zone, or an instant to the
// millisecond, kept in one form (UTC, three digits). The key has the first moment, so that leaving
// and coming back are two rows.
#include "people/people.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/must.h"
#include "calendar/date.h"
#include "calendar/instant.h"
#include "calendar/zone.h"
#include "people/directory.h"

#define GROUPS_OF_A_PERSON_MAX 200

#define MOMENT_SIZE 32

// Whether a moment has come: dates compare as texts, so that a day is a day whatever its length.
static bool has_come(const char *moment, const struct when *when)
{
    int64_t ms = 0;
    struct fail why = {0};
    if (strlen(moment) == 10)
        return strcmp(moment, when->date) <= 0;
    bool good = instant_parse(moment, &ms, &why);
    must(good);
    return ms <= when->ms;
}

bool membership_holds(const struct row *row, const struct when *when)
{
    const char *since = row_text(row, MEMBERSHIP_FROM), *until = row_text(row, MEMBERSHIP_UNTIL);
    return (since[0] == 0 || has_come(since, when)) && (until == NULL || !has_come(until, when));
}

struct when when_at(const struct people *p, int64_t at_ms)
{
    struct when when = {.ms = at_ms};
    date_at(p, at_ms, when.date);
    return when;
}

bool people_day(struct people *p, const char *date, int64_t *ms, struct fail *why)
{
    int32_t day;
    int year, month, of_month;
    char next[16];
    if (!date_parse(date, &day, why))
        return false;
    date_to_civil(day + 1, &year, &month, &of_month);
    int length = snprintf(next, sizeof next, "%04d-%02d-%02d", year, month, of_month);
    must(length == 10);
    if (!zone_parse(p->zone, next, ms, why))
        return false;
    --*ms;
    return true;
}

static void write_instant(int64_t ms, char out[MOMENT_SIZE])
{
    struct local_time t = zone_local(zone_utc(), ms);
    int length = snprintf(out, MOMENT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.year, t.month,
                          t.day, t.hour, t.minute, t.second, t.millisecond);
    must(length == 24);
}

// The one form of a moment; "" where none is given. *ms: when it begins.
static bool moment_read(struct people *p, const char *what, const char *text, char out[MOMENT_SIZE],
                        int64_t *ms, struct fail *why)
{
    int32_t ignored;
    out[0] = 0;
    *ms = INSTANT_NONE;
    if (text == NULL || text[0] == 0)
        return true;
    bool is_date = strlen(text) == 10;
    bool good = is_date ? date_parse(text, &ignored, why) && zone_parse(p->zone, text, ms, why)
                        : instant_parse(text, ms, why);
    if (!good) {
        snprintf(why->code, sizeof why->code, "bad_date");
        return fail_within(why, "'%s' of a membership", what);
    }
    if (is_date)
        memcpy(out, text, 11);
    else
        write_instant(*ms, out);
    return true;
}

static bool person_is_known(struct people *p, const char *person, const char *group,
                            struct fail *why)
{
    struct row row;
    struct value id = value_text(person);
    if (!store_get(p->store, TABLE_PERSON, &id, &row, why))
        return false;
    bool known = row_is_there(&row) && strcmp(row_text(&row, PERSON_STATUS), "erased") != 0;
    row_done(&row);
    return known || fail_code(why, FAIL_NOT_FOUND, "unknown_person",
                              "there is no person '%s' to join '%s'", person, group);
}

bool people_join(struct people *p, const char *group, const char *person, const char *since,
                 const char *until, const char *role, struct fail *why)
{
    char from[MOMENT_SIZE], to[MOMENT_SIZE];
    int64_t from_ms, to_ms;
    if (!id_text_check("the id of a person", person, PERSON_ID_BYTES, why) ||
        !id_text_check("the name of a group", group, GROUP_NAME_BYTES, why) ||
        !moment_read(p, "since", since, from, &from_ms, why) ||
        !moment_read(p, "until", until, to, &to_ms, why))
        return false;
    if (role != NULL && !id_text_check("a role", role, GROUP_NAME_BYTES, why))
        return false;
    if (to_ms != INSTANT_NONE && from_ms >= to_ms)
        return fail_code(why, FAIL_INVALID, "no_day",
                         "a membership from %s until %s has no %s in it", from, to,
                         strlen(to) == 10 ? "day" : "moment");
    if (!person_is_known(p, person, group, why))
        return false;
    struct value columns[] = {
        [MEMBERSHIP_GROUP] = value_text(group),
        [MEMBERSHIP_PERSON] = value_text(person),
        [MEMBERSHIP_FROM] = value_text(from),
        [MEMBERSHIP_UNTIL] = value_text(to[0] == 0 ? NULL : to),
        [MEMBERSHIP_ROLE] = value_text(role),
    };
    store_put(p->store, TABLE_MEMBERSHIP, columns);
    return true;
}

// Ends one membership at a moment; one that began only then never was.
static bool leave_row(struct people *p, const struct row *row, const char *until, int64_t until_ms,
                      struct fail *why)
{
    char from[MOMENT_SIZE];
    int64_t from_ms;
    struct value columns[MEMBERSHIP_ROLE + 1];
    if (!moment_read(p, "since", row_text(row, MEMBERSHIP_FROM), from, &from_ms, why))
        return false;
    memcpy(columns, row->columns, sizeof columns);
    columns[MEMBERSHIP_UNTIL] = value_text(until);
    if (from_ms == until_ms)
        store_delete(p->store, TABLE_MEMBERSHIP, columns);
    else
        store_put(p->store, TABLE_MEMBERSHIP, columns);
    return true;
}

bool people_leave(struct people *p, const char *group, const char *person, const char *until,
                  int64_t *left, struct fail *why)
{
    struct scan *scan;
    struct row row;
    char to[MOMENT_SIZE];
    int64_t to_ms;
    *left = 0;
    if (!moment_read(p, "until", until, to, &to_ms, why))
        return false;
    if (to[0] == 0) {
        to_ms = engine_now_ms(p->engine);
        write_instant(to_ms, to);
    }
    struct when when = when_at(p, to_ms);
    struct value prefix[] = {value_text(group), value_text(person)};
    struct scan_opts opts = {
        .table = TABLE_MEMBERSHIP, .index = -1, .prefix = prefix, .prefix_count = 2};
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    bool good = true;
    why->kind = FAIL_NONE;
    while (good && scan_next(scan, &row, why)) {
        if (membership_holds(&row, &when)) {
            good = leave_row(p, &row, to, to_ms, why);
            ++*left;
        }
        row_done(&row);
    }
    scan_done(scan);
    return good && why->kind == FAIL_NONE;
}

static bool scan_person(struct people *p, const char *id, struct scan **scan, struct fail *why)
{
    struct value prefix = value_text(id);
    struct scan_opts opts = {.table = TABLE_MEMBERSHIP,
                             .index = MEMBERSHIP_BY_PERSON,
                             .prefix = &prefix,
                             .prefix_count = 1};
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
    if (!scan_person(p, id, &scan, why))
        return false;
    struct when now = when_at(p, engine_now_ms(p->engine));
    json groups = json_array(), memberships = json_array();
    why->kind = FAIL_NONE;
    while (scan_next(scan, &row, why)) {
        json_append_take(&memberships, membership_json(&row));
        if (membership_holds(&row, &now))
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

// A role that is held of no group in particular is one of a group of its own name.
static bool take_role(struct people *p, const char *id, json role, struct fail *why)
{
    if (!json_is_string(role))
        return fail(why, FAIL_INVALID,
                    "person '%s': a role is a name; one that is held in a group, or for a time, "
                    "is a group {group, since, until, role}",
                    id);
    return people_join(p, json_text(role), id, NULL, NULL, json_text(role), why);
}

static bool put_roles(struct people *p, const struct person_put *who, json person, struct fail *why)
{
    json roles = json_get(person, "roles");
    bool good = json_is_absent(roles) || json_is_null(roles) ||
                (json_is_array(roles) && json_length(roles) <= GROUPS_OF_A_PERSON_MAX) ||
                fail(why, FAIL_INVALID, "person '%s': 'roles' is a list of at most %d names",
                     who->id, GROUPS_OF_A_PERSON_MAX);
    for (size_t i = 0; good && i < json_length(roles); i++) {
        json role = json_at(roles, i);
        good = take_role(p, who->id, role, why);
        json_free(role);
    }
    json_free(roles);
    return good;
}

bool people_put_groups(struct people *p, const struct person_put *who, json person,
                       struct fail *why)
{
    json groups = json_get(person, "groups");
    bool good = true;
    if (json_is_absent(groups) || json_is_null(groups))
        goto done;
    if (!json_is_array(groups) || json_length(groups) > GROUPS_OF_A_PERSON_MAX) {
        good = fail(why, FAIL_INVALID, "person '%s': 'groups' is a list of at most %d names",
                    who->id, GROUPS_OF_A_PERSON_MAX);
        goto done;
    }
    good = who->is_new || leave_undated(p, who->id, why);
    for (size_t i = 0; good && i < json_length(groups); i++) {
        json group = json_at(groups, i);
        good = join_one(p, who->id, group, why);
        json_free(group);
    }
done:
    json_free(groups);
    return good && put_roles(p, who, person, why);
}

static bool append_person(struct people *p, const struct row *membership, enum person_view view,
                          json *out, struct fail *why)
{
    json person = people_get_as(p, row_text(membership, MEMBERSHIP_PERSON), view, why);
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
    return group_members(
        p, &(struct group_page){.group = group, .at_ms = at_ms, .view = PERSON_WHOLE}, why);
}

// Appends those of the scan who are members then, once each.
static bool append_members(struct people *p, struct scan *scan, const struct group_page *page,
                           json *members, struct fail *why)
{
    struct row row;
    struct when when = when_at(p, page->at_ms);
    char *last = mem_string(page->after);
    bool good = true;
    why->kind = FAIL_NONE;
    while (good && (page->limit == 0 || json_length(*members) < page->limit) &&
           scan_next(scan, &row, why)) {
        const char *id = row_text(&row, MEMBERSHIP_PERSON);
        if (membership_holds(&row, &when) && (last == NULL || strcmp(last, id) != 0)) {
            mem_free(last);
            last = mem_string(id);
            good = append_person(p, &row, page->view, members, why);
        }
        row_done(&row);
    }
    mem_free(last);
    return good && why->kind == FAIL_NONE;
}

json group_members(struct people *p, const struct group_page *page, struct fail *why)
{
    struct scan *scan;
    json members = json_array();
    struct value prefix = value_text(page->group), from = value_text(page->after);
    struct scan_opts opts = {.table = TABLE_MEMBERSHIP,
                             .index = -1,
                             .prefix = &prefix,
                             .prefix_count = 1,
                             .from = page->after ? &from : NULL};
    bool good = store_scan(p->store, &opts, &scan, why);
    if (good) {
        good = append_members(p, scan, page, &members, why);
        scan_done(scan);
    }
    if (!good)
        json_swap_take(&members, json_absent());
    return members;
}

json people_groups(struct people *p, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct scan_opts opts = {.table = TABLE_MEMBERSHIP, .index = -1};
    json groups = json_array();
    if (!store_scan(p->store, &opts, &scan, why)) {
        json_free(groups);
        return json_absent();
    }
    struct when now = when_at(p, engine_now_ms(p->engine));
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
        members += membership_holds(&row, &now);
        row_done(&row);
    }
    mem_free(name);
    scan_done(scan);
    if (why->kind != FAIL_NONE)
        json_swap_take(&groups, json_absent());
    return groups;
}

json people_memberships(struct people *p, const char *group, int64_t at_ms, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct when when = when_at(p, at_ms);
    struct value prefix = value_text(group);
    struct scan_opts opts = {
        .table = TABLE_MEMBERSHIP, .index = -1, .prefix = &prefix, .prefix_count = 1};
    if (!store_scan(p->store, &opts, &scan, why))
        return json_absent();
    json list = json_array();
    why->kind = FAIL_NONE;
    while (scan_next(scan, &row, why)) {
        struct fail unknown = {0};
        json m = membership_json(&row),
             person = people_get(p, row_text(&row, MEMBERSHIP_PERSON), &unknown);
        json_set_text(&m, "person", row_text(&row, MEMBERSHIP_PERSON));
        json_set_text(&m, "name", json_get_text(person, "name", ""));
        json_set_text(&m, "status", json_get_text(person, "status", PERSON_ERASED));
        json_set_bool(&m, "holds", membership_holds(&row, &when));
        json_append_take(&list, m);
        json_free(person);
        row_done(&row);
    }
    scan_done(scan);
    if (why->kind != FAIL_NONE)
        json_swap_take(&list, json_absent());
    return list;
}
