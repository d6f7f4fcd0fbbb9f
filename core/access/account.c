#include "access/account.h"

#include <string.h>

#include "access/session.h"
#include "access/state.h"
#include "access/token.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "calendar/instant.h"

#define ACCOUNTS_MAX 10000

bool account_name(const char *given, char out[ACCOUNT_NAME_BYTES + 1], struct fail *why)
{
    struct bytes normal;
    bytes_init(&normal, ACCOUNT_NAME_BYTES + 1);
    bool good = given && utf8_is_valid(given, strlen(given)) &&
                utf8_normalize(given, strlen(given), &normal, why) && !normal.overflowed &&
                normal.length > 0 && normal.length <= ACCOUNT_NAME_BYTES;
    for (size_t i = 0; good && i < normal.length; i++) {
        unsigned char c = (unsigned char)normal.data[i];
        if (c >= 'A' && c <= 'Z')
            normal.data[i] = (char)(c + 'a' - 'A');
        good = c > ' ' && c != 0x7F && !strchr(",;:/\\\"'<>&?#%", (char)c);
    }
    if (good)
        memcpy(out, normal.data, normal.length + 1);
    bytes_done(&normal);
    return good || fail_code(why, FAIL_INVALID, "bad_name",
                             "an account's name has 1 to %d bytes and no blanks, slashes or quotes",
                             ACCOUNT_NAME_BYTES);
}

static struct account account_of(const struct row *row)
{
    struct fail ignored = {0};
    struct account a = {.row = *row,
                        .name = row_text(row, ACCOUNT_NAME),
                        .display = row_text(row, ACCOUNT_DISPLAY),
                        .roles = row_text(row, ACCOUNT_ROLES),
                        .hash = row_text(row, ACCOUNT_HASH),
                        .subject = row_text(row, ACCOUNT_SUBJECT),
                        .person = row_text(row, ACCOUNT_PERSON),
                        .is_active = strcmp(row_text(row, ACCOUNT_STATUS), "active") == 0};
    if (!permissions_read(a.roles, &a.permissions, &ignored))
        a.permissions = 0; // a role that this program no longer knows allows nothing
    return a;
}

bool account_read(struct access *x, const char *name, struct account *out, struct fail *why)
{
    struct value key = value_text(name);
    struct row row = {0};
    *out = (struct account){0};
    if (!store_get(x->store, TABLE_ACCOUNT, &key, &row, why))
        return false;
    if (!row_is_there(&row))
        return fail(why, FAIL_NOT_FOUND, "there is no account '%s'", name);
    *out = account_of(&row);
    return true;
}

bool account_by_subject(struct access *x, const char *subject, struct account *out,
                        struct fail *why)
{
    struct value prefix = value_text(subject);
    struct scan *scan;
    struct row row = {0};
    *out = (struct account){0};
    if (!store_scan(x->store,
                    &(struct scan_opts){.table = TABLE_ACCOUNT,
                                        .index = ACCOUNT_BY_SUBJECT,
                                        .prefix = &prefix,
                                        .prefix_count = 1},
                    &scan, why))
        return false;
    bool found = scan_next(scan, &row, why);
    scan_done(scan);
    if (found)
        *out = account_of(&row);
    return found || (why->kind == FAIL_NONE &&
                     fail(why, FAIL_NOT_FOUND, "nobody with this log-in is known here"));
}

void account_done(struct account *account)
{
    row_done(&account->row);
    *account = (struct account){0};
}

// ---- lists

static struct scan *scan_all(struct access *x, struct fail *why)
{
    struct scan *scan = NULL;
    return store_scan(x->store, &(struct scan_opts){.table = TABLE_ACCOUNT, .index = -1}, &scan,
                      why)
               ? scan
               : NULL;
}

static void set_moment(json *object, const char *key, const struct row *row, int column)
{
    char text[INSTANT_TEXT_SIZE];
    if (row_is_null(row, column))
        return;
    instant_write_utc(row_integer(row, column), text);
    json_set_text(object, key, text);
}

static json shown(const struct account *a)
{
    json out = json_object(), names = json_array();
    for (const char *at = a->roles; *at;) {
        size_t bytes = strcspn(at, " ");
        json_append_take(&names, json_string_sized(at, bytes));
        at += bytes + (at[bytes] == ' ');
    }
    json_set_text(&out, "name", a->name);
    json_set_text(&out, "display", a->display);
    json_set_take(&out, "roles", names);
    json_set_text(&out, "status", a->is_active ? "active" : "disabled");
    if (a->person)
        json_set_text(&out, "person", a->person);
    json_set_bool(&out, "hasPassword", a->hash != NULL);
    json_set_bool(&out, "logsInElsewhere", a->subject != NULL);
    set_moment(&out, "createdAt", &a->row, ACCOUNT_CREATED_MS);
    set_moment(&out, "lastLogin", &a->row, ACCOUNT_LOGIN_MS);
    return out;
}

json account_list(struct access *x, struct fail *why)
{
    struct scan *scan = scan_all(x, why);
    struct row row = {0};
    if (!scan)
        return json_absent();
    json out = json_array();
    while (json_length(out) < ACCOUNTS_MAX && scan_next(scan, &row, why)) {
        struct account a = account_of(&row);
        json_append_take(&out, shown(&a));
        account_done(&a);
    }
    scan_done(scan);
    return out;
}

json account_show(struct access *x, const char *name, struct fail *why)
{
    struct account a;
    if (!account_read(x, name, &a, why))
        return json_absent();
    json out = shown(&a);
    account_done(&a);
    return out;
}

bool account_any(struct access *x)
{
    struct fail why = {0};
    struct row row = {0};
    struct scan *scan = scan_all(x, &why);
    bool any = scan && scan_next(scan, &row, &why);
    row_done(&row);
    scan_done(scan);
    return any;
}

// ---- changes

// Whether somebody else could still give roles.
static bool has_other_admin(struct access *x, const char *name)
{
    struct fail why = {0};
    struct row row = {0};
    struct scan *scan = scan_all(x, &why);
    bool found = false;
    while (scan && !found && scan_next(scan, &row, &why)) {
        struct account a = account_of(&row);
        found = a.is_active && (a.permissions & PERMIT_ADMIN) && (a.hash || a.subject) &&
                strcmp(a.name, name) != 0;
        account_done(&a);
    }
    scan_done(scan);
    return found;
}

struct draft {
    struct bytes display, roles;
    unsigned permissions;
    bool is_active;
};

static bool draft_read(const struct account_change *c, const struct account *old, struct draft *d,
                       struct fail *why)
{
    const char *display = c->display         ? c->display
                          : old->row.columns ? old->display
                                             : c->name,
               *names = c->roles           ? c->roles
                        : old->row.columns ? old->roles
                                           : "";
    const char *status = c->status;
    d->is_active = status ? strcmp(status, "active") == 0 : !old->row.columns || old->is_active;
    if (status && !d->is_active && strcmp(status, "disabled") != 0)
        return fail(why, FAIL_INVALID, "there is no status '%.40s'; there are active, disabled",
                    status);
    if (!utf8_is_valid(display, strlen(display)) ||
        !utf8_normalize(display, strlen(display), &d->display, why) || d->display.overflowed ||
        strpbrk(d->display.data, "\r\n\t"))
        return fail(why, FAIL_INVALID, "the name to show has at most %d bytes and one line",
                    ACCOUNT_DISPLAY_BYTES);
    return roles_read(names, &d->roles, why) &&
           permissions_read(d->roles.data, &d->permissions, why);
}

static void put(struct access *x, const struct account_change *c, const struct account *old,
                const struct draft *d)
{
    int64_t now_ms = access_now_ms(x);
    bool is_new = !old->row.columns;
    store_put(x->store, TABLE_ACCOUNT,
              (struct value[]){
                  [ACCOUNT_NAME] = value_text(c->name),
                  [ACCOUNT_DISPLAY] = value_text(d->display.data),
                  [ACCOUNT_ROLES] = value_text(d->roles.data),
                  [ACCOUNT_HASH] = value_text(c->hash ? c->hash : old->hash),
                  [ACCOUNT_SUBJECT] = value_text(c->subject ? c->subject : old->subject),
                  [ACCOUNT_PERSON] = value_text(c->person ? c->person : old->person),
                  [ACCOUNT_STATUS] = value_text(d->is_active ? "active" : "disabled"),
                  [ACCOUNT_CREATED_MS] =
                      is_new ? value_integer(now_ms) : old->row.columns[ACCOUNT_CREATED_MS],
                  [ACCOUNT_CHANGED_MS] = value_integer(now_ms),
                  [ACCOUNT_LOGIN_MS] = is_new ? value_null() : old->row.columns[ACCOUNT_LOGIN_MS],
              });
}

static void record(struct access *x, const struct actor *by, const struct account_change *c,
                   const struct account *old, const struct draft *d)
{
    json detail = json_object();
    bool is_new = !old->row.columns;
    json_set_text(&detail, "account", c->name);
    if (is_new || strcmp(old->roles, d->roles.data) != 0)
        json_set_text(&detail, "roles", d->roles.data);
    if (!is_new && old->is_active != d->is_active)
        json_set_text(&detail, "status", d->is_active ? "active" : "disabled");
    if (c->hash)
        json_set_bool(&detail, "password", true);
    access_record(
        x, by, &(struct act){.act = is_new ? "account-add" : "account-change", .detail = detail});
    json_free(detail);
}

// What a person would not expect to stay open: a disabled account's doors, a changed password's
// sessions.
static bool close_doors(struct access *x, const struct account_change *c, const struct draft *d,
                        struct fail *why)
{
    if (!d->is_active && !tokens_revoke_of(x, c->name, why))
        return false;
    return (d->is_active && !c->hash) || sessions_end(x, c->name, c->keep_session, why);
}

static bool write_account(struct access *x, const struct actor *by, const struct account_change *c,
                          const struct account *old, struct fail *why)
{
    struct draft d = {.is_active = true};
    bytes_init(&d.display, ACCOUNT_DISPLAY_BYTES);
    bytes_init(&d.roles, 200);
    bool good = draft_read(c, old, &d, why);
    bool was_admin = old->row.columns && old->is_active && (old->permissions & PERMIT_ADMIN);
    if (good && was_admin && (!d.is_active || !(d.permissions & PERMIT_ADMIN)) &&
        by->kind != ACTOR_LOCAL && by->kind != ACTOR_PROVIDER && !has_other_admin(x, c->name))
        good = fail_code(why, FAIL_CONFLICT, "last_admin",
                         "'%s' is the last administrator; make another one first", c->name);
    good = good && access_may_change(x, why) && close_doors(x, c, &d, why);
    if (good) {
        put(x, c, old, &d);
        record(x, by, c, old, &d);
    }
    bytes_done(&d.display);
    bytes_done(&d.roles);
    return good;
}

bool account_add(struct access *x, const struct actor *by, const struct account_change *change,
                 struct fail *why)
{
    struct account old;
    struct fail none = {0};
    if (account_read(x, change->name, &old, &none)) {
        account_done(&old);
        return fail(why, FAIL_CONFLICT, "there is an account '%s' already", change->name);
    }
    if (none.kind != FAIL_NOT_FOUND) {
        *why = none;
        return false;
    }
    return write_account(x, by, change, &old, why);
}

bool account_change(struct access *x, const struct actor *by, const struct account_change *change,
                    struct fail *why)
{
    struct account old;
    if (!account_read(x, change->name, &old, why))
        return false;
    bool good = write_account(x, by, change, &old, why);
    account_done(&old);
    return good;
}
