#include "net/form.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"

#define BOUNDARY_MAX     70 // RFC 2046, 5.1.1
#define PART_HEADERS_MAX 8192

const struct form_field *form_field(const struct form *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->fields[i].name, name) == 0)
            return &f->fields[i];
    return NULL;
}

const char *form_text(const struct form *f, const char *name, const char *otherwise)
{
    const struct form_field *field = form_field(f, name);
    return field && !field->file ? field->value : otherwise;
}

// ---- percent encoding

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

char *percent_decode(struct arena *arena, const char *text, size_t bytes, bool plus,
                     size_t *decoded_bytes, struct fail *why)
{
    char *out = arena_alloc(arena, bytes + 1);
    size_t length = 0;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (c == '%') {
            int high = bytes - i > 2 ? hex_digit(text[i + 1]) : -1;
            int low = bytes - i > 2 ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                fail(why, FAIL_INVALID, "a '%%' must be followed by two hexadecimal digits");
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == 0) {
            fail_code(why, FAIL_INVALID, "bad_text", "the text holds a zero character");
            return NULL;
        }
        out[length++] = c;
    }
    if (!utf8_is_valid(out, length)) {
        fail_code(why, FAIL_INVALID, "bad_text", "the text is not valid UTF-8 once decoded");
        return NULL;
    }
    if (decoded_bytes)
        *decoded_bytes = length;
    return out;
}

void percent_encode(const char *text, struct bytes *out)
{
    for (const char *c = text; *c; c++) {
        bool unreserved = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                          (*c >= '0' && *c <= '9') || strchr("-._~", *c);
        if (unreserved)
            bytes_add_char(out, *c);
        else
            bytes_printf(out, "%%%02X", (unsigned char)*c);
    }
}

// ---- urlencoded

static size_t count_char(const char *text, size_t bytes, char wanted)
{
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++)
        n += text[i] == wanted;
    return n;
}

static bool too_many(size_t count, struct fail *why)
{
    if (count <= LIMIT_FORM_FIELDS)
        return false;
    fail_code(why, FAIL_LIMIT, "too_many_fields", "a form may have %d fields at most",
              LIMIT_FORM_FIELDS);
    return true;
}

static bool has_control(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
            return true;
    }
    return false;
}

static bool read_pair(struct arena *arena, const char *pair, size_t bytes, struct form_field *out,
                      struct fail *why)
{
    const char *equals = memchr(pair, '=', bytes);
    size_t name_bytes = equals ? (size_t)(equals - pair) : bytes;
    const char *value = equals ? equals + 1 : pair + bytes;
    size_t value_bytes = (size_t)(pair + bytes - value);
    size_t name_decoded;
    *out = (struct form_field){.type = ""};
    out->name = percent_decode(arena, pair, name_bytes, true, &name_decoded, why);
    if (!out->name)
        return fail_within(why, "the name of a field");
    out->value = percent_decode(arena, value, value_bytes, true, &out->bytes, why);
    if (!out->value)
        return fail_within(why, "field '%.80s'", out->name);
    if (has_control(out->name, name_decoded) || has_control(out->value, out->bytes))
        return fail_code(why, FAIL_INVALID, "bad_text", "field '%.80s' holds control characters",
                         out->name);
    return true;
}

bool form_read_urlencoded(struct arena *arena, const char *text, size_t bytes, struct form *out,
                          struct fail *why)
{
    *out = (struct form){0};
    size_t most = bytes ? count_char(text, bytes, '&') + 1 : 0;
    if (too_many(most, why))
        return false;
    out->fields = arena_alloc(arena, (most + 1) * sizeof(*out->fields));
    for (size_t start = 0; start < bytes;) {
        const char *end = memchr(text + start, '&', bytes - start);
        size_t length = end ? (size_t)(end - text) - start : bytes - start;
        if (length > 0 && !read_pair(arena, text + start, length, &out->fields[out->count++], why))
            return false;
        start += length + 1;
    }
    return true;
}

// ---- multipart (RFC 7578)

struct multipart {
    struct arena *arena;
    const char *at, *end;
    char delimiter[BOUNDARY_MAX + 5]; // "\r\n--boundary"
    size_t delimiter_bytes;
    size_t capacity;
};

// The value of `name=` in a header's parameters, quoted or not; false if it is not there or longer
// than the room. Browsers write a quote inside as %22, so a backslash is only a character.
static bool header_parameter(const char *header, size_t bytes, const char *name, char *out,
                             size_t room)
{
    size_t name_bytes = strlen(name);
    const char *end = header + bytes;
    bool quoted = false;
    for (const char *c = header; c < end; c++) {
        if (*c == '"')
            quoted = !quoted;
        if (*c != ';' || quoted)
            continue;
        const char *key = c + 1;
        while (key < end && (*key == ' ' || *key == '\t'))
            key++;
        if ((size_t)(end - key) <= name_bytes || strncasecmp(key, name, name_bytes) != 0 ||
            key[name_bytes] != '=')
            continue;
        const char *value = key + name_bytes + 1, *stop;
        if (value < end && *value == '"') {
            value++;
            stop = memchr(value, '"', (size_t)(end - value));
            if (!stop)
                return false;
        } else {
            for (stop = value; stop < end && *stop != ';' && *stop != ' ' && *stop != '\t';)
                stop++;
        }
        size_t length = (size_t)(stop - value);
        if (length >= room)
            return false;
        memcpy(out, value, length);
        out[length] = 0;
        return true;
    }
    return false;
}

struct part_headers {
    char name[512], file[512], type[128];
    bool has_name, has_file;
};

static void read_part_header(const char *line, size_t bytes, struct part_headers *out)
{
    const char disposition[] = "content-disposition:", type[] = "content-type:";
    if (bytes >= sizeof(disposition) - 1 &&
        strncasecmp(line, disposition, sizeof(disposition) - 1) == 0) {
        out->has_name = header_parameter(line, bytes, "name", out->name, sizeof(out->name));
        out->has_file = header_parameter(line, bytes, "filename", out->file, sizeof(out->file));
    } else if (bytes >= sizeof(type) - 1 && strncasecmp(line, type, sizeof(type) - 1) == 0) {
        const char *value = line + sizeof(type) - 1;
        size_t length = bytes - (sizeof(type) - 1);
        while (length && *value == ' ')
            value++, length--;
        snprintf(out->type, sizeof(out->type), "%.*s", (int)(length < 127 ? length : 127), value);
    }
}

static bool read_part_headers(struct multipart *m, struct part_headers *out, struct fail *why)
{
    *out = (struct part_headers){0};
    const char *begin = m->at;
    for (;;) {
        size_t left = (size_t)(m->end - m->at);
        const char *line_end = memmem(m->at, left, "\r\n", 2);
        if (!line_end || line_end - begin > PART_HEADERS_MAX)
            return fail_code(why, FAIL_INVALID, "broken_form",
                             "the headers of a part end nowhere within %d bytes", PART_HEADERS_MAX);
        size_t length = (size_t)(line_end - m->at);
        if (length)
            read_part_header(m->at, length, out);
        m->at = line_end + 2;
        if (length == 0)
            break;
    }
    if (!out->has_name)
        return fail_code(why, FAIL_INVALID, "broken_form", "a part has no name");
    return true;
}

static const char *base_name(const char *file)
{
    for (const char *c = file; *c; c++)
        if (*c == '/' || *c == '\\')
            file = c + 1;
    return file;
}

// `%22`, `%0D` and `%0A` are how browsers write what would break the header; nothing else is
// escaped, so only these are undone, and line breaks in names are refused with the other control
// characters.
static char *unescape_quotes(struct arena *arena, const char *text)
{
    char *out = arena_string(arena, text);
    char *to = out;
    for (const char *from = text; *from; from++, to++) {
        bool quote = strncmp(from, "%22", 3) == 0;
        *to = quote ? '"' : *from;
        from += quote ? 2 : 0;
    }
    *to = 0;
    return out;
}

static bool read_part(struct multipart *m, struct form *out, struct fail *why)
{
    struct part_headers headers;
    if (!read_part_headers(m, &headers, why))
        return false;
    // The delimiter begins with the line break that ends the value, also of an empty one.
    const char *from = m->at - 2;
    const char *stop = memmem(from, (size_t)(m->end - from), m->delimiter, m->delimiter_bytes);
    if (!stop)
        return fail_code(why, FAIL_INVALID, "broken_form", "field '%.80s' ends without a boundary",
                         headers.name);
    size_t bytes = stop < m->at ? 0 : (size_t)(stop - m->at);
    struct form_field field = {.bytes = bytes, .type = arena_string(m->arena, headers.type)};
    field.name = unescape_quotes(m->arena, headers.name);
    field.value = arena_string_sized(m->arena, m->at, bytes);
    if (headers.has_file)
        field.file = unescape_quotes(m->arena, base_name(headers.file));
    bool good = utf8_is_valid(field.name, strlen(field.name)) &&
                !has_control(field.name, strlen(field.name));
    if (field.file)
        good = good && utf8_is_valid(field.file, strlen(field.file)) &&
               !has_control(field.file, strlen(field.file));
    else
        good = good && utf8_is_valid(field.value, bytes) && !memchr(field.value, 0, bytes) &&
               !has_control(field.value, bytes);
    if (!good || !utf8_is_valid(field.type, strlen(field.type)))
        return fail_code(why, FAIL_INVALID, "bad_text",
                         "a field of the form is not valid UTF-8, or holds control characters");
    must(out->count < m->capacity);
    out->fields[out->count++] = field;
    m->at = stop + m->delimiter_bytes;
    return true;
}

static size_t count_parts(const struct multipart *m)
{
    size_t n = 1;
    for (const char *c = m->at;;) {
        c = memmem(c, (size_t)(m->end - c), m->delimiter, m->delimiter_bytes);
        if (!c)
            return n;
        c += m->delimiter_bytes;
        n++;
    }
}

// Where the parts begin: the first delimiter may lack its line break.
static bool find_first_part(struct multipart *m, const char *body, size_t bytes, struct fail *why)
{
    const char *first = m->delimiter + 2;
    size_t first_bytes = m->delimiter_bytes - 2;
    m->end = body + bytes;
    if (bytes >= first_bytes && memcmp(body, first, first_bytes) == 0) {
        m->at = body + first_bytes;
        return true;
    }
    m->at = memmem(body, bytes, m->delimiter, m->delimiter_bytes);
    if (!m->at)
        return fail_code(why, FAIL_INVALID, "broken_form",
                         "the form's boundary is nowhere in its body");
    m->at += m->delimiter_bytes;
    return true;
}

bool form_read_multipart(struct arena *arena, const char *type, const char *body, size_t bytes,
                         struct form *out, struct fail *why)
{
    *out = (struct form){0};
    struct multipart m = {.arena = arena};
    char boundary[BOUNDARY_MAX + 1];
    if (!header_parameter(type, strlen(type), "boundary", boundary, sizeof(boundary)) || !*boundary)
        return fail_code(why, FAIL_INVALID, "broken_form",
                         "the form's content type must give a boundary of 1 to %d characters",
                         BOUNDARY_MAX);
    m.delimiter_bytes = (size_t)snprintf(m.delimiter, sizeof(m.delimiter), "\r\n--%s", boundary);
    if (!find_first_part(&m, body, bytes, why))
        return false;
    m.capacity = count_parts(&m);
    if (too_many(m.capacity - 1, why))
        return false;
    out->fields = arena_alloc(arena, m.capacity * sizeof(*out->fields));
    for (;;) {
        if (m.end - m.at >= 2 && memcmp(m.at, "--", 2) == 0)
            return true;
        while (m.at < m.end && (*m.at == ' ' || *m.at == '\t'))
            m.at++; // transport padding
        if (m.end - m.at < 2 || memcmp(m.at, "\r\n", 2) != 0)
            return fail_code(why, FAIL_INVALID, "broken_form",
                             "a boundary of the form is not followed by a line break");
        m.at += 2;
        if (!read_part(&m, out, why))
            return false;
    }
}
