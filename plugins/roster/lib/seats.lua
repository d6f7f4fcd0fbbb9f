-- Seats: who gets in, who waits, whom a free seat is offered to.
local ledger = require("lib.ledger")
local notice = require("lib.notice")
local seats = {}

local TOLD_MAX = 50 -- how many of those who wait are told their new place at once

-- ---- options

function seats.waiting_rules(input)
  local waiting = input.waiting
  if waiting == nil or waiting == false then return nil end
  if waiting == true then return {} end
  if type(waiting) == "string" then return { policy = waiting } end
  return waiting
end

local function skips(input)
  return (seats.waiting_rules(input) or {}).policy == "skip_to_fit"
end

-- ---- how many are left

function seats.free(step)
  local capacity = step.state.capacity
  return capacity and capacity - step.state.taken or math.maxinteger
end

function seats.over_by(step)
  return math.max(0, -seats.free(step))
end

-- block: nobody overtakes whoever waits. skip_to_fit: only those for whom it is too little.
local function would_overtake(step)
  if step.state.waiting == 0 then return false end
  return not skips(step.input) or ledger.first_that_fits(step, seats.free(step)) ~= nil
end

-- What a new registration becomes: "registered", "waiting", or nil where there is no room.
function seats.place_for(step, persons)
  local capacity = step.state.capacity
  if not capacity then return "registered" end
  if persons <= seats.free(step) and not would_overtake(step) then return "registered" end
  if seats.waiting_rules(step.input) and persons <= capacity then return "waiting" end
  return nil
end

function seats.may_grow(step, by)
  return by <= seats.free(step) and not (step.state.waiting > 0 and not skips(step.input))
end

-- ---- moving up

local function next_in_line(step)
  if step.state.waiting == 0 or (step.state.ends and step.now >= step.state.ends) then return nil end
  local free = seats.free(step)
  if free < 0 then return nil end
  if skips(step.input) then return ledger.first_that_fits(step, free) end
  local head = ledger.head_of_queue(step)
  return head and head.persons <= free and head or nil
end

-- Until when an offer made now holds; nil where too little time is left for one.
local function offer_until(step, rules)
  local until_ms = dure.time.add(step.now, rules.offer, step.zone)
  if step.state.ends then until_ms = math.min(until_ms, step.state.ends) end
  local least = rules.minOffer and dure.time.duration(rules.minOffer) or 0
  if until_ms <= step.now or until_ms - step.now < least then return nil end
  return until_ms
end

local function move_up(step, e)
  local rules = seats.waiting_rules(step.input) or {}
  local new
  if rules.offer then
    local until_ms = offer_until(step, rules)
    if not until_ms then return false end
    new = ledger.changed(e, { status = "offered", until_ms = until_ms })
  else
    new = ledger.changed(e, { status = "registered", registered = step.now })
  end
  ledger.replace(step, e, new)
  step:note({ type = new.status, entry = new.seq })
  notice.moved(step, new)
  if new.status == "registered" then ledger.addendum(step, "registered", new) end
  return true
end

local function tell_places(step)
  ledger.each_waiting(step, function(place, receipt)
    notice.tell(step, receipt, { position = place })
    return place < TOLD_MAX
  end)
end

-- Gives free seats to those who wait. Called after whatever may have freed some or moved the line.
function seats.fill(step)
  local moved = false
  for e in function() return next_in_line(step) end do
    if not move_up(step, e) then break end
    moved = true
  end
  return moved
end

function seats.line_moved(step)
  seats.fill(step)
  tell_places(step)
end

-- Offers that ran out at or before `limit`: their seats go to the next.
function seats.expire(step, limit)
  local any = false
  for e in function() return ledger.offer_to_expire(step, limit) end do
    local gone = ledger.changed(e, { status = "expired" })
    ledger.replace(step, e, gone)
    step:note({ type = "offer_expired", entry = e.seq })
    notice.moved(step, gone)
    any = true
  end
  if any then seats.line_moved(step) end
end

return seats
