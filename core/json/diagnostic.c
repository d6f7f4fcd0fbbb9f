#include "json/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/near.h"
#include "base/utf8.h"

#define SOURCE_LINE_BYTES_MAX 4096 // longer lines (minified JSON) are not quoted
#define SHOWN_COLUMNS         110  // of a quoted line; the rest is cut around the caret
#define SHOWN_BEFORE          60
#define MESSAGE_BYTES_MAX     2000

void diagnostics_init(struct diagnostics *d)
{
    memset(d, 0, sizeof *d);
    arena_init(&d->arena);
}

void diagnostics_done(struct diagnostics *d)
{
    mem_free(d->items);
    arena_done(&d->arena);
    memset(d, 0, sizeof *d);
}

// The text of the n-th line, without its end; NULL if there is none or it is too long to show.
static const char *line_of(struct diagnostics *d, const char *source, int line)
{
    if (!source || line < 1)
        return NULL;
    for (int i = 1; i < line; i++) {
        source = strchr(source, '\n');
        if (!source)
            return NULL;
        source++;
    }
    size_t length = strcspn(source, "\r\n");
    if (length > SOURCE_LINE_BYTES_MAX || !utf8_is_valid(source, length))
        return NULL;
    return arena_string_sized(&d->arena, source, length);
}

static void count(struct diagnostics *d, enum severity severity)
{
    if (severity == SEVERITY_ERROR)
        d->errors++;
    else if (severity == SEVERITY_WARNING)
        d->warnings++;
}

void diagnostics_add(struct diagnostics *d, enum severity severity, struct diagnostic_place place,
                     const char *code, const char *format, ...)
{
    count(d, severity);
    if (d->count >= LIMIT_DIAGNOSTICS) {
        d->truncated = true;
        return;
    }
    if (d->count == d->capacity) {
        d->capacity = d->capacity ? d->capacity * 2 : 16;
        d->items = mem_resize(d->items, d->capacity * sizeof *d->items);
    }
    char message[MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    size_t length = utf8_valid_prefix(message, strlen(message));
    d->items[d->count++] = (struct diagnostic){
        .severity = severity,
        .file = place.file ? arena_string(&d->arena, place.file) : NULL,
        .line = place.line,
        .column = place.column,
        .end_column = place.end_column,
        .code = arena_string(&d->arena, code),
        .message = arena_string_sized(&d->arena, message, length),
        .source_line = line_of(d, place.source, place.line),
    };
}

// ---- did you mean

const char *diagnostics_nearest(const char *word, const char *const *candidates, size_t count)
{
    return near_word(word, candidates, count, NEAR_BY_LENGTH);
}

void diagnostics_suggest(struct diagnostics *d, const char *word, const char *const *candidates,
                         size_t count)
{
    if (d->count == 0 || d->truncated)
        return;
    const char *nearest = diagnostics_nearest(word, candidates, count);
    if (nearest)
        d->items[d->count - 1].suggestion = arena_printf(&d->arena, "did you mean '%s'?", nearest);
}

// ---- order

static int compare_places(const struct diagnostic *a, const struct diagnostic *b)
{
    int files = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    if (files != 0)
        return files;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

// Insertion sort: stable, and there are never more than LIMIT_DIAGNOSTICS.
void diagnostics_sort(struct diagnostics *d)
{
    for (size_t i = 1; i < d->count; i++) {
        struct diagnostic moving = d->items[i];
        size_t j = i;
        for (; j > 0 && compare_places(&d->items[j - 1], &moving) > 0; j--)
            d->items[j] = d->items[j - 1];
        d->items[j] = moving;
    }
}

// ---- text

static const char *severity_name(enum severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR:
        return "error";
    case SEVERITY_WARNING:
        return "warning";
    case SEVERITY_HINT:
        return "hint";
    }
    must_not_reach();
}

static const char *severity_color(enum severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR:
        return "\033[1;31m";
    case SEVERITY_WARNING:
        return "\033[1;35m";
    case SEVERITY_HINT:
        return "\033[1;36m";
    }
    must_not_reach();
}

static const char *skip_points(const char *s, int points)
{
    while (points-- > 0 && *s)
        for (s++; ((unsigned char)*s & 0xC0) == 0x80;)
            s++;
    return s;
}

// A tab stays a tab under a tab, and everything else as many spaces as it is wide.
static void write_gap(const char *from, const char *to, struct bytes *out)
{
    while (from < to) {
        const char *next = skip_points(from, 1);
        size_t width = *from == '\t' ? 1 : utf8_width(from, (size_t)(next - from));
        for (size_t i = 0; i < width; i++)
            bytes_add_char(out, *from == '\t' ? '\t' : ' ');
        from = next;
    }
}

static void write_source(const struct diagnostic *item, bool color, struct bytes *out)
{
    const char *line = item->source_line;
    int skipped = item->column > SHOWN_BEFORE + 20 ? item->column - SHOWN_BEFORE : 0;
    const char *from = skip_points(line, skipped), *to = skip_points(from, SHOWN_COLUMNS);
    const char *dots = skipped > 0 ? "..." : "";
    bytes_printf(out, "%5d | %s%.*s%s\n", item->line, dots, (int)(to - from), from,
                 *to ? "..." : "");
    if (item->column < 1)
        return;
    const char *caret = skip_points(from, item->column - 1 - skipped);
    const char *end = item->end_column > item->column
                          ? skip_points(caret, item->end_column - item->column)
                          : caret;
    bytes_printf(out, "      | %*s", (int)strlen(dots), "");
    write_gap(from, caret, out);
    bytes_add(out, color ? "\033[1;32m^" : "^");
    size_t width = end > caret ? utf8_width(caret, (size_t)((end < to ? end : to) - caret)) : 1;
    for (size_t i = 1; i < width; i++)
        bytes_add_char(out, '~');
    bytes_add(out, color ? "\033[0m\n" : "\n");
}

static void write_one(const struct diagnostic *item, bool color, struct bytes *out)
{
    bytes_add(out, color ? "\033[1m" : "");
    if (item->file)
        bytes_printf(out, "%s:", item->file);
    if (item->line > 0)
        bytes_printf(out, "%d:", item->line);
    if (item->line > 0 && item->column > 0)
        bytes_printf(out, "%d:", item->column);
    if (item->file || item->line > 0)
        bytes_add_char(out, ' ');
    bytes_printf(out, "%s%s:%s %s\n", color ? severity_color(item->severity) : "",
                 severity_name(item->severity), color ? "\033[0m" : "", item->message);
    if (item->source_line)
        write_source(item, color, out);
    if (item->suggestion)
        bytes_printf(out, "        %s\n", item->suggestion);
}

void diagnostics_write_text(const struct diagnostics *d, bool color, struct bytes *out)
{
    for (size_t i = 0; i < d->count; i++)
        write_one(&d->items[i], color, out);
    if (d->truncated)
        bytes_printf(out, "only the first %d messages are shown\n", LIMIT_DIAGNOSTICS);
}

// ---- for programs

static void set_number_if(json *object, const char *key, int n)
{
    if (n > 0)
        json_set_int(object, key, n);
}

json diagnostics_to_json(const struct diagnostics *d)
{
    json list = json_array();
    for (size_t i = 0; i < d->count; i++) {
        const struct diagnostic *item = &d->items[i];
        json one = json_object();
        json_set_text(&one, "file", item->file);
        set_number_if(&one, "line", item->line);
        set_number_if(&one, "column", item->column);
        set_number_if(&one, "endColumn", item->end_column);
        json_set_text(&one, "severity", severity_name(item->severity));
        json_set_text(&one, "code", item->code);
        json_set_text(&one, "message", item->message);
        if (item->suggestion)
            json_set_text(&one, "suggestion", item->suggestion);
        json_append_take(&list, one);
    }
    json all = json_object();
    json_set_take(&all, "diagnostics", list);
    json_set_int(&all, "errors", (int64_t)d->errors);
    json_set_int(&all, "warnings", (int64_t)d->warnings);
    json_set_bool(&all, "truncated", d->truncated);
    return all;
}

static json sarif_location(const struct diagnostic *item)
{
    json artifact = json_object(), physical = json_object(), location = json_object();
    json_set_text(&artifact, "uri", item->file ? item->file : "");
    json_set_take(&physical, "artifactLocation", artifact);
    if (item->line > 0) {
        json region = json_object();
        json_set_int(&region, "startLine", item->line);
        set_number_if(&region, "startColumn", item->column);
        if (item->end_column > item->column)
            set_number_if(&region, "endColumn", item->end_column);
        json_set_take(&physical, "region", region);
    }
    json_set_take(&location, "physicalLocation", physical);
    return location;
}

static json sarif_result(const struct diagnostic *item)
{
    json message = json_object(), result = json_object(), locations = json_array();
    json_set_take(&message, "text",
                  item->suggestion ? json_printf("%s; %s", item->message, item->suggestion)
                                   : json_string(item->message));
    json_set_text(&result, "ruleId", item->code);
    json_set_text(&result, "level",
                  item->severity == SEVERITY_HINT ? "note" : severity_name(item->severity));
    json_set_take(&result, "message", message);
    if (item->file)
        json_append_take(&locations, sarif_location(item));
    json_set_take(&result, "locations", locations);
    return result;
}

// Each code once, in order: SARIF wants the rules of a tool without doubles.
static json sarif_rules(const struct diagnostics *d)
{
    json seen = json_object(), rules = json_array();
    for (size_t i = 0; i < d->count; i++)
        json_set_bool(&seen, d->items[i].code, true);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *code;
    json value;
    while (json_next(seen, &cursor, &code, &value)) {
        json rule = json_object();
        json_set_text(&rule, "id", code);
        json_append_take(&rules, rule);
    }
    json_free(seen);
    return rules;
}

json diagnostics_to_sarif(const struct diagnostics *d)
{
    json driver = json_object(), tool = json_object(), run = json_object(), log = json_object();
    json_set_text(&driver, "name", "dure");
    json_set_text(&driver, "version", DURE_VERSION);
    json_set_take(&driver, "rules", sarif_rules(d));
    json_set_take(&tool, "driver", driver);
    json results = json_array(), runs = json_array();
    for (size_t i = 0; i < d->count; i++)
        json_append_take(&results, sarif_result(&d->items[i]));
    json_set_take(&run, "tool", tool);
    json_set_text(&run, "columnKind", "unicodeCodePoints");
    json_set_take(&run, "results", results);
    json_append_take(&runs, run);
    json_set_text(&log, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json_set_text(&log, "version", "2.1.0");
    json_set_take(&log, "runs", runs);
    return log;
}
