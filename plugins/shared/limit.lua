-- Limits on numbers of persons, in integers.
--
-- "More than half of n" is floor(n/2) + 1; `moreThan` is strict, `atLeast` is not. A share is
-- written "1/2"; a plain integer is a number of persons.
local fault = require("shared.stop").fault

local limit = {}

-- given: {moreThan = SHARE} or {atLeast = SHARE}; what: how it is called in the complaint.
-- {num, den, strict} or {count, strict}
function limit.read(given, what)
  local strict = given.moreThan ~= nil
  local share = given.moreThan or given.atLeast
  local count = math.tointeger(tonumber(share))
  if count and count >= 0 then return { count = count, strict = strict } end
  local num, den = tostring(share):match("^%s*(%d+)%s*/%s*(%d+)%s*$")
  num, den = math.tointeger(num), math.tointeger(den)
  if not num or den == 0 or num > den then
    fault("no fraction", what .. " is '" .. tostring(share) .. "'; write a fraction such as 1/2 or 2/3, or a number of persons")
  end
  return { num = num, den = den, strict = strict }
end

-- How many of `n` fulfil what was read.
function limit.needed(share, n)
  if share.count then return share.count + (share.strict and 1 or 0) end
  if share.strict then return n * share.num // share.den + 1 end
  return (n * share.num + share.den - 1) // share.den
end

return limit
