-- notify: one mail to each recipient, once for an occasion. See README.md.
local recipients = require("shared.recipients")
local schema = require("shared.schema")
local fault = require("shared.stop").fault

local LOT = 200 -- mails a handler sends; the rest follow in turns of their own

-- ---- attachments

local function calendar_file(step, ics)
  return {
    name = ics.name or "event.ics",
    type = "text/calendar; charset=utf-8; method=" .. (ics.method or "publish"):upper(),
    text = dure.calendar.ics {
      uid = ics.uid or dure.hash(step.key .. ":ics"):sub(1, 32) .. "@dure",
      sequence = ics.sequence, method = ics.method, zone = ics.zone or step.zone,
      from = dure.time.parse(ics.from, step.zone), to = dure.time.parse(ics.to, step.zone),
      summary = dure.text.pick(ics.summary or step.input.subject), location = ics.location,
      description = ics.description, url = ics.url,
    },
  }
end

local function csv_file(csv)
  if not csv.text and not csv.rows then fault("an empty attachment", "'attach.csv' needs 'rows' or 'text'") end
  local text = csv.text or dure.csv.format(csv.rows, csv.columns)
  return { name = csv.name or "list.csv", type = "text/csv; charset=utf-8", text = text }
end

local function attachments(step)
  local attach = step.input.attach
  if not attach then return nil end
  local files = dure.array {}
  if attach.ics then files[#files + 1] = calendar_file(step, attach.ics) end
  if attach.csv then files[#files + 1] = csv_file(attach.csv) end
  for _, file in ipairs(attach.files or {}) do
    files[#files + 1] = { name = file.name, type = file.type or "text/plain; charset=utf-8", text = file.text }
  end
  return files
end

-- ---- one mail

-- One key per occasion and recipient.
local function key_of(step, recipient)
  return recipients.occasion(step) .. ":" .. recipient.mark
end

local function keep(step, kind, value)
  local state = step.state
  state[kind] = (state[kind] or 0) + 1
  step.records:put(string.format("%s:%08d", kind, state[kind]), value)
end

local function send(step, recipient, files)
  local input = step.input
  local name, key = recipients.name(recipient), key_of(step, recipient)
  keep(step, "keys", key)
  if not recipient.email then
    keep(step, "suppressed", { to = name, reason = "no_address" })
    return
  end
  local letter = recipients.compose(step, recipient, input.values)
  local sent, fate = step:mail {
    to = recipient.id and { id = recipient.id, email = recipient.email } or recipient.email,
    subject = letter.subject, text = letter.text, html = letter.html,
    key = key, mandatory = input.mandatory, purpose = input.purpose, attachments = files,
  }
  if sent then
    keep(step, "sent", name)
  else
    keep(step, "suppressed", { to = name, reason = fate })
  end
end

-- ---- all of them

local function values(step, kind)
  local out = dure.array {}
  for _, value in step.records:each(kind .. ":") do out[#out + 1] = value end
  return out
end

local function output(step)
  return { sent = values(step, "sent"), suppressed = values(step, "suppressed"), keys = values(step, "keys") }
end

-- Sends the next lot of those in the records, or ends.
local function go_on(step)
  local state, pace = step.state, step.input.pace
  local size = math.min(pace and math.tointeger(pace.mails) or LOT, LOT)
  local files = attachments(step)
  local last = math.min(state.done + size, state.total)
  for i = state.done + 1, last do
    local key = string.format("to:%08d", i)
    send(step, step.records:get(key), files)
    step.records:delete(key)
  end
  state.done = last
  if last == state.total then return output(step) end
  step:at(pace and dure.time.add(step.now, pace.every, step.zone) or step.now, "lot:" .. last)
  return step:wait()
end

-- Who gets it is settled at the start, so that a list in lots is the list of that moment; and that
-- everybody's mail can be written, so that nothing fails when half of them are sent.
local function start(step)
  local found, doubles = recipients.of(step, step.input.to)
  for _, one in ipairs(doubles) do keep(step, "suppressed", { to = one.id, reason = "same_address" }) end
  for i, recipient in ipairs(found) do
    if #found > LOT and recipient.email then recipients.compose(step, recipient, step.input.values) end
    step.records:put(string.format("to:%08d", i), recipient)
  end
  step.state.total, step.state.done = #found, 0
  return go_on(step)
end

local function timer(step)
  return go_on(step)
end

-- ---- the contract

local text = { type = { "string", "object" }, description = "Text, or {ko, en}; {{name}} stands for a value of the recipient" }
local template = { type = { "string", "object" },
                   description = "Name of a template under document.metadata.dure.templates; or text, as in 'body'",
                   ["x-mail-template"] = { "name", "email", "id", "unit", "language", "subject", "link" } }

return {
  name = "notify",
  version = "1.0.0",
  summary = "Mails, one for each recipient and occasion",
  functions = {
    notify = {
      summary = "Writes one mail to each recipient, once for an occasion",
      effects = "local",
      input = {
        type = "object",
        required = { "to" },
        additionalProperties = false,
        properties = {
          to = schema.recipients("A selector, {roster: TASK, email: field}, an address, {email, name}, or a list of those"),
          subject = text, body = text, html = text, template = template,
          values = { type = "object", description = "More values for the placeholders" },
          attach = {
            type = "object", additionalProperties = false,
            properties = {
              ics = { type = "object", required = { "from", "to" }, additionalProperties = false,
                      properties = { name = { type = "string" }, uid = { type = "string" }, from = schema.moment("Begin"),
                                     to = schema.moment("End"), zone = schema.zone("Zone of its times"), summary = text,
                                     location = { type = "string" }, description = { type = "string" },
                                     url = { type = "string" }, sequence = { type = "integer" },
                                     method = { enum = { "publish", "request", "cancel" } } } },
              csv = { type = "object", additionalProperties = false,
                      properties = { name = { type = "string" }, rows = { type = "array" },
                                     columns = { type = "array", items = { type = "string" } }, text = { type = "string" } } },
              files = { type = "array",
                        items = { type = "object", required = { "name", "text" }, additionalProperties = false,
                                  properties = { name = { type = "string" }, type = { type = "string" }, text = { type = "string" } } } },
            },
          },
          mandatory = { type = "boolean", description = "Also to those who opted out, and in quiet hours" },
          purpose = { type = "string", maxLength = 60,
                      description = "What optional mail is for (newsletter): each purpose is opted out of by itself" },
          about = { type = "string", minLength = 1, maxLength = 200, ["x-task"] = true, ["x-task"] = true,
                    description = "A task whose page the mail leads to: what it asks of the recipient, and what came of it" },
          key = { type = "string", minLength = 1, maxLength = 100,
                  description = "Name of the occasion in this instance; this task if not given" },
          pace = { type = "object", required = { "mails", "every" }, additionalProperties = false,
                   description = "No more than so many mails in such a time",
                   properties = { mails = { type = "integer", minimum = 1 }, every = schema.duration("In which time") } },
        },
      },
      output = {
        type = "object",
        required = { "sent", "suppressed", "keys" },
        properties = {
          sent = { type = "array", items = { type = "string" } },
          suppressed = { type = "array", items = { type = "object" } },
          keys = { type = "array", items = { type = "string" } },
        },
      },
      start = start,
      timer = timer,
    },
  },
}
