-- The roster as a whole: its order, the freeze, the output, the views. These walk all entries, so
-- they run at the freeze, at the end and when somebody looks, never for an answer.
local entry = require("lib.entry")
local seats = require("lib.seats")
local fields = require("lib.fields")
local words = require("lib.words")
local order = require("shared.order")
local list = {}

-- ---- order

local function value_of(rule, e)
  if rule.expr then
    local good, found = pcall(dure.json.query, rule.expr, e.data)
    if good then return found end
    return nil
  end
  local value = e.data[rule.field]
  if value == nil and rule.field == "persons" then return e.persons end
  return value
end

-- In the given order; those it does not tell apart in the order of their arrival.
local function sorted(input, entries)
  table.sort(entries, function(a, b) return a.seq < b.seq end)
  return order.sorted(entries, order.rules(input.order), value_of)
end

local function with_status(step, wanted)
  local found = {}
  for _, e in step.records:each("entry:") do
    if wanted[e.status] then found[#found + 1] = e end
  end
  return found
end

local function registered(step)
  return sorted(step.input, with_status(step, { registered = true }))
end

-- In the order of the line; offers are its head.
local function in_line(step)
  local found = with_status(step, { offered = true, waiting = true })
  table.sort(found, function(a, b)
    if a.status ~= b.status then return a.status == "offered" end
    return a.place < b.place
  end)
  return found
end

local function public_list(step, entries)
  local out = dure.array {}
  for i, e in ipairs(entries) do out[i] = entry.public(e, step.zone) end
  return out
end

-- ---- the freeze

local ROWS_A_RECORD = 100 -- a frozen list is written once and read as a whole

local function keep_frozen(step, entries)
  for from = 1, #entries, ROWS_A_RECORD do
    local rows = dure.array {}
    table.move(entries, from, math.min(from + ROWS_A_RECORD - 1, #entries), 1, rows)
    step.records:put(string.format("frozen:%08d", from), rows)
  end
end

local function frozen_entries(step)
  local out = dure.array {}
  for _, rows in step.records:each("frozen:") do table.move(rows, 1, #rows, #out + 1, out) end
  return out
end

-- The list as it stands at that moment, and the BLAKE2b hash of its canonical JSON {at, entries,
-- totals}, by which anybody can check later that this is the list that was frozen.
function list.freeze(step)
  local state = step.state
  local frozen = {
    at = dure.time.format(state.freeze, step.zone),
    entries = public_list(step, registered(step)),
    totals = state.totals,
  }
  local hash = dure.hash(dure.json.encode(frozen))
  keep_frozen(step, frozen.entries)
  state.frozen = { at = frozen.at, hash = hash, totals = dure.json.decode(dure.json.encode(frozen.totals)) }
  step:note { type = "frozen", at = frozen.at, hash = hash }
end

local function values(step, prefix)
  local out = dure.array {}
  for _, value in step.records:each(prefix) do out[#out + 1] = value end
  return out
end

-- ---- the output

local function warnings(entries)
  local out = dure.array {}
  for _, e in ipairs(entries) do
    for _, warning in ipairs(e.warnings) do
      out[#out + 1] = { code = warning.code, message = warning.message, unit = e.unit }
    end
  end
  return out
end

function list.regions(step)
  local out = {}
  for _, row in step.records:each("region:") do
    if row.totals.entries > 0 then out[row.name] = row.totals end
  end
  return out
end

function list.output(step)
  local entries, line, state = registered(step), in_line(step), step.state
  local all = table.move(line, 1, #line, #entries + 1, table.move(entries, 1, #entries, 1, {}))
  local frozen = state.frozen
  if frozen then
    frozen = { at = frozen.at, hash = frozen.hash, totals = frozen.totals, entries = frozen_entries(step) }
  end
  local over_by = seats.over_by(step)
  return {
    entries = public_list(step, entries),
    waiting = public_list(step, line),
    totals = state.totals,
    byRegion = list.regions(step),
    warnings = warnings(all),
    frozen = frozen,
    addenda = values(step, "addendum:"),
    overBy = over_by > 0 and over_by or nil,
  }
end

-- ---- views

local function texts_of(found)
  local parts = {}
  for i, warning in ipairs(found) do parts[i] = dure.text.pick(warning.message, "ko") end
  return table.concat(parts, "; ")
end

local function entry_view(step, entries)
  local names, properties = fields.order(step.input)
  local columns = dure.array { { key = "_number", title = words.views.number } }
  for _, name in ipairs(names) do columns[#columns + 1] = { key = name, title = properties[name].title or name } end
  for _, key in ipairs { "persons", "status", "at", "warning" } do
    columns[#columns + 1] = { key = "_" .. key, title = words.views[key] }
  end
  local rows = dure.array {}
  for i, e in ipairs(entries) do
    local row = { _number = i, _persons = e.persons, _status = e.status,
                  _at = dure.time.format(e.at, step.zone), _warning = texts_of(e.warnings) }
    for _, name in ipairs(names) do row[name] = fields.cell(properties[name], e.data[name]) end
    rows[i] = row
  end
  return { columns = columns, rows = rows }
end

local function frozen_note(step)
  local frozen = step.state.frozen
  if not frozen then return nil end
  return { ko = "확정: " .. frozen.at .. ", 이후 변경 " .. step.state.addenda .. "건, " .. frozen.hash,
           en = "Frozen " .. frozen.at .. ", " .. step.state.addenda .. " changes since, " .. frozen.hash }
end

list.views = {
  entries = {
    title = words.views.entries,
    make = function(step)
      local view = entry_view(step, registered(step))
      view.note = frozen_note(step)
      view.totals = { _persons = step.state.totals.persons }
      for name, n in pairs(step.state.totals) do
        if name ~= "persons" and name ~= "entries" then view.totals[name] = n end
      end
      return view
    end,
  },
  waiting = {
    title = words.views.waiting,
    make = function(step) return entry_view(step, in_line(step)) end,
  },
  regions = {
    title = words.views.regions,
    make = function(step)
      local rows, names = dure.array {}, {}
      local regions = list.regions(step)
      for name in pairs(regions) do names[#names + 1] = name end
      table.sort(names)
      for i, name in ipairs(names) do
        rows[i] = { region = name, entries = regions[name].entries, persons = regions[name].persons }
      end
      local totals = step.state.totals
      local rest = { region = "–", entries = totals.entries, persons = totals.persons }
      for _, row in ipairs(rows) do rest.entries, rest.persons = rest.entries - row.entries, rest.persons - row.persons end
      if rest.entries > 0 then rows[#rows + 1] = rest end
      return {
        columns = dure.array { { key = "region", title = words.views.region },
                               { key = "entries", title = words.views.entry_count },
                               { key = "persons", title = words.views.persons } },
        rows = rows,
        totals = { entries = totals.entries, persons = totals.persons },
      }
    end,
  },
}

return list
