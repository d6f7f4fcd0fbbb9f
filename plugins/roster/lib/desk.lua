-- Warnings become work items of the desk: somebody looks, nothing is corrected in silence.
local fields = require("lib.fields")

local desk = {}

local form = {
  schema = {
    type = "object",
    additionalProperties = false,
    properties = { note = { type = "string", maxLength = 2000, title = { ko = "처리한 내용", en = "What was done" } } },
  },
}

local function item_name(e, person)
  return "warning:" .. e.seq .. ":" .. person.id
end

local function people(step)
  return step.input.desk and dure.people.select(step.input.desk) or {}
end

local function title_of(e, language)
  local parts = {}
  for i, warning in ipairs(e.warnings) do parts[i] = dure.text.pick(warning.message, language) end
  return (language == "ko" and "확인 필요: " or "Please check: ") .. e.unit .. ": " .. table.concat(parts, "; ")
end

-- Asks about the warnings of an entry, or asks no more where there are none left.
function desk.update(step, e)
  if e.warnings[1] == nil and not e.asked then return end
  for _, person in ipairs(people(step)) do
    if e.warnings[1] then
      step:ask {
        name = item_name(e, person), to = person.id, kind = "warning", once = true,
        title = { ko = title_of(e, "ko"), en = title_of(e, "en") },
        detail = { unit = e.unit, warnings = e.warnings, facts = fields.facts(step.input, e.data) }, form = form,
      }
    else
      step:close(item_name(e, person))
    end
  end
end

-- One of the desk has dealt with it: the others are not asked any more.
function desk.settle(step, item, answer)
  local seq = item.name:match("^warning:(%d+):")
  for _, person in ipairs(people(step)) do
    local name = "warning:" .. seq .. ":" .. person.id
    if name ~= item.name then step:close(name, "already_decided") end
  end
  step:note({ type = "warning_settled", entry = math.tointeger(seq) }, { person = answer.person, data = answer.data })
  return step:accept { status = "done" }
end

return desk
