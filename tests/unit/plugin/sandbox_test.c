#include "plugin/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plugin/lua_base.h"
#include "plugin/lua_json.h"
#include "test.h"

// One chunk in a fresh sandbox; what it returned as JSON, or why not.
struct chunk {
    const char *text;
    json value;
    struct fail why;
    bool readable;
};

static int end_jmp(lua_State *L, int status, lua_KContext ignored)
{
    (void)status;
    (void)ignored;
    struct chunk *c = sandbox_context(L);
    lua_settop(L, 1);
    c->readable = lua_json_read(L, 1, &c->value, &c->why);
    return 0;
}

static int body_jmp(lua_State *L)
{
    const struct chunk *c = sandbox_context(L);
    lua_base_load_jmp(L, c->text, strlen(c->text), "@chunk");
    lua_callk(L, 0, 1, 0, end_jmp);
    return end_jmp(L, LUA_OK, 0);
}

struct outcome {
    enum sandbox_end end;
    char *text; // value or error as JSON, or the reason
};

static struct outcome run(const char *text)
{
    struct sandbox_limits limits = {.memory_bytes = 16 * 1024 * 1024, .cpu_ms = 200};
    struct sandbox *sb = sandbox_new(&limits, "tester");
    struct chunk chunk = {.text = text, .value = json_absent()};
    struct outcome out = {.end = sandbox_run(sb, body_jmp, &chunk)};
    if (out.end == SANDBOX_RETURNED) {
        out.text = chunk.readable ? json_dump(chunk.value) : mem_string(chunk.why.message);
    } else if (out.end == SANDBOX_RAISED) {
        json error = sandbox_take_error(sb);
        out.text = json_dump(error);
        json_free(error);
    } else {
        out.text = mem_string(sandbox_reason(sb));
    }
    json_free(chunk.value);
    sandbox_free(sb);
    return out;
}

static void gives(const char *text, const char *wanted)
{
    struct outcome out = run(text);
    if (out.end != SANDBOX_RETURNED || strcmp(out.text, wanted) != 0)
        print_error("%s\n  gave %d %s\n", text, out.end, out.text);
    assert_int_equal(out.end, SANDBOX_RETURNED);
    assert_string_equal(out.text, wanted);
    mem_free(out.text);
}

static void raises(const char *text, const char *part)
{
    struct outcome out = run(text);
    if (out.end != SANDBOX_RAISED || strstr(out.text, part) == NULL)
        print_error("%s\n  gave %d %s\n", text, out.end, out.text);
    assert_int_equal(out.end, SANDBOX_RAISED);
    assert_non_null(strstr(out.text, part));
    mem_free(out.text);
}

static void dies(const char *text, const char *part)
{
    struct outcome out = run(text);
    if (out.end != SANDBOX_KILLED || strstr(out.text, part) == NULL)
        print_error("%s\n  gave %d %s\n", text, out.end, out.text);
    assert_int_equal(out.end, SANDBOX_KILLED);
    assert_non_null(strstr(out.text, part));
    mem_free(out.text);
}

TEST(sandbox, runs_plain_lua)
{
    UNUSED_STATE;
    gives("return 1 + 2", "3");
    gives("return {a = {1, 2, 3}, b = 'x', c = 1.5, d = true}",
          "{\"a\":[1,2,3],\"b\":\"x\",\"c\":1.5,\"d\":true}");
    gives("return ('가나다'):upper() .. #'가'", "\"가나다3\"");
    gives("return math.maxinteger // 2 ^ 53 > 0", "true");
    gives("local t = {} for k, v in ipairs{5, 6} do t[k] = v * 2 end return t", "[10,12]");
    gives("return {pcall(error, 'x')}", "[false,\"x\"]");
    gives("return {pcall(function() return 1, 2 end)}", "[true,1,2]");
}

TEST(sandbox, names_the_place_of_an_error)
{
    UNUSED_STATE;
    raises("\n\nlocal x = nil + 1", "chunk:3:");
    raises("error{type = 'validation', status = 400}", "{\"status\":400,\"type\":\"validation\"}");
    raises("error(function() end)", "neither text nor a table");
}

TEST(sandbox, has_nothing_that_reaches_outside)
{
    UNUSED_STATE;
    gives("local gone = {} "
          "for _, name in ipairs{'io', 'os', 'debug', 'load', 'loadstring', 'loadfile', 'dofile', "
          "'package', 'collectgarbage', 'coroutine', 'xpcall', '_G', 'warn'} do "
          "local ok, v = pcall(function() return _ENV[name] end) "
          "if v ~= nil then gone[#gone + 1] = name end end return #gone",
          "0");
    gives("return string.dump == nil and math.random == nil and string.pack == nil", "true");
    gives("return getmetatable('')", "\"string\"");
    raises("setmetatable({}, {__gc = function() end})", "no __gc");
    raises("setmetatable({}, {__mode = 'k'})", "no __mode");
    raises("require '../secret'", "own folder");
    raises("require 'a..b'", "own folder");
    raises("require '/etc/passwd'", "own folder");
}

TEST(sandbox, loads_text_only)
{
    UNUSED_STATE;
    raises("\x1bLuaT", "chunk");
}

TEST(sandbox, stops_a_loop)
{
    UNUSED_STATE;
    dies("while true do end", "CPU");
    dies("while true do pcall(function() while true do end end) end", "CPU");
    dies("local function f() return f() end return f()", "CPU");
    dies("local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) "
         "while true do pcall(function() return t[1] end) end",
         "CPU");
    dies("local t <close> = setmetatable({}, {__close = function() while true do end end})", "CPU");
}

TEST(sandbox, stops_where_it_cannot_yield)
{
    UNUSED_STATE;
    dies("table.sort({3, 2, 1}, function() while true do end end)", "CPU");
    dies("pcall(table.sort, {3, 2, 1}, function() while true do pcall(function() while true do end "
         "end) end end) while true do end",
         "CPU");
    dies("string.gsub('x', 'x', function() while true do end end)", "CPU");
    dies("local m = setmetatable({}, {__tostring = function() while true do end end}) tostring(m)",
         "CPU");
    dies("local m = setmetatable({}, {__lt = function() while true do end end}) "
         "table.sort{m, m}",
         "CPU");
}

TEST(sandbox, stops_work_in_c)
{
    UNUSED_STATE;
    dies("local s = ('a'):rep(1000000) while true do s:gsub('a', 'b') end", "CPU");
    dies("local s = ('a'):rep(4000000) while true do utf8.len(s) end", "CPU");
    dies("local s = ('a'):rep(4000000) while true do s:find('b', 1, true) end", "CPU");
    dies("local s = ('a'):rep(1000000) while true do local x = s:upper() end", "CPU");
    dies("local t = {} for i = 1, 100000 do t[i] = (i * 7919) % 100003 end "
         "while true do table.sort(t) t[1] = 5 end",
         "CPU");
}

TEST(sandbox, keeps_to_its_memory)
{
    UNUSED_STATE;
    dies("local t = {} for i = 1, 1e9 do t[i] = {} end", "memory");
    dies("local s = 'x' while true do s = s .. s end", "memory");
    dies("while true do pcall(function() local s = 'x' while true do s = s .. s end end) end",
         "memory");
    dies("local t = {} table.sort({2, 1}, function() for i = 1, 1e9 do t[i] = {} end end)",
         "memory");
    gives("for i = 1, 60 do local s = ('x'):rep(1000000) end return 1", "1");
}

TEST(sandbox, guards_the_library)
{
    UNUSED_STATE;
    gives("return ('').rep('', 1e18 // 1 | 0)", "\"\"");
    raises("return ('x'):rep(1 << 40)", "more than");
    raises("return ('x'):rep(1 << 62, 'yy')", "more than");
    raises("table.insert(setmetatable({}, {__len = function() return 1e15 end}), 5, 1)",
           "out of bounds");
    raises("table.move({}, 1, 1e15 | 0, 2)", "outside");
    raises("table.unpack({}, 1, 1e8 | 0)", "at most");
    raises("table.concat({}, '', 1, 1 << 60)", "concat");
    raises("return string.format('%p', {})", "%p");
    gives("return string.format('%s %s %d %q', {}, print, 3, 'a')",
          "\"table function 3 \\\"a\\\"\"");
    gives("return tostring({})", "\"table\"");
}

TEST(sandbox, answers_the_same_everywhere)
{
    UNUSED_STATE;
    gives("local keys = {} for k in pairs{b = 1, a = 2, [2] = 3, [1] = 4, c = 5, [true] = 1} do "
          "keys[#keys + 1] = tostring(k) end return table.concat(keys, ' ')",
          "\"true 1 2 a b c\"");
    raises("for k in pairs{[{}] = 1} do end", "no order");
    raises("next({a = 1}, 'a')", "pairs");
    gives("return next({}) == nil and next{b = 1, a = 2} == 'a'", "true");
    gives(
        "local t = {a = 1, b = 2, c = 3} for k in pairs(t) do t[k] = nil end return next(t) == nil",
        "true");
    // Stable: equal ones keep their order.
    gives("local t = {} for i = 1, 9 do t[i] = {i % 2, i} end "
          "table.sort(t, function(a, b) return a[1] < b[1] end) "
          "local s = '' for _, v in ipairs(t) do s = s .. v[2] end return s",
          "\"246813579\"");
    gives("local t = {5, 2, 8, 1} pcall(table.sort, t, function() error('no') end) "
          "return t",
          "[5,2,8,1]");
}

TEST(sandbox, knows_lists_from_objects)
{
    UNUSED_STATE;
    gives("return {}", "{}");
    raises("error{}", "{}");
    gives("return {1, {}, {x = {}}}", "[1,{},{\"x\":{}}]");
    struct outcome out = run("return {1, nil, 3}");
    assert_int_equal(out.end, SANDBOX_RETURNED);
    assert_non_null(strstr(out.text, "list"));
    mem_free(out.text);
    out = run("local t = {} t.t = t return t");
    assert_non_null(strstr(out.text, "deep"));
    mem_free(out.text);
    out = run("return {x = {y = 0/0}}");
    assert_string_equal(out.text, "x.y: a number that is not finite");
    mem_free(out.text);
    out = run("return 1 << 60");
    assert_non_null(strstr(out.text, "2^53"));
    mem_free(out.text);
    out = run("return '\\xff'");
    assert_non_null(strstr(out.text, "UTF-8"));
    mem_free(out.text);
}

static int raise_jmp(lua_State *L)
{
    sandbox_hold_json(L, json_string("kept"));
    return luaL_error(L, "no");
}

static int holding_jmp(lua_State *L)
{
    static const luaL_Reg functions[] = {{"f", raise_jmp}, {NULL, NULL}};
    lua_newtable(L);
    sandbox_set_functions_jmp(L, functions);
    lua_setglobal(L, "host");
    return body_jmp(L);
}

TEST(sandbox, gives_back_what_a_caught_error_held)
{
    UNUSED_STATE;
    struct sandbox_limits limits = {.memory_bytes = 16 * 1024 * 1024, .cpu_ms = 5000};
    struct sandbox *sb = sandbox_new(&limits, "tester");
    struct chunk chunk = {.text = "for i = 1, 200000 do pcall(host.f) end return 1",
                          .value = json_absent()};
    assert_int_equal(sandbox_run(sb, holding_jmp, &chunk), SANDBOX_RETURNED);
    json_free(chunk.value);
    sandbox_free(sb);
}

// Some milliseconds of C that charge nothing.
static int grind_jmp(lua_State *L)
{
    volatile unsigned n = 0;
    for (int i = 0; i < 3000000; i++)
        n = n * 31 + (unsigned)i;
    lua_pushinteger(L, (lua_Integer)n);
    return 1;
}

static int grinding_jmp(lua_State *L)
{
    static const luaL_Reg functions[] = {{"grind", grind_jmp}, {NULL, NULL}};
    lua_newtable(L);
    sandbox_set_functions_jmp(L, functions);
    lua_setglobal(L, "host");
    return body_jmp(L);
}

// The hook comes after a thousand instructions, which would be minutes here.
TEST(sandbox, stops_a_loop_of_slow_host_calls)
{
    UNUSED_STATE;
    struct sandbox_limits limits = {.memory_bytes = 16 * 1024 * 1024, .cpu_ms = 100};
    struct sandbox *sb = sandbox_new(&limits, "tester");
    struct chunk chunk = {.text =
                              "local n = 0 "
                              "pcall(function() while n < 200 do n = n + 1 host.grind() end end) "
                              "return n",
                          .value = json_absent()};
    assert_int_equal(sandbox_run(sb, grinding_jmp, &chunk), SANDBOX_KILLED);
    assert_non_null(strstr(sandbox_reason(sb), "CPU"));
    json_free(chunk.value);
    sandbox_free(sb);
}

static int convert_jmp(lua_State *L)
{
    json value = lua_json_check_jmp(L, 1);
    lua_json_push_jmp(L, value, LUA_NULL_KEPT);
    return 1;
}

static int converting_jmp(lua_State *L)
{
    static const luaL_Reg functions[] = {{"convert", convert_jmp}, {NULL, NULL}};
    lua_newtable(L);
    sandbox_set_functions_jmp(L, functions);
    lua_setglobal(L, "host");
    return body_jmp(L);
}

// Memory ends at every place in turn: while converting, sorting, matching, raising. Whatever was
// held is given back, and nothing ever panics.
TEST(sandbox, survives_the_end_of_memory_anywhere)
{
    UNUSED_STATE;
    const size_t budget = 512 * 1024;
    int killed = 0, returned = 0;
    for (size_t room = 0; room < 12000; room += 7) {
        struct sandbox_limits limits = {.memory_bytes = budget, .cpu_ms = 5000};
        struct sandbox *sb = sandbox_new(&limits, "tester");
        char text[800];
        size_t pad = budget - sandbox_memory(sb) - room;
        snprintf(text, sizeof text,
                 "local pad = {('x'):rep(%zu)} "
                 "for i = 1, %zu do pad[i + 1] = ('x'):rep(950) .. i end "
                 "local t = host.convert{a = {1, 2, {b = 'text', c = {}}}, d = {e = 1.5}} "
                 "for k in pairs(t) do t[k .. k] = k end "
                 "local s = ('a b c'):gsub('%%a', function(c) return c .. c end) "
                 "pcall(function() error{x = {y = {}}} end) "
                 "local l = {5, 4, 3, 2, 1} table.sort(l, function(a, b) return a < b end) "
                 "return host.convert{s, l, string.format('%%s %%s', t, s)}",
                 pad % 1000, pad / 1000);
        struct chunk chunk = {.text = text, .value = json_absent()};
        enum sandbox_end end = sandbox_run(sb, converting_jmp, &chunk);
        assert_true(end == SANDBOX_KILLED || end == SANDBOX_RETURNED);
        killed += end == SANDBOX_KILLED;
        returned += end == SANDBOX_RETURNED;
        json_free(chunk.value);
        sandbox_free(sb);
    }
    if (killed <= 50 || returned <= 50)
        print_error("killed %d, returned %d\n", killed, returned);
    assert_true(killed > 50 && returned > 50);
}

TEST(sandbox, bounds_recursion_through_c)
{
    UNUSED_STATE;
    raises("local function f() table.sort({2, 1}, f) end f()", "overflow");
    raises("local function f() return (('x'):gsub('x', f)) end f()", "overflow");
    raises("local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x", "loop");
    dies("local function f() return 1 + f() end f()", "memory");
    gives("local function f(n) return n == 0 and 'end' or select(2, pcall(f, n - 1)) end "
          "return f(100)",
          "\"end\"");
}

RUN(CASE(sandbox, survives_the_end_of_memory_anywhere), CASE(sandbox, bounds_recursion_through_c),
    CASE(sandbox, runs_plain_lua), CASE(sandbox, names_the_place_of_an_error),
    CASE(sandbox, has_nothing_that_reaches_outside), CASE(sandbox, loads_text_only),
    CASE(sandbox, stops_a_loop), CASE(sandbox, stops_where_it_cannot_yield),
    CASE(sandbox, stops_work_in_c), CASE(sandbox, stops_a_loop_of_slow_host_calls),
    CASE(sandbox, keeps_to_its_memory), CASE(sandbox, guards_the_library),
    CASE(sandbox, answers_the_same_everywhere), CASE(sandbox, knows_lists_from_objects),
    CASE(sandbox, gives_back_what_a_caught_error_held))
