-- split: an amount of money shared equally, exact to the last unit. Pure.

local fault = require("shared.stop").fault

-- Whole units for everybody; what is left over goes one unit each to the first in the order given.
-- What is smaller than a unit (1,005 won in units of ten) cannot be shared and goes to the first.
local function amounts(total, count, unit)
  local sign = total < 0 and -1 or 1
  local units, rest = math.abs(total) // unit, math.abs(total) % unit
  local each, over = units // count, units % count
  local out = {}
  for i = 1, count do
    out[i] = sign * ((each + (i <= over and 1 or 0)) * unit + (i == 1 and rest or 0))
  end
  return out
end

local function ids_of(among)
  local ids, seen = {}, {}
  for i, member in ipairs(among) do
    local id = type(member) == "table" and member.id or member
    if seen[id] then fault("an id comes twice", "'" .. tostring(id) .. "' is named twice in 'among'") end
    seen[id] = true
    ids[i] = id
  end
  return ids
end

local function split(step)
  local input = step.input
  local ids = ids_of(input.among)
  local shares = dure.array {}
  if #ids == 0 then return { shares = shares, total = input.total } end
  for i, amount in ipairs(amounts(math.tointeger(input.total), #ids, math.tointeger(input.unit or 1))) do
    shares[i] = { id = ids[i], amount = amount }
  end
  return { shares = shares, total = input.total }
end

return {
  name = "split",
  version = "1.0.0",
  summary = "Shares an amount equally, exact to the last unit",
  functions = {
    split = {
      summary = "Shares an amount equally among ids: the sum is exact, what is left over goes to the first ones",
      effects = "pure",
      input = {
        type = "object",
        required = { "total", "among" },
        additionalProperties = false,
        properties = {
          total = { type = "integer", minimum = -9007199254740991, maximum = 9007199254740991,
                    description = "The amount, as an integer of the smallest coin; negative shares a refund" },
          among = { type = "array", maxItems = 100000,
                    description = "Who pays, in the order in which the remainder is given out: ids, or objects with an `id`",
                    items = { anyOf = { { type = { "string", "integer" } },
                                        { type = "object", required = { "id" },
                                          properties = { id = { type = { "string", "integer" } } } } } } },
          unit = { type = "integer", minimum = 1, description = "Shares are multiples of this; 1 if not given" },
        },
      },
      output = {
        type = "object",
        required = { "shares" },
        properties = {
          shares = { type = "array", items = { type = "object", properties = { amount = { type = "integer" } } } },
          total = { type = "integer" },
        },
      },
      start = split,
    },
  },
}
