local function people(t, count)
  local list = {}
  for i = 1, count do list[i] = { id = string.format("m%02d", i), name = "회원 " .. i, groups = { "members" } } end
  t:people(list)
end

local function start(t, more)
  local with = { question = "비밀 투표", electorate = { group = "members" }, closes = "P2D", secret = true }
  for k, v in pairs(more or {}) do with[k] = v end
  return t:start("vote", with)
end

local function cast(run, i, choice, more)
  local answer = { as = string.format("m%02d", i), data = { choice = choice } }
  for k, v in pairs(more or {}) do answer[k] = v end
  return run:answer(answer)
end

local function has(list, value)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

test("a receipt proves that the ballot is in the tally, for its choice only", function(t)
  people(t, 3)
  local run = start(t)
  local reply = cast(run, 1, "yes")
  cast(run, 2, "no")
  run:finish()
  local out = run:output()
  t:equal(out.counts, { yes = 1, no = 1, abstain = 0 })
  t:equal(#out.ballots, 2)
  t:equal(has(out.ballots, dure.hash(reply.receipt .. ":yes")), true)
  t:equal(has(out.ballots, dure.hash(reply.receipt .. ":no")), false)
end)

test("nothing that is shown before the close tells a count", function(t)
  people(t, 3)
  local run = start(t)
  cast(run, 1, "yes")
  local shown = dure.json.encode(run:show())
  t:equal(shown:find("\"yes\":1", 1, true), nil)
  t:equal(shown:find("ballots", 1, true), nil)
end)

test("a ballot is changed with its receipt and not without", function(t)
  people(t, 3)
  local run = start(t)
  local reply = cast(run, 1, "yes")
  run:refused("already_voted", { as = "m01", data = { choice = "no" } })
  run:refused("already_voted", { as = "m01", data = { choice = "no" }, receipt = "guessed" })
  local again = cast(run, 1, "no", { receipt = reply.receipt })
  t:equal(again.receipt, reply.receipt)
  run:finish()
  run:expect { output = { counts = { yes = 0, no = 1 }, cast = 1, history = 2 } }
  t:equal(has(run:output().ballots, dure.hash(reply.receipt .. ":no")), true)
end)

test("the receipt of another is of no use", function(t)
  people(t, 3)
  local run = start(t)
  local reply = cast(run, 1, "yes")
  run:refused("already_voted", { as = "m01", data = { choice = "no" }, receipt = reply.receipt .. "x" })
  local other = cast(run, 2, "no", { receipt = reply.receipt })
  t:equal(other, nil)
  run:finish()
  run:expect { output = { counts = { yes = 1, no = 0 }, cast = 1 } }
end)

test("where a ballot cannot be changed the receipt changes nothing either", function(t)
  people(t, 3)
  local run = start(t, { change = "never" })
  local reply = cast(run, 1, "yes")
  run:refused("already_voted", { as = "m01", data = { choice = "no" }, receipt = reply.receipt })
end)

test("the same request gives no second ballot, and the receipt is told once", function(t)
  people(t, 3)
  local run = start(t)
  local one = cast(run, 1, "yes", { key = "k" })
  t:equal(type(one.receipt), "string")
  local again = cast(run, 1, "yes", { key = "k" })
  t:equal(again, { at = one.at }) -- a row that names the voter keeps nothing of the ballot
  run:finish()
  run:expect { output = { cast = 1, history = 1 } }
end)

test("small cells are not told, and cannot be reckoned from the others", function(t)
  people(t, 12)
  local run = start(t, { minCell = 3 })
  for i = 1, 6 do cast(run, i, "yes") end
  for i = 7, 10 do cast(run, i, "no") end
  cast(run, 11, "abstain")
  run:finish()
  local out = run:output()
  t:equal(out.counts, { yes = 6 })
  t:equal(out.abstain, nil)
  t:equal(out.outcome, "adopted")
  t:equal(out.valid, 11)
end)

test("a secret vote survives a crash", function(t)
  people(t, 3)
  local run = start(t)
  local reply = cast(run, 1, "yes")
  run:crash()
  cast(run, 1, "abstain", { receipt = reply.receipt })
  cast(run, 2, "yes")
  run:finish()
  run:expect { output = { counts = { yes = 1, no = 0, abstain = 1 }, cast = 2 } }
end)

test("a secret election", function(t)
  people(t, 5)
  local run = t:start("election", { posts = 1, candidates = { "a", "b" }, electorate = { group = "members" }, closes = "P1D", secret = true })
  local reply
  for i = 1, 3 do reply = run:answer { as = string.format("m%02d", i), data = { approve = { "a" }, reject = { "b" } } } end
  run:answer { as = "m04", data = { approve = { "b" } } }
  run:finish()
  run:expect { status = "completed", output = { elected = { "a" }, counts = { a = 3, b = 1 }, needed = 3 } }
  t:equal(has(run:output().ballots, dure.hash(reply.receipt .. ":approve a reject b")), true)
end)
