-- Who gets a mail: persons by selector, those registered in a roster, or addresses given outright,
-- and what it says. One entry a person and an address, however many roles lead there.
local recipients = {}

local function fail(title, detail)
  error { type = "validation", status = 400, title = title, detail = detail }
end

local function take(found, recipient)
  local key = (recipient.email or recipient.id or ""):lower()
  if key == "" or found.by_key[key] or recipient.id and found.by_id[recipient.id] then return end
  recipient.key = key -- for the order; what lasts longer than the person knows him by `mark`
  recipient.mark = dure.hash(key):sub(1, 32)
  found.by_key[key] = true
  if recipient.id then found.by_id[recipient.id] = true end
  found[#found + 1] = recipient
end

local function take_person(found, person)
  local values = {}
  for name, value in pairs(person.attributes or {}) do values[name] = value end
  values.id, values.name, values.email = person.id, person.name, person.email
  take(found, { id = person.id, email = person.email, language = person.language, values = values })
end

local function take_address(found, given)
  take(found, { email = given.email, language = given.language, values = given })
end

-- Those registered in a roster of this instance, strictly before `before` where that is given.
local function take_roster(step, found, to, before)
  local peer = step:peer(to.roster)
  if not peer then return end
  for _, e in peer.records:each("entry:") do
    if e.status == "registered" and (not before or e.registered < before) then
      local values = {}
      for name, value in pairs(e.data) do values[name] = value end
      values.unit = e.unit
      local email = e.data[to.email or "email"]
      local person = e.person and dure.people.get(e.person)
      values.name = values.name or person and person.name or e.unit
      take(found, { id = e.person, email = email or person and person.email,
                    language = e.data.language or person and person.language, values = values })
    end
  end
end

local function take_one(step, found, to, before)
  if type(to) == "string" and to:find("@", 1, true) then return take_address(found, { email = to }) end
  if type(to) == "table" and to.email then return take_address(found, to) end
  if type(to) == "table" and to.roster then return take_roster(step, found, to, before) end
  local people, public = dure.people.select(to)
  if public then fail("nobody to write to", "'public' has no addresses; name a group, people, a roster or addresses") end
  for _, person in ipairs(people) do take_person(found, person) end
end

-- Sorted by address, so that a list in parts goes on where it stopped.
function recipients.of(step, to, before)
  local found = { by_key = {}, by_id = {} }
  if type(to) == "table" and (#to > 0 or next(to) == nil) then
    for _, one in ipairs(to) do take_one(step, found, one, before) end
  else
    take_one(step, found, to, before)
  end
  found.by_key, found.by_id = nil, nil
  table.sort(found, function(a, b) return a.key < b.key end)
  return found
end

-- How the output names one: the person's id, or the address.
function recipients.name(recipient)
  return recipient.id or recipient.email
end

-- {{name}} is a value of the recipient or of `more`; what is missing stays empty.
function recipients.fill(text, recipient, more, html)
  return (text:gsub("{{%s*([^{}%s]+)%s*}}", function(name)
    local value = recipient.values[name]
    if value == nil then value = more and more[name] end
    if value == nil or value == dure.json.null or type(value) == "table" then return "" end
    return html and dure.text.html(tostring(value)) or tostring(value)
  end))
end

-- One line of at most 150 characters; a mail without a subject would not be taken.
function recipients.subject(text, recipient, more)
  local line = recipients.fill(text, recipient, more):gsub("%s+", " ")
  if line:find("^ ?$") then return recipient.language == "en" and "(no subject)" or "(제목 없음)" end
  local cut = utf8.offset(line, 151)
  return cut and line:sub(1, cut - 1) or line
end

-- What the places of a template may name: `values`, the recipient's own, and his attributes or the
-- fields of his registration under `person`.
local function values_of(recipient, more)
  local values = {}
  for name, value in pairs(more or {}) do values[name] = value end
  local own = recipient.values
  values.person, values.language = own, recipient.language or "ko"
  values.id, values.email = recipient.id, recipient.email
  values.name, values.unit = own.name or recipient.email, own.unit or values.unit
  return values
end

-- The mail for one recipient, {subject, text, html?}: by a template of the workflow's, where every
-- place needs a value, or by the texts of the task itself.
function recipients.compose(step, recipient, more)
  local input, language = step.input, recipient.language or "ko"
  local subject = input.subject and recipients.subject(dure.text.pick(input.subject, language), recipient, more)
  if type(input.template) == "string" then
    local letter, why = step:letter { template = input.template, language = language, subject = subject,
                                 values = values_of(recipient, more) }
    if letter == false then fail("the mail to " .. recipients.name(recipient) .. " cannot be written", why) end
    if letter then return letter end
  end
  if not subject then fail("no subject", "a mail needs 'subject', or a 'template' that has one") end
  local html = input.html and recipients.fill(dure.text.pick(input.html, language), recipient, more, true)
  local body = dure.text.pick(input.body or input.template or "", language)
  return { subject = subject, text = recipients.fill(body, recipient, more), html = html }
end

return recipients
