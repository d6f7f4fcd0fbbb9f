-- More cases of the rules: fractions, frozen electorates, proxies whose holder leaves, ties, secrecy.
local function people(t, count, groups)
  local list = {}
  for i = 1, count do
    list[i] = { id = string.format("m%02d", i), name = "위원 " .. i, groups = groups and groups(i) or { "committee" } }
  end
  t:people(list)
end

local function start(t, more)
  local with = { question = "안건", electorate = { group = "committee" }, closes = "P1D" }
  for k, v in pairs(more or {}) do with[k] = v end
  return t:start("vote", with)
end

local function cast(run, i, choice, more)
  local answer = { as = string.format("m%02d", i), data = { choice = choice } }
  for k, v in pairs(more or {}) do answer[k] = v end
  return run:answer(answer)
end

local function tally(run, yes, no, abstain)
  for i = 1, yes do cast(run, i, "yes") end
  for i = yes + 1, yes + no do cast(run, i, "no") end
  for i = yes + no + 1, yes + no + (abstain or 0) do cast(run, i, "abstain") end
  run:finish()
  return run:output()
end

test("a share is exact: thirds, halves, all, and one more than a number", function(t)
  people(t, 12)
  local cases = {
    { { atLeast = "2/3" }, 9, 6 }, { { moreThan = "2/3" }, 9, 7 }, { { atLeast = "2/3" }, 10, 7 }, { { moreThan = "2/3" }, 10, 7 },
    { { atLeast = "1/2" }, 9, 5 }, { { moreThan = "1/2" }, 9, 5 }, { { atLeast = "1/2" }, 10, 5 }, { { moreThan = "1/2" }, 10, 6 },
    { { atLeast = "1/1" }, 7, 7 }, { { atLeast = "3/4" }, 11, 9 }, { { moreThan = "1/3" }, 12, 5 }, { { atLeast = 4 }, 9, 4 }, { { moreThan = 4 }, 9, 5 },
  }
  for _, case in ipairs(cases) do
    local limit, present, needed = case[1], case[2], case[3]
    local out = tally(start(t, { threshold = limit }), needed, present - needed)
    t:equal({ out.needed, out.denominator, out.outcome }, { needed, present, "adopted" })
    out = tally(start(t, { threshold = limit }), needed - 1, present - needed + 1)
    t:equal({ out.needed, out.outcome == "adopted" }, { needed, false })
  end
end)

test("where all abstain nothing is adopted, whatever the base", function(t)
  people(t, 4)
  for _, base in ipairs { "present", "cast", "cast_without_abstain", "entitled" } do
    local out = tally(start(t, { base = base }), 0, 0, 4)
    t:equal({ out.outcome, out.abstain, out.valid, out.needed >= 1 }, { "rejected", 4, 4, true })
  end
end)

test("the electorate is that of the opening, whoever joins or leaves later", function(t)
  people(t, 3)
  local run = start(t)
  t:people { { id = "m01", name = "위원 1", groups = dure.array {} }, { id = "m09", name = "새 위원", groups = { "committee" } } }
  cast(run, 1, "yes")
  run:refused("not_eligible", { as = "m09", data = { choice = "no" } })
  run:finish()
  run:expect { output = { entitled = 3, cast = 1, missing = { "m02", "m03" } } }
end)

test("a proxy does not count when its holder has left at the close", function(t)
  people(t, 4, function(i) return i <= 2 and { "committee", "here" } or { "committee" } end)
  local run = start(t, { present = { group = "here" }, proxy = { counts = true } })
  run:answer { as = "m03", delegate = "m01" }
  run:answer { as = "m04", delegate = "m02" }
  cast(run, 1, "yes")
  cast(run, 2, "no")
  t:people { { id = "m01", name = "위원 1", groups = { "committee" } } }
  run:finish()
  run:expect { output = { proxies = 1, present = 3, cast = 3, counts = { yes = 1, no = 2 } } }
end)

test("a proxy does not count when its principal comes, though he casts nothing", function(t)
  people(t, 3, function(i) return i == 1 and { "committee", "here" } or { "committee" } end)
  local run = start(t, { present = { group = "here" }, proxy = { counts = true } })
  run:answer { as = "m02", delegate = "m01" }
  run:answer { as = "m03", delegate = "m01" }
  cast(run, 1, "yes")
  t:people { { id = "m02", name = "위원 2", groups = { "committee", "here" } } }
  run:finish()
  run:expect { output = { proxies = 1, present = 3, cast = 2, counts = { yes = 2 } } }
end)

test("a proxy follows the last ballot of its holder, and a holder who abstains abstains twice", function(t)
  people(t, 3)
  local run = start(t, { proxy = { counts = true } })
  run:answer { as = "m02", delegate = "m01" }
  cast(run, 1, "yes")
  cast(run, 1, "abstain")
  run:finish()
  run:expect { output = { cast = 2, abstain = 2, counts = { yes = 0 }, proxies = 1, outcome = "rejected" } }
end)

test("what was done says why it cannot be undone", function(t)
  people(t, 4)
  local run = start(t, { proxy = { counts = true } })
  cast(run, 1, "yes")
  local function said(code, sentence, given)
    local _, why, _, reply = run:answer(given)
    t:equal({ why, reply.message.en }, { code, sentence })
  end
  said("already_voted", "You have voted and cannot give a proxy any more.", { as = "m01", delegate = "m02" })
  said("already_voted", "You have voted and cannot step aside any more.", { as = "m01", recuse = "이해관계" })
  run:answer { as = "m02", recuse = "이해관계" }
  said("not_eligible", "You have stepped aside from this vote.", { as = "m02", data = { choice = "yes" } })
end)

test("a proxy limit of none refuses each", function(t)
  people(t, 2)
  local run = start(t, { proxy = { counts = true, max = 0 } })
  run:refused("proxy_limit", { as = "m01", delegate = "m02" })
end)

test("a recusal lowers what is needed, and the whole electorate may recuse itself", function(t)
  people(t, 3)
  local run = start(t, { base = "entitled" })
  run:answer { as = "m03", recuse = "가족" }
  cast(run, 1, "yes")
  cast(run, 2, "yes")
  run:finish()
  run:expect { output = { entitled = 2, needed = 2, outcome = "adopted", recused = 1 } }
  run = start(t)
  for i = 1, 3 do run:answer { as = string.format("m%02d", i), recuse = "모두" } end
  run:finish()
  run:expect { status = "faulted", error = { code = "no_electorate" } }
end)

test("a secret ballot in the last millisecond counts, at the close it is refused", function(t)
  people(t, 3)
  local run = start(t, { secret = true, closes = "2013-05-03T18:00:00+09:00", grace = "PT2S" })
  run:at("2013-05-03T17:59:59.999+09:00")
  cast(run, 1, "yes")
  run:at("2013-05-03T18:00:01.999+09:00")
  t:equal(cast(run, 2, "yes").late, true)
  run:at("2013-05-03T18:00:02+09:00")
  run:refused("closed", { as = "m03", data = { choice = "yes" } })
  run:expect { status = "completed", output = { cast = 2, late = 1, counts = { yes = 2 } } }
end)

test("a secret vote of nobody is rejected, and one of all with no change ends at once", function(t)
  people(t, 2)
  local run = start(t, { secret = true })
  run:finish()
  run:expect { output = { cast = 0, outcome = "rejected", ballots = dure.array {} } }
  run = start(t, { secret = true, change = "never" })
  cast(run, 1, "yes")
  cast(run, 2, "no")
  run:expect { status = "completed", output = { cast = 2, outcome = "tie" } }
end)

test("a secret election with a run-off has an urn for each round", function(t)
  people(t, 4)
  local run = t:start("election", { posts = 1, candidates = { "a", "b", "c" }, electorate = { group = "committee" },
                                    closes = "P1D", runoff = "P1D", secret = true })
  for i = 1, 4 do run:answer { as = string.format("m%02d", i), data = { approve = { i % 2 == 0 and "a" or "b", i > 1 and "c" or nil } } } end
  run:at("2013-05-02T09:00:00+09:00")
  if run:show().status == "waiting" then
    for i = 1, 3 do run:answer { as = string.format("m%02d", i), data = { approve = { "a" } } } end
    run:finish()
  end
  run:expect { status = "completed" }
  t:equal(run:output().cast, 4)
end)

test("ids that could be read as two are no candidates of a secret election", function(t)
  people(t, 2)
  t:start("election", { posts = 1, candidates = { "a,b" }, electorate = { group = "committee" }, closes = "P1D", secret = true })
    :expect { status = "faulted", error = { status = 400 } }
end)

test("an election of nobody leaves all posts vacant, one approved by half is not elected", function(t)
  people(t, 4)
  local run = t:start("election", { posts = 2, candidates = { "a", "b" }, electorate = { group = "committee" }, closes = "P1D", tie = "vacant" })
  run:finish()
  run:expect { output = { elected = dure.array {}, vacant = 2 } }
  run = t:start("election", { posts = 2, candidates = { "a", "b" }, electorate = { group = "committee" }, closes = "P1D", tie = "vacant" })
  for i = 1, 4 do run:answer { as = string.format("m%02d", i), data = { approve = i <= 2 and { "a", "b" } or { "b" } } } end
  run:finish()
  run:expect { output = { elected = { "b" }, vacant = 1, needed = 3 } }
end)
