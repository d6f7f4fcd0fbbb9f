-- A table as text in the three formats. A table is {title, columns, groups: [{name, cells, totals}], totals}.
local write = {}

local words = { ko = { sum = "합계", subtotal = "소계" }, en = { sum = "Total", subtotal = "Subtotal" } }

-- The line of totals: its name in the first column that has no total of its own.
local function total_cells(t, totals, name)
  local cells, named = {}, false
  for i, column in ipairs(t.columns) do
    local total = totals[column.key]
    if total then
      cells[i] = total
    else
      cells[i] = named and "" or name
      named = true
    end
  end
  return cells
end

local function has_totals(t)
  return next(t.totals) ~= nil
end

-- ---- csv: data for a spreadsheet, so groups are only an order and there are no subtotals

function write.csv(t)
  local lines, head = {}, {}
  for i, column in ipairs(t.columns) do head[i] = column.title end
  lines[1] = head
  for _, group in ipairs(t.groups) do
    for _, cells in ipairs(group.cells) do lines[#lines + 1] = cells end
  end
  if has_totals(t) and t.grand then lines[#lines + 1] = total_cells(t, t.totals, words[t.language].sum) end
  return dure.csv.format(lines)
end

-- ---- html

local function html_cells(out, cells, tag)
  out[#out + 1] = "<tr>"
  for _, cell in ipairs(cells) do
    local class = math.type(cell) and " class=number" or ""
    out[#out + 1] = "<" .. tag .. class .. ">" .. dure.text.html(tostring(cell)) .. "</" .. tag .. ">"
  end
  out[#out + 1] = "</tr>\n"
end

local function html_head(out, t)
  out[#out + 1] = "<thead><tr>"
  for _, column in ipairs(t.columns) do
    out[#out + 1] = "<th scope=col>" .. dure.text.html(column.title) .. "</th>"
  end
  out[#out + 1] = "</tr></thead>\n"
end

local function html_group(out, t, group)
  out[#out + 1] = "<tbody>\n"
  if group.name then
    out[#out + 1] = "<tr><th scope=rowgroup colspan=" .. #t.columns .. ">" .. dure.text.html(group.name) .. "</th></tr>\n"
  end
  for _, cells in ipairs(group.cells) do html_cells(out, cells, "td") end
  if group.name and has_totals(t) then
    html_cells(out, total_cells(t, group.totals, words[t.language].subtotal), "th")
  end
  out[#out + 1] = "</tbody>\n"
end

local page_head = [[<!doctype html>
<html lang=%s><head><meta charset=utf-8><meta name=viewport content="width=device-width, initial-scale=1"><title>%s</title>
<style>body{font-family:sans-serif;margin:1.5rem}table{border-collapse:collapse}th,td{border:1px solid #888;padding:.3rem .6rem;text-align:left}.number{text-align:right}caption{font-weight:bold;text-align:left;padding:.5rem 0}</style>
</head><body>
]]

function write.html(t)
  local out = {}
  if t.page then out[1] = string.format(page_head, t.language, dure.text.html(t.title or "")) end
  out[#out + 1] = "<table>\n"
  if t.title then out[#out + 1] = "<caption>" .. dure.text.html(t.title) .. "</caption>\n" end
  html_head(out, t)
  for _, group in ipairs(t.groups) do html_group(out, t, group) end
  if has_totals(t) and t.grand then
    out[#out + 1] = "<tfoot>\n"
    html_cells(out, total_cells(t, t.totals, words[t.language].sum), "th")
    out[#out + 1] = "</tfoot>\n"
  end
  out[#out + 1] = "</table>\n"
  if t.page then out[#out + 1] = "</body></html>\n" end
  return table.concat(out)
end

-- ---- text: columns as wide as their widest cell; a Hangul syllable is two columns wide

local function widen(widths, cells)
  for i, cell in ipairs(cells) do
    widths[i] = math.max(widths[i] or 0, dure.text.width(tostring(cell)))
  end
end

local function text_line(widths, cells)
  local parts = {}
  for i, cell in ipairs(cells) do
    local text = tostring(cell)
    local gap = string.rep(" ", widths[i] - dure.text.width(text))
    parts[i] = math.type(cell) and gap .. text or text .. gap
  end
  return (table.concat(parts, "  "):gsub(" +$", "")) .. "\n"
end

function write.text(t)
  local head, widths, out, total_width = {}, {}, {}, 0
  local sum = has_totals(t) and total_cells(t, t.totals, words[t.language].sum)
  for i, column in ipairs(t.columns) do head[i] = column.title end
  widen(widths, head)
  if sum then widen(widths, sum) end
  for _, group in ipairs(t.groups) do
    for _, cells in ipairs(group.cells) do widen(widths, cells) end
    if sum then widen(widths, total_cells(t, group.totals, words[t.language].subtotal)) end
  end
  for _, width in ipairs(widths) do total_width = total_width + width + 2 end
  local rule = string.rep("-", math.max(total_width - 2, 1)) .. "\n"
  if t.title then out[1] = t.title .. "\n\n" end
  out[#out + 1] = text_line(widths, head) .. rule
  for _, group in ipairs(t.groups) do
    if group.name then out[#out + 1] = "[" .. group.name .. "]\n" end
    for _, cells in ipairs(group.cells) do out[#out + 1] = text_line(widths, cells) end
    if group.name and sum then
      out[#out + 1] = text_line(widths, total_cells(t, group.totals, words[t.language].subtotal))
    end
  end
  if sum and t.grand then out[#out + 1] = rule .. text_line(widths, sum) end
  return table.concat(out)
end

return write
