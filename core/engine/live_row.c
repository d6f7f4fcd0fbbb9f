#include "engine/live_row.h"

#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/must.h"
#include "engine/payloads.h"
#include "engine/rows.h"
#include "engine/state.h"

#define INBOX_KEY       "$inbox"
#define STATE_BYTES_MAX ((size_t)1 << 30)

struct writing {
    struct live *live;
    struct store *store;
};

static bool value_out(void *context, json value, struct bytes *out)
{
    const struct writing *w = context;
    return payload_written(&w->live->payloads, w->store, value, out);
}

// The inbox goes in as a last member of the state.
static void inbox_write(const struct live *l, struct bytes *out)
{
    must(out->length > 2 && out->data[out->length - 1] == '}');
    out->data[--out->length] = 0;
    json inbox = inbox_encode(&l->inbox);
    bytes_add(out, ",\"" INBOX_KEY "\":");
    json_write(inbox, JSON_COMPACT, out);
    bytes_add_char(out, '}');
    json_free(inbox);
}

// Last of all, so that it is found without reading the rest.
static void removed_write(const struct live *l, struct bytes *out)
{
    must(out->length > 2 && out->data[out->length - 1] == '}');
    out->data[--out->length] = 0;
    bytes_printf(out, ",\"" EXPIRY_KEY "\":%lld}", (long long)l->removed_ms);
}

static void state_write(struct engine *e, struct live *l, struct bytes *out)
{
    if (l->instance)
        instance_write(l->instance, out, value_out,
                       &(struct writing){.live = l, .store = e->store});
    else
        json_write(l->unread, JSON_COMPACT, out);
    if (!inbox_is_empty(&l->inbox))
        inbox_write(l, out);
    if (l->removed_ms != EXPIRY_NONE)
        removed_write(l, out);
    must(!out->overflowed);
}

static struct value integer_or_null(int64_t ms)
{
    return ms == INSTANT_NONE ? value_null() : value_integer(ms);
}

void live_row_put(struct engine *e, struct live *l, const char *waits_for)
{
    struct bytes state;
    bytes_init(&state, STATE_BYTES_MAX);
    state_write(e, l, &state);
    struct value columns[] = {
        [INSTANCE_ID] = value_text(l->id),
        [INSTANCE_NAMESPACE] = value_text(l->entry->namespace),
        [INSTANCE_NAME] = value_text(l->entry->name),
        [INSTANCE_VERSION] = value_text(l->entry->version),
        [INSTANCE_STATUS] = value_text(instance_status_name(live_status_shown(e, l))),
        [INSTANCE_CREATED_MS] = value_integer(l->created_ms),
        [INSTANCE_UPDATED_MS] = value_integer(l->updated_ms),
        [INSTANCE_ENDED_MS] = integer_or_null(l->ended_ms),
        [INSTANCE_WAITS_FOR] = value_text(waits_for),
        [INSTANCE_INCIDENT] = value_text(l->incident),
        [INSTANCE_PARENT] = value_text(l->parent),
        [INSTANCE_PARENT_WAIT] = value_text(l->parent_wait),
        [INSTANCE_STATE] = value_blob(state.data, state.length),
        [INSTANCE_HISTORY_SEQ] = value_integer(l->head.seq),
        [INSTANCE_HISTORY_HASH] =
            l->head.seq ? value_blob(l->head.hash.bytes, HASH_BYTES) : value_null(),
        [INSTANCE_EVENTS_FROM] = value_integer(l->events_from),
        [INSTANCE_TITLE] = value_text(l->title),
    };
    store_put(e->store, TABLE_INSTANCE, columns);
    bytes_done(&state);
}

static void value_in(void *context, json *value)
{
    const struct writing *w = context;
    payload_read(&w->live->payloads, w->store, value);
}

// A definition that no longer compiles (a plugin is gone), or a state that does not decode, must
// not keep the engine down: the instance is kept as it is and becomes an incident.
static void decode(struct engine *e, struct live *l, const struct row *row)
{
    struct fail why = {0};
    const struct value *state = &row->columns[INSTANCE_STATE];
    const char *before = engine_take_in_hand(e, l->id);
    struct definition *d = catalogue_compiled(e, l->entry, &why);
    struct writing in = {.live = l, .store = e->store};
    if (d && state->bytes > 0)
        l->instance = instance_read(
            &(struct state_source){l->id, d, state->data, state->bytes, value_in, &in}, &why);
    engine_take_in_hand(e, before);
    if (l->instance)
        return;
    l->unread = rows_json(row, INSTANCE_STATE);
    if (json_is_object(l->unread)) {
        json_remove(&l->unread, INBOX_KEY);
        json_remove(&l->unread, EXPIRY_KEY);
    }
    log_error("engine", "instance_unreadable", "instance=%s reason=\"%s\"", l->id, why.message);
}

// Few states have one, so the text is read for it only where its name stands in it.
static void decode_inbox(struct live *l, const struct row *row)
{
    const struct value *state = &row->columns[INSTANCE_STATE];
    static const char name[] = "\"" INBOX_KEY "\"";
    if (state->bytes == 0 || !memmem(state->data, state->bytes, name, sizeof name - 1))
        return;
    json whole = rows_json(row, INSTANCE_STATE), inbox = json_get(whole, INBOX_KEY);
    l->inbox_saved = !json_is_absent(inbox);
    if (l->inbox_saved)
        inbox_decode(&l->inbox, inbox);
    json_free(inbox);
    json_free(whole);
}

static struct catalogue_entry *entry_of(struct engine *e, const struct row *row)
{
    struct catalogue_entry *entry =
        catalogue_exact(e, row_text(row, INSTANCE_NAMESPACE), row_text(row, INSTANCE_NAME),
                        row_text(row, INSTANCE_VERSION));
    must(entry); // definitions that instances name are never deleted
    return entry;
}

static void read_head(struct live *l, const struct row *row)
{
    l->head.seq = row_integer(row, INSTANCE_HISTORY_SEQ);
    const struct value *hash = &row->columns[INSTANCE_HISTORY_HASH];
    if (hash->kind == VALUE_NULL)
        return;
    must(hash->bytes == HASH_BYTES);
    memcpy(l->head.hash.bytes, hash->data, HASH_BYTES);
}

struct live *live_row_read(struct engine *e, const struct row *row)
{
    struct live *l = mem_new(struct live);
    const char *id = row_text(row, INSTANCE_ID);
    must(strlen(id) == ID_LENGTH);
    memcpy(l->id, id, sizeof(l->id));
    l->unread = json_absent();
    inbox_init(&l->inbox);
    list_init(&l->ready_node);
    list_init(&l->dirty_node);
    list_init(&l->clean_node);
    l->entry = entry_of(e, row);
    l->title = mem_string(row_text(row, INSTANCE_TITLE));
    l->parent = mem_string(row_text(row, INSTANCE_PARENT));
    l->parent_wait = mem_string(row_text(row, INSTANCE_PARENT_WAIT));
    l->incident = mem_string(row_text(row, INSTANCE_INCIDENT));
    must(instance_status_parse(row_text(row, INSTANCE_STATUS), &l->unread_status));
    l->created_ms = row_integer(row, INSTANCE_CREATED_MS);
    l->updated_ms = row_integer(row, INSTANCE_UPDATED_MS);
    l->ended_ms =
        row_is_null(row, INSTANCE_ENDED_MS) ? INSTANT_NONE : row_integer(row, INSTANCE_ENDED_MS);
    l->events_from = row_integer(row, INSTANCE_EVENTS_FROM);
    l->has_rows = true; // the store knows, memory does not
    read_head(l, row);
    decode_inbox(l, row);
    l->removed_ms = expiry_removed_ms(row);
    decode(e, l, row);
    l->has_steps = !l->instance || l->entry->has_steps;
    l->has_children = !l->instance || l->entry->has_children;
    // Only quarantine leaves an incident on what is paused.
    l->quarantined = l->incident && l->unread_status == STATUS_SUSPENDED;
    return l;
}
