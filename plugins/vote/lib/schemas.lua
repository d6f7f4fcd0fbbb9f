-- The parts of `with` and of the output that a vote and an election share.
local schema = require("shared.schema")

local schemas = {}

schemas.text = schema.text

function schemas.input(required, own)
  local properties = {
    electorate = schema.people("Who is entitled: a selector; frozen when the vote opens"),
    present = schema.presence("Who is present: cast (whoever casts a ballot), a selector, or a list of ids"),
    quorum = schema.limit("How many must be present", {
      of = { anyOf = { { const = "entitled" }, { type = "integer", minimum = 1 } },
             ["x-must"] = "entitled, or a whole number of persons" } }),
    base = { type = "string", enum = { "present", "cast", "cast_without_abstain", "entitled" },
             description = "Of whom the threshold is counted" },
    threshold = schema.limit("What is needed; more than 1/2 of the base if not given"),
    secret = { type = "boolean", description = "No ballot can be traced to its voter" },
    change = { type = "string", enum = { "last_wins", "never" }, description = "Whether a ballot may be changed" },
    opens = schema.when("From when; at once if not given. A time, or a duration from now"),
    closes = schema.when("Until when, itself excluded. A time, or a duration from the opening"),
    grace = schema.duration("Duration after the close in which ballots count and are flagged as late"),
    remind = schema.durations("Durations before the close: mails to those who have not voted"),
    intro = schemas.text,
    material = { type = "array", maxItems = 50, items = { type = "object" }, description = "What one reads before: [{title, url}] or [{title, text}]" },
    publish = { type = "boolean", description = "Whether everybody may read the outcome at its address" },
    minCell = { type = "integer", minimum = 1, description = "Counts of a secret vote below this are not told" },
  }
  for name, one in pairs(own) do properties[name] = one end
  return { type = "object", required = required, additionalProperties = false, properties = properties }
end

local count = { type = "integer" }
local ids = { type = "array", items = { type = "string" } }

function schemas.output(required, own)
  local properties = {
    entitled = count, present = count, cast = count, valid = count, abstain = { type = { "integer", "null" } },
    invalid = count, denominator = count, needed = count, history = count, late = count, proxies = count, recused = count,
    base = { type = "string" }, quorum = { type = "object" }, missing = ids, ballots = ids,
    counts = { type = "object", additionalProperties = { type = { "integer", "null" } } },
  }
  for name, one in pairs(own) do properties[name] = one end
  return { type = "object", properties = properties,
           required = required }
end

return schemas
