-- The jq texts among the options, tried once at the start: a slip in one of them would refuse everybody
-- who registers, weeks after whoever wrote it went home.
local fault = require("shared.stop").fault

local options = {}

local function try(place, value)
  local text = type(value) == "table" and value.expr or value
  if type(text) ~= "string" then return end
  local good, why = dure.json.compiles(text)
  if good then return end
  fault("an expression that cannot be read", "'" .. place .. "': " .. why)
end

-- A text alone is a field's name where the form has one of that name.
local function try_persons(input)
  local how, schema = input.persons, input.schema
  local fields = type(schema) == "table" and type(schema.properties) == "table" and schema.properties or {}
  if type(how) == "string" and fields[how] then return end
  if type(how) == "string" or type(how) == "table" and not how.field then try("persons", how) end
end

local function try_order(order)
  if type(order) ~= "table" then return end
  for i, rule in ipairs(order.expr and { order } or order) do
    if type(rule) == "table" and rule.expr then try("order/" .. i - 1, rule) end
  end
end

function options.check(input)
  try_persons(input)
  for name, check in pairs(input.checks or {}) do
    local place = type(name) == "string" and name or math.tointeger(name) - 1
    try("checks/" .. place, type(check) == "table" and check.when or check)
  end
  for i, one in ipairs(input.require or {}) do try("require/" .. i - 1, one.when) end
  for name, text in pairs(input.counts or {}) do try("counts/" .. name, text) end
  try_order(input.order)
end

return options
