-- Counting: who was present, which proxies count, what the ballots say.
local electorate = require("lib.electorate")
local poll = require("lib.poll")
local rule = require("lib.rule")

local tally = {}

local MARKS_MAX = 50000 -- of ballots that an output lists

local function id_of(key)
  return key:match("^%a+:%d+:(.*)$")
end

local function vote_of(step, id)
  return step.records:get(poll.key(step, "voter", id))
end

-- ---- presence

-- Electors that are on the list, and those who voted before they left.
local function count_present(step, set)
  if not set then return step.state.voted end
  local n = 0
  for id in pairs(set) do
    if electorate.is_elector(step, id) and not electorate.is_recused(step, id) then n = n + 1 end
  end
  for key in step.records:each(poll.key(step, "voter")) do
    if not set[id_of(key)] then n = n + 1 end
  end
  return n
end

-- A proxy counts while its holder is present and its principal is not. Its ballot is its holder's.
local function each_proxy(step, set, visit)
  if not step.state.proxy or not step.state.proxy.counts then return end
  for key, given in step.records:each("proxy:") do
    local principal, holder = key:sub(#"proxy:" + 1), given.holder
    local here = vote_of(step, principal) ~= nil or set and set[principal]
    local held
    if set then held = set[holder] else held = vote_of(step, holder) ~= nil end
    if held and not here and not electorate.is_recused(step, principal) then
      visit(principal, vote_of(step, holder))
    end
  end
end

-- ---- ballots

-- counted: what the urn gave, {values = {text = number}, marks}
local function count_secret(counted, rules)
  local counts, published = {}, dure.array {}
  for text, n in pairs(counted.values) do
    for _, mark in ipairs(rules.marks_of(text)) do counts[mark] = (counts[mark] or 0) + n end
  end
  for i = 1, math.min(#counted.marks, MARKS_MAX) do published[i] = counted.marks[i] end
  return counts, published
end

local function copy(counts)
  local out = {}
  for mark, n in pairs(counts) do out[mark] = n end
  return out
end

-- All but what the ballots mean: entitled, present, cast, the counters, the quorum.
function tally.of(step, rules, counted)
  local state, input, marks = step.state, step.input, rules.marks
  local out = { entitled = poll.entitled(step), cast = state.voted, history = state.history, late = state.late,
                recused = state.recused, proxies = 0, invalid = 0, base = input.base or "present" }
  if out.entitled == 0 then electorate.raise_empty() end
  local set = electorate.present_set(step)
  out.present = count_present(step, set)
  if state.secret then
    out.marked, out.ballots = count_secret(counted, rules)
  else
    out.marked = copy(state.counts)
  end
  local represented = {}
  each_proxy(step, set, function(principal, held)
    represented[principal] = true
    out.proxies, out.present = out.proxies + 1, out.present + 1
    if not held then return end
    out.cast = out.cast + 1
    for _, mark in ipairs(marks(held.ballot)) do out.marked[mark] = (out.marked[mark] or 0) + 1 end
  end)
  out.valid = out.cast
  out.quorum = rule.quorum(input.quorum, out.entitled, out.present)
  out.missing = electorate.list(step, function(id)
    return not (vote_of(step, id) or set and set[id] or represented[id] or electorate.is_recused(step, id))
  end)
  return out
end

-- Adds base, denominator and needed: the quorum's where it is missed, else the decision's.
function tally.judge(step, out)
  local quorum = out.quorum
  if quorum and not quorum.met then
    out.base = quorum.of == "entitled" and "entitled" or "fixed"
    out.denominator, out.needed = quorum.denominator, quorum.needed
    return false
  end
  out.denominator = rule.denominator(out.base, out)
  out.needed = rule.needed(step.input.threshold, out.denominator)
  return true
end

-- ---- small cells of secret ballots

-- Counts below minCell are not told. If that hides one cell alone, it would follow from the others,
-- so the smallest of them is hidden with it.
function tally.hide_small(counts, min)
  local hidden, smallest = 0, nil
  for option, n in pairs(counts) do
    if n > 0 and n < min then
      hidden = hidden + 1
    elseif n > 0 and (not smallest or n < counts[smallest] or n == counts[smallest] and option < smallest) then
      smallest = option
    end
  end
  local out = {}
  for option, n in pairs(counts) do
    local small = n > 0 and n < min or hidden == 1 and option == smallest
    out[option] = small and dure.json.null or n
  end
  return out, hidden > 0
end

return tally
