-- indicator: a target and what was reached, against what should be reached by now. Pure.
--
-- Time counts in whole months, because targets of a year are planned and reported by the month;
-- a period of less than a month counts in days.

local schema = require("shared.schema")
local fault = require("shared.stop").fault

local SCALE, QUANTITY_MAX = 1000, 1000000000

-- n/d in integers, rounded half up to 1/unit: 72.666… in tenths is 72.7.
local function rounded(n, d, unit)
  local whole = (2 * n * unit + d) // (2 * d)
  return unit == 1 and whole or whole / unit
end

local function date_of(step, text)
  return dure.time.date(dure.time.parse(text, step.zone), step.zone)
end

local function months_between(from, to)
  local y1, m1, d1 = from:match("^(%-?%d+)%-(%d+)%-(%d+)$")
  local y2, m2, d2 = to:match("^(%-?%d+)%-(%d+)%-(%d+)$")
  local months = (math.tointeger(y2) - math.tointeger(y1)) * 12 + math.tointeger(m2) - math.tointeger(m1)
  if math.tointeger(d2) < math.tointeger(d1) then months = months - 1 end
  return months
end

-- How much of the period has passed, as a fraction of integers. The last day of both counts.
local function passed(from, to, as_of)
  local stop, now = dure.time.add_days(to, 1), dure.time.add_days(as_of, 1)
  local total, done = months_between(from, stop), months_between(from, now)
  if total == 0 then
    total, done = dure.time.days_between(from, stop), dure.time.days_between(from, now)
  end
  return math.max(0, math.min(done, total)), total
end

-- Quantities count in thousandths, so that 4.2 of 12.6 is exactly a third.
local function thousandths(number)
  return math.tointeger(math.floor(number * SCALE + 0.5))
end

local function status_of(actual, target, done, total)
  local have, want = actual * total, target * done
  if have == want then return "on" end
  return have > want and "ahead" or "behind"
end

local function indicator(step)
  local input = step.input
  local target, actual = thousandths(input.target), thousandths(input.actual)
  local from, to = date_of(step, input.from), date_of(step, input.to)
  if to < from then fault("a period that ends before it begins", "'from' is " .. from .. ", 'to' is " .. to) end
  local done, total = passed(from, to, date_of(step, input.asOf))
  return {
    rate = target == 0 and dure.json.null or rounded(actual * 100, target, 10),
    expected = rounded(target * done, total * SCALE, 10),
    status = status_of(actual, target, done, total),
    projection = done == 0 and dure.json.null or rounded(actual * total, done * SCALE, 1),
  }
end

local function quantity(description)
  return { type = "number", minimum = 0, maximum = QUANTITY_MAX, description = description }
end

return {
  name = "indicator",
  version = "1.0.0",
  summary = "A target and what was reached by now",
  functions = {
    indicator = {
      summary = "Compares what was reached with a target: rate, what should be reached by now, projection",
      effects = "pure",
      input = {
        type = "object",
        required = { "target", "actual", "from", "to", "asOf" },
        additionalProperties = false,
        properties = {
          target = quantity("What is to be reached at the end of the period"),
          actual = quantity("What was reached so far"),
          from = schema.moment("First day of the period"),
          to = schema.moment("Last day of the period"),
          asOf = schema.moment("The day whose end `actual` is of"),
        },
      },
      output = {
        type = "object",
        required = { "rate", "expected", "status", "projection" },
        properties = {
          rate = { type = { "number", "null" } },
          expected = { type = "number" },
          status = { enum = { "ahead", "behind", "on" } },
          projection = { type = { "integer", "null" } },
        },
      },
      start = indicator,
    },
  },
}
