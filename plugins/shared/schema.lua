-- Pieces of the functions' schemas that many of them have: with `format` and shape written here, a wrong
-- time or selector is told by `dure check` at its place, and by the run before anything happened.
local schema = {}

local function of_format(format)
  return function(description) return { type = "string", format = format, description = description } end
end

schema.moment = of_format("moment")     -- a time; without offset it is read in the zone
schema.when = of_format("when")         -- a time, or a duration from a moment that the description names
schema.duration = of_format("duration")
schema.zone = of_format("zone")
schema.clock = of_format("clock")       -- a local time of day

function schema.durations(description)
  return { type = "array", maxItems = 20, items = { type = "string", format = "duration" }, description = description }
end

local name = { type = "string", minLength = 1 }

-- One node for all kinds of value, not a union of branches: its mistakes can be told.
local function one_of(format, object, description, items)
  local node = { type = { "string", "object", items and "array" }, format = format, items = items, description = description }
  for key, value in pairs(object) do node[key] = value end
  return node
end

local group = { minProperties = 1, additionalProperties = false,
                properties = { group = name, people = { type = "array", items = name }, role = name } }

-- {group}, {people}, {role}, public, or a list of them.
function schema.selector(description)
  return one_of("selector", group, description, one_of("selector", group))
end

local recipient = {
  anyOf = { { required = { "group" } }, { required = { "people" } }, { required = { "role" } }, { required = { "roster" } },
            { required = { "email" } } },
  properties = { group = name, people = { type = "array", items = name }, role = name, roster = name, email = name },
}

-- Who gets mails: selectors, those in a roster, and addresses.
function schema.recipients(description)
  return one_of("recipient", recipient, description, one_of("recipient", recipient))
end

return schema
