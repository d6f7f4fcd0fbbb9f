-- fill: spends a budget on items in the order of their votes. Pure.
--
-- Items with equally many votes stand together: either all of them are paid, or nobody can say
-- which, and then none of them is and nothing below them. Only what the money cannot pay in any
-- order is passed over first.

local fault = require("shared.stop").fault

local MONEY_MAX = 9007199254740991

local function items_of(input)
  local items, seen = {}, {}
  for i, item in ipairs(input.items) do
    if seen[item.id] then fault("an id comes twice", "item '" .. item.id .. "' is named twice") end
    seen[item.id] = true
    items[i] = { id = item.id, votes = item.votes, cost = math.tointeger(item.cost), group = item.group }
  end
  table.sort(items, function(a, b)
    if a.votes ~= b.votes then return a.votes > b.votes end
    return a.id < b.id
  end)
  return items
end

-- Lists of items with equally many votes, most votes first.
local function blocks_of(items, min_votes)
  local blocks, last = {}, nil
  for _, item in ipairs(items) do
    if item.votes >= min_votes then
      if not last or item.votes < last[1].votes then
        last = {}
        blocks[#blocks + 1] = last
      end
      last[#last + 1] = item
    end
  end
  return blocks
end

-- Where the budget is one sum, a group holds alternatives of which one is paid at most; where it is
-- a sum for each group, each group spends its own.
local function purse_of(budget)
  if type(budget) ~= "table" then
    return { left = { [""] = math.tointeger(budget) }, exclusive = true, taken = {}, stopped = {} }
  end
  local left = {}
  for group, sum in pairs(budget) do left[group] = math.tointeger(sum) end
  return { left = left, exclusive = false, taken = {}, stopped = {} }
end

local function account_of(purse, item)
  if purse.exclusive then return "" end
  if not item.group or not purse.left[item.group] then
    fault("no budget", "item '" .. item.id .. "' is of the group '" .. tostring(item.group) .. "', which has no budget")
  end
  return item.group
end

-- The items of a block by account, without those that cannot be paid whatever is done about the others.
local function candidates_of(purse, block, policy)
  local by_account, accounts = {}, {}
  for _, item in ipairs(block) do
    local account = account_of(purse, item)
    local alternative = purse.exclusive and item.group and purse.taken[item.group]
    local hopeless = policy == "skip" and item.cost > purse.left[account]
    if not alternative and not hopeless then
      if not by_account[account] then
        by_account[account] = {}
        accounts[#accounts + 1] = account
      end
      local list = by_account[account]
      list[#list + 1] = item
    end
  end
  return by_account, accounts
end

local function fit_together(purse, account, list)
  local sum, groups = 0, {}
  for _, item in ipairs(list) do
    sum = sum + item.cost
    if purse.exclusive and item.group then
      if groups[item.group] then return false end
      groups[item.group] = true
    end
  end
  return sum <= purse.left[account]
end

local function pay(purse, account, item, amount, out)
  purse.left[account] = purse.left[account] - amount
  if item.group then purse.taken[item.group] = true end
  out.funded[#out.funded + 1] = { id = item.id, amount = amount }
end

local function settle_account(purse, account, list, policy, out)
  if purse.stopped[account] then return end
  if fit_together(purse, account, list) then
    for _, item in ipairs(list) do pay(purse, account, item, item.cost, out) end
    return
  end
  purse.stopped[account] = true
  if #list > 1 then
    for _, item in ipairs(list) do out.tied[#out.tied + 1] = item.id end
  elseif policy == "partial" and purse.left[account] > 0 then
    pay(purse, account, list[1], purse.left[account], out)
  end
end

local function left_of(purse)
  if purse.exclusive then return purse.left[""] end
  local left = {}
  for group, sum in pairs(purse.left) do left[group] = sum end
  return left
end

local function fill(step)
  local input = step.input
  local policy, purse = input.policy or "skip", purse_of(input.budget)
  local out = { funded = dure.array {}, tied = dure.array {} }
  for _, block in ipairs(blocks_of(items_of(input), input.minVotes or 0)) do
    local by_account, accounts = candidates_of(purse, block, policy)
    for _, account in ipairs(accounts) do
      settle_account(purse, account, by_account[account], policy, out)
    end
  end
  out.left = left_of(purse)
  return out
end

local money = { type = "integer", minimum = 0, maximum = MONEY_MAX }

return {
  name = "fill",
  version = "1.0.0",
  summary = "Spends a budget in the order of votes",
  functions = {
    fill = {
      summary = "Spends a budget on items in the order of their votes",
      effects = "pure",
      input = {
        type = "object",
        required = { "budget", "items" },
        additionalProperties = false,
        properties = {
          budget = { description = "What there is to spend: one sum, or a sum for each group",
                     anyOf = { money, { type = "object", additionalProperties = money } } },
          items = {
            type = "array", maxItems = 10000, description = "What may be paid",
            items = {
              type = "object", required = { "id", "votes", "cost" },
              properties = {
                id = { type = "string", minLength = 1 },
                votes = { type = "number", minimum = 0 },
                cost = money,
                group = { type = "string", minLength = 1,
                          description = "With one sum: alternatives, of which one is paid. With a sum for each group: whose money" },
              },
            },
          },
          policy = { type = "string", enum = { "skip", "stop", "partial" },
                     description = "What an item that the rest of the money does not pay does: it is passed over, ends it, or gets the rest and ends it" },
          minVotes = { type = "number", minimum = 0, description = "Items with fewer votes are not paid" },
        },
      },
      output = {
        type = "object",
        required = { "funded", "left" },
        properties = {
          funded = { type = "array", items = { type = "object", properties = { amount = { type = "integer" } } } },
          left = { type = { "integer", "object" } },
          tied = { type = "array", items = { type = "string" } },
        },
      },
      start = fill,
    },
  },
}
