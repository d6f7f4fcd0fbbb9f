#include "engine/step_memo.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "engine/rows.h"

#define TEXT_BYTES_MAX (64 * 1024) // larger ones are parsed each time, so that memory stays bounded

static uint32_t add_text(uint32_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u; // FNV-1a
    return hash;
}

static struct step_memo_place *place_of(struct step_memo *memo, const struct step_address *step,
                                        int column)
{
    uint32_t hash = add_text(add_text(2166136261u, step->instance), step->path);
    hash ^= (uint32_t)step->attempt * 2654435761u;
    return &memo->places[(hash * 2 + (column == STEP_STATE)) % STEP_MEMO_PLACES];
}

static void clear(struct step_memo_place *place)
{
    if (!place->text)
        return;
    mem_free(place->text);
    json_free(place->value);
    place->text = NULL;
}

void step_memo_done(struct step_memo *memo)
{
    for (size_t i = 0; i < STEP_MEMO_PLACES; i++)
        clear(&memo->places[i]);
}

void step_memo_keep(struct step_memo *memo, const struct step_address *step, int column,
                    const char *text, size_t bytes, json value)
{
    struct step_memo_place *place = place_of(memo, step, column);
    clear(place);
    if (bytes > TEXT_BYTES_MAX)
        return;
    *place = (struct step_memo_place){mem_string_sized(text, bytes), bytes, json_ref(value)};
}

json step_memo_read(struct step_memo *memo, const struct step_address *step, const struct row *row,
                    int column)
{
    const struct step_memo_place *place = place_of(memo, step, column);
    const struct value *v = &row->columns[column];
    if (v->kind == VALUE_NULL)
        return json_null();
    if (place->text && place->bytes == v->bytes && memcmp(place->text, v->data, v->bytes) == 0)
        return json_ref(place->value);
    json value = rows_json(row, column);
    step_memo_keep(memo, step, column, v->data, v->bytes, value);
    return value;
}
