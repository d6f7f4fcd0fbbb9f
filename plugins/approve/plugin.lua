-- approve: a line of approvers, one step after the other. See README.md.
--
--     step 1 ──enough approve──> step 2 ──> … ──> approved
--        └──a rejection that cannot be made up──> rejected
--        └──one return──> returned               ──expires──> expired

local refusals = {
  closed = { ko = "결재 기한이 지났습니다.", en = "The time to decide is over." },
  already_decided = { ko = "이미 결정되었습니다.", en = "This has been decided." },
  not_eligible = { ko = "그 사람에게는 대결을 맡길 수 없습니다.", en = "That person cannot decide in your place." },
  no_approver = { ko = "결재할 사람이 남지 않으므로 물러날 수 없습니다.", en = "Nobody would be left to decide." },
}

local PAST = { approve = "approved", reject = "rejected", ["return"] = "returned" }

local function refuse(code)
  error { refused = code, message = refusals[code] }
end

local function fault(title, detail)
  error { type = "validation", status = 400, title = title, detail = detail }
end

-- ---- what an approver is asked

local schema = {
  type = "object", required = { "decision" }, additionalProperties = false,
  ["x-order"] = { "decision", "note" },
  properties = {
    decision = {
      title = { ko = "결정", en = "Decision" }, ["x-widget"] = "radio",
      enum = { "approve", "reject", "return", "approved", "rejected", "returned" },
      ["x-labels"] = { approve = { ko = "승인", en = "Approve" }, reject = { ko = "반려", en = "Reject" },
                       ["return"] = { ko = "보완 요청", en = "Return for changes" },
                       approved = false, rejected = false, returned = false },
    },
    note = { type = "string", maxLength = 10000, title = { ko = "의견", en = "Note" }, ["x-widget"] = "textarea" },
  },
}

local texts = {
  ko = { subject = "[결재] %s", body = "%s\n\n아래에서 결정해 주십시오.%s\n\n%s\n", closes = " 기한: %s" },
  en = { subject = "[Approval] %s", body = "%s\n\nPlease decide below.%s\n\n%s\n", closes = " It expires at %s." },
}

local function mail(step, person, item, name)
  if not person.email then return end
  local state = step.state
  local language = texts[person.language] and person.language or "ko"
  local t = texts[language]
  local title = dure.text.pick(step.input.subject, language)
  local closes = state.expires and t.closes:format(dure.time.format(state.expires, step.zone)) or ""
  step:mail { to = person.id, mandatory = true, subject = t.subject:format((title:gsub("%s+", " "))),
              text = t.body:format(title, closes, step:link(item, person.id, state.expires)),
              key = step.key .. ":ask:" .. name }
end

-- ---- what he reads before he decides, and what he may do beside it

local words = {
  approved = { ko = "승인", en = "approved" }, rejected = { ko = "반려", en = "rejected" },
  returned = { ko = "보완 요청", en = "returned for changes" },
  place = { ko = "결재 단계", en = "Step" }, instead = { ko = "대신 결정해 드리는 분", en = "You decide for" },
}

local function name_of(id)
  local person = dure.people.get(id)
  return person and person.name or id
end

local function before_of(step)
  local list = dure.array {}
  for i, one in ipairs(step.state.decisions) do
    list[i] = { who = name_of(one.person), what = words[one.decision], at = one.at, note = one.note }
  end
  return list
end

local function detail_of(step, person, principal)
  local facts = dure.array { { label = words.place, value = step.state.at .. " / " .. #step.input.line } }
  if principal ~= person.id then facts[2] = { label = words.instead, value = name_of(principal) } end
  return { principal = principal ~= person.id and principal or nil, intro = step.input.intro, material = step.input.material,
           facts = facts, before = before_of(step) }
end

local function allows_of(step, person, principal)
  local allows = dure.array {}
  if principal ~= person.id then return allows end
  if step.input.delegates ~= false then allows[1] = "delegate" end
  if step.state.people > 1 then allows[#allows + 1] = "recuse" end
  return allows
end

-- Items of a step: `item:NAME` {step, person, principal}, and the names of a principal's, since his
-- own and his delegate's are settled together.
local function ask(step, person, principal)
  local place = step.state.at
  local name = place .. ":" .. person.id .. (principal ~= person.id and " for " .. principal or "")
  if step.records:get("item:" .. name) then return end
  local item = step:ask { name = name, to = person.id, kind = "approval", title = step.input.subject,
                          form = { schema = schema }, closes = step.state.expires,
                          detail = detail_of(step, person, principal), allows = allows_of(step, person, principal) }
  step.records:put("item:" .. name, { step = place, person = person.id, principal = principal })
  local names = step.records:get("names:" .. place .. ":" .. principal) or dure.array {}
  names[#names + 1] = name
  step.records:put("names:" .. place .. ":" .. principal, names)
  mail(step, person, item, name)
end

-- ---- steps of the line

local function needed(step, count)
  local need = step.input.need or "one"
  if need == "one" then return 1 end
  if need == "all" then return count end
  local n = math.tointeger(need)
  if n > count then
    fault("too few approvers", "step " .. step.state.at .. " needs " .. n .. " but has " .. count)
  end
  return n
end

local function begin(step)
  local state, input = step.state, step.input
  local people, public = dure.people.select(input.line[state.at])
  if public then fault("no approver", "'public' cannot approve: name a group or people") end
  if #people == 0 then
    error { type = "no_approver", status = 409, code = "no_approver", title = "no_approver: nobody can decide",
            detail = "step " .. state.at .. " of the line has nobody in it" }
  end
  state.people, state.need = #people, needed(step, #people)
  state.approvals, state.rejections = 0, 0
  local delegates = type(input.delegates) == "table" and input.delegates or {}
  for _, person in ipairs(people) do
    ask(step, person, person.id)
    local other = delegates[person.id] and dure.people.get(delegates[person.id])
    if other then ask(step, other, person.id) end
  end
end

local results = {
  approved = { ko = "승인되었습니다", en = "Approved" }, rejected = { ko = "반려되었습니다", en = "Rejected" },
  returned = { ko = "보완을 위해 돌려보냈습니다", en = "Returned for changes" },
  expired = { ko = "기한 안에 결정되지 않았습니다", en = "Not decided in time" },
}

-- For those who were asked: how it ended, and who decided what.
local function leave(step, outcome)
  local rows = dure.array {}
  for i, one in ipairs(before_of(step)) do
    rows[i] = { who = one.who, what = one.what, at = { at = one.at }, note = one.note or "" }
  end
  step:outcome { title = step.input.subject, kind = "approval", result = results[outcome],
                 tone = outcome == "approved" and "good" or "warn",
                 tables = dure.array { { title = { ko = "결정", en = "Decisions" }, rows = rows, columns = dure.array {
                   { key = "who", title = { ko = "누구", en = "Who" } }, { key = "what", title = { ko = "결정", en = "Decision" } },
                   { key = "at", title = { ko = "때", en = "When" } }, { key = "note", title = { ko = "의견", en = "Note" } } } } } }
end

local function finish(step, outcome, at)
  step:close(nil, "already_decided")
  leave(step, outcome)
  return { outcome = outcome, decisions = dure.array(step.state.decisions), decidedAt = dure.time.format(at, step.zone) }
end

-- The output if the line has come to its end, nil if it goes on.
local function go_on(step)
  local state = step.state
  local open = state.people - state.approvals - state.rejections
  if state.approvals >= state.need then
    step:close(nil, "already_decided")
    if state.at == #step.input.line then return finish(step, "approved", step.now) end
    state.at = state.at + 1
    begin(step)
  elseif state.approvals + open < state.need or (step.input.need or "one") == "one" and state.rejections > 0 then
    return finish(step, "rejected", step.now)
  end
end

-- ---- answers

local function check_delegate(step, row, delegate)
  local allowed = step.input.delegates
  if allowed == false or row.principal ~= row.person or delegate == row.person then refuse("not_eligible") end
  if type(allowed) == "table" and allowed[row.person] and allowed[row.person] ~= delegate then refuse("not_eligible") end
  return dure.people.get(delegate) or refuse("not_eligible")
end

-- While he is absent: the delegate is asked too, and whoever decides first decides.
local function delegate(step, row, given)
  ask(step, check_delegate(step, row, given.delegate), row.principal)
  return step:accept { delegate = given.delegate, allows = dure.array { "change", "delegate" } }
end

local function settle_items(step, row)
  for _, name in ipairs(step.records:get("names:" .. row.step .. ":" .. row.principal)) do
    step:close(name, "already_decided")
  end
  step.records:put("settled:" .. row.step .. ":" .. row.principal, 1)
end

local function recuse(step, row)
  local state = step.state
  local all = step.input.need == "all"
  local left = state.people - 1
  if row.principal ~= row.person then refuse("not_eligible") end
  if left < (all and 1 or state.need) then refuse("no_approver") end
  state.people = left
  if all then state.need = left end
  settle_items(step, row)
  local output = go_on(step)
  if output then return step:done(output, { recused = true }) end
  return step:accept { recused = true }
end

local function decide(step, row, data)
  local state = step.state
  local decision = PAST[data.decision] or data.decision
  state.decisions[#state.decisions + 1] = {
    person = row.person, at = dure.time.format(step.now, step.zone), decision = decision, note = data.note,
    ["for"] = row.principal ~= row.person and row.principal or nil, step = row.step,
  }
  settle_items(step, row)
  if decision == "returned" then return finish(step, "returned", step.now) end
  local counter = decision == "approved" and "approvals" or "rejections"
  state[counter] = state[counter] + 1
  return go_on(step)
end

local function answer(step, item, given)
  local state, row = step.state, step.records:get("item:" .. item.name)
  if state.expires and step.now >= state.expires then refuse("closed") end
  if row.step ~= state.at or step.records:get("settled:" .. row.step .. ":" .. row.principal) then refuse("already_decided") end
  if given.withdraw then refuse("already_decided") end
  if given.delegate then return delegate(step, row, given) end
  if given.recuse then return recuse(step, row) end
  local output = decide(step, row, given.data)
  if output then return step:done(output, { outcome = output.outcome }) end
  return step:accept {}
end

-- ---- start and end

local function start(step)
  local input, state = step.input, step.state
  if input.expires then
    local duration = input.expires:sub(1, 1) == "P"
    state.expires = duration and dure.time.add(step.now, input.expires, step.zone) or dure.time.parse(input.expires, step.zone)
    step:at(state.expires, "expires")
  end
  state.at, state.decisions = 1, dure.array {}
  begin(step)
  return step:wait()
end

-- Expiry is an outcome; what was decided until then stays told.
local function timer(step)
  leave(step, "expired")
  return { outcome = "expired", decisions = dure.array(step.state.decisions),
           decidedAt = dure.time.format(step.state.expires, step.zone) }
end

-- ---- the contract

return {
  name = "approve",
  version = "1.0.0",
  summary = "Approval by a line of approvers",
  functions = {
    approve = {
      summary = "Passes a subject along a line of approvers, who approve, reject or return it",
      effects = "local",
      input = {
        type = "object",
        required = { "subject", "line" },
        additionalProperties = false,
        properties = {
          subject = { type = { "string", "object" }, description = "What is to be approved: text, or {ko, en}" },
          line = { type = "array", minItems = 1, maxItems = 50, items = { type = { "object", "array" } },
                   description = "Who decides: a selector for each step, in order" },
          need = { description = "How many of a step must approve",
                   anyOf = { { enum = { "one", "all" } }, { type = "integer", minimum = 1 } } },
          delegates = { description = "true: an approver may hand over while absent; false: none may; {ID: ID}: who decides for whom",
                        anyOf = { { type = "boolean" }, { type = "object", additionalProperties = { type = "string" } } } },
          intro = { type = { "string", "object" }, description = "What an approver reads first" },
          material = { type = "array", maxItems = 50, items = { type = "object" }, description = "Material: [{title, url}] or [{title, text}]" },
          expires = { type = "string", description = "When it ends without a decision: a time, or a duration from now" },
        },
      },
      output = {
        type = "object",
        required = { "outcome", "decisions" },
        properties = {
          outcome = { enum = { "approved", "rejected", "returned", "expired" } },
          decisions = { type = "array", items = { type = "object", required = { "person", "at", "decision" } } },
          decidedAt = { type = "string" },
        },
      },
      start = start,
      answer = answer,
      timer = timer,
    },
  },
}
