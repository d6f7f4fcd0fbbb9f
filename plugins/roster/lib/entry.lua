-- One registration as read from an answer: who it is for, how many persons, what it adds to the
-- totals, what looks wrong. Nothing here writes.
local words = require("lib.words")
local entry = {}

-- ---- options in the forms they may have

function entry.list(value)
  if value == nil then return {} end
  return type(value) == "table" and value or { value }
end

local function expression(value)
  return type(value) == "table" and value.expr or value
end

local function properties_of(input)
  local schema = input.schema
  return type(schema) == "table" and type(schema.properties) == "table" and schema.properties or {}
end

local function has_type(property, wanted)
  for _, kind in ipairs(entry.list(type(property) == "table" and property.type or nil)) do
    if kind == wanted then return true end
  end
  return false
end

-- ---- who

function entry.region_field(input)
  if input.region then return input.region end
  local unit = entry.list(input.unit)
  return #unit >= 2 and unit[1] or nil
end

-- Names are kept in composed form and trimmed, and compare without regard to case.
local function unit_of(input, data)
  local names, folded = {}, {}
  for i, field in ipairs(entry.list(input.unit)) do
    local value = data[field]
    if type(value) == "string" then
      value = dure.text.normal(value)
      data[field] = value
    end
    names[i] = value == nil and "" or tostring(value)
    folded[i] = dure.text.fold(names[i])
  end
  return names, folded
end

-- ---- how many

local function whole_number(value)
  local n = math.type(value) and math.tointeger(value)
  if not n or n < 0 or n > 999999 then words.refuse("invalid") end
  return n
end

local function query_number(text, data)
  local good, value = pcall(dure.json.query, text, data)
  if not good then words.refuse("invalid") end
  if value == nil or value == dure.json.null then return 0 end
  if type(value) == "boolean" then return value and 1 or 0 end
  return whole_number(value)
end

local function persons_of(input, data)
  local how = input.persons
  if how == nil then return 1 end
  if math.type(how) then return whole_number(how) end
  if type(how) == "table" and how.field then how = how.field end
  if type(how) == "string" and properties_of(input)[how] then return whole_number(data[how] or 0) end
  return query_number(expression(how), data)
end

-- What it adds to the totals besides one entry and its persons.
local function adds_of(input, data)
  local adds = {}
  for name, property in pairs(properties_of(input)) do
    local value = data[name]
    if has_type(property, "boolean") then
      adds[name] = value == true and 1 or 0
    elseif has_type(property, "integer") then
      adds[name] = math.type(value) and math.tointeger(value) or 0
    elseif has_type(property, "array") then
      adds[name] = type(value) == "table" and #value or 0
    end
  end
  for name, text in pairs(input.counts or {}) do adds[name] = query_number(expression(text), data) end
  adds.entries, adds.persons = nil, nil
  return adds
end

-- ---- what looks wrong: said, never corrected

local function check_of(name, check)
  if type(check) ~= "table" then return { code = name, when = check } end
  return { code = check.code or name, when = expression(check.when), message = check.message }
end

local function message_of(check, data)
  local function fill(text)
    local good, filled = pcall(dure.text.template, text, data)
    return good and filled or text
  end
  local message = check.message or check.code
  if type(message) ~= "table" then return fill(message) end
  local out = {}
  for language, text in pairs(message) do out[language] = fill(text) end
  return out
end

-- A check that cannot be made is a warning too: it must not pass in silence, nor stop anybody.
local function warnings_of(input, data)
  local warnings = dure.array {}
  local checks = input.checks or {}
  local names = {}
  for name in pairs(checks) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local check = check_of(type(name) == "string" and name or "check_" .. name, checks[name])
    local good, value = pcall(dure.json.query, check.when, data)
    if not good or value == true then
      warnings[#warnings + 1] = { code = check.code, message = message_of(check, data) }
    end
  end
  return warnings
end

-- ---- who may not register at all

-- Every requirement must be true; what cannot be reckoned is not. The refusal says all that is missing at once, a line each.
function entry.check_requirements(input, data)
  local short = { ko = {}, en = {} }
  for _, one in ipairs(input.require or {}) do
    local good, value = pcall(dure.json.query, expression(one.when), data)
    if not good or value ~= true then
      local message = message_of({ code = "not_eligible", message = one.message }, data)
      for language, parts in pairs(short) do parts[#parts + 1] = dure.text.pick(message, language) end
    end
  end
  if #short.ko > 0 then words.refuse("not_eligible", { ko = table.concat(short.ko, "\n"), en = table.concat(short.en, "\n") }) end
end

-- ---- the whole

function entry.read(input, answer, person)
  local data = {}
  for name, value in pairs(answer.data or {}) do data[name] = value end
  local names, folded = unit_of(input, data)
  local has_unit = #names > 0
  local identity = has_unit and table.concat(folded, "\31") or person or answer.receipt
  local region = entry.region_field(input)
  return {
    receipt = answer.receipt,
    person = answer.person,
    key = dure.hash(identity),
    unit = has_unit and table.concat(names, " ") or person or "",
    region = region and data[region] ~= nil and dure.text.normal(tostring(data[region])) or nil,
    data = data,
    persons = persons_of(input, data),
    adds = adds_of(input, data),
    warnings = warnings_of(input, data),
  }
end

function entry.no_totals(input)
  local totals = { entries = 0, persons = 0 }
  for name, property in pairs(properties_of(input)) do
    if has_type(property, "boolean") or has_type(property, "integer") or has_type(property, "array") then
      totals[name] = 0
    end
  end
  for name in pairs(input.counts or {}) do totals[name] = 0 end
  return totals
end

-- As the outside sees it. Receipts stay with those who hold them.
function entry.public(e, zone)
  local out = {}
  for name, value in pairs(e.data) do out[name] = value end
  out.persons, out.status, out.at = e.persons, e.status, dure.time.format(e.at, zone)
  return out
end

return entry
