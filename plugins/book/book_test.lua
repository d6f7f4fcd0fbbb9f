local function slot(from, to, resource)
  return { resource = resource or "hall", from = "2013-06-01T" .. from .. ":00+09:00", to = "2013-06-01T" .. to .. ":00+09:00" }
end

local function status(t, wanted, more)
  local with = wanted
  for k, v in pairs(more or {}) do with[k] = v end
  return t:start("book", with):output().status
end

test("slots are half-open", function(t)
  local known = { slot("10:00", "12:00") }
  t:equal(status(t, slot("12:00", "13:00"), { bookings = known }), "booked")
  t:equal(status(t, slot("09:00", "10:00"), { bookings = known }), "booked")
  t:equal(status(t, slot("11:59", "13:00"), { bookings = known }), "conflict")
  t:equal(status(t, slot("12:00", "13:00", "room"), { bookings = { slot("10:00", "14:00") } }), "booked")
end)

test("a buffer stays free on both sides", function(t)
  local known = { slot("10:00", "12:00") }
  t:equal(status(t, slot("12:29", "13:00"), { bookings = known, buffer = "PT30M" }), "conflict")
  t:equal(status(t, slot("12:30", "13:00"), { bookings = known, buffer = "PT30M" }), "booked")
  t:equal(status(t, slot("09:00", "09:31"), { bookings = known, buffer = "PT30M" }), "conflict")
end)

test("of several resources all are booked or none", function(t)
  local with = slot("11:00", "12:00")
  with.resource, with.bookings = { "hall", "room" }, { slot("10:00", "12:00", "room") }
  t:equal(status(t, with), "conflict")
  with.bookings = dure.array {}
  local out = t:start("book", with):output()
  t:equal(#out.booked, 2)
  t:equal(#t:start("book", with):output().conflicts, 2)
  t:equal(status(t, slot("11:30", "12:30", "room")), "conflict") -- nothing of the refused ones was booked
end)

test("a calendar refuses conflicts and a cancelled slot is free again", function(t)
  local run = t:start("book", { resource = { "hall", "room" }, closes = "2013-06-10T00:00:00+09:00" })
  local reply = run:answer { data = slot("10:00", "12:00") }
  run:refused("conflict", { data = slot("11:00", "13:00") })
  run:answer { data = slot("11:00", "13:00", "room") }
  run:answer { receipt = reply.receipt, data = slot("10:30", "12:30") }
  run:refused("invalid", { data = slot("15:00", "15:00") })
  run:answer { receipt = reply.receipt, withdraw = true }
  run:answer { data = slot("11:00", "13:00") }
  run:finish()
  t:equal(#run:output().bookings, 2)
end)

test("two instances that book the same resource conflict", function(t)
  t:equal(status(t, slot("10:00", "12:00")), "booked")
  t:equal(status(t, slot("11:00", "13:00")), "conflict")
  t:equal(status(t, slot("12:00", "13:00")), "booked")
  t:equal(status(t, slot("10:00", "12:00", "room")), "booked")
end)

test("bookings that are passed on from call to call are one conflict, not two", function(t)
  local first = t:start("book", slot("10:00", "12:00")):output()
  local with = slot("11:00", "13:00")
  with.bookings = first.bookings
  t:equal(#t:start("book", with):output().conflicts, 1)
end)

test("a slot that is given back is free for all", function(t)
  local out = t:start("book", slot("10:00", "12:00")):output()
  t:equal(t:start("book", { resource = "hall", cancel = out.booked[1].id }):output().status, "cancelled")
  t:equal(status(t, slot("11:00", "13:00")), "booked")
end)

test("a calendar and a call meet, whichever was first", function(t)
  local run = t:start("book", { resource = "hall", closes = "2013-06-10T00:00:00+09:00" })
  t:equal(status(t, slot("10:00", "12:00")), "booked")
  run:refused("conflict", { data = slot("11:00", "13:00") })
  run:answer { data = slot("13:00", "14:00") }
  t:equal(status(t, slot("13:30", "14:30")), "conflict")
  run:crash()
  t:equal(status(t, slot("13:30", "14:30")), "conflict")
end)
