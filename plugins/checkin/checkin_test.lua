local function committee(t, count)
  local list = {}
  for i = 1, count do
    list[i] = { id = string.format("m%02d", i), name = "위원 " .. i, email = string.format("m%02d@example.org", i), groups = { "members" } }
  end
  t:people(list)
end

local function start(t, more)
  local with = { title = "정기총회", electorate = { group = "members" }, quorum = { of = "entitled", moreThan = "1/2" }, closes = "PT3H" }
  for k, v in pairs(more or {}) do with[k] = v end
  return t:start("checkin", with)
end

local function go(run, i, presence)
  return run:answer { as = string.format("m%02d", i), data = { presence = presence or "in" } }
end

local function figures(run)
  return run:view("desk").figures
end

test("fifteen are entitled: seven are no quorum, eight are", function(t)
  committee(t, 15)
  local run = start(t)
  for i = 1, 7 do go(run, i) end
  t:equal(figures(run), { present = 7, entitled = 15, needed = 8, reached = false })
  run:advance("PT1M")
  go(run, 8)
  t:equal(figures(run), { present = 8, entitled = 15, needed = 8, reached = true })
  run:finish()
  local out = run:output()
  t:equal(out.reachedAt, "2013-05-01T09:01:00+09:00")
  t:equal(#out.present, 8)
  t:equal(#out.absent, 7)
  t:equal(#out.timeline, 8)
end)

test("who leaves is not present any more, and may come back", function(t)
  committee(t, 3)
  local run = start(t)
  go(run, 1)
  go(run, 2)
  run:advance("PT10M")
  t:equal(go(run, 2, "out").here, false)
  t:equal(figures(run).reached, false)
  run:advance("PT20M")
  go(run, 2)
  run:finish()
  local out = run:output()
  t:equal(out.present, { "m01", "m02" })
  t:equal(out.attended, { { person = "m01", minutes = 180 }, { person = "m02", minutes = 160 } })
  t:equal(out.timeline[3], { at = "2013-05-01T09:10:00+09:00", person = "m02", action = "out", present = 1, reached = false })
end)

test("coming twice counts once", function(t)
  committee(t, 3)
  local run = start(t)
  local first = go(run, 1)
  run:advance("PT5M")
  t:equal(go(run, 1).since, first.since)
  t:equal(go(run, 2, "out").here, false)
  t:equal(figures(run).present, 1)
  run:finish()
  t:equal(#run:output().timeline, 1)
end)

test("the window is half-open to the millisecond", function(t)
  committee(t, 2)
  local run = start(t, { opens = "2013-05-01T10:00:00+09:00", closes = "2013-05-01T12:00:00+09:00" })
  t:equal(#run:items(), 0)
  run:at("2013-05-01T10:00:00+09:00")
  go(run, 1)
  run:at("2013-05-01T11:59:59.999+09:00")
  go(run, 2)
  run:at("2013-05-01T12:00:00+09:00")
  t:equal(run:output().present, { "m01", "m02" })
end)

test("where the desk does it, nobody checks in by himself", function(t)
  committee(t, 2)
  local run = start(t, { self = false })
  t:equal(#run:mails(), 0)
  run:refused("not_eligible", { as = "m01", data = { presence = "in" } })
end)

test("everybody gets his link once", function(t)
  committee(t, 3)
  local run = start(t)
  t:equal(#run:mails(), 3)
end)

test("a proxy counts while its holder is here and its principal is not", function(t)
  committee(t, 3)
  local run = start(t, { proxies = true })
  run:answer { as = "m01", delegate = "m02" }
  t:equal(figures(run).present, 0)
  go(run, 2)
  t:equal(figures(run).present, 2)
  go(run, 1)
  t:equal(figures(run).present, 2)
  go(run, 1, "out")
  go(run, 2, "out")
  t:equal(figures(run).present, 0)
  run:refused("proxy_limit", { as = "m03", delegate = "m01" })
  run:refused("proxy_limit", { as = "m02", delegate = "m03" })
end)

test("without proxies nobody is represented", function(t)
  committee(t, 3)
  local run = start(t)
  run:refused("not_eligible", { as = "m01", delegate = "m02" })
end)

test("an event ends a meeting whose end nobody knew", function(t)
  committee(t, 2)
  local run = t:start("checkin", { electorate = { group = "members" } })
  go(run, 1)
  run:event { type = "dure.checkin.end", source = "/test", subject = "another", data = {} }
  t:equal(run:show().status, "waiting")
  run:event { type = "dure.checkin.end", source = "/test", subject = run:show().id, data = {} }
  run:expect { status = "completed", output = { present = { "m01" }, needed = 0, reached = true } }
end)

test("it goes on after a crash", function(t)
  committee(t, 3)
  local run = start(t)
  go(run, 1)
  run:crash()
  go(run, 2)
  t:equal(figures(run).present, 2)
  run:finish()
  t:equal(run:output().reached, true)
end)

test("nobody entitled is an error, and so is a quorum that is none", function(t)
  committee(t, 1)
  local run = t:start("checkin", { electorate = { group = "nobody" }, closes = "PT1H" })
  run:expect { status = "faulted" }
  run = start(t, { quorum = { moreThan = "2/1" } })
  run:expect { status = "faulted" }
end)
