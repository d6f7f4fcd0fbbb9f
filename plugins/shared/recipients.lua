-- Who gets a mail: persons by selector, those registered in a roster, or addresses given outright,
-- and what it says. One entry a person and an address, however many roles lead there.
local fault = require("shared.stop").fault

local recipients = {}

local function trimmed(text)
  local plain = type(text) == "string" and dure.text.trim(text) or ""
  return plain ~= "" and plain or nil
end

-- Who shares the address of somebody found before: a person whom it led to already is that one, another
-- person is told of, since no mail will have his name.
local function take_double(found, recipient, before)
  if not recipient.id then return end
  if not before.id then
    before.id, before.language = recipient.id, before.language or recipient.language
  elseif before.id ~= recipient.id then
    found.doubles[#found.doubles + 1] = recipient
  end
end

local function take(found, recipient)
  recipient.email = trimmed(recipient.email)
  local key = (recipient.email or recipient.id or ""):lower()
  if key == "" or recipient.id and found.by_id[recipient.id] then return end
  if recipient.id then found.by_id[recipient.id] = true end
  if found.by_key[key] then return take_double(found, recipient, found.by_key[key]) end
  recipient.key = key -- for the order; what lasts longer than the person knows him by `mark`
  recipient.mark = dure.hash(key):sub(1, 32)
  found.by_key[key] = recipient
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
      local email = trimmed(e.data[to.email or "email"])
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
  if public then fault("nobody to write to", "'public' has no addresses; name a group, people, a roster or addresses") end
  for _, person in ipairs(people) do take_person(found, person) end
end

-- Sorted by address, so that a list in parts goes on where it stopped. The second result: persons who get
-- none, since their address is that of another of the list.
function recipients.of(step, to, before)
  local found = { by_key = {}, by_id = {}, doubles = {} }
  if type(to) == "table" and (#to > 0 or next(to) == nil) then
    for _, one in ipairs(to) do take_one(step, found, one, before) end
  else
    take_one(step, found, to, before)
  end
  local doubles = found.doubles
  found.by_key, found.by_id, found.doubles = nil, nil, nil
  table.sort(found, function(a, b) return a.key < b.key end)
  return found, doubles
end

-- What a key begins with: an occasion of the author's own holds for the instance, so that two of its tasks
-- write once; else a task is one.
function recipients.occasion(step)
  return step.input.key and step.id .. ":" .. step.input.key or step.key
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

local see = { ko = "바로 가기", en = "See" }

-- Where the recipient reads what `about` is about: his own page of that task, else the public one.
local function page_of(step, recipient)
  local task = step.input.about
  return task and (recipient.id and step:page(task, recipient.id) or step:page(task))
end

local function with_link(mail, link, language)
  local label = see[language] or see.ko
  if not link then return mail end
  if not mail.text:find(link, 1, true) then mail.text = mail.text:gsub("\n*$", "") .. "\n\n" .. label .. ": " .. link .. "\n" end
  if mail.html and not mail.html:find(link, 1, true) then
    mail.html = mail.html .. "\n<p><a href=\"" .. dure.text.html(link) .. "\">" .. label .. "</a></p>\n"
  end
  return mail
end

-- The mail for one recipient, {subject, text, html?}: by a template of the workflow's, where every
-- place needs a value, or by the texts of the task itself.
function recipients.compose(step, recipient, values)
  local input, language = step.input, recipient.language or "ko"
  local link, more = page_of(step, recipient), { link = "" }
  for name, value in pairs(values or {}) do more[name] = value end
  if link then more.link = link end
  local subject = input.subject and recipients.subject(dure.text.pick(input.subject, language), recipient, more)
  if type(input.template) == "string" then
    local letter, why = step:letter { template = input.template, language = language, subject = subject,
                                 values = values_of(recipient, more) }
    if letter == false then fault("the mail to " .. recipients.name(recipient) .. " cannot be written", why) end
    if letter then return with_link(letter, link, language) end
  end
  if not subject then fault("no subject", "a mail needs 'subject', or a 'template' that has one") end
  local html = input.html and recipients.fill(dure.text.pick(input.html, language), recipient, more, true)
  local body = dure.text.pick(input.body or input.template or "", language)
  return with_link({ subject = subject, text = recipients.fill(body, recipient, more), html = html }, link, language)
end

return recipients
