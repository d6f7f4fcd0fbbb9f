-- review: a jury scores items on sheets. See README.md.
local letter = require("shared.letter")
local schema = require("shared.schema")
local score = require("lib.score")
local sheets = require("lib.sheets")
local words = require("lib.words")
local fault = require("shared.stop").fault

local refuse = words.refuse

-- ---- the end

local function counted(list)
  local out = {}
  for _, sheet in ipairs(list) do
    if sheet.status == "scored" then out[#out + 1] = sheet end
  end
  return out
end

local function comments_of(list)
  local out = dure.array {}
  for _, sheet in ipairs(list) do
    if sheet.comment then out[#out + 1] = sheet.comment end
  end
  return out
end

local function line_of(step, item, list, row, criteria)
  local scored = counted(list)
  local mean = score.mean(scored, criteria, step.input.aggregate)
  local line = { item = item.id, reviews = #scored, of = #list, used = mean and mean.used or 0,
                 comments = comments_of(scored), status = "scored" }
  if row.withdrawn then
    line.status, line.reason, line.withdrawnAt = "withdrawn", row.withdrawn.reason, row.withdrawn.at
    return line
  end
  if not mean or #scored < (math.tointeger(step.input.minReviews) or 1) then line.status = "needs_reviewer" end
  if not mean then return line end
  line.text, line.hundredths, line.criteria = score.text(mean.hundredths), mean.hundredths, mean.criteria
  line.score = score.number(mean.hundredths)
  return line
end

local function audit_of(item, list, criteria, out, loads)
  for _, sheet in ipairs(list) do
    loads[sheet.reviewer] = (loads[sheet.reviewer] or 0) + 1
    out[#out + 1] = { item = item.id, reviewer = sheet.reviewer, status = sheet.status, values = sheet.values,
                      score = sheet.values and score.number(score.of_sheet(criteria, sheet.values)),
                      comment = sheet.comment, reason = sheet.reason, at = sheet.at }
  end
end

-- The mean of each item, for its reviewers, where the workflow shows it.
local function leave(step, out)
  if not step.input.show then return end
  for i, item in ipairs(sheets.items(step.input)) do
    local line = out.scores[i]
    local mean = line.text and { ko = words.mean.ko:format(line.text), en = words.mean.en:format(line.text) }
    step:outcome {
      name = item.id, title = sheets.title_of(item, step.input.title or words.title), kind = "review",
      result = line.status == "withdrawn" and words.gone or line.status == "scored" and mean or words.no_mean,
      tone = line.status == "scored" and "good" or "warn",
      facts = dure.array { { label = words.counted, value = line.reviews }, { label = words.handed, value = line.of } },
    }
  end
end

local function output(step)
  local criteria = score.criteria(step.input)
  local out = { scores = dure.array {}, assignments = dure.array {}, loads = {}, needsReviewer = dure.array {} }
  for i, item in ipairs(sheets.items(step.input)) do
    local list, row = sheets.of_item(step, i, item.id)
    out.scores[i] = line_of(step, item, list, row, criteria)
    if out.scores[i].status == "needs_reviewer" then out.needsReviewer[#out.needsReviewer + 1] = item.id end
    audit_of(item, list, criteria, out.assignments, out.loads)
  end
  local at = step.state.closes and math.min(step.now, step.state.closes) or step.now
  out.closedAt = dure.time.format(at, step.zone)
  leave(step, out)
  return out
end

-- Scores that may still be changed are waited for until the close.
local function is_complete(step)
  local state = step.state
  if not state.handed_out or state.open > 0 then return false end
  return step.input.change == "never" or not state.closes
end

-- ---- start and time

local function window(step)
  local input, state = step.input, step.state
  state.opens = input.opens and dure.time.parse(input.opens, step.zone) or step.now
  state.closes = input.closes and dure.time.parse(input.closes, step.zone)
  if state.closes and input.opens and state.closes <= state.opens then
    fault("the review closes before it opens",
            "opens " .. input.opens .. ", closes " .. input.closes)
  end
  if input.remind and not state.closes then
    fault("no close", "'remind' counts from 'closes', which is missing")
  end
end

local function plan_reminders(step)
  local state = step.state
  local asked = math.max(state.opens, step.now)
  for _, one in ipairs(letter.reminders(step.input.remind, asked, state.closes, step.now, step.zone)) do
    step:at(one.at, one.name)
  end
end

-- Unless the workflow says what must match, an event has to be about this instance: an item of the same id may be
-- under review in another.
local function subscribe(step)
  local withdrawn, conflict = step.input.withdrawEvent or {}, step.input.conflictEvent or {}
  step:on(withdrawn.type or "dure.review.withdrawn", withdrawn.match, "withdrawn")
  step:on(conflict.type or "dure.review.conflict", conflict.match, "conflict")
end

local function start(step)
  local criteria = score.criteria(step.input)
  window(step)
  step.state.open, step.state.handed_out = 0, false
  sheets.plan(step)
  if step.state.items == 0 then return output(step) end
  if step.state.closes then step:at(math.max(step.state.closes, step.now), "close") end
  if step.state.opens > step.now then step:at(step.state.opens, "open") end
  plan_reminders(step)
  subscribe(step)
  sheets.hand_out_from(step, 1, criteria)
  return step:wait()
end

local function timer(step, name)
  if name == "close" then return output(step) end
  local what, number = name:match("^(%a+_?%a*):(%d+)$")
  if name == "open" then
    sheets.mail_all(step, words.invitation, "ask")
  elseif what == "hand_out" then
    sheets.hand_out_from(step, math.tointeger(number), score.criteria(step.input))
  else
    sheets.mail_all(step, words.reminder, name)
  end
end

-- ---- answers

local function check(step, given)
  local state = step.state
  if given.delegate then refuse("not_possible") end
  if step.now < state.opens then refuse("not_open") end
  if state.closes and step.now >= state.closes then refuse("closed") end
end

local function recuse(step, sheet, given)
  sheet.reason = dure.text.trim(given.recuse)
  if sheet.reason == "" then refuse("reason_needed") end
  if sheet.status == "open" then step.state.open = step.state.open - 1 end
  sheet.status = "recused"
  step:note({ type = "recused", scored = sheet.values ~= nil }, { person = sheet.reviewer, reason = sheet.reason })
end

local function fill_in(step, sheet, given)
  if sheet.status == "scored" and step.input.change == "never" then refuse("already_answered") end
  if given.withdraw then
    if sheet.status == "scored" then step.state.open = step.state.open + 1 end
    sheet.status, sheet.values, sheet.comment = "open", nil, nil
    return
  end
  if sheet.status == "open" then step.state.open = step.state.open - 1 end
  sheet.status, sheet.values = "scored", {}
  for name, value in pairs(given.data) do
    if name ~= "comment" then sheet.values[name] = math.tointeger(value) end
  end
  local comment = given.data.comment and dure.text.trim(given.data.comment)
  sheet.comment = comment ~= "" and comment or nil
end

local function answer(step, item, given)
  check(step, given)
  local key = "sheet:" .. item.name
  local sheet = step.records:get(key)
  if sheet.status == "recused" then refuse("not_eligible", "recused") end
  if given.recuse then recuse(step, sheet, given) else fill_in(step, sheet, given) end
  sheet.at = dure.time.format(step.now, step.zone)
  step.records:put(key, sheet)
  local reply = { status = sheet.status, allows = sheet.status == "recused" and dure.array {} or nil }
  if is_complete(step) then return step:done(output(step), reply) end
  return step:accept(reply)
end

-- ---- events

local function event(step, given, name)
  local data = type(given.data) == "table" and given.data or {}
  if type(data.item) ~= "string" then return step:log("an event of the review names no item; it changes nothing") end
  if name == "withdrawn" then sheets.withdraw_item(step, data.item, data.reason) end
  if name == "conflict" and type(data.reviewer) == "string" then
    sheets.conflict(step, data.item, data.reviewer, data.reason)
  end
  if is_complete(step) then return output(step) end
end

-- ---- views: who has scored what, and no score before the close

local function progress(step)
  local items, rows, totals = sheets.items(step.input), dure.array {}, { scored = 0, of = 0 }
  for number = 1, step.state.reviewers do
    local reviewer = step.records:get(string.format("reviewer:%04d", number))
    local person, scored, left = dure.people.get(reviewer.id), 0, 0
    for _, i in ipairs(reviewer.items) do
      local sheet = step.records:get("sheet:" .. items[i].id .. ":" .. reviewer.id) or {}
      if sheet.status == "scored" then scored = scored + 1 end
      if sheet.status == "recused" or sheet.status == "conflict" then left = left + 1 end
    end
    rows[number] = { name = person and person.name or reviewer.id, scored = scored, of = #reviewer.items, recused = left }
    totals.scored, totals.of = totals.scored + scored, totals.of + #reviewer.items
  end
  return { columns = { { key = "name", title = { ko = "심사위원", en = "Reviewer" } },
                       { key = "scored", title = { ko = "채점함", en = "Scored" } },
                       { key = "recused", title = { ko = "회피", en = "Recused" } },
                       { key = "of", title = { ko = "맡은 것", en = "Assigned" } } },
           rows = rows, totals = totals }
end

-- ---- the contract

local text = { type = { "string", "object" }, description = "Text, or {ko, en}" }
local id = { type = "string", minLength = 1, maxLength = 100, pattern = "^[^:]+$" }
local ids = { type = "array", items = { type = "string" } }
local occasion = {
  type = "object", additionalProperties = false,
  properties = { type = { type = "string" }, match = { type = "object" } },
}

return {
  name = "review",
  version = "1.0.0",
  summary = "Juries",
  functions = {
    review = {
      summary = "Assigns items to reviewers, gathers their scoring sheets and gives the mean of each item",
      effects = "local",
      input = {
        type = "object",
        required = { "items", "reviewers", "criteria" },
        additionalProperties = false,
        properties = {
          title = text,
          items = {
            type = "array", maxItems = 2000, description = "What is reviewed: ids, or {id, title, detail}",
            items = { anyOf = { id, { type = "object", required = { "id" }, properties = { id = id, title = text, detail = text, material = { type = "array" } } } } },
          },
          reviewers = schema.selector("Who reviews: a selector"),
          each = { type = "integer", minimum = 1, maximum = 200,
                   description = "Reviewers of one item; all that have no conflict with it if not given" },
          conflicts = {
            description = "Who must not review what: [{reviewer, item}], either may be a list; or {reviewer: [items]}",
            anyOf = {
              { type = "array", items = { type = "object", required = { "reviewer", "item" },
                                          properties = { reviewer = { type = { "string", "array" } },
                                                         item = { type = { "string", "array" } } } } },
              { type = "object", additionalProperties = ids },
            },
          },
          criteria = {
            type = "array", minItems = 1, maxItems = 30, description = "What is scored, in whole points from 0 to `max`",
            items = {
              type = "object", required = { "id" }, additionalProperties = false,
              properties = {
                id = { type = "string", minLength = 1, maxLength = 60 }, title = text, description = text,
                max = { type = "integer", minimum = 1, maximum = 1000, description = "100 if not given" },
                weight = { type = "integer", minimum = 0, maximum = 1000,
                           description = "Its share in the score; as `max` if not given" },
              },
            },
          },
          aggregate = { type = "string", enum = { "mean", "trimmed" },
                        description = "trimmed: without one highest and one lowest" },
          minReviews = { type = "integer", minimum = 1, maximum = 200,
                         description = "An item with fewer scores needs a reviewer; 1 if not given" },
          opens = schema.moment("From when; at once if not given"),
          closes = schema.moment("Until when, itself excluded; if not given, until all sheets are in"),
          change = { type = "string", enum = { "last_wins", "never" },
                     description = "Whether a score may be changed; if never, the review ends when all sheets are in" },
          show = { type = "boolean", description = "Whether reviewers read the mean of what they scored when it is over" },
          remind = schema.durations("Durations before the close: mails to those with open sheets"),
          withdrawEvent = occasion,
          conflictEvent = occasion,
        },
      },
      output = {
        type = "object",
        required = { "scores", "assignments" },
        properties = {
          scores = {
            type = "array",
            items = { type = "object", required = { "item", "reviews", "of", "status" },
                      properties = { item = { type = "string" }, score = { type = "number" }, text = { type = "string" },
                                     hundredths = { type = "integer" }, reviews = { type = "integer" },
                                     of = { type = "integer" }, used = { type = "integer" },
                                     status = { enum = { "scored", "needs_reviewer", "withdrawn" } } } },
          },
          assignments = { type = "array", items = { type = "object", required = { "item", "reviewer", "status" } } },
          loads = { type = "object", additionalProperties = { type = "integer" } },
          needsReviewer = ids,
          closedAt = { type = "string" },
        },
      },
      start = start,
      answer = answer,
      timer = timer,
      event = event,
      views = { progress = { title = { ko = "심사 진행", en = "Progress of the review" }, make = progress } },
    },
  },
}
