#include "engine/quarantine.h"

#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/rows.h"
#include "engine/state.h"

#define META_KEY_NAME "crashed"
#define PATIENCE_MS   2000

// The instance id somewhere in the last words, or "".
static struct id id_in(const char *words)
{
    struct id id = {{0}};
    for (const char *s = words; s && *s; s++) {
        if (strlen(s) < ID_LENGTH)
            break;
        memcpy(id.text, s, ID_LENGTH);
        if (id_is_valid(id.text))
            return id;
    }
    return (struct id){{0}};
}

static void remember(struct engine *e, const char *id)
{
    struct value columns[] = {value_text(META_KEY_NAME), value_text(id)};
    if (*id)
        store_put(e->store, TABLE_META, columns);
    else
        store_delete(e->store, TABLE_META, columns);
}

bool engine_quarantine(struct engine *e, const char *id, const char *reason, struct fail *why)
{
    struct live *l = live_find(e, id);
    if (!l)
        return fail(why, FAIL_NOT_FOUND, "there is no instance '%s'", id);
    if (!live_is_open(l))
        return fail(why, FAIL_CONFLICT, "the instance '%s' has ended", id);
    live_incident(e, l, reason);
    l->quarantined = true;
    if (live_is_paused(l))
        return true;
    json value = json_object();
    json_set_text(&value, "reason", reason);
    inbox_put_first(&l->inbox,
                    inbox_entry_new(INBOX_MACHINE, INPUT_SUSPEND, (struct wait_address){0}, value));
    live_ready(e, l);
    log_error("engine", "quarantined", "instance=%s reason=\"%s\"", id, reason);
    return true;
}

// Durable before anything is stepped: what crashes the engine most often does so in its first turn,
// and would never be known again.
static void remember_now(struct engine *e, const char *id)
{
    struct fail why = {0};
    remember(e, id);
    store_seal(e->store, e->now_ms, NULL, NULL);
    if (!store_flush(e->store, PATIENCE_MS, &why))
        log_error("engine", "crash_not_noted", "reason=\"%s\"", why.message);
}

bool quarantine_note(struct engine *e)
{
    struct id crashed = id_in(e->last_words);
    struct row row = {0};
    rows_get(e->store, TABLE_META, (struct value[]){value_text(META_KEY_NAME)}, &row);
    bool same = strcmp(row_is_there(&row) ? row_text(&row, META_VALUE) : "", crashed.text) == 0;
    row_done(&row);
    if (!same)
        remember_now(e, crashed.text);
    return same && *crashed.text;
}

void quarantine_hold(struct engine *e)
{
    struct id crashed = id_in(e->last_words);
    struct fail why = {0};
    if (!engine_quarantine(e, crashed.text, "it was in hand in two crashes in a row", &why))
        log_warn("engine", "quarantine_refused", "reason=\"%s\"", why.message);
}
