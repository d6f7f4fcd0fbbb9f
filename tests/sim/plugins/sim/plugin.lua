-- sim: functions for the simulation, one for each way a step can wait. Each says in its output what
-- an oracle needs to know that it was treated rightly.

local PATIENCE_MS = 6 * 3600 * 1000

local function output_of(step)
  return { got = step.state.got or 0, now = step.now }
end

-- Asks people, and is done with `need` answers or when time is up.
local function ask_start(step)
  step.state.got = 0
  for i = 1, step.input.people do
    step:ask {
      to = "p" .. i, kind = "form", title = "Question", once = step.input.once,
      form = { schema = { type = "object", properties = { n = { type = "integer" } } } },
    }
    step:mail { to = "p" .. i .. "@example.org", subject = "Question of " .. step.id, text = "Please answer" }
  end
  step:at(step.now + PATIENCE_MS, "close")
  return step:wait()
end

local function ask_answer(step, _, answer)
  local n = answer.data.n or 0
  if n == 13 then return step:refuse("unlucky", "thirteen is refused") end
  if n == 12 then error { type = "validation", status = 400, title = "twelve raises" } end
  step.state.got = step.state.got + 1
  step.records:put("answer:" .. step.state.got, { n = n })
  if step.state.got >= step.input.need then return step:done(output_of(step), { counted = step.state.got }) end
  return step:accept { counted = step.state.got }
end

local function ask_timer(step)
  return output_of(step)
end

-- Seats: a public item; nobody gets a seat that is not there.
local function seats_start(step)
  step.state.taken = 0
  step:ask {
    name = "public", kind = "form", title = "Seats",
    form = { schema = { type = "object", required = { "n" }, properties = { n = { type = "integer", minimum = 1 } } } },
  }
  step:at(step.now + PATIENCE_MS, "close")
  return step:wait()
end

local function seats_answer(step, _, answer)
  local n = answer.data.n
  if step.state.taken + n > step.input.capacity then return step:refuse("full", "no seat is left") end
  step.state.taken = step.state.taken + n
  step.records:put(answer.receipt, { n = n })
  return step:accept { seats = n }
end

local function seats_timer(step)
  local sum = 0
  for _, row in step.records:each() do sum = sum + row.n end
  return { taken = step.state.taken, sum = sum, capacity = step.input.capacity }
end

-- Several timers, some put off, some dropped; each must come at its moment or after.
local function nap_start(step)
  step.state.rest = step.input.times
  step.state.early = 0
  step.state.due = step.now + step.input.ms
  step:at(step.state.due, "nap")
  step:at(step.now + 1, "never")
  step:cancel_timer("never")
  return step:wait()
end

local function nap_timer(step, name)
  if name ~= "nap" or step.now < step.state.due then step.state.early = step.state.early + 1 end
  step.state.rest = step.state.rest - 1
  if step.state.rest <= 0 then return { early = step.state.early } end
  step.state.due = step.now + step.input.ms
  step:at(step.state.due, "nap")
  return step:wait()
end

local function hear_start(step)
  step:on(step.input.type, { ["data.k"] = step.input.k }, "ear")
  step:at(step.now + PATIENCE_MS, "close")
  return step:wait()
end

local function hear_event(step, event)
  return { heard = true, k = event.data.k, wanted = step.input.k }
end

local function object(properties, required)
  return { type = "object", properties = properties, required = required }
end
local integer = { type = "integer" }

return {
  name = "sim",
  version = "1.0.0",
  functions = {
    simDouble = {
      summary = "Doubles", effects = "pure", input = object({ n = {} }),
      start = function(step)
        local n = step.input.n
        if math.type(n) ~= "integer" then error { type = "validation", status = 400, title = "no number" } end
        return { n = n * 2 }
      end,
    },
    simAsk = {
      summary = "Asks people", effects = "local",
      input = object({ people = integer, need = integer, once = { type = "boolean" } }, { "people", "need" }),
      start = ask_start, answer = ask_answer, timer = ask_timer,
    },
    simSeats = {
      summary = "Hands out seats", effects = "local", input = object({ capacity = integer }, { "capacity" }),
      start = seats_start, answer = seats_answer, timer = seats_timer,
    },
    simNap = {
      summary = "Naps", effects = "local",
      input = object({ ms = integer, times = integer }, { "ms", "times" }),
      start = nap_start, timer = nap_timer,
    },
    simHear = {
      summary = "Hears an event", effects = "local",
      input = object({ type = { type = "string" }, k = {} }, { "type" }),
      start = hear_start, event = hear_event,
      timer = function() return { heard = false } end,
    },
    simFetch = {
      summary = "Asks a server", effects = "idempotent", input = object({ n = {} }),
      start = function(step)
        local reply = step:http { method = "GET", url = "http://127.0.0.1/fetch" }
        return { reply = reply }
      end,
    },
  },
}
