// Values on their way into the file and out of it: what of sqlite_link.h binds and reads, and packs
// the columns that schema.c says so of. What is in the file and cannot be unpacked (somebody else
// has written it) is handed on as it lies: whoever reads it finds it broken, as the audit does with
// any other change.
#include "store/sqlite_link.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "store/pack.h"
#include "store/phrase.h"
#include "store/row.h"

#define SHORT_AT_HAND 64   // longer ids and words are packed in memory of their own
#define ROW_AT_HAND   1024 // of unpacked columns

// The value must stay until the statement is reset, unless `life` says that SQLite copies it.
static void bind_plain(sqlite3_stmt *statement, int place, const struct value *value,
                       sqlite3_destructor_type life)
{
    int code = SQLITE_OK;
    must(value->bytes < INT_MAX);
    switch (value->kind) {
    case VALUE_NULL:
        code = sqlite3_bind_null(statement, place);
        break;
    case VALUE_INTEGER:
        code = sqlite3_bind_int64(statement, place, value->integer);
        break;
    case VALUE_TEXT:
        code = sqlite3_bind_text(statement, place, value->data, (int)value->bytes, life);
        break;
    case VALUE_BLOB: // a null pointer would bind a null
        code = sqlite3_bind_blob(statement, place, value->bytes > 0 ? value->data : "",
                                 (int)value->bytes, value->bytes > 0 ? life : SQLITE_STATIC);
        break;
    }
    must(code == SQLITE_OK);
}

// An id or a word; the packed form is never longer than PACK_ID_MAX.
static size_t pack_short(enum packing packing, const char *text, size_t bytes, char *out)
{
    return packing == PACK_ID ? pack_id(text, bytes, out) : pack_word(text, bytes, out);
}

static void bind_short(sqlite3_stmt *statement, int place, enum packing packing,
                       const struct value *text, sqlite3_destructor_type life)
{
    char at_hand[PACK_ID_MAX(SHORT_AT_HAND)];
    char *packed = text->bytes <= SHORT_AT_HAND ? at_hand : mem_alloc(PACK_ID_MAX(text->bytes));
    size_t bytes = pack_short(packing, text->data, text->bytes, packed);
    struct value blob = value_blob(packed, bytes);
    if (bytes > 0)
        bind_plain(statement, place, &blob, SQLITE_TRANSIENT);
    else
        bind_plain(statement, place, text, life);
    if (packed != at_hand)
        mem_free(packed);
}

static void bind_phrases(sqlite3_stmt *statement, int place, const struct value *text)
{
    char *packed = mem_alloc(PHRASES_PACK_MAX(text->bytes));
    struct value short_one = *text;
    short_one.data = packed;
    short_one.bytes = phrases_pack(text->data, text->bytes, packed);
    bind_plain(statement, place, &short_one, mem_free);
}

void link_bind(sqlite3_stmt *statement, int place, const struct column *column,
               const struct value *value, bool copied)
{
    sqlite3_destructor_type life = copied ? SQLITE_TRANSIENT : SQLITE_STATIC;
    bool is_short = column->packing == PACK_ID || column->packing == PACK_WORD;
    if (is_short && value->kind == VALUE_TEXT)
        bind_short(statement, place, column->packing, value, life);
    else if (column->packing == PACK_PHRASES && value->bytes > 0)
        bind_phrases(statement, place, value);
    else
        bind_plain(statement, place, value, life);
}

static struct value plain_column(sqlite3_stmt *statement, int i)
{
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        return value_integer(sqlite3_column_int64(statement, i));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(statement, i);
        return value_text_sized(text, (size_t)sqlite3_column_bytes(statement, i));
    }
    case SQLITE_BLOB: {
        const void *data = sqlite3_column_blob(statement, i);
        return value_blob(data, (size_t)sqlite3_column_bytes(statement, i));
    }
    default:
        return value_null();
    }
}

// Room for the column unpacked; 0: it is as it lies.
static size_t room_unpacked(const struct column *column, const struct value *v)
{
    size_t bytes = 0;
    if (column->packing == PACK_ID && v->kind == VALUE_BLOB)
        return UNPACK_ID_MAX(v->bytes);
    if (column->packing == PACK_WORD && v->kind == VALUE_BLOB)
        return UNPACK_WORD_MAX(v->bytes);
    if (column->packing == PACK_PHRASES && v->bytes > 0 &&
        !phrases_unpacked_length(v->data, v->bytes, &bytes))
        return 0;
    return bytes;
}

// In place of the packed value the unpacked one, written to `out`.
static void unpack(const struct column *column, struct value *v, size_t room, char *out)
{
    if (column->packing == PACK_PHRASES) {
        phrases_unpack(v->data, v->bytes, out);
        v->data = out;
        v->bytes = room;
        return;
    }
    size_t bytes = column->packing == PACK_ID ? unpack_id(v->data, v->bytes, out)
                                              : unpack_word(v->data, v->bytes, out);
    if (bytes > 0)
        *v = value_text_sized(out, bytes);
}

struct row link_row(sqlite3_stmt *statement, enum table table)
{
    const struct table_description *t = &schema_tables[table];
    struct value columns[SCHEMA_COLUMNS_MAX];
    size_t rooms[SCHEMA_COLUMNS_MAX], sum = 0;
    must(sqlite3_column_count(statement) == t->column_count);
    for (int i = 0; i < t->column_count; i++) {
        columns[i] = plain_column(statement, i);
        rooms[i] =
            t->columns[i].packing == PACK_NONE ? 0 : room_unpacked(&t->columns[i], &columns[i]);
        sum += rooms[i];
    }
    char at_hand[ROW_AT_HAND];
    char *memory = sum <= ROW_AT_HAND ? at_hand : mem_alloc(sum), *place = memory;
    for (int i = 0; i < t->column_count; i++) {
        if (rooms[i] > 0)
            unpack(&t->columns[i], &columns[i], rooms[i], place);
        place += rooms[i];
    }
    struct row row =
        row_of(row_data_new(sizeof(struct row_data), columns, (size_t)t->column_count));
    if (memory != at_hand)
        mem_free(memory);
    return row;
}

static void sql_pack_short(sqlite3_context *context, enum packing packing, sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);
    if (text == NULL)
        return; // null stays null
    size_t bytes = (size_t)sqlite3_value_bytes(value);
    char *packed = mem_alloc(PACK_ID_MAX(bytes));
    size_t length = pack_short(packing, text, bytes, packed);
    if (length > 0)
        sqlite3_result_blob(context, packed, (int)length, SQLITE_TRANSIENT);
    else
        sqlite3_result_value(context, value);
    mem_free(packed);
}

static void sql_pack_id(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    sql_pack_short(context, PACK_ID, values[0]);
}

static void sql_pack_word(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    sql_pack_short(context, PACK_WORD, values[0]);
}

static void sql_pack_phrases(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    bool is_text = sqlite3_value_type(values[0]) == SQLITE_TEXT;
    const char *text = sqlite3_value_blob(values[0]);
    size_t bytes = (size_t)sqlite3_value_bytes(values[0]);
    if (text == NULL) { // null, or empty
        sqlite3_result_value(context, values[0]);
        return;
    }
    char *packed = mem_alloc(PHRASES_PACK_MAX(bytes));
    int length = (int)phrases_pack(text, bytes, packed);
    if (is_text)
        sqlite3_result_text(context, packed, length, mem_free);
    else
        sqlite3_result_blob(context, packed, length, mem_free);
}

bool link_add_packing(sqlite3 *db, struct fail *why)
{
    static const struct {
        const char *name;
        void (*function)(sqlite3_context *context, int count, sqlite3_value **values);
    } functions[] = {
        {"pack_id", sql_pack_id}, {"pack_word", sql_pack_word}, {"pack_phrases", sql_pack_phrases}};
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
        if (sqlite3_create_function_v2(db, functions[i].name, 1, flags, NULL, functions[i].function,
                                       NULL, NULL, NULL) != SQLITE_OK)
            return link_fail(db, "preparing the migration", why);
    return true;
}
