-- The items of a programme as spans of time, in order. [from, to) to the millisecond; an item with only one of the two
-- is a moment: a gathering has its end, a close its beginning.
local fault = require("shared.stop").fault

local plan = {}

local function given(value)
  return value ~= nil and value ~= dure.json.null and value or nil
end

local function moment(item, clock, zone)
  if not given(clock) then return nil end
  local good, ms = pcall(dure.time.at, item.day, clock, zone)
  if not good then fault("no time of day", "'" .. item.title .. "': " .. tostring(item.day) .. " " .. tostring(clock)) end
  return ms
end

local function list_of(value)
  value = given(value)
  if value == nil then return nil end
  return type(value) == "table" and value or { value }
end

-- Who is in it; nil: everybody. Where it is; a visit without a place is where its title says.
local function read(item, place, zone)
  local from, to = moment(item, item.from, zone), moment(item, item.to, zone)
  if not from and not to then fault("an item without a time", "'" .. item.title .. "' has neither 'from' nor 'to'") end
  if from and to and to < from then to = moment({ day = dure.time.add_days(item.day, 1), title = item.title }, item.to, zone) end
  local where = given(item.place) or (item.kind == "visit" and item.title or nil)
  return { item = item, place = place, from = from or to, to = to or from, is_moment = not (from and to) or from == to,
           title = item.title, kind = item.kind, where = where and dure.text.fold(where), who = list_of(item.who),
           id = dure.text.fold(given(item.id) or item.title) }
end

-- In the order of their beginnings; what begins together stands as it was given.
function plan.read(items, zone)
  local out = {}
  for i, item in ipairs(items) do out[i] = read(item, i, zone) end
  table.sort(out, function(a, b)
    if a.from ~= b.from then return a.from < b.from end
    if a.to ~= b.to then return a.to < b.to end
    return a.place < b.place
  end)
  return out
end

function plan.shown(item, zone)
  local out = {}
  for name, value in pairs(item.item) do out[name] = value end
  out.from, out.to = dure.time.format(item.from, zone), dure.time.format(item.to, zone)
  return out
end

return plan
