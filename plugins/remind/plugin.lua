-- remind: mails some time before a moment, to those whom they still concern. See README.md.
--
-- A rule's life, in a row "rule:INDEX" of the state:
--
--     planned ──its moment──> sending ──all written──> sent
--        ├──in the past at the start, or not before the event──> skipped
--        └──engine down beyond the grace──> missed
--     the anchor moves: any of them ──new moment ahead──> planned
local letter = require("shared.letter")
local recipients = require("shared.recipients")
local schema = require("shared.schema")
local fault = require("shared.stop").fault

local LOT = 200           -- mails a handler sends
local PUNCTUAL_MS = 60000 -- a timer that fires within a minute is on time
local GRACE = "PT1H"

-- ---- the plan

local function anchor_text(anchor)
  return type(anchor) == "table" and anchor.at or anchor
end

local function earlier(ms, duration, zone)
  if duration:sub(1, 1) == "-" then return dure.time.add(ms, duration:sub(2), zone) end
  return dure.time.add(ms, "-" .. duration, zone)
end

-- "One day before at 18:00" is that local time on the day one day before the anchor.
local function moment_of(step, rule, anchor_ms)
  local zone = rule.zone or step.zone
  local ms = earlier(anchor_ms, rule.before or "PT0S", zone)
  if not rule.at then return ms end
  return dure.time.at(dure.time.date(ms, zone), rule.at, zone)
end

local function rules_of(input)
  local rules = input.rules
  if #rules == 0 and next(rules) ~= nil then rules = { rules } end
  local out = {}
  for i, rule in ipairs(rules) do out[i] = type(rule) == "string" and { before = rule } or rule end
  return out
end

local function set(step, i, status)
  step.state.rules[i].status = status
end

local function plan_one(step, i, rule)
  local state = step.state
  local ms = moment_of(step, rule, state.anchor)
  local entry = state.rules[i] or { status = "new" }
  local was_sent = entry.status == "sent" or entry.status == "sending"
  state.rules[i] = entry
  step:cancel_timer("rule:" .. i)
  if ms >= step.now and ms < state.until_ms then
    entry.status, entry.moment = "planned", ms
    step:at(ms, "rule:" .. i)
  elseif not was_sent then
    entry.status, entry.moment = "skipped", ms
  end
end

local function plan(step)
  for i, rule in ipairs(rules_of(step.input)) do plan_one(step, i, rule) end
  step:cancel_timer("over")
  if step.state.moves and step.state.anchor > step.now then step:at(step.state.anchor, "over") end
end

-- ---- the end

local function values(step, prefix)
  local out = dure.array {}
  for _, value in step.records:each(prefix) do out[#out + 1] = value end
  return out
end

local function rules_with(step, status)
  local out = dure.array {}
  for i, rule in ipairs(step.state.rules) do
    if rule.status == status then out[#out + 1] = { rule = i, moment = dure.time.format(rule.moment, step.zone) } end
  end
  return out
end

-- While the anchor may still move, a rule that was sent may have to be sent again.
local function settle(step)
  local state = step.state
  for _, rule in ipairs(state.rules) do
    if rule.status == "planned" or rule.status == "sending" then return step:wait() end
  end
  if state.moves and step.now < state.anchor then return step:wait() end
  return { sent = values(step, "sent:"), suppressed = values(step, "suppressed:"), skipped = rules_with(step, "skipped"), missed = rules_with(step, "missed") }
end

-- ---- who is no longer concerned

-- Persons and addresses that have answered a task; nil if that task is over, when asking is no use.
local function answered(step, task)
  local peer = step:peer(task)
  if not peer then return nil end
  local who = {}
  local function take(row)
    if row.person then who[row.person] = true end
    if type(row.data) == "table" and type(row.data.email) == "string" then who[row.data.email:lower()] = true end
  end
  for _, row in peer.records:each("answer:") do take(row) end
  for _, row in peer.records:each("entry:") do
    if row.status == "registered" or row.status == "waiting" or row.status == "offered" then take(row) end
  end
  return who
end

local function concerned(step, rule)
  local found, doubles = recipients.of(step, step.input.to, rule.moment)
  local unless = step.input.unless
  if not unless then return found, doubles end
  local who = answered(step, unless.answered)
  local out = {}
  for _, r in ipairs(who and found or {}) do
    if not (r.id and who[r.id]) and not (r.email and who[r.email:lower()]) then out[#out + 1] = r end
  end
  return out, doubles
end

-- ---- sending

local function suppress(step, i, recipient, reason)
  local state = step.state
  state.suppressed = (state.suppressed or 0) + 1
  step.records:put(string.format("suppressed:%08d", state.suppressed),
                   { to = recipients.name(recipient), rule = i, reason = reason })
end

local function send(step, i, recipient)
  if not recipient.email then return suppress(step, i, recipient, "no_address") end
  local input, rule, state = step.input, step.state.rules[i], step.state
  local local_time = dure.time.parts(state.anchor, step.zone)
  local more = {
    anchor = dure.time.format(state.anchor, step.zone),
    date = dure.time.date(state.anchor, step.zone),
    time = string.format("%02d:%02d", local_time.hour, local_time.minute),
    when = letter.moment(state.anchor, step.zone, recipient.language or "ko"),
  }
  for name, value in pairs(input.values or {}) do more[name] = value end
  local letter = recipients.compose(step, recipient, more)
  local sent, fate = step:mail {
    to = recipient.id and { id = recipient.id, email = recipient.email } or recipient.email,
    subject = letter.subject, text = letter.text, html = letter.html,
    key = recipients.occasion(step) .. ":at " .. rule.moment .. ":" .. recipient.mark,
    mandatory = input.mandatory, purpose = input.purpose,
  }
  if not sent then return suppress(step, i, recipient, fate) end
  state.sent = state.sent + 1
  step.records:put(string.format("sent:%08d", state.sent), {
    to = recipients.name(recipient), rule = i, at = dure.time.format(step.now, step.zone), late = rule.late,
  })
end

-- Recipients in the order of their addresses, a lot at a time, from behind the last one written to.
local function send_lot(step, i)
  local rule = step.state.rules[i]
  local count = 0
  local found, doubles = concerned(step, rule)
  if not rule.last then
    for _, one in ipairs(doubles) do suppress(step, i, one, "same_address") end
  end
  for _, recipient in ipairs(found) do
    if not rule.last or recipient.key > rule.last then
      if count == LOT then
        step:at(step.now, "lot:" .. i)
        return
      end
      send(step, i, recipient)
      rule.last = recipient.key
      count = count + 1
    end
  end
  rule.last = nil
  set(step, i, "sent")
end

local function begin(step, i)
  local rule = step.state.rules[i]
  local late = step.now - rule.moment
  if step.now >= step.state.until_ms or late > dure.time.duration(step.input.grace or GRACE) then
    set(step, i, "missed")
    return
  end
  rule.late = late > PUNCTUAL_MS and true or nil
  rule.last = nil
  set(step, i, "sending")
  send_lot(step, i)
end

-- ---- handlers

local function start(step)
  local input, state = step.input, step.state
  local text = anchor_text(input.anchor)
  if type(text) ~= "string" then fault("no anchor", "'anchor' is a time, or {at: time, event: TYPE, field: name}") end
  state.anchor = dure.time.parse(text, step.zone)
  state.until_ms = input["until"] and dure.time.parse(input["until"], step.zone) or state.anchor
  state.sent, state.rules = 0, dure.array {}
  local anchor = input.anchor
  if type(anchor) == "table" and anchor.event then
    state.moves = true
    step:on(anchor.event, anchor.match or {}, "moved")
  end
  plan(step)
  return settle(step)
end

local function timer(step, name)
  local kind, number = name:match("^(%a+):(%d+)$")
  local i = math.tointeger(tonumber(number))
  if kind == "rule" and step.state.rules[i].status == "planned" then begin(step, i) end
  if kind == "lot" and step.state.rules[i].status == "sending" then send_lot(step, i) end
  return settle(step)
end

-- A time in the event's data: the named field, or one of the usual names.
local function new_anchor(step, event)
  local data = event.data or {}
  local text = data[step.input.anchor.field or ""] or data.at or data.anchor or data.to or data.begins
  if type(text) ~= "string" then return nil end
  local good, ms = pcall(dure.time.parse, text, step.zone)
  return good and ms or nil
end

-- The event moved: rules whose new moment lies ahead are due again, under the keys of that moment.
local function event(step, given)
  local state = step.state
  local ms = new_anchor(step, given)
  if not ms then step:log("an event that should move the anchor has no time in it") end
  if not ms or ms == state.anchor then return end
  state.until_ms = state.until_ms + (ms - state.anchor)
  state.anchor = ms
  plan(step)
  return settle(step)
end

-- ---- the contract

local text = { type = { "string", "object" },
               description = "Text, or {ko, en}; {{name}}, {{anchor}}, {{date}}, {{time}} and the recipient's values" }
local template = { type = { "string", "object" },
                   description = "Name of a template under document.metadata.dure.templates; or text, as in 'body'",
                   ["x-mail-template"] = { "name", "email", "id", "unit", "language", "subject", "link", "anchor", "date", "time", "when" } }
local rule = {
  type = "object",
  additionalProperties = false,
  properties = {
    before = schema.duration("ISO 8601 duration before the anchor"),
    at = schema.clock("Local time on that day, such as 18:00"),
    zone = schema.zone("Zone of `at`; the workflow's if not given"),
  },
}

return {
  name = "remind",
  version = "1.0.0",
  summary = "Reminders before a moment",
  functions = {
    remind = {
      summary = "Writes reminders before a moment, to those who still qualify when they are sent",
      effects = "local",
      input = {
        type = "object",
        required = { "to", "anchor", "rules" },
        additionalProperties = false,
        properties = {
          to = schema.recipients("A selector, {roster: TASK, email: field}, addresses, or a list of those"),
          anchor = { description = "The moment: a time, or {at, event: TYPE, field, match} that moves with an event",
                     anyOf = { schema.moment("The moment"),
                               { type = "object", required = { "at" }, additionalProperties = false,
                                 properties = { at = schema.moment("The moment as it stands"), event = { type = "string" },
                                                field = { type = "string" }, match = { type = "object" } } } } },
          rules = { description = "When: {before, at, zone}, or a duration",
                    anyOf = { { type = "array", minItems = 1, items = { anyOf = { schema.duration("So long before"), rule } } }, rule } },
          grace = schema.duration("How late a reminder may be sent; PT1H if not given"),
          ["until"] = schema.moment("No reminder from this moment on; the anchor if not given"),
          unless = { type = "object", required = { "answered" }, additionalProperties = false,
                     properties = { answered = schema.task },
                     description = "Not to those who have answered this task" },
          about = { type = "string", minLength = 1, maxLength = 200, ["x-task"] = true, ["x-task"] = true,
                    description = "A task whose page the mail leads to: what it asks of the recipient, and what came of it" },
          key = { type = "string", minLength = 1, maxLength = 100,
                  description = "Name of the occasion in this instance: of two tasks with it one writes at each moment; this task if not given" },
          subject = text, body = text, html = text, template = template,
          values = { type = "object", description = "More values for the placeholders" },
          mandatory = { type = "boolean", description = "Also to those who opted out, and in quiet hours" },
          purpose = { type = "string", maxLength = 60,
                      description = "What optional mail is for: each purpose is opted out of by itself" },
        },
      },
      output = {
        type = "object",
        required = { "sent", "skipped", "missed" },
        properties = {
          sent = { type = "array", items = { type = "object" } },
          suppressed = { type = "array", items = { type = "object" } },
          skipped = { type = "array", items = { type = "object" } },
          missed = { type = "array", items = { type = "object" } },
        },
      },
      start = start,
      timer = timer,
      event = event,
    },
  },
}
