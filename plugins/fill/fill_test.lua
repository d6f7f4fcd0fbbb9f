local function filled(t, with)
  local run = t:start("fill", with)
  run:expect { status = "completed" }
  return run:output()
end

local function item(id, votes, cost, group)
  return { id = id, votes = votes, cost = cost, group = group }
end

local items = { item("a", 90, 40), item("b", 80, 50), item("c", 70, 30), item("d", 60, 10) }

test("an item that does not fit is passed over, ends it, or gets the rest", function(t)
  t:equal(filled(t, { budget = 80, items = items }),
          { funded = { { id = "a", amount = 40 }, { id = "c", amount = 30 }, { id = "d", amount = 10 } }, left = 0, tied = dure.array {} })
  t:equal(filled(t, { budget = 80, items = items, policy = "stop" }),
          { funded = { { id = "a", amount = 40 } }, left = 40, tied = dure.array {} })
  t:equal(filled(t, { budget = 80, items = items, policy = "partial" }),
          { funded = { { id = "a", amount = 40 }, { id = "b", amount = 40 } }, left = 0, tied = dure.array {} })
end)

test("the last won is spent and none beyond it", function(t)
  t:equal(filled(t, { budget = 90, items = items, policy = "stop" }).left, 0)
  t:equal(#filled(t, { budget = 89, items = items, policy = "stop" }).funded, 1)
  t:equal(filled(t, { budget = 0, items = items, policy = "partial" }).funded, dure.array {})
end)

test("items with too few votes are not paid", function(t)
  local out = filled(t, { budget = 1000, items = items, minVotes = 70 })
  t:equal(#out.funded, 3)
  t:equal(out.left, 880)
end)

test("a tie that the money cannot pay as a whole pays none of the tied and nothing below", function(t)
  for _, policy in ipairs { "skip", "stop", "partial" } do
    local out = filled(t, { budget = 100, policy = policy,
                            items = { item("c", 50, 1), item("b", 60, 60), item("a", 60, 60) } })
    t:equal(out, { funded = dure.array {}, left = 100, tied = { "a", "b" } })
  end
end)

test("a tie that the money pays is no tie", function(t)
  local out = filled(t, { budget = 120, items = { item("b", 60, 60), item("a", 60, 60) } })
  t:equal(#out.funded, 2)
  t:equal(out.tied, dure.array {})
end)

test("what no order could pay does not make a tie", function(t)
  local out = filled(t, { budget = 50, items = { item("a", 60, 100), item("b", 60, 10) } })
  t:equal(out.funded, { { id = "b", amount = 10 } })
end)

test("of the alternatives of a group one is paid", function(t)
  local out = filled(t, { budget = 100, items = { item("a", 90, 40, "park"), item("b", 80, 10, "park"), item("c", 70, 10) } })
  t:equal(out.funded, { { id = "a", amount = 40 }, { id = "c", amount = 10 } })
  out = filled(t, { budget = 100, items = { item("a", 90, 40, "park"), item("b", 90, 10, "park") } })
  t:equal(out.tied, { "a", "b" })
end)

test("an alternative that is too dear leaves the way to the next", function(t)
  local out = filled(t, { budget = 30, items = { item("a", 90, 40, "park"), item("b", 80, 10, "park") } })
  t:equal(out.funded, { { id = "b", amount = 10 } })
end)

test("with a sum for each group each spends its own", function(t)
  local out = filled(t, { budget = { east = 50, west = 20 }, policy = "stop",
                          items = { item("a", 90, 40, "east"), item("b", 80, 30, "west"), item("c", 70, 10, "east"), item("d", 60, 5, "west") } })
  t:equal(out.funded, { { id = "a", amount = 40 }, { id = "c", amount = 10 } })
  t:equal(out.left, { east = 0, west = 20 })
end)

test("an id twice and a group without money are errors", function(t)
  t:start("fill", { budget = 1, items = { item("a", 1, 1), item("a", 2, 1) } }):expect { status = "faulted" }
  t:start("fill", { budget = { east = 1 }, items = { item("a", 1, 1, "north") } }):expect { status = "faulted" }
  t:start("fill", { budget = 1, items = { item("a", 1, 1.5) } }):expect { status = "faulted" }
end)

test("nothing to pay leaves everything", function(t)
  t:equal(filled(t, { budget = 7, items = dure.array {} }).left, 7)
end)
