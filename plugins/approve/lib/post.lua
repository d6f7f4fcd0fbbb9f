-- The mails of one handler: one for each person, with all that he has just been asked to decide.
local letter = require("shared.letter")
local words = require("lib.words")
local post = {}

function post.new()
  return { people = {}, by_id = {} }
end

function post.add(batch, person, item, name, title)
  if not person.email then return end
  local mail = batch.by_id[person.id]
  if not mail then
    mail = { person = person, name = name, items = {} }
    batch.by_id[person.id], batch.people[#batch.people + 1] = mail, mail
  end
  mail.items[#mail.items + 1] = { item = item, title = title }
end

local function links(step, mail, language)
  local parts = {}
  for i, one in ipairs(mail.items) do
    local link = step:link(one.item, mail.person.id, step.state.expires)
    parts[i] = #mail.items > 1 and dure.text.pick(one.title, language) .. "\n" .. link or link
  end
  return table.concat(parts, "\n\n")
end

function post.send(step, batch)
  for _, mail in ipairs(batch.people) do
    local language = words.mail[mail.person.language] and mail.person.language or "ko"
    local t, expires = words.mail[language], step.state.expires
    local title = dure.text.pick(#mail.items > 1 and step.input.subject or mail.items[1].title, language)
    if #mail.items > 1 then title = t.count:format(title, #mail.items) end
    local closes = expires and t.closes:format(letter.moment(expires, step.zone, language)) or ""
    step:mail { to = mail.person.id, mandatory = true, subject = t.subject:format((title:gsub("%s+", " "))),
                text = t.body:format(title, closes, links(step, mail, language)) ..
                       letter.foot(step, mail.person.id, language, { closes = expires, outcome = true }),
                key = step.key .. ":ask:" .. mail.name }
  end
end

return post
