-- Who may vote. The electorate is read as it stands at the instant when the vote opens and kept as
-- pages of records, so that no ballot ever pays for the size of the electorate. A large one is read
-- and asked in turns of some pages each; nobody can vote before all of it is there.
--
--     page:0001         [{id, language, mail}]
--     elector:ID        {item}            asked, in this round
--     recused:ID        1
local letter = require("shared.letter")
local words = require("lib.words")
local fault = require("shared.stop").fault

local electorate = {}

local PAGE = 200
local READ = 10 * PAGE -- people read in one turn
local FEW = 60 -- a ballot lists so many who may hold a proxy
local LISTED_MAX = 10000 -- ids that an output names

local function page_key(number)
  return string.format("page:%04d", number)
end

function electorate.raise_empty()
  error { type = "no_electorate", status = 409, code = "no_electorate", title = "no_electorate: nobody is entitled to vote",
          detail = "the electorate has nobody in it" }
end

local function members(step, options)
  options.brief = true
  local people, public = dure.people.select(step.input.electorate, options)
  if public then
    fault("no electorate",
            "'public' is no electorate: name a group or people")
  end
  return people
end

function electorate.is_elector(step, id)
  return step.records:get("elector:" .. id) ~= nil
end

function electorate.is_recused(step, id)
  return step.records:get("recused:" .. id) ~= nil
end

-- Before the vote opens: items without mails, so that a ballot that comes too early is refused as
-- such. Large electorates are asked when it opens.
function electorate.announce(step, item_of)
  local people = members(step, { limit = PAGE + 1 })
  if #people > PAGE then return end
  for _, person in ipairs(people) do
    step.records:put("elector:" .. person.id, { item = step:ask(item_of(step, person.id)) })
  end
end

-- Cuts what one turn has read into pages. Those who were announced are few (one page at most).
local function keep_pages(step, frozen, people)
  local page, announced = dure.array {}, step.records:count("elector:") > 0
  for i, person in ipairs(people) do
    if announced and electorate.is_elector(step, person.id) then frozen.announced[#frozen.announced + 1] = person.id end
    page[#page + 1] = { id = person.id, language = person.language, mail = person.email ~= nil }
    if #page == PAGE or i == #people then
      frozen.pages = frozen.pages + 1
      step.records:put(page_key(frozen.pages), page)
      page = dure.array {}
    end
  end
  frozen.electors = frozen.electors + #people
end

-- Who was announced and has left before it opened.
local function close_others(step, frozen)
  local stays = {}
  for _, id in ipairs(frozen.announced) do stays[id] = true end
  for key in step.records:each("elector:") do
    local id = key:sub(#"elector:" + 1)
    if not stays[id] then
      step:close(id, "not_eligible")
      step.records:delete(key)
    end
  end
end

-- Freezes the electorate of this instant, or goes on with it: the instant once all of it is there,
-- nil while another turn is needed.
function electorate.freeze(step)
  local state = step.state
  local frozen = state.freezing or { at = step.now, electors = 0, pages = 0, announced = dure.array {} }
  local people = members(step, { at = frozen.at, after = frozen.last, limit = READ })
  keep_pages(step, frozen, people)
  if #people == READ then
    frozen.last, state.freezing = people[READ].id, frozen
    return nil
  end
  if frozen.electors == 0 then electorate.raise_empty() end
  close_others(step, frozen)
  state.electors, state.pages, state.freezing = frozen.electors, frozen.pages, nil
  return frozen.at
end

-- The ids of an electorate small enough to pick a name from; else nil.
function electorate.few(step)
  if (step.state.electors or math.huge) > FEW then return nil end
  local ids = dure.array {}
  for _, elector in ipairs(step.records:get(page_key(1)) or {}) do ids[#ids + 1] = elector.id end
  return ids
end

function electorate.pages(step)
  local number = 0
  return function()
    number = number + 1
    if number <= (step.state.pages or 0) then return step.records:get(page_key(number)) end
  end
end

-- ---- mails

function electorate.mail(step, elector, texts, occasion)
  local item = elector.mail and step.records:get("elector:" .. elector.id)
  if not item then return end
  local state = step.state
  local language = texts[elector.language] and elector.language or "ko"
  local t = texts[language]
  local title = dure.text.pick(state.title, language)
  local closes = state.closes and t.closes:format(letter.moment(state.closes, step.zone, language)) or ""
  step:mail {
    to = elector.id, mandatory = true,
    subject = t.subject:gsub("{when}", words.when(language, step.now, state.closes, step.zone)):format((title:gsub("%s+", " "))),
    text = t.body:format(title, closes, step:link(item.item, elector.id, state.closes and state.closes + state.grace)) ..
           letter.foot(step, elector.id, language, { closes = state.closes, outcome = true }),
    key = step.key .. ":" .. occasion .. ":" .. state.round .. ":" .. elector.id,
  }
end

-- ---- page by page

local function each_of_page(step, number, visit)
  for _, elector in ipairs(step.records:get(page_key(number)) or {}) do visit(elector) end
end

-- Visits a page and comes back for the next in a turn of its own: timer(name:NUMBER).
local function visit_pages(step, name, number, visit)
  each_of_page(step, number, visit)
  if number < step.state.pages then step:at(step.now, name .. ":" .. number + 1) end
end

function electorate.ask_page(step, number, item_of)
  visit_pages(step, "ask", number, function(elector)
    local item = step:ask(item_of(step, elector.id))
    step.records:put("elector:" .. elector.id, { item = item })
    electorate.mail(step, elector, words.invitation, "ask")
  end)
  step.state.asked_pages = number
end

function electorate.remind_page(step, name, number, has_voted)
  visit_pages(step, name, number, function(elector)
    if not has_voted(elector.id) and not electorate.is_recused(step, elector.id) then
      electorate.mail(step, elector, words.reminder, name)
    end
  end)
end

-- ---- presence

-- The ids of a list of ids; nil where it is a selector.
local function ids_of(present)
  if type(present) ~= "table" or (next(present) ~= nil and type(present[1]) ~= "string") then return nil end
  for _, id in ipairs(present) do
    if id == "public" then return nil end
  end
  return present
end

-- {ID = true} of all that are present now, electors or not; nil where a ballot is what makes present
function electorate.present_set(step)
  local present = step.input.present or "cast"
  if present == "cast" then return nil end
  local set, ids = {}, ids_of(present)
  if ids then
    for _, id in ipairs(ids) do set[id] = true end
    return set
  end
  for _, person in ipairs((dure.people.select(present))) do set[person.id] = true end
  return set
end

-- A list of ids becomes records at the start, so that a ballot looks up one of them.
function electorate.keep_present(step)
  local present = step.input.present or "cast"
  local ids = ids_of(present)
  if present == "cast" then
    step.state.present = "cast"
  elseif ids then
    step.state.present = "list"
    for _, id in ipairs(ids) do step.records:put("present:" .. id, 1) end
  else
    step.state.present = "selector"
  end
end

local function is_in(list, value)
  for _, one in ipairs(list or {}) do
    if one == value then return true end
  end
  return false
end

-- Looks at the person's own groups where that is enough, and not at the whole group.
local function matches(selector, person)
  if type(selector) == "table" and selector.group and not selector.role then return is_in(person.groups, selector.group) end
  if type(selector) == "table" and selector.people then return is_in(selector.people, person.id) end
  if type(selector) == "table" and #selector > 0 then
    for _, one in ipairs(selector) do
      if matches(one, person) then return true end
    end
    return false
  end
  for _, one in ipairs((dure.people.select(selector))) do
    if one.id == person.id then return true end
  end
  return false
end

function electorate.is_present(step, id)
  local kind = step.state.present
  if kind == "cast" then return true end
  if kind == "list" then return step.records:get("present:" .. id) ~= nil end
  local person = dure.people.get(id)
  return person ~= nil and matches(step.input.present, person)
end

-- ---- lists for the output

-- Ids of electors for whom `is_missing` holds; nil where they are too many to name.
function electorate.list(step, is_missing)
  if step.state.electors > LISTED_MAX then return nil end
  local out = dure.array {}
  for page in electorate.pages(step) do
    for _, elector in ipairs(page) do
      if is_missing(elector.id) then out[#out + 1] = elector.id end
    end
  end
  return out
end

return electorate
