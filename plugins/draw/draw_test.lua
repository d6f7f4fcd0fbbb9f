local function drawn(t, with)
  local run = t:start("draw", with)
  run:expect { status = "completed" }
  return run:output()
end

local function faults(t, with)
  t:start("draw", with):expect { status = "faulted", error = { status = 400 } }
end

test("the same seed gives the same draw, whatever the order of the ids", function(t)
  local one = drawn(t, { among = { "a", "b", "c", "d", "e" }, take = 2, seed = "2013-05-24 코스피 1973.45" })
  local two = drawn(t, { among = { "e", "c", "a", "d", "b" }, take = 2, seed = "2013-05-24 코스피 1973.45" })
  t:equal(one, two)
  t:equal(#one.drawn, 2)
  t:equal(#one.rest, 3)
end)

test("the draw is the published rule and nothing else", function(t)
  local ids = { "x1", "x2", "x3", "x4" }
  local out = drawn(t, { among = ids, take = 4, seed = "7" })
  table.sort(ids, function(a, b) return dure.hash("7:" .. a) < dure.hash("7:" .. b) end)
  t:equal(out.drawn, ids)
end)

test("objects with an id are drawn by it, and numbers as text", function(t)
  local out = drawn(t, { among = { { id = 1 }, { id = 2 } }, take = 2, seed = 5 })
  t:equal(#out.drawn, 2)
  t:equal(out.seed, "5")
end)

test("drawing all, none, or from nobody", function(t)
  t:equal(#drawn(t, { among = { "a", "b" }, take = 2, seed = "s" }).rest, 0)
  t:equal(#drawn(t, { among = { "a", "b" }, take = 0, seed = "s" }).drawn, 0)
  t:equal(#drawn(t, { among = dure.array {}, take = 0, seed = "s" }).drawn, 0)
end)

test("more than there are, an id twice and a missing seed are errors", function(t)
  faults(t, { among = { "a" }, take = 2, seed = "s" })
  faults(t, { among = { "a", "a" }, take = 1, seed = "s" })
  faults(t, { among = { "a" }, take = 1, seed = "" })
end)
