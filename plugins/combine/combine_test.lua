local function combined(t, with)
  local run = t:start("combine", with)
  run:expect { status = "completed" }
  return run:output()
end

local function faults(t, with)
  t:start("combine", with):expect { status = "faulted", error = { status = 400 } }
end

test("sums are integers of hundredths", function(t)
  local out = combined(t, { parts = { { weight = 60, scores = { a = 80, b = 91 } },
                                      { weight = 40, scores = { a = 95, b = 70 } } } })
  t:equal(out.scores, { a = 8600, b = 8260 })
  t:equal(out.order, { "a", "b" })
  t:equal(out.ties, dure.array {})
end)

test("decimals count exactly and are rounded once, half up", function(t)
  local out = combined(t, { parts = { { weight = 33.5, scores = { a = 77.77 } },
                                      { weight = 66.5, scores = { a = 88.88 } } } })
  t:equal(out.scores.a, 8516) -- 26.05295 + 59.1052 = 85.15815
  out = combined(t, { parts = { { weight = 50, scores = { a = 0.01, b = -0.01 } }, { weight = 50, scores = { a = 0, b = 0 } } } })
  t:equal(out.scores, { a = 1, b = 0 })
end)

test("one tenth and two tenths are three tenths", function(t)
  local out = combined(t, { parts = { { weight = 50, scores = { a = 0.2, b = 0.3 } },
                                      { weight = 50, scores = { a = 0.4, b = 0.3 } } } })
  t:equal(out.scores, { a = 30, b = 30 })
  t:equal(out.ties, { { "a", "b" } })
end)

test("weights that do not add up to 100 are an error", function(t)
  faults(t, { parts = { { weight = 60, scores = { a = 1 } }, { weight = 39, scores = { a = 1 } } } })
  faults(t, { parts = { { weight = 60, scores = { a = 1 } }, { weight = 40.01, scores = { a = 1 } } } })
  combined(t, { parts = { { weight = 33.33, scores = { a = 1 } }, { weight = 33.33, scores = { a = 1 } },
                          { weight = 33.34, scores = { a = 1 } } } })
end)

test("a missing score is an error unless it is said to be zero", function(t)
  local parts = { { weight = 50, scores = { a = 10, b = 20 } }, { weight = 50, scores = { a = 10 } } }
  faults(t, { parts = parts })
  t:equal(combined(t, { parts = parts, missing = "zero" }).scores, { a = 1000, b = 1000 })
end)

test("nothing to combine gives nothing", function(t)
  local out = combined(t, { parts = { { weight = 100, scores = {} } } })
  t:equal(out.order, dure.array {})
end)

test("the mean of three is a score too", function(t)
  t:equal(combined(t, { parts = { { weight = 100, scores = { a = 241 / 3 } } } }).scores.a, 8033)
  faults(t, { parts = { { weight = 33.333, scores = { a = 1 } }, { weight = 66.667, scores = { a = 1 } } } })
end)
