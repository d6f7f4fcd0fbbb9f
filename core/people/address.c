#include "people/address.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "calendar/instant.h"
#include "people/directory.h"
#include "people/house.h"
#include "people/item_row.h"

#define REASON_BYTES_MAX 300

static void lower(const char *address, char out[ADDRESS_BYTES + 1])
{
    size_t length = 0;
    for (; address[length] && length < ADDRESS_BYTES; length++)
        out[length] = (char)tolower((unsigned char)address[length]);
    out[length] = 0;
}

static bool get(struct people *p, const char *key, struct row *row, struct fail *why)
{
    struct value column = value_text(key);
    return store_get(p->store, TABLE_ADDRESS, &column, row, why);
}

// One line of what a stranger's server said.
static void one_line(const char *reason, char out[REASON_BYTES_MAX + 1])
{
    size_t length = 0;
    for (; *reason && length < REASON_BYTES_MAX; reason++)
        out[length++] = (unsigned char)*reason < ' ' || *reason == 0x7F ? ' ' : *reason;
    while (length > 0 && (out[length - 1] & 0xC0) == 0x80)
        length--; // never half a character
    if (length > 0 && (unsigned char)out[length - 1] >= 0xC0)
        length--;
    out[length] = 0;
}

static void put(struct people *p, const char *key, const char *state, const char *reason,
                int64_t softs)
{
    char line[REASON_BYTES_MAX + 1];
    one_line(reason, line);
    store_put(p->store, TABLE_ADDRESS,
              (struct value[]){value_text(key), value_text(state), value_text(line),
                               value_integer(engine_now_ms(p->engine)), value_integer(softs)});
}

static int64_t softs_now(struct people *p, const struct row *row)
{
    bool old = !row_is_there(row) || engine_now_ms(p->engine) - row_integer(row, ADDRESS_AT_MS) >
                                         ADDRESS_SOFT_DAYS * DAY_MS;
    return (old ? 0 : row_integer(row, ADDRESS_SOFTS)) + 1;
}

static bool is_marked(const struct row *row)
{
    return row_is_there(row) && strcmp(row_text(row, ADDRESS_STATE), "bouncing") == 0;
}

bool address_bounced(struct people *p, const struct bounce *bounce, bool *marked, struct fail *why)
{
    char key[ADDRESS_BYTES + 1];
    struct row row;
    *marked = false;
    lower(bounce->address, key);
    if (!get(p, key, &row, why))
        return false;
    bool was = is_marked(&row);
    int64_t softs = bounce->hard ? 0 : softs_now(p, &row);
    row_done(&row);
    if (was)
        return true;
    *marked = bounce->hard || softs >= ADDRESS_SOFT_MAX;
    put(p, key, *marked ? "bouncing" : "good", bounce->reason, softs);
    return !*marked || house_ask_address(p, key, bounce->reason, why);
}

bool address_mark_good(struct people *p, const char *address, struct fail *why)
{
    char key[ADDRESS_BYTES + 1];
    lower(address, key);
    if (!address_check(address, why))
        return false;
    struct value column = value_text(key);
    store_delete(p->store, TABLE_ADDRESS, &column);
    house_close_address(p, key);
    return true;
}

json address_state(struct people *p, const char *address, struct fail *why)
{
    char key[ADDRESS_BYTES + 1];
    struct row row;
    lower(address, key);
    if (!get(p, key, &row, why))
        return json_absent();
    json state = json_object();
    json_set_text(&state, "state", row_is_there(&row) ? row_text(&row, ADDRESS_STATE) : "good");
    if (row_is_there(&row)) {
        json_set_text(&state, "reason", row_text(&row, ADDRESS_REASON));
        json_set_take(&state, "at", item_instant(row_integer(&row, ADDRESS_AT_MS)));
    }
    row_done(&row);
    return state;
}

// A read that the disk refuses leaves the mail to the executor, which meets the same disk.
bool address_is_bouncing(struct people *p, const char *address)
{
    char key[ADDRESS_BYTES + 1];
    struct row row = {0};
    struct fail why;
    lower(address, key);
    bool is = get(p, key, &row, &why) && is_marked(&row);
    row_done(&row);
    return is;
}

static bool somebody_has(struct people *p, const char *key)
{
    struct fail why = {0};
    json found = people_find(p, key, 20, &why);
    bool has = false;
    for (size_t i = 0; i < json_length(found); i++) {
        json person = json_at(found, i);
        has = has || strcasecmp(json_get_text(person, "email", ""), key) == 0;
        json_free(person);
    }
    json_free(found);
    return has;
}

void address_left(struct people *p, const char *address)
{
    char key[ADDRESS_BYTES + 1];
    lower(address, key);
    if (address_is_bouncing(p, key) && !somebody_has(p, key))
        house_close_address(p, key);
}

// ---- opting out

static bool who_of(const char *who, char out[ADDRESS_BYTES + 1], struct fail *why)
{
    if (strlen(who) > ADDRESS_BYTES || *who == 0)
        return fail(why, FAIL_INVALID, "nobody was named who could opt out");
    if (strchr(who, '@'))
        lower(who, out);
    else
        snprintf(out, ADDRESS_BYTES + 1, "%s", who);
    return true;
}

bool optout_set(struct people *p, const char *who, const char *purpose, bool wants,
                struct fail *why)
{
    char key[ADDRESS_BYTES + 1];
    if (!who_of(who, key, why))
        return false;
    if (strlen(purpose) > PURPOSE_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "a purpose has at most %d bytes", PURPOSE_BYTES_MAX);
    struct value columns[] = {value_text(key), value_text(purpose),
                              value_integer(engine_now_ms(p->engine))};
    if (wants)
        store_delete(p->store, TABLE_OPTOUT, columns);
    else
        store_put(p->store, TABLE_OPTOUT, columns);
    return true;
}

bool optout_is_set(struct people *p, const char *who, const char *purpose)
{
    char key[ADDRESS_BYTES + 1];
    struct fail why;
    bool is = false;
    if (!who_of(who, key, &why))
        return false;
    const char *const purposes[] = {purpose, ""};
    for (size_t i = 0; i < 2 && !is; i++) {
        struct row row = {0};
        struct value columns[] = {value_text(key), value_text(purposes[i])};
        is = store_get(p->store, TABLE_OPTOUT, columns, &row, &why) && row_is_there(&row);
        row_done(&row);
    }
    return is;
}

// ---- forgetting

static bool forget_wishes(struct people *p, const char *who, struct fail *why)
{
    struct scan *scan;
    struct row row;
    struct value prefix = value_text(who);
    struct scan_opts opts = {
        .table = TABLE_OPTOUT, .index = -1, .prefix = &prefix, .prefix_count = 1};
    if (!store_scan(p->store, &opts, &scan, why))
        return false;
    why->kind = FAIL_NONE;
    while (scan_next(scan, &row, why)) {
        store_delete(p->store, TABLE_OPTOUT, row.columns);
        row_done(&row);
    }
    scan_done(scan);
    return why->kind == FAIL_NONE;
}

bool address_forget(struct people *p, const char *id, const char *address, struct fail *why)
{
    char key[ADDRESS_BYTES + 1];
    if (!forget_wishes(p, id, why))
        return false;
    lower(address ? address : "", key);
    if (*key && !somebody_has(p, key)) {
        struct value column = value_text(key);
        store_delete(p->store, TABLE_ADDRESS, &column);
        house_close_address(p, key);
        if (!forget_wishes(p, key, why))
            return false;
    }
    return house_forget_person(p, id, why);
}
