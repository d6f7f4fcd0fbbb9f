-- book: slots of rooms and things, half-open: [from, to). See README.md.
--
-- Slots are shared records, so that whatever instance books a resource meets those of all others:
--
--     slot:RESOURCE\tID   {resource, from, to, who, receipt, owner, seq}     instants in milliseconds
--
-- ID is the receipt of an answer, or made of the step's key; `owner` is the calendar (a step) that took
-- it. Records of a calendar: of:RECEIPT, the key of its slot.
local schema = require("shared.schema")
local stop = require("shared.stop")

local fault = stop.fault

local RESOURCE_SLOTS = 10000
local PAST_MS = 86400000 -- slots that ended before are forgotten

local refuse = stop.refusals {
  not_open = { ko = "아직 예약을 받지 않습니다.", en = "Booking has not opened yet." },
  closed = { ko = "예약이 마감되었습니다.", en = "Booking is closed." },
  conflict = { ko = "그 시간에는 이미 예약이 있습니다.", en = "That time is taken." },
  full = { ko = "이 장소에는 예약이 너무 많습니다.", en = "This space has too many bookings." },
  invalid = { ko = "끝나는 때는 시작하는 때보다 뒤여야 하며, 지난 때는 예약할 수 없습니다.", en = "A slot ends after it begins and does not begin in the past." },
  not_possible = { ko = "예약은 남에게 넘길 수 없습니다.", en = "A booking cannot be handed to somebody else." },
}

local function list_of(resource)
  return type(resource) == "table" and resource or { resource }
end

-- The buffer stands between two slots once: after the earlier one.
local function overlaps(a, b, buffer)
  return a.from < b.to + buffer and b.from < a.to + buffer
end

local function place_of(resource)
  return "slot:" .. resource .. "\t"
end

-- The slots of all instances that stand in the way. Forgets those that are over.
local function in_the_way(step, slot, buffer)
  local found, known, over = dure.array {}, 0, {}
  for key, other in step.shared:each(place_of(slot.resource)) do
    known = known + 1
    if overlaps(slot, other, buffer) then found[#found + 1] = other end
    if other.to + buffer + PAST_MS < step.now and not other.owner then over[#over + 1] = key end
  end
  for _, key in ipairs(over) do step.shared:delete(key) end
  if known - #over >= RESOURCE_SLOTS then refuse("conflict", "full") end
  return found
end

local function shown(step, slot)
  return { id = slot.id, resource = slot.resource, from = dure.time.format(slot.from, step.zone), to = dure.time.format(slot.to, step.zone),
           who = slot.who, receipt = slot.receipt }
end

local function buffer_of(step)
  return step.input.buffer and dure.time.duration(step.input.buffer) or 0
end

-- ---- one slot against those that are known

local function known_slot(step, known)
  return { resource = known.resource, from = dure.time.parse(known.from, step.zone), to = dure.time.parse(known.to, step.zone), who = known.who }
end

local function conflicts_of(step, slot, buffer)
  local found = dure.array {}
  for _, known in ipairs(step.input.bookings or {}) do
    local other = known_slot(step, known)
    if other.resource == slot.resource and overlaps(other, slot, buffer) then found[#found + 1] = known end
  end
  for _, other in ipairs(in_the_way(step, slot, buffer)) do
    local same = false -- given, too, by who passes the bookings on from call to call
    for _, known in ipairs(found) do same = same or known.id == other.id end
    if not same then found[#found + 1] = shown(step, other) end
  end
  return found
end

local function book_one(step)
  local input, buffer = step.input, buffer_of(step)
  local from, to = dure.time.parse(input.from, step.zone), dure.time.parse(input.to, step.zone)
  if to <= from then fault("a slot ends after it begins", "'from' is " .. input.from .. ", 'to' is " .. input.to) end
  local out = { status = "booked", booked = dure.array {}, conflicts = dure.array {}, bookings = dure.array {} }
  for i, known in ipairs(input.bookings or {}) do out.bookings[i] = known end
  local slots = {}
  for i, resource in ipairs(list_of(input.resource)) do
    local who = type(input.who) == "string" and input.who or nil
    slots[i] = { resource = resource, from = from, to = to, who = who, id = step.key .. ":" .. i }
    for _, other in ipairs(conflicts_of(step, slots[i], buffer)) do out.conflicts[#out.conflicts + 1] = other end
  end
  if #out.conflicts > 0 then
    out.status = "conflict"
    return out
  end
  for _, slot in ipairs(slots) do
    step.shared:put(place_of(slot.resource) .. slot.id, slot)
    local told = shown(step, slot)
    told.who = input.who
    out.booked[#out.booked + 1], out.bookings[#out.bookings + 1] = told, told
  end
  return out
end

-- Gives back what an earlier call booked, by its ids.
local function give_back(step)
  local input, out = step.input, { status = "cancelled", bookings = dure.array {} }
  local ids = {}
  for _, id in ipairs(list_of(input.cancel)) do ids[id] = true end
  for _, resource in ipairs(list_of(input.resource)) do
    for id in pairs(ids) do step.shared:delete(place_of(resource) .. id) end
  end
  for _, known in ipairs(input.bookings or {}) do
    if not ids[known.id] then out.bookings[#out.bookings + 1] = known end
  end
  return out
end

-- ---- an open calendar

local function output(step)
  local slots, out = {}, dure.array {}
  for _, key in step.records:each("of:") do slots[#slots + 1] = step.shared:get(key) end
  table.sort(slots, function(a, b)
    if a.from ~= b.from then return a.from < b.from end
    return a.resource < b.resource
  end)
  for i, slot in ipairs(slots) do
    out[i] = shown(step, slot)
    -- From now on it is forgotten once it is over.
    slot.owner = nil
    step.shared:put(place_of(slot.resource) .. slot.id, slot)
  end
  return { status = "closed", bookings = out }
end

local function start(step)
  local input, state = step.input, step.state
  if input.cancel then return give_back(step) end
  if input.from and input.to then return book_one(step) end
  if not input.closes then
    fault("neither a slot nor a close", "give 'from' and 'to', or 'closes' for a calendar that takes answers")
  end
  state.opens = input.opens and dure.time.parse(input.opens, step.zone) or step.now
  state.closes = dure.time.parse(input.closes, step.zone)
  local form = { schema = {
    type = "object", required = { "resource", "from", "to" }, additionalProperties = false, ["x-order"] = { "resource", "from", "to" },
    properties = {
      resource = { type = "string", enum = dure.array(list_of(input.resource)), title = { ko = "장소", en = "Space" } },
      from = { type = "string", format = "date-time", title = { ko = "시작", en = "From" } },
      to = { type = "string", format = "date-time", title = { ko = "끝", en = "To" } },
    } } }
  local people, public = dure.people.select(input.who or "public")
  local function ask(name, to)
    step:ask { name = name, to = to, title = input.title or { ko = "예약", en = "Booking" }, form = form, opens = state.opens, closes = state.closes }
  end
  if public then ask("public") end
  for _, person in ipairs(people) do ask(person.id, person.id) end
  step:at(math.max(state.closes, step.now), "close")
  return step:wait()
end

local function answer(step, item, given)
  local state = step.state
  if given.delegate or given.recuse then refuse("not_possible") end
  if step.now < state.opens then refuse("not_open") end
  if step.now >= state.closes then refuse("closed") end
  local before = step.records:get("of:" .. given.receipt)
  if before then step.shared:delete(before) end
  if given.withdraw then
    step.records:delete("of:" .. given.receipt)
    return step:accept { status = "cancelled" }
  end
  local slot = { resource = given.data.resource, from = dure.time.parse(given.data.from, step.zone),
                 to = dure.time.parse(given.data.to, step.zone), who = item.assignee or given.person,
                 id = given.receipt, receipt = given.receipt, owner = step.key }
  if slot.to <= slot.from or slot.from < step.now then refuse("invalid") end
  if #in_the_way(step, slot, buffer_of(step)) > 0 then refuse("conflict") end
  local key = place_of(slot.resource) .. slot.id
  step.shared:put(key, slot)
  step.records:put("of:" .. slot.receipt, key)
  return step:accept { status = "booked" }
end

-- A calendar that is cancelled frees what it has taken.
local function stop(step)
  for _, key in step.records:each("of:") do step.shared:delete(key) end
end

local moment = schema.moment("A time")
local text = { type = { "string", "object" } }

return {
  name = "book",
  version = "1.0.0",
  summary = "Bookings",
  functions = {
    book = {
      summary = "Books a slot unless it conflicts, or keeps a calendar that takes bookings until it closes",
      effects = "local",
      input = {
        type = "object", required = { "resource" }, additionalProperties = false,
        properties = {
          title = text,
          resource = { type = { "string", "array" }, description = "What is booked; a list: all of them, or the choices of a calendar" },
          from = moment, to = moment, opens = moment, closes = moment,
          cancel = { type = { "string", "array" }, description = "Ids of slots that an earlier call booked: they are free again" },
          buffer = schema.duration("Duration that stays free between two slots"),
          who = { type = { "string", "object", "array" }, description = "Who books; of a calendar: who may" },
          bookings = { type = "array", items = { type = "object", required = { "resource", "from", "to" }, properties = { from = moment, to = moment } }, description = "What is booked already" },
        },
      },
      output = {
        type = "object", required = { "status", "bookings" },
        properties = { status = { enum = { "booked", "conflict", "closed", "cancelled" } }, booked = { type = "array" }, conflicts = { type = "array" }, bookings = { type = "array" } },
      },
      start = start,
      answer = answer,
      timer = output,
      stop = stop,
    },
  },
}
