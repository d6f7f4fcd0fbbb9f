-- What a roster tells those who registered: on their receipt's page, and by mail where there is an
-- address.
local letter = require("shared.letter")
local words = require("lib.words")
local notice = {}

function notice.tell(step, receipt, changes)
  step:tell(receipt, changes)
end

-- How one who is registered withdraws once this task is over (core/people/withdrawal.h).
function notice.withdrawal(step, e)
  local how = step.input.withdrawal
  local item = how and e.status == "registered" and e.data[how.item]
  if type(item) ~= "string" then return nil end
  local until_ms = how["until"] and dure.time.parse(how["until"], step.zone)
  return { event = how.event, item = item, ["until"] = until_ms and dure.time.format(until_ms, step.zone) or nil }
end

-- ---- to whom

local function address_of(step, e)
  local confirm = step.input.confirm or {}
  local given = e.data[confirm.email or "email"]
  if type(given) == "string" and given:find("@", 1, true) then return given end
  return e.person
end

local function language_of(e)
  if e.data.language == "en" or e.data.language == "ko" then return e.data.language end
  local person = e.person and dure.people.get(e.person)
  return person and person.language or "ko"
end

-- ---- texts: {{name}} is a field of the entry or one of these; what is missing stays empty

local function values_of(step, e, language)
  local values = {}
  for name, value in pairs(e.data) do
    if type(value) ~= "table" then values[name] = tostring(value) end
  end
  values.title = dure.text.pick(step.input.title or "", language)
  values.unit, values.persons = e.unit, tostring(e.persons)
  values.status = dure.text.pick(words.states[e.status] or e.status, language)
  values.receipt, values.link = e.receipt, step:url("/r/" .. e.receipt)
  values["until"] = e.until_ms and letter.moment(e.until_ms, step.zone, language) or ""
  values.position = e.status == "waiting" and tostring(step.state.waiting) or ""
  return values
end

local function fill(text, values)
  return (text:gsub("{{%s*([^{}%s]+)%s*}}", function(name) return values[name] or "" end))
end

-- A subject: one line of at most 150 characters.
local function one_line(text)
  local line = text:gsub("%s+", " ")
  if line:find("^ ?$") then return "-" end
  local cut = utf8.offset(line, 151)
  return cut and line:sub(1, cut - 1) or line
end

local function calendar_file(step, ics, values, language)
  local function moment(value) return dure.time.parse(value, step.zone) end
  return {
    name = "event.ics", type = "text/calendar; charset=utf-8",
    text = dure.calendar.ics {
      uid = dure.hash(step.key .. ":ics"):sub(1, 32) .. "@dure", sequence = 0,
      from = moment(ics.from), to = moment(ics.to), zone = step.zone,
      summary = fill(dure.text.pick(ics.summary or values.title, language), values),
      location = ics.location and dure.text.pick(ics.location, language) or nil,
      description = ics.description and dure.text.pick(ics.description, language) or nil,
    },
  }
end

local function send(step, e, mail)
  local to = address_of(step, e)
  if not to then return end
  local values = values_of(step, e, mail.language)
  local attachments
  if mail.ics then attachments = dure.array { calendar_file(step, mail.ics, values, mail.language) } end
  step:mail {
    to = to,
    subject = one_line(fill(mail.subject, values)),
    text = fill(mail.text, values),
    key = step.key .. ":" .. mail.occasion .. ":" .. e.seq .. ":" .. e.receipt,
    mandatory = true,
    attachments = attachments,
  }
end

-- ---- occasions

local plain = {
  subject = { ko = "[접수] {{title}}", en = "[Received] {{title}}" },
  body = { ko = "{{unit}}\n\n접수되었습니다. 고치거나 취소하려면 아래 접수증을 여십시오.\n\n{{link}}\n",
           en = "{{unit}}\n\nWe have your registration. Open the receipt below to change or withdraw it.\n\n{{link}}\n" },
  waiting = { ko = "{{unit}}\n\n자리가 모두 차서 대기 명단에 올랐습니다 ({{position}}번째). 자리가 나면 알려 드립니다.\n\n{{link}}\n",
              en = "{{unit}}\n\nAll seats are taken; you are on the waiting list (place {{position}}). We will write when a seat is free.\n\n{{link}}\n" },
}

function notice.confirm(step, e)
  local confirm = step.input.confirm
  if not confirm then return end
  local language = language_of(e)
  local body = e.status == "waiting" and plain.waiting or confirm.body or confirm.template or plain.body
  send(step, e, {
    occasion = "confirm", language = language,
    subject = dure.text.pick(confirm.subject or plain.subject, language),
    text = dure.text.pick(body, language),
    ics = e.status == "registered" and confirm.ics or nil,
  })
end

-- Somebody moved without having done anything: offered, registered from the list, expired.
function notice.moved(step, e)
  local until_text = e.status == "offered" and dure.time.format(e.until_ms, step.zone) or dure.json.null
  notice.tell(step, e.receipt, { status = e.status, position = dure.json.null, ["until"] = until_text,
                                 withdrawal = notice.withdrawal(step, e) or dure.json.null })
  local language = language_of(e)
  local subject, text = words.notice(e.status, language)
  send(step, e, { occasion = e.status, language = language, subject = subject, text = text,
                  ics = e.status == "registered" and (step.input.confirm or {}).ics or nil })
end

return notice
