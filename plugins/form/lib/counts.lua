-- How often each choice of a form was taken: of fields with given choices only, never a free text.
local counts = {}
local CHOICES_MAX = 100 -- of one field

-- The names of the answer's fields by `x-order`, then by name; and the schema's properties.
function counts.fields(input)
  local properties = type(input.schema) == "table" and input.schema.properties or {}
  local names, seen = {}, {}
  for _, name in ipairs(type(input.schema) == "table" and input.schema["x-order"] or {}) do
    if properties[name] and not seen[name] then names[#names + 1] = name end
    seen[name] = true
  end
  local rest = {}
  for name in pairs(properties) do
    if not seen[name] then rest[#rest + 1] = name end
  end
  table.sort(rest)
  for _, name in ipairs(rest) do names[#names + 1] = name end
  return names, properties
end

local YES_NO = { { value = true, label = { ko = "예", en = "Yes" } }, { value = false, label = { ko = "아니오", en = "No" } } }

-- [{value, label}] of a field with given choices, whether several may be taken; else nil.
local function choices_of(property)
  if type(property) ~= "table" then return nil end
  if property.type == "boolean" then return YES_NO, false end
  local many = property.type == "array" and type(property.items) == "table"
  local holder = many and property.items or property
  if not holder.enum or #holder.enum > CHOICES_MAX then return nil end
  local out, labels = {}, holder["x-labels"] or {}
  for i, value in ipairs(holder.enum) do out[i] = { value = value, label = labels[value] or tostring(value) } end
  return out, many
end

local function takes(given, value)
  if type(given) ~= "table" then return given == value end
  for _, one in ipairs(given) do
    if one == value then return true end
  end
  return false
end

local columns = { { key = "choice", title = { ko = "선택", en = "Choice" } }, { key = "count", title = { ko = "수", en = "Number" } } }

-- A table for each field with choices; its last row is the denominator.
function counts.tables(input, answers)
  local tables, names, properties = dure.array {}, counts.fields(input)
  for _, name in ipairs(names) do
    local choices = choices_of(properties[name])
    if choices then
      local rows, given = dure.array {}, 0
      for i, choice in ipairs(choices) do rows[i] = { choice = choice.label, count = 0 } end
      for _, answer in ipairs(answers) do
        local value = answer.data[name]
        if value ~= nil then given = given + 1 end
        for i, choice in ipairs(choices) do
          if takes(value, choice.value) then rows[i].count = rows[i].count + 1 end
        end
      end
      rows[#rows + 1] = { choice = { ko = "이 항목에 답한 수", en = "Answered this" }, count = given }
      tables[#tables + 1] = { title = properties[name].title or name, columns = columns, rows = rows }
    end
  end
  return tables
end

return counts
