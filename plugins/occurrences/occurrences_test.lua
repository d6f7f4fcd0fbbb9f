local holidays = { "2013-05-17", "2013-09-18", "2013-09-19", "2013-09-20" }

local function fridays(t, policy)
  return t:start("occurrences", {
    rrule = "FREQ=MONTHLY;BYDAY=3FR", from = "2013-01-18T10:00:00+09:00", to = "2014-01-01T00:00:00+09:00",
    holidays = holidays, policy = policy,
  }):output().at
end

test("third Fridays and their holidays", function(t)
  local kept = fridays(t, "keep")
  t:equal(#kept, 12)
  t:equal({ kept[1], kept[5], kept[9] },
          { "2013-01-18T10:00:00+09:00", "2013-05-17T10:00:00+09:00", "2013-09-20T10:00:00+09:00" })
  local moved = fridays(t, "next_business_day")
  t:equal({ moved[5], moved[9] }, { "2013-05-20T10:00:00+09:00", "2013-09-23T10:00:00+09:00" })
  local before = fridays(t, "previous_business_day")
  t:equal({ before[5], before[9] }, { "2013-05-16T10:00:00+09:00", "2013-09-17T10:00:00+09:00" })
  t:equal(#fridays(t, "skip"), 10)
end)

test("the end of the span is not in it", function(t)
  local run = t:start("occurrences", { rrule = "FREQ=DAILY", from = "2013-05-01T09:00", to = "2013-05-03T09:00" })
  run:expect { output = { at = { "2013-05-01T09:00:00+09:00", "2013-05-02T09:00:00+09:00" } } }
  run = t:start("occurrences", { rrule = "FREQ=DAILY", from = "2013-05-01T09:00", to = "2013-05-01T09:00" })
  run:expect { output = { at = dure.array {} } }
end)

test("the 31st", function(t)
  local with = { rrule = "FREQ=MONTHLY", from = "2013-01-31T09:00", to = "2013-04-01T00:00" }
  t:equal(#t:start("occurrences", with):output().at, 2)
  with.monthEnd = "clamp"
  t:equal(t:start("occurrences", with):output().at[2], "2013-02-28T09:00:00+09:00")
end)

test("gaps and folds of a zone run once", function(t)
  local with = { rrule = "FREQ=DAILY", from = "2013-03-30T02:30", to = "2013-04-01T00:00", zone = "Europe/Berlin" }
  t:equal(t:start("occurrences", with):output().at, { "2013-03-30T02:30:00+01:00", "2013-03-31T03:30:00+02:00" })
  with.gap = "skip"
  t:equal(#t:start("occurrences", with):output().at, 1)
  with = { rrule = "FREQ=DAILY", from = "2013-10-26T02:30", to = "2013-10-28T00:00", zone = "Europe/Berlin" }
  t:equal(t:start("occurrences", with):output().at[2], "2013-10-27T02:30:00+02:00")
  with.fold = "second"
  t:equal(t:start("occurrences", with):output().at[2], "2013-10-27T02:30:00+01:00")
end)

test("what is no rule is an error", function(t)
  t:start("occurrences", { rrule = "EVERY DAY", from = "2013-05-01", to = "2013-06-01" }):expect { status = "faulted" }
  t:start("occurrences", { rrule = "FREQ=DAILY", from = "2013-05-01", to = "2013-06-01", policy = "often" }):expect {
    status = "faulted", error = { status = 400 } }
end)

test("a rule that ends by itself needs no end of the span", function(t)
  local with = { rrule = "FREQ=DAILY;COUNT=2", from = "2013-05-01T10:00" }
  t:equal(#t:start("occurrences", with):output().at, 2)
  with.rrule = "FREQ=MONTHLY;BYDAY=3FR;UNTIL=20130630T000000Z"
  t:equal(#t:start("occurrences", with):output().at, 2)
  with.rrule = "FREQ=DAILY"
  t:start("occurrences", with):expect { status = "faulted",
    error = { status = 400, detail = "rrule: it has neither COUNT nor UNTIL; give 'to', where the span ends" } }
end)

test("a wrong time or zone is told by its name", function(t)
  t:start("occurrences", { rrule = "FREQ=DAILY", from = "soon", to = "2013-06-01" }):expect { status = "faulted",
    error = { status = 400, detail = "with of 'occurrences': /from: must be a time like 2013-05-24, 2013-05-24T18:00 or 2013-05-24T18:00:00+09:00" } }
  t:start("occurrences", { rrule = "FREQ=DAILY", from = "2013-05-01", to = "2013-06-01", zone = "Asia/Atlantis" }):expect {
    status = "faulted", error = { status = 400, detail = "with of 'occurrences': /zone: must be a time zone like Asia/Seoul or +09:00" } }
end)
