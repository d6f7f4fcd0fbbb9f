-- form: asks people, or everybody, and gathers their answers. See README.md.
local letter = require("shared.letter")
local schema = require("shared.schema")
local counts = require("lib.counts")
local stop = require("shared.stop")
local moment = require("shared.moment")

local fault = stop.fault

local LANGUAGE = "ko"

local refuse = stop.refusals {
  not_open = { ko = "아직 열리지 않았습니다.", en = "This has not opened yet." },
  closed = { ko = "마감되었습니다.", en = "This is closed." },
  already_answered = { ko = "이미 답하셨습니다. 한 번 낸 답은 고칠 수 없습니다.", en = "You have answered; an answer cannot be changed here." },
  not_possible = { ko = "이 답은 남에게 맡길 수 없습니다.", en = "This cannot be handed to somebody else." },
}

-- ---- texts

local ask_mail = {
  ko = { subject = "[답해 주십시오] %s", body = "%s\n\n아래에서 답해 주십시오.%s\n\n%s\n", closes = " 마감: %s", name = "양식" },
  en = { subject = "[Please answer] %s", body = "%s\n\nPlease answer below.%s\n\n%s\n", closes = " It closes at %s.", name = "a form" },
}
local remind_mail = {
  ko = { subject = "[곧 마감] %s", body = "%s\n\n아직 답하지 않으셨습니다.%s\n\n%s\n", closes = " 마감: %s", name = "양식" },
  en = { subject = "[Closing soon] %s", body = "%s\n\nYou have not answered yet.%s\n\n%s\n", closes = " It closes at %s.", name = "a form" },
}

-- Of at most 150 characters, as a subject wants it.
local function one_line(text)
  local line = text:gsub("%s+", " ")
  local cut = utf8.offset(line, 151)
  return cut and line:sub(1, cut - 1) or line
end

local function mail(step, person, texts, occasion)
  if not person.email then return end
  local language = texts[person.language] and person.language or LANGUAGE
  local t = texts[language]
  local title = step.input.title and dure.text.pick(step.input.title, language) or t.name
  local closes = step.state.closes and t.closes:format(letter.moment(step.state.closes, step.zone, language)) or ""
  local row = step.records:get("asked:" .. person.id)
  step:mail {
    to = person.id,
    subject = t.subject:format(one_line(title)),
    text = t.body:format(title, closes, step:link(row.item, person.id, step.state.closes)) ..
           letter.foot(step, person.id, language, { closes = step.state.closes }),
    key = step.key .. ":" .. occasion .. ":" .. person.id,
  }
end

-- ---- asking

local function detail_of(step)
  return { intro = step.input.intro, material = step.input.material }
end

local function allows_of(step)
  return step.input.change == "never" and dure.array {} or dure.array { "change", "withdraw" }
end

local function ask_person(step, person, form)
  local item = step:ask { name = person.id, to = person.id, title = step.input.title, form = form,
                          opens = step.state.opens, closes = step.state.closes, detail = detail_of(step), allows = allows_of(step) }
  step.records:put("asked:" .. person.id, { item = item })
  step.state.asked = step.state.asked + 1
  mail(step, person, ask_mail, "ask")
end

-- One item for the whole group or role: whoever takes it first works on it, and his answer ends it.
local function ask_shared(step, people, form)
  local to = step.input.to
  if type(to) ~= "table" or not (to.group or to.role) or to.group and to.role then
    fault("nobody to claim it", "'claim' wants 'to' to be {group: NAME} or {role: NAME}")
  end
  local item = step:ask { name = "shared", group = to.group, role = to.role, title = step.input.title, form = form, once = true,
                          opens = step.state.opens, closes = step.state.closes, detail = detail_of(step), allows = dure.array {} }
  for _, person in ipairs(people) do
    step.records:put("asked:" .. person.id, { item = item })
    mail(step, person, ask_mail, "ask")
  end
  step.state.asked = 1
end

local function plan_reminders(step)
  local state = step.state
  local asked = math.max(state.opens or step.now, step.now)
  for _, one in ipairs(letter.reminders(step.input.remind, asked, state.closes, step.now, step.zone)) do
    step:at(one.at, one.name)
  end
end

local function take_of(input)
  if input.claim then return 1 end
  local take = input.take or "all"
  if take == "all" then return nil end
  return take == "first" and 1 or math.tointeger(take)
end

-- ---- the end

local function answers(step)
  local out = dure.array {}
  for _, row in step.records:each("answer:") do out[#out + 1] = row end
  table.sort(out, function(a, b) return a.seq < b.seq end)
  local with_receipt = step.input.receipt ~= false
  for i, row in ipairs(out) do
    out[i] = { person = row.person, at = row.at, data = row.data, receipt = with_receipt and row.receipt or nil }
  end
  return out
end

local function missing(step)
  local out = dure.array {}
  for key in step.records:each("asked:") do
    local id = key:sub(#"asked:" + 1)
    if not step.records:get("answer:" .. id) then out[#out + 1] = id end
  end
  return out
end

-- What everybody who was asked may read: how many answered. The counts by choice are the clerk's own page, unless `show`.
local function leave(step, at, list)
  local input, state = step.input, step.state
  local tables = counts.tables(input, list)
  local facts = dure.array { { label = { ko = "답한 수", en = "Answers" }, value = state.answered } }
  if not state.public and not input.claim then
    facts[2] = { label = { ko = "여쭌 수", en = "Asked" }, value = state.asked }
    facts[3] = { label = { ko = "답하지 않은 수", en = "Not answered" }, value = state.asked - state.answered }
  end
  facts[#facts + 1] = { label = { ko = "마감된 때", en = "Closed at" }, value = { at = dure.time.format(at, step.zone) } }
  local page = { title = input.title or { ko = "양식", en = "A form" }, kind = "form", public = input.publish == true, facts = facts,
                 tone = state.answered > 0 and "good" or "warn",
                 result = { ko = "답을 모두 모았습니다", en = "The answers are in" } }
  if state.answered == 0 then page.result = { ko = "답이 없었습니다", en = "Nobody has answered" } end
  if input.show or input.publish then page.tables = tables end
  step:outcome(page)
  if page.tables or #tables == 0 then return end
  page.name, page.tables, page.result = "counts", tables, { ko = "항목별 집계", en = "Counts by choice" }
  step:outcome(page)
end

local function output(step, at)
  local list = answers(step)
  leave(step, at, list)
  return { answers = list, missing = missing(step), closedAt = dure.time.format(at, step.zone) }
end

local function is_complete(step)
  local state, take = step.state, take_of(step.input)
  if take then return state.answered >= take end
  return not state.public and state.answered >= state.asked
end

-- ---- handlers

local function read_window(step)
  local input, state = step.input, step.state
  state.opens = moment.read(step, input.opens, step.now)
  state.closes = moment.read(step, input.closes, state.opens or step.now)
  if state.opens and state.closes and state.closes <= state.opens then
    fault("the form closes before it opens", "opens " .. input.opens .. ", closes " .. input.closes)
  end
end

local function start(step)
  local input, state = step.input, step.state
  read_window(step)
  state.asked, state.answered, state.seq = 0, 0, 0
  local people, public = dure.people.select(input.to or "public")
  local form = { schema = input.schema or { type = "object" } }
  state.public = public
  if public then
    step:ask { name = "public", title = input.title, form = form, opens = state.opens, closes = state.closes,
               detail = detail_of(step), allows = allows_of(step) }
  end
  if input.claim then
    ask_shared(step, people, form)
  else
    for _, person in ipairs(people) do ask_person(step, person, form) end
  end
  if not public and #people == 0 then return output(step, step.now) end
  if state.closes then
    plan_reminders(step)
    step:at(math.max(state.closes, step.now), "close")
  end
  return step:wait()
end

local function timer(step, name)
  if name == "close" then return output(step, step.state.closes) end
  for _, id in ipairs(missing(step)) do
    local person = dure.people.get(id)
    if person then mail(step, person, remind_mail, name) end
  end
end

local function check(step, given)
  local state = step.state
  if given.delegate or given.recuse then refuse("not_possible") end
  if state.opens and step.now < state.opens then refuse("not_open") end
  if state.closes and step.now >= state.closes then refuse("closed") end
end

local function receipt_mail(step, person, given)
  local receipt = step.input.receipt
  if type(receipt) ~= "table" then return end
  local known = person and dure.people.get(person)
  local to = known or given.data and given.data.email
  if not to then return end
  local language = known and known.language or LANGUAGE
  local link = step:url("/r/" .. given.receipt)
  local function text(value)
    return (dure.text.pick(value or "", language):gsub("{{%s*link%s*}}", function() return link end))
  end
  step:mail { to = to, subject = text(receipt.subject), text = text(receipt.body),
              key = step.key .. ":receipt:" .. given.receipt, mandatory = true }
end

local function answer(step, item, given)
  check(step, given)
  local state, input = step.state, step.input
  local person = item.assignee or given.person
  local key = "answer:" .. (item.assignee or given.receipt)
  local before = step.records:get(key)
  if before and input.change == "never" then refuse("already_answered") end
  if given.withdraw then
    if before then state.answered = state.answered - 1 end
    step.records:delete(key)
    return step:accept { status = "withdrawn" }
  end
  if not before then
    state.answered, state.seq = state.answered + 1, state.seq + 1
    receipt_mail(step, person, given)
  end
  step.records:put(key, { person = person, at = dure.time.format(step.now, step.zone), data = given.data or {},
                          receipt = given.receipt, seq = before and before.seq or state.seq })
  if is_complete(step) then return step:done(output(step, step.now), { status = "answered" }) end
  return step:accept { status = "answered" }
end

-- ---- views

local function name_of(id)
  local person = id and dure.people.get(id)
  return person and person.name or id or ""
end

local function label_of(property, value)
  return property["x-labels"] and property["x-labels"][value] or value
end

local function cell(property, value)
  if type(value) == "string" then return label_of(property, value) end
  if type(value) ~= "table" then return value end
  local parts = {}
  for i, item in ipairs(value) do parts[i] = type(item) == "table" and dure.json.encode(item) or tostring(item) end
  return #parts > 0 and table.concat(parts, ", ") or dure.json.encode(value)
end

local function answer_view(step)
  local names, properties = counts.fields(step.input)
  local columns = dure.array { { key = "_who", title = { ko = "누구", en = "Who" } },
                               { key = "_at", title = { ko = "때", en = "When" } } }
  for _, name in ipairs(names) do columns[#columns + 1] = { key = name, title = properties[name].title or name } end
  local rows = dure.array {}
  for i, row in ipairs(answers(step)) do
    local cells = { _who = name_of(row.person), _at = row.at }
    for _, name in ipairs(names) do cells[name] = cell(properties[name], row.data[name]) end
    rows[i] = cells
  end
  local left = missing(step)
  local note
  if #left > 0 then
    for i, id in ipairs(left) do left[i] = name_of(id) end
    local list = table.concat(left, ", ")
    note = { ko = "아직 답하지 않은 사람: " .. list, en = "Not answered yet: " .. list }
  end
  return { columns = columns, rows = rows, note = note }
end

-- ---- the contract

local text = schema.text

return {
  name = "form",
  version = "1.0.0",
  summary = "Asks people and gathers their answers",
  functions = {
    form = {
      summary = "Asks people, or everybody, and gathers their answers until all have answered or it closes",
      effects = "local",
      input = {
        type = "object",
        additionalProperties = false,
        properties = {
          to = schema.selector("Who is asked: a selector; public if not given"),
          title = text,
          schema = { type = { "object", "boolean" }, description = "JSON Schema of the answer" },
          intro = { type = { "string", "object" }, description = "What one reads before answering" },
          material = { type = "array", maxItems = 50, items = { type = "object" }, description = "Material: [{title, url}] or [{title, text}]" },
          claim = { type = "boolean", description = "Of a group or role: one of them takes it and answers for all" },
          opens = schema.when("From when answers are taken: a time, or a duration from now"),
          closes = schema.when("Until when, itself excluded: a time, or a duration from the opening; a public form ends only then"),
          take = { description = "all; first: ends with the first answer; a number: ends with so many",
                   anyOf = { { enum = { "all", "first" } }, { type = "integer", minimum = 1 } } },
          change = { enum = { "last_wins", "never" }, description = "Whether an answer may be changed; last_wins if not given" },
          remind = schema.durations("Durations before the close: mails to those missing"),
          show = { type = "boolean", description = "Whether who was asked reads the counts by choice when it is over" },
          publish = { type = "boolean", description = "Whether everybody may read them, at an address of their own" },
          receipt = { description = "false: the output names no receipts; {subject, body}: a mail to who has answered",
                      anyOf = { { type = "boolean" },
                                { type = "object", required = { "subject" }, additionalProperties = false,
                                  properties = { subject = text, body = text } } } },
        },
      },
      output = {
        type = "object",
        required = { "answers", "missing", "closedAt" },
        properties = {
          answers = { type = "array", items = { type = "object" } },
          missing = { type = "array", items = { type = "string" } },
          closedAt = { type = "string" },
        },
      },
      start = start,
      answer = answer,
      timer = timer,
      views = { answers = { title = { ko = "받은 답", en = "Answers" }, make = answer_view } },
    },
  },
}
