// dure.text: text as people write it.
#include "plugin/lua_dure.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/markup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/lua_string.h"
#include "plugin/sandbox.h"

static void free_bytes(void *bytes)
{
    bytes_done(bytes);
    mem_free(bytes);
}

static struct bytes *new_bytes(lua_State *L)
{
    struct bytes *b = mem_new(struct bytes);
    bytes_init(b, LUA_TEXT_BYTES_MAX);
    sandbox_hold(L, free_bytes, b);
    return b;
}

static int push_bytes_jmp(lua_State *L, const struct bytes *b)
{
    if (b->overflowed)
        return luaL_error(L, "the text grows over %d bytes", (int)LUA_TEXT_BYTES_MAX);
    sandbox_charge_jmp(L, b->length / 16);
    lua_pushlstring(L, b->data, b->length);
    return 1;
}

static const char *text_jmp(lua_State *L, int index, size_t *bytes)
{
    const char *text = luaL_checklstring(L, index, bytes);
    luaL_argcheck(L, utf8_is_valid(text, *bytes), index, "text that is valid UTF-8");
    sandbox_charge_jmp(L, *bytes / 16);
    return text;
}

typedef bool text_change(const char *s, size_t length, struct bytes *out, struct fail *why);

static int change_jmp(lua_State *L, text_change *change)
{
    struct fail why = {0};
    size_t bytes;
    const char *text = text_jmp(L, 1, &bytes);
    struct bytes *out = new_bytes(L);
    if (!change(text, bytes, out, &why))
        return luaL_error(L, "%s", why.message);
    return push_bytes_jmp(L, out);
}

// NFC, trimmed, runs of white space folded to one blank: how names are kept
static int normal_jmp(lua_State *L)
{
    return change_jmp(L, utf8_normalize);
}

// The key by which names compare
static int fold_jmp(lua_State *L)
{
    return change_jmp(L, utf8_fold);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int trim_jmp(lua_State *L)
{
    size_t bytes;
    const char *text = text_jmp(L, 1, &bytes);
    while (bytes > 0 && is_blank(text[bytes - 1]))
        bytes--;
    while (bytes > 0 && is_blank(text[0])) {
        text++;
        bytes--;
    }
    lua_pushlstring(L, text, bytes);
    return 1;
}

static int width_jmp(lua_State *L)
{
    size_t bytes;
    const char *text = text_jmp(L, 1, &bytes);
    lua_pushinteger(L, (lua_Integer)utf8_width(text, bytes));
    return 1;
}

static int count_jmp(lua_State *L)
{
    size_t bytes;
    const char *text = text_jmp(L, 1, &bytes);
    lua_pushinteger(L, (lua_Integer)utf8_count(text, bytes));
    return 1;
}

static int html_jmp(lua_State *L)
{
    size_t bytes;
    const char *text = text_jmp(L, 1, &bytes);
    struct bytes *out = new_bytes(L);
    markup_escape(text, bytes, out);
    return push_bytes_jmp(L, out);
}

// ---- templates

// Pushes the value at "a.b.c" of the table at index; nil where anything is missing.
static void push_path_jmp(lua_State *L, int index, const char *path, size_t bytes)
{
    lua_pushvalue(L, index);
    while (bytes > 0) {
        const char *dot = memchr(path, '.', bytes);
        size_t n = dot == NULL ? bytes : (size_t)(dot - path);
        if (!lua_istable(L, -1)) {
            lua_pop(L, 1);
            lua_pushnil(L);
            return;
        }
        lua_pushlstring(L, path, n);
        lua_rawget(L, -2);
        lua_remove(L, -2);
        path += n;
        bytes -= n;
        if (bytes > 0) {
            path++;
            bytes--;
        }
    }
}

static void add_place_jmp(lua_State *L, struct bytes *out, const char *name, size_t bytes,
                          bool html)
{
    while (bytes > 0 && is_blank(*name)) {
        name++;
        bytes--;
    }
    while (bytes > 0 && is_blank(name[bytes - 1]))
        bytes--;
    push_path_jmp(L, 2, name, bytes);
    if (lua_isnil(L, -1)) {
        lua_pushlstring(L, name, bytes);
        luaL_error(L, "the template names {{%s}}, which has no value", lua_tostring(L, -1));
    }
    size_t length;
    const char *text = lua_string_of_jmp(L, -1, &length);
    if (html)
        markup_escape(text, length, out);
    else
        bytes_append(out, text, length);
    lua_pop(L, 2);
}

// template(text, values, {html = true}): {{name}} and {{a.b}}; a name without a value is a mistake
static int template_jmp(lua_State *L)
{
    size_t bytes;
    const char *text = text_jmp(L, 1, &bytes), *end = text + bytes;
    luaL_checktype(L, 2, LUA_TTABLE);
    bool html = false;
    if (lua_istable(L, 3)) {
        lua_getfield(L, 3, "html");
        html = lua_toboolean(L, -1) != 0;
    }
    lua_settop(L, 2);
    struct bytes *out = new_bytes(L);
    while (text < end) {
        const char *open = memmem(text, (size_t)(end - text), "{{", 2);
        const char *close = open == NULL ? NULL : memmem(open, (size_t)(end - open), "}}", 2);
        if (close == NULL) {
            bytes_append(out, text, (size_t)(end - text));
            break;
        }
        bytes_append(out, text, (size_t)(open - text));
        add_place_jmp(L, out, open + 2, (size_t)(close - open) - 2, html);
        text = close + 2;
        sandbox_charge_jmp(L, 10);
    }
    return push_bytes_jmp(L, out);
}

// pick({ko =, en =} or text, language): the text in that language, else in Korean, else any
static int pick_jmp(lua_State *L)
{
    const char *languages[] = {luaL_optstring(L, 2, "ko"), "ko", "en"};
    if (!lua_istable(L, 1)) {
        lua_settop(L, 1);
        return 1;
    }
    for (size_t i = 0; i < 3; i++) {
        lua_getfield(L, 1, languages[i]);
        if (lua_type(L, -1) == LUA_TSTRING)
            return 1;
        lua_pop(L, 1);
    }
    return luaL_error(L, "a text in several languages is {ko = …, en = …}");
}

const luaL_Reg lua_text_functions[] = {{"nfc", normal_jmp},  {"normal", normal_jmp},
                                       {"fold", fold_jmp},   {"trim", trim_jmp},
                                       {"width", width_jmp}, {"count", count_jmp},
                                       {"html", html_jmp},   {"template", template_jmp},
                                       {"pick", pick_jmp},   {NULL, NULL}};
