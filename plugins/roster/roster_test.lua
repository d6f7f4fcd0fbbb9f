local schema = {
  type = "object", required = { "region", "name", "n" },
  properties = { region = { type = "string" }, name = { type = "string" }, n = { type = "integer", minimum = 0 },
                 head = { type = "boolean" }, named = { type = "array", items = { type = "string" } },
                 email = { type = "string" } },
}
local closes = "2013-06-01T00:00:00+09:00"

local function start(t, with)
  with.unit = with.unit or { "region", "name" }
  with.schema = schema
  with.persons = with.persons or { expr = ".n" }
  with.closes = with.closes or closes
  return t:start("roster", with)
end

local function entry(name, n, more)
  local data = { region = "서울", name = name, n = n }
  for key, value in pairs(more or {}) do data[key] = value end
  return { data = data }
end

local function register(run, name, n, more)
  local reply, code = run:answer(entry(name, n, more))
  if not reply then error("refused: " .. code) end
  return reply
end

local function amend(reply, name, n)
  local answer = entry(name, n)
  answer.receipt = reply.receipt
  return answer
end

local function accept(reply) return { receipt = reply.receipt, data = { accept = true } } end
local function decline(reply) return { receipt = reply.receipt, data = { decline = true } } end
local function withdraw(reply) return { receipt = reply.receipt, withdraw = true } end

local function status(run, reply)
  return run:receipt(reply.receipt).reply.status
end

local function names(list)
  local out = {}
  for i, e in ipairs(list) do out[i] = e.name end
  return table.concat(out, " ")
end

test("registers once a unit, whatever the spelling", function(t)
  local run = start(t, {})
  local reply = run:answer { data = entry("종로구", 2).data, key = "k1" }
  t:equal({ reply.status, reply.persons }, { "registered", 2 })
  t:equal(run:answer { data = entry("종로구", 2).data, key = "k1" }.receipt, reply.receipt)
  run:refused("already_registered", entry("종로구", 2))
  run:refused("already_registered", entry(" 종로구  ", 2))
  run:refused("already_registered", entry("\u{110C}\u{1169}\u{11BC}\u{1105}\u{1169}\u{1100}\u{116E}", 2))
  register(run, "종로구", 1, { region = "부산" })
  run:answer(withdraw(reply))
  t:equal(register(run, "종로구", 1).receipt ~= reply.receipt, true)
  run:finish()
  run:expect { output = { totals = { entries = 2, persons = 2 }, byRegion = { ["서울"] = { entries = 1 }, ["부산"] = { entries = 1 } } } }
end)

test("windows are half open, to the millisecond", function(t)
  local run = start(t, { opens = "2013-05-02T09:00:00+09:00", ["until"] = "2013-06-02T00:00:00+09:00" })
  run:refused("not_open", entry("a", 1))
  run:at("2013-05-02T08:59:59.999+09:00")
  run:refused("not_open", entry("a", 1))
  run:at("2013-05-02T09:00:00+09:00")
  local a = register(run, "a", 1)
  run:at("2013-05-31T23:59:59.999+09:00")
  register(run, "b", 1)
  run:at(closes)
  run:refused("closed", entry("c", 1))
  run:answer(amend(a, "a", 5))
  run:at("2013-06-02T00:00:00+09:00")
  run:refused("closed", amend(a, "a", 6))
  run:expect { status = "completed", output = { totals = { entries = 2, persons = 6, n = 6 } } }
end)

test("a full roster without a waiting list refuses", function(t)
  local run = start(t, { capacity = 3 })
  local a = register(run, "a", 2)
  run:refused("full", entry("b", 2))
  register(run, "c", 1)
  run:refused("full", entry("d", 1))
  t:equal(register(run, "e", 0).status, "registered")
  run:refused("no_capacity", amend(a, "a", 3))
  run:answer(amend(a, "a", 1))
  register(run, "d", 1)
end)

test("block: nobody overtakes, not even a new one that would fit", function(t)
  local run = start(t, { capacity = 10, waiting = { policy = "block" } })
  register(run, "x", 9)
  local a = register(run, "a", 3)
  t:equal({ a.status, a.position }, { "waiting", 1 })
  local b = register(run, "b", 1)
  t:equal({ b.status, b.position }, { "waiting", 2 })
  run:refused("full", entry("huge", 11))
  run:answer(withdraw(a))
  t:equal(status(run, b), "registered")
end)

test("skip_to_fit: the first that fits, also a new one", function(t)
  local run = start(t, { capacity = 10, waiting = "skip_to_fit" })
  local x = register(run, "x", 9)
  local a, c, d = register(run, "a", 3), register(run, "c", 2), register(run, "d", 2)
  t:equal(register(run, "b", 1).status, "registered")
  run:answer(amend(x, "x", 7))
  t:equal({ status(run, a), status(run, c), status(run, d) }, { "waiting", "registered", "waiting" })
  run:answer(amend(x, "x", 5))
  t:equal({ status(run, a), status(run, d) }, { "waiting", "registered" })
  t:equal(run:receipt(a.receipt).reply.position, 1)
end)

test("offers: accepted, declined, run out", function(t)
  local run = start(t, { capacity = 2, waiting = { offer = "PT48H" } })
  local x, y = register(run, "x", 1), register(run, "y", 1)
  local a = register(run, "a", 1, { email = "a@example.org" })
  local b, c = register(run, "b", 1, { email = "b@example.org" }), register(run, "c", 1, { email = "c@example.org" })
  run:refused("no_offer", accept(a))
  run:answer(withdraw(x))
  t:equal({ status(run, a), run:receipt(a.receipt).reply["until"] }, { "offered", "2013-05-03T09:00:00+09:00" })
  t:equal(run:receipt(b.receipt).reply.position, 1)
  t:equal(run:mails()[1].to, "a@example.org")
  run:refused("already_registered", entry("a", 1))
  t:equal(run:answer(accept(a)).status, "registered")
  t:equal(run:answer(accept(a)).status, "registered")
  run:refused("no_offer", decline(a))
  run:answer(withdraw(y))
  t:equal(status(run, b), "offered")
  t:equal(run:answer(decline(b)).status, "declined")
  run:refused("withdrawn", accept(b))
  t:equal(status(run, c), "offered")
  run:crash()
  run:at("2013-05-03T08:59:59.999+09:00")
  t:equal(status(run, c), "offered")
  run:at("2013-05-03T09:00:00+09:00")
  run:refused("offer_expired", accept(c))
  run:refused("offer_expired", amend(c, "c", 1))
  t:equal(status(run, c), "expired")
  t:equal(register(run, "c", 1).status, "registered")
  t:equal(register(run, "b", 1).status, "waiting")
end)

test("an offer ends with the task and is not made when too little is left", function(t)
  local run = start(t, { capacity = 1, waiting = { offer = "P2D", minOffer = "PT6H" } })
  local x, a = register(run, "x", 1), register(run, "a", 1)
  register(run, "b", 1)
  run:at("2013-05-31T12:00:00+09:00")
  run:answer(withdraw(x))
  t:equal(run:receipt(a.receipt).reply["until"], closes)
  run:at("2013-05-31T18:00:00.001+09:00")
  run:answer(decline(a))
  run:at(closes)
  run:expect { status = "completed", output = { entries = dure.array {}, totals = { entries = 0, persons = 0 } } }
  t:equal(names(run:output().waiting), "b")
end)

test("an offer keeps its data and its seats", function(t)
  local run = start(t, { capacity = 3, waiting = { offer = "P2D" } })
  local x, a = register(run, "x", 3), register(run, "a", 2)
  run:answer(withdraw(x))
  t:equal(register(run, "b", 1).status, "registered")
  t:equal(register(run, "c", 1).status, "waiting")
  run:answer(accept(a))
  t:equal(run:receipt(a.receipt).data.name, "a")
  run:finish()
  t:equal({ names(run:output().entries), run:output().totals.persons }, { "a b", 3 })
end)

test("a drop of capacity evicts nobody and stops offers until it is made up", function(t)
  local run = start(t, { capacity = 4, waiting = { policy = "block" } })
  local x, y = register(run, "x", 2), register(run, "y", 2)
  local a = register(run, "a", 1)
  run:event { type = "dure.roster.capacity", data = { capacity = 2 } }
  run:answer(withdraw(x))
  t:equal(status(run, a), "waiting")
  run:answer(amend(y, "y", 1))
  t:equal(status(run, a), "registered")
  run:event { type = "dure.roster.capacity", data = { capacity = "many" } }
  run:event { type = "dure.roster.capacity", data = { capacity = 1 } }
  run:event { type = "dure.roster.capacity", subject = "another", data = { capacity = 100 } }
  t:equal(register(run, "b", 1).status, "waiting")
  run:finish()
  run:expect { output = { overBy = 1, totals = { entries = 2, persons = 2 } } }
end)

test("more capacity moves the line up", function(t)
  local run = start(t, { capacity = 1, waiting = true })
  register(run, "x", 1)
  local a, b, c = register(run, "a", 1), register(run, "b", 1), register(run, "c", 1)
  run:event { type = "dure.roster.capacity", data = { capacity = 3 } }
  t:equal({ status(run, a), status(run, b), status(run, c) }, { "registered", "registered", "waiting" })
  run:event { type = "dure.roster.capacity", data = { capacity = dure.json.null } }
  t:equal(status(run, c), "registered")
end)

test("the freeze and what comes after it", function(t)
  local run = start(t, { freeze = "2013-05-23T18:00:00+09:00", closes = "2013-05-24T13:40:00+09:00" })
  local a, b = register(run, "a", 2, { head = true }), register(run, "b", 1, { head = false })
  run:at("2013-05-23T17:59:59.999+09:00")
  run:answer(amend(a, "a", 3))
  run:at("2013-05-23T18:00:00+09:00")
  run:answer(amend(b, "b", 4))
  register(run, "c", 1)
  run:crash()
  run:answer(withdraw(a))
  run:finish()
  local out = run:output()
  t:equal(out.frozen.totals, { entries = 2, persons = 4, n = 4, head = 0, named = 0 })
  t:equal(names(out.frozen.entries), "a b")
  t:equal(#out.frozen.hash, 64)
  local frozen = { at = out.frozen.at, entries = out.frozen.entries, totals = out.frozen.totals }
  t:equal(dure.hash(dure.json.encode(frozen)), out.frozen.hash)
  local kinds, persons = {}, {}
  for i, addendum in ipairs(out.addenda) do kinds[i], persons[i] = addendum.kind, addendum.totals.persons end
  t:equal(kinds, { "amended", "registered", "withdrawn" })
  t:equal(persons, { 7, 8, 5 })
end)

test("a freeze without anything after it ends the task", function(t)
  local run = t:start("roster", { unit = "name", freeze = "2013-05-02T00:00:00+09:00" })
  run:answer { data = { name = "a" } }
  run:finish()
  run:expect { status = "completed", output = { addenda = dure.array {}, frozen = { at = "2013-05-02T00:00:00+09:00" } } }
end)

test("checks warn and correct nothing; the desk looks", function(t)
  t:people { { id = "d1", name = "사무국", groups = { "desk" } }, { id = "d2", name = "사무국 2", groups = { "desk" } } }
  local run = start(t, {
    desk = { group = "desk" },
    checks = { { code = "differ", when = ".n != (.named | length)", message = { ko = "{{name}}: 다름", en = "{{name}} differs" } },
               { code = "broken", when = ".n | keys" } },
  })
  local a = register(run, "a", 1, { named = { "p", "q" } })
  t:equal({ a.warnings[1].code, a.warnings[1].message.ko, a.warnings[2].code }, { "differ", "a: 다름", "broken" })
  t:equal(#run:items(), 3)
  run:answer { as = "d1", data = { note = "확인" } }
  run:refused("already_decided", { as = "d2", item = "warning:1:d2", data = {} })
  run:finish()
  local out = run:output()
  t:equal({ #out.warnings, out.warnings[1].unit, out.entries[1].n }, { 2, "서울 a", 1 })
end)

test("a warning that is amended away asks nobody any more", function(t)
  t:people { { id = "d1", name = "사무국", groups = { "desk" } } }
  local run = start(t, { desk = { group = "desk" }, checks = { differ = ".n > 2" } })
  local a = register(run, "a", 3)
  run:answer(amend(a, "a", 2))
  run:refused("closed", { as = "d1", item = "warning:1:d1", data = {} })
  run:answer(amend(a, "a", 9))
  run:answer(withdraw(a))
  run:refused("closed", { as = "d1", item = "warning:1:d1", data = {} })
  run:finish()
  run:expect { output = { warnings = dure.array {} } }
end)

test("order: ranking, expression, descending; then arrival", function(t)
  local run = start(t, { order = { { field = "region", values = { "부산", "서울" } }, { field = "n", descending = true }, { expr = ".name" } } })
  register(run, "c", 1)
  register(run, "b", 1)
  register(run, "a", 2, { region = "부산" })
  register(run, "d", 3)
  register(run, "z", 9, { region = "제주" })
  run:finish()
  t:equal(names(run:output().entries), "a d b c z")
end)

test("order: -field has the highest first, as in a table", function(t)
  local run = start(t, { order = { "-n", "name" } })
  register(run, "c", 1)
  register(run, "b", 1)
  register(run, "d", 3)
  run:finish()
  t:equal(names(run:output().entries), "d b c")
end)

test("totals, more counts, persons in every form", function(t)
  local run = start(t, { persons = "n", counts = { big = ".n > 2", twice = { expr = ".n * 2" } } })
  register(run, "a", 3, { head = true, named = { "p" } })
  register(run, "b", 1, { region = "부산" })
  run:finish()
  run:expect { output = { totals = { entries = 2, persons = 4, n = 4, head = 1, named = 1, big = 1, twice = 8 },
                          byRegion = { ["부산"] = { entries = 1, persons = 1, twice = 2 } } } }
  run = t:start("roster", { unit = "name", persons = 2, closes = "2014-01-01T00:00:00+09:00" })
  run:answer { data = { name = "a" } }
  run:finish()
  run:expect { output = { totals = { entries = 1, persons = 2 }, byRegion = {} } }
end)

test("persons that cannot be counted are refused, not guessed", function(t)
  local run = start(t, { persons = { expr = ".head + 1" } })
  run:refused("invalid", entry("a", 1, { head = true }))
  run = start(t, { persons = { expr = ".n / 2" } })
  run:refused("invalid", entry("a", 1))
  run:expect { status = "waiting" }
end)

test("without a unit every answer is an entry; members register once each", function(t)
  t:people { { id = "m01", name = "하나", email = "m01@example.org", groups = { "members" } } }
  local run = t:start("roster", { closes = closes })
  run:answer { data = { x = 1 } }
  local two = run:answer { data = { x = 1 } }
  run:answer { receipt = two.receipt, data = { x = 2 } }
  run:finish()
  run:expect { output = { totals = { entries = 2, persons = 2 } } }
  run = t:start("roster", { to = { group = "members" }, closes = "2014-01-01T00:00:00+09:00" })
  run:answer { as = "m01", data = {} }
  run:refused("already_registered", { as = "m01", data = {} })
  run:refused("not_eligible", { data = {} })
end)

test("an amendment may change the unit, but not to one that is taken", function(t)
  local run = start(t, {})
  local a = register(run, "a", 1)
  register(run, "b", 1)
  run:refused("already_registered", amend(a, "b", 1))
  run:answer(amend(a, "c", 1))
  t:equal(register(run, "a", 1).status, "registered")
  run:refused("not_possible", { receipt = a.receipt, data = entry("c", 1).data, delegate = "m01" })
end)

test("confirmation with a calendar entry, in the registrant's language", function(t)
  local run = start(t, { title = { ko = "포럼", en = "Forum" }, capacity = 1, waiting = true,
    confirm = { subject = { ko = "접수 {{title}}", en = "Received {{title}}" }, body = "{{unit}} {{n}} {{link}}",
                ics = { from = "2013-06-01T10:00:00+09:00", to = "2013-06-01T12:00:00+09:00" } } })
  local a = register(run, "a", 1, { email = "a@example.org" })
  register(run, "b", 1, { email = "b@example.org" })
  local mails = run:mails()
  t:equal({ mails[1].subject, mails[1].to }, { "접수 포럼", "a@example.org" })
  t:equal(mails[1].text:find("서울 a 1 .*/r/" .. a.receipt:gsub("%-", "%%-")) ~= nil, true)
  t:equal(mails[1].attachments[1].text:find("SUMMARY:포럼", 1, true) ~= nil, true)
  t:equal(mails[2].text:find("대기 명단", 1, true) ~= nil, true)
  t:equal(#(mails[2].attachments or {}), 0)
end)

test("the end moves with its event", function(t)
  local run = start(t, { ["until"] = { at = closes, event = "org.example.moved", field = "begins" } })
  run:event { type = "org.example.moved", data = { begins = "2013-07-01T00:00:00+09:00" } }
  run:event { type = "org.example.moved", data = {} }
  run:at("2013-06-30T23:59:59.999+09:00")
  run:expect { status = "waiting" }
  run:at("2013-07-01T00:00:00+09:00")
  run:expect { status = "completed" }
end)

test("who looks sees the list, the line and the regions", function(t)
  local run = start(t, { capacity = 2, waiting = true })
  register(run, "a", 2, { named = { "p", "q" } })
  register(run, "b", 1, { region = "부산" })
  local view = run:view("entries")
  t:equal({ #view.rows, view.rows[1].name, view.rows[1].named, view.totals._persons }, { 1, "a", "p, q", 2 })
  t:equal(run:view("waiting").rows[1].name, "b")
  t:equal(run:view("regions").rows, { { region = "서울", entries = 1, persons = 2 } })
end)

test("thousands", function(t)
  local run = start(t, { capacity = 1500, waiting = "skip_to_fit", freeze = "2013-05-20T00:00:00+09:00", order = { "name" } })
  local first
  for i = 1, 2000 do
    local reply = register(run, "m" .. i, 1)
    first = first or reply
  end
  run:answer(withdraw(first))
  run:finish()
  run:expect { output = { totals = { entries = 1500, persons = 1500 }, frozen = { totals = { entries = 1500 } } } }
  t:equal(#run:output().waiting, 499)
end)

test("what is too much for one list is refused before it is too late", function(t)
  local run = start(t, {})
  local names, refused = {}, nil
  for i = 1, 100 do names[i] = string.rep("가", 3000) end
  for i = 1, 10 do
    local reply, code = run:answer(entry("m" .. i, 1, { named = names }))
    if not reply then refused = refused or { i, code } end
  end
  t:equal(refused, { 5, "full" })
  register(run, "small", 1)
  run:finish()
  run:expect { status = "completed", output = { totals = { entries = 5 } } }
end)

test("who does not meet a requirement is refused at once with all that is missing, also by an amendment", function(t)
  local run = start(t, { require = {
    { when = "(.named | map(gsub(\"\\\\s\"; \"\")) | unique | length) >= 3", message = { ko = "주민 3명이 필요합니다.", en = "Three residents." } },
    { when = ".n >= 50", message = { ko = "{{n}}가구는 모자랍니다.", en = "{{n}} households are too few." } } } })
  local function group(n, named) return { named = dure.array(named) } end
  local _, code, _, told = run:answer(entry("둘", 49, group(49, { "가", "나" })))
  t:equal(code, "not_eligible")
  t:equal(told.message, { ko = "주민 3명이 필요합니다.\n49가구는 모자랍니다.", en = "Three residents.\n49 households are too few." })
  run:refused("not_eligible", entry("겹침", 50, group(50, { "김 가", "김가", "나" })))
  run:refused("not_eligible", entry("마흔아홉", 49, group(49, { "가", "나", "다" })))
  run:refused("not_eligible", entry("못 셈", 50))
  local reply = register(run, "쉰", 50, group(50, { "가", "나", "다" }))
  run:refused("already_registered", entry("쉰", 1))
  run:refused("not_eligible", amend(reply, "쉰", 60))
  run:finish()
  t:equal({ names(run:output().entries), run:output().entries[1].n }, { "쉰", 50 })
end)

test("cancelling after promotion offers the seat to the next, and an amendment that grows does not take it", function(t)
  local run = start(t, { capacity = 2, waiting = { policy = "block", offer = "PT48H" } })
  local a, b = register(run, "가", 1), register(run, "나", 1)
  local c, d = register(run, "다", 1), register(run, "라", 1)
  run:answer(withdraw(a))
  run:answer(accept(c))
  t:equal({ status(run, c), status(run, d) }, { "registered", "waiting" })
  run:refused("no_capacity", amend(b, "나", 2))
  run:answer(withdraw(c))
  t:equal(status(run, d), "offered")
  run:refused("no_capacity", amend(b, "나", 2))
  run:answer(decline(d))
  run:answer(amend(b, "나", 2))
  run:finish()
  t:equal({ names(run:output().entries), run:output().totals.persons }, { "나", 2 })
end)

test("an offer that stands when the capacity drops can still be accepted, and nothing more is offered", function(t)
  local run = start(t, { capacity = 2, waiting = { policy = "skip_to_fit", offer = "PT48H" } })
  local a, b = register(run, "가", 1), register(run, "나", 1)
  local c, d = register(run, "다", 1), register(run, "라", 1)
  run:answer(withdraw(a))
  run:event { type = "dure.roster.capacity", data = { capacity = 1 } }
  run:answer(accept(c))
  t:equal({ status(run, b), status(run, c), status(run, d) }, { "registered", "registered", "waiting" })
  run:answer(withdraw(b))
  t:equal(status(run, d), "waiting")
  run:answer(withdraw(c))
  t:equal(status(run, d), "offered")
  run:finish()
end)

test("withdrawn before the freeze and again after it: the addendum says so, the frozen list stays", function(t)
  local run = start(t, { freeze = "2013-05-20T18:00:00+09:00" })
  local a = register(run, "가", 1)
  register(run, "나", 2)
  run:at("2013-05-20T17:59:59.999")
  register(run, "다", 1)
  run:at("2013-05-20T18:00")
  register(run, "라", 1)
  run:answer(withdraw(a))
  run:finish()
  local out = run:output()
  t:equal({ names(out.frozen.entries), names(out.entries) }, { "가 나 다", "나 다 라" })
  t:equal({ out.addenda[1].kind, out.addenda[2].kind, out.addenda[2].totals.persons }, { "registered", "withdrawn", 4 })
end)

test("an expression that cannot be read is told at the start, not to who registers", function(t)
  local run = t:start("roster", { schema = { type = "object" }, persons = { expr = ".a | foo" } })
  run:expect { status = "faulted", error = { status = 400, title = "an expression that cannot be read" } }
  t:start("roster", { schema = { type = "object" }, checks = { { when = ".a ==" } } }):expect { status = "faulted" }
  t:start("roster", { schema = { type = "object" }, order = { { expr = "nope" } } }):expect { status = "faulted" }
end)

test("a registration that closes before it opens is an error", function(t)
  t:start("roster", { schema = { type = "object" }, opens = "2013-06-01", closes = "2013-05-20" }):expect {
    status = "faulted", error = { detail = "'opens' is 2013-06-01, 'closes' is 2013-05-20" } }
end)

test("mails say moments and states as people do", function(t)
  local run = t:start("roster", { schema = { type = "object", properties = { email = { type = "string" } } }, capacity = 1,
                                  waiting = { offer = "PT48H" }, closes = "2013-05-20T18:00",
                                  confirm = { subject = "{{status}}", body = "{{status}}" } })
  local first = run:answer { data = { email = "a@example.org" } }
  run:answer { data = { email = "b@example.org" } }
  local mails = run:mails()
  t:equal({ mails[1].subject, mails[2].subject }, { "참가 확정", "대기" })
  run:answer(withdraw(first))
  t:equal(run:mails()[1].text:find("2013년 5월 3일(금) 오전 9:00 전까지", 1, true) ~= nil, true)
end)

-- ---- after the end

test("the receipt says how to withdraw later, of who is registered only", function(t)
  local run = start(t, { capacity = 1, waiting = { policy = "block" },
                         withdrawal = { event = "org.example.gone", item = "name", ["until"] = "2013-07-01T00:00:00+09:00" } })
  local a, b = register(run, "가", 1), register(run, "나", 1)
  t:equal(a.withdrawal, { event = "org.example.gone", item = "가", ["until"] = "2013-07-01T00:00:00+09:00" })
  t:equal(b.withdrawal, nil)
  run:answer(withdraw(a))
  t:equal(run:receipt(b.receipt).reply.withdrawal.item, "나")
  run:finish()
  run:refused("closed", withdraw(b)) -- nobody waits for it here
end)
