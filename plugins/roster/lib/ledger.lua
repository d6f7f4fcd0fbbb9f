-- The roster's books. Every registration is a row; whatever is counted is counted as rows come and
-- go, so that the ten-thousandth costs what the first did.
--
--     entry:RECEIPT              the registration
--     unit:KEY                   receipt of who is registered, offered or waiting under this key
--     queue:PLACE                receipts in the order of waiting
--     size:PERSONS:PLACE         the same by size, for the first that fits
--     offer:UNTIL:PLACE          receipts of open offers, the first to run out first
--     region:HASH                {name, totals}
--     addendum:NUMBER            changes after the freeze
--
--     (new) ──> registered <── offered <── waiting <── (new)
--                   │             │           │
--                   └─ withdrawn ─┴─ expired, declined
local entry = require("lib.entry")
local ledger = {}

-- The list is made, hashed and handed on as a whole, within a call's time and a payload's 8 MiB: its
-- entries come in it twice, as frozen and as they are, and the addenda once.
local ENTRIES_MAX = 10000
local BYTES_MAX = 7 * 1024 * 1024
local ENTRY_BYTES = 160 -- persons, status, at and the like

local active = { registered = true, offered = true, waiting = true }
local holds_seats = { registered = true, offered = true }

local function queue_key(e) return string.format("queue:%012d", e.place) end
local function size_key(e) return string.format("size:%06d:%012d", e.persons, e.place) end
local function offer_key(e) return string.format("offer:%015d:%012d", e.until_ms, e.place) end
local function region_key(name) return "region:" .. dure.hash(name) end

function ledger.holds_seats(e) return holds_seats[e.status] end
function ledger.is_active(e) return active[e.status] end

-- ---- totals

local function add(totals, e, sign)
  totals.entries = totals.entries + sign
  totals.persons = totals.persons + sign * e.persons
  for name, n in pairs(e.adds) do totals[name] = (totals[name] or 0) + sign * n end
end

local function count(step, e, sign)
  add(step.state.totals, e, sign)
  if not e.region then return end
  local row = step.records:get(region_key(e.region)) or { name = e.region, totals = entry.no_totals(step.input) }
  add(row.totals, e, sign)
  step.records:put(region_key(e.region), row)
end

-- ---- how much there is

local function size(e)
  return #dure.json.encode(e.data) + #dure.json.encode(e.warnings) + ENTRY_BYTES
end

-- Whether `new` finds room beside the others; `old` is what it stands for.
function ledger.has_room(step, old, new)
  local state = step.state
  local bytes = 2 * (state.bytes + size(new) - (old and size(old) or 0)) + state.addenda_bytes
  return bytes <= BYTES_MAX and (old ~= nil or state.active < ENTRIES_MAX)
end

local function weigh(step, e, sign)
  step.state.active = step.state.active + sign
  step.state.bytes = step.state.bytes + sign * size(e)
end

-- ---- one row in, one row out

local function wait_in_line(step, e, sign)
  local state, size = step.state, tostring(e.persons)
  state.waiting = state.waiting + sign
  local left = (state.sizes[size] or 0) + sign
  state.sizes[size] = left > 0 and left or nil
  if sign > 0 then
    step.records:put(queue_key(e), e.receipt)
    step.records:put(size_key(e), e.receipt)
  else
    step.records:delete(queue_key(e))
    step.records:delete(size_key(e))
  end
end

local function take_out(step, e)
  if holds_seats[e.status] then step.state.taken = step.state.taken - e.persons end
  if e.status == "registered" then count(step, e, -1) end
  if e.status == "waiting" then wait_in_line(step, e, -1) end
  if e.status == "offered" then
    step.records:delete(offer_key(e))
    step:cancel_timer("offer:" .. e.seq)
  end
  if active[e.status] then
    weigh(step, e, -1)
    step.records:delete("unit:" .. e.key)
  end
end

local function put_in(step, e)
  if holds_seats[e.status] then step.state.taken = step.state.taken + e.persons end
  if e.status == "registered" then count(step, e, 1) end
  if e.status == "waiting" then wait_in_line(step, e, 1) end
  if e.status == "offered" then
    step.records:put(offer_key(e), e.receipt)
    step:at(e.until_ms, "offer:" .. e.seq)
  end
  if active[e.status] then
    weigh(step, e, 1)
    step.records:put("unit:" .. e.key, e.receipt)
  end
  step.records:put("entry:" .. e.receipt, e)
end

-- The only way a registration changes: `old` is what it was (nil: new), `new` what it becomes
-- (nil: gone).
function ledger.replace(step, old, new)
  if old then take_out(step, old) end
  if new then
    put_in(step, new)
  else
    step.records:delete("entry:" .. old.receipt)
  end
end

-- The same registration with some members changed.
function ledger.changed(e, changes)
  local new = {}
  for name, value in pairs(e) do new[name] = value end
  for name, value in pairs(changes) do new[name] = value end
  return new
end

-- ---- looking

function ledger.find(step, receipt)
  return receipt and step.records:get("entry:" .. receipt)
end

function ledger.unit_is_taken(step, key)
  return step.records:get("unit:" .. key) ~= nil
end

local function first(step, prefix)
  for key, receipt in step.records:each(prefix) do return key, ledger.find(step, receipt) end
end

function ledger.head_of_queue(step)
  local _, e = first(step, "queue:")
  return e
end

-- The one who has waited longest among those who need at most so many seats: the head of each size.
function ledger.first_that_fits(step, seats)
  local best
  for size in pairs(step.state.sizes) do
    if tonumber(size) <= seats then
      local _, e = first(step, string.format("size:%06d:", tonumber(size)))
      if e and (not best or e.place < best.place) then best = e end
    end
  end
  return best
end

function ledger.offer_to_expire(step, now)
  local _, e = first(step, "offer:")
  return e and e.until_ms <= now and e or nil
end

-- For each who waits: f(place from 1, receipt), until it returns false.
function ledger.each_waiting(step, f)
  local n = 0
  for _, receipt in step.records:each("queue:") do
    n = n + 1
    if f(n, receipt) == false then return end
  end
end

-- ---- what happened after the freeze

function ledger.addendum(step, kind, e)
  local state = step.state
  if not state.frozen then return end
  local addendum = {
    at = dure.time.format(step.now, step.zone),
    kind = kind,
    unit = e.unit,
    entry = entry.public(e, step.zone),
    totals = state.totals,
  }
  state.addenda = state.addenda + 1
  state.addenda_bytes = state.addenda_bytes + #dure.json.encode(addendum)
  step.records:put(string.format("addendum:%08d", state.addenda), addendum)
end

return ledger
