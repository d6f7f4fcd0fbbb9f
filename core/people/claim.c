#include "people/claim.h"

#include <string.h>

#include "base/must.h"
#include "people/item_row.h"
#include "store/audit.h"

// ---- whose it is

// Ids of persons have no blank, so "group desk" is never a person.
bool item_is_unclaimed(const struct row *row)
{
    const char *assignee = row_text(row, ITEM_ASSIGNEE);
    return assignee != NULL && strchr(assignee, ' ') != NULL;
}

static bool membership_fits(json membership, const char *whose, const char *date)
{
    bool role = strncmp(whose, "role ", 5) == 0;
    const char *wanted = strchr(whose, ' ') + 1;
    const char *since = json_get_text(membership, "since", ""),
               *until = json_get_text(membership, "until", NULL);
    return strcmp(json_get_text(membership, role ? "role" : "group", ""), wanted) == 0 &&
           strcmp(since, date) <= 0 && (until == NULL || strcmp(date, until) < 0);
}

bool person_is_of(struct people *p, const char *id, const char *whose)
{
    struct fail why = {0};
    char today[16];
    json person = people_get(p, id, &why), memberships = json_get(person, "memberships");
    bool is = false, active = strcmp(json_get_text(person, "status", ""), "active") == 0;
    must(strchr(whose, ' ') != NULL);
    date_at(p, engine_now_ms(p->engine), today);
    for (size_t i = 0; active && !is && i < json_length(memberships); i++) {
        json membership = json_at(memberships, i);
        is = membership_fits(membership, whose, today);
        json_free(membership);
    }
    json_free(memberships);
    json_free(person);
    return is;
}

// ---- claiming

void item_assign(struct people *p, const struct row *row, const char *assignee)
{
    struct value columns[ITEM_COLUMNS];
    memcpy(columns, row->columns, sizeof columns);
    columns[ITEM_ASSIGNEE] = value_text(assignee);
    store_put(p->store, TABLE_ITEM, columns);
}

void item_note_claim(struct people *p, const struct row *row, const char *type, const char *person)
{
    struct step_address step = item_step(row);
    json entry = json_object(), personal = json_object();
    json_set_text(&entry, "type", type);
    json_set_text(&entry, "task", row_text(row, ITEM_TASK));
    json_set_text(&entry, "path", step.path);
    json_set_text(&personal, "person", person);
    json_set_text(&personal, "item", row_text(row, ITEM_ID));
    json_set_take(&entry, "personal", audit_personal(p->store, step.instance, person, personal));
    engine_step_note(p->engine, &step, entry);
    json_free(personal);
    json_free(entry);
}

static bool is_open(const struct row *row, json kept, struct fail *why)
{
    bool done = strcmp(row_text(row, ITEM_STATUS), "done") == 0;
    const char *code = json_get_text(kept, "refusal", done ? "already_answered" : "closed");
    return item_is_open(row) || fail_code(why, FAIL_REFUSED, code, "this takes no more answers");
}

static bool may_claim(struct people *p, const struct row *row, json kept, const char *person,
                      struct fail *why)
{
    const char *whose = json_get_text(kept, "for", NULL);
    if (whose == NULL)
        return fail_code(why, FAIL_REFUSED, "not_possible", "this is asked of one person alone");
    if (!person_is_of(p, person, whose))
        return fail_code(why, FAIL_REFUSED, "not_eligible", "this asks others");
    return is_open(row, kept, why) &&
           (item_is_unclaimed(row) ||
            fail_code(why, FAIL_REFUSED, "already_claimed", "somebody else is working on this"));
}

static bool is_his(const struct row *row, const char *person)
{
    const char *assignee = row_text(row, ITEM_ASSIGNEE);
    return assignee != NULL && strcmp(assignee, person) == 0;
}

static bool may_give_back(const struct row *row, json kept, const char *person, struct fail *why)
{
    if (!is_his(row, person))
        return fail_code(why, FAIL_REFUSED, "not_eligible", "this is not with you");
    if (!json_has(kept, "for"))
        return fail_code(why, FAIL_REFUSED, "not_possible", "this is asked of one person alone");
    return is_open(row, kept, why) &&
           (row_integer(row, ITEM_ANSWERS) == 0 ||
            fail_code(why, FAIL_REFUSED, "already_answered", "this has been answered"));
}

bool item_claim(struct people *p, const char *item, const char *person, struct fail *why)
{
    struct row row;
    json kept = json_absent();
    if (!item_row(p, item, &row, why))
        return false;
    bool good = item_kept(p, &row, &kept, why);
    bool has = good && json_has(kept, "for") && item_is_open(&row) && is_his(&row, person);
    good = good && (has || may_claim(p, &row, kept, person, why));
    if (good && !has) {
        item_assign(p, &row, person);
        item_note_claim(p, &row, "claimed", person);
    }
    json_free(kept);
    row_done(&row);
    return good;
}

bool item_give_back(struct people *p, const char *item, const char *person, struct fail *why)
{
    struct row row;
    json kept = json_absent();
    if (!item_row(p, item, &row, why))
        return false;
    bool good = item_kept(p, &row, &kept, why) && may_give_back(&row, kept, person, why);
    if (good) {
        item_assign(p, &row, json_get_text(kept, "for", ""));
        item_note_claim(p, &row, "given_back", person);
    }
    json_free(kept);
    row_done(&row);
    return good;
}
