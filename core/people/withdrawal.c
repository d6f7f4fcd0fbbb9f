#include "people/withdrawal.h"

#include <string.h>

#include "base/hash.h"
#include "calendar/instant.h"
#include "engine/engine.h"
#include "people/directory.h"

// The receipt opens the applicant's page, so the event carries its hash.
static void set_id(json *event, const char *receipt)
{
    char hex[HASH_HEX_SIZE];
    struct hash hash = hash_of(receipt, strlen(receipt));
    hash_hex(&hash, hex);
    json_set_take(event, "id", json_printf("withdrawal-%s", hex));
}

// Absent where the step said nothing of the kind.
static json event_of(const struct withdrawal *w)
{
    json said = json_get(w->reply, "withdrawal"), item = json_get(said, "item");
    const char *type = json_get_text(said, "event", "");
    json event = json_absent();
    if (*type && json_is_string(item)) {
        event = json_object();
        json data = json_object();
        json_set(&data, "item", item);
        if (w->reason && *w->reason)
            json_set_text(&data, "reason", w->reason);
        json_set_text(&event, "specversion", "1.0");
        set_id(&event, w->receipt);
        json_set_text(&event, "source", "/dure/receipts");
        json_set_text(&event, "type", type);
        json_set_text(&event, "subject", w->instance);
        json_set_take(&event, "data", data);
    }
    json_free(item);
    json_free(said);
    return event;
}

// Its half-open window.
static bool is_in_time(const struct people *p, json reply)
{
    json said = json_get(reply, "withdrawal");
    const char *text = json_get_text(said, "until", NULL);
    int64_t until_ms = INSTANT_NONE;
    struct fail why = {0};
    bool good =
        !text || (instant_parse(text, &until_ms, &why) && engine_now_ms(p->engine) < until_ms);
    json_free(said);
    return good;
}

static bool is_possible(struct people *p, json reply, json event)
{
    return json_is_object(event) && is_in_time(p, reply) &&
           engine_event_is_awaited(p->engine, event);
}

bool withdrawal_is_open(struct people *p, const char *instance, json reply)
{
    json event =
        event_of(&(struct withdrawal){.instance = instance, .receipt = "", .reply = reply});
    bool open = is_possible(p, reply, event);
    json_free(event);
    return open;
}

bool withdrawal_send(struct people *p, const struct withdrawal *w, struct fail *why)
{
    struct event_receipt receipt;
    json event = event_of(w);
    bool good = is_possible(p, w->reply, event)
                    ? engine_event(p->engine, event, &receipt, why)
                    : fail_code(why, FAIL_REFUSED, "closed", "this can no longer be withdrawn");
    json_free(event);
    return good;
}
