local DAY = "2013-05-24"

local function item(title, from, to, more)
  local out = { day = DAY, title = title, from = from, to = to }
  for k, v in pairs(more or {}) do out[k] = v end
  return out
end

local function run(t, items, more)
  local with = { items = dure.array(items) }
  for k, v in pairs(more or {}) do with[k] = v end
  return t:start("programme", with):output()
end

local function codes(out)
  local parts = {}
  for i, warning in ipairs(out.warnings) do parts[i] = warning.code .. " " .. table.concat(warning.items, "+") .. " " .. warning.minutes end
  return table.concat(parts, ", ")
end

local function kinds(out)
  local parts = {}
  for i, change in ipairs(out.changes) do parts[i] = change.message.en end
  return table.concat(parts, "; ")
end

test("spans are half-open: what follows does not overlap, a minute more does", function(t)
  t:equal(codes(run(t, { item("a", "10:00", "11:00"), item("b", "11:00", "12:00") })), "")
  t:equal(codes(run(t, { item("b", "11:00", "12:00"), item("a", "10:00", "11:01") })), "overlap a+b 1")
end)

test("a moment inside a span overlaps, at its edges it does not", function(t)
  t:equal(codes(run(t, { item("social", "21:30", "23:00"), item("close", "21:40", nil) })), "overlap social+close 0")
  t:equal(codes(run(t, { item("social", "21:30", "23:00"), item("close", "23:00", nil), item("gather", nil, "21:30") })), "")
end)

test("other people may meet at the same time, but not in the same room", function(t)
  local a, b = item("a", "10:00", "11:00", { who = { "x" }, place = "강당" }), item("b", "10:30", "11:00", { who = { "y" }, place = "강당 " })
  t:equal(codes(run(t, { a, b })), "room_overlap a+b 30")
  b.place = "식당"
  t:equal(codes(run(t, { a, b })), "")
  b.who = { "y", "x" }
  t:equal(codes(run(t, { a, b })), "overlap a+b 30")
  b.who = nil
  t:equal(codes(run(t, { a, b })), "overlap a+b 30")
end)

test("another room needs time, unless a bus goes there", function(t)
  local a, b = item("a", "10:00", "11:00", { place = "강당" }), item("b", "11:00", "12:00", { place = "식당" })
  t:equal(codes(run(t, { a, b })), "room_change a+b 0")
  b.from = "11:01"
  t:equal(codes(run(t, { a, b })), "")
  t:equal(codes(run(t, { a, b }, { change = "PT10M" })), "room_change a+b 1")
  b.kind = "bus"
  t:equal(codes(run(t, { a, b }, { change = "PT10M" })), "")
end)

test("a leg has its slack, and one that is too short is late", function(t)
  local out = run(t, { item("leg", "17:30", "18:00", { kind = "bus", km = 5, minutes = 20 }),
                       item("tight", "18:00", "18:30", { kind = "bus", km = 9, minutes = 30 }),
                       item("late", "18:30", "18:40", { kind = "bus", km = 9, minutes = 30 }) })
  t:equal(codes(out), "leg_slack tight 0, leg_late late -20")
  t:equal({ out.legs[1].slack, out.km }, { 10, 23 })
end)

test("past midnight is the next day", function(t)
  local out = run(t, { item("night", "23:00", "00:30") })
  t:equal({ out.ends, out.days[1].to }, { "2013-05-25T00:30:00+09:00", "2013-05-25T00:30:00+09:00" })
end)

test("changes are told by item, and the hash stands for the version", function(t)
  local before = { item("a", "10:00", "11:00"), item("b", "11:00", "12:00", { place = "강당" }), item("c", "12:00", "13:00") }
  local same = run(t, before, { previous = dure.array(before) })
  t:equal(kinds(same), "")
  local after = { item("a", "10:30", "11:00"), item("b", "11:00", "12:00", { place = "식당" }), item("d", "12:00", "13:00") }
  local out = run(t, after, { previous = dure.array(before) })
  t:equal(kinds(out), "New time: a (2013-05-24 10:00–11:00 → 2013-05-24 10:30–11:00); New place: b (강당 → 식당); " ..
                      "Added: d (2013-05-24 12:00–13:00); Cancelled: c (2013-05-24 12:00–13:00)")
  t:equal(out.hash ~= same.hash, true)
  t:equal(run(t, { before[3], before[1], before[2] }).hash, same.hash)
end)

test("no time, no day and no programme", function(t)
  t:start("programme", { items = { { day = DAY, title = "a" } } }):expect { status = "faulted", error = { status = 400 } }
  t:start("programme", { items = { item("a", "25:00", nil) } }):expect { status = "faulted", error = { status = 400 } }
  t:equal(codes(run(t, {})), "")
end)
