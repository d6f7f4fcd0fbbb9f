local people = {
  { id = "m01", name = "하나", email = "m01@example.org", groups = { "members", "committee" } },
  { id = "m02", name = "둘", email = "m02@example.org", groups = { "members" }, language = "en" },
  { id = "m03", name = "셋", groups = { "members" } },
}

test("one mail a person, however many roles; the language of each", function(t)
  t:people(people)
  local run = t:start("notify", {
    to = { { group = "members" }, { group = "committee" } },
    subject = { ko = "안내: {{name}} 님", en = "Notice for {{name}}" },
    body = { ko = "{{place}}에서 {{missing}}", en = "at {{ place }}" }, values = { place = "시청" },
  })
  local mails = run:mails()
  t:equal(#mails, 2)
  t:equal({ mails[1].to, mails[1].subject, mails[1].text }, { "m01@example.org", "안내: 하나 님", "시청에서 " })
  t:equal({ mails[2].to, mails[2].subject, mails[2].text }, { "m02@example.org", "Notice for 둘", "at 시청" })
  local out = run:output()
  t:equal(out.sent, { "m01", "m02" })
  t:equal(out.suppressed, { { to = "m03", reason = "no_address" } })
  t:equal(#out.keys, 3)
end)

test("addresses given outright, the same one in two spellings", function(t)
  local run = t:start("notify", { to = { { email = "A@example.org", name = "가" }, "a@example.org", "b@example.org" },
                                  subject = "{{name}}", body = "x" })
  local mails = run:mails()
  t:equal({ #mails, mails[1].subject, mails[2].subject }, { 2, "가", "(제목 없음)" })
  t:equal(#run:output().keys, 2)
  t:start("notify", { to = "c@example.org", subject = "하나" }):expect { output = { sent = { "c@example.org" } } }
end)

test("placeholders cannot add header lines", function(t)
  local run = t:start("notify", { to = { { email = "a@example.org", name = "x\r\nBcc: y@example.org" } }, subject = "안내 {{name}}" })
  t:equal(run:mails()[1].subject, "안내 x Bcc: y@example.org")
end)

test("attachments: a calendar entry and a list", function(t)
  local run = t:start("notify", {
    to = "a@example.org", subject = "초대",
    attach = { ics = { from = "2013-05-24T13:40:00+09:00", to = "2013-05-25T11:00:00+09:00", summary = "포럼", location = "시청" },
               csv = { name = "list.csv", rows = { { a = "=1", b = 2 } }, columns = { "a", "b" } } },
  })
  local files = run:mails()[1].attachments
  t:equal({ files[1].name, files[2].name }, { "event.ics", "list.csv" })
  t:equal(files[1].text:find("DTSTART", 1, true) ~= nil, true)
  t:equal(files[2].text:sub(1, 8), "\u{FEFF}a,b\r\n")
end)

test("a pace, kept across a crash", function(t)
  local to = {}
  for i = 1, 26 do to[i] = string.format("m%02d@example.org", i) end
  local run = t:start("notify", { to = to, subject = "안내", pace = { mails = 13, every = "PT1M" } })
  t:equal(#run:mails(), 13)
  run:crash()
  run:advance("PT59S")
  t:equal(#run:mails(), 0)
  run:advance("PT1S")
  t:equal(#run:mails(), 13)
  local keys, seen = run:output().keys, {}
  for _, key in ipairs(keys) do seen[key] = true end
  local distinct = 0
  for _ in pairs(seen) do distinct = distinct + 1 end
  t:equal({ #keys, distinct }, { 26, 26 })
end)

test("more than a lot goes out in several turns", function(t)
  local to = {}
  for i = 1, 450 do to[i] = string.format("m%03d@example.org", i) end
  local run = t:start("notify", { to = to, subject = "안내" })
  run:expect { status = "completed" }
  t:equal(#run:output().sent, 450)
end)

test("a computed name that is no task is told, not mailed to nobody", function(t)
  for _, to in ipairs { { roster = "regsiter" }, { "a@example.org", { roster = "regsiter" } } } do
    local run = t:start("notify", { to = to, subject = "안내" })
    run:expect { status = "faulted", error = { status = 400, detail = "with of 'notify': there is no task 'regsiter' in this workflow" } }
    t:equal(#run:mails(), 0)
  end
end)

test("nobody, and everybody", function(t)
  t:start("notify", { to = { group = "nobody" }, subject = "안내" }):expect {
    status = "completed", output = { sent = dure.array {}, suppressed = dure.array {}, keys = dure.array {} } }
  t:start("notify", { to = "public", subject = "안내" }):expect { status = "faulted", error = { title = "nobody to write to" } }
end)

test("a person with two roles in two groups gets one mail, by whatever address", function(t)
  t:people(people)
  local run = t:start("notify", { to = { { group = "members" }, { people = { "m01" } }, { email = "M01@example.org" } },
                                  subject = "안내", body = "x", key = "once" })
  t:equal(#run:mails(), 2)
  t:equal(run:output().sent, { "m01", "m02" })
end)

test("the house's templates, in the language of each; what has no value is a mistake", function(t)
  t:people(people)
  local run = t:start("notify", { to = { group = "members" }, subject = "의결: {{what}}", values = { what = "<예산>" },
                                  template = "resolution" })
  local mails = run:mails()
  t:equal({ mails[1].subject, mails[1].text:find("하나 님께", 1, true), mails[1].text:find("의결: <예산>", 1, true) ~= nil },
          { "의결: <예산>", 1, true })
  t:equal(mails[2].text:find("Dear 둘", 1, true), 1)
  t:start("notify", { to = "a@example.org", subject = "x", template = "resolutoin" }):expect { status = "faulted" }
  t:start("notify", { to = "a@example.org" }):expect { status = "faulted", error = { title = "no subject" } }
end)

test("HTML beside the text: values in it are escaped", function(t)
  local run = t:start("notify", { to = { email = "a@example.org", name = "<b>가</b>" }, subject = "안내", body = "{{name}}",
                                  html = "<p>{{name}}</p>" })
  local mail = run:mails()[1]
  t:equal({ mail.text, mail.html }, { "<b>가</b>", "<p>&lt;b&gt;가&lt;/b&gt;</p>" })
end)

test("a person who is also an address is one; another person at his address is told of", function(t)
  t:people { { id = "m01", name = "하나", email = "office@example.org", groups = { "members" }, language = "en" },
             { id = "m02", name = "둘", email = "OFFICE@example.org", groups = { "members" } } }
  local run = t:start("notify", { to = { " office@example.org ", { people = { "m01" } }, { group = "members" } },
                                  subject = { ko = "안내", en = "Notice" } })
  local mails = run:mails()
  t:equal({ #mails, mails[1].to, mails[1].subject }, { 1, "office@example.org", "Notice" })
  t:equal(run:output().sent, { "m01" })
  t:equal(run:output().suppressed, { { to = "m02", reason = "same_address" } })
end)
