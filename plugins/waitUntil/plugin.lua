-- waitUntil: sleeps to a moment on the calendar, durably. A moment already past continues at once.

local schema = require("shared.schema")
local fault = require("shared.stop").fault

local TOLERANCE_MS = 60000 -- a timer that fires within a minute is on time

-- anchor + offset on the calendar of the zone; with `time`, that local time of the day reached.
local function moment_of(input, zone)
  if input.at and input.anchor then
    fault("two moments", "give either 'at', or 'anchor' with 'offset' and 'time'")
  end
  local ms = dure.time.parse(input.at or input.anchor, zone)
  if input.offset then ms = dure.time.add(ms, input.offset, zone) end
  if input.time then ms = dure.time.at(dure.time.date(ms, zone), input.time, zone) end
  return ms
end

local function result(ms, late, zone)
  return { at = dure.time.format(ms, zone), late = late }
end

local function start(step)
  local zone = step.input.zone or step.zone
  local ms = moment_of(step.input, zone)
  if ms <= step.now then return result(ms, ms < step.now, zone) end
  step.state.moment = ms
  step:at(ms, "due")
  return step:wait()
end

local function timer(step)
  local zone = step.input.zone or step.zone
  return result(step.state.moment, step.now - step.state.moment > TOLERANCE_MS, zone)
end

return {
  name = "waitUntil",
  version = "1.0.0",
  summary = "Waits until a moment of the calendar",
  functions = {
    waitUntil = {
      summary = "Waits until a moment: a time, or an offset from one, at a local time",
      effects = "local",
      input = {
        type = "object",
        anyOf = { { required = { "at" } }, { required = { "anchor" } } },
        additionalProperties = false,
        properties = {
          at = schema.moment("The moment: RFC 3339, or a local time of the zone"),
          anchor = schema.moment("A moment to count from"),
          offset = schema.duration("ISO 8601 duration from the anchor: P7D after, -P1D before"),
          time = schema.clock("Local time of the day that was reached, such as 18:00"),
          zone = schema.zone("Time zone; the workflow's if not given"),
        },
      },
      output = {
        type = "object",
        required = { "at", "late" },
        properties = { at = { type = "string" }, late = { type = "boolean" } },
      },
      start = start,
      timer = timer,
    },
  },
}
