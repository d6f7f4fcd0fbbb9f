-- combine: several scores of the same things as one, by weights that add up to 100. Pure.
--
-- All sums are integers: a weight in hundredths of a percent, a score in ten-thousandths of a point,
-- to which the mean of three is rounded.
-- Their product is rounded once, at the end, half up, to hundredths of a point.

local fault = require("shared.stop").fault

local WEIGHT_UNIT, SCORE_UNIT = 100, 10000
local SCORE_MAX = 100000000
local SHARE = 100 * WEIGHT_UNIT * SCORE_UNIT // 100 -- of the product, in one hundredth of a point

local function nearest(number, unit)
  return math.tointeger(math.floor(number * unit + 0.5))
end

-- A third has no end of decimals, a weight that somebody wrote down has.
local function weight_of(number, place)
  local whole = nearest(number, WEIGHT_UNIT)
  if math.abs(number * WEIGHT_UNIT - whole) > 0.0001 then
    fault("too many decimals", "the weight of part " .. place .. " is " .. number .. "; at most two decimals count")
  end
  return whole
end

local function weights_of(parts)
  local weights, sum = {}, 0
  for i, part in ipairs(parts) do
    weights[i] = weight_of(part.weight, i)
    sum = sum + weights[i]
  end
  if sum ~= 100 * WEIGHT_UNIT then
    fault("the weights do not add up to 100", "they add up to " .. ("%g"):format(sum / WEIGHT_UNIT))
  end
  return weights
end

local function all_ids(parts)
  local ids, seen = {}, {}
  for _, part in ipairs(parts) do
    for id in pairs(part.scores) do
      if not seen[id] then ids[#ids + 1] = id end
      seen[id] = true
    end
  end
  table.sort(ids)
  return ids
end

local function score_of(parts, weights, id, missing)
  local sum = 0
  for i, part in ipairs(parts) do
    local score = part.scores[id]
    if not score and missing ~= "zero" then
      fault("a score is missing", "part " .. i .. " has no score of '" .. id .. "'; give one, or say `missing: zero`")
    end
    sum = sum + weights[i] * nearest(score or 0, SCORE_UNIT)
  end
  return (2 * sum + SHARE) // (2 * SHARE)
end

-- Ids with the same sum, best first: whoever needs one of them has to decide, not this order.
local function ties_of(order, scores)
  local ties, run = dure.array {}, {}
  for i, id in ipairs(order) do
    if i > 1 and scores[id] == scores[order[i - 1]] then run[#run + 1] = id else run = { id } end
    if #run == 2 then ties[#ties + 1] = run end
  end
  return ties
end

local function combine(step)
  local parts = step.input.parts
  local weights = weights_of(parts)
  local scores, order = {}, dure.array(all_ids(parts))
  for _, id in ipairs(order) do scores[id] = score_of(parts, weights, id, step.input.missing) end
  table.sort(order, function(a, b)
    if scores[a] ~= scores[b] then return scores[a] > scores[b] end
    return a < b
  end)
  return { scores = scores, order = order, ties = ties_of(order, scores) }
end

return {
  name = "combine",
  version = "1.0.0",
  summary = "Combines scores by weights",
  functions = {
    combine = {
      summary = "Combines several scores of the same things by weights that add up to 100",
      effects = "pure",
      input = {
        type = "object",
        required = { "parts" },
        additionalProperties = false,
        properties = {
          parts = {
            type = "array", minItems = 1, maxItems = 100,
            description = "What is combined: each with its weight in percent",
            items = {
              type = "object", required = { "weight", "scores" }, additionalProperties = false,
              properties = {
                name = { type = "string", description = "For readers" },
                weight = { type = "number", minimum = 0, maximum = 100, description = "Percent" },
                scores = { type = "object", description = "Points by id",
                           additionalProperties = { type = "number", minimum = -SCORE_MAX, maximum = SCORE_MAX } },
              },
            },
          },
          missing = { type = "string", enum = { "error", "zero" },
                      description = "What an id without a score in one part is" },
        },
      },
      output = {
        type = "object",
        required = { "scores", "order" },
        properties = {
          scores = { type = "object", additionalProperties = { type = "integer" } },
          order = { type = "array", items = { type = "string" } },
          ties = { type = "array", items = { type = "array", items = { type = "string" } } },
        },
      },
      start = combine,
    },
  },
}
