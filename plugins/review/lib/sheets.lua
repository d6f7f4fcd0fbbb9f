-- The sheets: one work item for each reviewer and item.
--
--     item:0001            {reviewers, withdrawn}    an item by its place, who got it
--     reviewer:0001        {id, items, language, mail}
--     sheet:ITEM:REVIEWER  {item, reviewer, status, values, comment, reason, at, link}
--
--     open ──answer──> scored ──recuse──> recused
--        ├──recuse──────────────────────────^       conflict: found by those who run the review
--        └──conflict──> conflict                    The values of a sheet that leaves stay in it.
--
-- step.state.open counts the open sheets of items that are not withdrawn.
local assign = require("lib.assign")
local letter = require("shared.letter")
local words = require("lib.words")
local fault = require("shared.stop").fault

local sheets = {}

local LOT = 200 -- sheets handed out in a turn; the rest follow in turns of their own
local SHEETS_MAX = 20000

local function item_key(number) return string.format("item:%04d", number) end
local function reviewer_key(number) return string.format("reviewer:%04d", number) end

-- ---- what is given

function sheets.items(input)
  local list, seen = {}, {}
  for i, given in ipairs(input.items) do
    list[i] = type(given) == "table" and given or { id = given }
    if seen[list[i].id] then fault("an item comes twice", "'items' names '" .. list[i].id .. "' twice") end
    seen[list[i].id] = true
  end
  return list
end

local function add_conflicts(out, items, reviewers)
  for _, item in ipairs(type(items) == "table" and items or { items }) do
    out[item] = out[item] or {}
    for _, reviewer in ipairs(type(reviewers) == "table" and reviewers or { reviewers }) do out[item][reviewer] = true end
  end
end

-- {item = {reviewer = true}} of a list of {item, reviewer} or of {reviewer = [items]}
local function conflicts_of(input)
  local out, given = {}, input.conflicts or {}
  for key, value in pairs(given) do
    if type(key) == "number" then
      add_conflicts(out, value.item, value.reviewer)
    else
      add_conflicts(out, value, key)
    end
  end
  return out
end

local function reviewers_of(input)
  local people, public = dure.people.select(input.reviewers)
  if public then fault("no reviewers", "'public' cannot review: name a group or people") end
  return people
end

-- ---- handing out

function sheets.plan(step)
  local items, people = sheets.items(step.input), reviewers_of(step.input)
  if #items * #people > SHEETS_MAX then fault("too many sheets", "items times reviewers are at most " .. SHEETS_MAX) end
  local plan = assign.plan(items, people, math.tointeger(step.input.each), conflicts_of(step.input))
  local by_item = {}
  for i in ipairs(items) do by_item[i] = dure.array {} end
  for r, person in ipairs(people) do
    local own = dure.array {}
    for i in ipairs(items) do
      if plan.held[r][i] then
        own[#own + 1] = i
        by_item[i][#by_item[i] + 1] = person.id
      end
    end
    step.records:put(reviewer_key(r), { id = person.id, items = own, language = person.language, mail = person.email ~= nil })
    step.state.open = step.state.open + #own
  end
  for i in ipairs(items) do step.records:put(item_key(i), { reviewers = by_item[i] }) end
  step.state.items, step.state.reviewers = #items, #people
end

local function with_range(text, range)
  local out = {}
  for _, language in ipairs { "ko", "en" } do out[language] = dure.text.pick(text, language) .. " (" .. range[language] .. ")" end
  return out
end

-- Points, and the weight where it is not that of the points.
local function range_of(criteria, one)
  local weights, range = 0, {}
  for _, other in ipairs(criteria) do weights = weights + other.weight end
  for _, language in ipairs { "ko", "en" } do
    range[language] = words.points[language]:format(one.max)
    if one.weight ~= one.max then
      range[language] = range[language] .. words.weight[language]:format((one.weight * 1000 // weights) / 10)
    end
  end
  return range
end

local function form_of(criteria)
  local properties, order, required, parts = {}, dure.array {}, dure.array {}, dure.array {}
  for i, one in ipairs(criteria) do
    local range = range_of(criteria, one)
    properties[one.id] = { type = "integer", minimum = 0, maximum = one.max, title = one.title or one.id,
                           description = one.description and with_range(one.description, range) or range }
    parts[i] = { name = one.id, max = one.max, weight = one.weight }
    order[i], required[i] = one.id, one.id
  end
  properties.comment = { type = "string", maxLength = 4000, title = words.comment, ["x-widget"] = "textarea" }
  order[#order + 1] = "comment"
  return { schema = { type = "object", required = required, additionalProperties = false, properties = properties,
                      ["x-order"] = order, ["x-total"] = parts } }
end

function sheets.title_of(item, title)
  local out = {}
  for _, language in ipairs { "ko", "en" } do
    out[language] = dure.text.pick(title, language) .. ": " .. dure.text.pick(item.title or item.id, language)
  end
  return out
end

local function hand_out(step, reviewer, items, form)
  for _, i in ipairs(reviewer.items) do
    local item = items[i]
    local name = item.id .. ":" .. reviewer.id
    local handle = step:ask { name = name, to = reviewer.id, kind = "review", form = form,
                              detail = { intro = item.detail, material = item.material }, outcome = item.id,
                              allows = step.input.change == "never" and dure.array { "recuse" } or dure.array { "recuse", "change" },
                              title = sheets.title_of(item, step.input.title or words.title),
                              opens = step.state.opens, closes = step.state.closes }
    step.records:put("sheet:" .. name, { item = i, reviewer = reviewer.id, status = "open", handle = handle })
  end
end

-- Hands out the sheets from this reviewer on; the next lot comes in a turn of its own.
function sheets.hand_out_from(step, number, criteria)
  local items, form, given = sheets.items(step.input), form_of(criteria), 0
  while number <= step.state.reviewers and (given == 0 or given < LOT) do
    local reviewer = step.records:get(reviewer_key(number))
    hand_out(step, reviewer, items, form)
    given = given + #reviewer.items
    if step.now >= step.state.opens then sheets.mail(step, number, words.invitation, "ask") end
    number = number + 1
  end
  step.state.handed_out = number > step.state.reviewers
  if not step.state.handed_out then step:at(step.now, "hand_out:" .. number) end
end

-- ---- mails: one for a reviewer and occasion, with what is still open

local function open_sheets(step, reviewer, items, language)
  local lines = {}
  for _, i in ipairs(reviewer.items) do
    local sheet = step.records:get("sheet:" .. items[i].id .. ":" .. reviewer.id)
    if sheet and sheet.status == "open" and not step.records:get(item_key(i)).withdrawn then
      lines[#lines + 1] = dure.text.pick(items[i].title or items[i].id, language) .. "\n" ..
                          step:link(sheet.handle, reviewer.id, step.state.closes)
    end
  end
  return lines
end

function sheets.mail(step, number, texts, occasion)
  local reviewer = step.records:get(reviewer_key(number))
  if not reviewer or not reviewer.mail then return end
  local language = texts[reviewer.language] and reviewer.language or "ko"
  local t, title = texts[language], dure.text.pick(step.input.title or words.title, language)
  local lines = open_sheets(step, reviewer, sheets.items(step.input), language)
  if #lines == 0 then return end
  local closes = step.state.closes and t.closes:format(letter.moment(step.state.closes, step.zone, language)) or ""
  step:mail {
    to = reviewer.id, mandatory = true,
    subject = t.subject:format((title:gsub("%s+", " "))),
    text = t.body:format(title, #lines, closes, table.concat(lines, "\n\n")) ..
           letter.foot(step, reviewer.id, language, { closes = step.state.closes, outcome = step.input.show }),
    key = step.key .. ":" .. occasion .. ":" .. reviewer.id,
  }
end

function sheets.mail_all(step, texts, occasion)
  for number = 1, step.state.reviewers do sheets.mail(step, number, texts, occasion) end
end

-- ---- reading and leaving

function sheets.of_item(step, number, id)
  local row, list = step.records:get(item_key(number)), {}
  for n, reviewer in ipairs(row.reviewers) do
    list[n] = step.records:get("sheet:" .. id .. ":" .. reviewer) or { item = number, reviewer = reviewer, status = "open" }
  end
  return list, row
end

local function number_of(step, id)
  for i, item in ipairs(sheets.items(step.input)) do
    if item.id == id then return i end
  end
end

-- The item is withdrawn: its sheets take no more answers, what was scored stays in them.
function sheets.withdraw_item(step, id, reason)
  local number = number_of(step, id)
  local row = number and step.records:get(item_key(number))
  if not row or row.withdrawn then return end
  row.withdrawn = { reason = reason, at = dure.time.format(step.now, step.zone) }
  step.records:put(item_key(number), row)
  for _, sheet in ipairs((sheets.of_item(step, number, id))) do
    if sheet.status == "open" then step.state.open = step.state.open - 1 end
    step:close(id .. ":" .. sheet.reviewer, "withdrawn")
  end
  step:note { type = "item_withdrawn", item = id }
end

-- A conflict that comes to light while it is reviewed: the sheet leaves the mean.
function sheets.conflict(step, id, reviewer, reason)
  local name = id .. ":" .. reviewer
  local sheet = step.records:get("sheet:" .. name)
  if not sheet or sheet.status == "conflict" or sheet.status == "recused" then return end
  local row = step.records:get(item_key(sheet.item))
  if sheet.status == "open" and not row.withdrawn then step.state.open = step.state.open - 1 end
  sheet.status, sheet.reason, sheet.at = "conflict", reason, dure.time.format(step.now, step.zone)
  step.records:put("sheet:" .. name, sheet)
  step:close(name, "conflict")
  step:note({ type = "conflict", item = id }, { person = reviewer, reason = reason })
end

return sheets
