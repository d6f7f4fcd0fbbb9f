-- The arithmetic of decisions, in integers: quorum, base, threshold.
local limit = require("shared.limit")

local rule = {}

-- Both are checked when the task starts, not when it closes.
function rule.check(input)
  limit.read(input.threshold or { moreThan = "1/2" }, "the threshold")
  if input.quorum then limit.read(input.quorum, "the quorum") end
end

-- {of, present, needed, met}; nil where there is no quorum
function rule.quorum(quorum, entitled, present)
  if not quorum then return nil end
  local fixed = math.tointeger(quorum.of)
  local base = fixed or entitled
  local n = limit.needed(limit.read(quorum, "the quorum"), base)
  return { of = fixed or "entitled", denominator = base, needed = n, present = present, met = present >= n }
end

-- numbers: entitled, present, cast, abstain
function rule.denominator(base, numbers)
  if base == "cast_without_abstain" then return numbers.cast - numbers.abstain end
  return numbers[base]
end

function rule.needed(threshold, denominator)
  return math.max(1, limit.needed(limit.read(threshold or { moreThan = "1/2" }, "the threshold"), denominator))
end

-- Whether two equal sides are a tie and not a plain failure: the limit is "more than half" and each
-- side has exactly half of the base.
function rule.is_split(threshold, denominator, votes)
  local share = limit.read(threshold or { moreThan = "1/2" }, "the threshold")
  return share.strict and share.num ~= nil and share.num * 2 == share.den and votes > 0 and votes * 2 == denominator
end

return rule
