#include "base/log.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/must.h"
#include "base/utf8.h"

#define RECORD_BYTES_MAX (64 * 1024)

enum form { FORM_UNDECIDED, FORM_LOGFMT, FORM_JSON };

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static atomic_int least_level = LOG_INFO;
static atomic_int chosen_form = FORM_UNDECIDED;

void log_configure(enum log_level least, bool as_json)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&chosen_form, as_json ? FORM_JSON : FORM_LOGFMT);
}

static bool is_json(void)
{
    int form = atomic_load(&chosen_form);
    if (form == FORM_UNDECIDED) {
        form = isatty(STDERR_FILENO) ? FORM_LOGFMT : FORM_JSON;
        atomic_store(&chosen_form, form);
    }
    return form == FORM_JSON;
}

static void add_time(struct bytes *out)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    bytes_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                 utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now.tv_nsec / 1000000));
}

// A value is text of the world: whatever it holds, the record stays one line of valid UTF-8.
static void add_escaped(struct bytes *out, const char *s, size_t length, bool json)
{
    for (size_t i = 0; i < length;) {
        size_t valid = utf8_valid_prefix(s + i, length - i);
        for (size_t end = i + valid; i < end; i++) {
            unsigned char c = (unsigned char)s[i];
            if (c < 0x20 || c == 0x7F)
                bytes_printf(out, "\\u%04x", c);
            else if (json && (c == '"' || c == '\\'))
                bytes_printf(out, "\\%c", c);
            else
                bytes_add_char(out, (char)c);
        }
        if (i < length) {
            bytes_add(out, "\xEF\xBF\xBD");
            i++;
        }
    }
}

static bool is_number(const char *s, size_t length)
{
    size_t at = length > 1 && s[0] == '-';
    if (length - at == 0 || length - at > 15 || (s[at] == '0' && length - at > 1))
        return false;
    for (; at < length; at++)
        if (!isdigit((unsigned char)s[at]))
            return false;
    return true;
}

// Cuts one value off `s`: up to a space, or a quoted one with \" inside. Returns what follows.
static const char *cut_value(const char *s, struct bytes *value, bool *quoted)
{
    bytes_clear(value);
    *quoted = *s == '"';
    if (!*quoted) {
        size_t length = strcspn(s, " ");
        bytes_append(value, s, length);
        return s + length;
    }
    for (s++; *s && *s != '"'; s++) {
        if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
            s++;
        bytes_add_char(value, *s);
    }
    return *s ? s + 1 : s;
}

// "instances=3 error=\"disk full\"" becomes members of an object; a word without '=' stands for
// true.
static void add_fields_as_json(struct bytes *out, const char *s)
{
    struct bytes value;
    bytes_init(&value, RECORD_BYTES_MAX);
    for (;;) {
        s += strspn(s, " ");
        if (!*s)
            break;
        size_t key = strcspn(s, "= ");
        bytes_add(out, ",\"");
        add_escaped(out, s, key, true);
        bytes_add(out, "\":");
        s += key;
        if (*s != '=') {
            bytes_add(out, "true");
            continue;
        }
        bool quoted;
        s = cut_value(s + 1, &value, &quoted);
        bool bare = !quoted && is_number(value.data, value.length);
        bytes_add(out, bare ? "" : "\"");
        add_escaped(out, value.data, value.length, true);
        bytes_add(out, bare ? "" : "\"");
    }
    bytes_done(&value);
}

static void write_record(const struct bytes *record)
{
    // One write, so that the lines of two threads do not mix; a lost line is not worth a crash.
    ssize_t written = write(STDERR_FILENO, record->data, record->length);
    (void)written;
}

void log_write(enum log_level level, const char *room, const char *event, const char *format, ...)
{
    must(level >= LOG_DEBUG && level <= LOG_ERROR);
    if ((int)level < atomic_load(&least_level))
        return;
    struct bytes fields, record;
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    bytes_init(&fields, RECORD_BYTES_MAX);
    bytes_init(&record, RECORD_BYTES_MAX * 2);
    if (is_json()) {
        bytes_add(&record, "{\"time\":\"");
        add_time(&record);
        bytes_printf(&record, "\",\"level\":\"%s\",\"room\":\"%s\",\"event\":\"%s\"",
                     level_names[level], room, event);
        add_fields_as_json(&fields, text);
        bytes_append(&record, fields.data, fields.length);
        bytes_add(&record, "}\n");
    } else {
        add_time(&record);
        bytes_printf(&record, " %-5s %s: %s ", level_names[level], room, event);
        add_escaped(&fields, text, strlen(text), false);
        bytes_append(&record, fields.data, fields.length);
        bytes_add_char(&record, '\n');
    }
    write_record(&record);
    bytes_done(&fields);
    bytes_done(&record);
}
