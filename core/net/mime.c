#include "net/mime.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/utf8.h"
#include "net/form.h"

#define BOUNDARY_SIZE    64
#define BASE64_LINE      76
#define HEADERS_MORE_MAX 20

// ---- addresses

static bool is_address_char(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool check_address(const char *text, struct fail *why)
{
    const char *at = strchr(text, '@');
    bool good = at && at > text && at[1] && !strchr(at + 1, '@') && at - text <= 64;
    for (const char *c = text; good && *c; c++)
        good = c == at || is_address_char(*c);
    for (const char *c = at ? at + 1 : ""; good && *c; c++)
        good = isalnum((unsigned char)*c) || *c == '-' || *c == '.';
    return good ||
           fail(why, FAIL_INVALID,
                "'%.100s' is not a mail address that can be sent to (name@example.org)", text);
}

bool mime_address(const char *text, char out[MIME_ADDRESS_SIZE], struct fail *why)
{
    const char *open = strrchr(text, '<'), *from = open ? open + 1 : text;
    size_t length = open ? strcspn(from, ">") : strlen(from);
    if (open && strcmp(from + length, ">") != 0)
        return fail(why, FAIL_INVALID, "'%.100s' is not a mail address: its '<' is not closed",
                    text);
    if (length >= MIME_ADDRESS_SIZE - 1)
        return fail(why, FAIL_LIMIT, "a mail address may have %d bytes at most",
                    MIME_ADDRESS_SIZE - 2);
    memcpy(out, from, length);
    out[length] = 0;
    return check_address(out, why);
}

// A name that is ASCII goes in quotes, another in encoded words; both keep their comma to
// themselves.
static bool write_address(const char *header, const char *text, struct bytes *out, struct fail *why)
{
    char address[MIME_ADDRESS_SIZE];
    if (!mime_address(text, address, why))
        return false;
    const char *open = strrchr(text, '<');
    size_t length = open ? (size_t)(open - text) : 0;
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    char *name = mem_string_sized(text, length);
    bool good = true;
    if (!length) {
        bytes_printf(out, "%s: %s\r\n", header, address);
    } else {
        bool ascii = true;
        for (const char *c = name; *c; c++)
            ascii = ascii && (unsigned char)*c < 0x80;
        good = !strpbrk(name, "\"\\") || fail(why, FAIL_INVALID, "a sender's name holds quotes");
        char *shown = ascii ? mem_printf("\"%s\"", name) : mem_string(name);
        good = good && mime_header(header, shown, out, why);
        mem_free(shown);
        if (good) { // behind the name, on a line of its own
            must(out->overflowed || out->length >= 2);
            if (!out->overflowed)
                out->length -= 2;
            bytes_printf(out, "\r\n <%s>\r\n", address);
        }
    }
    mem_free(name);
    return good;
}

// ---- the head

static void write_date(int64_t date_ms, struct bytes *out)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(date_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    bytes_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
                 months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void mime_message_id(const char *key, int64_t number, char out[MIME_ID_SIZE])
{
    char hex[HASH_HEX_SIZE];
    struct hash hash = hash_of(key, strlen(key));
    hash_hex(&hash, hex);
    if (number > 0)
        snprintf(out, MIME_ID_SIZE, "%lld.%.40s", (long long)number, hex);
    else
        snprintf(out, MIME_ID_SIZE, "%.40s", hex);
}

static bool write_message_id(const struct mime_message *m, struct bytes *out, struct fail *why)
{
    char address[MIME_ADDRESS_SIZE], id[MIME_ID_SIZE];
    if (!mime_address(m->from, address, why))
        return false;
    mime_message_id(m->key, m->number, id);
    bytes_printf(out, "Message-ID: <%s%s>\r\n", id, strchr(address, '@'));
    return true;
}

// Those that this file writes itself, and those that would send the mail elsewhere.
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {
        "From",   "To",         "Cc",          "Bcc",          "Subject",        "Date",
        "Sender", "Message-ID", "Return-Path", "MIME-Version", "Auto-Submitted", NULL};
    for (size_t i = 0; reserved[i]; i++)
        if (strcasecmp(name, reserved[i]) == 0)
            return true;
    return strncasecmp(name, "Content-", 8) == 0 || strncasecmp(name, "Resent-", 7) == 0;
}

static bool write_more_headers(json headers, struct bytes *out, struct fail *why)
{
    if (!json_is_object(headers))
        return true;
    if (json_length(headers) > HEADERS_MORE_MAX)
        return fail(why, FAIL_LIMIT, "a mail may have %d headers of its own", HEADERS_MORE_MAX);
    struct json_cursor cursor = JSON_CURSOR_START;
    const char *name;
    json value;
    while (json_next(headers, &cursor, &name, &value)) {
        bool good = !is_reserved(name) ||
                    fail(why, FAIL_INVALID, "header '%.40s' of a mail cannot be set", name);
        good = good && (json_is_string(value) ||
                        fail(why, FAIL_INVALID, "header '%.40s' of a mail must be text", name));
        if (!good || !mime_header(name, json_text(value), out, why)) {
            json_cursor_done(&cursor);
            return false;
        }
    }
    return true;
}

static bool write_head(const struct mime_message *m, struct bytes *out, struct fail *why)
{
    if (!write_address("From", m->from, out, why) || !write_address("To", m->to, out, why) ||
        !mime_header("Subject", m->subject, out, why) || !write_message_id(m, out, why))
        return false;
    write_date(m->date_ms, out);
    bytes_add(out, "Auto-Submitted: auto-generated\r\n"); // no holiday answers (RFC 3834)
    bytes_add(out, "MIME-Version: 1.0\r\n");
    return write_more_headers(m->headers, out, why);
}

// ---- the body

// A boundary holds "=_", which neither base64 nor quoted-printable can give.
static void make_boundary(const char *key, const char *part, char out[BOUNDARY_SIZE])
{
    char hex[HASH_HEX_SIZE];
    struct hash hash = hash_of(key, strlen(key));
    hash_hex(&hash, hex);
    snprintf(out, BOUNDARY_SIZE, "=_%s_%.32s", part, hex);
}

// Mostly ASCII stays readable as quoted-printable; Korean is shorter in base64. Text travels with
// CRLF, also inside base64.
static void write_text_part(const char *type, const char *text, struct bytes *out)
{
    size_t bytes = strlen(text), high = 0;
    for (size_t i = 0; i < bytes; i++)
        high += (unsigned char)text[i] >= 0x80;
    bytes_printf(out, "Content-Type: %s; charset=utf-8\r\n", type);
    if (high * 6 <= bytes) {
        bytes_add(out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
        mime_quoted_printable(text, bytes, out);
        return;
    }
    struct bytes lines;
    bytes_init(&lines, MIME_MESSAGE_BYTES_MAX);
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
            bytes_add_char(&lines, '\r');
        bytes_add_char(&lines, text[i]);
    }
    bytes_add(out, "Content-Transfer-Encoding: base64\r\n\r\n");
    mime_base64(lines.data, lines.length, BASE64_LINE, out);
    out->overflowed |= lines.overflowed;
    bytes_done(&lines);
}

static void write_words_part(const struct mime_message *m, struct bytes *out)
{
    if (!m->html || !m->text) {
        write_text_part(m->text ? "text/plain" : "text/html", m->text ? m->text : m->html, out);
        return;
    }
    char boundary[BOUNDARY_SIZE];
    make_boundary(m->key, "a", boundary);
    bytes_printf(out, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n", boundary);
    bytes_printf(out, "--%s\r\n", boundary);
    write_text_part("text/plain", m->text, out);
    bytes_printf(out, "--%s\r\n", boundary);
    write_text_part("text/html", m->html, out);
    bytes_printf(out, "--%s--\r\n", boundary);
}

// The name twice: plain for old programs, and as RFC 2231 says.
static void write_file_name(const char *name, struct bytes *out)
{
    bytes_add(out, "Content-Disposition: attachment; filename=\"");
    for (const char *c = name; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\')
            bytes_add_char(out, *c);
        else if (byte < 0x80 || byte >= 0xC0)
            bytes_add_char(out, '_');
    }
    bytes_add(out, "\";\r\n filename*=UTF-8''");
    percent_encode(name, out);
    bytes_add(out, "\r\n");
}

static bool write_attachment(const struct mime_attachment *a, struct bytes *out, struct fail *why)
{
    bool good = *a->name && strlen(a->name) <= 200 && utf8_is_valid(a->name, strlen(a->name)) &&
                strchr(a->type, '/') && strlen(a->type) <= 200;
    for (const char *c = a->name; *c; c++)
        good = good && (unsigned char)*c >= 0x20 && *c != '/' && *c != '\\';
    for (const char *c = a->type; *c; c++)
        good = good && (unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7F;
    if (!good)
        return fail(why, FAIL_INVALID,
                    "an attachment needs a file name without folders and a type such as text/csv");
    bool text = strncasecmp(a->type, "text/", 5) == 0 && !strcasestr(a->type, "charset=");
    bytes_printf(out, "Content-Type: %s%s\r\n", a->type, text ? "; charset=utf-8" : "");
    write_file_name(a->name, out);
    bytes_add(out, "Content-Transfer-Encoding: base64\r\n\r\n");
    mime_base64(a->data, a->bytes, BASE64_LINE, out);
    return true;
}

static bool write_body(const struct mime_message *m, struct bytes *out, struct fail *why)
{
    if (m->attachment_count == 0) {
        write_words_part(m, out);
        return true;
    }
    if (m->attachment_count > MIME_ATTACHMENTS_MAX)
        return fail(why, FAIL_LIMIT, "a mail may have %d attachments", MIME_ATTACHMENTS_MAX);
    char boundary[BOUNDARY_SIZE];
    make_boundary(m->key, "m", boundary);
    bytes_printf(out, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n", boundary);
    bytes_printf(out, "--%s\r\n", boundary);
    write_words_part(m, out);
    for (size_t i = 0; i < m->attachment_count; i++) {
        bytes_printf(out, "--%s\r\n", boundary);
        if (!write_attachment(&m->attachments[i], out, why))
            return false;
    }
    bytes_printf(out, "--%s--\r\n", boundary);
    return true;
}

bool mime_write(const struct mime_message *message, struct bytes *out, struct fail *why)
{
    must(message->key && message->from && message->to && message->subject);
    must(message->text || message->html);
    if ((message->text && !utf8_is_valid(message->text, strlen(message->text))) ||
        (message->html && !utf8_is_valid(message->html, strlen(message->html))))
        return fail(why, FAIL_INVALID, "the mail's text is not valid UTF-8");
    if (!write_head(message, out, why) || !write_body(message, out, why))
        return false;
    if (out->overflowed)
        return fail(why, FAIL_LIMIT, "the mail has more than %zu bytes", out->max);
    return true;
}
