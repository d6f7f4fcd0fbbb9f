-- table: rows as a list or report: CSV for spreadsheets, HTML, or plain text. Pure.
local rows = require("lib.rows")
local write = require("lib.write")

local types = {
  csv = "text/csv; charset=utf-8",
  html = "text/html; charset=utf-8",
  text = "text/plain; charset=utf-8",
}

local function cells_of(list, columns, language, numbered)
  local out = {}
  for i, row in ipairs(list) do
    local cells = {}
    for k, column in ipairs(columns) do
      cells[k] = rows.cell(column, rows.value(column, row, numbered + i), language)
    end
    out[i] = cells
  end
  return out
end

local function make(step)
  local input = step.input
  local language, format = input.language or "ko", input.format or "csv"
  local list = rows.sorted(input.rows, input.order)
  local columns = rows.columns(input.columns, list, language)
  local rules = rows.total_rules(input.totals, columns, list)
  rows.has_columns(columns, rules)
  local t = {
    title = input.title and dure.text.pick(input.title, language),
    page = input.page, grand = input.grandTotal ~= false, language = language, columns = columns,
    groups = rows.grouped(list, input.groupBy, language),
    totals = rows.totals(rules, columns, list),
  }
  local groups, numbered = dure.array {}, 0
  for i, group in ipairs(t.groups) do
    group.cells = cells_of(group.rows, columns, language, numbered)
    group.totals = rows.totals(rules, columns, group.rows)
    numbered = numbered + #group.rows
    if group.name then groups[i] = { group = group.name, rows = #group.rows, totals = group.totals } end
  end
  return { text = write[format](t), type = types[format], rows = #list, totals = t.totals, groups = groups }
end

local text = { type = { "string", "object", "null" }, description = "Text, or {ko, en}" }

return {
  name = "table",
  version = "1.0.0",
  summary = "Lists and reports",
  functions = {
    table = {
      summary = "Writes rows as a table: CSV for spreadsheets, HTML, or plain text",
      effects = "pure",
      input = {
        type = "object",
        required = { "rows" },
        additionalProperties = false,
        properties = {
          rows = { type = "array", items = { type = "object" }, description = "The rows, as objects" },
          columns = {
            type = "array",
            description = "What to show, in order: keys, or {key or expr, title, values}; all keys if not given",
            items = { anyOf = {
              { type = "string" },
              { type = "object", additionalProperties = false, properties = {
                  key = { type = "string", description = "Key of the row" },
                  expr = { type = "string", description = "jq over the row; $number counts the rows from 1" },
                  title = text,
                  values = { type = "object", description = "Words for values: {\"true\": 참석, \"false\": 불참}" },
                } },
            } },
          },
          totals = { description = "true: all columns with numbers; or a list of keys; or {key: sum or count}",
                     anyOf = { { type = { "boolean", "null" } }, { type = "array", items = { type = "string" } },
                               { type = "object", additionalProperties = { enum = { "sum", "count" } } } } },
          grandTotal = { type = { "boolean", "null" }, description = "false: totals of the groups only" },
          order = { description = "Fields to sort by: a name, {field, values: ranking, descending}, or {expr}",
                    type = { "string", "object", "array", "null" } },
          groupBy = { description = "Field, or list of fields, by which rows stand together",
                      type = { "string", "array", "null" } },
          format = { enum = { "csv", "html", "text" }, description = "csv if not given" },
          title = text,
          page = { type = { "boolean", "null" }, description = "html: a whole page instead of the table alone" },
          language = { enum = { "ko", "en" }, description = "Of titles and words; ko if not given" },
        },
      },
      output = {
        type = "object",
        required = { "text", "type", "rows" },
        properties = {
          text = { type = "string" }, type = { type = "string" }, rows = { type = "integer" },
          totals = { type = "object" }, groups = { type = "array" },
        },
      },
      start = make,
    },
  },
}
