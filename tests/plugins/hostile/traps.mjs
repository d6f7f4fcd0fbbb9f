// What a hostile plugin may try. Each becomes a plugin of its own with one function whose handler is the Lua here:
//   killed   it is stopped; its name stands in the log, the instance needs a person, the third time it is quarantined
//   raised   the handler fails with an error of the instance's own, which contains `part`
//   held     the sandbox holds: the handler comes back with true
// `handlers` instead of a body gives other handlers than `start`; `head` is what the file does before it returns.
const loop = 'while true do end';

// Every function there with every kind of value where others are wanted; but the two that compile, which costs a
// third of a call's time each time.
const badArguments = (where) => `local values = { "\\xff\\xfe", "\\xed\\xa0\\x80", "a\\0b", "", ("x"):rep(70000), 0 / 0, 1 / 0, -1, math.mininteger, 1e300, {}, { {} }, { a = "\\xff" }, true, print, step,
      setmetatable({}, { __index = function() error "i" end, __len = function() return 1e15 end }) }
    local names = { "ask", "close", "open_items", "tell", "link", "inbox", "url", "outcome", "join", "leave", "peer", "urn_open", "urn_fill", "urn_cast", "urn_count", "urn_publish", "mail", "at", "cancel_timer", "on", "off", "emit", "note", "log", "random", "send", "done", "accept", "refuse", "wait", "get", "put", "delete", "count", "each" }
    for k in pairs(${where}) do if k ~= "query" and k ~= "compiles" then names[#names + 1] = k end end
    local tried = 0
    for _, name in ipairs(names) do
      local _, f = pcall(function() return ${where}[name] end)
      if type(f) == "function" then
        tried = tried + 1
        pcall(f) pcall(f, ${where})
        for _, a in ipairs(values) do pcall(f, a) pcall(f, a, a) pcall(f, "a", a) pcall(f, a, 1, a) pcall(f, ${where}, a) pcall(f, ${where}, a, a) pcall(f, ${where}, "a", a) end
      end
    end
    assert(tried > 0)`;

export const killed = {
  'cpu-loop': `${loop}`,
  'cpu-pcall': `while true do pcall(function() ${loop} end) end`,
  'cpu-goto': `::again:: goto again`,
  'cpu-tail': `local function f() return f() end return f()`,
  'cpu-index': `local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) while true do pcall(function() return t[1] end) end`,
  'cpu-concat': `local m = setmetatable({}, { __concat = function() ${loop} end }) return m .. "x"`,
  'cpu-eq': `local mt = { __eq = function() ${loop} end } return setmetatable({}, mt) == setmetatable({}, mt)`,
  'cpu-call': `local m = setmetatable({}, { __call = function() ${loop} end }) return m()`,
  'cpu-len': `local m = setmetatable({}, { __len = function() ${loop} end }) return #m`,
  'cpu-newindex': `local m = setmetatable({}, { __newindex = function() ${loop} end }) m.x = 1`,
  'cpu-pairs': `local m = setmetatable({}, { __pairs = function() ${loop} end }) for k in pairs(m) do end ${loop}`,
  'cpu-close': `local m <close> = setmetatable({}, { __close = function() ${loop} end })`,
  'cpu-close-error': `pcall(function() local m <close> = setmetatable({}, { __close = function() ${loop} end }) error("x") end)`,
  'cpu-sort': `table.sort({ 3, 2, 1 }, function() ${loop} end)`,
  'cpu-sort-goto': `while true do pcall(table.sort, { 3, 2, 1 }, function() ::a:: pcall(error) goto a end) end`,
  'cpu-gsub': `("x"):gsub("x", function() ${loop} end)`,
  'cpu-gsub-table': `("x"):gsub("x", setmetatable({}, { __index = function() ${loop} end }))`,
  'cpu-tostring': `tostring(setmetatable({}, { __tostring = function() ${loop} end }))`,
  'cpu-name': `local m = setmetatable({}, { __tostring = function() ${loop} end }) string.format("%s", m)`,
  'cpu-print': `while true do print("x") end`,
  'cpu-log': `while true do step:log("x") end`,
  'c-gsub': `local s = ("a"):rep(1000000) while true do s:gsub("a", "b") end`,
  'c-find': `local s = ("a"):rep(4000000) while true do s:find("b", 1, true) end`,
  'c-pattern': `while true do pcall(string.match, ("a"):rep(100000), ".-.-.-.-.-b") end`,
  'c-upper': `local s = ("a"):rep(4000000) while true do local x = s:upper() end`,
  'c-reverse': `local s = ("a"):rep(4000000) while true do local x = s:reverse() end`,
  'c-utf8': `local s = ("가"):rep(1000000) while true do utf8.len(s) end`,
  'c-codes': `local s = ("가"):rep(1000000) while true do for _ in utf8.codes(s) do end end`,
  'c-byte': `local s = ("a"):rep(200000) while true do pcall(string.byte, s, 1, -1) end`,
  'c-concat': `local t = {} for i = 1, 200000 do t[i] = "abcdef" end while true do local s = table.concat(t) end`,
  'c-sort': `local t = {} while true do for i = 1, 100000 do t[i] = (i * 7919) % 100003 end table.sort(t) end`,
  'c-insert': `local t = {} while true do table.insert(t, 1, 1) end`,
  'c-remove': `local t = {} for i = 1, 100000 do t[i] = 1 end while true do table.remove(t, 1) table.insert(t, 1) end`,
  'c-unpack': `local t = {} for i = 1, 200 do t[i] = i end while true do local a = { table.unpack(t) } end`,
  'c-compare': `local a, b = ("a"):rep(4000000) .. "b", ("a"):rep(4000000) .. "c" while true do local x = a < b end`,
  'c-format': `while true do local s = string.format("%99.99f", 1e300) end`,
  'c-tonumber': `local s = ("1"):rep(190) while true do local x = tonumber(s), s + 0 end`,
  'host-json': `local t = {} for i = 1, 100000 do t[i] = i end while true do dure.json.decode(dure.json.encode(t)) end`,
  'host-text': `local s = ("가"):rep(200000) while true do dure.text.fold(s) end`,
  'host-csv': `local s = ("a,b,c\\n"):rep(50000) while true do dure.csv.parse(s) end`,
  'host-hash': `local s = ("a"):rep(4000000) while true do dure.hash(s) end`,
  'host-html': `local s = ("<"):rep(1000000) while true do dure.text.html(s) end`,
  'host-template': `local s = ("{{a}}"):rep(10000) while true do dure.text.template(s, { a = "b" }) end`,
  'host-width': `local s = ("가"):rep(300000) while true do dure.text.width(s) end`,
  'host-occurrences': `while true do dure.calendar.occurrences{ rrule = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", from = "2013-01-01T00:00:00Z", to = "2400-01-01T00:00:00Z" } end`,
  'host-cron': `while true do dure.calendar.cron_next("0 0 29 2 *", step.now) end`,
  'host-people': `while true do dure.people.select{ group = "all" } end`,
  'host-time': `while true do dure.time.parse("2013-01-01T00:00:00+09:00") end`,
  'host-random': `while true do step:random(10) end`,
  'host-get': `while true do step.records:get("a") end`,
  'host-count': `while true do step.records:count("x") end`,
  'host-timer': `local i = 0 while true do i = i + 1 step:at(step.now + 1000000, "t" .. i) end`,
  'host-retimer': `while true do step:at(step.now + 1000000, "same") end`,
  'host-on': `local i = 0 while true do i = i + 1 step:on("a.b" .. i, {}, "n" .. i) end`,
  'host-note': `while true do step:note({ n = 1 }, { a = ("x"):rep(10000) }) end`,
  'host-records': `local i = 0 local s = ("x"):rep(1000000) while true do i = i + 1 step.records:put("k" .. i, s) end`,
  'host-rerecord': `local s = ("x"):rep(1000000) while true do step.records:put("same", s) end`,
  'host-shared': `local i = 0 local s = ("x"):rep(1000000) while true do i = i + 1 step.shared:put("k" .. i, s) end`,
  'host-ask': `local i = 0 local s = ("x"):rep(200000) while true do i = i + 1 step:ask{ name = "n" .. i, title = "T", detail = { s } } end`,
  'host-mail': `local s = ("x"):rep(1000000) while true do step:mail{ to = "a@example.org", subject = "s", text = s, key = nil } end`,
  'host-emit': `local s = ("x"):rep(1000000) while true do step:emit{ type = "a.b", data = { s } } end`,
  'host-send': `local i = 0 local s = ("x"):rep(1000000) while true do i = i + 1 step:send("n" .. i, { method = "post", endpoint = "http://127.0.0.1:9/", body = { s } }) end`,
  'host-join': `while true do pcall(function() step:join("g", "nobody", {}) end) end`,
  'memory-table': `local t = {} for i = 1, 1e9 do t[i] = {} end`,
  'memory-text': `local s = "x" while true do s = s .. s end`,
  'memory-pcall': `while true do pcall(function() local s = "x" while true do s = s .. s end end) end`,
  'memory-sort': `local t = {} table.sort({ 2, 1 }, function() for i = 1, 1e9 do t[i] = {} end end)`,
  'memory-closures': `local t = {} while true do t = { function() return t end, t } end`,
  'memory-keys': `local t, i = {}, 0 while true do i = i + 1 t[("k"):rep(1000) .. i] = i end`,
  'memory-stack': `local function f() return 1 + f() end return f()`,
  'memory-varargs': `local function f(...) return f(1, 2, 3, 4, 5, 6, 7, 8, ...) end return f()`,
  'memory-reps': `local t = {} while true do t[#t + 1] = ("x"):rep(15000000) end`,
};

export const raised = {
  'deep-sort': [`local function f() table.sort({ 2, 1 }, f) end f()`, 'overflow'],
  'deep-gsub': [`local function f() return (("x"):gsub("x", f)) end f()`, 'overflow'],
  'deep-tostring': [`local m m = setmetatable({}, { __tostring = function() return tostring(m) end }) return tostring(m)`, 'overflow'],
  'deep-index': [`local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x`, 'loop'],
  'deep-error-text': [`error(setmetatable({}, { __tostring = function(t) error(t) end }))`, ''],
  'deep-value': [`local t = {} local top = t for i = 1, 10000 do t.t = {} t = t.t end return top`, 'deep'],
  'deep-json': [`return dure.json.decode(("["):rep(100000))`, ''],
  'deep-parse': [`return require(("a."):rep(100000) .. "a")`, 'own folder'],
  'own-value': [`local t = {} t.t = t return t`, 'deep'],
  'wide-value': [`local t = {} for i = 1, 40 do t = { a = t, b = t } end return t`, ''],
  'giant-value': [`return { ("x"):rep(9 * 1024 * 1024) }`, ''],
  'long-pattern': [`return (("a"):rep(100000)):match(".-.-.-.-.-b")`, 'too many steps'],
  'list-event': [`step:emit({ 1, 2 })`, 'not a list'],
  'list-note': [`step:note({ 1, 2 })`, 'not a list'],
  'list-options': [`step:ask({ 1, 2 })`, ''],
  'late-moment': [`return dure.time.format(math.maxinteger)`, '1900 to 9999'],
  'early-moment': [`step:at(math.mininteger, "t")`, '1900 to 9999'],
  'bad-compiles': [`assert(not pcall(dure.json.compiles, {}) and not dure.json.compiles("\\xff\\0halt_error")) error "came back"`, 'came back'],
  'bad-query': [`return dure.json.query({}, "halt_error")`, ''],
  'giant-rep': [`return ("x"):rep(1 << 40)`, 'more than'],
  'giant-rep-lap': [`return ("x"):rep(1 << 62, "yyyy")`, 'more than'],
  'giant-state': [`step.state.x = ("x"):rep(2 * 1024 * 1024) return step:wait()`, 'step.state'],
  'giant-record': [`step.records:put("k", ("x"):rep(2 * 1024 * 1024)) return true`, 'bytes'],
  'giant-key': [`step.records:put(("k"):rep(100000), 1) return true`, ''],
  'giant-unpack': [`return { table.unpack({}, 1, 1e8 | 0) }`, 'at most'],
  'giant-move': [`table.move({}, 1, 1 << 60, 2) return true`, ''],
  'giant-format': [`return string.format("%999999999d", 1)`, ''],
  'giant-char': [`return string.char(-1)`, ''],
  'giant-error': [`error(("x"):rep(10 * 1024 * 1024))`, ''],
  'not-a-number': [`return { x = 0 / 0 }`, 'finite'],
  'endless-number': [`return { x = math.huge }`, 'finite'],
  'large-number': [`return { x = 1 << 60 }`, '2^53'],
  'bad-text': [`return { x = "\\xff\\xfe" }`, 'UTF-8'],
  'bad-key': [`return { ["\\xff"] = 1 }`, ''],
  'mixed-keys': [`return { 1, a = 2 }`, ''],
  'function-value': [`return { f = print }`, ''],
  'wrong-number': [`local t = {} t[0 / 0] = 1`, 'NaN'],
  'no-start-value': [`return nil`, 'returned nothing'],
  'wrong-output': [`return { wrong = 1 }`, 'output schema', '{ type = "object", required = { "right" } }'],
  'refuse-start': [`return step:refuse("no", "no")`, 'answer'],
  'error-nil': [`error(nil)`, ''],
  'error-function': [`error(print)`, ''],
  'error-refused': [`error{ refused = {}, message = {} }`, ''],
  'error-table': [`error{ type = {}, status = "x", title = 1, detail = {} }`, ''],
  'error-status': [`error{ type = "validation", status = -1e300 }`, ''],
  'path-up': [`return require "../../../etc/passwd"`, 'own folder'],
  'path-absolute': [`return require "/etc/passwd"`, 'own folder'],
  'path-zero': [`return require "lib\\0/../../x"`, 'own folder'],
  'global': [`leaked = 1`, 'global'],
  'collector': [`setmetatable({}, { __gc = function() end })`, 'no __gc'],
  'weak': [`setmetatable({}, { __mode = "k" })`, 'no __mode'],
  'bad-zone': [`return dure.time.format(step.now, "../../etc/passwd")`, ''],
  'bad-rule': [`return dure.calendar.occurrences{ rrule = "FREQ=NEVER", from = 0, to = 1 }`, ''],
  'bad-tostring': [`return dure.text.width(setmetatable({}, { __tostring = function() return 5 end }))`, ''],
  'sort-liar': [`local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end) error "came back"`, 'came back'],
  'sort-shrink': [`local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function(a, b) for i = 1, 1000 do t[i] = nil end return a < b end) error "came back"`, 'came back'],
};

// Each of these is tried under pcall; the handler then says true.
export const held = {
  ...Object.fromEntries(['string', 'table', 'math', 'utf8', 'dure', 'dure.json', 'dure.time', 'dure.text', 'dure.csv', 'dure.people', 'dure.calendar', 'step.records', 'step.shared', 'step']
    .map((where) => [`bad-${where.replaceAll('.', '-')}`, badArguments(where)])),
  'gone': `for _, name in ipairs{ "io", "os", "debug", "load", "loadstring", "loadfile", "dofile", "package", "collectgarbage", "coroutine", "xpcall", "_G", "warn" } do
    local _, v = pcall(function() return _ENV[name] end) assert(v == nil, name) end
    assert(string.dump == nil and string.pack == nil and math.random == nil)`,
  'shared-metatables': `assert(type(getmetatable("")) ~= "table")
    assert(not pcall(setmetatable, "", {}))
    assert(not pcall(setmetatable, step.records, { __index = error }) or true)
    for _, t in ipairs{ step, step.records, step.shared, dure, dure.json, dure.time, dure.text } do
      local m = getmetatable(t)
      if type(m) == "table" then pcall(function() m.__index = error m.__newindex = error m.__pairs = error m.__len = error end) end
      pcall(setmetatable, t, { __index = error })
    end
    for _, t in ipairs{ string, table, math, utf8, dure.json, dure.time, dure.text } do for k in pairs(t) do pcall(function() t[k] = error end) end end`,
  'times': `for _, ms in ipairs{ math.maxinteger, math.mininteger, -1, 1 << 53, -(1 << 53), 253402300800000, -62135596800001, 8640000000000001 } do
      for _, f in ipairs{ dure.time.format, dure.time.parts, dure.time.date, dure.time.weekday } do pcall(f, ms, "Asia/Seoul") pcall(f, ms) end
      for _, d in ipairs{ "P1D", "-P1D", "P9999Y", "-P9999Y", "PT9223372036854775807S", "P99999999999D", "P1M" } do pcall(dure.time.add, ms, d, "Asia/Seoul") pcall(dure.time.duration, d) end
      pcall(dure.time.at, "2013-01-01", ms) pcall(dure.time.at, ms, "25:61") pcall(dure.time.add_days, "9999-12-31", ms) pcall(dure.time.add_days, "0001-01-01", -3999999)
      pcall(dure.time.add_days, "9999-12-31", 3999999) pcall(dure.time.days_between, "0001-01-01", "9999-12-31")
      pcall(dure.calendar.cron_next, "0 0 30 2 *", ms) pcall(dure.calendar.cron_next, "* * * * *", ms) pcall(dure.calendar.business_day, "9999-12-31", ms)
      pcall(dure.calendar.occurrences, { rrule = "FREQ=SECONDLY", from = ms, to = math.maxinteger }) pcall(dure.calendar.occurrences, { rrule = "FREQ=YEARLY;INTERVAL=32767", from = 0, to = ms })
      pcall(function() step:at(ms, "t") end) pcall(function() step:ask{ name = "n", title = "T", opens = ms, closes = ms } end)
      pcall(function() step:random(ms) end) pcall(function() step:link("x", "y", ms) end) pcall(function() step:inbox("y", ms) end) pcall(function() step:join("g", "p", { since = ms, ["until"] = ms }) end)
      pcall(string.rep, "x", ms) pcall(string.sub, "x", ms, ms) pcall(string.byte, "x", ms, ms) pcall(table.move, {}, ms, ms, ms) pcall(table.concat, {}, "", ms, ms) pcall(utf8.char, ms) pcall(utf8.offset, "x", ms, 1)
      pcall(utf8.codepoint, "x", ms, ms) pcall(table.insert, {}, ms, 1) pcall(table.remove, {}, ms) pcall(select, ms, 1) pcall(math.abs, ms) pcall(function() return ms // 0 end) pcall(function() return ms // -1, ms % -1 end)
      pcall(function() for i = ms, ms do end end) pcall(string.find, "abc", "b", ms) pcall(string.gsub, "abc", "b", "c", ms)
    end`,
  'walk-and-change': `for i = 1, 2000 do step.records:put("k" .. i, { i }) end
    local n = 0 for k in step.records:each("k") do step.records:delete(k) n = n + 1 if n > 5000 then break end end
    assert(n <= 2000)
    local t = { a = 1, b = 2 } for k in pairs(t) do t[k .. k] = 1 if #k > 20 then break end end`,
  'bytecode': `assert(load == nil) assert(not pcall(require, "evil"))`,
  'self-require': `assert(not pcall(require, "round"))`,
};
