-- petition: gathers signatures until a threshold is reached, once. See README.md.
--
-- Rows: `sign:UNIT` {receipt} of who counts, `receipt:R` {unit, status, any} of every signature that came.
local limit = require("shared.limit")
local matches = require("lib.eligible")
local letter = require("shared.letter")
local schema = require("shared.schema")
local stop = require("shared.stop")
local moment = require("shared.moment")

local fault = stop.fault

local PAGE = 200
local EVENT = "dure.petition.reached"

local refuse = stop.refusals {
  not_open = { ko = "아직 서명을 받지 않습니다.", en = "Signing has not opened yet." },
  closed = { ko = "서명이 마감되었습니다.", en = "Signing is closed." },
  not_eligible = { ko = "이 청원에 서명할 자격이 없습니다.", en = "You are not eligible to sign this." },
  not_possible = { ko = "서명은 남에게 맡길 수 없습니다. 서명하지 않으시려면 그대로 두시면 됩니다.",
                   en = "A signature cannot be handed to somebody else; who does not want to sign need do nothing." },
  no_withdrawal = { ko = "이 서명은 거둘 수 없습니다.", en = "This signature cannot be taken back." },
  no_amendment = { ko = "서명은 고칠 수 없습니다. 거두고 다시 서명해 주십시오.", en = "A signature cannot be changed; take it back and sign again." },
}

-- ---- whose signature it is

local function unit_of_data(fields, data)
  local parts = {}
  for i, field in ipairs(fields) do
    local value = data and data[field]
    if type(value) == "number" or type(value) == "boolean" then value = tostring(value) end
    local folded = type(value) == "string" and dure.text.fold(value) or ""
    if folded == "" then return nil end
    parts[i] = #folded .. ":" .. folded
  end
  return "data " .. dure.hash(table.concat(parts, ","))
end

-- The unit that signs, and whether it is one of `orAnyOf`; nil where the signature is not valid.
local function signer_of(step, given)
  local input, person = step.input, given.person and dure.people.get(given.person)
  local any = person ~= nil and matches(input.orAnyOf, person)
  if step.state.public then return unit_of_data(input.unit or { "name" }, given.data), any end
  if not person or not (any or matches(input.eligible, person)) then refuse("not_eligible") end
  return "person " .. person.id, any
end

-- ---- the count

local function output(step)
  local s = step.state
  return { reached = s.reached ~= nil, at = s.reached and dure.time.format(s.reached, step.zone) or dure.json.null,
           counted = s.counted, received = s.received, duplicate = s.duplicate, invalid = s.invalid,
           withdrawn = s.withdrawn, threshold = s.needed }
end

-- The whole count, for everybody who may sign.
local function leave(step)
  local s, rows = step.state, dure.array {}
  local labels = { { "counted", "인정된 서명", "Signatures counted" }, { "received", "받은 서명", "Received" }, { "duplicate", "겹친 서명", "Duplicates" },
                   { "invalid", "무효", "Invalid" }, { "withdrawn", "거둔 서명", "Taken back" } }
  for i, one in ipairs(labels) do rows[i] = { label = { ko = one[2], en = one[3] }, value = s[one[1]] } end
  rows[#rows + 1] = { label = { ko = "필요한 서명", en = "Needed" }, value = s.needed }
  step:outcome { title = step.input.title or { ko = "청원", en = "Petition" }, kind = "petition", public = s.public, facts = rows,
                 tone = s.reached and "good" or "warn",
                 result = s.reached and { ko = "필요한 서명이 모였습니다", en = "Enough have signed" }
                          or { ko = "필요한 서명에 이르지 못했습니다", en = "Too few have signed" } }
end

-- True at the moment it is reached, and never again.
local function fires(step)
  local state = step.state
  if state.reached or not (state.counted >= state.needed or state.any > 0) then return false end
  state.reached = step.now
  step:emit { type = step.input.event or EVENT, subject = step.id,
              data = { instance = step.id, task = step.task, counted = state.counted, at = dure.time.format(step.now, step.zone) } }
  return true
end

local function ends_when_reached(step)
  return not step.state.closes or step.input.ends == "reached"
end

-- ---- signing and taking back

local function keep(step, receipt, row)
  local state = step.state
  state[row.status] = state[row.status] + 1
  if row.any and row.status == "counted" then state.any = state.any + 1 end
  step.records:put("receipt:" .. receipt, row)
end

local function sign(step, given)
  local unit, any = signer_of(step, given)
  local row = { unit = unit, any = any, status = "counted" }
  step.state.received = step.state.received + 1
  if not unit then
    row.status = "invalid"
  elseif step.records:get("sign:" .. unit) then
    row.status = "duplicate"
  else
    step.records:put("sign:" .. unit, { receipt = given.receipt })
  end
  keep(step, given.receipt, row)
  return { counted = row.status == "counted", status = row.status }
end

local function take_back(step, given)
  local state, row = step.state, step.records:get("receipt:" .. given.receipt)
  if step.input.withdraw == false or not row or row.status == "withdrawn" then refuse("no_withdrawal") end
  state[row.status] = state[row.status] - 1
  if row.status == "counted" then
    if row.any then state.any = state.any - 1 end
    step.records:delete("sign:" .. row.unit)
  end
  row.status = "withdrawn"
  row.any = false
  keep(step, given.receipt, row)
  return { status = "withdrawn" }
end

local function check(step, given)
  local state = step.state
  if step.now < state.opens then refuse("not_open") end
  if state.closes and step.now >= state.closes then refuse("closed") end
  if given.delegate or given.recuse then refuse("not_possible") end
  if given.amend then refuse("no_amendment") end
end

local function answer(step, _, given)
  check(step, given)
  local reply = given.withdraw and take_back(step, given) or sign(step, given)
  if fires(step) and ends_when_reached(step) then
    leave(step)
    return step:done(output(step), reply)
  end
  return step:accept(reply)
end

-- ---- invitations, a page at a time

local texts = {
  ko = { subject = "[서명] %s", body = "%s\n\n아래에서 서명하실 수 있습니다.%s\n\n%s\n", closes = " 마감: %s" },
  en = { subject = "[Petition] %s", body = "%s\n\nYou can sign below.%s\n\n%s\n", closes = " It closes at %s." },
}

local function invite_page(step, number)
  local state = step.state
  for _, person in ipairs(step.records:get("page:" .. number) or {}) do
    local language = texts[person.language] and person.language or "ko"
    local t, title = texts[language], dure.text.pick(step.input.title or "청원", language)
    local closes = state.closes and t.closes:format(letter.moment(state.closes, step.zone, language)) or ""
    step:mail { to = person.id, subject = t.subject:format((title:gsub("%s+", " "))),
                text = t.body:format(title, closes, step:link(state.item, person.id, state.closes)) ..
                       letter.foot(step, person.id, language, { closes = state.closes, outcome = true }),
                key = step.key .. ":invite:" .. person.id }
  end
  if number < state.pages then step:at(step.now, "invite:" .. number + 1) end
end

local function invite(step)
  local people = dure.people.select(step.input.eligible)
  local page, pages = dure.array {}, 0
  for i, person in ipairs(people) do
    if person.email then page[#page + 1] = { id = person.id, language = person.language } end
    if #page == PAGE or i == #people and #page > 0 then
      pages = pages + 1
      step.records:put("page:" .. pages, page)
      page = dure.array {}
    end
  end
  step.state.pages = pages
  if pages > 0 then invite_page(step, 1) end
end

-- ---- how many are needed

-- A share is one of those who are eligible when it starts.
local function needed(step)
  local given = step.input.threshold
  if type(given) ~= "table" then return math.tointeger(given) end
  local share = limit.read(given, "the threshold")
  if share.count then return math.max(1, limit.needed(share)) end
  if step.state.public then fault("no number", "the threshold is a share, and nobody knows of how many: 'eligible' is public") end
  return math.max(1, limit.needed(share, #dure.people.select(step.input.eligible)))
end

-- ---- start and end

local function has_public(selector)
  if selector == "public" then return true end
  for _, one in ipairs(type(selector) == "table" and selector or {}) do
    if one == "public" then return true end
  end
  return false
end

local function schema_of(step)
  local input = step.input
  if input.schema then return input.schema end
  if not step.state.public then return { type = { "object", "null" } } end -- signing is all there is to do
  local properties, required = {}, dure.array {}
  for i, field in ipairs(input.unit or { "name" }) do
    local title = field == "name" and { ko = "이름", en = "Name" } or field
    properties[field], required[i] = { type = "string", maxLength = 500, title = title }, field
  end
  return { type = "object", properties = properties, required = required, ["x-order"] = required }
end

local function start(step)
  local input, state = step.input, step.state
  state.opens = moment.read(step, input.opens, step.now) or step.now
  state.closes = moment.read(step, input.closes, state.opens)
  if state.closes and input.opens and state.closes <= state.opens then
    fault("the petition closes before it opens", "opens " .. input.opens .. ", closes " .. input.closes)
  end
  for _, counter in ipairs { "counted", "received", "duplicate", "invalid", "withdrawn", "any" } do state[counter] = 0 end
  state.public = has_public(input.eligible)
  state.needed = needed(step)
  state.item = step:ask { name = "public", title = input.title or { ko = "청원", en = "Petition" }, kind = "petition",
                          form = { schema = schema_of(step) }, opens = state.opens, closes = state.closes,
                          detail = { intro = input.intro, material = input.material,
                                     facts = dure.array { { label = { ko = "필요한 서명", en = "Signatures needed" }, value = state.needed } } },
                          allows = input.withdraw ~= false and dure.array { "withdraw" } or dure.array {} }
  if state.closes then step:at(state.closes, "close") end
  if not state.public and input.invite ~= false then step:at(state.opens, "invite:0") end
  return step:wait()
end

local function timer(step, name)
  if name == "close" then
    leave(step)
    return output(step)
  end
  local number = math.tointeger(name:match("^invite:(%d+)$"))
  if number == 0 then invite(step) else invite_page(step, number) end
end

-- ---- the contract

local count = { type = "integer" }

return {
  name = "petition",
  version = "1.0.0",
  summary = "Gathers signatures until a threshold is reached",
  functions = {
    petition = {
      summary = "Gathers signatures of distinct persons or units and says when a threshold is reached, once",
      effects = "local",
      input = {
        type = "object",
        required = { "eligible", "threshold" },
        additionalProperties = false,
        properties = {
          title = { type = { "string", "object" }, description = "What is signed: text, or {ko, en}" },
          eligible = schema.selector("Who may sign: a selector, or public"),
          unit = { type = "array", minItems = 1, maxItems = 20, items = { type = "string", minLength = 1 },
                   description = "Of a public petition: the fields that make a signature distinct; name if not given" },
          schema = { type = { "object", "boolean" }, description = "JSON Schema of what a signature says" },
          threshold = schema.count_or_limit("How many distinct signatures: a number, or a share of those eligible as {atLeast: 1/3}"),
          orAnyOf = schema.people("Of these persons one is enough"),
          intro = { type = { "string", "object" }, description = "What one reads before signing" },
          material = { type = "array", maxItems = 50, items = { type = "object" }, description = "Material: [{title, url}] or [{title, text}]" },
          opens = schema.when("From when; at once if not given"),
          closes = schema.when("Until when, itself excluded: a time, or a duration; until it is reached if not given"),
          ends = { type = "string", enum = { "closes", "reached" }, description = "Whether it goes on until the close after it was reached" },
          withdraw = { type = "boolean", description = "Whether a signature may be taken back; true if not given" },
          invite = { type = "boolean", description = "Whether those eligible get a mail with a link; true if not given" },
          event = { type = "string", minLength = 1, maxLength = 200,
                    description = "Type of the event when it is reached; " .. EVENT .. " if not given" },
        },
      },
      output = {
        type = "object",
        required = { "reached", "at", "counted", "received", "duplicate", "invalid", "withdrawn" },
        properties = { reached = { type = "boolean" }, at = { type = { "string", "null" } }, counted = count, received = count,
                       duplicate = count, invalid = count, withdrawn = count, threshold = count },
      },
      start = start,
      answer = answer,
      timer = timer,
    },
  },
}
