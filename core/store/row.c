#include "store/row.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"

struct value value_text(const char *s)
{
    return s == NULL ? value_null() : value_text_sized(s, strlen(s));
}

struct value value_text_sized(const char *s, size_t bytes)
{
    return (struct value){.kind = VALUE_TEXT, .data = s, .bytes = bytes};
}

struct value value_blob(const void *data, size_t bytes)
{
    return (struct value){.kind = VALUE_BLOB, .data = data, .bytes = bytes};
}

void row_done(struct row *row)
{
    row_data_unref(row->hold);
    *row = (struct row){0};
}

bool row_is_there(const struct row *row)
{
    return row->columns != NULL;
}

const char *row_text(const struct row *row, int column)
{
    const struct value *v = &row->columns[column];
    must(v->kind != VALUE_INTEGER);
    return v->kind == VALUE_NULL ? NULL : v->data;
}

int64_t row_integer(const struct row *row, int column)
{
    const struct value *v = &row->columns[column];
    must(v->kind == VALUE_INTEGER || v->kind == VALUE_NULL);
    return v->kind == VALUE_NULL ? 0 : v->integer;
}

bool row_is_null(const struct row *row, int column)
{
    return row->columns[column].kind == VALUE_NULL;
}

static bool has_data(const struct value *v)
{
    return v->kind == VALUE_TEXT || v->kind == VALUE_BLOB;
}

struct row_data *row_data_new(size_t head_bytes, const struct value *columns, size_t count)
{
    must(head_bytes >= sizeof(struct row_data) && head_bytes % _Alignof(struct value) == 0);
    size_t data_bytes = 0, sizes = 0;
    for (size_t i = 0; i < count; i++) {
        if (has_data(&columns[i])) {
            data_bytes += columns[i].bytes;
            sizes += columns[i].bytes + 1;
        }
    }
    char *block = mem_alloc(head_bytes + count * sizeof(struct value) + sizes);
    memset(block, 0, head_bytes);
    struct row_data *row = (struct row_data *)(void *)block;
    row->columns = (struct value *)(void *)(block + head_bytes);
    row->references = 1;
    row->count = (uint32_t)count;
    row->bytes = data_bytes + 8 * count;

    char *place = block + head_bytes + count * sizeof(struct value);
    for (size_t i = 0; i < count; i++) {
        row->columns[i] = columns[i];
        if (!has_data(&columns[i]))
            continue;
        if (columns[i].bytes > 0)
            memcpy(place, columns[i].data, columns[i].bytes);
        place[columns[i].bytes] = '\0';
        row->columns[i].data = place;
        place += columns[i].bytes + 1;
    }
    return row;
}

struct row_data *row_data_ref(struct row_data *data)
{
    must(data->references > 0);
    data->references++;
    return data;
}

void row_data_unref(struct row_data *data)
{
    if (data == NULL)
        return;
    must(data->references > 0);
    if (--data->references == 0)
        mem_free(data);
}

struct row row_of(struct row_data *data)
{
    return (struct row){.columns = data->columns, .hold = data};
}

int value_compare(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->kind == VALUE_NULL)
        return 0;
    if (a->kind == VALUE_INTEGER)
        return (a->integer > b->integer) - (a->integer < b->integer);
    size_t common = a->bytes < b->bytes ? a->bytes : b->bytes;
    int order = common > 0 ? memcmp(a->data, b->data, common) : 0;
    return order != 0 ? order : (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

int row_compare(const struct schema_order *order, const struct value *a, const struct value *b)
{
    for (int i = 0; i < order->count; i++) {
        int c = value_compare(&a[order->columns[i]], &b[order->columns[i]]);
        if (c != 0)
            return c;
    }
    return 0;
}

bool row_fits(enum table table, const struct value *columns, int count)
{
    static const enum value_kind kinds[] = {
        [COLUMN_INTEGER] = VALUE_INTEGER, [COLUMN_TEXT] = VALUE_TEXT, [COLUMN_BLOB] = VALUE_BLOB};
    const struct table_description *t = &schema_tables[table];
    for (int i = 0; i < count; i++) {
        bool nothing = columns[i].kind == VALUE_NULL;
        if (nothing ? !t->columns[i].nullable : columns[i].kind != kinds[t->columns[i].kind])
            return false;
    }
    return true;
}

void range_init(struct range *range, const struct scan_opts *opts)
{
    int columns = schema_tables[opts->table].column_count;
    *range = (struct range){.table = opts->table,
                            .order = schema_order_of(opts->table, opts->index),
                            .prefix_count = opts->prefix_count,
                            .descending = opts->descending};
    must(opts->prefix_count >= 0 && opts->prefix_count <= range->order.count);
    must((opts->from == NULL && opts->to == NULL) || opts->prefix_count < range->order.count);
    struct value all[SCHEMA_ORDER_MAX + 2 + SCHEMA_COLUMNS_MAX];
    int count = 0;
    for (int i = 0; i < opts->prefix_count; i++)
        all[count++] = opts->prefix[i];
    int from = count;
    all[count++] = opts->from != NULL ? *opts->from : value_null();
    all[count++] = opts->to != NULL ? *opts->to : value_null();
    int after = count;
    for (int i = 0; opts->after != NULL && i < columns; i++)
        all[count++] = value_null();
    for (int i = 0; opts->after != NULL && i < range->order.count; i++)
        all[after + range->order.columns[i]] = opts->after->columns[range->order.columns[i]];

    range->bounds = row_data_new(sizeof(struct row_data), all, (size_t)count);
    range->prefix = range->bounds->columns;
    range->from = opts->from != NULL ? &range->bounds->columns[from] : NULL;
    range->to = opts->to != NULL ? &range->bounds->columns[from + 1] : NULL;
    range->after = opts->after != NULL ? &range->bounds->columns[after] : NULL;
}

void range_done(struct range *range)
{
    row_data_unref(range->bounds);
    range->bounds = NULL;
}

// A row whose bounded column is null lies before every bound, as in SQL, where no comparison with a
// null holds.
static int place_in_bounds(const struct range *range, const struct value *v)
{
    if (range->from == NULL && range->to == NULL)
        return 0;
    if (v->kind == VALUE_NULL || (range->from != NULL && value_compare(v, range->from) < 0))
        return -1;
    return range->to != NULL && value_compare(v, range->to) >= 0 ? 1 : 0;
}

int range_place(const struct range *range, const struct value *row)
{
    const int *columns = range->order.columns;
    for (int i = 0; i < range->prefix_count; i++) {
        int c = value_compare(&row[columns[i]], &range->prefix[i]);
        if (c != 0)
            return c < 0 ? -1 : 1;
    }
    if (range->prefix_count < range->order.count) {
        int place = place_in_bounds(range, &row[columns[range->prefix_count]]);
        if (place != 0)
            return place;
    }
    if (range->after == NULL)
        return 0;
    int c = row_compare(&range->order, row, range->after);
    if (range->descending)
        return c >= 0 ? 1 : 0;
    return c <= 0 ? -1 : 0;
}
