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

schema.text = { type = { "string", "object" }, description = "Text, or {ko, en}" }

function schema.durations(description)
  return { type = "array", maxItems = 20, items = { type = "string", format = "duration" }, description = description }
end

local name = { type = "string", minLength = 1 }
-- A task of the same workflow; `dure check` tells one that is not there.
schema.task = { type = "string", minLength = 1, ["x-task"] = true }

-- One node for all kinds of value, not a union of branches: its mistakes can be told.
local function one_of(format, object, description, items)
  local node = { type = { "string", "object", items and "array" }, format = format, items = items, description = description }
  for key, value in pairs(object) do node[key] = value end
  return node
end

local group = { minProperties = 1, additionalProperties = false,
                properties = { group = name, people = { type = "array", items = name }, role = name } }

local SELECTOR = "{group: NAME}, {people: [IDS]}, {role: NAME}"

-- Where everybody cannot be meant.
function schema.people(description)
  local one = one_of(nil, group)
  one.type, one["x-must"] = "object", SELECTOR
  local node = one_of(nil, group, description, one)
  node.type, node["x-must"] = { "object", "array" }, SELECTOR .. ", or a list of those"
  return node
end

-- Who is present: `cast`, a selector, or ids.
function schema.presence(description)
  local one = one_of(nil, group)
  one.type = "object"
  local list = { type = "array", items = { anyOf = { name, one }, ["x-must"] = "an id, or " .. SELECTOR } }
  return { description = description, anyOf = { { const = "cast" }, one, list },
           ["x-must"] = "cast, " .. SELECTOR .. ", or a list of ids" }
end

-- {group}, {people}, {role}, public, or a list of them.
function schema.selector(description)
  return one_of("selector", group, description, one_of("selector", group))
end

local recipient = {
  anyOf = { { required = { "group" } }, { required = { "people" } }, { required = { "role" } }, { required = { "roster" } },
            { required = { "email" } } },
  properties = { group = name, people = { type = "array", items = name }, role = name, roster = schema.task, email = name },
}

-- Who gets mails: selectors, those in a roster, and addresses.
function schema.recipients(description)
  return one_of("recipient", recipient, description, one_of("recipient", recipient))
end

-- A share of some number, or a number of persons; read by shared.limit.
local share = {
  anyOf = { { type = "string", pattern = "^ *[0-9]{1,6} *(/ *0*[1-9][0-9]{0,5} *)?$" },
            { type = "integer", minimum = 0, maximum = 1000000 } },
  ["x-must"] = "a fraction such as 1/2, or a whole number of persons",
}

-- More than a share, or at least one.
function schema.limit(description, more)
  local properties = { moreThan = share, atLeast = share }
  for key, one in pairs(more or {}) do properties[key] = one end
  return { type = "object", additionalProperties = false, properties = properties, description = description,
           ["x-must"] = "either {moreThan: SHARE} or {atLeast: SHARE}, where a share is a fraction such as 1/2 or a number of persons",
           oneOf = { { required = { "moreThan" } }, { required = { "atLeast" } } } }
end

function schema.count_or_limit(description)
  return { description = description, anyOf = { { type = "integer", minimum = 1 }, schema.limit() },
           ["x-must"] = "a whole number of at least 1, or a share such as {atLeast: 1/3}" }
end

return schema
