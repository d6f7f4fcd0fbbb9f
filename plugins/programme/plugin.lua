-- programme: the programme of an event, checked, and compared with its earlier version. Pure. See README.md.
local plan = require("lib.plan")
local checks = require("lib.checks")
local changes = require("lib.changes")

local function days_of(items, zone)
  local days, by_day = dure.array {}, {}
  for _, item in ipairs(items) do
    local name = item.item.day
    local day = by_day[name]
    if not day then
      day = { day = name, items = 0, meals = 0, first = item.from, last = item.to }
      by_day[name], days[#days + 1] = day, day
    end
    day.items, day.last = day.items + 1, math.max(day.last, item.to)
    if item.kind == "meal" then day.meals = day.meals + 1 end
  end
  for _, day in ipairs(days) do
    day.from, day.to = dure.time.format(day.first, zone), dure.time.format(day.last, zone)
    day.first, day.last = nil, nil
  end
  return days
end

local function programme(step)
  local input = step.input
  local zone = input.zone or step.zone
  local items = plan.read(input.items, zone)
  local least = { change = dure.time.duration(input.change or "PT1M"), slack = dure.time.duration(input.slack or "PT5M") }
  local out = { items = dure.array {}, days = days_of(items, zone), changes = dure.array {} }
  out.warnings, out.legs, out.km = checks.all(items, least)
  local last = nil
  for i, item in ipairs(items) do
    out.items[i] = plan.shown(item, zone)
    last = math.max(last or item.to, item.to)
  end
  if last then out.begins, out.ends = out.items[1].from, dure.time.format(last, zone) end
  if input.previous then out.changes = changes.between(plan.read(input.previous, zone), items, zone) end
  out.hash = dure.hash(dure.json.encode(out.items))
  return out
end

local clock = { type = { "string", "null" }, pattern = "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$" }
local items = {
  type = "array", maxItems = 500,
  items = {
    type = "object", required = { "day", "title" },
    properties = {
      id = { type = "string", minLength = 1 }, title = { type = "string", minLength = 1 },
      day = { type = "string", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }, from = clock, to = clock,
      kind = { type = "string" }, place = { type = { "string", "null" } }, who = { type = { "string", "array", "null" } },
      km = { type = "number", minimum = 0 }, minutes = { type = "integer", minimum = 0 },
    },
  },
}
local objects = { type = "array", items = { type = "object" } }

return {
  name = "programme",
  version = "1.0.0",
  summary = "Programmes of events",
  functions = {
    programme = {
      summary = "Checks the programme of an event (overlaps, room changes, slack of bus legs) and says what has changed",
      effects = "pure",
      input = {
        type = "object",
        required = { "items" },
        additionalProperties = false,
        properties = {
          items = items,
          previous = items,
          change = { type = "string", description = "Least time to change rooms; PT1M if not given" },
          slack = { type = "string", description = "Least slack of a bus leg; PT5M if not given" },
          zone = { type = "string", description = "Time zone; the workflow's if not given" },
        },
      },
      output = {
        type = "object",
        required = { "items", "days", "legs", "km", "warnings", "changes", "hash" },
        properties = { items = objects, days = objects, legs = objects, km = { type = "number" }, warnings = objects,
                       changes = objects, hash = { type = "string" }, begins = { type = "string" }, ends = { type = "string" } },
      },
      start = programme,
    },
  },
}
