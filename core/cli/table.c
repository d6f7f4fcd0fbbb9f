#include "cli/table.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "cli/context.h"

#define COLUMNS_MAX 12

// A reference to a definition as people write it: "club/vote:1.0.0".
static char *reference_text(json value)
{
    const char *namespace = json_get_text(value, "namespace", NULL),
               *name = json_get_text(value, "name", NULL);
    return namespace && name
               ? mem_printf("%s/%s:%s", namespace, name, json_get_text(value, "version", "latest"))
               : NULL;
}

char *table_text(json value)
{
    const char *words = cli_text_in(value);
    char *text = words                                          ? mem_string(words)
                 : json_is_object(value)                        ? reference_text(value)
                 : json_is_absent(value) || json_is_null(value) ? mem_string("")
                                                                : NULL;
    if (!text)
        text = json_dump(value);
    // What others have written must not steer the terminal.
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';
    return text;
}

// A cell's text, cut to the column's width; the caller frees it.
static char *cell(json row, const struct table_column *column)
{
    json value = json_path(row, column->path);
    char *text = table_text(value);
    json_free(value);
    if (column->width_max == 0 || utf8_width(text, strlen(text)) <= column->width_max)
        return text;
    size_t end = 0;
    for (size_t next = 0; text[next];) {
        next++;
        while (((unsigned char)text[next] & 0xC0) == 0x80)
            next++;
        if (utf8_width(text, next) >= column->width_max)
            break;
        end = next;
    }
    text[end] = 0;
    char *cut = mem_printf("%s…", text);
    mem_free(text);
    return cut;
}

static void print_padded(FILE *out, const char *text, size_t width, bool is_last)
{
    fputs(text, out);
    if (is_last)
        return;
    for (size_t i = utf8_width(text, strlen(text)); i < width + 2; i++)
        fputc(' ', out);
}

void table_print(FILE *out, json rows, const struct table_column *columns, size_t count,
                 const char *when_empty)
{
    size_t row_count = json_length(rows), width[COLUMNS_MAX];
    must(count <= COLUMNS_MAX);
    if (row_count == 0) {
        fprintf(out, "%s\n", when_empty);
        return;
    }
    char **cells = mem_zero(row_count * count, sizeof *cells);
    for (size_t c = 0; c < count; c++)
        width[c] = utf8_width(columns[c].title, strlen(columns[c].title));
    for (size_t r = 0; r < row_count; r++) {
        json row = json_at(rows, r);
        for (size_t c = 0; c < count; c++) {
            char *text = cells[r * count + c] = cell(row, &columns[c]);
            size_t w = utf8_width(text, strlen(text));
            width[c] = w > width[c] ? w : width[c];
        }
        json_free(row);
    }
    for (size_t c = 0; c < count; c++)
        print_padded(out, columns[c].title, width[c], c + 1 == count);
    fputc('\n', out);
    for (size_t i = 0; i < row_count * count; i++) {
        print_padded(out, cells[i], width[i % count], (i + 1) % count == 0);
        if ((i + 1) % count == 0)
            fputc('\n', out);
        mem_free(cells[i]);
    }
    mem_free(cells);
}
