#include "net/dsn.h"

#include <string.h>
#include <strings.h>

#define FIELD_SIZE    1000 // of a value, unfolded; what is longer is cut
#define NAME_SIZE     64
#define BOUNDARY_SIZE 71 // RFC 2046, 5.1.1
#define FIELDS_MAX    1000

struct span {
    const char *at, *end;
};
struct field {
    char name[NAME_SIZE], value[FIELD_SIZE];
};

static bool no_bounce(struct fail *why, const char *detail)
{
    return fail_code(why, FAIL_INVALID, "not_a_bounce",
                     "this is no report of mail that came back (RFC 3464): %s", detail);
}

// ---- lines and fields

static bool next_line(struct span *rest, struct span *line)
{
    if (rest->at == rest->end)
        return false;
    const char *feed = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));
    *line = (struct span){rest->at, feed ? feed : rest->end};
    rest->at = feed ? feed + 1 : rest->end;
    if (line->end > line->at && line->end[-1] == '\r')
        line->end--;
    return true;
}

// Appended as one line of printable ASCII.
static void append(char *out, size_t size, struct span text)
{
    size_t length = strlen(out);
    for (; text.at < text.end && length + 1 < size; text.at++) {
        unsigned char c = (unsigned char)*text.at;
        out[length++] = (char)(c >= 0x80 ? '?' : c < ' ' || c == 0x7F ? ' ' : c);
    }
    out[length] = 0;
}

static void trim(char *text)
{
    size_t length = strlen(text), blanks = strspn(text, " ");
    while (length > blanks && text[length - 1] == ' ')
        length--;
    memmove(text, text + blanks, length - blanks);
    text[length - blanks] = 0;
}

static bool goes_on(const struct span *rest)
{
    return rest->at < rest->end && (*rest->at == ' ' || *rest->at == '\t');
}

// The next field of a header, unfolded. False at the blank line that ends it (which is taken), and
// at the end. A line that is no field gives one without a name.
static bool next_field(struct span *rest, struct field *field)
{
    struct span line;
    *field = (struct field){0};
    if (!next_line(rest, &line) || line.at == line.end)
        return false;
    const char *colon = memchr(line.at, ':', (size_t)(line.end - line.at));
    if (colon && colon - line.at < NAME_SIZE) {
        append(field->name, NAME_SIZE, (struct span){line.at, colon});
        append(field->value, FIELD_SIZE, (struct span){colon + 1, line.end});
        trim(field->name);
    }
    while (goes_on(rest) && next_line(rest, &line))
        append(field->value, FIELD_SIZE, line);
    trim(field->value);
    return true;
}

static bool is(const struct field *field, const char *name)
{
    return strcasecmp(field->name, name) == 0;
}

// ---- values

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

// The address in "Name <a@b>", "<a@b>" or "a@b"; cut to what fits, which then is no address of
// ours.
static void address_of(const char *value, char out[DSN_ADDRESS_SIZE])
{
    const char *open = strrchr(value, '<'), *at = open ? open + 1 : value;
    size_t length = strcspn(at, open ? ">" : " ,;");
    if (length >= DSN_ADDRESS_SIZE)
        length = 0;
    memcpy(out, at, length);
    out[length] = 0;
}

// "rfc822; m01@example.org"
static void recipient_of(const char *value, char out[DSN_ADDRESS_SIZE])
{
    const char *semicolon = strchr(value, ';');
    value = semicolon ? semicolon + 1 : value;
    address_of(value + strspn(value, " "), out);
}

static bool parameter(const char *value, const char *name, char out[BOUNDARY_SIZE])
{
    size_t bytes = strlen(name);
    while ((value = strchr(value, ';')) != NULL) {
        value += 1 + strspn(value + 1, " ");
        if (strncasecmp(value, name, bytes) != 0 || value[bytes] != '=')
            continue;
        value += bytes + 1;
        bool quoted = *value == '"';
        value += quoted;
        size_t length = strcspn(value, quoted ? "\"" : "; ");
        if (length == 0 || length >= BOUNDARY_SIZE)
            return false;
        memcpy(out, value, length);
        out[length] = 0;
        return true;
    }
    return false;
}

// ---- the outer header

static bool is_target(const struct field *field)
{
    static const char *const names[] = {"To", "Delivered-To", "Envelope-To", "X-Original-To",
                                        "X-Envelope-To"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is(field, names[i]))
            return true;
    return false;
}

static bool read_outer(struct span *rest, struct dsn *out, char boundary[BOUNDARY_SIZE],
                       struct fail *why)
{
    struct field field;
    char type[BOUNDARY_SIZE];
    bool report = false;
    for (int i = 0; next_field(rest, &field); i++) {
        if (i == FIELDS_MAX)
            return no_bounce(why, "its header has too many fields");
        if (is_target(&field) && out->target_count < DSN_TARGETS_MAX)
            address_of(field.value, out->targets[out->target_count++]);
        if (is(&field, "Content-Type"))
            report = begins(field.value, "multipart/report") &&
                     parameter(field.value, "report-type", type) &&
                     strcasecmp(type, "delivery-status") == 0 &&
                     parameter(field.value, "boundary", boundary);
    }
    return report || no_bounce(why, "it is no multipart/report of a delivery-status");
}

// ---- its parts

// True if the line is the boundary; *last: the one that ends it all.
static bool is_boundary(struct span line, const char *boundary, bool *last)
{
    size_t bytes = strlen(boundary), length = (size_t)(line.end - line.at);
    if (length < bytes + 2 || memcmp(line.at, "--", 2) != 0 ||
        memcmp(line.at + 2, boundary, bytes) != 0)
        return false;
    struct span tail = {line.at + 2 + bytes, line.end};
    *last = tail.end - tail.at >= 2 && memcmp(tail.at, "--", 2) == 0;
    tail.at += *last ? 2 : 0;
    while (tail.at < tail.end && (*tail.at == ' ' || *tail.at == '\t'))
        tail.at++;
    return tail.at == tail.end;
}

// What stands before the next boundary; false if there is none. *last: nothing follows.
static bool next_part(struct span *rest, const char *boundary, struct span *part, bool *last)
{
    struct span line;
    part->at = part->end = rest->at;
    while (next_line(rest, &line)) {
        part->end = line.at;
        if (is_boundary(line, boundary, last))
            return true;
    }
    return false;
}

static void read_recipient_field(struct dsn_recipient *r, const struct field *field)
{
    size_t digits;
    if (is(field, "Final-Recipient"))
        recipient_of(field->value, r->address);
    else if (is(field, "Action"))
        r->action = strcasecmp(field->value, "failed") == 0    ? DSN_FAILED
                    : strcasecmp(field->value, "delayed") == 0 ? DSN_DELAYED
                                                               : DSN_OTHER;
    else if (is(field, "Status") && (digits = strspn(field->value, "0123456789.")) > 0 &&
             digits < sizeof r->status)
        append(r->status, sizeof r->status, (struct span){field->value, field->value + digits});
    else if (is(field, "Diagnostic-Code") && !*r->diagnostic)
        append(r->diagnostic, DSN_TEXT_SIZE,
               (struct span){field->value, field->value + strlen(field->value)});
}

static bool is_whole(const struct dsn_recipient *r)
{
    return r->address[0] && strlen(r->status) >= 5 && strchr("245", r->status[0]) &&
           r->status[1] == '.';
}

// A group for the message, then one for each recipient, with blank lines between them.
static bool read_status(struct span rest, struct dsn *out, struct fail *why)
{
    struct field field;
    bool of_message = next_field(&rest, &field);
    while (of_message)
        of_message = next_field(&rest, &field);
    while (rest.at < rest.end && out->recipient_count < DSN_RECIPIENTS_MAX) {
        struct dsn_recipient r = {.action = DSN_OTHER};
        int fields = 0;
        while (next_field(&rest, &field) && ++fields < FIELDS_MAX)
            read_recipient_field(&r, &field);
        if (fields > 0 && !is_whole(&r))
            return no_bounce(why, "a recipient in it has no address or no status");
        if (fields > 0)
            out->recipients[out->recipient_count++] = r;
    }
    return true;
}

static void read_returned(struct span rest, struct dsn *out)
{
    struct field field;
    for (int i = 0; i < FIELDS_MAX && next_field(&rest, &field); i++)
        if (is(&field, "Message-ID") && !*out->message_id)
            address_of(field.value, out->message_id);
}

static bool read_part(struct span part, struct dsn *out, struct fail *why)
{
    struct field field;
    bool status = false, returned = false;
    for (int i = 0; i < FIELDS_MAX && next_field(&part, &field); i++) {
        if (!is(&field, "Content-Type"))
            continue;
        status = begins(field.value, "message/delivery-status") ||
                 begins(field.value, "message/global-delivery-status");
        returned = begins(field.value, "message/rfc822") ||
                   begins(field.value, "text/rfc822-headers") ||
                   begins(field.value, "message/global");
    }
    if (status && out->recipient_count == 0)
        return read_status(part, out, why);
    if (returned && !status)
        read_returned(part, out);
    return true;
}

bool dsn_read(const char *text, size_t bytes, struct dsn *out, struct fail *why)
{
    struct span rest = {text, text + bytes}, part;
    char boundary[BOUNDARY_SIZE] = "";
    bool last = false;
    *out = (struct dsn){0};
    if (bytes > DSN_BYTES_MAX)
        return fail(why, FAIL_LIMIT, "a report of mail that came back has at most %d bytes",
                    DSN_BYTES_MAX);
    if (!read_outer(&rest, out, boundary, why))
        return false;
    if (!next_part(&rest, boundary, &part, &last))
        return no_bounce(why, "it has no parts");
    for (int i = 0; i < DSN_PARTS_MAX && !last; i++) {
        bool ended = next_part(&rest, boundary, &part, &last);
        if (!ended) { // cut off: what is there counts
            part.end = rest.end;
            last = true;
        }
        if (!read_part(part, out, why))
            return false;
    }
    return out->recipient_count > 0 || no_bounce(why, "it names no recipient");
}

bool dsn_is_hard(const struct dsn_recipient *recipient)
{
    return recipient->action == DSN_FAILED && recipient->status[0] == '5';
}
