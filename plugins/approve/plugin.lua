-- approve: a line of approvers, one step after the other; for one subject or for several at once. See README.md.
local line = require("lib.line")
local post = require("lib.post")
local schema = require("shared.schema")
local words = require("lib.words")
local fault = require("shared.stop").fault

local refuse = words.refuse

-- ---- the output

local function result_of(case)
  return { id = case.id, outcome = case.outcome, decisions = dure.array(case.decisions), decidedAt = case.decidedAt }
end

-- With `each`: approved where all are, else what came of the first that is not.
local function output(step)
  local out = { outcome = "approved", decisions = dure.array {}, results = dure.array {} }
  for _, case in step.records:each("case:") do
    local result = result_of(case)
    if not case.id then return result end
    out.results[#out.results + 1] = result
    if out.outcome == "approved" then out.outcome = case.outcome end
    for _, one in ipairs(case.decisions) do
      one.id = case.id
      out.decisions[#out.decisions + 1] = one
    end
    if not out.decidedAt or case.decidedAt > out.decidedAt then out.decidedAt = case.decidedAt end
  end
  return out
end

-- ---- handlers

local function ids_of(each)
  local ids, seen = {}, {}
  for i, given in ipairs(each) do
    local id = type(given) == "table" and given.id or given
    if seen[id] then fault("a subject comes twice", "'" .. id .. "'") end
    seen[id], ids[i] = true, id
  end
  return ids
end

local function start(step)
  local input, state = step.input, step.state
  if input.expires then
    local duration = input.expires:sub(1, 1) == "P"
    state.expires = duration and dure.time.add(step.now, input.expires, step.zone) or dure.time.parse(input.expires, step.zone)
    step:at(math.max(state.expires, step.now), "expires")
  end
  local batch = post.new()
  local ids = input.each and ids_of(input.each)
  state.open = ids and #ids or 1
  for number = 1, state.open do line.begin(step, number, ids and ids[number], batch) end
  post.send(step, batch)
  if state.open == 0 then return output(step) end
  return step:wait()
end

local function answer(step, item, given)
  local state, row = step.state, step.records:get("item:" .. item.name)
  local case = line.case(step, row.case)
  if state.expires and step.now >= state.expires then refuse("closed") end
  if line.is_settled(step, case, row) or given.withdraw then refuse("already_decided") end
  if given.delegate then
    line.delegate(step, case, row, given.delegate)
    return step:accept { delegate = given.delegate, allows = dure.array { "change", "delegate" } }
  end
  local reply = {}
  if given.recuse then
    line.recuse(step, case, row)
    reply.recused = true
  else
    line.decide(step, case, row, given.data)
    reply.outcome = case.outcome
  end
  if state.open == 0 then return step:done(output(step), reply) end
  return step:accept(reply)
end

-- Expiry is an outcome; what was decided until then stays told.
local function timer(step)
  line.expire(step)
  return output(step)
end

-- ---- the contract

local text = schema.text
local id = { type = "string", minLength = 1, maxLength = 100, pattern = "^[^:]+$" }
local outcome = { enum = { "approved", "rejected", "returned", "expired" } }
local decisions = { type = "array", items = { type = "object", required = { "person", "at", "decision" } } }

return {
  name = "approve",
  version = "1.1.0",
  summary = "Lines of approvers",
  functions = {
    approve = {
      summary = "Passes a subject, or several at once, along a line of approvers who approve, reject or return it",
      effects = "local",
      input = {
        type = "object",
        required = { "subject", "line" },
        additionalProperties = false,
        properties = {
          subject = { type = { "string", "object" }, description = "What is to be approved: text, or {ko, en}" },
          each = { type = "array", maxItems = 200,
                   description = "Several at once, each along the line by itself: ids, or {id, title, detail, material}",
                   items = { anyOf = { id, { type = "object", required = { "id" },
                                             properties = { id = id, title = text, detail = text,
                                                            material = { type = "array" } } } } } },
          line = { type = "array", minItems = 1, maxItems = 50, items = schema.people("Who decides this step"),
                   description = "Who decides: a selector for each step, in order",
                   ["x-must"] = "a list with a selector for each step, such as [{group: heads}, {people: [mayor]}]" },
          need = { description = "How many of a step must approve",
                   anyOf = { { enum = { "one", "all" } }, { type = "integer", minimum = 1 } } },
          delegates = { description = "true: an approver may hand over while absent; false: none may; {ID: ID}: who decides for whom",
                        anyOf = { { type = "boolean" }, { type = "object", additionalProperties = { type = "string" } } } },
          deputies = { type = { "object", "array" }, description = "A selector: from whom an approver picks who decides while he is absent; anybody by name if not given" },
          intro = { type = { "string", "object" }, description = "What an approver reads first" },
          material = { type = "array", maxItems = 50, items = { type = "object" }, description = "Material: [{title, url}] or [{title, text}]" },
          expires = schema.when("When it ends without a decision: a time, or a duration from now"),
        },
      },
      output = {
        type = "object",
        required = { "outcome", "decisions" },
        properties = {
          outcome = outcome,
          decisions = decisions,
          decidedAt = { type = "string" },
          results = { type = "array", items = { type = "object", required = { "id", "outcome", "decisions" },
                                                properties = { id = { type = "string" }, outcome = outcome, decisions = decisions } } },
        },
      },
      start = start,
      answer = answer,
      timer = timer,
    },
  },
}
