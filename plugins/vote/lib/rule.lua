-- The arithmetic of decisions, in integers: quorum, base, threshold.
--
-- "More than half of n" is floor(n/2) + 1; `moreThan` is strict, `atLeast` is not. A share is
-- written "1/2"; a plain integer is a number of persons.
local rule = {}

local function refuse(title, detail)
  error { type = "validation", status = 400, title = title, detail = detail }
end

-- {num, den, strict} or {count, strict}
local function share_of(limit, what)
  local strict = limit.moreThan ~= nil
  local given = limit.moreThan or limit.atLeast
  local count = math.tointeger(given)
  if type(given) == "number" and count then return { count = count, strict = strict } end
  local num, den = tostring(given):match("^%s*(%d+)%s*/%s*(%d+)%s*$")
  num, den = math.tointeger(num), math.tointeger(den)
  if not num or den == 0 or num > den then
    refuse("no fraction", what .. " is '" .. tostring(given) .. "'; write a fraction such as 1/2 or 2/3")
  end
  return { num = num, den = den, strict = strict }
end

-- How many of `n` fulfil the limit.
local function needed(share, n)
  if share.count then return share.count + (share.strict and 1 or 0) end
  if share.strict then return n * share.num // share.den + 1 end
  return (n * share.num + share.den - 1) // share.den
end

-- Both are checked when the task starts, not when it closes.
function rule.check(input)
  share_of(input.threshold or { moreThan = "1/2" }, "the threshold")
  if input.quorum then share_of(input.quorum, "the quorum") end
end

-- {of, present, needed, met}; nil where there is no quorum
function rule.quorum(quorum, entitled, present)
  if not quorum then return nil end
  local fixed = math.tointeger(quorum.of)
  local base = fixed or entitled
  local n = needed(share_of(quorum, "the quorum"), base)
  return { of = fixed or "entitled", denominator = base, needed = n, present = present, met = present >= n }
end

-- numbers: entitled, present, cast, abstain
function rule.denominator(base, numbers)
  if base == "cast_without_abstain" then return numbers.cast - numbers.abstain end
  return numbers[base]
end

function rule.needed(threshold, denominator)
  return math.max(1, needed(share_of(threshold or { moreThan = "1/2" }, "the threshold"), denominator))
end

-- Whether two equal sides are a tie and not a plain failure: the limit is "more than half" and each
-- side has exactly half of the base.
function rule.is_split(threshold, denominator, votes)
  local share = share_of(threshold or { moreThan = "1/2" }, "the threshold")
  return share.strict and share.num ~= nil and share.num * 2 == share.den and votes > 0 and votes * 2 == denominator
end

return rule
