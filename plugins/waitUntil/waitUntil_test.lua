test("waits to the moment and goes on in it", function(t)
  local run = t:start("waitUntil", { at = "2013-05-23T18:00:00+09:00" })
  run:expect { status = "waiting" }
  run:at("2013-05-23T17:59:59.999+09:00")
  run:expect { status = "waiting" }
  run:crash()
  run:at("2013-05-23T18:00:00+09:00")
  run:expect { status = "completed", output = { at = "2013-05-23T18:00:00+09:00", late = false } }
end)

test("a moment already past continues at once", function(t)
  t:start("waitUntil", { at = "2013-04-30T18:00" }):expect {
    status = "completed", output = { at = "2013-04-30T18:00:00+09:00", late = true } }
  t:start("waitUntil", { at = "2013-05-01T09:00" }):expect { status = "completed", output = { late = false } }
end)

test("the day before at a local time", function(t)
  local run = t:start("waitUntil", { anchor = "2013-05-24T13:40:00+09:00", offset = "-P1D", time = "18:00" })
  run:finish()
  run:expect { output = { at = "2013-05-23T18:00:00+09:00" } }
end)

test("an offset after, and the local time alone", function(t)
  local run = t:start("waitUntil", { anchor = "2013-05-24T13:40:00+09:00", offset = "P7D" })
  run:finish()
  run:expect { output = { at = "2013-05-31T13:40:00+09:00" } }
  run = t:start("waitUntil", { anchor = "2013-06-24T13:40:00+09:00", time = "09:00:30" })
  run:finish()
  run:expect { output = { at = "2013-06-24T09:00:30+09:00" } }
end)

test("a day keeps the local time where clocks change", function(t)
  t:world { now = "2013-03-01T09:00:00+01:00", zone = "Europe/Berlin" }
  local run = t:start("waitUntil", { anchor = "2013-03-31T10:00:00", offset = "-P1D", zone = "Europe/Berlin" })
  run:finish()
  run:expect { output = { at = "2013-03-30T10:00:00+01:00" } }
end)

test("what is no moment is an error", function(t)
  t:start("waitUntil", { at = "tomorrow" }):expect { status = "faulted" }
  t:start("waitUntil", { at = "2013-05-23", anchor = "2013-05-23" }):expect { status = "faulted", error = { title = "two moments" } }
  t:equal((pcall(t.start, t, "waitUntil", {})), false)
  t:start("waitUntil", { at = "2013-05-23", zone = "Mars/Base" }):expect { status = "faulted" }
end)
