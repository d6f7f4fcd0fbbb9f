-- checkin: who is here, from the first to the last minute of a meeting. See README.md.
--
-- Rows: `person:ID` {item, since, was} of everybody entitled (was: milliseconds here before `since`),
-- `proxy:ID` {holder}, `holds:ID` {count}, `line:NUMBER` {at, person, action, by, present}.
local letter = require("shared.letter")
local schema = require("shared.schema")
local stop = require("shared.stop")
local moment = require("shared.moment")

local fault = stop.fault

local EVENT = "dure.checkin.end"
local LINES_MAX = 100000

local refuse = stop.refusals {
  not_open = { ko = "아직 출석을 받지 않습니다.", en = "Check-in has not opened yet." },
  closed = { ko = "회의가 끝났습니다.", en = "The meeting is over." },
  not_eligible = { ko = "이 회의의 명단에 없습니다.", en = "You are not on the list of this meeting." },
  desk_only = { ko = "출석은 회의장 창구에서 받습니다.", en = "Please check in at the desk." },
  no_proxies = { ko = "이 회의에서는 위임을 받지 않습니다.", en = "This meeting takes no proxies." },
  no_such_holder = { ko = "그 사람에게는 위임할 수 없습니다.", en = "That person cannot hold your proxy." },
  proxy_of_proxy = { ko = "위임받은 것을 다시 위임할 수 없습니다.", en = "There is no proxy of a proxy." },
  too_many = { ko = "이 회의의 출입 기록이 가득 찼습니다.", en = "The record of this meeting is full." },
}

local words = {
  title = { ko = "출석 확인", en = "Check-in" },
  question = { ko = "지금 회의장에", en = "At the meeting I" },
  ["in"] = { ko = "왔습니다", en = "am here" },
  out = { ko = "나갑니다", en = "am leaving" },
}

local mails = {
  ko = { subject = "[출석] %s", body = "%s\n\n회의장에 오시면 아래에서 출석을 알려 주십시오. 나가실 때에도 같은 곳에서 알려 주십시오.\n\n%s\n" },
  en = { subject = "[Check-in] %s", body = "%s\n\nPlease check in below when you arrive, and check out there when you leave.\n\n%s\n" },
}

-- ---- the quorum: floor(n x a/b) + 1 for moreThan, ceil(n x a/b) for atLeast; a whole number counts persons

local function fraction(text)
  local a, b = text:match("^(%d+)/(%d+)$")
  a, b = math.tointeger(a), math.tointeger(b)
  if not a or b == 0 or a > b then fault("no such fraction", "'" .. text .. "' is none; write 1/2") end
  return a, b
end

local function needed_of(quorum, entitled)
  if not quorum then return 0 end
  local of = quorum.of == nil and entitled or quorum.of == "entitled" and entitled or math.tointeger(quorum.of)
  local share = quorum.moreThan or quorum.atLeast
  if not of or share == nil or (quorum.moreThan and quorum.atLeast) then
    fault("no such quorum", "write {of: entitled, moreThan: 1/2} or {of: entitled, atLeast: 2/3}")
  end
  if type(share) == "number" then return quorum.moreThan and share + 1 or share end
  local a, b = fraction(share)
  if quorum.moreThan then return of * a // b + 1 end
  return -(-(of * a) // b)
end

-- ---- who is here

local function is_here(row)
  return row ~= nil and row.since ~= nil
end

-- A proxy counts while its holder is here and its principal is not.
local function counts(step)
  local n = step.state.here
  if not step.state.proxies then return n end
  for key, proxy in step.records:each("proxy:") do
    local id = key:sub(#"proxy:" + 1)
    if not is_here(step.records:get("person:" .. id)) and is_here(step.records:get("person:" .. proxy.holder)) then n = n + 1 end
  end
  return n
end

local function reached(step)
  return step.state.present >= step.state.needed
end

-- One line of the record; also the moment at which the quorum is first reached.
local function note(step, person, action, by)
  local state = step.state
  if state.lines >= LINES_MAX then refuse("closed", "too_many") end
  state.present = counts(step)
  state.lines = state.lines + 1
  if not state.reachedAt and reached(step) then state.reachedAt = step.now end
  step.records:put(string.format("line:%06d", state.lines),
                   { at = step.now, person = person, action = action, by = by, present = state.present, reached = reached(step) })
end

local function enter(step, id, row, by)
  if is_here(row) then return end
  row.since = step.now
  step.records:put("person:" .. id, row)
  step.state.here = step.state.here + 1
  if step.input.group then step:join(step.input.group, id) end
  note(step, id, "in", by)
end

local function leave(step, id, row, by)
  if not is_here(row) then return end
  row.was, row.since = (row.was or 0) + step.now - row.since, nil
  step.records:put("person:" .. id, row)
  step.state.here = step.state.here - 1
  if step.input.group then step:leave(step.input.group, id) end
  note(step, id, "out", by)
end

-- ---- the end

local function timeline(step)
  local lines = dure.array {}
  for _, line in step.records:each("line:") do
    lines[#lines + 1] = { at = dure.time.format(line.at, step.zone), person = line.person, action = line.action,
                          by = line.by, present = line.present, reached = line.reached }
  end
  return lines
end

local function finish(step)
  local state = step.state
  local out = { present = dure.array {}, attended = dure.array {}, absent = dure.array {}, entitled = state.entitled,
                needed = state.needed, count = state.present, reached = reached(step),
                reachedAt = state.reachedAt and dure.time.format(state.reachedAt, step.zone) or dure.json.null,
                opened = dure.time.format(state.opens, step.zone), closed = dure.time.format(step.now, step.zone),
                timeline = timeline(step) }
  for key, row in step.records:each("person:") do
    local id = key:sub(#"person:" + 1)
    if is_here(row) then
      out.present[#out.present + 1] = id
      if step.input.group then step:leave(step.input.group, id) end
    end
    local minutes = ((row.was or 0) + (is_here(row) and step.now - row.since or 0)) // 60000
    if row.was or is_here(row) then
      out.attended[#out.attended + 1] = { person = id, minutes = minutes }
    else
      out.absent[#out.absent + 1] = id
    end
  end
  return out
end

-- ---- asking

local function form()
  return { schema = { type = "object", required = { "presence" }, additionalProperties = false,
                      properties = { presence = { type = "string", enum = { "in", "out" }, title = words.question,
                                                  ["x-widget"] = "radio", ["x-labels"] = { ["in"] = words["in"], out = words.out } } } } }
end

local function ask(step, person)
  local state, input = step.state, step.input
  local title = input.title or words.title
  local item = step:ask { name = person.id, to = person.id, kind = "checkin", title = title, form = form(),
                          opens = state.opens, closes = state.closes }
  step.records:put("person:" .. person.id, { item = item })
  if input.self == false or not person.email then return end
  local language = mails[person.language] and person.language or "ko"
  local text = dure.text.pick(title, language)
  step:mail { to = person.id, mandatory = true, key = step.key .. ":ask:" .. person.id,
              subject = mails[language].subject:format((text:gsub("%s+", " "))),
              text = mails[language].body:format(text, step:link(item, person.id, state.closes)) ..
                     letter.foot(step, person.id, language, { closes = state.closes }) }
end

local function open(step)
  local people, public = dure.people.select(step.input.electorate)
  if public then fault("no electorate", "'public' is no electorate: name a group or people") end
  if #people == 0 then
    error { type = "no_electorate", status = 409, code = "no_electorate", title = "no_electorate: nobody is entitled", detail = "the electorate has nobody in it" }
  end
  local state = step.state
  state.phase, state.entitled, state.needed = "open", #people, needed_of(step.input.quorum, #people)
  for _, person in ipairs(people) do ask(step, person) end
  if state.closes then step:at(state.closes, "close") end
  step:on(step.input.ends or EVENT, nil, "end")
  return step:wait()
end

local function start(step)
  local state, input = step.state, step.input
  state.opens = moment.read(step, input.opens, step.now) or step.now
  state.closes = moment.read(step, input.closes, state.opens)
  state.proxies = input.proxies or false
  state.here, state.present, state.lines, state.entitled, state.needed = 0, 0, 0, 0, 0
  if state.closes and state.closes <= state.opens then
    fault("the meeting closes before it opens", "opens " .. (input.opens or "now") .. ", closes " .. input.closes)
  end
  needed_of(input.quorum, 1)
  if state.opens <= step.now then return open(step) end
  state.phase = "waiting"
  step:at(state.opens, "open")
  return step:wait()
end

-- ---- answers

local function give_proxy(step, id, holder)
  local state, row = step.state, step.records:get("person:" .. holder)
  if not state.proxies then refuse("not_eligible", "no_proxies") end
  if holder == id or not row then refuse("not_eligible", "no_such_holder") end
  if step.records:get("proxy:" .. holder) or step.records:get("holds:" .. id) then refuse("proxy_limit", "proxy_of_proxy") end
  local before = step.records:get("proxy:" .. id)
  if before and before.holder == holder then return { holder = holder } end
  if before then
    local held = step.records:get("holds:" .. before.holder)
    if held.count == 1 then step.records:delete("holds:" .. before.holder) else step.records:put("holds:" .. before.holder, { count = held.count - 1 }) end
  end
  local held = step.records:get("holds:" .. holder)
  step.records:put("holds:" .. holder, { count = held and held.count + 1 or 1 })
  step.records:put("proxy:" .. id, { holder = holder })
  note(step, id, "proxy", nil)
  return { holder = holder }
end

local function answer(step, item, given)
  local state, id = step.state, item.assignee
  if state.phase ~= "open" or step.now < state.opens then refuse("not_open") end
  if state.closes and step.now >= state.closes then refuse("closed") end
  local row = step.records:get("person:" .. id)
  if not row or given.recuse then refuse("not_eligible") end
  if given.delegate then return step:accept(give_proxy(step, id, given.delegate)) end
  if step.input.self == false and not given.by then refuse("not_eligible", "desk_only") end
  if given.withdraw or given.data.presence == "out" then
    leave(step, id, row, given.by)
  else
    enter(step, id, row, given.by)
  end
  row = step.records:get("person:" .. id)
  return step:accept { here = is_here(row), since = row.since and dure.time.format(row.since, step.zone) or dure.json.null }
end

-- ---- the desk's list

local function desk(step)
  local state, rows = step.state, dure.array {}
  for key, row in step.records:each("person:") do
    rows[#rows + 1] = { id = key:sub(#"person:" + 1), item = row.item, present = is_here(row),
                        since = row.since and dure.time.format(row.since, step.zone) or nil }
  end
  return { title = step.input.title or words.title,
           columns = { { key = "id", title = { ko = "아이디", en = "Id" } }, { key = "present", title = { ko = "출석", en = "Present" } },
                       { key = "since", title = { ko = "부터", en = "Since" } } },
           rows = rows, ends = step.input.ends or EVENT,
           figures = { present = state.present, entitled = state.entitled, needed = state.needed,
                       reached = state.phase == "open" and reached(step) } }
end

local text = { anyOf = { { type = "string", minLength = 1 }, { type = "object", additionalProperties = { type = "string" } } } }
local share = { type = { "string", "integer" }, description = "A fraction (1/2), or a number of persons" }

return {
  name = "checkin",
  version = "1.0.0",
  summary = "Presence at a meeting, to the instant",
  functions = {
    checkin = {
      summary = "Keeps who is present at a meeting and whether the quorum is reached",
      effects = "local",
      input = { type = "object", required = { "electorate" }, additionalProperties = false, properties = {
        title = text,
        electorate = schema.selector("Who is entitled, a selector; read when it opens"),
        quorum = { type = "object", additionalProperties = false, properties = { of = { type = { "string", "integer" } }, moreThan = share, atLeast = share } },
        opens = schema.when("A time, or a duration from the start"),
        closes = schema.when("A time, or a duration from the opening; without it the event `ends` ends it"),
        ends = { type = "string", description = "Type of the event that ends it, with the instance's id as its subject; " .. EVENT },
        group = { type = "string", minLength = 1, maxLength = 120, description = "Who is present is a member of this group meanwhile" },
        proxies = { type = "boolean", description = "Whether somebody absent may be represented" },
        self = { type = "boolean", description = "Whether people check in by their own links; else the desk does" },
      } },
      output = { type = "object", required = { "present", "entitled", "needed", "reached", "timeline" }, properties = {
        present = { type = "array" }, attended = { type = "array" }, absent = { type = "array" }, timeline = { type = "array" } } },
      start = start,
      answer = answer,
      timer = function(step, name)
        if name == "open" then return open(step) end
        return finish(step)
      end,
      event = function(step) return finish(step) end,
      stop = function(step)
        if not step.input.group then return end
        for key, row in step.records:each("person:") do
          if is_here(row) then step:leave(step.input.group, key:sub(#"person:" + 1)) end
        end
      end,
      views = { desk = { title = { ko = "출석 확인 창구", en = "Check-in desk" }, make = desk } },
    },
  },
}
