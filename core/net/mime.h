// Mail messages as they travel (RFC 5322, MIME): headers in encoded words where they are not ASCII
// (RFC 2047, split between characters), text and HTML as alternatives, attachments. The same parts
// give the same bytes. What would break a header is refused. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "json/json.h"

#define MIME_MESSAGE_BYTES_MAX (24 * 1024 * 1024)
#define MIME_ATTACHMENTS_MAX   50

struct mime_attachment {
    const char *name; // file name, any language
    const char *type; // "text/calendar; method=REQUEST", "text/csv", …; text gets charset=utf-8
    const char *data;
    size_t bytes;
};

struct mime_message {
    const char *from;        // "dure@example.org" or "두레 <dure@example.org>"
    const char *to;          // an address, with a name or without
    const char *subject;     // one line
    const char *text, *html; // one of them may be NULL
    const struct mime_attachment *attachments;
    size_t attachment_count;
    const char *key; // Message-ID comes from it: the same mail again is the same message
    int64_t number;  // stands in the Message-ID, by which a bounce is found; 0: none
    int64_t date_ms;
    json headers; // {name: text} besides (List-Unsubscribe, Reply-To); absent: none
};

CHECKED bool mime_write(const struct mime_message *message, struct bytes *out, struct fail *why);

// The Message-ID of a mail, without its brackets and its domain.
#define MIME_ID_SIZE 80
void mime_message_id(const char *key, int64_t number, char out[MIME_ID_SIZE]);

// The address inside "Name <address>", checked for what SMTP can carry; out has room for 255 bytes.
#define MIME_ADDRESS_SIZE 256
CHECKED bool mime_address(const char *text, char out[MIME_ADDRESS_SIZE], struct fail *why);

// ---- pieces, for tests and others
// "Name: value" with the line's end, folded, in encoded words where needed. The value is one line
// of valid UTF-8.
CHECKED bool mime_header(const char *name, const char *value, struct bytes *out, struct fail *why);
void mime_base64(const void *data, size_t bytes, size_t line_length,
                 struct bytes *out); // 0: one line
void mime_quoted_printable(const char *text, size_t bytes, struct bytes *out);
