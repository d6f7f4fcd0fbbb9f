#include "effects/letter.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"

static bool get_row(struct store *store, const char *key, struct row *row, struct fail *why)
{
    struct value column = value_text(key);
    return store_get(store, TABLE_MAIL, &column, row, why);
}

static void set_if_absent(json *parts, const char *name, const char *text)
{
    if (text && !json_has(*parts, name))
        json_set_text(parts, name, text);
}

// The row over the request: what is in the mailbox page is what is sent.
static bool gather(struct store *store, json request, json *parts, struct fail *why)
{
    *parts = json_object();
    const char *key = json_get_text(request, "key", NULL);
    struct row row = {0};
    if (key && !get_row(store, key, &row, why))
        return false;
    if (row_is_there(&row)) {
        json body;
        const struct value *stored = &row.columns[MAIL_BODY];
        if (!json_parse_stored(stored->data, stored->bytes, &body, why)) {
            row_done(&row);
            return fail_within(why, "the stored mail '%.80s'", key);
        }
        if (json_is_object(body))
            json_merge(parts, body);
        json_free(body);
        json_set_text(parts, "to", row_text(&row, MAIL_RECIPIENT));
        json_set_text(parts, "subject", row_text(&row, MAIL_SUBJECT));
        json_set_int(parts, "at", row_integer(&row, MAIL_AT_MS));
    }
    row_done(&row);
    static const char *const names[] = {"key",  "to",          "subject", "text",
                                        "html", "attachments", "headers", "person"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!json_has(*parts, names[i]) && json_has(request, names[i]))
            json_set_take(parts, names[i], json_get(request, names[i]));
    set_if_absent(parts, "subject", "");
    return true;
}

static const char *text_of(json object, const char *name)
{
    return json_get_text(object, name, NULL);
}

// Attachments are {name, type, text}; the texts are borrowed from the list.
static bool read_attachments(json list, struct mime_attachment *out, size_t *count,
                             struct fail *why)
{
    *count = json_length(list);
    if (*count > MIME_ATTACHMENTS_MAX)
        return fail(why, FAIL_LIMIT, "a mail may have %d attachments", MIME_ATTACHMENTS_MAX);
    for (size_t i = 0; i < *count; i++) {
        json item = json_at(list, i);
        const char *name = text_of(item, "name"), *type = text_of(item, "type");
        const char *text = text_of(item, "text");
        json_free(item); // its members live on in the list
        if (!name || !type || !text)
            return fail(why, FAIL_INVALID, "an attachment needs name, type and text");
        out[i] = (struct mime_attachment){name, type, text, strlen(text)};
    }
    return true;
}

static bool write(struct letter *letter, json parts, const char *from, int64_t now_ms,
                  struct fail *why)
{
    json list = json_get(parts, "attachments"), headers = json_get(parts, "headers");
    struct mime_attachment *files = mem_zero(MIME_ATTACHMENTS_MAX, sizeof(*files));
    struct mime_message message = {.from = from,
                                   .to = text_of(parts, "to"),
                                   .subject = text_of(parts, "subject"),
                                   .text = text_of(parts, "text"),
                                   .html = text_of(parts, "html"),
                                   .key = letter->key,
                                   .date_ms = json_get_int(parts, "at", now_ms),
                                   .attachments = files,
                                   .headers = headers};
    bool good = message.to && message.subject && (message.text || message.html);
    if (!good)
        fail(why, FAIL_INVALID, "a mail needs to, subject, and text or html");
    good = good && read_attachments(list, files, &message.attachment_count, why) &&
           mime_address(from, letter->from, why) && mime_address(message.to, letter->to, why) &&
           mime_write(&message, &letter->message, why);
    mem_free(files);
    json_free(headers);
    json_free(list);
    return good;
}

bool letter_init(struct letter *letter, struct store *store, json request, const char *from,
                 int64_t now_ms, struct fail *why)
{
    *letter = (struct letter){0};
    bytes_init(&letter->message, MIME_MESSAGE_BYTES_MAX);
    const char *key = json_get_text(request, "key", NULL);
    if (!key || !*key)
        return fail(why, FAIL_INVALID, "a mail needs a key");
    letter->key = mem_string(key);
    json parts;
    bool good = gather(store, request, &parts, why) && write(letter, parts, from, now_ms, why);
    json_free(parts);
    return good;
}

void letter_done(struct letter *letter)
{
    bytes_done(&letter->message);
    mem_free(letter->key);
    *letter = (struct letter){0};
}
