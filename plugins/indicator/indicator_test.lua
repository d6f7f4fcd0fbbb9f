local function of(t, target, actual, as_of, from, to)
  local run = t:start("indicator", { target = target, actual = actual, from = from or "2013-01-01",
                                     to = to or "2013-12-31", asOf = as_of or "2013-04-30" })
  run:expect { status = "completed" }
  return run:output()
end

test("a third of the year has passed at the end of April", function(t)
  t:equal(of(t, 1200, 872), { rate = 72.7, expected = 400.0, status = "ahead", projection = 2616 })
  t:equal(of(t, 50, 12), { rate = 24.0, expected = 16.7, status = "behind", projection = 36 })
  t:equal(of(t, 70, 26), { rate = 37.1, expected = 23.3, status = "ahead", projection = 78 })
end)

test("only whole months count", function(t)
  t:equal(of(t, 1200, 0, "2013-04-29").expected, 300)
  t:equal(of(t, 1200, 0, "2013-05-01").expected, 400)
  t:equal(of(t, 1200, 0, "2013-05-30").expected, 400)
end)

test("before the first month is over there is nothing to project from", function(t)
  local out = of(t, 1200, 5, "2013-01-30")
  t:equal(out.projection, nil)
  t:equal(out.expected, 0)
  t:equal(out.status, "ahead")
  t:equal(of(t, 1200, 0, "2012-06-30").expected, 0)
end)

test("after the end all is expected", function(t)
  t:equal(of(t, 1200, 1200, "2014-06-30"), { rate = 100, expected = 1200, status = "on", projection = 1200 })
end)

test("a target of nothing has no rate", function(t)
  local out = of(t, 0, 3)
  t:equal(out.rate, nil)
  t:equal(out.status, "ahead")
  t:equal(of(t, 0, 0).status, "on")
end)

test("the first day of the next period may stand for the end of this one", function(t)
  t:equal(of(t, 1200, 872, "2013-04-30", "2013-01-01", "2014-01-01").expected, 400)
  t:equal(of(t, 1200, 872, "2013-05-01T00:00:00+09:00", "2013-01-01T00:00:00+09:00").expected, 400)
end)

test("a period of less than a month counts in days", function(t)
  t:equal(of(t, 10, 4, "2013-05-05", "2013-05-01", "2013-05-10"), { rate = 40, expected = 5, status = "behind", projection = 8 })
  t:equal(of(t, 10, 4, "2013-05-01", "2013-05-01", "2013-05-01").expected, 10)
end)

test("halves are rounded up", function(t)
  t:equal(of(t, 2000, 1).rate, 0.1) -- 0.05 %
  t:equal(of(t, 2000, 3).rate, 0.2) -- 0.15 %
end)

test("quantities need not be whole", function(t)
  t:equal(of(t, 12.6, 4.2), { rate = 33.3, expected = 4.2, status = "on", projection = 13 })
end)

test("a period that ends before it begins is an error", function(t)
  t:start("indicator", { target = 1, actual = 1, from = "2013-02-01", to = "2013-01-01", asOf = "2013-01-15" })
    :expect { status = "faulted", error = { status = 400 } }
end)
