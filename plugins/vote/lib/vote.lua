-- vote: one question, one choice each.
local electorate = require("lib.electorate")
local notice = require("lib.notice")
local poll = require("lib.poll")
local rule = require("lib.rule")
local schemas = require("lib.schemas")
local tally = require("lib.tally")
local words = require("lib.words")
local fault = require("shared.stop").fault

local AFFIRM = { yes = true, ["찬성"] = true }
local DENY = { no = true, ["반대"] = true }
local ABSTAIN = { abstain = true, ["기권"] = true }

-- ---- options

local function option_of(given)
  if type(given) == "boolean" then return given and "yes" or "no" end -- YAML's unquoted yes and no
  if type(given) == "table" then return given.id, given.title or given.label or given.name end
  return given
end

local function read_options(input)
  local ids, labels, seen = dure.array {}, {}, {}
  for i, given in ipairs(input.options or { "yes", "no", "abstain" }) do
    local id, title = option_of(given)
    if seen[id] then
      fault("an option comes twice", "'" .. id .. "'")
    end
    seen[id] = true
    ids[i], labels[id] = id, title or words.options[id] or id
  end
  return ids, labels
end

local function form_of(step)
  local labels = step.state.labels
  return { schema = {
    type = "object", required = { "choice" }, additionalProperties = false,
    properties = { choice = { type = "string", enum = step.state.options, title = words.choice,
                              ["x-labels"] = labels, ["x-widget"] = "radio" } } } }
end

-- ---- the rules of the poll

local rules = {}

function rules.item(step, id)
  local state, detail = step.state, notice.detail(step)
  if state.proxy then detail.delegates = electorate.few(step) end
  return { name = id, to = id, kind = "ballot", title = state.title, form = form_of(step),
           opens = state.opens, closes = state.closes, secret = state.secret,
           detail = detail, allows = notice.allows(step) }
end

function rules.read(_, data)
  return data.choice
end

function rules.marks(ballot)
  return { ballot }
end

function rules.text(ballot)
  return ballot
end

function rules.marks_of(text)
  return { text }
end

function rules.text_bytes(step)
  local longest = 1
  for _, option in ipairs(step.state.options) do longest = math.max(longest, #option) end
  return longest
end

-- ---- the outcome

local function affirmative(options)
  local yes, no
  for _, option in ipairs(options) do
    if AFFIRM[option] then yes = option elseif DENY[option] then no = option end
  end
  return yes, no
end

local function decide_motion(step, out, yes, no)
  local for_it, against = out.counts[yes], no and out.counts[no] or 0
  if for_it >= out.needed then return "adopted" end
  if for_it == against and rule.is_split(step.input.threshold, out.denominator, for_it) then return "tie" end
  return "rejected"
end

-- Options that compete: the one with the most votes, if it reaches the threshold. Equals at the top
-- are a tie.
local function decide_choice(step, out)
  local best, tied = nil, dure.array {}
  for _, option in ipairs(step.state.options) do
    local n = out.counts[option]
    if not ABSTAIN[option] and n > 0 then
      if not best or n > out.counts[best] then
        best, tied = option, dure.array { option }
      elseif n == out.counts[best] then
        tied[#tied + 1] = option
      end
    end
  end
  if #tied > 1 then
    out.tied = tied
    return "tie"
  end
  if best and out.counts[best] >= out.needed then
    out.winner = best
    return "adopted"
  end
  return "rejected"
end

local function outcome_of(step, out)
  if not tally.judge(step, out) then return "no_quorum" end
  if out.cast == 0 then return "rejected" end
  local yes, no = affirmative(step.state.options)
  if yes then return decide_motion(step, out, yes, no) end
  return decide_choice(step, out)
end

local function count_options(step, out)
  out.counts, out.abstain = {}, 0
  for _, option in ipairs(step.state.options) do
    out.counts[option] = out.marked[option] or 0
    if ABSTAIN[option] then out.abstain = out.abstain + out.counts[option] end
  end
  out.marked = nil
end

local function hide_small(step, out)
  local min = math.tointeger(step.input.minCell)
  if not step.state.secret or not min then return end
  out.counts = tally.hide_small(out.counts, min)
  for option, n in pairs(out.counts) do
    if ABSTAIN[option] and n == dure.json.null then out.abstain = dure.json.null end
  end
end

function rules.finish(step, counted)
  local state = step.state
  local out = tally.of(step, rules, counted)
  count_options(step, out)
  out.outcome = outcome_of(step, out)
  hide_small(step, out)
  state.phase = "over"
  out.question, out.opened = step.input.question, dure.time.format(state.opened, step.zone)
  out.closed = dure.time.format(state.closes and math.min(step.now, state.closes) or step.now, step.zone)
  poll.publish(step, out)
  notice.vote(step, out)
  return out
end

-- ---- handlers

local vote = {}

function vote.start(step)
  step.state.title = step.input.question
  step.state.options, step.state.labels = read_options(step.input)
  return poll.start(step, rules)
end

function vote.answer(step, item, given)
  return poll.answer(step, item, given, rules)
end

function vote.timer(step, name)
  return poll.timer(step, name, rules)
end

-- Who has voted, for those who run the vote; what was cast is nobody's business before the close.
function vote.roll(step)
  local rows = dure.array {}
  for page in electorate.pages(step) do
    for _, elector in ipairs(page) do
      local person = dure.people.get(elector.id)
      local proxy = step.records:get("proxy:" .. elector.id)
      rows[#rows + 1] = {
        name = person and person.name or elector.id,
        voted = step.records:get(poll.key(step, "voter", elector.id)) ~= nil,
        proxy = proxy and proxy.holder or "",
      }
    end
  end
  return { columns = { { key = "name", title = { ko = "이름", en = "Name" } },
                       { key = "voted", title = { ko = "투표함", en = "Has voted" } },
                       { key = "proxy", title = { ko = "위임받은 사람", en = "Proxy" } } },
           rows = rows, totals = { voted = step.state.voted } }
end

vote.input = schemas.input({ "question", "electorate" }, {
  question = schemas.text,
  options = { type = "array", minItems = 2, maxItems = 100,
              description = "What can be chosen: ids, or {id, title} (label and name say the same); yes, no, abstain if not given",
              items = { anyOf = { { type = { "string", "boolean" }, minLength = 1, maxLength = 200 },
                                  { type = "object", required = { "id" }, additionalProperties = false,
                                    properties = { id = { type = "string", minLength = 1, maxLength = 200 },
                                                   title = schemas.text, label = schemas.text, name = schemas.text } } } } },
  proxy = { type = "object", additionalProperties = false, description = "Proxies by an answer with `delegate`",
            properties = { counts = { type = "boolean", description = "Whether they count as present and as ballots" },
                           max = { type = "integer", minimum = 0, description = "How many one holder may have" } } },
})

vote.output = schemas.output({ "outcome", "entitled", "present", "cast", "valid", "counts", "abstain", "invalid", "base", "denominator", "needed" }, {
  outcome = { enum = { "adopted", "rejected", "no_quorum", "tie" } },
  winner = { type = "string" },
  tied = { type = "array", items = { type = "string" } },
})

return vote
