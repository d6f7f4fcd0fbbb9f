-- The order of rows by rules that an author gives: a field, "-field" for the highest first, or rules
-- {field | expr, values?, descending?}, one or a list.
local order = {}

local function rule_of(given)
  if type(given) ~= "string" then return given end
  local field = given:match("^%-(.+)$")
  return { field = field or given, descending = field ~= nil }
end

function order.rules(given)
  if given == nil then return {} end
  if type(given) == "string" or given.field or given.expr then given = { given } end
  local rules = {}
  for i, rule in ipairs(given) do rules[i] = rule_of(rule) end
  return rules
end

-- What a value counts for: its place in the rule's list of values, a number or text; nil where missing.
local function key_of(rule, value)
  if rule.values then
    for i, ranked in ipairs(rule.values) do
      if ranked == value then return i end
    end
    return #rule.values + 1
  end
  if value == dure.json.null then return nil end
  if type(value) == "boolean" then return value and 1 or 0 end
  if type(value) == "table" then return #value end
  return value
end

-- Numbers before text, what is missing last.
local function compare(a, b)
  if a == nil or b == nil then return a ~= nil and -1 or b ~= nil and 1 or 0 end
  if type(a) ~= type(b) then return type(a) == "number" and -1 or 1 end
  if a == b then return 0 end
  return a < b and -1 or 1
end

-- The rows in order, the ones that the rules do not tell apart as they came; value_of(rule, row) gives
-- what a rule looks at.
function order.sorted(rows, rules, value_of)
  local keyed, out = {}, {}
  for place, row in ipairs(rows) do
    local keys = { place = place, row = row }
    for k, rule in ipairs(rules) do keys[k] = key_of(rule, value_of(rule, row)) end
    keyed[place] = keys
  end
  table.sort(keyed, function(a, b)
    for k, rule in ipairs(rules) do
      local c = compare(a[k], b[k])
      if rule.descending and a[k] ~= nil and b[k] ~= nil then c = -c end
      if c ~= 0 then return c < 0 end
    end
    return a.place < b.place
  end)
  for place, keys in ipairs(keyed) do out[place] = keys.row end
  return out
end

return order
