#include "people/item_row.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

bool item_row(struct people *p, const char *id, struct row *row, struct fail *why)
{
    struct value key = value_text(id ? id : "");
    if (!store_get(p->store, TABLE_ITEM, &key, row, why))
        return false;
    if (row_is_there(row))
        return true;
    row_done(row);
    return fail(why, FAIL_NOT_FOUND, "there is no work item '%.60s'", id ? id : "");
}

void item_columns(const struct row *row, struct value columns[ITEM_COLUMNS])
{
    memcpy(columns, row->columns, sizeof(struct value) * ITEM_COLUMNS);
}

struct step_address item_step_of(const struct row *row)
{
    return (struct step_address){row_text(row, ITEM_INSTANCE), row_text(row, ITEM_PATH),
                                 row_integer(row, ITEM_ATTEMPT)};
}

bool item_is_open(const struct row *row)
{
    return strcmp(row_text(row, ITEM_STATUS), "open") == 0;
}

// The counter's row: "items/INSTANCE/PATH@ATTEMPT" in TABLE_META, "open total answers public".
static char *counter_key(const struct step_address *step)
{
    return mem_printf("items/%s%s@%lld", step->instance, step->path, (long long)step->attempt);
}

struct item_counts item_counts(struct people *p, const struct step_address *step)
{
    struct item_counts counts = {0};
    struct fail why = {0};
    struct row row = {0};
    char *key = counter_key(step);
    struct value column = value_text(key);
    if (store_get(p->store, TABLE_META, &column, &row, &why) && row_is_there(&row)) {
        long long n[4] = {0};
        sscanf(row_text(&row, META_VALUE), "%lld %lld %lld %lld", &n[0], &n[1], &n[2], &n[3]);
        counts = (struct item_counts){n[0], n[1], n[2], n[3]};
    }
    row_done(&row);
    mem_free(key);
    return counts;
}

void item_count(struct people *p, const struct step_address *step, struct item_counts change)
{
    struct item_counts now = item_counts(p, step);
    now.open += change.open;
    now.total += change.total;
    now.answers += change.answers;
    now.public += change.public;
    must(now.open >= 0);
    char *key = counter_key(step), text[100];
    snprintf(text, sizeof text, "%lld %lld %lld %lld", (long long)now.open, (long long)now.total,
             (long long)now.answers, (long long)now.public);
    store_put(p->store, TABLE_META, (struct value[]){value_text(key), value_text(text)});
    mem_free(key);
}

void item_set_status(struct people *p, const struct row *row, const char *status, int64_t answers)
{
    struct value columns[ITEM_COLUMNS];
    struct step_address step = item_step_of(row);
    bool was_open = item_is_open(row), is_open = strcmp(status, "open") == 0;
    item_columns(row, columns);
    columns[ITEM_STATUS] = value_text(status);
    columns[ITEM_ANSWERS] = value_integer(answers);
    if (was_open && !is_open)
        columns[ITEM_CLOSED_MS] = value_integer(engine_now_ms(p->engine));
    store_put(p->store, TABLE_ITEM, columns);
    item_count(p, &step,
               (struct item_counts){.open = (is_open ? 1 : 0) - (was_open ? 1 : 0),
                                    .answers = answers - row_integer(row, ITEM_ANSWERS)});
}
