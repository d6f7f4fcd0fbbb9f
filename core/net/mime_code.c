// The encodings of MIME: base64 with lines, quoted-printable, encoded words.
#include "net/mime.h"

#include <ctype.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"

#define LINE_WIDTH 76
#define WORD_MAX   75 // of one encoded word (RFC 2047, 2)

void mime_base64(const void *data, size_t bytes, size_t line_length, struct bytes *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = data;
    size_t column = 0;
    for (size_t i = 0; i < bytes; i += 3) {
        if (line_length && column + 4 > line_length) {
            bytes_add(out, "\r\n");
            column = 0;
        }
        unsigned group = (unsigned)in[i] << 16 | (i + 1 < bytes ? (unsigned)in[i + 1] << 8 : 0) |
                         (i + 2 < bytes ? (unsigned)in[i + 2] : 0);
        char four[4] = {digits[group >> 18 & 63], digits[group >> 12 & 63],
                        i + 1 < bytes ? digits[group >> 6 & 63] : '=',
                        i + 2 < bytes ? digits[group & 63] : '='};
        bytes_append(out, four, 4);
        column += 4;
    }
    if (line_length)
        bytes_add(out, "\r\n");
}

// ---- quoted-printable (RFC 2045, 6.7)

struct quoted {
    struct bytes *out;
    size_t column;
};

// A line may have 76 characters with the '=' of a soft break.
static void put_quoted(struct quoted *q, const char *piece, size_t length)
{
    if (q->column + length > LINE_WIDTH - 1) {
        bytes_add(q->out, "=\r\n");
        q->column = 0;
    }
    bytes_append(q->out, piece, length);
    q->column += length;
}

static void put_escaped(struct quoted *q, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    char three[3] = {'=', digits[(unsigned char)c >> 4], digits[(unsigned char)c & 15]};
    put_quoted(q, three, 3);
}

// White space at the end of a line gets lost on the way, and "From " at its start gets a '>'.
void mime_quoted_printable(const char *text, size_t bytes, struct bytes *out)
{
    struct quoted q = {out, 0};
    bool line_begins = true;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        bool crlf = c == '\r' && i + 1 < bytes && text[i + 1] == '\n';
        if (c == '\n' || crlf) {
            bytes_add(out, "\r\n");
            q.column = 0;
            i += crlf;
            line_begins = true;
            continue;
        }
        bool ends = i + 1 == bytes || text[i + 1] == '\n' || text[i + 1] == '\r';
        bool blank = c == ' ' || c == '\t';
        bool from = line_begins && bytes - i >= 5 && memcmp(text + i, "From ", 5) == 0;
        if ((c > 32 && c < 127 && c != '=' && !from) || (blank && !ends))
            put_quoted(&q, &c, 1);
        else
            put_escaped(&q, c);
        line_begins = false;
    }
    if (q.column > 0)
        bytes_add(out, "\r\n");
}

// ---- headers

static size_t character_bytes(const char *s)
{
    unsigned char c = (unsigned char)*s;
    return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static bool needs_words(const char *value)
{
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c >= 0x80)
            return true;
    return strstr(value, "=?") != NULL;
}

// As many whole characters as fit into one word of `room` columns.
static size_t word_bytes(const char *text, size_t room)
{
    size_t overhead = strlen("=?UTF-8?B?"
                             "?="),
           most = (room - overhead) / 4 * 3, length = 0;
    while (text[length]) {
        size_t next = character_bytes(text + length);
        if (length + next > most)
            break;
        length += next;
    }
    return length;
}

static void write_words(const char *value, size_t column, struct bytes *out)
{
    for (size_t room = LINE_WIDTH - column; *value; room = WORD_MAX) {
        size_t length = word_bytes(value, room < WORD_MAX ? room : WORD_MAX);
        must(length > 0);
        bytes_add(out, "=?UTF-8?B?");
        mime_base64(value, length, 0, out);
        bytes_add(out, "?=");
        value += length;
        if (*value)
            bytes_add(out, "\r\n ");
    }
}

// Breaks only where a space is, and never so that a line is blank.
static void write_folded(const char *value, size_t column, struct bytes *out)
{
    for (bool first = true; *value; first = false) {
        size_t blanks = strspn(value, " \t"), word = strcspn(value + blanks, " \t");
        if (!first && word && blanks && column + blanks + word > LINE_WIDTH) {
            bytes_add(out, "\r\n");
            column = 0;
        }
        bytes_append(out, value, blanks + word);
        column += blanks + word;
        value += blanks + word;
    }
}

static bool check_header(const char *name, const char *value, struct fail *why)
{
    bool good = *name && strlen(name) <= 40;
    for (const char *c = name; *c; c++)
        good = good && (isalnum((unsigned char)*c) || *c == '-');
    if (!good)
        return fail(why, FAIL_INVALID, "'%.60s' is not the name of a header", name);
    if (!utf8_is_valid(value, strlen(value)))
        return fail(why, FAIL_INVALID, "header '%s' is not valid UTF-8", name);
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            return fail(why, FAIL_INVALID, "header '%s' holds a line break or control character",
                        name);
    return true;
}

bool mime_header(const char *name, const char *value, struct bytes *out, struct fail *why)
{
    if (!check_header(name, value, why))
        return false;
    bytes_printf(out, "%s: ", name);
    size_t column = strlen(name) + 2;
    if (needs_words(value))
        write_words(value, column, out);
    else
        write_folded(value, column, out);
    bytes_add(out, "\r\n");
    return true;
}
