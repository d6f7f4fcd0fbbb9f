#include "effects/letter.h"

#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "people/mail_token.h"

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
        json_set_int(parts, "seq", row_integer(&row, MAIL_SEQ));
    }
    row_done(&row);
    static const char *const names[] = {"key",         "to",      "subject", "text",   "html",
                                        "attachments", "headers", "person",  "purpose"};
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

// Optional mail says how to opt out: by a page, and in one click where the page is reached safely
// (RFC 2369, RFC 8058). Mandatory mail says nothing of the kind.
static bool add_opting_out(const struct letter_opts *opts, json parts, json *headers,
                           struct fail *why)
{
    char token[MAIL_TOKEN_SIZE];
    const char *purpose = text_of(parts, "purpose"), *url = people_url(opts->people),
               *who = json_get_text(parts, "person", json_get_text(parts, "to", ""));
    if (!purpose || strncmp(url, "http", 4) != 0)
        return true;
    if (!optout_token(opts->people, who, purpose, token, why))
        return false;
    char *link = mem_printf("<%s/u/%s>", url, token);
    json_set_text(headers, "List-Unsubscribe", link);
    if (strncmp(url, "https://", 8) == 0)
        json_set_text(headers, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    json_set_text(headers, "Precedence", "bulk");
    mem_free(link);
    return true;
}

static json headers_of(const struct letter_opts *opts, json parts)
{
    static const char *const ours[] = {"List-Unsubscribe", "List-Unsubscribe-Post", "Precedence"};
    json headers = json_get(parts, "headers");
    if (!json_is_object(headers))
        json_swap_take(&headers, json_object());
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        json_remove(&headers, ours[i]);
    if (opts->reply_to && !json_has(headers, "Reply-To"))
        json_set_text(&headers, "Reply-To", opts->reply_to);
    return headers;
}

// A mail that comes back says by its address which one it was.
static bool set_envelope(struct letter *letter, const struct letter_opts *opts, json parts,
                         struct fail *why)
{
    char path[MAIL_TOKEN_SIZE];
    int64_t seq = json_get_int(parts, "seq", 0);
    if (!opts->bounces || seq == 0)
        return mime_address(opts->bounces ? opts->bounces : opts->from, letter->from, why);
    return mail_return_path(opts->people, opts->bounces, seq, path, why) &&
           mime_address(path, letter->from, why);
}

static bool write(struct letter *letter, const struct letter_opts *opts, json parts,
                  struct fail *why)
{
    json list = json_get(parts, "attachments"), headers = headers_of(opts, parts);
    char message_key[HASH_HEX_SIZE];
    bool opted = mail_message_key(opts->people, letter->key, message_key, why) &&
                 add_opting_out(opts, parts, &headers, why);
    struct mime_attachment *files = mem_zero(MIME_ATTACHMENTS_MAX, sizeof(*files));
    struct mime_message message = {.from = opts->from,
                                   .to = text_of(parts, "to"),
                                   .subject = text_of(parts, "subject"),
                                   .text = text_of(parts, "text"),
                                   .html = text_of(parts, "html"),
                                   .key = message_key,
                                   .number = json_get_int(parts, "seq", 0),
                                   .date_ms = json_get_int(parts, "at", opts->now_ms),
                                   .attachments = files,
                                   .headers = headers};
    bool good = message.to && message.subject && (message.text || message.html);
    if (!opted)
        good = false;
    else if (!good)
        fail(why, FAIL_INVALID, "a mail needs to, subject, and text or html");
    good = good && read_attachments(list, files, &message.attachment_count, why) &&
           set_envelope(letter, opts, parts, why) && mime_address(message.to, letter->to, why) &&
           mime_write(&message, &letter->message, why);
    mem_free(files);
    json_free(headers);
    json_free(list);
    return good;
}

bool letter_init(struct letter *letter, const struct letter_opts *opts, json request,
                 struct fail *why)
{
    *letter = (struct letter){0};
    bytes_init(&letter->message, MIME_MESSAGE_BYTES_MAX);
    const char *key = json_get_text(request, "key", NULL);
    if (!key || !*key)
        return fail(why, FAIL_INVALID, "a mail needs a key");
    letter->key = mem_string(key);
    json parts;
    bool good = gather(opts->store, request, &parts, why) && write(letter, opts, parts, why);
    json_free(parts);
    return good;
}

void letter_done(struct letter *letter)
{
    bytes_done(&letter->message);
    mem_free(letter->key);
    *letter = (struct letter){0};
}
