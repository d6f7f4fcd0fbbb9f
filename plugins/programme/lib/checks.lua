-- What looks wrong in a programme: said, never corrected.
local checks = {}

local MINUTE = 60000

local messages = {
  overlap = { ko = "'%s'와(과) '%s'의 시간이 겹칩니다.", en = "'%s' and '%s' overlap." },
  room_overlap = { ko = "같은 장소에서 '%s'와(과) '%s'의 시간이 겹칩니다.", en = "'%s' and '%s' overlap in the same place." },
  room_change = { ko = "'%s'에서 '%s'(으)로 자리를 옮길 시간이 %d분입니다.", en = "From '%s' to '%s' there are %d minutes to change rooms." },
  leg_late = { ko = "'%s': %d분 걸리는데 %d분뿐입니다.", en = "'%s' takes %d minutes and has only %d." },
  leg_slack = { ko = "'%s'의 여유가 %d분입니다.", en = "'%s' has a slack of %d minutes." },
}

local function warn(out, code, items, minutes, ...)
  local message, titles = {}, dure.array {}
  for language, text in pairs(messages[code]) do message[language] = text:format(...) end
  for i, item in ipairs(items) do titles[i] = item.title end
  out[#out + 1] = { code = code, items = titles, minutes = minutes, message = message }
end

-- A moment is inside a span, not at its edges; two moments never meet.
local function meets(a, b)
  if a.is_moment and b.is_moment then return false end
  if a.is_moment then return b.from < a.from and a.from < b.to end
  if b.is_moment then return a.from < b.from and b.from < a.to end
  return a.from < b.to and b.from < a.to
end

-- Without `who` everybody is in it.
local function share_somebody(a, b)
  if not a.who or not b.who then return true end
  for _, one in ipairs(a.who) do
    for _, other in ipairs(b.who) do
      if one == other then return true end
    end
  end
  return false
end

local function overlaps(plan, out)
  for i, a in ipairs(plan) do
    for k = i + 1, #plan do
      local b = plan[k]
      if b.from >= a.to then break end
      if meets(a, b) then
        local minutes = (math.min(a.to, b.to) - math.max(a.from, b.from)) // MINUTE
        if share_somebody(a, b) then
          warn(out, "overlap", { a, b }, minutes, a.title, b.title)
        elseif a.where and a.where == b.where then
          warn(out, "room_overlap", { a, b }, minutes, a.title, b.title)
        end
      end
    end
  end
end

-- From each item to the next one of the same people: another place needs time, unless a bus goes there.
local function next_of(plan, i)
  for k = i + 1, #plan do
    if plan[k].from >= plan[i].to and share_somebody(plan[i], plan[k]) then return plan[k] end
  end
end

local function room_changes(plan, least, out)
  for i, a in ipairs(plan) do
    local b = not a.is_moment and a.kind ~= "bus" and next_of(plan, i)
    local moves = b and not b.is_moment and b.kind ~= "bus" and a.where and b.where and a.where ~= b.where
    if moves and b.from - a.to < least then
      local minutes = (b.from - a.to) // MINUTE
      warn(out, "room_change", { a, b }, minutes, a.title, b.title, minutes)
    end
  end
end

local function legs(plan, least, out)
  local found, km = dure.array {}, 0
  for _, leg in ipairs(plan) do
    local minutes = leg.item.minutes
    if leg.kind == "bus" and math.type(minutes) then
      local has = (leg.to - leg.from) // MINUTE
      found[#found + 1] = { title = leg.title, day = leg.item.day, km = leg.item.km, minutes = minutes, slack = has - minutes }
      if has < minutes then
        warn(out, "leg_late", { leg }, has - minutes, leg.title, minutes, has)
      elseif (has - minutes) * MINUTE < least then
        warn(out, "leg_slack", { leg }, has - minutes, leg.title, has - minutes)
      end
    end
    if leg.kind == "bus" and math.type(leg.item.km) then km = km + leg.item.km end
  end
  return found, km
end

function checks.all(plan, least)
  local out = dure.array {}
  overlaps(plan, out)
  room_changes(plan, least.change, out)
  local found, km = legs(plan, least.slack, out)
  return out, found, km
end

return checks
