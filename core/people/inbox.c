#include "people/inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "people/item_row.h"

#define PAST_MAX 50

static bool add(struct people *p, const char *assignee, const char *status, json *list,
                struct fail *why)
{
    struct item_list_opts opts = {.assignee = assignee,
                                  .status = status,
                                  .limit = LIMIT_PAGE_ROWS,
                                  .latest_first = strcmp(status, "open") != 0};
    json items = item_list(p, &opts, why);
    bool good = json_is_array(items);
    for (size_t i = 0; i < json_length(items); i++)
        json_append_take(list, json_at(items, i));
    json_free(items);
    return good;
}

// What a group is asked is shown to who is in it today.
static bool add_shared(struct people *p, const char *person, const char *whose, json *list,
                       struct fail *why)
{
    return !person_is_of(p, person, whose) || add(p, whose, "open", list, why);
}

static bool add_named(struct people *p, const char *person, const char *kind, const char *name,
                      json *list, struct fail *why)
{
    char *whose = mem_printf("%s %s", kind, name);
    bool good = add_shared(p, person, whose, list, why);
    mem_free(whose);
    return good;
}

static bool names_before(json names, size_t i, const char *member, const char *name)
{
    bool found = false;
    for (size_t k = 0; k < i && !found; k++) {
        json earlier = json_at(names, k);
        found = strcmp(json_get_text(earlier, member, ""), name) == 0;
        json_free(earlier);
    }
    return found;
}

static bool add_of_memberships(struct people *p, const char *person, json *list, struct fail *why)
{
    static const char *const kinds[] = {"group", "role"};
    json shown = people_get(p, person, why), memberships = json_get(shown, "memberships");
    bool good = json_is_object(shown) || why->kind == FAIL_NOT_FOUND;
    for (size_t i = 0; good && i < json_length(memberships); i++) {
        json one = json_at(memberships, i);
        for (int k = 0; good && k < 2; k++) {
            const char *name = json_get_text(one, kinds[k], NULL);
            if (name && !names_before(memberships, i, kinds[k], name))
                good = add_named(p, person, kinds[k], name, list, why);
        }
        json_free(one);
    }
    json_free(memberships);
    json_free(shown);
    return good;
}

// ---- order

struct due {
    json item;
    char text[32]; // instants in UTC compare as text
};

static int by_due(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order
                      : strcmp(json_get_text(x->item, "id", ""), json_get_text(y->item, "id", ""));
}

// Sorted by a moment; what has none comes last. Takes the list.
static json sorted(json list_take, const char *moment, bool latest_first)
{
    size_t count = json_length(list_take);
    struct due *dues = mem_zero(count + 1, sizeof *dues);
    for (size_t i = 0; i < count; i++) {
        dues[i].item = json_at(list_take, i);
        snprintf(dues[i].text, sizeof dues[i].text, "%s",
                 json_get_text(dues[i].item, moment, latest_first ? "" : "~"));
    }
    qsort(dues, count, sizeof *dues, by_due);
    json out = json_array();
    for (size_t i = 0; i < count; i++)
        json_append_take(&out, dues[latest_first ? count - 1 - i : i].item);
    mem_free(dues);
    json_free(list_take);
    return out;
}

// ---- the two lists

// What was answered and may still be changed is not waited for.
static void part(json open, json *waiting, json *past)
{
    for (size_t i = 0; i < json_length(open); i++) {
        json item = json_at(open, i);
        json_append_take(json_get_int(item, "answers", 0) > 0 ? past : waiting, item);
    }
}

json inbox_of(struct people *p, const char *person, struct fail *why)
{
    json open = json_array(), over = json_array(), waiting = json_array(), past = json_array(),
         inbox = json_absent();
    bool good = add(p, person, "open", &open, why) && add_of_memberships(p, person, &open, why) &&
                add(p, person, "done", &over, why) && add(p, person, "closed", &over, why);
    if (good) {
        part(open, &waiting, &past);
        json latest = sorted(json_ref(over), "closedAt", true);
        for (size_t i = 0; i < json_length(latest) && json_length(past) < PAST_MAX; i++)
            json_append_take(&past, json_at(latest, i));
        json_free(latest);
        inbox = json_object();
        json_set_take(&inbox, "waiting", sorted(json_ref(waiting), "closesAt", false));
        json_set(&inbox, "past", past);
    }
    json_free(open);
    json_free(over);
    json_free(waiting);
    json_free(past);
    return inbox;
}
