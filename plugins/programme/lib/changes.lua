-- What differs from an earlier version. Items are the same by their `id`, or else by their title.
local changes = {}

local words = {
  added = { ko = "추가: %s (%s)", en = "Added: %s (%s)" },
  removed = { ko = "취소: %s (%s)", en = "Cancelled: %s (%s)" },
  moved = { ko = "시간 변경: %s (%s → %s)", en = "New time: %s (%s → %s)" },
  changed = { ko = "장소 변경: %s (%s → %s)", en = "New place: %s (%s → %s)" },
}

local function clock(ms, zone)
  local at = dure.time.parts(ms, zone)
  return string.format("%02d:%02d", at.hour, at.minute)
end

local function span(item, zone)
  local day = dure.time.date(item.from, zone)
  if item.is_moment then return day .. " " .. clock(item.from, zone) end
  return day .. " " .. clock(item.from, zone) .. "–" .. clock(item.to, zone)
end

local function by_id(plan)
  local out = {}
  for _, item in ipairs(plan) do
    out[item.id] = out[item.id] or {}
    table.insert(out[item.id], item)
  end
  return out
end

local function tell(out, kind, item, ...)
  local message = {}
  for language, text in pairs(words[kind]) do message[language] = text:format(item.title, ...) end
  out[#out + 1] = { kind = kind, item = item.title, message = message }
end

local function place_of(item)
  return item.item.place ~= dure.json.null and item.item.place or "-"
end

-- Two with the same name are told apart by their order.
function changes.between(before, after, zone)
  local out, old, count = dure.array {}, by_id(before), {}
  for _, item in ipairs(after) do
    count[item.id] = (count[item.id] or 0) + 1
    local was = (old[item.id] or {})[count[item.id]]
    if not was then
      tell(out, "added", item, span(item, zone))
    else
      if span(was, zone) ~= span(item, zone) then tell(out, "moved", item, span(was, zone), span(item, zone)) end
      if was.where ~= item.where then tell(out, "changed", item, place_of(was), place_of(item)) end
    end
  end
  local seen = {}
  for _, item in ipairs(before) do
    seen[item.id] = (seen[item.id] or 0) + 1
    if seen[item.id] > (count[item.id] or 0) then tell(out, "removed", item, span(item, zone)) end
  end
  return out
end

return changes
