-- The fields of an entry in the order people read them, and their values in words.
local entry = require("lib.entry")

local fields = {}

-- The names of the unit first, then `x-order`, then the rest; and the schema's properties.
function fields.order(input)
  local properties = type(input.schema) == "table" and input.schema.properties or {}
  local names, seen = {}, {}
  local function take(name)
    if not seen[name] and properties[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  for _, name in ipairs(entry.list(input.unit)) do take(name) end
  for _, name in ipairs(entry.list(input.schema and input.schema["x-order"])) do take(name) end
  local rest = {}
  for name in pairs(properties) do rest[#rest + 1] = name end
  table.sort(rest)
  for _, name in ipairs(rest) do take(name) end
  return names, properties
end

-- A list in one line, a choice by its label (which may be a text by language).
function fields.cell(property, value)
  local labels = property["x-labels"]
  if type(value) == "string" and labels then return labels[value] or value end
  if type(value) ~= "table" then return value == true and "○" or value == false and "" or value end
  local parts = {}
  for i, item in ipairs(value) do parts[i] = type(item) == "table" and dure.json.encode(item) or tostring(item) end
  return table.concat(parts, ", ")
end

-- What was sent, as facts of a page.
function fields.facts(input, data)
  local facts, names, properties = dure.array {}, fields.order(input)
  for _, name in ipairs(names) do
    local value = fields.cell(properties[name], data[name])
    if value ~= nil and value ~= "" then facts[#facts + 1] = { label = properties[name].title or name, value = value } end
  end
  return facts
end

return fields
