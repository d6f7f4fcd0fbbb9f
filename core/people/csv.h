// CSV (RFC 4180) as offices make it: UTF-8 with or without a byte order mark or CP949, quoted cells
// with line breaks, commas, semicolons or tabs. Out: UTF-8 with a byte order mark, CRLF, and cells
// that a spreadsheet would run neutralised. A table read owns its memory. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/fail.h"

#define CSV_BOM "\xEF\xBB\xBF"

struct csv_row {
    int line;           // where it begins, from 1
    const char **cells; // NUL-terminated valid UTF-8
    size_t count;
};

struct csv_table {
    struct arena arena;
    struct csv_row *rows;
    size_t count;
};

// separator 0: the one of ',' ';' tab that the first line has most of. Rows without any text are
// left out. Refused: an open quote, text behind a closing quote, zero characters, the limits.
CHECKED bool csv_read(const char *text, size_t bytes, char separator, struct csv_table *out,
                      struct fail *why);
void csv_done(struct csv_table *table);

// One cell of text, quoted where needed; "=1+1" becomes "'=1+1".
void csv_write_cell(struct bytes *out, const char *text, size_t bytes);
void csv_write_number(struct bytes *out, const char *digits); // never neutralised
