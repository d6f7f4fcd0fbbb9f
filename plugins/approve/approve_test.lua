local function people(t)
  t:people {
    { id = "clerk", name = "담당", email = "clerk@example.org", groups = { "clerks" } },
    { id = "h1", name = "과장", email = "h1@example.org", groups = { "heads" } },
    { id = "h2", name = "국장", email = "h2@example.org", groups = { "heads" } },
    { id = "h3", name = "실장", groups = { "heads" } },
    { id = "boss", name = "구청장", email = "boss@example.org", groups = { "bosses" } },
    { id = "deputy", name = "부구청장", email = "deputy@example.org" },
  }
end

local function start(t, more)
  people(t)
  local with = { subject = "용역 계약", line = { { group = "heads" }, { group = "bosses" } } }
  for k, v in pairs(more or {}) do with[k] = v end
  return t:start("approve", with)
end

local function decide(run, who, decision, note)
  return run:answer { as = who, data = { decision = decision, note = note } }
end

test("each step is asked in its turn, and one of a step is enough", function(t)
  local run = start(t)
  t:equal(#run:mails(), 2)
  run:refused("not_eligible", { as = "boss", data = { decision = "approve" } })
  decide(run, "h1", "approve", "좋습니다")
  run:expect { status = "waiting" }
  t:equal(run:mails()[1].to, "boss@example.org")
  run:refused("already_decided", { as = "h2", data = { decision = "reject" } })
  decide(run, "boss", "approve")
  run:expect { status = "completed", output = { outcome = "approved", decisions = {
    { person = "h1", decision = "approved", note = "좋습니다", step = 1, at = "2013-05-01T09:00:00+09:00" },
    { person = "boss", decision = "approved", step = 2, at = "2013-05-01T09:00:00+09:00" } } } }
  run:refused("already_decided", { as = "boss", data = { decision = "reject" } })
end)

test("the first decision of a step stands", function(t)
  local run = start(t)
  decide(run, "h2", "reject")
  run:expect { status = "completed", output = { outcome = "rejected" } }
  run:refused("already_decided", { as = "h1", data = { decision = "approve" } })
end)

test("all of a step, and one rejection is enough against it", function(t)
  local run = start(t, { need = "all", line = { { group = "heads" } } })
  decide(run, "h1", "approve")
  run:refused("already_decided", { as = "h1", data = { decision = "reject" } })
  decide(run, "h2", "approve")
  run:expect { status = "waiting" }
  decide(run, "h3", "approve")
  run:expect { output = { outcome = "approved" } }
  run = start(t, { need = "all", line = { { group = "heads" } } })
  decide(run, "h1", "approve")
  decide(run, "h2", "rejected")
  run:expect { output = { outcome = "rejected" } }
end)

test("a number of a step: rejected when it cannot be reached any more", function(t)
  local run = start(t, { need = 2, line = { { group = "heads" } } })
  decide(run, "h1", "reject")
  run:expect { status = "waiting" }
  decide(run, "h2", "approve")
  decide(run, "h3", "approved")
  run:expect { output = { outcome = "approved" } }
  run = start(t, { need = 2, line = { { group = "heads" } } })
  decide(run, "h1", "reject")
  decide(run, "h2", "reject")
  run:expect { output = { outcome = "rejected" } }
end)

test("one return ends it", function(t)
  local run = start(t, { need = "all" })
  decide(run, "h1", "approve")
  decide(run, "h2", "return", "견적서를 붙여 주십시오")
  run:expect { status = "completed" }
  t:equal(run:output().outcome, "returned")
  t:equal(run:output().decisions[2].note, "견적서를 붙여 주십시오")
end)

test("the last millisecond counts, then it expires", function(t)
  local run = start(t, { expires = "2013-05-02T09:00:00+09:00" })
  run:at("2013-05-02T08:59:59.999+09:00")
  decide(run, "h1", "approve")
  run:at("2013-05-02T09:00:00+09:00")
  run:expect { status = "completed", output = { outcome = "expired", decidedAt = "2013-05-02T09:00:00+09:00" } }
  t:equal(#run:output().decisions, 1)
  run:refused("closed", { as = "boss", data = { decision = "approve" } })
end)

test("deputies are listed for who is absent, and only they may be chosen", function(t)
  local run = start(t, { line = { { group = "bosses" } }, deputies = { people = { "deputy", "boss" } } })
  t:equal(run:items()[1].detail.delegates, { "deputy" })
  run:refused("not_eligible", { as = "boss", delegate = "clerk" })
  run:answer { as = "boss", delegate = "deputy" }
  decide(run, "deputy", "approve")
  run:expect { output = { outcome = "approved" } }
end)

test("while absent an approver hands over, and may still decide himself", function(t)
  local run = start(t, { line = { { group = "bosses" } } })
  run:answer { as = "boss", delegate = "deputy" }
  t:equal(run:mails()[2].to, "deputy@example.org")
  run:refused("not_eligible", { as = "deputy", delegate = "clerk" })
  decide(run, "deputy", "approve")
  run:expect { output = { outcome = "approved", decisions = { { person = "deputy", ["for"] = "boss", decision = "approved",
                                                                 step = 1, at = "2013-05-01T09:00:00+09:00" } } } }
  run:refused("already_decided", { as = "boss", data = { decision = "reject" } })
  run = start(t, { line = { { group = "bosses" } } })
  run:answer { as = "boss", delegate = "deputy" }
  decide(run, "boss", "reject")
  run:expect { output = { outcome = "rejected" } }
  run:refused("already_decided", { as = "deputy", data = { decision = "approve" } })
end)

test("a delegate decides once for each", function(t)
  local run = start(t, { need = "all", line = { { group = "heads" } } })
  for _, who in ipairs { "h1", "h2" } do run:answer { as = who, delegate = "deputy" } end
  decide(run, "deputy", "approve")
  run:expect { status = "waiting" }
  decide(run, "deputy", "approve")
  decide(run, "h3", "approve")
  run:expect { output = { outcome = "approved" } }
end)

test("delegates that are known beforehand are asked at once, and none where none may be", function(t)
  local run = start(t, { line = { { group = "bosses" } }, delegates = { boss = "deputy" } })
  decide(run, "deputy", "approve")
  run:expect { output = { outcome = "approved" } }
  run = start(t, { delegates = false })
  run:refused("not_eligible", { as = "h1", delegate = "deputy" })
  run = start(t)
  run:refused("not_eligible", { as = "h1", delegate = "h1" })
  run:refused("not_eligible", { as = "h1", delegate = "stranger" })
end)

test("who has a conflict leaves the step, but not the last", function(t)
  local run = start(t, { need = "all" })
  run:answer { as = "h1", recuse = "친족" }
  decide(run, "h2", "approve")
  decide(run, "h3", "approve")
  run:refused("no_approver", { as = "boss", recuse = "친족" })
  decide(run, "boss", "approve")
  run:expect { output = { outcome = "approved" } }
end)

test("somebody of two steps decides twice", function(t)
  local run = start(t, { line = { { people = { "boss" } }, { people = { "boss" } } } })
  decide(run, "boss", "approve")
  run:expect { status = "waiting" }
  decide(run, "boss", "approve")
  run:expect { output = { outcome = "approved" } }
end)

test("a line with nobody or too few is an error", function(t)
  start(t, { line = { { group = "nobody" } } }):expect { status = "faulted", error = { status = 409, code = "no_approver" } }
  start(t, { line = { { group = "bosses" } }, need = 2 }):expect { status = "faulted", error = { status = 400 } }
  start(t, { line = dure.array {} }):expect { status = "faulted" }
end)

test("a crash between the steps changes nothing", function(t)
  local run = start(t)
  decide(run, "h1", "approve")
  run:crash()
  decide(run, "boss", "approve")
  run:expect { output = { outcome = "approved" } }
end)

local function several(t, more)
  people(t)
  local with = { subject = { ko = "협약", en = "Agreement" }, each = { "가", { id = "나", title = "나마을" }, "다" }, line = { { group = "bosses" } } }
  for k, v in pairs(more or {}) do with[k] = v end
  return t:start("approve", with)
end

-- "가 approved boss, …": what came of each, and who decided it.
local function told(run)
  local parts = {}
  for _, result in ipairs(run:output().results) do
    local part = result.id .. " " .. result.outcome
    for _, one in ipairs(result.decisions) do part = part .. " " .. one.person .. (one["for"] and " for " .. one["for"] or "") end
    parts[#parts + 1] = part
  end
  return run:output().outcome .. ": " .. table.concat(parts, ", ")
end

test("several subjects do not wait for each other, and one mail has the links of all", function(t)
  local run = several(t, { expires = "P1D" })
  local mails = run:mails()
  t:equal(#mails, 1)
  t:equal(mails[1].subject, "[결재] 협약 (3건)")
  t:equal(mails[1].text:find("협약: 나마을\n", 1, true) ~= nil, true)
  run:answer { as = "boss", item = "다:1:boss", data = { decision = "approve" } }
  run:refused("already_decided", { as = "boss", item = "다:1:boss", data = { decision = "reject" } })
  run:answer { as = "boss", item = "가:1:boss", data = { decision = "return", note = "도장" } }
  run:crash()
  run:expect { status = "waiting" }
  run:advance("P1D")
  run:refused("closed", { as = "boss", item = "나:1:boss", data = { decision = "approve" } })
  run:expect { status = "completed", output = { decidedAt = "2013-05-02T09:00:00+09:00" } }
  t:equal(told(run), "returned: 가 returned boss, 나 expired, 다 approved boss")
  t:equal(run:output().decisions[1].note, "도장")
end)

test("each of several goes to its next step by itself", function(t)
  local run = several(t, { each = { "가", "나" }, line = { { people = { "h1" } }, { group = "bosses" } } })
  run:mails()
  run:answer { as = "h1", item = "나:1:h1", data = { decision = "approve" } }
  t:equal(run:mails()[1].subject, "[결재] 협약: 나")
  run:refused("not_eligible", { as = "boss", item = "가:1:h1", data = { decision = "approve" } })
  run:answer { as = "boss", item = "나:2:boss", delegate = "deputy" }
  run:answer { as = "deputy", item = "나:2:deputy for boss", data = { decision = "approve" } }
  run:answer { as = "h1", item = "가:1:h1", data = { decision = "reject" } }
  t:equal(told(run), "rejected: 가 rejected h1, 나 approved h1 deputy for boss")
end)

test("of several a recusal concerns one, and all approved is approved", function(t)
  local run = several(t, { each = { "가", "나" }, need = "all", line = { { people = { "h1", "h2" } } } })
  run:answer { as = "h1", item = "가:1:h1", recuse = "친족" }
  run:answer { as = "h2", item = "가:1:h2", data = { decision = "approve" } }
  run:answer { as = "h2", item = "나:1:h2", data = { decision = "approve" } }
  run:expect { status = "waiting" }
  run:answer { as = "h1", item = "나:1:h1", data = { decision = "approve" } }
  t:equal(told(run), "approved: 가 approved h2, 나 approved h2 h1")
end)

test("none of several is nothing to decide, one of them twice is an error", function(t)
  local run = several(t, { each = dure.array {} })
  run:expect { status = "completed" }
  t:equal(told(run), "approved: ")
  several(t, { each = { "가", "가" } }):expect { status = "faulted", error = { status = 400 } }
end)

test("the line expires where nobody of its second step decides, and what was decided stays told", function(t)
  local run = start(t, { expires = "PT1H" })
  decide(run, "h1", "approve")
  run:advance("PT1H")
  run:expect { output = { outcome = "expired", decidedAt = "2013-05-01T10:00:00+09:00" } }
  t:equal(run:output().decisions[1].person, "h1")
end)
