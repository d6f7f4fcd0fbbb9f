// Two kinds of rows among the store's notes:
//
//      plugin-crash        "MILLISECONDS NAME INSTANCE" of the last crash, if a plugin was at work
//      plugin-held NAME    "HASH REASON": the text that is held
#include "plugin/held.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "plugin/loaded.h"

#define CRASH_KEY        "plugin-crash"
#define HELD_KEY         "plugin-held "
#define PLUGIN_NAME_SIZE 64
#define PATIENCE_MS      2000

struct crash {
    int64_t at_ms;
    char name[PLUGIN_NAME_SIZE];  // "": no plugin was at work
    char instance[ID_LENGTH + 1]; // "": none was in hand
};

static void copy_word(char *out, size_t size, const char *from, const char *stop)
{
    size_t length = strcspn(from, stop);
    snprintf(out, size, "%.*s", (int)(length < size ? length : size - 1), from);
}

// Last words end with "… while INSTANCE in plugin 'NAME', function 'NAME'".
static struct crash crash_of_words(const char *words, int64_t at_ms)
{
    static const char mark[] = "plugin '", before[] = " while ";
    struct crash c = {.at_ms = at_ms};
    const char *plugin = words ? strstr(words, mark) : NULL;
    const char *instance = words ? strstr(words, before) : NULL;
    if (plugin)
        copy_word(c.name, sizeof c.name, plugin + strlen(mark), "'");
    if (instance)
        copy_word(c.instance, sizeof c.instance, instance + strlen(before), " ");
    if (!id_is_valid(c.instance))
        c.instance[0] = 0;
    return c;
}

static struct crash crash_of_note(const char *note)
{
    struct crash c = {0};
    char *rest;
    c.at_ms = strtoll(note, &rest, 10);
    if (*rest == ' ')
        copy_word(c.name, sizeof c.name, ++rest, " ");
    rest += strcspn(rest, " ");
    if (*rest == ' ')
        copy_word(c.instance, sizeof c.instance, rest + 1, " ");
    return c;
}

static bool read_note(struct store *s, const char *key, struct row *row)
{
    struct fail why = {0};
    return store_get(s, TABLE_META, (struct value[]){value_text(key)}, row, &why) &&
           row_is_there(row);
}

static void write_note(struct store *s, const char *key, const char *text)
{
    struct value columns[] = {value_text(key), value_text(text)};
    if (text)
        store_put(s, TABLE_META, columns);
    else
        store_delete(s, TABLE_META, columns);
}

static bool is_second(const struct crash *before, const struct crash *now)
{
    bool same_case = *now->instance && strcmp(before->instance, now->instance) == 0;
    return strcmp(before->name, now->name) == 0 && !same_case;
}

static struct plugin *current(struct plugins *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->loaded[i]->current && strcmp(p->loaded[i]->name, name) == 0)
            return p->loaded[i];
    return NULL;
}

static void note_held(struct plugins *p, struct store *s, const char *name)
{
    struct plugin *plugin = current(p, name);
    char hex[HASH_HEX_SIZE];
    if (!plugin)
        return;
    hash_hex(&plugin->hash, hex);
    char *key = mem_printf(HELD_KEY "%s", name);
    char *text = mem_printf("%s it was at work in two crashes in a row", hex);
    write_note(s, key, text);
    mem_free(key);
    mem_free(text);
}

// The same crash may be told twice, by a process that was killed before it could clear its words.
static void note_crash(struct plugins *p, struct store *s, const struct crash *now)
{
    struct row row = {0};
    struct crash before = {0};
    if (read_note(s, CRASH_KEY, &row))
        before = crash_of_note(row_text(&row, META_VALUE));
    bool was_noted = row_is_there(&row);
    row_done(&row);
    if ((!*now->name && !was_noted) || (*now->name && was_noted && before.at_ms == now->at_ms))
        return;
    char *text = mem_printf("%" PRId64 " %s %s", now->at_ms, now->name, now->instance);
    write_note(s, CRASH_KEY, *now->name ? text : NULL);
    mem_free(text);
    if (*now->name && is_second(&before, now))
        note_held(p, s, now->name);
}

// A changed text is not what crashed: it gets its chance, and the note goes.
static void hold(struct store *s, struct plugin *plugin)
{
    struct row row = {0};
    char hex[HASH_HEX_SIZE];
    char *key = mem_printf(HELD_KEY "%s", plugin->name);
    hash_hex(&plugin->hash, hex);
    plugin->held =
        read_note(s, key, &row) && strncmp(row_text(&row, META_VALUE), hex, strlen(hex)) == 0;
    if (row_is_there(&row) && !plugin->held)
        write_note(s, key, NULL);
    row_done(&row);
    mem_free(key);
    if (plugin->held)
        log_error("plugin", "held",
                  "plugin=%s reason=\"at work in two crashes in a row\" "
                  "way_out=\"mend it, or dure plugin release %s\"",
                  plugin->name, plugin->name);
}

void held_recover(struct plugins *p, struct store *s, const char *words, int64_t crashed_ms)
{
    struct fail why = {0};
    struct crash now = crash_of_words(words, crashed_ms);
    note_crash(p, s, &now);
    for (size_t i = 0; i < p->count; i++)
        if (p->loaded[i]->current)
            hold(s, p->loaded[i]);
    if (!store_has_writes(s))
        return;
    store_seal(s, crashed_ms, NULL, NULL);
    if (!store_flush(s, PATIENCE_MS, &why))
        log_error("plugin", "crash_not_noted", "reason=\"%s\"", why.message);
}

bool plugins_release(struct plugins *p, struct store *s, const char *name, struct fail *why)
{
    struct plugin *plugin = current(p, name);
    if (!plugin)
        return fail(why, FAIL_NOT_FOUND, "there is no plugin '%s'; `dure plugin list` names them",
                    name);
    if (!plugin->held && !plugin->quarantined)
        return fail(why, FAIL_CONFLICT, "the plugin '%s' is not held", name);
    char *key = mem_printf(HELD_KEY "%s", name);
    write_note(s, key, NULL);
    write_note(s, CRASH_KEY, NULL);
    mem_free(key);
    plugin->held = plugin->quarantined = false;
    plugin->kills = 0;
    log_info("plugin", "released", "plugin=%s", name);
    return true;
}
