local function amounts(t, total, among, unit)
  local run = t:start("split", { total = total, among = among, unit = unit })
  local out, sum = {}, 0
  for i, share in ipairs(run:output().shares) do
    out[i] = share.amount
    sum = sum + share.amount
  end
  if #among > 0 then t:equal(sum, total) end
  return out
end

local function ids(n)
  local list = {}
  for i = 1, n do list[i] = "m" .. i end
  return list
end

test("the sum is exact, the remainder goes to the first", function(t)
  t:equal(amounts(t, 1000, { "a", "b", "c" }), { 334, 333, 333 })
  local by22 = amounts(t, 10000000, ids(22))
  t:equal({ by22[1], by22[10], by22[11], by22[22] }, { 454546, 454546, 454545, 454545 })
  local by26 = amounts(t, 10000000, ids(26))
  t:equal({ by26[10], by26[11] }, { 384616, 384615 })
end)

test("less than one each", function(t)
  t:equal(amounts(t, 2, { "a", "b", "c" }), { 1, 1, 0 })
  t:equal(amounts(t, 0, { "a", "b" }), { 0, 0 })
end)

test("negative totals mirror positive ones", function(t)
  t:equal(amounts(t, -1000, { "a", "b", "c" }), { -334, -333, -333 })
end)

test("shares are multiples of the unit, what is smaller goes to the first", function(t)
  t:equal(amounts(t, 1000, { "a", "b", "c" }, 10), { 340, 330, 330 })
  t:equal(amounts(t, 1005, { "a", "b" }, 10), { 505, 500 })
end)

test("nobody pays nothing", function(t)
  t:start("split", { total = 1000, among = dure.array {} }):expect { output = { shares = dure.array {}, total = 1000 } }
end)

test("objects with an id, numbers as ids", function(t)
  local run = t:start("split", { total = 3, among = dure.array { { id = "a" }, 7 } })
  run:expect { output = { shares = { { id = "a", amount = 2 }, { id = 7, amount = 1 } } } }
end)

test("the largest total", function(t)
  t:equal(amounts(t, 9007199254740991, { "a", "b" }), { 4503599627370496, 4503599627370495 })
end)

test("doubles and fractions are errors", function(t)
  t:start("split", { total = 10, among = { "a", "a" } }):expect { status = "faulted", error = { status = 400, title = "an id comes twice" } }
  t:start("split", { total = 10.5, among = { "a" } }):expect { status = "faulted", error = { status = 400 } }
  t:start("split", { total = 10, among = { "a" }, unit = 0 }):expect { status = "faulted", error = { status = 400 } }
end)
