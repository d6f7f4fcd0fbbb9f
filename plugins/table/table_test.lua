local rows = {
  { region = "서울", name = "종로구", persons = 3, head = true, named = { "하나", "둘" } },
  { region = "인천", name = "동구", persons = 2, head = false },
  { region = "서울", name = "은평구", persons = 1, head = true },
}

local function made(t, with)
  with.rows = with.rows or rows
  return t:start("table", with):output()
end

test("csv has a BOM, titles, words for values and totals", function(t)
  local out = made(t, {
    columns = { { expr = "$number", title = "번호" }, "region", { key = "name", title = "시군구" },
                { key = "head", title = "단체장", values = { ["true"] = "참석" } }, "named", "persons" },
    totals = { "persons" },
  })
  t:equal(out.type, "text/csv; charset=utf-8")
  t:equal(out.text, "\u{FEFF}번호,region,시군구,단체장,named,persons\r\n"
    .. "1,서울,종로구,참석,\"하나, 둘\",3\r\n2,인천,동구,아니요,,2\r\n3,서울,은평구,참석,,1\r\n합계,,,,,6\r\n")
  t:equal({ out.rows, out.totals.persons }, { 3, 6 })
end)

test("cells that a spreadsheet would run are neutralised, numbers stay numbers", function(t)
  local out = made(t, { rows = { { a = "=1+1", b = "-2" }, { a = "@x", b = -2 }, { a = "+82", b = "a\"b,c" } } })
  t:equal(out.text:find("\n=1", 1, true), nil)
  t:equal(out.text:find("\n@x", 1, true), nil)
  t:equal(out.text:find("\n+82", 1, true), nil)
  t:equal(out.text:find(",-2\r\n", 1, true) ~= nil, true)
  t:equal(out.text:find('"a""b,c"', 1, true) ~= nil, true)
end)

test("html is escaped and grouped with subtotals", function(t)
  local out = made(t, {
    rows = { { g = "<b>", n = 1 }, { g = "a&b", n = 2 }, { g = "<b>", n = 3 } },
    columns = { "g", "n" }, groupBy = "g", totals = true, format = "html", title = { ko = "표 <1>", en = "Table" },
  })
  t:equal(out.text:find("<b>", 1, true), nil)
  t:equal(out.text:find("<caption>표 &lt;1&gt;</caption>", 1, true) ~= nil, true)
  t:equal(out.text:find("<tr><th>소계</th><th class=number>4</th></tr>", 1, true) ~= nil, true)
  t:equal(out.text:find("<tr><th>합계</th><th class=number>6</th></tr>", 1, true) ~= nil, true)
  t:equal(out.groups, { { group = "<b>", rows = 2, totals = { n = 4 } }, { group = "a&b", rows = 1, totals = { n = 2 } } })
end)

test("text is as wide as its Hangul", function(t)
  local out = made(t, { rows = { { a = "가나", n = 10 }, { a = "ab", n = 5 } }, columns = { "a", "n" }, format = "text" })
  t:equal(out.text, "a     n\n--------\n가나  10\nab     5\n")
end)

test("order: rankings, descending, missing last, ties keep their place", function(t)
  local function names(order)
    local out = made(t, { rows = { { r = "b", n = 2 }, { r = "a" }, { r = "c", n = 9 }, { r = "a", n = 2 } },
                          columns = { "r", "n" }, order = order, format = "text" })
    local list = {}
    for name in out.text:gmatch("\n(%a)%f[%A]") do list[#list + 1] = name end
    return table.concat(list)
  end
  t:equal(names("n"), "baca")
  t:equal(names({ field = "n", descending = true }), "cbaa")
  t:equal(names({ { field = "r", values = { "c", "a" } }, "n" }), "caab")
  t:equal(names({ { expr = ".n // 0" } }), "abac")
end)

test("totals of a column without numbers count what is there", function(t)
  local out = made(t, { columns = { "name", "head", "named" }, totals = { head = "sum", named = "sum", name = "count" } })
  t:equal(out.totals, { head = 2, named = 2, name = 3 })
end)

test("no rows, and no columns", function(t)
  local out = t:start("table", { rows = dure.array {}, columns = { "a" }, totals = { "a" }, format = "html", page = true }):output()
  t:equal(out.rows, 0)
  t:equal(out.text:sub(1, 15), "<!doctype html>")
  t:equal(t:start("table", { rows = dure.array {} }):output().rows, 0)
end)

test("a column that shows nothing or comes twice is an error", function(t)
  t:start("table", { rows = rows, columns = { { title = "x" } } }):expect { status = "faulted", error = { title = "a column shows nothing" } }
  t:start("table", { rows = rows, columns = { "name", "name" } }):expect { status = "faulted", error = { title = "a column comes twice" } }
  t:start("table", { rows = rows, columns = { { expr = ".name | tonumber" } } }):expect { status = "faulted" }
end)

test("a field with a minus stands for the largest first, and one that no row has is a slip", function(t)
  local list = { { name = "가", n = 3 }, { name = "나", n = 10 }, { name = "다" } }
  local out = t:start("table", { rows = list, columns = { "name" }, order = "-n" }):output()
  t:equal(out.text, "\u{FEFF}name\r\n나\r\n가\r\n다\r\n")
  t:start("table", { rows = list, columns = { "name" }, order = { "m" } }):expect { status = "faulted",
    error = { detail = "'order' names 'm', which no row has" } }
  t:start("table", { rows = list, columns = { "name" }, groupBy = "m" }):expect { status = "faulted" }
  t:start("table", { rows = list, columns = { "name" }, totals = { "m" } }):expect { status = "faulted",
    error = { detail = "'totals' names 'm', which is no column" } }
end)
