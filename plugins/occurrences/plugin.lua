-- occurrences: the moments of a recurrence rule, with holidays, month ends and changes of clocks. Pure.

local schema = require("shared.schema")
local fault = require("shared.stop").fault

local function occurrences(step)
  local input = step.input
  local zone = input.zone or step.zone
  local good, moments = pcall(dure.calendar.occurrences, {
    rrule = input.rrule,
    zone = zone,
    from = dure.time.parse(input.from, zone),
    to = input.to and dure.time.parse(input.to, zone),
    holidays = input.holidays,
    policy = input.policy,
    monthEnd = input.monthEnd,
    gap = input.gap,
    fold = input.fold,
  })
  if not good then fault("no such occurrences", moments) end
  local at = dure.array {}
  for i, ms in ipairs(moments) do at[i] = dure.time.format(ms, zone) end
  return { at = at }
end

local function choice(words, description)
  return { type = "string", enum = words, description = description }
end

return {
  name = "occurrences",
  version = "1.0.0",
  summary = "The moments of a recurrence rule",
  functions = {
    occurrences = {
      summary = "Lists the moments of a recurrence rule in a span of time",
      effects = "pure",
      input = {
        type = "object",
        required = { "rrule", "from" },
        additionalProperties = false,
        properties = {
          rrule = { type = "string", format = "rrule", description = "RFC 5545 recurrence rule, such as FREQ=MONTHLY;BYDAY=3FR" },
          zone = schema.zone("Time zone; the workflow's if not given"),
          from = schema.moment("The first moment (DTSTART): its local time is that of all"),
          to = schema.moment("The end of the span, itself excluded; not needed where the rule has COUNT or UNTIL"),
          holidays = { type = "array", items = { type = "string", format = "date" }, description = "Dates such as 2013-05-17" },
          policy = choice({ "keep", "skip", "next_business_day", "previous_business_day" },
                          "What a moment on a holiday does"),
          monthEnd = choice({ "skip", "clamp" }, "The 31st in a month of 30 days: none, or the 30th"),
          gap = choice({ "shift", "skip" }, "A local time that the clocks jump over: later by the gap, or none"),
          fold = choice({ "first", "second" }, "A local time that comes twice: which of the two"),
        },
      },
      output = {
        type = "object",
        required = { "at" },
        properties = { at = { type = "array", items = { type = "string" } } },
      },
      start = occurrences,
    },
  },
}
