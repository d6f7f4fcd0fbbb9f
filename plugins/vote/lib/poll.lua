-- A poll: a window of time, a frozen electorate, one ballot each. What a ballot says is the
-- business of the function that polls (a vote, an election): it gives `rules`:
--
--     item(step, id)           what an elector is asked
--     read(step, data)         a ballot of an answer's data; refuses what is none
--     marks(ballot)            the counters it adds to: {"yes"}, {"yes:a", "no:b"}
--     text(ballot)             the ballot as text, as a secret one goes into the urn
--     marks_of(text)           the counters of such a text
--     text_bytes(step)         how long such a text is at most
--     finish(step, counted)    the output, or step:wait() if it goes on
--
--     waiting ──opens──> (freezing) ──> (filling) ──> open ──closes + grace, or all have voted──> finish
--
-- Kept of an open poll: counters in step.state; `voter:ROUND:ID` {ballot, late} of each elector.
-- A secret poll keeps no counters and no ballot with the elector: ballots go into the urn of the
-- round (the host's, people/urn.c), which is opened once, at the close. `voter:ROUND:ID` {late} is
-- its roll.
local electorate = require("lib.electorate")
local letter = require("shared.letter")
local rule = require("lib.rule")
local words = require("lib.words")
local fault = require("shared.stop").fault
local moment = require("shared.moment")

local poll = {}

local refuse = words.refuse

local function key(step, kind, id)
  return kind .. ":" .. step.state.round .. ":" .. (id or "")
end

function poll.key(step, kind, id)
  return key(step, kind, id)
end

-- ---- the window: [opens, closes), and `grace` behind it

local function read_window(step)
  local input, state = step.input, step.state
  state.opens = moment.read(step, input.opens, step.now) or step.now
  state.closes = moment.read(step, input.closes, state.opens)
  state.grace = input.grace and dure.time.duration(input.grace) or 0
  if state.closes and input.opens and state.closes <= state.opens then
    fault("the vote closes before it opens", "opens " .. input.opens .. ", closes " .. input.closes)
  end
  if not state.closes and (input.remind or input.grace) then
    fault("no close", "'remind' and 'grace' count from 'closes', which is missing")
  end
end

local function plan_reminders(step)
  local state = step.state
  for _, one in ipairs(letter.reminders(step.input.remind, state.opened, state.closes, step.now, step.zone)) do
    step:at(one.at, one.name)
  end
end

-- ---- the urn of a secret poll

local FILL = 2000 -- slots made in one turn
local RETRY_MS = 60 * 1000

local function urn_name(step)
  return tostring(step.state.round)
end

-- Asks at once, or when the urn has all its slots: those of a large electorate take some turns.
local function fill_and_ask(step, rules)
  local state = step.state
  if state.secret and not step:urn_fill(urn_name(step), FILL) then
    state.phase = "filling"
    step:at(step.now, "fill")
    return
  end
  state.phase = "open"
  electorate.ask_page(step, 1, rules.item)
end

-- Where the key is not there nothing is lost yet: it is tried again until somebody brings it back.
local function wait_for_key(step, why)
  if not step.state.key_missing then
    step.state.key_missing = true
    step:note { type = "key_missing", text = why }
  end
  step:log("the count waits: " .. why)
  step:at(step.now + RETRY_MS, "close")
  return step:wait()
end

local function close(step, rules)
  if not step.state.secret then return rules.finish(step) end
  local counted, why = step:urn_count(urn_name(step))
  if not counted then return wait_for_key(step, why) end
  return rules.finish(step, counted)
end

-- Puts the ballots, who has voted and the tally into the case file.
function poll.publish(step, out)
  if not step.state.secret then return end
  local roll, prefix = dure.array {}, key(step, "voter")
  for name in step.records:each(prefix) do roll[#roll + 1] = name:sub(#prefix + 1) end
  local tally = { task = step.task, threshold = step.input.threshold or { moreThan = "1/2" },
                  quorumRule = step.input.quorum }
  for name, value in pairs(out) do
    if name ~= "ballots" and name ~= "missing" then tally[name] = value end
  end
  step:urn_publish(urn_name(step), { roll = roll, tally = tally, hide_values = step.input.minCell ~= nil })
end

-- Opens the doors of this round for the electorate as it was frozen, at an instant or now.
function poll.open(step, rules, at)
  local state = step.state
  state.opened = at or step.now
  state.counts, state.voted, state.history, state.late, state.asked_pages = {}, 0, 0, 0, 0
  if state.closes then
    step:at(state.closes + state.grace, "close")
    plan_reminders(step)
  end
  if state.secret then
    step:urn_open(urn_name(step), { ballots = state.electors, bytes = rules.text_bytes(step) })
  end
  fill_and_ask(step, rules)
  return step:wait()
end

-- In one turn, or in as many as a large electorate takes; the close is planned behind them.
local function freeze_and_open(step, rules)
  local at = electorate.freeze(step)
  if at then return poll.open(step, rules, at) end
  step.state.phase = "freezing"
  step:at(step.now, "freeze")
  return step:wait()
end

-- ---- what is frozen with the electorate: the rules

local function keep_rules(step)
  local input, state = step.input, step.state
  rule.check(input)
  if input.secret and input.proxy then
    fault("a secret vote takes no proxies", "a proxy's ballot would have to be found again by its holder's name")
  end
  state.change, state.secret, state.recused = input.change or "last_wins", input.secret or false, 0
  state.proxy = input.proxy and { counts = input.proxy.counts or false, max = math.tointeger(input.proxy.max) }
  state.round = state.round or 1
  electorate.keep_present(step)
end

function poll.start(step, rules)
  read_window(step)
  keep_rules(step)
  if step.state.opens <= step.now then return freeze_and_open(step, rules) end
  step.state.phase = "waiting"
  electorate.announce(step, rules.item)
  step:at(step.state.opens, "open")
  return step:wait()
end

function poll.timer(step, name, rules)
  if name == "open" or name == "freeze" then return freeze_and_open(step, rules) end
  if name == "fill" then return fill_and_ask(step, rules) end
  if name == "close" then return close(step, rules) end
  local what, number = name:match("^(.-):?(%d+)$")
  if what == "ask" then
    electorate.ask_page(step, math.tointeger(number), rules.item)
    return
  end
  local reminder, page = name:match("^(remind:%d+):(%d+)$")
  electorate.remind_page(step, reminder or name, math.tointeger(page or 1), function(id)
    return step.records:get(key(step, "voter", id)) ~= nil
  end)
end

-- ---- a ballot

local function add(step, ballot, by, marks)
  local counts = step.state.counts
  for _, mark in ipairs(marks(ballot)) do counts[mark] = (counts[mark] or 0) + by end
end

local function count_voter(step, before, late)
  local state = step.state
  state.history = state.history + 1
  if not before then state.voted = state.voted + 1 end
  if before and before.late then state.late = state.late - 1 end
  if late then state.late = state.late + 1 end
end

local function cast_open(step, id, ballot, before, late, rules)
  if before then
    if step.state.change == "never" then refuse("already_voted") end
    add(step, before.ballot, -1, rules.marks)
  end
  add(step, ballot, 1, rules.marks)
  step.records:put(key(step, "voter", id), { ballot = ballot, late = late })
  return { late = late, history = step.state.history }
end

local function cast_secret(step, id, ballot, before, late, given, rules)
  if before then
    if step.state.change == "never" then refuse("already_voted") end
    if not given.amend then refuse("already_voted", "receipt_needed") end
  elseif given.amend then
    refuse("unknown_receipt")
  end
  -- A receipt is of use to its voter only, so that one that was shown to somebody changes nothing.
  local taken = step:urn_cast(urn_name(step), { voter = id, receipt = given.receipt, value = rules.text(ballot),
                                                again = before ~= nil })
  if not taken then refuse("already_voted", "receipt_needed") end
  step.records:put(key(step, "voter", id), { late = late })
  return { late = late, receipt = given.receipt }
end

local function cast(step, id, given, rules)
  local state = step.state
  local late = state.closes ~= nil and step.now >= state.closes
  local ballot = rules.read(step, given.data)
  local before = step.records:get(key(step, "voter", id))
  if not electorate.is_present(step, id) then refuse("not_eligible", "not_present") end
  count_voter(step, before, late)
  if state.secret then return cast_secret(step, id, ballot, before, late, given, rules) end
  return cast_open(step, id, ballot, before, late, rules)
end

-- ---- proxies and recusals

local function check_holder(step, id, holder)
  local state = step.state
  if not state.proxy then refuse("proxy_limit", "no_proxies") end
  if holder == id then refuse("not_eligible", "no_such_holder") end
  -- Somebody who is no elector (a member's staff) can be present only by a list.
  if not electorate.is_elector(step, holder) and (state.present == "cast" or not dure.people.get(holder)) then
    refuse("not_eligible", "no_such_holder")
  end
  if step.records:get("proxy:" .. holder) then refuse("proxy_limit", "proxy_of_proxy") end
  if (step.records:get("holds:" .. id) or 0) > 0 then refuse("proxy_limit", "holds_proxy") end
end

local function give_proxy(step, id, holder)
  check_holder(step, id, holder)
  if step.records:get(key(step, "voter", id)) then refuse("already_voted", "voted_no_proxy") end
  local before = step.records:get("proxy:" .. id)
  if before and before.holder == holder then return { holder = holder } end
  local held = (step.records:get("holds:" .. holder) or 0) + 1
  if step.state.proxy.max and held > step.state.proxy.max then refuse("proxy_limit") end
  if before then
    step.records:put("holds:" .. before.holder, step.records:get("holds:" .. before.holder) - 1)
  end
  step.records:put("holds:" .. holder, held)
  step.records:put("proxy:" .. id, { holder = holder })
  -- Who votes himself after all is not held by his proxy.
  return { holder = holder, allows = dure.array { "change", "delegate", "withdraw" } }
end

local function take_back(step, id)
  local before = step.records:get("proxy:" .. id)
  if not before or step.records:get(key(step, "voter", id)) then refuse("already_voted", "no_withdrawal") end
  step.records:put("holds:" .. before.holder, step.records:get("holds:" .. before.holder) - 1)
  step.records:delete("proxy:" .. id)
  return { holder = dure.json.null }
end

-- Whoever is too close to the matter leaves the electorate: he is not entitled, not present, not missing.
local function recuse(step, id)
  if step.records:get(key(step, "voter", id)) then refuse("already_voted", "voted_no_recusal") end
  if step.records:put("recused:" .. id, 1) then step.state.recused = step.state.recused + 1 end
  return { recused = true, allows = dure.array {} }
end

-- ---- answers

local NOT_OPEN = { waiting = true, freezing = true, filling = true }

local function check_window(step)
  local state = step.state
  if NOT_OPEN[state.phase] or step.now < state.opens then refuse("not_open") end
  if state.closes and step.now >= state.closes + state.grace then refuse("closed") end
end

function poll.entitled(step)
  return step.state.electors - step.state.recused
end

-- Who may still change his mind is waited for.
local function is_complete(step)
  local state = step.state
  if state.asked_pages < state.pages or state.voted < poll.entitled(step) then return false end
  return state.change == "never" or not state.closes
end

function poll.answer(step, item, given, rules)
  local id = item.assignee
  check_window(step)
  if electorate.is_recused(step, id) then refuse("not_eligible", "recused") end
  local reply
  if given.recuse then
    reply = recuse(step, id)
  elseif given.delegate then
    reply = give_proxy(step, id, given.delegate)
  elseif given.withdraw then
    reply = take_back(step, id)
  else
    reply = cast(step, id, given, rules)
  end
  if not is_complete(step) then return step:accept(reply) end
  local output = close(step, rules)
  if step.state.phase ~= "over" then return step:accept(reply) end
  return step:done(output, reply)
end

return poll
