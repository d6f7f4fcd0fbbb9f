-- roster: registration with seats, a waiting list, checks, a freeze and addenda. See README.md.
local entry = require("lib.entry")
local ledger = require("lib.ledger")
local seats = require("lib.seats")
local list = require("lib.list")
local desk = require("lib.desk")
local notice = require("lib.notice")
local words = require("lib.words")
local options = require("lib.options")
local schemas = require("lib.schemas")
local fault = require("shared.stop").fault

-- ---- start

local function moment(step, text)
  return text and dure.time.parse(text, step.zone) or nil
end

local function latest(a, b)
  return a and b and math.max(a, b) or a or b
end

local function subscribe(step)
  local capacity, ends = step.input.capacityEvent or {}, step.input["until"]
  if type(capacity) == "string" then capacity = { type = capacity } end
  step:on(capacity.type or "dure.roster.capacity", capacity.match or {}, "capacity")
  if type(ends) == "table" and ends.event then step:on(ends.event, ends.match or {}, "moved") end
end

local function end_of(step)
  local ends = step.input["until"]
  return moment(step, type(ends) == "table" and ends.at or ends) or latest(step.state.closes, step.state.freeze)
end

local function ask(step)
  local input, state = step.input, step.state
  local form = { schema = input.schema or { type = "object" }, decisions = dure.array { "accept", "decline" } }
  local function one(name, person)
    step:ask { name = name, to = person, title = input.title, form = form, opens = state.opens, closes = state.closes }
  end
  local people, public = dure.people.select(input.to or "public")
  if public then one("public") end
  for _, person in ipairs(people) do one(person.id, person.id) end
end

local function start(step)
  local input, state = step.input, step.state
  options.check(input)
  state.opens, state.closes = moment(step, input.opens), moment(step, input.closes)
  if state.opens and state.closes and state.closes <= state.opens then
    fault("the registration closes before it opens",
            "'opens' is " .. input.opens .. ", 'closes' is " .. input.closes)
  end
  state.freeze = moment(step, input.freeze)
  state.ends = end_of(step)
  state.capacity = input.capacity and math.tointeger(input.capacity)
  state.taken, state.waiting, state.seq, state.addenda = 0, 0, 0, 0
  state.active, state.bytes, state.addenda_bytes = 0, 0, 0
  state.sizes, state.totals = {}, entry.no_totals(input)
  ask(step)
  if state.freeze then step:at(math.max(state.freeze, step.now), "freeze") end
  if state.ends then step:at(math.max(state.ends, step.now), "end") end
  subscribe(step)
  return step:wait()
end

-- ---- time

-- Does what is due, in the order of its moments, before anything else looks at the books: an answer
-- may come in the very millisecond of a deadline, before its timer.
local function catch_up(step)
  local state = step.state
  if state.freeze and not state.frozen and step.now >= state.freeze then
    seats.expire(step, state.freeze - 1)
    list.freeze(step)
  end
  seats.expire(step, step.now)
end

local function timer(step)
  catch_up(step)
  if step.state.ends and step.now >= step.state.ends then return list.output(step) end
end

-- ---- answers

local function reply(step, e)
  local out = { status = e.status, persons = e.persons, warnings = e.warnings, withdrawal = notice.withdrawal(step, e) }
  if e.status == "offered" then out["until"] = dure.time.format(e.until_ms, step.zone) end
  if e.status == "waiting" then
    ledger.each_waiting(step, function(place, receipt)
      if receipt == e.receipt then out.position = place end
      return out.position == nil and place < 1000
    end)
  end
  return step:accept(out)
end

local function check_window(step, is_new)
  local state = step.state
  if state.opens and step.now < state.opens then words.refuse("not_open") end
  if state.ends and step.now >= state.ends then words.refuse("closed") end
  if is_new and state.closes and step.now >= state.closes then words.refuse("closed") end
end

local function register(step, item, answer)
  check_window(step, true)
  local state = step.state
  local e = entry.read(step.input, answer, item.assignee)
  if ledger.unit_is_taken(step, e.key) then words.refuse("already_registered") end
  entry.check_requirements(step.input, e.data)
  e.status = seats.place_for(step, e.persons)
  if not e.status or not ledger.has_room(step, nil, e) then words.refuse("full") end
  state.seq = state.seq + 1
  e.seq, e.place, e.at = state.seq, state.seq, step.now
  e.registered = e.status == "registered" and step.now or nil
  e.asked = e.warnings[1] ~= nil
  ledger.replace(step, nil, e)
  desk.update(step, e)
  notice.confirm(step, e)
  if e.status == "registered" then ledger.addendum(step, "registered", e) end
  if e.status == "waiting" then
    local out = { status = e.status, persons = e.persons, warnings = e.warnings, position = state.waiting }
    return step:accept(out)
  end
  return reply(step, e)
end

local function find(step, answer)
  local e = ledger.find(step, answer.receipt)
  if not e then words.refuse("unknown_receipt") end
  return e
end

local function check_room(step, old, new)
  if not ledger.has_room(step, old, new) then words.refuse("full") end
  local by = new.persons - old.persons
  if by <= 0 then return end
  if ledger.holds_seats(old) and not seats.may_grow(step, by) then words.refuse("no_capacity") end
  if step.state.capacity and new.persons > step.state.capacity then words.refuse("full") end
end

local kept = { "seq", "place", "at", "registered", "status", "until_ms", "person" }

local function amend(step, item, answer)
  local old = find(step, answer)
  check_window(step, false)
  if old.status == "expired" then words.refuse("offer_expired") end
  if not ledger.is_active(old) then words.refuse("withdrawn") end
  local new = entry.read(step.input, answer, item.assignee)
  if #entry.list(step.input.unit) == 0 then new.key = old.key end
  for _, name in ipairs(kept) do new[name] = old[name] end
  if new.key ~= old.key and ledger.unit_is_taken(step, new.key) then words.refuse("already_registered") end
  entry.check_requirements(step.input, new.data)
  check_room(step, old, new)
  new.asked = old.asked or new.warnings[1] ~= nil
  ledger.replace(step, old, new)
  desk.update(step, new)
  if new.status == "registered" then ledger.addendum(step, "amended", new) end
  if new.persons ~= old.persons then seats.fill(step) end
  return reply(step, ledger.find(step, new.receipt))
end

-- Out of the books, and whoever waits moves up. What an offer leaves behind says why it is over.
local function leave(step, e, status)
  local gone = ledger.changed(e, { warnings = dure.array {}, status = status })
  local left = nil
  if status == "declined" then left = ledger.changed(gone, { data = {} }) end
  ledger.replace(step, e, left)
  desk.update(step, gone)
  if e.status == "registered" then ledger.addendum(step, status, gone) end
  if ledger.is_active(e) then seats.line_moved(step) end
  return step:accept { status = status }
end

local function withdraw(step, answer)
  local e = find(step, answer)
  check_window(step, false)
  return leave(step, e, "withdrawn")
end

local function accept(step, e)
  local new = ledger.changed(e, { status = "registered", registered = step.now })
  ledger.replace(step, e, new)
  ledger.addendum(step, "registered", new)
  return reply(step, new)
end

local function decide(step, answer)
  local e = find(step, answer)
  if e.status == "expired" then words.refuse("offer_expired") end
  check_window(step, false)
  if not ledger.is_active(e) then words.refuse("withdrawn") end
  if answer.data.accept then
    if e.status == "offered" then return accept(step, e) end
    if e.status == "waiting" then words.refuse("no_offer") end
    return reply(step, e)
  end
  if e.status == "registered" then words.refuse("no_offer") end
  return leave(step, e, "declined")
end

local function is_decision(data)
  local members = 0
  for _ in pairs(data or {}) do members = members + 1 end
  return members == 1 and (data.accept == true or data.decline == true)
end

local function answer(step, item, given)
  catch_up(step)
  if item.kind == "warning" then return desk.settle(step, item, given) end
  if given.delegate or given.recuse then words.refuse("not_possible") end
  if given.withdraw then return withdraw(step, given) end
  if given.amend and is_decision(given.data) then return decide(step, given) end
  if given.amend then return amend(step, item, given) end
  return register(step, item, given)
end

-- ---- events

-- {capacity: n}, null for no limit.
local function set_capacity(step, data)
  local capacity = data.capacity
  if capacity == dure.json.null then capacity = nil end
  if capacity ~= nil then
    capacity = math.type(capacity) and math.tointeger(capacity)
    if not capacity or capacity < 0 then
      step:log("an event would set a capacity that is no whole number; left as it was")
      return
    end
  end
  step.state.capacity = capacity
  step:note { type = "capacity", capacity = capacity, overBy = seats.over_by(step) }
  seats.line_moved(step)
end

-- What the list is for has moved, and the task's end with it.
local function move_end(step, data)
  local text = data[step.input["until"].field or ""] or data.at or data.begins
  local good, ms = pcall(dure.time.parse, text or "", step.zone)
  if not good then
    step:log("an event that should move the end has no time in it")
    return
  end
  step.state.ends = ms
  step:at(math.max(ms, step.now), "end")
end

local function event(step, given, name)
  catch_up(step)
  local change = name == "moved" and move_end or set_capacity
  change(step, given.data or {})
end

return {
  name = "roster",
  version = "1.0.0",
  summary = "Registration with seats, a waiting list, checks, a freeze and addenda",
  functions = {
    roster = {
      summary = "Takes registrations: seats, waiting list with offers, checks, freeze with a hash, addenda",
      effects = "local",
      input = schemas.input,
      output = schemas.output,
      start = start,
      answer = answer,
      timer = timer,
      event = event,
      views = list.views,
    },
  },
}
