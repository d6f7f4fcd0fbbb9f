#include "engine/quarantine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/rows.h"
#include "engine/state.h"

#define META_KEY_NAME           "crashed"
#define PATIENCE_MS             2000
#define QUARANTINE_REASON_BYTES 256

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

// "ID MILLISECONDS", or nothing when the process before did not crash with an instance in hand.
static void remember(struct engine *e, const char *id)
{
    char note[ID_LENGTH + 32];
    snprintf(note, sizeof note, "%s %lld", id, (long long)e->last_words_ms);
    struct value columns[] = {value_text(META_KEY_NAME), value_text(note)};
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

// The same crash may be told twice: by a process that was killed before it could clear the words.
static bool is_same_crash(const struct engine *e, const char *noted)
{
    const char *at = strchr(noted, ' ');
    return e->last_words_ms != 0 && at && strtoll(at, NULL, 10) == e->last_words_ms;
}

bool quarantine_note(struct engine *e)
{
    struct id crashed = id_in(e->last_words);
    struct row row = {0};
    rows_get(e->store, TABLE_META, (struct value[]){value_text(META_KEY_NAME)}, &row);
    const char *noted = row_is_there(&row) ? row_text(&row, META_VALUE) : "";
    bool none = *crashed.text == 0 && *noted == 0;
    bool told = *crashed.text && is_same_crash(e, noted);
    bool again = *crashed.text && !told && strncmp(noted, crashed.text, ID_LENGTH) == 0;
    row_done(&row);
    if (!none && !told)
        remember_now(e, crashed.text);
    return again;
}

// The plugin too, if one was at work: it is what a person will look at first.
static void tell_reason(const char *words, char *out, size_t size)
{
    const char *plugin = words ? strstr(words, "plugin '") : NULL;
    const char *end = plugin ? strchr(plugin + strlen("plugin '"), '\'') : NULL;
    int length = end ? (int)(end + 1 - plugin) : 0;
    snprintf(out, size,
             "it was in hand in two crashes in a row%s%.*s; see the log, mend what it "
             "runs into, and resume or cancel it",
             length > 0 ? ", inside " : "", length, length > 0 ? plugin : "");
}

void quarantine_hold(struct engine *e)
{
    struct id crashed = id_in(e->last_words);
    struct fail why = {0};
    char reason[QUARANTINE_REASON_BYTES];
    tell_reason(e->last_words, reason, sizeof reason);
    if (!engine_quarantine(e, crashed.text, reason, &why))
        log_warn("engine", "quarantine_refused", "reason=\"%s\"", why.message);
}
