-- Who reviews what. Every item gets `each` reviewers without a conflict, and the loads of the
-- reviewers differ by no more than one, or by no more than the conflicts force.
--
-- First each item takes the least loaded of those who may review it. What conflicts leave askew is
-- then evened out: while there is a chain of sheets a -> b -> … -> z, each of which the next one may
-- take over, from a reviewer with at least two more sheets than the last one, the chain moves by one.
-- When there is none, no assignment is more even (a semi-matching without a cost-reducing path is
-- optimal). Nothing depends on anything but the order in which items and reviewers are given.
local assign = {}

local function eligible_of(items, reviewers, conflicts)
  local may = {}
  for i, item in ipairs(items) do
    local row, against = { count = 0 }, conflicts[item.id] or {}
    for r, reviewer in ipairs(reviewers) do
      row[r] = not against[reviewer.id]
      if row[r] then row.count = row.count + 1 end
    end
    may[i] = row
  end
  return may
end

local function check(items, may, each)
  for i, item in ipairs(items) do
    if may[i].count < math.max(each, 1) then
      error { type = "no_reviewer", status = 409, code = "no_reviewer",
              title = "no_reviewer: '" .. item.id .. "' cannot be assigned",
              detail = "'" .. item.id .. "' has " .. may[i].count .. " reviewers without a conflict; " ..
                       math.max(each, 1) .. " are needed" }
    end
  end
end

local function least_loaded(row, loads, count)
  local list = {}
  for r = 1, #loads do
    if row[r] then list[#list + 1] = r end
  end
  table.sort(list, function(a, b)
    if loads[a] ~= loads[b] then return loads[a] < loads[b] end
    return a < b
  end)
  local out = {}
  for n = 1, count do out[n] = list[n] end
  return out
end

-- ---- evening out

-- Breadth first from `first` to somebody who has at least two sheets less: the sheets to move.
local function find_chain(first, plan)
  local queue, came, head = { first }, { [first] = { 0, 0 } }, 1
  while head <= #queue do
    local a = queue[head]
    head = head + 1
    for i in pairs(plan.held[a]) do
      for b = 1, #plan.loads do
        if not came[b] and plan.may[i][b] and not plan.held[b][i] then
          came[b] = { a, i }
          if plan.loads[b] <= plan.loads[first] - 2 then return b, came end
          queue[#queue + 1] = b
        end
      end
    end
  end
end

local function move_chain(last, came, plan)
  local to = last
  while came[to][1] ~= 0 do
    local from, i = came[to][1], came[to][2]
    plan.held[from][i], plan.held[to][i] = nil, true
    to = from
  end
  plan.loads[to], plan.loads[last] = plan.loads[to] - 1, plan.loads[last] + 1
end

local function even_out_once(plan)
  local least = math.huge
  for _, load in ipairs(plan.loads) do least = math.min(least, load) end
  for r, load in ipairs(plan.loads) do
    if load >= least + 2 then
      local last, came = find_chain(r, plan)
      if last then
        move_chain(last, came, plan)
        return true
      end
    end
  end
  return false
end

-- ---- all of it

-- {held = {[reviewer number] = {[item number] = true}}, loads = {[reviewer number] = n}}. Without
-- `each`, everybody reviews everything that he has no conflict with.
function assign.plan(items, reviewers, each, conflicts)
  local may = eligible_of(items, reviewers, conflicts)
  check(items, may, each or 1)
  local plan = { may = may, held = {}, loads = {} }
  for r = 1, #reviewers do plan.held[r], plan.loads[r] = {}, 0 end
  for i = 1, #items do
    for _, r in ipairs(least_loaded(may[i], plan.loads, each or may[i].count)) do
      plan.held[r][i], plan.loads[r] = true, plan.loads[r] + 1
    end
  end
  while each and even_out_once(plan) do end
  return plan
end

return assign
