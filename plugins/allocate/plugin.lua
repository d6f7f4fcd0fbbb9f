-- allocate: gives the places of each category to the best of a ranking. Pure.
--
-- What decides are the score, then the fields of `tie`. Those whom nothing tells apart at the last
-- place are all left out and reported: no order of rows ever decides.

local page = require("lib.page")
local fault = require("shared.stop").fault
local DEFAULT = "all"

local function whole(number)
  return math.tointeger(number or 0)
end

-- ---- what is given

local function quotas_of(input)
  local quotas, names = {}, {}
  local given = type(input.quotas) == "table" and input.quotas or { [DEFAULT] = input.quotas }
  for category, quota in pairs(given) do
    quotas[category] = whole(quota)
    names[#names + 1] = category
  end
  table.sort(names)
  return quotas, names
end

-- Two or more fields, "-field" for less is better; none where nothing breaks a tie.
local function tie_fields(tie)
  local fields = {}
  if type(tie) ~= "table" then return fields end
  for i, name in ipairs(tie) do
    local less = name:sub(1, 1) == "-"
    fields[i] = { name = less and name:sub(2) or name, sign = less and -1 or 1 }
  end
  return fields
end

local function excluded_of(input)
  local out = {}
  for _, id in ipairs(input.exclude or {}) do out[id] = true end
  return out
end

local function category_of(item, quotas, names)
  local category = item.category
  if category == nil and #names == 1 then return names[1] end
  if category == nil then fault("no category", "'" .. item.id .. "' says no category, and there are several quotas") end
  if not quotas[category] then fault("no quota", "'" .. item.id .. "' is of the category '" .. category .. "', which has no quota") end
  return category
end

local function lines_of(input, quotas, names)
  local lines, seen, out = {}, {}, excluded_of(input)
  local bar = input.cut and input.cut.atLeast
  for _, name in ipairs(names) do lines[name] = {} end
  for _, item in ipairs(input.ranking) do
    if seen[item.id] then fault("an id comes twice", "'" .. item.id .. "' is named twice in 'ranking'") end
    seen[item.id] = true
    local line = lines[category_of(item, quotas, names)]
    if not out[item.id] and (not bar or item.score >= bar) then line[#line + 1] = item end
  end
  return lines
end

-- ---- who is better

-- A number, a claim (true is more than false), or a moment (later is more); it is read once for each item.
local function number_of(value, zone)
  if type(value) == "number" then return value end
  if type(value) == "boolean" then return value and 1 or 0 end
  local good, ms = pcall(dure.time.parse, value, zone)
  return good and ms or nil
end

local function read_tie_fields(line, fields, zone)
  for _, item in ipairs(line) do
    for _, field in ipairs(fields) do
      local value = number_of(item[field.name], zone)
      if not value then fault("a tie field is missing", "'" .. item.id .. "' has no number or time '" .. field.name .. "'") end
      item[field] = value * field.sign
    end
  end
end

-- 1: a is better, -1: b is, 0: nothing tells them apart.
local function compare(a, b, fields)
  if a.score ~= b.score then return a.score > b.score and 1 or -1 end
  for _, field in ipairs(fields) do
    local x, y = a[field], b[field]
    if x ~= y then return x > y and 1 or -1 end
  end
  return 0
end

local function sort_line(line, fields)
  table.sort(line, function(a, b)
    local order = compare(a, b, fields)
    if order ~= 0 then return order > 0 end
    return a.id < b.id
  end)
end

-- ---- one category

local function put_ids(out, line, first, last)
  for i = first, last do out[#out + 1] = line[i].id end
end

-- Groups of equals among those from `first` on.
local function equals(line, first, fields)
  local groups, run = dure.array {}, {}
  for i = first, #line do
    if i > first and compare(line[i - 1], line[i], fields) == 0 then run[#run + 1] = line[i].id else run = { line[i].id } end
    if #run == 2 then groups[#groups + 1] = run end
  end
  return groups
end

local function settle(line, places, fields)
  local out = { selected = dure.array {}, reserve = dure.array {}, tied = dure.array {} }
  local from, to = places, places -- the equals at the last place are from + 1 … to
  if #line > places and places > 0 and compare(line[places], line[places + 1], fields) == 0 then
    while from > 0 and compare(line[from], line[places], fields) == 0 do from = from - 1 end
    while to < #line and compare(line[to + 1], line[places], fields) == 0 do to = to + 1 end
  end
  put_ids(out.selected, line, 1, math.min(from, #line))
  put_ids(out.tied, line, from + 1, math.min(to, #line))
  put_ids(out.reserve, line, to + 1, #line)
  out.equals = equals(line, to + 1, fields)
  return out
end

local function allocate(step)
  local input = step.input
  local quotas, names = quotas_of(input)
  local fields, lines = tie_fields(input.tie), lines_of(input, quotas, names)
  local out = { selected = {}, reserve = {}, tied = {}, remaining = {}, reserveTies = {}, needsCommittee = false }
  for _, name in ipairs(names) do
    local places = math.max(0, quotas[name] - whole((input.taken or {})[name]))
    read_tie_fields(lines[name], fields, step.zone)
    sort_line(lines[name], fields)
    local result = settle(lines[name], places, fields)
    out.selected[name], out.reserve[name], out.tied[name] = result.selected, result.reserve, result.tied
    out.remaining[name] = places - #result.selected
    if #result.equals > 0 then out.reserveTies[name] = result.equals end
    if input.tie == "committee" and #result.tied > 0 then out.needsCommittee = true end
  end
  if input.title then page.leave(step, names, quotas, out) end
  return out
end

local ids = { type = "array", items = { type = "string" } }
local places = { type = "integer", minimum = 0, maximum = 1000000 }

return {
  name = "allocate",
  version = "1.0.0",
  summary = "Gives places to the best of a ranking",
  functions = {
    allocate = {
      summary = "Gives the places of each category to the best of a ranking, with a reserve list and honest ties",
      effects = "pure",
      input = {
        type = "object",
        required = { "ranking", "quotas" },
        additionalProperties = false,
        properties = {
          title = { type = { "string", "object" }, description = "What the page of the outcome is called; without it there is no page" },
          names = { type = "object", description = "What ids and categories are called there: {ID: text, or {ko, en}}" },
          publish = { type = "boolean", description = "Whether everybody may read it at its address" },
          ranking = {
            type = "array", maxItems = 100000, description = "Who competes, in any order",
            items = { type = "object", required = { "id", "score" },
                      properties = { id = { type = "string", minLength = 1 }, score = { type = "number" }, text = { type = "string" },
                                     category = { type = "string", minLength = 1 } } },
          },
          quotas = { description = "Places of each category, or one number where there are no categories",
                     anyOf = { places, { type = "object", minProperties = 1, additionalProperties = places } } },
          cut = { type = "object", required = { "atLeast" }, additionalProperties = false,
                  properties = { atLeast = { type = "number" } },
                  description = "Who has less gets neither a place nor a reserve" },
          tie = { description = "What decides between equal scores: fields of numbers or times, more or later is better (`-field`: less or earlier is); none; or a committee afterwards",
                  anyOf = { { type = "array", maxItems = 20, items = { type = "string", minLength = 1 } },
                            { enum = { "none", "committee" } } } },
          taken = { type = "object", additionalProperties = places, description = "Places of each category that are gone" },
          exclude = { type = "array", items = { type = "string" }, description = "Ids that get nothing here" },
        },
      },
      output = {
        type = "object",
        required = { "selected", "reserve", "tied", "remaining" },
        properties = {
          selected = { type = "object", additionalProperties = ids },
          reserve = { type = "object", additionalProperties = ids },
          tied = { type = "object", additionalProperties = ids },
          remaining = { type = "object", additionalProperties = { type = "integer" } },
          reserveTies = { type = "object" },
          needsCommittee = { type = "boolean" },
        },
      },
      start = allocate,
    },
  },
}
