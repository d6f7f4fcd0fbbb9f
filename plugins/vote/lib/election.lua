-- election: persons for posts, by approval. A candidate is elected who is over the threshold and
-- among the best of as many as there are posts. Equals at the last post are not elected; a run-off
-- among them follows in the same task, and so it does for posts that nobody reached.
--
--     round 1 ──posts left, tie: runoff──> round 2 ──> output
--        └──all posts filled, or another rule──> output
local notice = require("lib.notice")
local poll = require("lib.poll")
local schema = require("shared.schema")
local schemas = require("lib.schemas")
local tally = require("lib.tally")
local words = require("lib.words")
local fault = require("shared.stop").fault

local ROUNDS_MAX = 2

-- ---- candidates

local function read_candidates(input)
  local list, seen = dure.array {}, {}
  for i, given in ipairs(input.candidates) do
    local one = type(given) == "table" and { id = given.id, name = given.name or given.title or given.label or given.id } or { id = given, name = given }
    if input.secret and one.id:find("[ ,]") then
      fault("a candidate's id has a space or a comma",
              "'" .. one.id .. "' could not be told from two ids in the text of a secret ballot")
    end
    if seen[one.id] then
      fault("a candidate comes twice", "'" .. one.id .. "'")
    end
    seen[one.id] = true
    list[i] = one
  end
  return list
end

local function form_of(step)
  local ids, labels = dure.array {}, {}
  for i, candidate in ipairs(step.state.candidates) do ids[i], labels[candidate.id] = candidate.id, candidate.name end
  local function list(title, most)
    return { type = "array", uniqueItems = true, maxItems = most, title = title,
             items = { type = "string", enum = ids, ["x-labels"] = labels } }
  end
  return { schema = { type = "object", additionalProperties = false, ["x-order"] = { "approve", "reject" }, ["x-grid"] = words.grid,
                      properties = { approve = list(words.approve, step.state.approvals), reject = list(words.reject) } } }
end

-- ---- the rules of the poll

local rules = {}

function rules.item(step, id)
  local state = step.state
  local name = state.round == 1 and id or state.round .. ":" .. id
  return { name = name, to = id, kind = "ballot", title = state.title, form = form_of(step),
           opens = state.opens, closes = state.closes, secret = state.secret,
           detail = notice.detail(step, { { "posts", state.posts }, { "approvals", state.approvals } }), allows = notice.allows(step) }
end

local function sorted(ids)
  local out = dure.array {}
  for i, id in ipairs(ids or {}) do out[i] = id end
  table.sort(out)
  return out
end

function rules.read(_, data)
  local ballot = { approve = sorted(data and data.approve), reject = sorted(data and data.reject) }
  local approved = {}
  for _, id in ipairs(ballot.approve) do approved[id] = true end
  for _, id in ipairs(ballot.reject) do
    if approved[id] then words.refuse("invalid", "contradiction") end
  end
  return ballot
end

function rules.marks(ballot)
  local marks = {}
  for _, id in ipairs(ballot.approve) do marks[#marks + 1] = "yes:" .. id end
  for _, id in ipairs(ballot.reject) do marks[#marks + 1] = "no:" .. id end
  if #marks == 0 then marks[1] = "blank" end
  return marks
end

-- A secret ballot as text, which README tells voters how to make again.
function rules.text(ballot)
  return "approve " .. table.concat(ballot.approve, ",") .. " reject " .. table.concat(ballot.reject, ",")
end

local function ids_in(text)
  local ids = {}
  for id in text:gmatch("[^,]+") do ids[#ids + 1] = id end
  return ids
end

function rules.marks_of(text)
  local approve, reject = text:match("^approve (.-) reject (.*)$")
  return rules.marks { approve = ids_in(approve), reject = ids_in(reject) }
end

function rules.text_bytes(step)
  local bytes = #"approve  reject "
  for _, candidate in ipairs(step.state.candidates) do bytes = bytes + #candidate.id + 1 end
  return bytes
end

-- ---- who is elected

local function ranked(step, out)
  local list = {}
  for i, candidate in ipairs(step.state.candidates) do
    list[i] = { id = candidate.id, place = i, yes = out.counts[candidate.id] }
  end
  table.sort(list, function(a, b)
    if a.yes ~= b.yes then return a.yes > b.yes end
    return a.place < b.place
  end)
  return list
end

local function over_threshold(list, needed)
  local over = {}
  for _, one in ipairs(list) do
    if one.yes >= needed then over[#over + 1] = one end
  end
  return over
end

-- The best of those over the threshold; equals at the last post are not elected.
local function choose(over, posts)
  local elected, tied = dure.array {}, dure.array {}
  local cut = #over > posts and posts > 0 and over[posts].yes == over[posts + 1].yes and over[posts].yes or nil
  for i, one in ipairs(over) do
    if cut and one.yes == cut then
      tied[#tied + 1] = one.id
    elseif i <= posts then
      elected[#elected + 1] = one.id
    end
  end
  return elected, tied
end

-- The lot is that of the function `draw`: BLAKE2b-256 of "SEED:ID", ascending.
local function draw_lots(tied, posts, seed)
  local among, number = dure.array {}, {}
  for i, id in ipairs(tied) do among[i], number[id] = id, dure.hash(seed .. ":" .. id) end
  table.sort(among, function(a, b) return number[a] < number[b] end)
  local drawn = dure.array {}
  for i = 1, posts do drawn[i] = among[i] end
  return drawn, { seed = seed, among = tied, drawn = drawn }
end

local function count_candidates(step, out)
  out.counts, out.candidates = {}, dure.array {}
  for i, candidate in ipairs(step.state.candidates) do
    local yes, no = out.marked["yes:" .. candidate.id] or 0, out.marked["no:" .. candidate.id] or 0
    out.counts[candidate.id] = yes
    out.candidates[i] = { id = candidate.id, name = candidate.name, yes = yes, no = no }
  end
  out.abstain = out.marked.blank or 0
  out.marked = nil
end

-- ---- the end of a round

local function judge(step, out)
  out.posts, out.round = step.state.posts, step.state.round
  if not tally.judge(step, out) then
    out.elected, out.tied, out.outcome = dure.array {}, dure.array {}, "no_quorum"
  else
    out.elected, out.tied = choose(over_threshold(ranked(step, out), out.needed), out.posts)
  end
  if #out.tied > 0 and step.input.tie == "lot" then
    local drawn
    drawn, out.lot = draw_lots(out.tied, out.posts - #out.elected, step.key .. ":lot")
    for _, id in ipairs(drawn) do out.elected[#out.elected + 1] = id end
    out.tied = dure.array {}
  end
  out.vacant = out.posts - #out.elected
end

local function hide_small(step, out)
  local min = math.tointeger(step.input.minCell)
  if not step.state.secret or not min then return end
  local hidden
  out.counts, hidden = tally.hide_small(out.counts, min)
  for _, candidate in ipairs(out.candidates) do
    candidate.yes = out.counts[candidate.id]
    if hidden or candidate.no > 0 and candidate.no < min then candidate.no = dure.json.null end
  end
  if out.abstain > 0 and out.abstain < min then out.abstain = dure.json.null end
end

-- Who stands in the run-off: those tied for the last post, or else all who were not elected.
local function standing(step, out)
  local elected, tied, list = {}, {}, dure.array {}
  for _, id in ipairs(out.elected) do elected[id] = true end
  for _, id in ipairs(out.tied) do tied[id] = true end
  for _, candidate in ipairs(step.state.candidates) do
    if #out.tied > 0 and tied[candidate.id] or #out.tied == 0 and not elected[candidate.id] then list[#list + 1] = candidate end
  end
  return list
end

local function runoff_title(title)
  if type(title) == "string" then return title .. " - " .. words.runoff.ko end
  local out = {}
  for language, text in pairs(title) do out[language] = text .. " - " .. (words.runoff[language] or words.runoff.en) end
  return out
end

local function runoff_closes(step)
  local state, input = step.state, step.input
  if input.runoff then return dure.time.add(step.now, input.runoff, step.zone) end
  return state.closes and step.now + (state.closes - state.opens)
end

local function open_runoff(step, out, candidates)
  local state = step.state
  step:close()
  state.rounds = { out }
  state.round, state.candidates, state.posts = state.round + 1, candidates, out.vacant
  state.title = runoff_title(state.title)
  state.opens, state.closes = step.now, runoff_closes(step)
  return poll.open(step, rules)
end

-- The first round's numbers with both rounds' result.
local function output_of(step, out)
  local first = step.state.rounds and step.state.rounds[1] or out
  if first == out then return out end
  first.runoff = out
  local elected = dure.array {}
  for _, round in ipairs { first, out } do
    for _, id in ipairs(round.elected) do elected[#elected + 1] = id end
  end
  first.elected, first.tied, first.vacant = elected, out.tied, out.vacant
  return first
end

local function outcome_of(out)
  if out.outcome == "no_quorum" and #out.elected == 0 then return "no_quorum" end
  if #out.tied > 0 then return "tie" end
  return out.vacant > 0 and "vacant" or "elected"
end

function rules.finish(step, counted)
  local state, tie = step.state, step.input.tie or "runoff"
  local out = tally.of(step, rules, counted)
  count_candidates(step, out)
  judge(step, out)
  hide_small(step, out)
  out.opened = dure.time.format(state.opened, step.zone)
  out.closed = dure.time.format(state.closes and math.min(step.now, state.closes) or step.now, step.zone)
  poll.publish(step, out)
  local candidates = standing(step, out)
  if tie == "runoff" and not out.outcome and out.vacant > 0 and out.cast > 0 and state.round < ROUNDS_MAX and #candidates > 0 then
    return open_runoff(step, out, candidates)
  end
  state.phase = "over"
  out = output_of(step, out)
  out.outcome = outcome_of(out)
  notice.election(step, out)
  return out
end

-- ---- handlers

local election = {}

function election.start(step)
  local input, state = step.input, step.state
  state.title = input.title or words.election
  state.posts = math.tointeger(input.posts)
  state.approvals = type(input.approvals) == "number" and math.tointeger(input.approvals) or nil
  state.candidates = read_candidates(input)
  return poll.start(step, rules)
end

function election.answer(step, item, given)
  return poll.answer(step, item, given, rules)
end

function election.timer(step, name)
  return poll.timer(step, name, rules)
end

election.input = schemas.input({ "posts", "candidates", "electorate" }, {
  title = schemas.text,
  posts = { type = "integer", minimum = 1, maximum = 1000, description = "How many are to be elected" },
  candidates = { type = "array", minItems = 1, maxItems = 1000, description = "Who stands: {id, name}, or ids",
                 items = { anyOf = { { type = "string", minLength = 1, maxLength = 200 },
                                     { type = "object", required = { "id" },
                                       properties = { id = { type = "string", minLength = 1, maxLength = 200 },
                                                      name = schemas.text, title = schemas.text, label = schemas.text } } } } },
  approvals = { description = "each: a ballot approves as many as it likes; a number: as many at most",
                anyOf = { { const = "each" }, { type = "integer", minimum = 1 } } },
  tie = { type = "string", enum = { "runoff", "lot", "vacant" },
          description = "Posts that are left after a tie or for want of votes: a run-off, a lot between the tied, or vacant" },
  runoff = schema.duration("How long a run-off is open; as long as the first round if not given"),
})

local ids = { type = "array", items = { type = "string" } }
election.output = schemas.output({ "elected", "vacant", "tied", "entitled", "present", "cast", "valid", "counts", "abstain", "invalid",
                                   "base", "denominator", "needed" }, {
  outcome = { enum = { "elected", "vacant", "tie", "no_quorum" } },
  elected = ids, tied = ids, vacant = { type = "integer" },
  candidates = { type = "array", items = { type = "object" } },
  lot = { type = "object" },
  runoff = { type = "object" },
})

return election
