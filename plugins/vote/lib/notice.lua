-- What a voter reads: the rules in words before he decides, the whole tally afterwards.
local notice = {}

local function both(ko, en, ...)
  return { ko = ko:format(...), en = en:format(...) }
end

local BASE = {
  present = { ko = "출석한 사람", en = "those present" },
  cast = { ko = "투표한 사람", en = "those who voted" },
  cast_without_abstain = { ko = "기권을 뺀 투표", en = "ballots without abstentions" },
  entitled = { ko = "재적", en = "all who are entitled" },
  fixed = { ko = "정한 수", en = "a fixed number" },
}

local LABEL = {
  electors = { ko = "투표권자", en = "Entitled to vote" }, quorum = { ko = "의사정족수", en = "Quorum" },
  threshold = { ko = "의결 기준", en = "Needed to pass" }, secret = { ko = "투표 방식", en = "Kind of vote" },
  change = { ko = "표 바꾸기", en = "Changing a ballot" }, posts = { ko = "뽑는 자리", en = "Posts" },
  approvals = { ko = "찬성할 수 있는 후보", en = "Candidates one may approve" }, entitled = { ko = "재적", en = "Entitled" },
  present = { ko = "출석", en = "Present" }, cast = { ko = "투표", en = "Ballots cast" }, valid = { ko = "유효", en = "Valid" },
  invalid = { ko = "무효", en = "Invalid" }, abstain = { ko = "기권", en = "Abstentions" }, base = { ko = "계산의 기준", en = "Counted of" },
  denominator = { ko = "기준 수", en = "Base number" }, needed = { ko = "필요한 수", en = "Needed" },
  proxies = { ko = "위임", en = "Proxies" }, recused = { ko = "물러난 사람", en = "Stepped aside" },
  late = { ko = "마감 뒤 유예 중에 낸 표", en = "Late, in the time of grace" }, vacant = { ko = "빈자리", en = "Vacant" },
}

local function fact(name, value)
  return { label = LABEL[name], value = value }
end

-- ---- before

-- Of whom, and how many of them: "출석한 사람의 과반수", "재적 가운데 8명 이상".
local function rule_text(of, limit)
  local share = tostring(limit.moreThan or limit.atLeast):gsub("%s", "")
  local count = math.tointeger(tonumber(share))
  if count then
    if limit.moreThan then count = count + 1 end
    return { ko = ("%s 가운데 %d명 이상"):format(of.ko, count), en = ("%d or more of %s"):format(count, of.en) }
  end
  if limit.moreThan and share == "1/2" then return { ko = of.ko .. "의 과반수", en = "more than half of " .. of.en } end
  local form = limit.moreThan and { ko = "%s의 %s 초과", en = "more than %s of %s" } or { ko = "%s의 %s 이상", en = "at least %s of %s" }
  return { ko = form.ko:format(of.ko, share), en = form.en:format(share, of.en) }
end

local function quorum_of(quorum)
  local fixed = math.tointeger(quorum.of)
  return fixed and both("%d명", "%d", fixed, fixed) or BASE.entitled
end

-- What the page shows beside the form.
function notice.detail(step, more)
  local input, state, facts = step.input, step.state, dure.array {}
  if state.electors then facts[#facts + 1] = fact("electors", both("%d명", "%d", state.electors)) end
  for _, one in ipairs(more or {}) do
    if one[2] then facts[#facts + 1] = fact(one[1], one[2]) end
  end
  if input.quorum then
    facts[#facts + 1] = fact("quorum", rule_text(quorum_of(input.quorum), input.quorum))
  end
  facts[#facts + 1] = fact("threshold", rule_text(BASE[input.base or "present"], input.threshold or { moreThan = "1/2" }))
  facts[#facts + 1] = fact("secret", state.secret and { ko = "비밀 투표: 누가 무엇에 투표했는지 남지 않습니다", en = "Secret: nothing says who voted for what" }
                                      or { ko = "공개 투표", en = "Open" })
  facts[#facts + 1] = fact("change", state.change == "never" and { ko = "할 수 없음", en = "A ballot stands" }
                                      or { ko = "마감 전까지", en = "Until the close" })
  return { intro = input.intro, material = input.material, facts = facts }
end

-- What the page offers beside the ballot.
function notice.allows(step)
  local allows = dure.array { "recuse" }
  if step.state.change ~= "never" then allows[#allows + 1] = "change" end
  if step.state.proxy then allows[#allows + 1] = "delegate" end
  return allows
end

-- ---- afterwards

local RESULT = {
  adopted = { ko = "가결되었습니다", en = "Adopted" }, rejected = { ko = "부결되었습니다", en = "Rejected" },
  no_quorum = { ko = "정족수에 이르지 못해 성립하지 않았습니다", en = "No quorum: no decision was made" },
  tie = { ko = "가부 동수입니다", en = "A tie" }, elected = { ko = "모두 선출되었습니다", en = "All posts are filled" },
  vacant = { ko = "채우지 못한 자리가 있습니다", en = "Not all posts are filled" },
}

local function number(value)
  if value == nil or value == dure.json.null then return { ko = "적어서 밝히지 않음", en = "too few to tell" } end
  return value
end

-- "재적 15, 출석 7, 필요한 출석 8": the quorum and the decision in one sentence each.
local function sentences(out)
  local list = dure.array {}
  if out.quorum then
    local q = out.quorum
    list[1] = { ko = ("재적 %d, 출석 %d, 의사정족수 %d: %s"):format(out.entitled, out.present, q.needed, q.met and "충족" or "미달"),
                en = ("%d entitled, %d present, %d needed for the quorum: %s"):format(out.entitled, out.present, q.needed, q.met and "met" or "missed") }
  end
  if not out.quorum or out.quorum.met then
    local base = BASE[out.base] or BASE.fixed
    list[#list + 1] = { ko = ("%s %d 가운데 %d표가 필요합니다."):format(base.ko, out.denominator, out.needed),
                        en = ("%d of %d (%s) are needed."):format(out.needed, out.denominator, base.en) }
  end
  return list
end

local function tally_facts(out)
  local facts = dure.array {}
  for i, name in ipairs { "entitled", "present", "cast", "valid", "invalid", "abstain", "base", "denominator", "needed" } do
    facts[i] = fact(name, name == "base" and (BASE[out.base] or BASE.fixed) or number(out[name]))
  end
  for _, name in ipairs { "proxies", "recused", "late", "vacant" } do
    if (out[name] or 0) > 0 then facts[#facts + 1] = fact(name, out[name]) end
  end
  return facts
end

local function leave(step, out, tables)
  step:outcome {
    title = step.state.title, kind = "vote", public = step.input.publish == true,
    result = RESULT[out.outcome], tone = (out.outcome == "adopted" or out.outcome == "elected") and "good" or "warn",
    text = sentences(out), facts = tally_facts(out), tables = tables,
  }
end

function notice.vote(step, out)
  local rows, labels = dure.array {}, step.state.labels
  for i, option in ipairs(step.state.options) do rows[i] = { option = labels[option], count = number(out.counts[option]) } end
  leave(step, out, dure.array { { title = { ko = "표", en = "Ballots" }, rows = rows,
    columns = dure.array { { key = "option", title = { ko = "선택", en = "Choice" } }, { key = "count", title = { ko = "표 수", en = "Ballots" } } } } })
end

local function table_of(out, title, elected)
  local rows = dure.array {}
  for i, one in ipairs(out.candidates) do
    rows[i] = { name = one.name, yes = number(one.yes), no = number(one.no),
                result = elected[one.id] and { ko = "당선", en = "Elected" } or "" }
  end
  return { title = title, rows = rows, columns = dure.array {
    { key = "name", title = { ko = "후보", en = "Candidate" } }, { key = "yes", title = { ko = "찬성", en = "For" } },
    { key = "no", title = { ko = "반대", en = "Against" } }, { key = "result", title = { ko = "결과", en = "Result" } } } }
end

function notice.election(step, out)
  local elected, tables = {}, dure.array {}
  for _, id in ipairs(out.elected) do elected[id] = true end
  tables[1] = table_of(out, { ko = "후보별 표", en = "By candidate" }, elected)
  if out.runoff then tables[2] = table_of(out.runoff, { ko = "결선 투표", en = "Run-off" }, elected) end
  leave(step, out, tables)
end

return notice
