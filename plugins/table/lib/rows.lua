-- Rows as cells: what a column shows of a row, the order of rows, groups and totals.
local fault = require("shared.stop").fault
local order = require("shared.order")

local rows = {}

-- ---- columns

local function column_of(given, language)
  if type(given) == "string" then given = { key = given } end
  if not given.key and not given.expr then
    fault("a column shows nothing", "a column is a key, or an object with 'key' or 'expr'")
  end
  return {
    key = given.key or given.expr,
    expr = given.expr,
    title = dure.text.pick(given.title or given.key or given.expr, language),
    values = given.values,
  }
end

local function keys_of(list)
  local keys, seen = {}, {}
  for _, row in ipairs(list) do
    for key in pairs(row) do
      if not seen[key] then
        seen[key] = true
        keys[#keys + 1] = key
      end
    end
  end
  table.sort(keys)
  return keys
end

-- Without columns: all keys of the rows, by name.
function rows.columns(given, list, language)
  local columns, taken = {}, {}
  for i, column in ipairs(given or keys_of(list)) do
    columns[i] = column_of(column, language)
    local key = columns[i].key
    if taken[key] then fault("a column comes twice", "two columns have the key '" .. key .. "'; give one an 'expr'") end
    taken[key] = true
  end
  return columns
end

-- ---- values

local words = { ko = { yes = "예", no = "아니요" }, en = { yes = "yes", no = "no" } }

local function plain(value, language)
  local kind = type(value)
  if value == nil or value == dure.json.null then return "" end
  if kind == "boolean" then return words[language][value and "yes" or "no"] end
  if kind ~= "table" then return value end
  if #value == 0 and next(value) ~= nil then return dure.json.encode(value) end
  local parts = {}
  for i, item in ipairs(value) do parts[i] = tostring(plain(item, language)) end
  return table.concat(parts, ", ")
end

function rows.value(column, row, number)
  if column.expr then return dure.json.query(column.expr, row, { number = number }) end
  return row[column.key]
end

-- A cell is a number or text.
function rows.cell(column, value, language)
  if column.values and value ~= nil then
    local named = column.values[tostring(value)]
    if named then return dure.text.pick(named, language) end
  end
  return plain(value, language)
end

-- ---- order

local function value_of(rule, row)
  if rule.expr then return dure.json.query(rule.expr, row) end
  return row[rule.field]
end

-- A field that no row has is a slip of the pen, not an order.
function rows.known(list, fields, option)
  for _, field in ipairs(fields) do
    local found = #list == 0
    for _, row in ipairs(list) do found = found or row[field] ~= nil end
    if not found then fault("an unknown field", "'" .. option .. "' names '" .. field .. "', which no row has") end
  end
end

-- Rows that the rules do not tell apart keep their place.
function rows.sorted(list, given)
  local rules, fields = order.rules(given), {}
  for _, rule in ipairs(rules) do fields[#fields + 1] = rule.field end
  rows.known(list, fields, "order")
  return order.sorted(list, rules, value_of)
end

-- ---- groups and totals

function rows.grouped(list, fields, language)
  if not fields then return { { rows = list } } end
  if type(fields) == "string" then fields = { fields } end
  rows.known(list, fields, "groupBy")
  local groups, by_name = {}, {}
  for _, row in ipairs(list) do
    local parts = {}
    for i, field in ipairs(fields) do parts[i] = tostring(plain(row[field], language)) end
    local name = table.concat(parts, " ")
    local group = by_name[name]
    if not group then
      group = { name = name, rows = {} }
      by_name[name] = group
      groups[#groups + 1] = group
    end
    group.rows[#group.rows + 1] = row
  end
  return groups
end

-- true: every column that has numbers; a list: those keys; a map: key to sum or count.
function rows.total_rules(totals, columns, list)
  local rules = {}
  if totals == true then
    for _, column in ipairs(columns) do
      for i, row in ipairs(list) do
        if math.type(rows.value(column, row, i)) then rules[column.key] = "sum" end
      end
    end
  elseif type(totals) == "table" then
    for key, how in pairs(totals) do
      if math.type(key) then key, how = how, "sum" end
      rules[key] = how
    end
  end
  return rules
end

function rows.has_columns(columns, rules)
  local known = {}
  for _, column in ipairs(columns) do known[column.key] = true end
  for key in pairs(rules) do
    if not known[key] then fault("a total of no column", "'totals' names '" .. key .. "', which is no column") end
  end
end

function rows.totals(rules, columns, list)
  local out = {}
  for _, column in ipairs(columns) do
    local how = rules[column.key]
    if how then
      local sum, count = 0, 0
      for i, row in ipairs(list) do
        local value = rows.value(column, row, i)
        if math.type(value) then sum = sum + value end
        if type(value) == "table" then sum = sum + #value end
        if value == true then sum = sum + 1 end
        if value ~= nil and value ~= "" and value ~= false and value ~= dure.json.null then count = count + 1 end
      end
      out[column.key] = how == "count" and count or sum
    end
  end
  return out
end

return rows
