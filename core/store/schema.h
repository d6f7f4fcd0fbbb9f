// The tables: their columns, keys and indexes as data, from which the drivers make their own form
// (STRICT tables of SQLite, trees in memory). A new table or column is a new entry here and a
// migration. Immutable. Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SCHEMA_VERSION     5
#define SCHEMA_COLUMNS_MAX 20
#define SCHEMA_KEYS_MAX    5 // columns in a key or index
#define SCHEMA_INDEXES_MAX 4 // beside the primary key

enum table {
    TABLE_META,
    TABLE_DEFINITION,
    TABLE_INSTANCE,
    TABLE_HISTORY,
    TABLE_COMMIT,
    TABLE_PERSONAL,
    TABLE_PAYLOAD,
    TABLE_TIMER,
    TABLE_SUBSCRIPTION,
    TABLE_EVENT,
    TABLE_CONSUMED,
    TABLE_EFFECT,
    TABLE_STEP,
    TABLE_RECORD,
    TABLE_ITEM,
    TABLE_ANSWER,
    TABLE_REQUEST,
    TABLE_PERSON,
    TABLE_MEMBERSHIP,
    TABLE_MAIL,
    TABLE_ACCOUNT,
    TABLE_SESSION,
    TABLE_TOKEN,
    TABLE_ADDRESS,
    TABLE_OPTOUT,
    TABLE_COUNT,
};

enum column_kind { COLUMN_INTEGER, COLUMN_TEXT, COLUMN_BLOB };

// How a driver may keep a column short on its disk; what is put and read is the same either way.
enum packing {
    PACK_NONE,
    PACK_ID,      // mostly ids (pack.h); a text
    PACK_WORD,    // one of few words, such as a status (pack.h)
    PACK_PHRASES, // repeats the same phrases (phrase.h); in no key and no index
};

struct column {
    const char *name; // NULL ends the list
    enum column_kind kind;
    bool nullable;
    enum packing packing;
};

// The columns that order an index, as numbers into the table's columns. An index need not be
// unique: the primary key's columns follow implicitly and break ties.
struct index_description {
    const char *name; // NULL ends the list
    int columns[SCHEMA_KEYS_MAX];
    int column_count;
    bool unique;
};

struct table_description {
    const char *name;
    struct column columns[SCHEMA_COLUMNS_MAX + 1];
    int column_count;
    int key_count; // the first columns are the primary key
    struct index_description indexes[SCHEMA_INDEXES_MAX + 1];
    int index_count;
    int since; // schema version that brought it
};

extern const struct table_description schema_tables[TABLE_COUNT];

// What a whole order compares by: an index's columns, then the primary key's that are not among
// them, so that no two rows are equal. Index -1 is the primary key itself.
#define SCHEMA_ORDER_MAX (2 * SCHEMA_KEYS_MAX)
struct schema_order {
    int columns[SCHEMA_ORDER_MAX];
    int count;
    int given; // how many of them are the index's own
};
struct schema_order schema_order_of(enum table table, int index);

// Columns by name, in the order of schema.c: ITEM_STATUS is the column `status` of TABLE_ITEM.
enum { META_KEY, META_VALUE };
enum {
    DEFINITION_NAMESPACE,
    DEFINITION_NAME,
    DEFINITION_VERSION,
    DEFINITION_TEXT,
    DEFINITION_HASH,
    DEFINITION_DEPLOYED_MS,
    DEFINITION_STATUS,
    DEFINITION_DETAIL,
};
enum {
    INSTANCE_ID,
    INSTANCE_NAMESPACE,
    INSTANCE_NAME,
    INSTANCE_VERSION,
    INSTANCE_STATUS,
    INSTANCE_CREATED_MS,
    INSTANCE_UPDATED_MS,
    INSTANCE_ENDED_MS,
    INSTANCE_WAITS_FOR,
    INSTANCE_INCIDENT,
    INSTANCE_PARENT,
    INSTANCE_PARENT_WAIT,
    INSTANCE_STATE,
    INSTANCE_HISTORY_SEQ,
    INSTANCE_HISTORY_HASH,
    INSTANCE_EVENTS_FROM,
    INSTANCE_TITLE,
};
enum { HISTORY_INSTANCE, HISTORY_SEQ, HISTORY_AT_MS, HISTORY_ENTRIES, HISTORY_HASH };
enum { COMMIT_SEQ, COMMIT_AT_MS, COMMIT_HEADS, COMMIT_HASH };
enum { PERSONAL_INSTANCE, PERSONAL_REF, PERSONAL_PERSON, PERSONAL_SALT, PERSONAL_BODY };
enum { PAYLOAD_HASH, PAYLOAD_BODY };
enum { TIMER_INSTANCE, TIMER_PATH, TIMER_ATTEMPT, TIMER_NAME, TIMER_DUE_MS, TIMER_OWNER };
enum {
    SUBSCRIPTION_INSTANCE,
    SUBSCRIPTION_PATH,
    SUBSCRIPTION_ATTEMPT,
    SUBSCRIPTION_NAME,
    SUBSCRIPTION_TYPE,
    SUBSCRIPTION_FILTER,
    SUBSCRIPTION_KEY,
    SUBSCRIPTION_OWNER,
    SUBSCRIPTION_DETAIL,
};
enum {
    EVENT_SEQ,
    EVENT_SOURCE,
    EVENT_ID,
    EVENT_TYPE,
    EVENT_RECEIVED_MS,
    EVENT_BODY,
    EVENT_MATCHES // instances reached or begun: for who looks into the file, read by nobody here
};
enum { CONSUMED_INSTANCE, CONSUMED_EVENT, CONSUMED_PATH };
enum {
    EFFECT_INSTANCE,
    EFFECT_PATH,
    EFFECT_ATTEMPT,
    EFFECT_NAME,
    EFFECT_KIND,
    EFFECT_CLASS,
    EFFECT_STATUS,
    EFFECT_REQUEST,
    EFFECT_TRIES,
    EFFECT_NEXT_MS,
    EFFECT_CREATED_MS,
    EFFECT_RESULT,
    EFFECT_OWNER,
};
enum {
    STEP_INSTANCE,
    STEP_PATH,
    STEP_ATTEMPT,
    STEP_FUNCTION,
    STEP_VERSION,
    STEP_INPUT,
    STEP_STATE,
    STEP_CREATED_MS,
};
enum { RECORD_INSTANCE, RECORD_PATH, RECORD_ATTEMPT, RECORD_KEY, RECORD_VALUE };
enum {
    ITEM_ID,
    ITEM_INSTANCE,
    ITEM_PATH,
    ITEM_ATTEMPT,
    ITEM_NAME,
    ITEM_TASK,
    ITEM_ASSIGNEE,
    ITEM_STATUS,
    ITEM_KIND,
    ITEM_TITLE,
    ITEM_FORM,
    ITEM_OPENS_MS,
    ITEM_CLOSES_MS,
    ITEM_CREATED_MS,
    ITEM_CLOSED_MS,
    ITEM_ANSWERS,
    ITEM_DETAIL,
};
enum {
    ANSWER_RECEIPT,
    ANSWER_ITEM,
    ANSWER_SEQ,
    ANSWER_PERSON,
    ANSWER_AT_MS,
    ANSWER_STATUS,
    ANSWER_DATA,
    ANSWER_REPLY,
};
enum { REQUEST_KEY, REQUEST_AT_MS, REQUEST_HASH, REQUEST_STATUS, REQUEST_REPLY };
enum {
    PERSON_ID,
    PERSON_NAME,
    PERSON_NAME_KEY,
    PERSON_EMAIL,
    PERSON_PHONE,
    PERSON_LANGUAGE,
    PERSON_STATUS,
    PERSON_ATTRIBUTES,
    PERSON_UPDATED_MS,
};
enum { MEMBERSHIP_GROUP, MEMBERSHIP_PERSON, MEMBERSHIP_FROM, MEMBERSHIP_UNTIL, MEMBERSHIP_ROLE };
enum {
    MAIL_KEY,
    MAIL_SEQ,
    MAIL_AT_MS,
    MAIL_RECIPIENT,
    MAIL_PERSON,
    MAIL_SUBJECT,
    MAIL_BODY,
    MAIL_STATUS,
    MAIL_INSTANCE,
};
enum {
    ACCOUNT_NAME,
    ACCOUNT_DISPLAY,
    ACCOUNT_ROLES,
    ACCOUNT_HASH,
    ACCOUNT_SUBJECT,
    ACCOUNT_PERSON,
    ACCOUNT_STATUS,
    ACCOUNT_CREATED_MS,
    ACCOUNT_CHANGED_MS,
    ACCOUNT_LOGIN_MS,
};
enum {
    SESSION_HASH,
    SESSION_ACCOUNT,
    SESSION_CREATED_MS,
    SESSION_SEEN_MS,
    SESSION_ENDS_MS,
    SESSION_AGENT,
};
enum {
    TOKEN_HASH,
    TOKEN_ID,
    TOKEN_NAME,
    TOKEN_SCOPE,
    TOKEN_ACCOUNT,
    TOKEN_CREATED_MS,
    TOKEN_EXPIRES_MS,
    TOKEN_USED_MS,
    TOKEN_REVOKED_MS,
};
enum { ADDRESS_ADDRESS, ADDRESS_STATE, ADDRESS_REASON, ADDRESS_AT_MS, ADDRESS_SOFTS };
enum { OPTOUT_WHO, OPTOUT_PURPOSE, OPTOUT_AT_MS };

// Indexes by name, for struct scan_opts: ITEM_BY_STATUS orders TABLE_ITEM.
enum { INSTANCE_BY_STATUS, INSTANCE_BY_DEFINITION, INSTANCE_BY_PARENT };
enum { PERSONAL_BY_PERSON };
enum { TIMER_BY_DUE };
enum { SUBSCRIPTION_BY_KEY, SUBSCRIPTION_BY_TYPE };
enum { EVENT_BY_IDENTITY, EVENT_BY_TYPE };
enum { CONSUMED_BY_EVENT };
enum { EFFECT_BY_STATUS };
enum { ITEM_BY_STEP, ITEM_BY_ASSIGNEE, ITEM_BY_STATUS };
enum { ANSWER_BY_ITEM, ANSWER_BY_PERSON };
enum { REQUEST_BY_AT };
enum { PERSON_BY_EMAIL, PERSON_BY_NAME };
enum { MEMBERSHIP_BY_PERSON };
enum { MAIL_BY_SEQ, MAIL_BY_INSTANCE };
enum { ACCOUNT_BY_SUBJECT };
enum { SESSION_BY_ACCOUNT };
enum { TOKEN_BY_ID, TOKEN_BY_ACCOUNT };
