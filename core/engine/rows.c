#include "engine/rows.h"

#include "base/log.h"
#include "base/must.h"

static _Noreturn void refused(const struct fail *why)
{
    log_error("engine", "read_refused", "reason=\"%s\"", why->message);
    must_failed("the store can be read", __FILE__, __LINE__, why->message);
}

void rows_get(struct store *s, enum table table, const struct value *key, struct row *out)
{
    struct fail why = {0};
    if (!store_get(s, table, key, out, &why))
        refused(&why);
}

struct scan *rows_scan(struct store *s, const struct scan_opts *opts)
{
    struct fail why = {0};
    struct scan *scan = NULL;
    if (!store_scan(s, opts, &scan, &why))
        refused(&why);
    return scan;
}

bool rows_next(struct scan *scan, struct row *row)
{
    struct fail why = {0};
    if (scan_next(scan, row, &why))
        return true;
    scan_done(scan);
    if (why.kind != FAIL_NONE)
        refused(&why);
    return false;
}

bool rows_first(struct store *s, const struct scan_opts *opts, struct row *row)
{
    struct scan *scan = rows_scan(s, opts);
    if (!rows_next(scan, row))
        return false;
    scan_done(scan);
    return true;
}

json rows_json(const struct row *row, int column)
{
    return rows_json_or(row, column, json_null());
}

json rows_json_or(const struct row *row, int column, json otherwise)
{
    const struct value *v = &row->columns[column];
    if (v->kind == VALUE_NULL)
        return otherwise;
    json_free(otherwise);
    json out = json_absent();
    struct fail why = {0};
    if (!json_parse_stored(v->data, v->bytes, &out, &why))
        refused(&why);
    return out;
}
