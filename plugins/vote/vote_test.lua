local CLOSES = "2013-05-03T18:00:00+09:00" -- 57 hours after the start of a test

local function people(t, count, group)
  local list = {}
  for i = 1, count do
    list[i] = { id = string.format("m%02d", i), name = "위원 " .. i, email = string.format("m%02d@example.org", i),
                groups = { group or "committee" } }
  end
  t:people(list)
end

local function ballots(run, from, to, choice)
  for i = from, to do run:answer { as = string.format("m%02d", i), data = { choice = choice } } end
end

local function with(more)
  local out = { question = "향후 사업계획", electorate = { group = "committee" }, closes = "PT57H" }
  for k, v in pairs(more or {}) do out[k] = v end
  return out
end

local function ended(run, output)
  run:finish()
  run:expect { status = "completed", output = output }
end

test("more than half of the entitled must be present", function(t)
  people(t, 15)
  local run = t:start("vote", with { quorum = { of = "entitled", moreThan = "1/2" } })
  ballots(run, 1, 7, "yes")
  ended(run, { outcome = "no_quorum", needed = 8, denominator = 15, present = 7, entitled = 15, cast = 7,
               quorum = { met = false, needed = 8 },
               missing = { "m08", "m09", "m10", "m11", "m12", "m13", "m14", "m15" } })
end)

test("with one more the quorum is met and five of eight decide", function(t)
  people(t, 15)
  local run = t:start("vote", with { quorum = { of = "entitled", moreThan = "1/2" } })
  ballots(run, 1, 5, "yes")
  ballots(run, 6, 8, "no")
  ended(run, { outcome = "adopted", needed = 5, denominator = 8, base = "present", counts = { yes = 5, no = 3, abstain = 0 } })
end)

test("a quorum of a fixed number, and at least a share", function(t)
  people(t, 4)
  local run = t:start("vote", with { quorum = { of = 58, moreThan = "1/2" } })
  ballots(run, 1, 4, "yes")
  ended(run, { outcome = "no_quorum", needed = 30 })
  run = t:start("vote", with { quorum = { atLeast = "1/2" } })
  ballots(run, 1, 2, "yes")
  ended(run, { outcome = "adopted", quorum = { needed = 2, met = true } })
end)

test("a large electorate is read over several turns, as it stands when it opens", function(t)
  for _, count in ipairs { 2000, 4001 } do
    local group = "of" .. count
    people(t, count, group)
    local run = t:start("vote", with { electorate = { group = group }, opens = "PT1H" })
    run:advance("PT2H")
    run:answer { as = "m01", data = { choice = "yes" } }
    run:answer { as = "m" .. count, data = { choice = "yes" } }
    run:answer { as = "m1999", data = { choice = "no" } }
    ended(run, { outcome = "adopted", entitled = count, cast = 3 })
  end
end)

test("one elector is enough, none is an error", function(t)
  people(t, 1)
  local run = t:start("vote", with { quorum = { of = "entitled", moreThan = "1/2" } })
  ballots(run, 1, 1, "yes")
  ended(run, { outcome = "adopted", needed = 1 })
  run = t:start("vote", with { electorate = { group = "nobody" } })
  run:expect { status = "faulted", error = { status = 409, code = "no_electorate" } }
end)

test("the base decides what an abstention does", function(t)
  local function votes(base, yes, no, abstain, count)
    local run = t:start("vote", with { base = base })
    ballots(run, 1, yes, "yes")
    ballots(run, yes + 1, yes + no, "no")
    ballots(run, yes + no + 1, yes + no + abstain, "abstain")
    run:finish()
    return run:output()
  end
  people(t, 58)
  local out = votes("present", 15, 10, 5)
  t:equal({ out.needed, out.outcome, out.abstain }, { 16, "rejected", 5 })
  out = votes("cast_without_abstain", 15, 10, 5)
  t:equal({ out.needed, out.denominator, out.outcome }, { 13, 25, "adopted" })
  out = votes("entitled", 15, 10, 5)
  t:equal({ out.needed, out.denominator, out.outcome }, { 30, 58, "rejected" })
  out = votes(nil, 16, 0, 14)
  t:equal({ out.needed, out.outcome }, { 16, "adopted" })
end)

test("half and half is a tie, half of more is a failure, no vote is a failure", function(t)
  people(t, 10)
  local run = t:start("vote", with {})
  ballots(run, 1, 5, "yes")
  ballots(run, 6, 10, "no")
  ended(run, { outcome = "tie", needed = 6 })
  run = t:start("vote", with {})
  ballots(run, 1, 4, "yes")
  ballots(run, 5, 8, "no")
  ballots(run, 9, 10, "abstain")
  ended(run, { outcome = "rejected" })
  ended(t:start("vote", with { base = "cast" }), { outcome = "rejected", cast = 0, needed = 1 })
  run = t:start("vote", with { threshold = { atLeast = "1/2" } })
  ballots(run, 1, 5, "yes")
  ballots(run, 6, 10, "no")
  ended(run, { outcome = "adopted", needed = 5 })
end)

test("limits are numbers too, as text as well", function(t)
  people(t, 4)
  local run = t:start("vote", with { quorum = { atLeast = "3" }, threshold = { moreThan = 0 } })
  ballots(run, 1, 1, "yes")
  ballots(run, 2, 3, "no")
  ended(run, { outcome = "adopted", needed = 1, quorum = { needed = 3, met = true } })
end)

test("two thirds are rounded up where at least, and exceeded where more", function(t)
  people(t, 10)
  for limit, needed in pairs { atLeast = 7, moreThan = 7 } do
    local run = t:start("vote", with { threshold = { [limit] = "2/3" } })
    ballots(run, 1, 6, "yes")
    ballots(run, 7, 10, "no")
    ended(run, { outcome = "rejected", needed = needed })
  end
  local run = t:start("vote", with { threshold = { moreThan = "2/3" }, base = "cast" })
  ballots(run, 1, 6, "yes")
  ballots(run, 7, 9, "no")
  ended(run, { outcome = "rejected", needed = 7 })
end)

test("the last of two ballots counts, and both are in the history", function(t)
  people(t, 3)
  local run = t:start("vote", with {})
  ballots(run, 1, 1, "yes")
  ballots(run, 1, 1, "no")
  ended(run, { cast = 1, counts = { yes = 0, no = 1 }, history = 2 })
end)

test("where a ballot cannot be changed the first stands", function(t)
  people(t, 3)
  local run = t:start("vote", with { change = "never" })
  ballots(run, 1, 1, "yes")
  run:refused("already_voted", { as = "m01", data = { choice = "no" } })
  ended(run, { cast = 1, counts = { yes = 1, no = 0 }, history = 1 })
end)

test("it ends when all have voted and none can change it", function(t)
  people(t, 3)
  local run = t:start("vote", with { change = "never" })
  ballots(run, 1, 3, "yes")
  run:expect { status = "completed", output = { outcome = "adopted" } }
  run:refused("closed", { as = "m01", data = { choice = "no" } })
  run = t:start("vote", with {})
  ballots(run, 1, 3, "yes")
  run:expect { status = "waiting" }
end)

test("without a close it ends when all have voted", function(t)
  people(t, 2)
  local run = t:start("vote", { question = "?", electorate = { group = "committee" } })
  ballots(run, 1, 2, "yes")
  run:expect { status = "completed", output = { outcome = "adopted" } }
end)

test("the last millisecond counts and the close does not", function(t)
  people(t, 3)
  local run = t:start("vote", with {})
  run:at("2013-05-03T17:59:59.999+09:00")
  ballots(run, 1, 1, "yes")
  run:at(CLOSES)
  run:refused("closed", { as = "m02", data = { choice = "yes" } })
  run:expect { status = "completed", output = { cast = 1, late = 0 } }
end)

test("within the grace a ballot counts and is flagged", function(t)
  people(t, 3)
  local run = t:start("vote", with { grace = "PT2S" })
  run:at("2013-05-03T17:59:59.999+09:00")
  t:equal(run:answer { as = "m01", data = { choice = "yes" } }.late, false)
  run:at("2013-05-03T18:00:01.999+09:00")
  t:equal(run:answer { as = "m02", data = { choice = "yes" } }.late, true)
  run:at("2013-05-03T18:00:02+09:00")
  run:refused("closed", { as = "m03", data = { choice = "yes" } })
  run:expect { status = "completed", output = { cast = 2, late = 1, closed = "2013-05-03T18:00:00+09:00" } }
end)

test("before it opens nobody votes, and who joins until then is asked", function(t)
  people(t, 2)
  local run = t:start("vote", with { opens = "2013-05-02T09:00:00+09:00" })
  run:refused("not_open", { as = "m01", data = { choice = "yes" } })
  t:equal(#run:mails(), 0)
  t:people { { id = "n1", name = "새 위원", groups = { "committee" } } }
  run:at("2013-05-02T09:00:00+09:00")
  t:equal(#run:mails(), 2)
  t:people { { id = "n2", name = "늦은 위원", groups = { "committee" } } }
  run:answer { as = "n1", data = { choice = "yes" } }
  run:refused("not_eligible", { as = "n2", data = { choice = "yes" } })
  ended(run, { entitled = 3, cast = 1 })
end)

test("who has not voted is reminded, who has is not", function(t)
  people(t, 3)
  local run = t:start("vote", with { remind = { "P1D", "PT2H" } })
  t:equal(#run:mails(), 3)
  ballots(run, 1, 1, "yes")
  run:at("2013-05-02T18:00:00+09:00")
  local mails = run:mails()
  t:equal(#mails, 2)
  t:equal(mails[1].to, "m02@example.org")
  ballots(run, 2, 2, "no")
  run:at("2013-05-03T17:00:00+09:00")
  t:equal(#run:mails(), 1)
end)

test("those on a list are present, and the others cannot vote", function(t)
  people(t, 15)
  local run = t:start("vote", with { present = { "m01", "m02", "m03", "m04", "m05", "m06", "m07", "stranger" },
                                     quorum = { moreThan = "1/2" } })
  run:refused("not_eligible", { as = "m08", data = { choice = "yes" } })
  ballots(run, 1, 7, "yes")
  ended(run, { outcome = "no_quorum", present = 7, needed = 8 })
end)

test("those of a selector are present when it closes", function(t)
  people(t, 5)
  t:people { { id = "m01", name = "위원 1", groups = { "committee", "here" } }, { id = "m02", name = "위원 2", groups = { "committee", "here" } } }
  local run = t:start("vote", with { present = { group = "here" } })
  ballots(run, 1, 1, "yes")
  run:refused("not_eligible", { as = "m03", data = { choice = "yes" } })
  ended(run, { outcome = "rejected", present = 2, needed = 2, cast = 1, missing = { "m03", "m04", "m05" } })
end)

test("a proxy counts while its holder is present and its principal is not", function(t)
  people(t, 5)
  local run = t:start("vote", with { proxy = { counts = true, max = 1 }, quorum = { moreThan = "1/2" } })
  run:answer { as = "m01", delegate = "m02" }
  run:answer { as = "m03", delegate = "m04" }
  ballots(run, 2, 2, "yes") -- holds m01's
  ballots(run, 3, 3, "no")  -- came himself
  ended(run, { outcome = "adopted", present = 3, cast = 3, proxies = 1, counts = { yes = 2, no = 1 }, missing = { "m04", "m05" } })
end)

test("proxies do not count unless the workflow says so", function(t)
  people(t, 3)
  local run = t:start("vote", with { proxy = { max = 1 }, quorum = { moreThan = "1/2" } })
  run:answer { as = "m01", delegate = "m02" }
  ballots(run, 2, 2, "yes")
  ended(run, { outcome = "no_quorum", present = 1, proxies = 0 })
end)

test("no proxy of a proxy, no more than the limit, none where there are none", function(t)
  people(t, 5)
  local run = t:start("vote", with { proxy = { counts = true, max = 1 } })
  run:answer { as = "m01", delegate = "m02" }
  run:refused("proxy_limit", { as = "m03", delegate = "m02" })
  run:refused("proxy_limit", { as = "m03", delegate = "m01" })
  run:refused("not_eligible", { as = "m03", delegate = "m03" })
  run:refused("not_eligible", { as = "m03", delegate = "stranger" })
  run:refused("proxy_limit", { as = "m02", delegate = "m04" })
  ballots(run, 4, 4, "yes")
  ended(run, { present = 1, proxies = 0 }) -- the holder never came: what he holds does not count
  run = t:start("vote", with {})
  run:refused("proxy_limit", { as = "m01", delegate = "m02" })
end)

test("a proxy given to another frees the first holder, and can be taken back", function(t)
  people(t, 4)
  local run = t:start("vote", with { proxy = { counts = true, max = 1 } })
  local receipt = run:answer { as = "m01", delegate = "m02" }.receipt
  run:answer { as = "m01", delegate = "m03" }
  run:answer { as = "m04", delegate = "m02" }
  run:answer { as = "m01", receipt = receipt, withdraw = true }
  ballots(run, 2, 3, "yes")
  ended(run, { present = 3, proxies = 1 })
end)

test("staff on the list hold the proxy of their member", function(t)
  people(t, 15)
  t:people { { id = "staff08", name = "직원" } }
  local run = t:start("vote", with { present = { "m01", "m02", "m03", "m04", "m05", "m06", "m07", "staff08" },
                                     quorum = { moreThan = "1/2" }, proxy = { counts = true, max = 1 } })
  run:answer { as = "m08", delegate = "staff08" }
  ballots(run, 1, 5, "yes")
  ended(run, { outcome = "adopted", present = 8, needed = 5 })
end)

test("who recuses himself leaves the electorate", function(t)
  people(t, 3)
  local run = t:start("vote", with { quorum = { moreThan = "1/2" } })
  run:answer { as = "m01", recuse = "이해관계" }
  run:refused("not_eligible", { as = "m01", data = { choice = "yes" } })
  ballots(run, 2, 3, "yes")
  run:refused("already_voted", { as = "m02", recuse = "늦은 생각" })
  ended(run, { entitled = 2, recused = 1, present = 2, outcome = "adopted", missing = dure.array {} })
end)

test("options that compete", function(t)
  people(t, 5)
  local options = { { id = "a", title = "첫째 안" }, { id = "b", title = "둘째 안" }, "abstain" }
  local run = t:start("vote", with { options = options })
  ballots(run, 1, 3, "a")
  ballots(run, 4, 5, "b")
  ended(run, { outcome = "adopted", winner = "a" })
  run = t:start("vote", with { options = options })
  ballots(run, 1, 2, "a")
  ballots(run, 3, 4, "b")
  ended(run, { outcome = "tie", tied = { "a", "b" } })
end)

test("options are named as people write them, and chosen in whatever spelling", function(t)
  people(t, 4)
  local run = t:start("vote", with { options = { { id = "가안", title = "A" }, { id = "b", label = { ko = "나안", en = "B" } },
                                                 { id = "c", name = "다안" } } })
  run:answer { as = "m01", data = { choice = " \u{1100}\u{1161}\u{110B}\u{1161}\u{11AB} " } } -- decomposed, with blanks
  run:answer { as = "m02", data = { choice = "b" } }
  run:answer { as = "m03", data = { choice = "가안" } }
  ended(run, { counts = { ["가안"] = 2, b = 1, c = 0 }, winner = "가안" })
end)

test("a ballot that is none is refused and changes nothing", function(t)
  people(t, 2)
  local run = t:start("vote", with {})
  local reply = run:answer { as = "m01", data = { choice = "maybe" } }
  t:equal(reply, nil)
  t:equal(run:answer { as = "m01", withdraw = true }, nil)
  ended(run, { cast = 0, history = 0, invalid = 0 })
end)

test("the same request key gives the same answer and no second ballot", function(t)
  people(t, 2)
  local run = t:start("vote", with {})
  local one = run:answer { as = "m01", data = { choice = "yes" }, key = "k1" }
  t:equal(run:answer { as = "m01", data = { choice = "yes" }, key = "k1" }, one)
  ended(run, { cast = 1, history = 1 })
end)

test("a crash loses no ballot", function(t)
  people(t, 3)
  local run = t:start("vote", with {})
  ballots(run, 1, 2, "yes")
  run:crash()
  ballots(run, 3, 3, "no")
  run:crash()
  ended(run, { counts = { yes = 2, no = 1 }, cast = 3 })
end)

test("mistakes in the rules are told at the start", function(t)
  people(t, 2)
  local function faults(more)
    t:start("vote", with(more)):expect { status = "faulted", error = { status = 400 } }
  end
  faults { threshold = { moreThan = "3/2" } }
  faults { quorum = { moreThan = "1/0" } }
  faults { electorate = "public" }
  faults { electorate = "committee" }
  faults { closes = "tomorrow" }
  faults { options = { "a", "a" } }
  faults { opens = "2013-06-01T00:00:00+09:00", closes = CLOSES }
  faults { secret = true, proxy = { counts = true } }
end)

test("a motion longer than a mail's subject is voted on all the same; the subject is cut", function(t)
  people(t, 2)
  local motion = ("가나다라 "):rep(100)
  local run = t:start("vote", with { question = motion })
  run:expect { status = "waiting" }
  local mail = run:mails()[1]
  t:equal({ #mail.subject <= 500, mail.subject:sub(-3), utf8.len(mail.subject) ~= nil }, { true, "…", true })
  t:equal(mail.text:find(motion, 1, true) ~= nil, true)
end)
