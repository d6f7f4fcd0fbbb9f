-- book: slots of rooms and things, half-open: [from, to). See README.md.
--
--     slot:RESOURCE\tRECEIPT   {resource, from, to, who, receipt}     instants in milliseconds
local refusals = {
  not_open = { ko = "아직 예약을 받지 않습니다.", en = "Booking has not opened yet." },
  closed = { ko = "예약이 마감되었습니다.", en = "Booking is closed." },
  conflict = { ko = "그 시간에는 이미 예약이 있습니다.", en = "That time is taken." },
  invalid = { ko = "끝나는 때는 시작하는 때보다 뒤여야 하며, 지난 때는 예약할 수 없습니다.", en = "A slot ends after it begins and does not begin in the past." },
  not_possible = { ko = "예약은 남에게 넘길 수 없습니다.", en = "A booking cannot be handed to somebody else." },
}

local function refuse(code)
  error { refused = code, message = refusals[code] }
end

local function list_of(resource)
  return type(resource) == "table" and resource or { resource }
end

-- The buffer stands between two slots once: after the earlier one.
local function overlaps(a, b, buffer)
  return a.from < b.to + buffer and b.from < a.to + buffer
end

local function shown(step, slot)
  return { resource = slot.resource, from = dure.time.format(slot.from, step.zone), to = dure.time.format(slot.to, step.zone),
           who = slot.who, receipt = slot.receipt }
end

local function buffer_of(step)
  return step.input.buffer and dure.time.duration(step.input.buffer) or 0
end

-- ---- one slot against those that are known

local function book_one(step)
  local input, buffer = step.input, buffer_of(step)
  local from, to = dure.time.parse(input.from, step.zone), dure.time.parse(input.to, step.zone)
  if to <= from then error { type = "validation", status = 400, title = "a slot ends after it begins", detail = input.from .. " to " .. input.to } end
  local out = { status = "booked", booked = dure.array {}, conflicts = dure.array {}, bookings = dure.array {} }
  for i, known in ipairs(input.bookings or {}) do
    local slot = { resource = known.resource, from = dure.time.parse(known.from, step.zone), to = dure.time.parse(known.to, step.zone), who = known.who }
    out.bookings[i] = known
    for _, resource in ipairs(list_of(input.resource)) do
      if slot.resource == resource and overlaps(slot, { from = from, to = to }, buffer) then out.conflicts[#out.conflicts + 1] = known end
    end
  end
  if #out.conflicts > 0 then
    out.status = "conflict"
    return out
  end
  for _, resource in ipairs(list_of(input.resource)) do
    local slot = shown(step, { resource = resource, from = from, to = to, who = input.who })
    out.booked[#out.booked + 1], out.bookings[#out.bookings + 1] = slot, slot
  end
  return out
end

-- ---- an open calendar

local function output(step)
  local slots, out = {}, dure.array {}
  for _, slot in step.records:each("slot:") do slots[#slots + 1] = slot end
  table.sort(slots, function(a, b)
    if a.from ~= b.from then return a.from < b.from end
    return a.resource < b.resource
  end)
  for i, slot in ipairs(slots) do out[i] = shown(step, slot) end
  return { status = "closed", bookings = out }
end

local function start(step)
  local input, state = step.input, step.state
  if input.from and input.to then return book_one(step) end
  if not input.closes then
    error { type = "validation", status = 400, title = "neither a slot nor a close", detail = "give 'from' and 'to', or 'closes' for a calendar that takes answers" }
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
  if before then step.records:delete(before) end
  if given.withdraw then
    step.records:delete("of:" .. given.receipt)
    return step:accept { status = "cancelled" }
  end
  local slot = { resource = given.data.resource, from = dure.time.parse(given.data.from, step.zone),
                 to = dure.time.parse(given.data.to, step.zone), who = item.assignee or given.person, receipt = given.receipt }
  if slot.to <= slot.from or slot.from < step.now then refuse("invalid") end
  local place, buffer = "slot:" .. slot.resource .. "\t", buffer_of(step)
  for _, other in step.records:each(place) do
    if overlaps(slot, other, buffer) then refuse("conflict") end
  end
  step.records:put(place .. slot.receipt, slot)
  step.records:put("of:" .. slot.receipt, place .. slot.receipt)
  return step:accept { status = "booked" }
end

local moment = { type = "string" }
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
          buffer = { type = "string", description = "Duration that stays free between two slots" },
          who = { type = { "string", "object", "array" }, description = "Who books; of a calendar: who may" },
          bookings = { type = "array", items = { type = "object", required = { "resource", "from", "to" } }, description = "What is booked already" },
        },
      },
      output = {
        type = "object", required = { "status", "bookings" },
        properties = { status = { enum = { "booked", "conflict", "closed" } }, booked = { type = "array" }, conflicts = { type = "array" }, bookings = { type = "array" } },
      },
      start = start,
      answer = answer,
      timer = output,
    },
  },
}
