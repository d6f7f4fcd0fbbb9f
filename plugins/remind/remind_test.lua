local people = {
  { id = "m01", name = "하나", email = "m01@example.org", groups = { "members" } },
  { id = "m02", name = "둘", email = "m02@example.org", groups = { "members" }, language = "en" },
}
local anchor = "2013-05-24T13:40:00+09:00"

local function start(t, with)
  t:people(people)
  with.to = with.to or { group = "members" }
  with.anchor = with.anchor or anchor
  with.rules = with.rules or { { before = "P1D", at = "18:00" } }
  with.subject = with.subject or { ko = "내일 {{time}}", en = "Tomorrow at {{time}}" }
  return t:start("remind", with)
end

test("one day before at 18:00, once", function(t)
  local run = start(t, { template = "{{name}} {{date}} {{title}}", values = { title = "포럼" } })
  run:at("2013-05-23T08:59:59.999Z")
  t:equal(#run:mails(), 0)
  run:at("2013-05-23T09:00:00Z")
  local mails = run:mails()
  t:equal(#mails, 2)
  t:equal({ mails[1].to, mails[1].subject, mails[1].text }, { "m01@example.org", "내일 13:40", "하나 2013-05-24 포럼" })
  t:equal(mails[2].subject, "Tomorrow at 13:40")
  run:expect { status = "completed", output = {
    sent = { { to = "m01", rule = 1, at = "2013-05-23T18:00:00+09:00" },
             { to = "m02", rule = 1, at = "2013-05-23T18:00:00+09:00" } },
    skipped = dure.array {}, missed = dure.array {} } }
end)

test("without a local time it is so long before exactly; several rules; their zones", function(t)
  local run = start(t, { rules = { "PT2H", { before = "P1D", at = "09:00", zone = "UTC" }, { before = "P7D" } } })
  run:at("2013-05-17T13:40:00+09:00")
  t:equal(#run:mails(), 2)
  run:at("2013-05-23T18:00:00+09:00")
  t:equal(#run:mails(), 2)
  run:crash()
  run:at("2013-05-24T11:40:00+09:00")
  t:equal(#run:mails(), 2)
  run:expect { status = "completed" }
end)

test("a moment in the past is skipped, at the start itself it is sent", function(t)
  local run = start(t, { anchor = "2013-05-01T10:00:00+09:00", rules = { "P1D", "PT1H" } })
  t:equal(#run:mails(), 2)
  run:expect { status = "completed", output = { skipped = { { rule = 1, moment = "2013-04-30T10:00:00+09:00" } } } }
end)

test("never at or after the event", function(t)
  local run = start(t, { rules = { { before = "PT0S" }, { before = "P0D", at = "18:00" } } })
  run:expect { status = "completed", output = { sent = dure.array {} } }
  t:equal(#run:output().skipped, 2)
  run = start(t, { ["until"] = "2013-05-23T18:00:00+09:00" })
  t:equal(#run:output().skipped, 1)
end)

test("who joins before the moment gets it, who left does not", function(t)
  local run = start(t, {})
  run:at("2013-05-22T00:00:00+09:00")
  t:people { { id = "m03", name = "셋", email = "m03@example.org", groups = { "members" } } }
  t:people { { id = "m01", name = "하나", email = "m01@example.org", status = "inactive", groups = { "members" } } }
  run:at("2013-05-23T18:00:00+09:00")
  local mails = run:mails()
  t:equal({ #mails, mails[1].to, mails[2].to }, { 2, "m02@example.org", "m03@example.org" })
end)

test("the anchor moves after sending: anew for the new date, nothing for the old", function(t)
  local run = start(t, { to = { people = { "m01" } }, anchor = { at = anchor, event = "org.example.moved", field = "begins" } })
  run:at("2013-05-23T18:00:00+09:00")
  t:equal(#run:mails(), 1)
  run:expect { status = "waiting" }
  run:event { type = "org.example.moved", data = { begins = "2013-05-31T13:40:00+09:00" } }
  run:event { type = "org.example.moved", data = { begins = "2013-05-31T13:40:00+09:00" } }
  run:event { type = "org.example.moved", data = { begins = "some day" } }
  run:crash()
  run:at("2013-05-30T17:59:59.999+09:00")
  t:equal(#run:mails(), 0)
  run:at("2013-05-30T18:00:00+09:00")
  t:equal(#run:mails(), 1)
  run:at("2013-05-31T13:40:00+09:00")
  run:expect { status = "completed", output = { missed = dure.array {}, skipped = dure.array {} } }
  t:equal(#run:output().sent, 2)
end)

test("the anchor moves before sending: only for the new date", function(t)
  local run = start(t, { to = { people = { "m01" } }, anchor = { at = anchor, event = "org.example.moved" } })
  run:event { type = "org.example.moved", data = { at = "2013-05-20T13:40:00+09:00" } }
  run:at("2013-05-19T18:00:00+09:00")
  t:equal(#run:mails(), 1)
  run:at("2013-05-24T13:40:00+09:00")
  t:equal(#run:mails(), 0)
  run:expect { status = "completed" }
end)

test("an event about another instance moves nothing", function(t)
  local run = start(t, { to = { people = { "m01" } }, anchor = { at = anchor, event = "org.example.moved" } })
  run:event { type = "org.example.moved", subject = "another", data = { at = "2013-05-20T13:40:00+09:00" } }
  run:at("2013-05-19T18:00:00+09:00")
  t:equal(#run:mails(), 0)
end)

test("hundreds in lots, nobody twice", function(t)
  local to = {}
  for i = 1, 450 do to[i] = string.format("m%03d@example.org", i) end
  local run = start(t, { to = to })
  run:at("2013-05-23T18:00:00+09:00")
  run:expect { status = "completed" }
  local seen = {}
  for _, sent in ipairs(run:output().sent) do
    t:equal(seen[sent.to] == nil, true)
    seen[sent.to] = true
  end
  t:equal(#run:output().sent, 450)
end)

test("what is no anchor is an error", function(t)
  start(t, { anchor = "soon" }):expect { status = "faulted" }
end)

test("what is no selector, time, duration or zone is told at the start", function(t)
  local function told(with, detail)
    start(t, with):expect { status = "faulted", error = { status = 400, detail = "with of 'remind': " .. detail } }
  end
  told({ to = { gruop = "members" } }, "/to: 'gruop' is not known here; did you mean 'group'?")
  told({ to = "members" }, "/to: must be an address, {group: NAME}, {people: [ids]}, {role: NAME} or {roster: TASK}")
  told({ anchor = "tomorrow" }, "/anchor: must be a time like 2013-05-24, 2013-05-24T18:00 or 2013-05-24T18:00:00+09:00")
  told({ rules = { { before = "one day" } } }, "/rules/0/before: must be an ISO 8601 duration (P1DT2H)")
  told({ rules = { { before = "P1D", at = "24:00" } } }, "/rules/0/at: must be a time of day like 18:00")
  told({ grace = "soon" }, "/grace: must be an ISO 8601 duration (P1DT2H)")
  told({ rules = dure.array {} }, "/rules: must have at least 1 item, has 0")
end)

test("rules that come to the same moment are one reminder", function(t)
  local run = start(t, { anchor = "2013-05-24T18:00:00+09:00", rules = { { before = "P1D", at = "18:00" }, "PT24H" },
                         to = { people = { "m01" } } })
  run:at("2013-05-23T18:00:00+09:00")
  t:equal(#run:mails(), 1)
  t:equal(run:output().suppressed, { { to = "m01", rule = 2, reason = "sent_before" } })
end)
