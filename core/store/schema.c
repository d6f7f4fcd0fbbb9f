#include "store/schema.h"

#include "base/must.h"

// clang-format off
#define INT(n)      {n, COLUMN_INTEGER, false, PACK_NONE}
#define INT_(n)     {n, COLUMN_INTEGER, true, PACK_NONE}
#define TEXT(n)     {n, COLUMN_TEXT, false, PACK_NONE}
#define TEXT_(n)    {n, COLUMN_TEXT, true, PACK_NONE}
#define BLOB(n)     {n, COLUMN_BLOB, false, PACK_NONE}
#define BLOB_(n)    {n, COLUMN_BLOB, true, PACK_NONE}
#define ID(n)       {n, COLUMN_TEXT, false, PACK_ID}
#define ID_(n)      {n, COLUMN_TEXT, true, PACK_ID}
#define WORD(n)     {n, COLUMN_TEXT, false, PACK_WORD}
#define PHRASES_TEXT(n) {n, COLUMN_TEXT, false, PACK_PHRASES}
#define PHRASES(n)  {n, COLUMN_BLOB, false, PACK_PHRASES}
#define PHRASES_(n) {n, COLUMN_TEXT, true, PACK_PHRASES}
#define COLUMNS(...) .columns = {__VA_ARGS__}, \
    .column_count = (int)(sizeof((struct column[]){__VA_ARGS__}) / sizeof(struct column))
#define INDEXES(...) .indexes = {__VA_ARGS__}, \
    .index_count = (int)(sizeof((struct index_description[]){__VA_ARGS__}) / sizeof(struct index_description))

const struct table_description schema_tables[TABLE_COUNT] = {
    [TABLE_META] = {.name = "meta", .key_count = 1, .since = 1, COLUMNS(TEXT("key"), TEXT("value"))},
    [TABLE_DEFINITION] = {.name = "definition", .key_count = 3, .since = 1,
        COLUMNS(TEXT("namespace"), TEXT("name"), TEXT("version"), TEXT("text"), BLOB("hash"),
                INT("deployed_ms"), TEXT("status"), TEXT_("detail"))},
    [TABLE_INSTANCE] = {.name = "instance", .key_count = 1, .since = 1,
        COLUMNS(ID("id"), TEXT("namespace"), TEXT("name"), PHRASES_TEXT("version"), WORD("status"),
                INT("created_ms"), INT("updated_ms"), INT_("ended_ms"), PHRASES_("waits_for"),
                TEXT_("incident"), ID_("parent"), TEXT_("parent_wait"), PHRASES("state"),
                INT("history_seq"), BLOB_("history_hash"), INT("events_from"), TEXT_("title")),
        INDEXES([INSTANCE_BY_STATUS] = {"instance_status", {INSTANCE_STATUS, INSTANCE_ID}, 2, false},
                [INSTANCE_BY_DEFINITION] = {"instance_definition", {INSTANCE_NAMESPACE, INSTANCE_NAME, INSTANCE_ID}, 3, false},
                [INSTANCE_BY_PARENT] = {"instance_parent", {INSTANCE_PARENT}, 1, false})},
    [TABLE_HISTORY] = {.name = "history", .key_count = 2, .since = 1,
        COLUMNS(ID("instance"), INT("seq"), INT("at_ms"), PHRASES("entries"), BLOB("hash"))},
    [TABLE_COMMIT] = {.name = "commits", .key_count = 1, .since = 1,
        COLUMNS(INT("seq"), INT("at_ms"), BLOB("heads"), BLOB("hash"))},
    [TABLE_PERSONAL] = {.name = "personal", .key_count = 2, .since = 1,
        COLUMNS(ID("instance"), TEXT("ref"), TEXT_("person"), BLOB("salt"), BLOB_("body")),
        INDEXES([PERSONAL_BY_PERSON] = {"personal_person", {PERSONAL_PERSON}, 1, false})},
    [TABLE_PAYLOAD] = {.name = "payload", .key_count = 1, .since = 1, COLUMNS(BLOB("hash"), BLOB("body"))},
    [TABLE_TIMER] = {.name = "timer", .key_count = 4, .since = 1,
        COLUMNS(ID("instance"), TEXT("path"), INT("attempt"), TEXT("name"), INT("due_ms"), WORD("owner")),
        INDEXES([TIMER_BY_DUE] = {"timer_due", {TIMER_DUE_MS}, 1, false})},
    [TABLE_SUBSCRIPTION] = {.name = "subscription", .key_count = 4, .since = 1,
        COLUMNS(ID("instance"), TEXT("path"), INT("attempt"), TEXT("name"), TEXT("type"),
                TEXT("filter"), TEXT("key"), WORD("owner"), TEXT_("detail")),
        INDEXES([SUBSCRIPTION_BY_KEY] = {"subscription_key", {SUBSCRIPTION_FILTER, SUBSCRIPTION_KEY}, 2, false},
                [SUBSCRIPTION_BY_TYPE] = {"subscription_type", {SUBSCRIPTION_TYPE, SUBSCRIPTION_FILTER}, 2, false})},
    [TABLE_EVENT] = {.name = "event", .key_count = 1, .since = 1,
        COLUMNS(INT("seq"), TEXT("source"), TEXT("id"), TEXT("type"), INT("received_ms"), BLOB("body"),
                INT("matches")),
        INDEXES([EVENT_BY_IDENTITY] = {"event_identity", {EVENT_SOURCE, EVENT_ID}, 2, true},
                [EVENT_BY_TYPE] = {"event_type", {EVENT_TYPE, EVENT_SEQ}, 2, false})},
    [TABLE_CONSUMED] = {.name = "consumed", .key_count = 2, .since = 1,
        COLUMNS(ID("instance"), INT("event"), TEXT("path")),
        INDEXES([CONSUMED_BY_EVENT] = {"consumed_event", {CONSUMED_EVENT}, 1, false})},
    [TABLE_EFFECT] = {.name = "effect", .key_count = 4, .since = 1,
        COLUMNS(ID("instance"), TEXT("path"), INT("attempt"), TEXT("name"), TEXT("kind"), TEXT("class"),
                WORD("status"), BLOB("request"), INT("tries"), INT("next_ms"), INT("created_ms"),
                BLOB_("result"), WORD("owner")),
        INDEXES([EFFECT_BY_STATUS] = {"effect_status", {EFFECT_STATUS, EFFECT_NEXT_MS}, 2, false})},
    [TABLE_STEP] = {.name = "step", .key_count = 3, .since = 1,
        COLUMNS(ID("instance"), TEXT("path"), INT("attempt"), TEXT("function"), TEXT("version"),
                BLOB("input"), BLOB("state"), INT("created_ms"))},
    [TABLE_RECORD] = {.name = "record", .key_count = 4, .since = 1,
        COLUMNS(ID("instance"), TEXT("path"), INT("attempt"), TEXT("key"), BLOB("value"))},
    [TABLE_ITEM] = {.name = "item", .key_count = 1, .since = 1,
        COLUMNS(ID("id"), ID("instance"), TEXT("path"), INT("attempt"), TEXT("name"), TEXT("task"),
                TEXT_("assignee"), WORD("status"), TEXT("kind"), TEXT("title"), BLOB("form"),
                INT_("opens_ms"), INT_("closes_ms"), INT("created_ms"), INT_("closed_ms"), INT("answers"),
                BLOB("detail")),
        INDEXES([ITEM_BY_STEP] = {"item_step", {ITEM_INSTANCE, ITEM_PATH, ITEM_ATTEMPT, ITEM_NAME}, 4, true},
                [ITEM_BY_ASSIGNEE] = {"item_assignee", {ITEM_ASSIGNEE, ITEM_STATUS, ITEM_CLOSES_MS}, 3, false},
                [ITEM_BY_STATUS] = {"item_status", {ITEM_STATUS, ITEM_ID}, 2, false})},
    [TABLE_ANSWER] = {.name = "answer", .key_count = 1, .since = 1,
        COLUMNS(TEXT("receipt"), ID("item"), INT("seq"), TEXT_("person"), INT("at_ms"), TEXT("status"),
                BLOB_("data"), BLOB("reply")),
        INDEXES([ANSWER_BY_ITEM] = {"answer_item", {ANSWER_ITEM, ANSWER_SEQ}, 2, false},
                [ANSWER_BY_PERSON] = {"answer_person", {ANSWER_ITEM, ANSWER_PERSON}, 2, false})},
    [TABLE_REQUEST] = {.name = "request", .key_count = 1, .since = 1,
        COLUMNS(TEXT("key"), INT("at_ms"), BLOB("hash"), INT("status"), BLOB("reply")),
        INDEXES([REQUEST_BY_AT] = {"request_at", {REQUEST_AT_MS}, 1, false})},
    [TABLE_PERSON] = {.name = "person", .key_count = 1, .since = 1,
        COLUMNS(TEXT("id"), TEXT("name"), TEXT("name_key"), TEXT_("email"), TEXT_("phone"), TEXT("language"),
                TEXT("status"), BLOB("attributes"), INT("updated_ms")),
        INDEXES([PERSON_BY_EMAIL] = {"person_email", {PERSON_EMAIL}, 1, false}, [PERSON_BY_NAME] = {"person_name", {PERSON_NAME_KEY}, 1, false})},
    [TABLE_MEMBERSHIP] = {.name = "membership", .key_count = 3, .since = 1,
        COLUMNS(TEXT("grp"), TEXT("person"), TEXT("since"), TEXT_("until"), TEXT_("role")),
        INDEXES([MEMBERSHIP_BY_PERSON] = {"membership_person", {MEMBERSHIP_PERSON}, 1, false})},
    [TABLE_MAIL] = {.name = "mail", .key_count = 1, .since = 1,
        COLUMNS(TEXT("key"), INT("seq"), INT("at_ms"), TEXT("recipient"), TEXT_("person"), TEXT("subject"),
                BLOB("body"), TEXT("status"), ID_("instance")),
        INDEXES([MAIL_BY_SEQ] = {"mail_seq", {MAIL_SEQ}, 1, true}, [MAIL_BY_INSTANCE] = {"mail_instance", {MAIL_INSTANCE, MAIL_SEQ}, 2, false})},
    [TABLE_ACCOUNT] = {.name = "account", .key_count = 1, .since = 2,
        COLUMNS(TEXT("name"), TEXT("display"), TEXT("roles"), TEXT_("hash"), TEXT_("subject"),
                TEXT_("person"), TEXT("status"), INT("created_ms"), INT("changed_ms"), INT_("login_ms")),
        INDEXES([ACCOUNT_BY_SUBJECT] = {"account_subject", {ACCOUNT_SUBJECT}, 1, false})},
    [TABLE_SESSION] = {.name = "session", .key_count = 1, .since = 2,
        COLUMNS(BLOB("hash"), TEXT("account"), INT("created_ms"), INT("seen_ms"), INT("ends_ms"),
                TEXT_("agent")),
        INDEXES([SESSION_BY_ACCOUNT] = {"session_account", {SESSION_ACCOUNT}, 1, false})},
    [TABLE_TOKEN] = {.name = "token", .key_count = 1, .since = 2,
        COLUMNS(BLOB("hash"), TEXT("id"), TEXT("name"), TEXT("scope"), TEXT_("account"),
                INT("created_ms"), INT("expires_ms"), INT_("used_ms"), INT_("revoked_ms")),
        INDEXES([TOKEN_BY_ID] = {"token_id", {TOKEN_ID}, 1, true}, [TOKEN_BY_ACCOUNT] = {"token_account", {TOKEN_ACCOUNT}, 1, false})},
    [TABLE_ADDRESS] = {.name = "address", .key_count = 1, .since = 4,
        COLUMNS(TEXT("address"), TEXT("state"), TEXT("reason"), INT("at_ms"), INT("softs"))},
    [TABLE_OPTOUT] = {.name = "optout", .key_count = 2, .since = 4,
        COLUMNS(TEXT("who"), TEXT("purpose"), INT("at_ms"))},
};
// clang-format on

struct schema_order schema_order_of(enum table table, int index)
{
    const struct table_description *t = &schema_tables[table];
    struct schema_order order = {.count = 0};
    if (index >= 0) {
        must(index < t->index_count);
        for (int i = 0; i < t->indexes[index].column_count; i++)
            order.columns[order.count++] = t->indexes[index].columns[i];
        order.given = order.count;
    }
    for (int key = 0; key < t->key_count; key++) {
        bool there = false;
        for (int i = 0; i < order.given; i++)
            there = there || order.columns[i] == key;
        if (!there)
            order.columns[order.count++] = key;
    }
    if (index < 0)
        order.given = order.count;
    return order;
}
