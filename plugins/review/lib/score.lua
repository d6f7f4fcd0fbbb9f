-- From sheets to a mean. A sheet is a percentage: the sum of points × weight / max over the sum of the
-- weights. All is done in integers over one denominator and rounded once, at the end, half up.
local fault = require("shared.stop").fault

local score = {}

local DENOMINATOR_MAX = 1000000 -- of the maxima's least common multiple: sums stay below 2^63

local function gcd(a, b)
  while b ~= 0 do a, b = b, a % b end
  return a
end

-- [{id, max, weight}] as integers, with `factor`: how much one point counts over `denominator`.
function score.criteria(input)
  local list, common, weights, seen = {}, 1, 0, {}
  for i, given in ipairs(input.criteria) do
    local max = math.tointeger(given.max or 100)
    local one = { id = given.id, max = max, weight = math.tointeger(given.weight or max), title = given.title,
                  description = given.description }
    if seen[one.id] or one.id == "comment" then
      fault("a criterion comes twice", "'criteria' names '" .. one.id .. "' twice")
    end
    seen[one.id] = true
    common = common // gcd(common, max) * max
    if common > DENOMINATOR_MAX then
      fault("the maxima of the criteria do not go together",
              "their least common multiple is above " .. DENOMINATOR_MAX .. "; choose such as 5, 10, 20 or 100")
    end
    weights = weights + one.weight
    list[i] = one
  end
  if weights == 0 then
    fault("no criterion has a weight", "one weight at least is above 0")
  end
  for _, one in ipairs(list) do one.factor = one.weight * (common // one.max) end
  list.denominator = common * weights
  return list
end

local function points_of(criteria, values)
  local sum = 0
  for _, one in ipairs(criteria) do sum = sum + one.factor * math.tointeger(values[one.id]) end
  return sum
end

-- sum / (denominator × count) as hundredths of a percent, half up
local function hundredths(sum, denominator, count)
  local below = denominator * count
  return (20000 * sum + below) // (2 * below)
end

function score.of_sheet(criteria, values)
  return hundredths(points_of(criteria, values), criteria.denominator, 1)
end

-- 7500 is 75 as a number and "75.0" in print.
function score.number(n)
  return n % 100 == 0 and n // 100 or n / 100
end

function score.text(n)
  if n % 10 == 0 then return string.format("%d.%d", n // 100, n % 100 // 10) end
  return string.format("%d.%02d", n // 100, n % 100)
end

-- The sheets that make the mean: all, or without one highest and one lowest.
local function used_of(sheets, criteria, aggregate)
  local used = {}
  for i, sheet in ipairs(sheets) do used[i] = { points = points_of(criteria, sheet.values), values = sheet.values } end
  if aggregate ~= "trimmed" then return used end
  table.sort(used, function(a, b) return a.points < b.points end)
  local inner = {}
  for i = 2, #used - 1 do inner[#inner + 1] = used[i] end
  return inner
end

-- {hundredths, used, criteria = {id = hundredths of a point}}, or nil where no sheet is left
function score.mean(sheets, criteria, aggregate)
  local used, sum, parts = used_of(sheets, criteria, aggregate), 0, {}
  if #used == 0 then return nil end
  for _, one in ipairs(used) do sum = sum + one.points end
  for _, criterion in ipairs(criteria) do
    local points = 0
    for _, one in ipairs(used) do points = points + math.tointeger(one.values[criterion.id]) end
    parts[criterion.id] = (200 * points + #used) // (2 * #used)
  end
  return { hundredths = hundredths(sum, criteria.denominator, #used), used = #used, criteria = parts }
end

return score
