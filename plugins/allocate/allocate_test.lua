local function allocated(t, with)
  local run = t:start("allocate", with)
  run:expect { status = "completed" }
  return run:output()
end

local function faults(t, with)
  t:start("allocate", with):expect { status = "faulted", error = { status = 400 } }
end

local function one(id, score, category, more)
  local item = { id = id, score = score, category = category }
  for k, v in pairs(more or {}) do item[k] = v end
  return item
end

test("rounds: what was taken is taken", function(t)
  local ranking = {}
  for category, count in pairs { forming = 40, leap = 15, growth = 3 } do
    for i = 1, count do ranking[#ranking + 1] = one(string.format("%s-%02d", category, i), 100 - i, category) end
  end
  local out = allocated(t, { ranking = ranking, quotas = { forming = 80, leap = 40, growth = 2 },
                             taken = { forming = 53, leap = 21, growth = 0 }, cut = { atLeast = 60 } })
  t:equal({ #out.selected.forming, #out.selected.leap, #out.selected.growth }, { 27, 15, 2 })
  t:equal({ #out.reserve.forming, #out.reserve.leap, #out.reserve.growth }, { 13, 0, 1 })
  t:equal(out.remaining, { forming = 0, leap = 4, growth = 0 })
  t:equal(out.selected.growth, { "growth-01", "growth-02" })
  t:equal(out.reserve.growth, { "growth-03" })
end)

test("a tie at the last place selects none of the tied", function(t)
  local out = allocated(t, { ranking = { one("a", 90), one("b", 80), one("c", 80), one("d", 70) }, quotas = 2 })
  t:equal(out.selected.all, { "a" })
  t:equal(out.tied.all, { "b", "c" })
  t:equal(out.reserve.all, { "d" })
  t:equal(out.remaining.all, 1)
end)

test("a tie that needs no decision is none", function(t)
  local out = allocated(t, { ranking = { one("b", 80), one("a", 80), one("c", 70) }, quotas = 2 })
  t:equal(out.selected.all, { "a", "b" })
  t:equal(out.tied.all, dure.array {})
end)

test("fields break a tie, and what they leave stays tied", function(t)
  local ranking = { one("a", 80, nil, { households = 50, visits = 3 }), one("b", 80, nil, { households = 70, visits = 3 }),
                    one("c", 80, nil, { households = 50, visits = 1 }) }
  t:equal(allocated(t, { ranking = ranking, quotas = 1, tie = { "households" } }).selected.all, { "b" })
  t:equal(allocated(t, { ranking = ranking, quotas = 2, tie = { "households" } }).tied.all, { "a", "c" })
  t:equal(allocated(t, { ranking = ranking, quotas = 2, tie = { "households", "-visits" } }).selected.all, { "b", "c" })
end)

test("the committee is told that it has to decide", function(t)
  local ranking = { one("a", 80), one("b", 80) }
  t:equal(allocated(t, { ranking = ranking, quotas = 1, tie = "committee" }).needsCommittee, true)
  t:equal(allocated(t, { ranking = ranking, quotas = 2, tie = "committee" }).needsCommittee, false)
end)

test("a tie of all leaves all places open", function(t)
  local out = allocated(t, { ranking = { one("a", 1), one("b", 1), one("c", 1) }, quotas = 2, tie = "none" })
  t:equal(out.selected.all, dure.array {})
  t:equal(#out.tied.all, 3)
  t:equal(out.remaining.all, 2)
end)

test("the line is part of what is above it", function(t)
  local out = allocated(t, { ranking = { one("a", 60), one("b", 59.99) }, quotas = 5, cut = { atLeast = 60 } })
  t:equal(out.selected.all, { "a" })
  t:equal(out.reserve.all, dure.array {})
  t:equal(out.remaining.all, 4)
end)

test("no double prize: who is excluded gets no place and no reserve", function(t)
  local out = allocated(t, { ranking = { one("a", 90), one("b", 80), one("c", 70) }, quotas = 1, exclude = { "a" } })
  t:equal(out.selected.all, { "b" })
  t:equal(out.reserve.all, { "c" })
end)

test("without places all are on the reserve list, and equals are named", function(t)
  local out = allocated(t, { ranking = { one("a", 90), one("b", 80), one("c", 80) }, quotas = { all = 1 }, taken = { all = 3 } })
  t:equal(out.selected.all, dure.array {})
  t:equal(out.reserve.all, { "a", "b", "c" })
  t:equal(out.reserveTies.all, { { "b", "c" } })
  t:equal(out.remaining.all, 0)
end)

test("the order of the rows decides nothing", function(t)
  local rows = { one("a", 3, "x"), one("b", 2, "x"), one("c", 2, "x"), one("d", 1, "x") }
  local back = { rows[4], rows[3], rows[2], rows[1] }
  t:equal(allocated(t, { ranking = rows, quotas = { x = 3 } }), allocated(t, { ranking = back, quotas = { x = 3 } }))
end)

test("an id twice, a category without quota and a missing tie field are errors", function(t)
  faults(t, { ranking = { one("a", 1), one("a", 2) }, quotas = 1 })
  faults(t, { ranking = { one("a", 1, "x") }, quotas = { y = 1 } })
  faults(t, { ranking = { one("a", 1), one("b", 1) }, quotas = 1, tie = { "households" } })
  faults(t, { ranking = { { id = "a" } }, quotas = 1 })
end)

test("the earlier application breaks a tie, whatever its zone; a claim too", function(t)
  local ranking = { one("a", 80, "p", { at = "2013-05-02T09:00:00+09:00", poor = false }),
                    one("b", 80, "p", { at = "2013-05-02T00:00:00+01:00", poor = true }) }
  t:equal(allocated(t, { ranking = ranking, quotas = { p = 1 }, tie = { "-at" } }).selected.p, { "b" })
  t:equal(allocated(t, { ranking = ranking, quotas = { p = 1 }, tie = { "poor" } }).selected.p, { "b" })
  ranking[2].at = "2013-05-02T00:00:00Z"
  t:equal(allocated(t, { ranking = ranking, quotas = { p = 1 }, tie = { "-at" } }).tied.p, { "a", "b" })
  ranking[2].at = "어제"
  faults(t, { ranking = ranking, quotas = { p = 1 }, tie = { "-at" } })
end)

test("a tie at the cut line itself: all on it are above it", function(t)
  local out = allocated(t, { ranking = { one("a", 60, "p"), one("b", 60, "p"), one("c", 59.99, "p") }, quotas = { p = 2 }, cut = { atLeast = 60 } })
  t:equal({ out.selected.p, out.reserve.p, out.tied.p }, { { "a", "b" }, dure.array {}, dure.array {} })
end)

test("the reserve of a tie are those below it, and a reserve moves up when the tied are excluded", function(t)
  local ranking = { one("a", 90, "p"), one("b", 80, "p"), one("c", 80, "p"), one("d", 70, "p") }
  local out = allocated(t, { ranking = ranking, quotas = { p = 2 } })
  t:equal({ out.selected.p, out.tied.p, out.reserve.p, out.remaining.p }, { { "a" }, { "b", "c" }, { "d" }, 1 })
  out = allocated(t, { ranking = ranking, quotas = { p = 2 }, taken = { p = 1 }, exclude = { "a", "b" } })
  t:equal({ out.selected.p, out.reserve.p, out.remaining.p }, { { "c" }, { "d" }, 0 })
end)

test("more taken than there are places leaves none, and a row without a category is an error where there are several", function(t)
  local out = allocated(t, { ranking = { one("a", 90, "p") }, quotas = { p = 1 }, taken = { p = 2 } })
  t:equal({ out.selected.p, out.reserve.p, out.remaining.p }, { dure.array {}, { "a" }, 0 })
  faults(t, { ranking = { one("a", 90) }, quotas = { p = 1, q = 1 } })
end)

test("with a title it leaves a page: who got a place, who waits, out of how many", function(t)
  local ranking = { { id = "a", score = 9000, category = "pilot" }, { id = "b", score = 8000, category = "pilot" },
                    { id = "c", score = 7000, category = "general" }, { id = "d", score = 1, category = "general" } }
  local with = { ranking = ranking, quotas = { pilot = 1, general = 3 }, taken = { general = 1 }, cut = { atLeast = 100 },
                 title = { ko = "선정", en = "Selection" }, names = { a = "가 마을", pilot = { ko = "시범", en = "Pilot" } }, publish = true }
  local pages = t:start("allocate", with):outcomes()
  local page = pages[1]
  t:equal({ #pages, page.public, page.tone, page.facts[4].value }, { 1, true, "good", 4 })
  t:equal({ page.facts[1].value.en, page.facts[2].value.en }, { "1 of 2 places given, 0 in reserve", "1 of 1 places given, 1 in reserve" })
  t:equal({ page.tables[2].rows[1].who, page.tables[2].rows[1].score, page.tables[2].rows[2].result.en }, { "가 마을", 9000, "Reserve, place 1" })
  t:equal(page.tables[2].title.en, "Pilot")
  with.title = nil
  t:equal(#t:start("allocate", with):outcomes(), 0)
end)
