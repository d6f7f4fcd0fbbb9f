// POST /api/v1/mail/bounces: a mail that came back, as a mail server's pipe hands it over.
// Strangers can write anything into such a report; it is believed only if it carries what only the
// mail itself, or its envelope, showed: the signed address it came back to, or its signed
// Message-ID.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/resource.h"
#include "base/mem.h"
#include "net/dsn.h"
#include "net/mime.h"
#include "people/mail.h"
#include "people/mail_token.h"

static bool is_same(const char *a, const char *b, size_t bytes)
{
    unsigned difference = 0;
    for (size_t i = 0; i < bytes; i++)
        difference |= (unsigned)(a[i] ^ b[i]);
    return difference == 0;
}

// "27.5f0c…@example.org"
static bool mail_of_message_id(struct people *p, const char *id, int64_t *seq)
{
    struct fail why;
    char *end, signed_key[HASH_HEX_SIZE], wanted[MIME_ID_SIZE];
    const char *at = strchr(id, '@');
    size_t digits = strspn(id, "0123456789");
    if (!at || digits == 0 || digits > 18 || id[digits] != '.')
        return false;
    *seq = strtoll(id, &end, 10);
    char *key = *seq > 0 ? mail_key_of(p, *seq) : NULL;
    bool good = key && mail_message_key(p, key, signed_key, &why);
    mem_free(key);
    if (!good)
        return false;
    mime_message_id(signed_key, *seq, wanted);
    return (size_t)(at - id) == strlen(wanted) && is_same(id, wanted, strlen(wanted));
}

static bool find_mail(struct people *p, const struct dsn *dsn, const char *to, int64_t *seq)
{
    if (to && mail_of_return_path(p, to, seq))
        return true;
    for (size_t i = 0; i < dsn->target_count; i++)
        if (mail_of_return_path(p, dsn->targets[i], seq))
            return true;
    return mail_of_message_id(p, dsn->message_id, seq);
}

// A mail of ours has one recipient, but who relays it may have made several of him.
static const struct dsn_recipient *worst(const struct dsn *dsn)
{
    const struct dsn_recipient *found = NULL;
    for (size_t i = 0; i < dsn->recipient_count; i++) {
        const struct dsn_recipient *r = &dsn->recipients[i];
        if (r->action == DSN_FAILED && (!found || (dsn_is_hard(r) && !dsn_is_hard(found))))
            found = r;
    }
    return found;
}

static const char *fate_name(enum bounce_fate fate)
{
    switch (fate) {
    case BOUNCE_MARKED:
        return "marked";
    case BOUNCE_COUNTED:
        return "counted";
    case BOUNCE_KNOWN:
        return "known";
    }
    return "";
}

static void note(struct api *a, struct request *r, int64_t seq, const struct dsn_recipient *failed)
{
    struct fail why = {0};
    enum bounce_fate fate;
    char *reason =
        mem_printf("%s %s", failed->status,
                   *failed->diagnostic ? failed->diagnostic : "the other server gave no reason");
    const struct bounce bounce = {failed->address, dsn_is_hard(failed), reason};
    if (mail_reported(a->people, seq, &bounce, &fate, &why)) {
        json act = json_object(), answer = json_object();
        json_set_int(&act, "mail", seq);
        json_set_text(&act, "status", failed->status);
        record_act(a, r, "mail-bounce", NULL, act);
        json_set_int(&answer, "mail", seq);
        json_set_bool(&answer, "hard", bounce.hard);
        json_set_text(&answer, "outcome", fate_name(fate));
        reply_after_commit(a, r, 200, answer);
    } else {
        request_fail(r, &why);
    }
    mem_free(reason);
}

static void take(struct api *a, struct request *r, const struct dsn *dsn)
{
    int64_t seq;
    const struct dsn_recipient *failed = worst(dsn);
    if (!find_mail(a->people, dsn, request_query(r, "to"), &seq)) {
        request_problem(r, 404, "unknown_mail",
                        "this came back from no mail that was sent from here, or nothing in it "
                        "proves which one");
    } else if (failed) {
        note(a, r, seq, failed);
    } else {
        json answer = json_object();
        json_set_int(&answer, "mail", seq);
        json_set_text(&answer, "outcome", "no_failure"); // delayed, or delivered after all
        request_reply_json(r, 200, answer);
        json_free(answer);
    }
}

void bounces_take(struct api *a, struct request *r)
{
    struct fail why = {0};
    size_t bytes;
    const char *text = request_body(r, &bytes);
    if (strcmp(request_content_type(r), "message/rfc822") != 0) {
        request_problem(r, 415, "unsupported_media_type",
                        "a mail that came back comes as message/rfc822");
        return;
    }
    struct dsn *dsn = mem_new(struct dsn);
    if (dsn_read(text, bytes, dsn, &why))
        take(a, r, dsn);
    else
        request_fail(r, &why);
    mem_free(dsn);
}
