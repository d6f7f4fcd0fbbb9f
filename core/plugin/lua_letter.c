// step:letter{…}: a template of the workflow's, filled in for one recipient.
#include "plugin/lua_step.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "definition/mail_template.h"
#include "plugin/host_call.h"
#include "plugin/lua_json.h"
#include "plugin/sandbox.h"

// One word of ASCII is meant as a name; anything else may be the text of a mail itself.
static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text))
        return false;
    while (isalnum((unsigned char)*text) || *text == '-' || *text == '_')
        text++;
    return *text == 0;
}

static int unknown_jmp(lua_State *L, json metadata, const char *name)
{
    char *near = mail_template_nearest(metadata, name);
    if (near == NULL)
        return luaL_error(L, "there is no template '%s'", name);
    lua_pushstring(L, near);
    mem_free(near);
    return luaL_error(L, "there is no template '%s'; did you mean '%s'?", name,
                      lua_tostring(L, -1));
}

// step:letter{template=, language=, values=, subject=} -> {subject, text, html?, language}; nil if
// `template` is no name but the text of a mail; false and why where a place has no value.
static int letter_jmp(lua_State *L)
{
    struct host_call *h = host_call_jmp(L);
    struct fail why = {0};
    luaL_checktype(L, 2, LUA_TTABLE);
    json o = lua_json_check_jmp(L, 2), metadata = json_absent(), out = json_absent();
    const char *name = json_get_text(o, "template", NULL);
    luaL_argcheck(L, name != NULL, 2, "the name of a template is missing");
    if (h->call->definition != NULL)
        metadata = h->call->definition->metadata;
    json template = mail_template_find(metadata, name), values = json_get(o, "values");
    sandbox_hold_json(L, template);
    sandbox_hold_json(L, values);
    if (!json_is_object(template) && is_name(name))
        return unknown_jmp(L, metadata, name);
    if (!json_is_object(template))
        return 0;
    struct mail_template_use use = {.language = json_get_text(o, "language", NULL),
                                    .values = values,
                                    .subject = json_get_text(o, "subject", NULL)};
    bool good = mail_template_fill(template, &use, &out, &why);
    sandbox_hold_json(L, out);
    if (!good) {
        lua_pushboolean(L, false);
        lua_pushfstring(L, "the template '%s': %s", name, why.message);
        return 2;
    }
    lua_json_push_jmp(L, out, LUA_NULL_ABSENT);
    return 1;
}

const luaL_Reg lua_letter_methods[] = {{"letter", letter_jmp}, {NULL, NULL}};
