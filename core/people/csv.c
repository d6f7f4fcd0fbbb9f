#include "people/csv.h"

#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"

#define CELLS_MAX 1000

struct reader {
    const char *at, *end;
    char separator;
    int line;
    struct csv_table *table;
    size_t row_capacity;
    const char *cells[CELLS_MAX];
    size_t count;
    bool has_text;
    struct bytes cell;
};

static char guess_separator(const char *text, const char *end)
{
    size_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (; text < end && (quoted || (*text != '\n' && *text != '\r')); text++) {
        if (*text == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        commas += *text == ',';
        semicolons += *text == ';';
        tabs += *text == '\t';
    }
    if (semicolons > commas && semicolons >= tabs)
        return ';';
    return tabs > commas ? '\t' : ',';
}

static bool end_cell(struct reader *r, struct fail *why)
{
    if (r->count == CELLS_MAX)
        return fail(why, FAIL_LIMIT, "line %d: more than %d columns", r->line, CELLS_MAX);
    if (r->cell.overflowed)
        return fail(why, FAIL_LIMIT, "line %d: a cell is longer than %d bytes", r->line,
                    LIMIT_CSV_CELL_BYTES);
    if (r->cell.length > 0)
        r->has_text = true;
    r->cells[r->count++] = arena_string_sized(&r->table->arena, r->cell.data, r->cell.length);
    bytes_clear(&r->cell);
    return true;
}

static bool end_row(struct reader *r, int line, struct fail *why)
{
    struct csv_table *table = r->table;
    size_t count = r->count;
    bool has_text = r->has_text;
    r->count = 0;
    r->has_text = false;
    if (!has_text)
        return true;
    if (table->count == LIMIT_CSV_ROWS)
        return fail(why, FAIL_LIMIT, "more than %d rows; divide the file", LIMIT_CSV_ROWS);
    if (table->count == r->row_capacity) {
        r->row_capacity = r->row_capacity == 0 ? 64 : r->row_capacity * 2;
        table->rows = mem_resize(table->rows, r->row_capacity * sizeof *table->rows);
    }
    const char **cells = arena_alloc(&table->arena, count * sizeof *cells);
    memcpy(cells, r->cells, count * sizeof *cells);
    table->rows[table->count++] = (struct csv_row){.line = line, .cells = cells, .count = count};
    return true;
}

static bool read_quoted(struct reader *r, struct fail *why)
{
    int opened = r->line;
    for (r->at++; r->at < r->end; r->at++) {
        if (*r->at == '\n')
            r->line++;
        if (*r->at != '"') {
            bytes_add_char(&r->cell, *r->at);
            continue;
        }
        if (r->at + 1 < r->end && r->at[1] == '"') {
            bytes_add_char(&r->cell, '"');
            r->at++;
            continue;
        }
        r->at++;
        if (r->at < r->end && *r->at != r->separator && *r->at != '\n' && *r->at != '\r')
            return fail(why, FAIL_INVALID,
                        "line %d: text behind a closing quote; write quotes inside a cell twice",
                        r->line);
        if (r->cell.length > 0)
            r->has_text = true;
        return true;
    }
    return fail(why, FAIL_INVALID, "line %d: a quote is never closed", opened);
}

static void read_plain(struct reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && *r->at != r->separator && *r->at != '\n' && *r->at != '\r')
        r->at++;
    bytes_append(&r->cell, from, (size_t)(r->at - from));
}

static void skip_line_end(struct reader *r)
{
    if (*r->at == '\r')
        r->at++;
    if (r->at < r->end && *r->at == '\n')
        r->at++;
    r->line++;
}

static bool read_row(struct reader *r, struct fail *why)
{
    int line = r->line;
    for (;;) {
        if (r->at < r->end && *r->at == '"') {
            if (!read_quoted(r, why))
                return false;
        } else {
            read_plain(r);
        }
        if (!end_cell(r, why))
            return false;
        if (r->at == r->end || *r->at != r->separator)
            break;
        r->at++;
    }
    if (r->at < r->end)
        skip_line_end(r);
    return end_row(r, line, why);
}

bool csv_read(const char *text, size_t bytes, char separator, struct csv_table *out,
              struct fail *why)
{
    *out = (struct csv_table){0};
    arena_init(&out->arena);
    if (bytes > LIMIT_BODY_BYTES)
        return fail(why, FAIL_LIMIT, "the file has more than %d bytes; divide it",
                    LIMIT_BODY_BYTES);
    if (memchr(text, 0, bytes) != NULL)
        return fail(why, FAIL_INVALID, "the file has zero bytes, so it is not CSV text");
    struct bytes decoded;
    bytes_init(&decoded, (size_t)LIMIT_BODY_BYTES * 2);
    struct reader *r = mem_new(struct reader);
    bytes_init(&r->cell, LIMIT_CSV_CELL_BYTES);
    bool good = utf8_from_any(text, bytes, &decoded, why);
    if (good) {
        r->at = decoded.data;
        r->end = decoded.data + decoded.length;
        r->line = 1;
        r->table = out;
        r->separator = separator != 0 ? separator : guess_separator(r->at, r->end);
    }
    while (good && r->at < r->end)
        good = read_row(r, why);
    bytes_done(&r->cell);
    mem_free(r);
    bytes_done(&decoded);
    if (!good)
        csv_done(out);
    return good;
}

void csv_done(struct csv_table *table)
{
    mem_free(table->rows);
    arena_done(&table->arena);
    *table = (struct csv_table){0};
    arena_init(&table->arena);
}

// A spreadsheet runs what begins like a formula; leading white space does not stop it.
static bool looks_like_formula(const char *text, size_t bytes)
{
    size_t i = 0;
    while (i < bytes && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n'))
        i++;
    return i < bytes && strchr("=+-@", text[i]) != NULL;
}

void csv_write_cell(struct bytes *out, const char *text, size_t bytes)
{
    bool quote = false;
    for (size_t i = 0; i < bytes; i++)
        if (text[i] == '"' || text[i] == ',' || text[i] == '\n' || text[i] == '\r')
            quote = true;
    if (bytes > 0 && (text[0] == ' ' || text[bytes - 1] == ' '))
        quote = true;
    if (quote)
        bytes_add_char(out, '"');
    if (looks_like_formula(text, bytes))
        bytes_add_char(out, '\'');
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '"')
            bytes_add_char(out, '"');
        bytes_add_char(out, text[i]);
    }
    if (quote)
        bytes_add_char(out, '"');
}

void csv_write_number(struct bytes *out, const char *digits)
{
    bytes_add(out, digits);
}
