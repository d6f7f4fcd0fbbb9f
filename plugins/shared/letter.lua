-- What the mails of several functions say alike: moments as people write them, and where to look.
local letter = {}

local INBOX_DAYS = "P30D"
local days = { ko = { "일", "월", "화", "수", "목", "금", "토" }, en = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" } }
local months = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

-- As the pages write it: 2013년 5월 24일(금) 오후 1:40, or Fri 24 May 2013, 13:40.
function letter.moment(ms, zone, language)
  local p = dure.time.parts(ms, zone)
  local day = p.weekday % 7 + 1
  if language == "en" then
    return string.format("%s %d %s %d, %02d:%02d", days.en[day], p.day, months[p.month], p.year, p.hour, p.minute)
  end
  local hour = p.hour % 12 == 0 and 12 or p.hour % 12
  return string.format("%d년 %d월 %d일(%s) %s %d:%02d", p.year, p.month, p.day, days.ko[day],
                       p.hour < 12 and "오전" or "오후", hour, p.minute)
end

local foot = {
  ko = { outcome = "\n끝난 뒤에는 같은 주소에서 결과를 볼 수 있습니다.\n", inbox = "\n나에게 온 요청 모두 보기: %s\n" },
  en = { outcome = "\nWhen it is over, the same address shows what came of it.\n", inbox = "\nAll that is asked of you: %s\n" },
}

-- The end of a mail that asks: that the link leads to the outcome one day, where it does, and the person's
-- inbox, good for a while beyond the close.
function letter.foot(step, person, language, opts)
  local words = foot[language] or foot.ko
  local expires = dure.time.add(math.max(opts.closes or step.now, step.now), INBOX_DAYS, step.zone)
  return (opts.outcome and words.outcome or "") .. words.inbox:format(step:inbox(person, expires))
end

-- Reminders before a close, each moment once and none that would come with the invitation: those behind
-- `opens`, from now on, in the order of the list, as {name, at}.
function letter.reminders(list, opens, closes, now, zone)
  local out, seen = {}, {}
  for i, before in ipairs(list or {}) do
    local at = dure.time.add(closes, "-" .. before:gsub("^-", ""), zone)
    if at > opens and at >= now and not seen[at] then
      seen[at] = true
      out[#out + 1] = { name = "remind:" .. i, at = at }
    end
  end
  return out
end

return letter
