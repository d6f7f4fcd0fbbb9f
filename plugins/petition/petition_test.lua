local function people(t)
  local list = {}
  for i = 1, 6 do list[i] = { id = "m" .. i, name = "회원 " .. i, email = "m" .. i .. "@example.org", groups = { "members" } } end
  list[7] = { id = "rep", name = "대표", groups = { "members", "representatives" } }
  list[8] = { id = "guest", name = "손님" }
  t:people(list)
end

local function start(t, more)
  people(t)
  local with = { title = "임시총회 소집", eligible = { group = "members" }, threshold = 3, closes = "P7D" }
  for k, v in pairs(more or {}) do with[k] = v end
  return t:start("petition", with)
end

local function sign(run, who)
  return run:answer { as = who, data = {} }
end

test("it is reached when enough distinct members have signed, and goes on", function(t)
  local run = start(t)
  t:equal(#run:mails(), 6)
  sign(run, "m1")
  t:equal(sign(run, "m1").counted, false)
  sign(run, "m2")
  run:advance("P1D")
  sign(run, "m3")
  run:expect { status = "waiting" }
  sign(run, "m4")
  run:finish()
  run:expect { status = "completed", output = { reached = true, at = "2013-05-02T09:00:00+09:00", counted = 4, received = 5,
                                               duplicate = 1, invalid = 0, withdrawn = 0 } }
end)

test("the threshold may be a share of those eligible", function(t)
  local run = start(t, { threshold = { atLeast = "1/3" } }) -- of 7
  sign(run, "m1")
  sign(run, "m2")
  run:expect { status = "waiting" }
  sign(run, "m3")
  run:finish()
  run:expect { output = { reached = true, threshold = 3 } }
  start(t, { eligible = "public", threshold = { moreThan = "1/2" } }):expect { status = "faulted", error = { status = 400 } }
end)

test("without a close it ends when it is reached", function(t)
  people(t)
  local run = t:start("petition", { eligible = { group = "members" }, threshold = 2 })
  sign(run, "m1")
  run:expect { status = "waiting" }
  sign(run, "m2")
  run:expect { status = "completed", output = { reached = true, counted = 2 } }
  run = start(t, { ends = "reached", threshold = 1 })
  sign(run, "m1")
  run:expect { status = "completed" }
end)

test("one of the others is enough", function(t)
  local run = start(t, { orAnyOf = { group = "representatives" }, ends = "reached" })
  sign(run, "m1")
  sign(run, "rep")
  run:expect { status = "completed", output = { reached = true, counted = 2 } }
end)

test("who is not eligible cannot sign, and nobody can without a name", function(t)
  local run = start(t)
  run:refused("not_eligible", { as = "guest", data = {} })
  run:refused("not_eligible", { data = {} })
  run:refused("not_possible", { as = "m1", delegate = "m2" })
  run:finish()
  run:expect { output = { reached = false, received = 0 } }
  t:equal(run:output().at, nil)
end)

test("it fires once, though it falls back and is reached again", function(t)
  local run = start(t)
  sign(run, "m1")
  sign(run, "m2")
  local receipt = sign(run, "m3").receipt
  run:advance("P1D")
  run:answer { as = "m3", receipt = receipt, withdraw = true }
  sign(run, "m4")
  run:finish()
  run:expect { output = { reached = true, at = "2013-05-01T09:00:00+09:00", counted = 3, received = 4, withdrawn = 1 } }
end)

test("once reached it stays reached", function(t)
  local run = start(t, { threshold = 1 })
  local receipt = sign(run, "m1").receipt
  run:answer { as = "m1", receipt = receipt, withdraw = true }
  run:finish()
  run:expect { output = { reached = true, counted = 0, withdrawn = 1 } }
end)

test("who took his signature back may sign again", function(t)
  local run = start(t)
  local receipt = sign(run, "m1").receipt
  run:answer { as = "m1", receipt = receipt, withdraw = true }
  t:equal(sign(run, "m1").counted, true)
  run:finish()
  run:expect { output = { counted = 1, received = 2, withdrawn = 1, duplicate = 0 } }
end)

test("where it is not allowed nothing is taken back", function(t)
  local run = start(t, { withdraw = false })
  local receipt = sign(run, "m1").receipt
  run:refused("no_withdrawal", { as = "m1", receipt = receipt, withdraw = true })
  run:refused("no_amendment", { as = "m1", receipt = receipt, data = {} })
end)

test("the public signs by distinct names, however they are written", function(t)
  local run = start(t, { eligible = "public", threshold = 2, unit = { "name", "village" } })
  local function by(name, village) return run:answer { data = { name = name, village = village } } end
  t:equal(by("홍길동", "십자성").status, "counted")
  t:equal(by("홍길동 ", " 십자성").status, "duplicate")
  t:equal(by("\u{1112}\u{1169}\u{11BC}\u{1100}\u{1175}\u{11AF}\u{1103}\u{1169}\u{11BC}", "십자성").status, "duplicate")
  t:equal(by("홍길동", "돋을볕").status, "counted")
  t:equal(by("  ", "돋을볕").status, "invalid")
  run:finish()
  run:expect { output = { reached = true, counted = 2, received = 5, duplicate = 2, invalid = 1 } }
end)

test("fields that run together are not the same", function(t)
  local run = start(t, { eligible = "public", threshold = 2, unit = { "a", "b" } })
  run:answer { data = { a = "1,1:2", b = "3" } }
  t:equal(run:answer { data = { a = "1", b = "2,1:3" } }.status, "counted")
end)

test("the last millisecond counts and the close does not", function(t)
  local run = start(t, { threshold = 2, opens = "2013-05-02T09:00:00+09:00", closes = "2013-05-03T09:00:00+09:00" })
  run:refused("not_open", { as = "m1", data = {} })
  t:equal(#run:mails(), 0)
  run:at("2013-05-03T08:59:59.999+09:00")
  sign(run, "m1")
  run:at("2013-05-03T09:00:00+09:00")
  run:refused("closed", { as = "m2", data = {} })
  run:expect { status = "completed", output = { reached = false, counted = 1 } }
end)

test("a crash loses no signature and does not fire again", function(t)
  local run = start(t, { threshold = 2 })
  sign(run, "m1")
  run:crash()
  sign(run, "m2")
  run:crash()
  sign(run, "m3")
  run:finish()
  run:expect { output = { counted = 3, reached = true, at = "2013-05-01T09:00:00+09:00" } }
end)

test("a window that is none is an error", function(t)
  start(t, { opens = "2013-06-01T00:00:00+09:00", closes = "2013-05-01T00:00:00+09:00" })
    :expect { status = "faulted", error = { status = 400 } }
  start(t, { threshold = 0 }):expect { status = "faulted" }
end)

test("one below the threshold is not reached, and a withdrawal in the last millisecond counts", function(t)
  local run = start(t)
  sign(run, "m1")
  sign(run, "m2")
  run:at("2013-05-08T08:59:59.999")
  local last = sign(run, "m3")
  run:expect { status = "waiting" }
  run:answer { as = "m3", receipt = last.receipt, withdraw = true }
  run:at("2013-05-08T09:00")
  run:expect { status = "completed", output = { reached = true, at = "2013-05-08T08:59:59.999+09:00", counted = 2, withdrawn = 1, received = 3 } }
end)

test("a withdrawal before the threshold keeps it from being reached", function(t)
  local run = start(t)
  local first = sign(run, "m1")
  sign(run, "m2")
  run:answer { as = "m1", receipt = first.receipt, withdraw = true }
  sign(run, "m3")
  run:finish()
  run:expect { output = { reached = false, counted = 2, withdrawn = 1, received = 3 } }
  t:equal(run:output().at, nil)
end)

test("one of the others who takes it back leaves it reached, and his second signature fires no more", function(t)
  local run = start(t, { orAnyOf = { group = "representatives" } })
  local first = sign(run, "rep")
  run:answer { as = "rep", receipt = first.receipt, withdraw = true }
  run:advance("P1D")
  sign(run, "rep")
  run:finish()
  run:expect { output = { reached = true, at = "2013-05-01T09:00:00+09:00", counted = 1, received = 2, withdrawn = 1 } }
end)

test("who is known takes his back without a receipt, once", function(t)
  local run = start(t)
  run:refused("unknown_receipt", { as = "m1", withdraw = true })
  sign(run, "m1")
  sign(run, "m2")
  run:answer { as = "m1", withdraw = true, key = "k" }
  run:answer { as = "m1", withdraw = true, key = "k" }
  run:refused("withdrawn", { as = "m1", withdraw = true })
  run:finish()
  run:expect { output = { received = 2, counted = 1, withdrawn = 1 } }
end)

test("the same request counts once, and a receipt is taken back once", function(t)
  local run = start(t)
  local first = run:answer { as = "m1", data = {}, key = "k1" }
  t:equal(run:answer { as = "m1", data = {}, key = "k1" }.receipt, first.receipt)
  run:answer { as = "m1", receipt = first.receipt, withdraw = true }
  local _, code = run:answer { as = "m1", receipt = first.receipt, withdraw = true }
  t:equal(code ~= nil, true)
  run:finish()
  run:expect { output = { received = 1, counted = 0, withdrawn = 1, duplicate = 0 } }
end)
