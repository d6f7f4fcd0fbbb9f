// What people and the world do in a scenario: answers, claims, events, an operator's controls.
#include "cli/scenario_player.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "people/claim.h"
#include "people/item.h"
#include "plugin/world.h"

// `item` names a work item of the task. Where each of several people has one of it (a sheet of an
// entry is ENTRY:REVIEWER) the entry alone means the one of who answers.
static bool find_named(struct player *p, json value, const char *name, struct id *item,
                       struct fail *why)
{
    struct people *people = world_people(p->world);
    const char *task = json_get_text(value, "task", ""), *person = json_get_text(value, "as", "");
    struct fail ignored;
    char *own = mem_printf("%s:%s", name, person);
    bool found = item_find_named(people, p->instance.text, task, own, item, &ignored) ||
                 item_find_named(people, p->instance.text, task, name, item, why);
    mem_free(own);
    return found;
}

// A request that comes again goes where it went: the same person may have another item by now.
static bool find_item(struct player *p, json value, const char *request, struct id *item,
                      struct fail *why)
{
    struct people *people = world_people(p->world);
    const char *task = json_get_text(value, "task", NULL),
               *name = json_get_text(value, "item", NULL),
               *before = json_get_text(p->requests, request, NULL);
    if (!task)
        return fail(why, FAIL_INVALID, "an answer names its task");
    if (before) {
        snprintf(item->text, sizeof item->text, "%s", before);
        return true;
    }
    if (name)
        return find_named(p, value, name, item, why);
    return item_find(people, p->instance.text, task, json_get_text(value, "as", NULL), item, why);
}

// The answer as the work item's page would hand it in.
static bool hand_in(struct player *p, json value, json *reply, struct fail *why)
{
    struct id item = {0};
    const char *person = json_get_text(value, "as", NULL), *key = json_get_text(value, "key", NULL);
    char *request =
        key ? mem_printf("%s\n%s\n%s", json_get_text(value, "task", ""), person ? person : "", key)
            : mem_string("");
    if (!find_item(p, value, request, &item, why)) {
        mem_free(request);
        return false;
    }
    json data = json_get(value, "data");
    struct answer answer = {
        .item = item.text,
        .person = person,
        .data = json_is_absent(data) ? json_null() : data,
        .key = key,
        .receipt = json_get_text(value, "receipt", NULL),
        .withdraw = json_get_bool(value, "withdraw", false),
        .delegate = json_get_text(value, "delegate", NULL),
        .recuse = json_get_text(value, "recuse", NULL),
    };
    bool ok = item_answer(world_people(p->world), &answer, reply, why);
    if (ok && key)
        json_set_text(&p->requests, request, item.text);
    json_free(answer.data);
    mem_free(request);
    return ok;
}

static bool check_refusal(struct player *p, const struct entry *entry, bool accepted,
                          const struct fail *why, const char *sentence)
{
    if (!entry->refused)
        return accepted ||
               scenario_wrong(p, entry->node, "refused with '%s': %s", why->code, sentence);
    p->result->checks++;
    if (accepted)
        return scenario_wrong(p, entry->node, "wanted the refusal '%s', but it was accepted",
                              entry->refused);
    if (strcmp(why->code, entry->refused) != 0)
        return scenario_wrong(p, entry->node,
                              "wanted the refusal '%s', but it was refused with '%s': %s",
                              entry->refused, why->code, sentence);
    return true;
}

bool scenario_play_answer(struct player *p, const struct entry *entry, json value)
{
    struct fail why = {0};
    json reply = json_absent();
    bool accepted = hand_in(p, value, &reply, &why);
    const char *save = json_get_text(value, "save", NULL);
    if (accepted && save) {
        json receipt = json_get(reply, "receipt");
        json_set_take(&p->variables, save, receipt);
    }
    // The sentence that the person would read, or else the engine's own.
    json message = json_get(reply, "message");
    bool good = check_refusal(p, entry, accepted, &why, json_get_text(message, "ko", why.message));
    json_free(message);
    json_free(reply);
    return good && scenario_settle(p, entry->node);
}

bool scenario_play_event(struct player *p, const struct entry *entry, json value)
{
    struct fail why = {0};
    struct event_receipt receipt;
    json event = json_ref(value);
    if (!json_has(event, "id"))
        json_set_take(
            &event, "id",
            json_printf("event-%d-%lld", entry->node->line, (long long)world_now_ms(p->world)));
    if (!json_has(event, "source"))
        json_set_text(&event, "source", "/scenario");
    if (!json_has(event, "specversion"))
        json_set_text(&event, "specversion", "1.0");
    bool accepted = engine_event(world_engine(p->world), event, &receipt, &why);
    json_free(event);
    return check_refusal(p, entry, accepted, &why, why.message) && scenario_settle(p, entry->node);
}

bool scenario_play_control(struct player *p, const struct entry *entry, json value)
{
    static const char *const names[] = {"cancel", "pause", "resume", "retry"};
    struct fail why = {0};
    enum control control = CONTROL_CANCEL;
    for (size_t i = 0; i < 4; i++)
        if (strcmp(names[i], entry->control) == 0)
            control = (enum control)i;
    bool accepted = engine_control(world_engine(p->world), p->instance.text, control,
                                   json_is_string(value) ? json_text(value) : "", &why);
    return check_refusal(p, entry, accepted, &why, why.message) && scenario_settle(p, entry->node);
}

bool scenario_play_member(struct player *p, const struct entry *entry, json value)
{
    struct fail why = {0};
    bool accepted =
        people_join(world_people(p->world), json_get_text(value, "group", ""),
                    json_get_text(value, "person", ""), json_get_text(value, "since", NULL),
                    json_get_text(value, "until", NULL), json_get_text(value, "role", NULL), &why);
    return check_refusal(p, entry, accepted, &why, why.message) && scenario_settle(p, entry->node);
}

bool scenario_play_claim(struct player *p, const struct entry *entry, json value)
{
    struct fail why = {0};
    struct people *people = world_people(p->world);
    const char *person = json_get_text(value, "as", NULL),
               *task = json_get_text(value, "task", NULL);
    if (!person || !task)
        return scenario_wrong(p, entry->node, "'%s' is {task: NAME, as: PERSON}", entry->control);
    struct id item = {0};
    bool gives_back = strcmp(entry->control, "giveBack") == 0;
    bool accepted = item_find(people, p->instance.text, task, person, &item, &why) &&
                    (gives_back ? item_give_back(people, item.text, person, &why)
                                : item_claim(people, item.text, person, &why));
    return check_refusal(p, entry, accepted, &why, why.message) && scenario_settle(p, entry->node);
}
