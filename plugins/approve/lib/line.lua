-- A case: one subject on its way along the line. A task has one, or with `each` one for each subject, which
-- do not wait for each other. Rows:
--
--     case:0001               {number, id, at, people, need, approvals, rejections, decisions, outcome, decidedAt}
--     item:NAME               {case, step, person, principal}
--     names:CASE:STEP:PERSON  the items of a principal's, since his own and his delegate's are settled together
--     settled:CASE:STEP:PERSON
--
--     step 1 ──enough approve──> step 2 ──> … ──> approved
--        └──a rejection that cannot be made up──> rejected
--        └──one return──> returned               ──expires──> expired
local words = require("lib.words")
local post = require("lib.post")
local fault = require("shared.stop").fault
local line = {}
local DEPUTIES_MAX = 200

local PAST = { approve = "approved", reject = "rejected", ["return"] = "returned" }

local function case_key(number) return string.format("case:%04d", number) end
local function place_key(kind, case, person) return kind .. ":" .. case.number .. ":" .. case.at .. ":" .. person end

local function keep(step, case)
  step.records:put(case_key(case.number), case)
end

function line.case(step, number)
  return step.records:get(case_key(number))
end

-- ---- what is decided

local function given_of(step, case)
  local given = case.id and step.input.each[case.number]
  return type(given) == "table" and given or {}
end

-- The subject, and with `each` whose it is.
local function title_of(step, case)
  if not case.id then return step.input.subject end
  local title, out = given_of(step, case).title or case.id, {}
  for _, language in ipairs { "ko", "en" } do
    out[language] = dure.text.pick(step.input.subject, language) .. ": " .. dure.text.pick(title, language)
  end
  return out
end

local function name_of(id)
  local person = dure.people.get(id)
  return person and person.name or id
end

local function before_of(case)
  local list = dure.array {}
  for i, one in ipairs(case.decisions) do
    list[i] = { who = name_of(one.person), what = words.decisions[one.decision], at = one.at, note = one.note }
  end
  return list
end

-- From whom he picks who decides while he is absent; nil where anybody may be named.
local function deputies_of(step, person)
  local delegates, ids = step.input.delegates, dure.array {}
  if type(delegates) == "table" and delegates[person.id] then return dure.array { delegates[person.id] } end
  if not step.input.deputies then return nil end
  for _, deputy in ipairs((dure.people.select(step.input.deputies))) do
    if #ids < DEPUTIES_MAX and deputy.id ~= person.id then ids[#ids + 1] = deputy.id end
  end
  return ids
end

local function detail_of(step, case, person, principal)
  local input, given = step.input, given_of(step, case)
  local facts = dure.array { { label = words.place, value = case.at .. " / " .. #input.line } }
  if principal ~= person.id then facts[2] = { label = words.instead, value = name_of(principal) } end
  return { principal = principal ~= person.id and principal or nil, intro = given.detail or input.intro,
           delegates = principal == person.id and deputies_of(step, person) or nil,
           material = given.material or input.material, facts = facts, before = before_of(case) }
end

local function allows_of(step, case, person, principal)
  local allows = dure.array {}
  if principal ~= person.id then return allows end
  if step.input.delegates ~= false then allows[1] = "delegate" end
  if case.people > 1 then allows[#allows + 1] = "recuse" end
  return allows
end

-- ---- asking

local function ask(step, case, person, principal, batch)
  local name = (case.id and case.id .. ":" or "") .. case.at .. ":" .. person.id
  if principal ~= person.id then name = name .. " for " .. principal end
  if step.records:get("item:" .. name) then return end
  local title = title_of(step, case)
  local item = step:ask { name = name, to = person.id, kind = "approval", title = title, outcome = case.id,
                          form = { schema = words.form }, closes = step.state.expires,
                          detail = detail_of(step, case, person, principal), allows = allows_of(step, case, person, principal) }
  step.records:put("item:" .. name, { case = case.number, step = case.at, person = person.id, principal = principal })
  local names = step.records:get(place_key("names", case, principal)) or dure.array {}
  names[#names + 1] = name
  step.records:put(place_key("names", case, principal), names)
  post.add(batch, person, item, name, title)
end

local function needed(step, case, count)
  local need = step.input.need or "one"
  if need == "one" then return 1 end
  if need == "all" then return count end
  local n = math.tointeger(need)
  if n > count then fault("too few approvers", "step " .. case.at .. " needs " .. n .. " but has " .. count) end
  return n
end

local function begin(step, case, batch)
  local input = step.input
  local people, public = dure.people.select(input.line[case.at])
  if public then fault("no approver", "'public' cannot approve: name a group or people") end
  if #people == 0 then
    error { type = "no_approver", status = 409, code = "no_approver", title = "no_approver: nobody can decide",
            detail = "step " .. case.at .. " of the line has nobody in it" }
  end
  case.people, case.need = #people, needed(step, case, #people)
  case.approvals, case.rejections = 0, 0
  local delegates = type(input.delegates) == "table" and input.delegates or {}
  for _, person in ipairs(people) do
    ask(step, case, person, person.id, batch)
    local other = delegates[person.id] and dure.people.get(delegates[person.id])
    if other then ask(step, case, other, person.id, batch) end
  end
end

function line.begin(step, number, id, batch)
  local case = { number = number, id = id, at = 1, decisions = dure.array {} }
  begin(step, case, batch)
  keep(step, case)
end

-- ---- the end of a case

-- For those who were asked: how it ended, and who decided what.
local function leave(step, case)
  local rows, columns = dure.array {}, dure.array {}
  for i, one in ipairs(before_of(case)) do
    rows[i] = { who = one.who, what = one.what, at = { at = one.at }, note = one.note or "" }
  end
  for i, key in ipairs { "who", "what", "at", "note" } do columns[i] = { key = key, title = words.columns[key] } end
  step:outcome { name = case.id, title = title_of(step, case), kind = "approval", result = words.results[case.outcome],
                 tone = case.outcome == "approved" and "good" or "warn",
                 tables = dure.array { { title = words.table, rows = rows, columns = columns } } }
end

local function close_place(step, case)
  for key, names in step.records:each("names:" .. case.number .. ":" .. case.at .. ":") do
    for _, name in ipairs(names) do step:close(name, "already_decided") end
  end
end

local function finish(step, case, outcome, at)
  if outcome ~= "expired" then close_place(step, case) end -- after its moment an item says `closed` by itself
  case.outcome, case.decidedAt = outcome, dure.time.format(at, step.zone)
  step.state.open = step.state.open - 1
  leave(step, case)
end

function line.expire(step)
  for _, case in step.records:each("case:") do
    if not case.outcome then
      finish(step, case, "expired", step.state.expires)
      keep(step, case)
    end
  end
end

local function go_on(step, case)
  local open = case.people - case.approvals - case.rejections
  local one = (step.input.need or "one") == "one"
  if case.approvals >= case.need then
    if case.at == #step.input.line then return finish(step, case, "approved", step.now) end
    close_place(step, case)
    case.at = case.at + 1
    local batch = post.new()
    begin(step, case, batch)
    post.send(step, batch)
  elseif case.approvals + open < case.need or one and case.rejections > 0 then
    finish(step, case, "rejected", step.now)
  end
end

-- ---- answers

function line.is_settled(step, case, row)
  return case.outcome or row.step ~= case.at or step.records:get(place_key("settled", case, row.principal))
end

local function settle_items(step, case, row)
  for _, name in ipairs(step.records:get(place_key("names", case, row.principal))) do step:close(name, "already_decided") end
  step.records:put(place_key("settled", case, row.principal), 1)
end

local function check_delegate(step, row, delegate)
  local allowed = step.input.delegates
  if allowed == false then words.refuse("not_eligible", "no_delegation") end
  if row.principal ~= row.person then words.refuse("not_eligible", "no_handing_on") end
  if delegate == row.person then words.refuse("not_eligible") end
  if type(allowed) == "table" and allowed[row.person] and allowed[row.person] ~= delegate then words.refuse("not_eligible") end
  if step.input.deputies and type(allowed) ~= "table" then
    local named = false
    for _, id in ipairs(deputies_of(step, { id = row.person })) do named = named or id == delegate end
    if not named then words.refuse("not_eligible") end
  end
  return dure.people.get(delegate) or words.refuse("not_eligible")
end

-- While he is absent: the delegate is asked too, and whoever decides first decides.
function line.delegate(step, case, row, to)
  local batch = post.new()
  ask(step, case, check_delegate(step, row, to), row.principal, batch)
  post.send(step, batch)
end

function line.recuse(step, case, row)
  local all = step.input.need == "all"
  local left = case.people - 1
  if row.principal ~= row.person then words.refuse("not_eligible", "no_recusal") end
  if left < (all and 1 or case.need) then words.refuse("no_approver") end
  case.people = left
  if all then case.need = left end
  settle_items(step, case, row)
  go_on(step, case)
  keep(step, case)
end

function line.decide(step, case, row, data)
  local decision = PAST[data.decision] or data.decision
  case.decisions[#case.decisions + 1] = {
    person = row.person, at = dure.time.format(step.now, step.zone), decision = decision, note = data.note,
    ["for"] = row.principal ~= row.person and row.principal or nil, step = row.step,
  }
  settle_items(step, case, row)
  if decision == "returned" then
    finish(step, case, "returned", step.now)
  else
    local counter = decision == "approved" and "approvals" or "rejections"
    case[counter] = case[counter] + 1
    go_on(step, case)
  end
  keep(step, case)
end

return line
