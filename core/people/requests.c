#include "people/requests.h"

#include <string.h>

#include "base/mem.h"
#include "people/directory.h"

#define SWEEP_EVERY 16
#define SWEEP_ROWS  64

// An item that is gone or that cannot be read just now is not open; its key only repeats an answer.
static bool is_item_open(struct people *p, const char *key)
{
    const char *id = key + strlen(REQUEST_KEY_PREFIX);
    char *item = mem_string_sized(id, strcspn(id, " "));
    struct value column = value_text(item);
    struct row row = {0};
    struct fail why = {0};
    bool open = store_get(p->store, TABLE_ITEM, &column, &row, &why) && row_is_there(&row) &&
                strcmp(row_text(&row, ITEM_STATUS), "open") == 0;
    row_done(&row);
    mem_free(item);
    return open;
}

// The API keeps answers of its own in the same table, and sweeps them itself (api/replay.c).
static void judge(struct people *p, const struct row *row)
{
    const char *key = row_text(row, REQUEST_KEY);
    if (strncmp(key, REQUEST_KEY_PREFIX, strlen(REQUEST_KEY_PREFIX)) == 0 && !is_item_open(p, key))
        store_delete(p->store, TABLE_REQUEST, &row->columns[REQUEST_KEY]);
}

void requests_sweep(struct people *p)
{
    int64_t since_ms = engine_kept_since_ms(p->engine);
    if (since_ms == INT64_MIN || p->keys_put++ % SWEEP_EVERY != 0)
        return;
    struct value to = value_integer(since_ms);
    struct scan_opts opts = {.table = TABLE_REQUEST,
                             .index = REQUEST_BY_AT,
                             .to = &to,
                             .after = row_is_there(&p->swept) ? &p->swept : NULL};
    struct scan *scan;
    struct fail why = {0};
    bool more = store_scan(p->store, &opts, &scan, &why);
    if (!more)
        return; // the disk does not read just now; the next sweep tries again
    for (int i = 0; i < SWEEP_ROWS && more; i++) {
        struct row row = {0};
        more = scan_next(scan, &row, &why);
        row_done(&p->swept);
        p->swept = row; // none at the end: it begins anew
        if (more)
            judge(p, &row);
    }
    scan_done(scan);
}
