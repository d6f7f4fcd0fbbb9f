local CLOSES = "2013-06-01T18:00:00+09:00"
local ONE = { { id = "total", max = 100, weight = 100 } }

local function jury(t, count)
  local list = {}
  for i = 1, count do
    list[i] = { id = "r" .. i, name = "심사위원 " .. i, email = "r" .. i .. "@example.org", groups = { "jury" } }
  end
  t:people(list)
end

local function with(more)
  local out = { items = { "A" }, reviewers = { group = "jury" }, criteria = ONE, closes = CLOSES }
  for k, v in pairs(more or {}) do out[k] = v end
  return out
end

local function give(run, reviewer, points, item)
  return run:answer { item = (item or "A") .. ":" .. reviewer, as = reviewer, data = { total = points } }
end

local function scored(run)
  run:finish()
  run:expect { status = "completed" }
  return run:output().scores[1]
end

local function loads_of(run)
  local loads = {}
  for _, item in ipairs(run:items()) do loads[item.assignee] = (loads[item.assignee] or 0) + 1 end
  return loads
end

local function spread(loads, reviewers)
  local least, most = math.huge, 0
  for i = 1, reviewers do
    local n = loads["r" .. i] or 0
    least, most = math.min(least, n), math.max(most, n)
  end
  return most - least
end

local function many(count)
  local items = {}
  for i = 1, count do items[i] = { id = "P" .. i } end
  return items
end

-- ---- golden case 14

test("a recused reviewer's score leaves the mean", function(t)
  jury(t, 5)
  local run = t:start("review", with())
  for i, points in ipairs { 80, 90, 70, 60, 100 } do give(run, "r" .. i, points) end
  run:answer { item = "A:r5", as = "r5", recuse = "신청 모임의 고문입니다" }
  local line = scored(run)
  t:equal({ line.score, line.text, line.hundredths, line.reviews, line.of, line.status }, { 75, "75.0", 7500, 4, 5, "scored" })
end)

test("the score of who has recused himself stays in the audit", function(t)
  jury(t, 2)
  local run = t:start("review", with())
  give(run, "r1", 80)
  give(run, "r2", 100)
  run:answer { item = "A:r2", as = "r2", recuse = "친척" }
  run:finish()
  local audit = run:output().assignments
  t:equal({ audit[2].status, audit[2].values.total, audit[2].reason, audit[2].score }, { "recused", 100, "친척", 100 })
  t:equal(audit[1].status, "scored")
end)

test("fewer scores than minReviews need a reviewer", function(t)
  jury(t, 5)
  local run = t:start("review", with { minReviews = 5 })
  for i, points in ipairs { 80, 90, 70, 60 } do give(run, "r" .. i, points) end
  run:answer { item = "A:r5", as = "r5", recuse = "이해관계" }
  local line = scored(run)
  t:equal({ line.status, line.reviews, line.of }, { "needs_reviewer", 4, 5 })
  t:equal(run:output().needsReviewer, { "A" })
end)

test("nobody has scored: no score, and a reviewer is needed", function(t)
  jury(t, 2)
  local line = scored(t:start("review", with()))
  t:equal({ line.status, line.reviews, line.score == nil }, { "needs_reviewer", 0, true })
end)

-- ---- means

test("trimmed drops one highest and one lowest", function(t)
  jury(t, 5)
  local run = t:start("review", with { aggregate = "trimmed" })
  for i, points in ipairs { 100, 100, 70, 60, 0 } do give(run, "r" .. i, points) end
  local line = scored(run)
  t:equal({ line.text, line.hundredths, line.reviews, line.used }, { "76.67", 7667, 5, 3 })
end)

test("trimmed of two scores has nothing left", function(t)
  jury(t, 2)
  local run = t:start("review", with { aggregate = "trimmed" })
  give(run, "r1", 80)
  give(run, "r2", 90)
  t:equal(scored(run).status, "needs_reviewer")
end)

test("a recusal comes before trimming", function(t)
  jury(t, 4)
  local run = t:start("review", with { aggregate = "trimmed" })
  for i, points in ipairs { 10, 50, 90, 100 } do give(run, "r" .. i, points) end
  run:answer { item = "A:r4", as = "r4", recuse = "이해관계" }
  t:equal(scored(run).hundredths, 5000)
end)

test("weights of criteria with other maxima", function(t)
  jury(t, 1)
  local run = t:start("review", with { criteria = { { id = "need", max = 20, weight = 50 }, { id = "plan", max = 10, weight = 30 },
                                                    { id = "people", max = 5, weight = 20 } } })
  run:answer { as = "r1", data = { need = 15, plan = 7, people = 4, comment = " 주민 참여가 돋보임 " } }
  local line = scored(run)
  t:equal({ line.hundredths, line.text }, { 7450, "74.5" })
  t:equal(line.criteria, { need = 1500, plan = 700, people = 400 })
  t:equal(line.comments, { "주민 참여가 돋보임" })
end)

test("without weights a criterion weighs its points; the mean is rounded once, half up", function(t)
  jury(t, 3)
  local run = t:start("review", with { criteria = { { id = "a", max = 30 }, { id = "b", max = 70 } } })
  for i, points in ipairs { { 10, 20 }, { 10, 21 }, { 10, 21 } } do
    run:answer { item = "A:r" .. i, as = "r" .. i, data = { a = points[1], b = points[2] } }
  end
  t:equal(scored(run).hundredths, 3067)
end)

-- ---- assignment

test("the loads of reviewers differ by one at most", function(t)
  jury(t, 5)
  local run = t:start("review", with { items = many(7), each = 3 })
  local loads = loads_of(run)
  t:equal(#run:items(), 21)
  t:equal(spread(loads, 5), 1)
end)

test("conflicts are kept and the rest is evened out", function(t)
  jury(t, 4)
  -- r1 may review P5 and P6 only, and those come last.
  local run = t:start("review", with { items = many(6), each = 1, conflicts = { r1 = { "P1", "P2", "P3", "P4" } } })
  local loads = loads_of(run)
  t:equal(spread(loads, 4), 1)
  for _, item in ipairs(run:items()) do
    t:equal(item.assignee == "r1" and item.name ~= "P5:r1" and item.name ~= "P6:r1", false)
  end
end)

test("a chain of sheets moves where no single one can", function(t)
  jury(t, 3)
  -- r3 may take P1 only, which r1 gets first; r1 and r2 share the others.
  local run = t:start("review", with { items = many(5), each = 1,
    conflicts = { { reviewer = "r3", item = { "P3", "P4", "P5" } }, { reviewer = { "r1" }, item = "P2" } } })
  t:equal(spread(loads_of(run), 3), 1)
end)

test("nothing is assigned where one item cannot be; the error names it", function(t)
  jury(t, 3)
  local run = t:start("review", with { items = { "A", "B" }, each = 2,
                                       conflicts = { { reviewer = "r1", item = "B" }, { reviewer = "r2", item = "B" } } })
  run:expect { status = "faulted", error = { status = 409, code = "no_reviewer", title = "no_reviewer: 'B' cannot be assigned" } }
  t:equal(#run:items(), 0)
  t:equal(#run:mails(), 0)
end)

test("without `each` everybody without a conflict reviews", function(t)
  jury(t, 3)
  local run = t:start("review", with { items = { "A", "B" }, conflicts = { { reviewer = "r1", item = "B" } } })
  t:equal(loads_of(run), { r1 = 1, r2 = 2, r3 = 2 })
  run:refused("not_eligible", { item = "A:r2", as = "r1", data = { total = 5 } })
end)

test("a jury of nobody, and no items", function(t)
  jury(t, 1)
  t:start("review", with { reviewers = { group = "nobody" } }):expect { status = "faulted", error = { code = "no_reviewer" } }
  local run = t:start("review", with { items = dure.array {} })
  run:expect { status = "completed" }
  t:equal({ #run:output().scores, #run:output().assignments }, { 0, 0 })
end)

-- ---- time and change

test("a score counts until the close and not in its millisecond", function(t)
  jury(t, 2)
  local run = t:start("review", with())
  run:at("2013-06-01T17:59:59.999")
  give(run, "r1", 50)
  run:at("2013-06-01T18:00")
  run:refused("closed", { item = "A:r2", as = "r2", data = { total = 100 } })
  t:equal(scored(run).hundredths, 5000)
end)

test("before it opens a score is refused and nobody is written", function(t)
  jury(t, 1)
  local run = t:start("review", with { opens = "2013-05-10T09:00:00+09:00" })
  run:refused("not_open", { as = "r1", data = { total = 5 } })
  t:equal(#run:mails(), 0)
  run:at("2013-05-10T09:00")
  t:equal(#run:mails(), 1)
end)

test("without a close it ends with the last sheet", function(t)
  jury(t, 2)
  local input = with()
  input.closes = nil
  local run = t:start("review", input)
  give(run, "r1", 80)
  run:expect { status = "waiting" }
  run:answer { item = "A:r2", as = "r2", recuse = "이해관계" }
  run:expect { status = "completed" }
  local line = run:output().scores[1]
  t:equal({ line.score, line.reviews, line.of }, { 80, 1, 2 })
end)

test("the last score wins", function(t)
  jury(t, 2)
  local run = t:start("review", with())
  give(run, "r1", 80)
  give(run, "r1", 60)
  t:equal(scored(run).hundredths, 6000)
end)

test("with change: never the first score stands, and the last sheet ends it", function(t)
  jury(t, 2)
  local run = t:start("review", with { change = "never" })
  give(run, "r1", 80)
  run:refused("already_answered", { item = "A:r1", as = "r1", data = { total = 60 } })
  give(run, "r2", 70)
  run:expect { status = "completed" }
  t:equal(run:output().scores[1].hundredths, 7500)
end)

test("points beyond the maximum, fractions and missing ones are refused", function(t)
  jury(t, 1)
  local run = t:start("review", with())
  for _, data in ipairs { { total = 101 }, { total = -1 }, { total = 7.5 }, {}, { total = 5, more = 1 } } do
    t:equal((run:answer { as = "r1", data = data }), nil)
  end
  t:equal(scored(run).reviews, 0)
end)

test("a reason is needed, and who has left does not come back", function(t)
  jury(t, 2)
  local run = t:start("review", with())
  run:refused("reason_needed", { item = "A:r1", as = "r1", recuse = "  " })
  run:answer { item = "A:r1", as = "r1", recuse = "이해관계" }
  run:refused("not_eligible", { item = "A:r1", as = "r1", data = { total = 5 } })
  run:refused("not_possible", { item = "A:r2", as = "r2", delegate = "r1" })
end)

test("a score that is taken back opens its sheet again", function(t)
  jury(t, 1)
  local run = t:start("review", with())
  local reply = give(run, "r1", 80)
  run:answer { item = "A:r1", as = "r1", receipt = reply.receipt, withdraw = true }
  t:equal(scored(run).reviews, 0)
end)

-- ---- what happens meanwhile

test("an item that is withdrawn takes no more scores and keeps those it has", function(t)
  jury(t, 2)
  local run = t:start("review", with { items = { "A", "B" } })
  give(run, "r1", 90, "A")
  run:event { type = "dure.review.withdrawn", subject = run:show().id, data = { item = "A", reason = "모임 해산" } }
  run:refused("withdrawn", { item = "A:r2", as = "r2", data = { total = 5 } })
  give(run, "r1", 70, "B")
  run:finish()
  local out = run:output()
  t:equal({ out.scores[1].status, out.scores[1].reason, out.scores[1].score == nil }, { "withdrawn", "모임 해산", true })
  t:equal({ out.scores[2].status, #out.needsReviewer, out.assignments[1].score }, { "scored", 0, 90 })
end)

test("an event about another instance, or about none, withdraws nothing here", function(t)
  jury(t, 1)
  local run = t:start("review", with { items = { "A", "B" } })
  local other = t:start("review", with { items = { "A", "B" } })
  for _, of in ipairs { other:show().id, "somewhere" } do
    run:event { type = "dure.review.withdrawn", subject = of, data = { item = "A" } }
    run:event { type = "dure.review.conflict", subject = of, data = { item = "B", reviewer = "r1" } }
  end
  run:event { type = "dure.review.withdrawn", data = { item = "A" } }
  give(run, "r1", 90, "A")
  give(run, "r1", 80, "B")
  other:refused("withdrawn", { item = "A:r1", as = "r1", data = { total = 5 } })
  run:finish()
  t:equal({ run:output().scores[1].status, run:output().scores[2].status }, { "scored", "scored" })
end)

test("a workflow says itself by what an event is known", function(t)
  jury(t, 1)
  local run = t:start("review", with { items = { "A", "B" }, withdrawEvent = { type = "org.example.gone", match = { ["data.call"] = "2013" } } })
  run:event { type = "org.example.gone", data = { item = "A", call = "2012" } }
  run:event { type = "org.example.gone", subject = "call 2013", data = { item = "B", call = "2013" } }
  give(run, "r1", 90, "A")
  run:refused("withdrawn", { item = "B:r1", as = "r1", data = { total = 5 } })
  run:finish()
end)

test("the withdrawal of the last open item ends a review without a close", function(t)
  jury(t, 1)
  local input = with { items = { "A", "B" } }
  input.closes = nil
  local run = t:start("review", input)
  give(run, "r1", 90, "A")
  run:event { type = "dure.review.withdrawn", subject = run:show().id, data = { item = "nobody" } }
  run:event { type = "dure.review.withdrawn", subject = run:show().id, data = {} }
  run:expect { status = "waiting" }
  run:event { type = "dure.review.withdrawn", subject = run:show().id, data = { item = "B" } }
  run:expect { status = "completed" }
end)

test("a conflict that comes to light takes the score out of the mean", function(t)
  jury(t, 3)
  local run = t:start("review", with())
  give(run, "r1", 80)
  give(run, "r2", 60)
  give(run, "r3", 100)
  run:event { type = "dure.review.conflict", subject = run:show().id, data = { item = "A", reviewer = "r3", reason = "배우자가 회원" } }
  run:refused("conflict", { item = "A:r3", as = "r3", data = { total = 100 } })
  local line = scored(run)
  t:equal({ line.hundredths, line.reviews, line.of }, { 7000, 2, 3 })
  t:equal({ line.status, run:output().assignments[3].status, run:output().assignments[3].score }, { "scored", "conflict", 100 })
end)

test("a crash loses no sheet", function(t)
  jury(t, 3)
  local run = t:start("review", with())
  give(run, "r1", 80)
  run:crash()
  give(run, "r2", 60)
  t:equal(scored(run).hundredths, 7000)
end)

-- ---- mails and the list

test("one invitation a reviewer, and a reminder to who has open sheets", function(t)
  jury(t, 2)
  local run = t:start("review", with { items = { "A", "B" }, remind = { "P1D" } })
  t:equal(#run:mails(), 2)
  give(run, "r1", 80, "A")
  give(run, "r1", 80, "B")
  run:at("2013-05-31T18:00")
  local mails = run:mails()
  t:equal({ #mails, mails[1] and mails[1].to }, { 1, "r2@example.org" })
end)

test("the list shows who has scored, and no score", function(t)
  jury(t, 2)
  local run = t:start("review", with { items = { "A", "B" } })
  give(run, "r1", 80, "A")
  run:answer { item = "A:r2", as = "r2", recuse = "이해관계" }
  local view = run:view("progress")
  t:equal(view.totals, { scored = 1, of = 4 })
  t:equal({ view.rows[1].scored, view.rows[2].recused, view.rows[1].score == nil }, { 1, 1, true })
end)

test("what cannot be reviewed is refused", function(t)
  jury(t, 1)
  for _, more in ipairs { { items = { "A", "A" } }, { criteria = { { id = "x" }, { id = "x" } } }, { reviewers = "public" },
                          { criteria = { { id = "x", weight = 0 } } }, { criteria = { { id = "comment" } } },
                          { items = { "a:b" } }, { opens = "2013-07-01T00:00:00+09:00" },
                          { criteria = { { id = "x", max = 997 }, { id = "y", max = 991 }, { id = "z", max = 983 } } } } do
    t:start("review", with(more)):expect { status = "faulted", error = { status = 400 } }
  end
end)

test("two hundred items and twenty reviewers are handed out evenly", function(t)
  jury(t, 20)
  local run = t:start("review", with { items = many(200), each = 3, conflicts = { r1 = { "P1", "P2", "P3" } } })
  run:advance("PT1M")
  t:equal(#run:mails(), 20)
  run:finish()
  t:equal(spread(run:output().loads, 20), 0)
end)

-- ---- the last millisecond

test("a recusal in the last millisecond counts and at the close it does not", function(t)
  jury(t, 2)
  local run = t:start("review", with())
  give(run, "r1", 80)
  give(run, "r2", 60)
  run:at("2013-06-01T17:59:59.999")
  run:answer { item = "A:r2", as = "r2", recuse = "친족" }
  run:at("2013-06-01T18:00")
  run:refused("closed", { item = "A:r1", as = "r1", recuse = "친족" })
  t:equal({ run:output().scores[1].score, run:output().scores[1].reviews }, { 80, 1 })
end)

test("a recusal after scoring may leave too few scores", function(t)
  jury(t, 3)
  local run = t:start("review", with { minReviews = 3 })
  for i, points in ipairs { 80, 70, 60 } do give(run, "r" .. i, points) end
  run:answer { item = "A:r3", as = "r3", recuse = "고문" }
  local line = scored(run)
  t:equal({ line.score, line.reviews, line.of, line.status }, { 75, 2, 3, "needs_reviewer" })
  t:equal(run:output().needsReviewer, { "A" })
end)

test("a recusal from one item leaves the scores of the others", function(t)
  jury(t, 2)
  local run = t:start("review", with { items = { "A", "B" } })
  for _, item in ipairs { "A", "B" } do
    give(run, "r1", 80, item)
    give(run, "r2", 60, item)
  end
  run:answer { item = "A:r2", as = "r2", recuse = "친족" }
  run:finish()
  t:equal({ run:output().scores[1].score, run:output().scores[2].score }, { 80, 70 })
end)

test("who withdraws and has a conflict besides is withdrawn, and nothing counts twice", function(t)
  jury(t, 2)
  local input = with { items = { "A", "B" } }
  input.closes = nil
  local run = t:start("review", input)
  give(run, "r1", 80, "A")
  run:event { type = "dure.review.withdrawn", subject = run:show().id, data = { item = "A", reason = "해산" } }
  run:event { type = "dure.review.withdrawn", subject = run:show().id, data = { item = "A", reason = "다시" } }
  run:event { type = "dure.review.conflict", subject = run:show().id, data = { item = "A", reviewer = "r2", reason = "친족" } }
  run:event { type = "dure.review.conflict", subject = run:show().id, data = { item = "nothing", reviewer = "r2" } }
  give(run, "r1", 80, "B")
  run:expect { status = "waiting" }
  give(run, "r2", 60, "B")
  run:expect { status = "completed" }
  local a, b = run:output().scores[1], run:output().scores[2]
  t:equal({ a.status, a.reason, b.status, b.score }, { "withdrawn", "해산", "scored", 70 })
end)

test("trimmed drops one of several highest, not all", function(t)
  jury(t, 4)
  local run = t:start("review", with { aggregate = "trimmed" })
  for i, points in ipairs { 90, 90, 60, 60 } do give(run, "r" .. i, points) end
  local line = scored(run)
  t:equal({ line.score, line.used, line.reviews }, { 75, 2, 4 })
end)
