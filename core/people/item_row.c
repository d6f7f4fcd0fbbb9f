#include "people/item_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "calendar/instant.h"

// No key of a plugin's records begins with a control character.
#define COUNTS_KEY "\x02items"

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

struct step_address item_step(const struct row *row)
{
    return (struct step_address){row_text(row, ITEM_INSTANCE), row_text(row, ITEM_PATH),
                                 row_integer(row, ITEM_ATTEMPT)};
}

bool item_is_open(const struct row *row)
{
    return strcmp(row_text(row, ITEM_STATUS), "open") == 0;
}

json item_instant(int64_t ms)
{
    char text[INSTANT_TEXT_SIZE];
    instant_write_utc(ms, text);
    return json_string(text);
}

static void counts_key(const struct step_address *step, struct value *key)
{
    key[RECORD_INSTANCE] = value_text(step->instance);
    key[RECORD_PATH] = value_text(step->path);
    key[RECORD_ATTEMPT] = value_integer(step->attempt);
    key[RECORD_KEY] = value_text(COUNTS_KEY);
}

static bool read_counts(const struct row *row, struct item_counts *n)
{
    char text[128] = {0};
    const struct value *v = &row->columns[RECORD_VALUE];
    memcpy(text, v->data, v->bytes < sizeof text ? v->bytes : sizeof text - 1);
    return sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &n->open,
                  &n->asked, &n->answered, &n->answers, &n->public) == 5;
}

struct item_counts item_counts(struct people *p, const struct step_address *step)
{
    struct item_counts counts = {0};
    struct fail why = {0};
    struct row row = {0};
    struct value key[RECORD_VALUE];
    counts_key(step, key);
    bool good = store_get(p->store, TABLE_RECORD, key, &row, &why);
    if (good && row_is_there(&row))
        good = read_counts(&row, &counts);
    row_done(&row);
    if (!good)
        must_context("the counts of work items cannot be read");
    must(good);
    return counts;
}

void item_count(struct people *p, const struct step_address *step, struct item_counts change)
{
    struct item_counts now = item_counts(p, step);
    struct value columns[RECORD_VALUE + 1];
    char text[128];
    now.open += change.open;
    now.asked += change.asked;
    now.answered += change.answered;
    now.answers += change.answers;
    now.public += change.public;
    must(now.open >= 0 && now.open <= now.asked);
    int length =
        snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
                 now.open, now.asked, now.answered, now.answers, now.public);
    counts_key(step, columns);
    columns[RECORD_VALUE] = value_blob(text, (size_t)length);
    store_put(p->store, TABLE_RECORD, columns);
}

static bool with_refusal(struct people *p, const struct row *row, const char *code, char **text,
                         struct fail *why)
{
    json kept;
    *text = NULL;
    if (code == NULL)
        return true;
    if (!item_kept(p, row, &kept, why))
        return false;
    json_set_text(&kept, "refusal", code);
    *text = json_dump(kept);
    json_free(kept);
    return true;
}

bool item_change(struct people *p, const struct row *row, const char *status, int64_t answers,
                 const char *code, struct fail *why)
{
    struct value columns[ITEM_COLUMNS];
    struct step_address step = item_step(row);
    char *detail;
    if (!with_refusal(p, row, code, &detail, why))
        return false;
    bool was_open = item_is_open(row), is_open = strcmp(status, "open") == 0;
    int64_t before = row_integer(row, ITEM_ANSWERS);
    memcpy(columns, row->columns, sizeof columns);
    columns[ITEM_STATUS] = value_text(status);
    columns[ITEM_ANSWERS] = value_integer(answers);
    if (detail != NULL)
        columns[ITEM_DETAIL] = value_blob(detail, strlen(detail));
    if (was_open && !is_open)
        columns[ITEM_CLOSED_MS] = value_integer(engine_now_ms(p->engine));
    store_put(p->store, TABLE_ITEM, columns);
    item_count(p, &step,
               (struct item_counts){.open = (is_open ? 1 : 0) - (was_open ? 1 : 0),
                                    .answered = before == 0 && answers > 0 ? 1 : 0,
                                    .answers = answers - before});
    mem_free(detail);
    return true;
}
