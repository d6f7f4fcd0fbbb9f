-- What people read of an allocation: a table for each category, best first, with the score that decided and the places there were.
local page = {}
local ROWS_MAX = 500 -- of one category; the output has them all

local words = {
  selected = { ko = "선정", en = "Selected" }, tied = { ko = "동점, 결정 보류", en = "Tied, to be decided" },
  who = { ko = "이름", en = "Name" }, score = { ko = "점수", en = "Score" }, result = { ko = "결과", en = "Result" },
  good = { ko = "자리를 나누었습니다", en = "The places are given" }, none = { ko = "선정된 곳이 없습니다", en = "Nobody got a place" },
}
local columns = { { key = "who", title = words.who }, { key = "score", title = words.score }, { key = "result", title = words.result } }

local function rows_of(out, name, called, scores)
  local rows = dure.array {}
  local function add(id, result)
    if #rows < ROWS_MAX then rows[#rows + 1] = { who = called(id), score = scores[id], result = result } end
  end
  for _, id in ipairs(out.selected[name]) do add(id, words.selected) end
  for _, id in ipairs(out.tied[name]) do add(id, words.tied) end
  for place, id in ipairs(out.reserve[name]) do add(id, { ko = "예비 " .. place .. "순위", en = "Reserve, place " .. place }) end
  return rows
end

function page.leave(step, names, quotas, out)
  local input, scores, tables, facts, given = step.input, {}, dure.array {}, dure.array {}, 0
  local function called(id) return (input.names or {})[id] or id end
  for _, item in ipairs(input.ranking) do scores[item.id] = item.text or item.score end
  for i, name in ipairs(names) do
    local taken = (input.taken or {})[name] or 0
    local places, got = math.max(0, quotas[name] - taken), #out.selected[name]
    given = given + got
    local label = #names > 1 and called(name) or { ko = "자리", en = "Places" }
    facts[i] = { label = label, value = { ko = ("%d자리 가운데 %d곳 선정, 예비 %d"):format(places, got, #out.reserve[name]),
                                          en = ("%d of %d places given, %d in reserve"):format(got, places, #out.reserve[name]) } }
    tables[i] = { title = label, columns = columns, rows = rows_of(out, name, called, scores) }
  end
  if input.cut then facts[#facts + 1] = { label = { ko = "필요한 점수", en = "Least score" }, value = input.cut.atLeast } end
  facts[#facts + 1] = { label = { ko = "겨룬 수", en = "In the ranking" }, value = #input.ranking }
  step:outcome { title = input.title, kind = "allocation", public = input.publish == true, facts = facts, tables = tables,
                 result = given > 0 and words.good or words.none, tone = given > 0 and "good" or "warn" }
end

return page
