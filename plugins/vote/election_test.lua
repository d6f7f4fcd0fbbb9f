local function people(t, count)
  local list = {}
  for i = 1, count do
    list[i] = { id = string.format("m%02d", i), name = "회원 " .. i, groups = { "members" }, email = string.format("m%02d@example.org", i) }
  end
  t:people(list)
end

local function start(t, more)
  local with = { posts = 5, electorate = { group = "members" }, closes = "P1D",
                 candidates = { { id = "a", name = "가" }, { id = "b", name = "나" }, { id = "c", name = "다" },
                                { id = "d", name = "라" }, { id = "e", name = "마" }, { id = "f", name = "바" } } }
  for k, v in pairs(more or {}) do with[k] = v end
  return t:start("election", with)
end

-- The first n voters approve each candidate who is to have n votes.
local function cast(run, voters, votes)
  for i = 1, voters do
    local approve = dure.array {}
    for id, n in pairs(votes) do
      if i <= n then approve[#approve + 1] = id end
    end
    table.sort(approve)
    run:answer { as = string.format("m%02d", i), data = { approve = approve } }
  end
end

test("four are elected, one post is open, a run-off follows", function(t)
  people(t, 45)
  local run = start(t)
  cast(run, 41, { a = 35, b = 30, c = 28, d = 25, e = 20, f = 12 })
  run:mails()
  run:advance("P1D")
  run:expect { status = "waiting" }
  t:equal(#run:mails(), 45)
  t:equal(#run:items(), 45)
  run:answer { as = "m01", data = { approve = { "e" } } }
  t:equal(run:answer { as = "m02", data = { approve = { "a" } } }, nil) -- a does not stand again
  run:finish()
  run:expect { status = "completed",
               output = { elected = { "a", "b", "c", "d", "e" }, vacant = 0, tied = dure.array {}, needed = 21, present = 41, entitled = 45,
                          counts = { a = 35, e = 20, f = 12 }, runoff = { elected = { "e" }, needed = 1, posts = 1, counts = { e = 1, f = 0 } } } }
end)

test("a run-off that nobody votes in leaves the post vacant", function(t)
  people(t, 41)
  local run = start(t)
  cast(run, 41, { a = 35, b = 30, c = 28, d = 25, e = 20, f = 12 })
  run:finish()
  run:expect { output = { outcome = "vacant", elected = { "a", "b", "c", "d" }, vacant = 1, runoff = { cast = 0 } } }
end)

test("with one vote more the fifth is elected", function(t)
  people(t, 41)
  local run = start(t)
  cast(run, 41, { a = 35, b = 30, c = 28, d = 25, e = 21, f = 12 })
  run:finish()
  run:expect { output = { outcome = "elected", elected = { "a", "b", "c", "d", "e" }, vacant = 0 } }
  t:equal(run:output().runoff, nil)
end)

test("of more over the threshold than posts the highest are elected", function(t)
  people(t, 10)
  local run = start(t, { posts = 2 })
  cast(run, 10, { a = 7, b = 9, c = 8 })
  run:finish()
  run:expect { output = { elected = { "b", "c" }, vacant = 0 } }
end)

test("a tie over the last post elects none of the tied, and they stand again", function(t)
  people(t, 10)
  local run = start(t, { posts = 2 })
  cast(run, 10, { a = 9, b = 7, c = 7, d = 6 })
  run:advance("P1D")
  run:expect { status = "waiting" }
  t:equal(run:answer { as = "m01", data = { approve = { "d" } } }, nil)
  for i = 1, 3 do run:answer { as = "m0" .. i, data = { approve = { "c" }, reject = { "b" } } } end
  run:finish()
  run:expect { output = { elected = { "a", "c" }, vacant = 0, runoff = { counts = { b = 0, c = 3 } } } }
end)

test("a run-off that ends in a tie again leaves the post vacant and names the tied", function(t)
  people(t, 10)
  local run = start(t, { posts = 1 })
  cast(run, 10, { a = 7, b = 7 })
  run:advance("P1D")
  for i = 1, 2 do run:answer { as = "m0" .. i, data = { approve = { "a", "b" } } } end
  run:finish()
  run:expect { output = { outcome = "tie", elected = dure.array {}, tied = { "a", "b" }, vacant = 1 } }
end)

test("a tie that needs no decision is none", function(t)
  people(t, 10)
  local run = start(t, { posts = 2 })
  cast(run, 10, { a = 7, b = 7, c = 6 })
  run:finish()
  run:expect { output = { elected = { "a", "b" }, tied = dure.array {} } }
end)

test("lots are drawn from a seed that is told", function(t)
  people(t, 10)
  local run = start(t, { posts = 1, tie = "lot" })
  cast(run, 10, { a = 7, b = 7 })
  run:finish()
  local out = run:output()
  local first = dure.hash(out.lot.seed .. ":a") < dure.hash(out.lot.seed .. ":b") and "a" or "b"
  t:equal(out.elected, { first })
  t:equal(out.vacant, 0)
end)

test("vacant leaves tied posts vacant without a run-off", function(t)
  people(t, 10)
  local run = start(t, { posts = 1, tie = "vacant" })
  cast(run, 10, { a = 7, b = 7 })
  run:advance("P1D")
  run:expect { status = "completed", output = { outcome = "tie", elected = dure.array {}, tied = { "a", "b" }, vacant = 1 } }
end)

test("a ballot approves no more than allowed and does not contradict itself", function(t)
  people(t, 3)
  local run = start(t, { approvals = 2, tie = "vacant" })
  t:equal(run:answer { as = "m01", data = { approve = { "a", "b", "c" } } }, nil)
  t:equal(run:answer { as = "m01", data = { approve = { "a", "a" } } }, nil)
  run:refused("invalid", { as = "m01", data = { approve = { "a" }, reject = { "a" } } })
  run:answer { as = "m01", data = { approve = { "a", "b" } } }
  run:answer { as = "m01", data = { approve = { "c" } } }
  run:answer { as = "m02", data = {} }
  run:advance("P1D")
  run:expect { status = "completed", output = { cast = 2, history = 3, counts = { a = 0, b = 0, c = 1 } } }
end)

test("candidates have names in two languages", function(t)
  people(t, 3)
  local run = start(t, { candidates = { { id = "a", name = { ko = "갑", en = "A" } }, { id = "b", label = "을" } }, posts = 1 })
  cast(run, 3, { a = 3, b = 1 })
  run:advance("P1D")
  run:expect { status = "completed", output = { elected = { "a" }, candidates = {
    { id = "a", name = { ko = "갑", en = "A" }, yes = 3, no = 0 }, { id = "b", name = "을", yes = 1, no = 0 } } } }
end)

test("a blank ballot is present and abstains", function(t)
  people(t, 4)
  local run = start(t, { posts = 1, tie = "vacant" })
  cast(run, 1, { a = 1 })
  run:answer { as = "m02", data = {} }
  run:finish()
  run:expect { output = { cast = 2, abstain = 1, needed = 2, elected = dure.array {}, vacant = 1, outcome = "vacant" } }
end)

test("without a quorum nobody is elected", function(t)
  people(t, 10)
  local run = start(t, { posts = 1, quorum = { moreThan = "1/2" } })
  cast(run, 5, { a = 5 })
  run:finish()
  run:expect { output = { outcome = "no_quorum", needed = 6, elected = dure.array {}, vacant = 1 } }
end)

test("a run-off lasts as long as it is told to", function(t)
  people(t, 5)
  local run = start(t, { posts = 1, runoff = "PT1H" })
  cast(run, 5, { a = 3, b = 3 })
  run:advance("P1D")
  run:answer { as = "m01", data = { approve = { "b" } } }
  run:advance("PT1H")
  run:expect { status = "completed", output = { elected = { "b" } } }
end)

test("a crash between the rounds changes nothing", function(t)
  people(t, 5)
  local run = start(t, { posts = 1 })
  cast(run, 5, { a = 3, b = 3 })
  run:advance("P1D")
  run:crash()
  run:answer { as = "m01", data = { approve = { "b" } } }
  run:finish()
  run:expect { output = { elected = { "b" }, vacant = 0, counts = { a = 3, b = 3 } } }
end)

test("no electorate and a candidate twice are errors", function(t)
  start(t, { electorate = { group = "nobody" } }):expect { status = "faulted", error = { code = "no_electorate" } }
  people(t, 1)
  start(t, { candidates = { "a", "a" } }):expect { status = "faulted", error = { status = 400 } }
end)
