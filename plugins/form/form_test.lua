local people = {
  { id = "m01", name = "하나", email = "m01@example.org", groups = { "members" } },
  { id = "m02", name = "둘", email = "m02@example.org", groups = { "members" }, language = "en" },
  { id = "m03", name = "셋", groups = { "members" } },
}
local schema = { type = "object", required = { "meal" }, properties = { meal = { type = "string" } } }
local closes = "2013-05-03T18:00:00+09:00"

local function start(t, with)
  t:people(people)
  with.to = with.to or { group = "members" }
  with.schema = schema
  with.title = with.title or { ko = "식사 조사", en = "Meals" }
  return t:start("form", with)
end

local function meal(who, what)
  return { as = who, data = { meal = what } }
end

test("each is asked with a link and the form ends when all have answered", function(t)
  local run = start(t, { closes = closes, receipt = false })
  local mails = run:mails()
  t:equal({ #mails, mails[1].subject, mails[2].subject }, { 2, "[답해 주십시오] 식사 조사", "[Please answer] Meals" })
  t:equal(mails[1].text:find("/w/", 1, true) ~= nil, true)
  run:answer(meal("m02", "b"))
  run:answer(meal("m01", "a"))
  run:crash()
  run:expect { status = "waiting" }
  run:answer(meal("m03", "c"))
  run:expect { status = "completed", output = {
    answers = { { person = "m02", at = "2013-05-01T09:00:00+09:00", data = { meal = "b" } },
                { person = "m01", at = "2013-05-01T09:00:00+09:00", data = { meal = "a" } },
                { person = "m03", at = "2013-05-01T09:00:00+09:00", data = { meal = "c" } } },
    missing = dure.array {}, closedAt = "2013-05-01T09:00:00+09:00" } }
  run:refused("closed", meal("m01", "z"))
end)

test("the close, to the millisecond", function(t)
  local run = start(t, { opens = "2013-05-02T09:00:00+09:00", closes = closes })
  run:refused("not_open", meal("m01", "a"))
  run:at("2013-05-02T09:00:00+09:00")
  run:answer(meal("m01", "a"))
  run:at("2013-05-03T17:59:59.999+09:00")
  run:answer(meal("m02", "b"))
  run:at(closes)
  run:refused("closed", meal("m03", "c"))
  run:expect { status = "completed", output = { missing = { "m03" }, closedAt = closes } }
end)

test("the window may be durations: from now, and from the opening", function(t)
  local run = start(t, { opens = "PT1H", closes = "P1D" })
  run:refused("not_open", meal("m01", "a"))
  run:advance("PT1H")
  run:answer(meal("m01", "a"))
  run:at("2013-05-02T09:59:59.999+09:00")
  run:answer(meal("m02", "b"))
  run:at("2013-05-02T10:00:00+09:00")
  run:refused("closed", meal("m03", "c"))
  run:expect { status = "completed", output = { missing = { "m03" }, closedAt = "2013-05-02T10:00:00+09:00" } }
  start(t, { opens = closes, closes = "2013-05-02T10:00:00+09:00" }):expect { status = "faulted", error = { status = 400 } }
end)

test("last_wins keeps the last answer, in the place of the first", function(t)
  local run = start(t, { closes = closes })
  local first = run:answer(meal("m01", "a"))
  run:answer(meal("m02", "b"))
  run:answer(meal("m01", "c"))
  run:finish()
  local answers = run:output().answers
  t:equal({ answers[1].person, answers[1].data.meal, answers[2].person }, { "m01", "c", "m02" })
  t:equal(first.receipt ~= nil, true)
end)

test("never keeps the first", function(t)
  local run = start(t, { closes = closes, change = "never" })
  local reply = run:answer(meal("m01", "a"))
  run:refused("already_answered", meal("m01", "b"))
  run:refused("already_answered", { as = "m01", receipt = reply.receipt, data = { meal = "b" } })
  run:refused("already_answered", { as = "m01", receipt = reply.receipt, withdraw = true })
  run:finish()
  t:equal(run:output().answers[1].data, { meal = "a" })
end)

test("a withdrawn answer is missing again", function(t)
  local run = start(t, { closes = closes })
  local reply = run:answer(meal("m01", "a"))
  run:answer { as = "m01", receipt = reply.receipt, withdraw = true }
  run:answer(meal("m02", "b"))
  run:answer(meal("m03", "c"))
  run:expect { status = "waiting" }
  run:finish()
  run:expect { output = { missing = { "m01" } } }
end)

test("take first, take two", function(t)
  local run = start(t, { take = "first" })
  run:answer(meal("m02", "b"))
  run:expect { status = "completed", output = { missing = { "m01", "m03" } } }
  run = start(t, { take = 2 })
  run:answer(meal("m02", "b"))
  run:answer(meal("m02", "c"))
  run:expect { status = "waiting" }
  run:answer(meal("m03", "b"))
  run:expect { status = "completed" }
end)

test("a public form takes everybody and ends at its close only", function(t)
  local run = start(t, { to = "public", closes = closes, receipt = { subject = "받았습니다", body = "{{link}}" } })
  local one = run:answer { data = { meal = "a", email = "a@example.org" } }
  run:answer { data = { meal = "b" } }
  run:answer { receipt = one.receipt, data = { meal = "c" } }
  local mails = run:mails()
  t:equal(#mails, 1)
  t:equal(mails[1].text:find("/r/" .. one.receipt, 1, true) ~= nil, true)
  t:equal((run:answer { data = { food = "?" } }), nil)
  run:expect { status = "waiting" }
  run:finish()
  run:expect { output = { missing = dure.array {}, closedAt = closes } }
  local answers = run:output().answers
  t:equal({ answers[1].data.meal, answers[1].receipt, answers[2].data.meal }, { "c", one.receipt, "b" })
end)

test("reminders go to those missing, once each", function(t)
  local run = start(t, { closes = closes, remind = { "P1D", "PT2H", "P9D" } })
  run:mails()
  run:answer(meal("m01", "a"))
  run:at("2013-05-02T18:00:00+09:00")
  local mails = run:mails()
  t:equal({ #mails, mails[1].to, mails[1].subject }, { 1, "m02@example.org", "[Closing soon] Meals" })
  run:answer(meal("m02", "b"))
  run:at("2013-05-03T16:00:00+09:00")
  t:equal(#run:mails(), 0)
end)

test("nobody to ask", function(t)
  start(t, { to = { group = "nobody" }, closes = closes }):expect { status = "completed", output = { answers = dure.array {} } }
end)

test("who looks sees the answers and who is missing", function(t)
  local run = start(t, { closes = closes })
  run:answer(meal("m01", "a"))
  local view = run:view("answers")
  t:equal({ view.rows[1]._who, view.rows[1].meal }, { "하나", "a" })
  t:equal(view.note.en, "Not answered yet: 둘, 셋")
end)

local choices = { type = "object", properties = {
  lunch = { enum = { "rice", "noodles" }, ["x-labels"] = { rice = { ko = "밥", en = "Rice" } } },
  bus = { type = "boolean" }, days = { type = "array", items = { enum = { "fri", "sat" } } }, why = { type = "string" } } }

local function ask_choices(t, with)
  t:people(people)
  with.to, with.schema, with.closes = { group = "members" }, choices, closes
  local run = t:start("form", with)
  run:answer { as = "m01", data = { lunch = "rice", bus = false, days = { "fri", "sat" }, why = "비밀" } }
  run:answer { as = "m02", data = { lunch = "rice", days = { "sat" } } }
  t:at(closes)
  return run:outcomes()
end

test("when it is over those who were asked read how many answered, and the clerk the counts by choice", function(t)
  local pages, page, clerk = ask_choices(t, {}), nil, nil
  for _, one in ipairs(pages) do
    if one.tables then clerk = one else page = one end
  end
  t:equal({ #pages, page.public, page.facts[1].value, page.facts[2].value, page.facts[3].value }, { 2, false, 2, 3, 1 })
  t:equal({ #clerk.tables, clerk.public }, { 3, false })
  for _, one in ipairs(clerk.tables) do
    local numbers = {}
    for i, row in ipairs(one.rows) do numbers[i] = row.count end
    t:equal(numbers, ({ bus = { 0, 1, 1 }, days = { 1, 2, 2 }, lunch = { 2, 0, 2 } })[one.title])
  end
  t:equal(dure.json.encode(pages):find("비밀", 1, true), nil)
end)

test("`show` gives them to those who were asked, `publish` to everybody", function(t)
  local pages = ask_choices(t, { show = true })
  t:equal({ #pages, #pages[1].tables, pages[1].public }, { 1, 3, false })
  t:equal(ask_choices(t, { publish = true })[1].public, true)
end)

test("no reminder comes with the invitation, and each moment once", function(t)
  t:people { { id = "a", name = "가", email = "a@example.org", groups = { "g" } } }
  local run = t:start("form", { to = { group = "g" }, title = "조사", schema = { type = "object" },
                                closes = "2013-05-03T09:00:00+09:00", remind = { "P2D", "P1D", "PT24H" } })
  local mails = run:mails()
  t:equal({ #mails, mails[1].subject }, { 1, "[답해 주십시오] 조사" })
  t:equal(mails[1].text:find("마감: 2013년 5월 3일(금) 오전 9:00", 1, true) ~= nil, true)
  t:equal(mails[1].text:find("나에게 온 요청 모두 보기: [^ ]*/me/") ~= nil, true)
  run:at("2013-05-02T09:00:00+09:00")
  t:equal(#run:mails(), 1)
end)
