#include "plugin/pattern.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "test.h"

// What Lua's own string.find says: start, end and captures in one text.
static void theirs(lua_State *L, const char *s, const char *p, char *out, size_t size)
{
    lua_getglobal(L, "reference");
    lua_pushstring(L, s);
    lua_pushstring(L, p);
    assert_int_equal(lua_pcall(L, 2, 1, 0), LUA_OK);
    strncpy(out, lua_tostring(L, -1), size - 1);
    out[size - 1] = 0;
    lua_pop(L, 1);
}

static void ours(const char *s, const char *p, char *out, size_t size)
{
    struct pattern_run r;
    const char *start = NULL;
    if (pattern_is_plain(p, strlen(p))) {
        const char *found = strstr(s, p);
        if (found == NULL)
            snprintf(out, size, "nil");
        else
            snprintf(out, size, "%d %d", (int)(found - s) + 1, (int)(found - s + (int)strlen(p)));
        return;
    }
    pattern_begin(&r, s, strlen(s), p, strlen(p));
    const char *end = pattern_search(&r, s, &start);
    if (r.error != NULL) {
        snprintf(out, size, "error");
        return;
    }
    if (end == NULL) {
        snprintf(out, size, "nil");
        return;
    }
    int n = snprintf(out, size, "%d %d", (int)(start - s) + 1, (int)(end - s));
    for (int i = 0; i < r.level; i++) {
        const struct pattern_capture *c = &r.captures[i];
        if (c->length == CAPTURE_POSITION)
            n += snprintf(out + n, size - (size_t)n, " @%d", (int)(c->start - s) + 1);
        else
            n += snprintf(out + n, size - (size_t)n, " <%.*s>", (int)c->length, c->start);
    }
}

static const char reference[] =
    "function reference(s, p)\n"
    "  local r = table.pack(pcall(string.find, s, p))\n"
    "  if not r[1] then return 'error' end\n"
    "  if r[2] == nil then return 'nil' end\n"
    "  local out = r[2] .. ' ' .. r[3]\n"
    "  for i = 4, r.n do\n"
    "    out = out .. (type(r[i]) == 'number' and ' @' .. r[i] or ' <' .. r[i] .. '>')\n"
    "  end\n"
    "  return out\n"
    "end\n";

static lua_State *new_reference(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    assert_int_equal(luaL_dostring(L, reference), LUA_OK);
    return L;
}

static void agree(lua_State *L, const char *s, const char *p)
{
    char a[600], b[600];
    theirs(L, s, p, a, sizeof a);
    ours(s, p, b, sizeof b);
    if (strcmp(a, b) != 0)
        print_error("'%s' in '%s': Lua says %s, we say %s\n", p, s, a, b);
    assert_string_equal(a, b);
}

TEST(pattern, means_what_lua_means)
{
    UNUSED_STATE;
    static const char *const pairs[][2] = {
        {"hello world", "o w"},
        {"hello world", "(%a+) (%a+)"},
        {"key = value", "^(%w+)%s*=%s*(%w+)$"},
        {"THE (quick) fox", "%((%a+)%)"},
        {"f(a(b)c)d", "%b()"},
        {"THE (quick) fox", "%f[%a]%a+"},
        {"aaa", "a-b"},
        {"aaab", "a-b"},
        {"  x", "^%s*(.-)%s*$"},
        {"abcabc", "(abc)%1"},
        {"x", "()"},
        {"", ""},
        {"", "^$"},
        {"a.b", "%."},
        {"a]b", "[]]"},
        {"a^b", "[%^]"},
        {"a-b", "[a%-]+"},
        {"abc", "[^b]+"},
        {"x%", "%%"},
        {"abc", "[a-]+"},
        {"abc", "(a(b)c)"},
        {"abc", "(()b())"},
        {"", "a?"},
        {"aab", "a?a?a?b"},
        {"2013-05-24", "(%d+)-(%d+)-(%d+)"},
        {"가나다", "나"},
        {"abc", "[c-a]"},
        {"\t x", "%c%s%a"},
        {"abc", "a$"},
        {"a$", "a$$"},
        {"abc", "%f[^%z]"},
        {"abc", "[%a"},
        {"abc", "%"},
        {"abc", "(a"},
        {"abc", "a)"},
        {"abc", "%1"},
        {"abc", "%b"},
        {"abc", "%ba"},
        {"abc", "%f"},
        {"a", "(a*)*"},
        {"aXb", "%u"},
        {"0x1F", "%x+$"},
    };
    lua_State *L = new_reference();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        agree(L, pairs[i][0], pairs[i][1]);
    lua_close(L);
}

TEST(pattern, agrees_with_lua_on_thousands)
{
    UNUSED_STATE;
    static const char *const pieces[] = {"a", "b", ".",    "%a",    "%d", "[ab]", "[^a]",
                                         "(", ")", "*",    "+",     "-",  "?",    "%1",
                                         "^", "$", "%b()", "%f[a]", "1",  "()"};
    lua_State *L = new_reference();
    struct random random;
    random_seed(&random, 20130524);
    for (int i = 0; i < 20000; i++) {
        char s[12] = "", p[64] = "";
        for (uint64_t n = random_below(&random, 8); n > 0; n--)
            strncat(s, &"a\0b\0(\0)\0001\0"[2 * random_below(&random, 5)], 1);
        for (uint64_t n = random_below(&random, 6) + 1; n > 0; n--)
            strcat(p, pieces[random_below(&random, sizeof pieces / sizeof *pieces)]);
        agree(L, s, p);
    }
    lua_close(L);
}

TEST(pattern, stops_backtracking_without_end)
{
    UNUSED_STATE;
    char s[30001];
    memset(s, 'a', sizeof s - 1);
    s[sizeof s - 1] = 0;
    struct pattern_run r;
    const char *from = NULL;
    const char *p = ".-.-.-.-.-b";
    pattern_begin(&r, s, strlen(s), p, strlen(p));
    assert_null(pattern_search(&r, s, &from));
    assert_non_null(strstr(r.error, "too many steps"));
}

TEST(pattern, takes_a_long_text_in_one_pass)
{
    UNUSED_STATE;
    size_t bytes = 4 * 1024 * 1024;
    char *s = malloc(bytes + 1);
    memset(s, 'x', bytes);
    s[bytes] = 0;
    struct pattern_run r;
    const char *from = NULL;
    pattern_begin(&r, s, bytes, "(x*)$", 5);
    const char *end = pattern_search(&r, s, &from);
    assert_null(r.error);
    assert_ptr_equal(end, s + bytes);
    free(s);
}

RUN(CASE(pattern, means_what_lua_means), CASE(pattern, agrees_with_lua_on_thousands),
    CASE(pattern, stops_backtracking_without_end), CASE(pattern, takes_a_long_text_in_one_pass))
