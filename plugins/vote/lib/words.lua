-- What people read, in Korean and English.
local stop = require("shared.stop")

local words = {}

words.refuse = stop.refusals {
  not_open = { ko = "아직 투표가 시작되지 않았습니다.", en = "Voting has not opened yet." },
  closed = { ko = "투표가 마감되었습니다.", en = "Voting is closed." },
  already_voted = { ko = "이미 투표하셨습니다. 처음 던진 표가 그대로 유효합니다.", en = "You have voted; your first ballot stands." },
  receipt_needed = { ko = "이미 투표하셨습니다. 비밀 투표의 표를 바꾸려면 투표할 때 받은 접수증이 필요합니다.",
                     en = "You have voted. To change a secret ballot, give the receipt that you got with it." },
  unknown_receipt = { ko = "이 접수증의 표가 없습니다.", en = "There is no ballot with this receipt." },
  not_eligible = { ko = "이 투표에 참여할 자격이 없습니다.", en = "You are not eligible in this vote." },
  recused = { ko = "이 안건에서 물러나셨으므로 투표하실 수 없습니다.", en = "You have stepped aside from this vote." },
  voted_no_proxy = { ko = "이미 투표하셨으므로 위임하실 수 없습니다.", en = "You have voted and cannot give a proxy any more." },
  voted_no_recusal = { ko = "이미 투표하셨으므로 물러나실 수 없습니다.", en = "You have voted and cannot step aside any more." },
  not_present = { ko = "출석자 명단에 없어 투표할 수 없습니다.", en = "You are not on the list of those present." },
  no_such_holder = { ko = "그 사람에게는 위임할 수 없습니다.", en = "That person cannot hold your proxy." },
  no_proxies = { ko = "이 투표에서는 위임을 받지 않습니다.", en = "This vote takes no proxies." },
  proxy_of_proxy = { ko = "그 사람은 자신의 표를 이미 위임했습니다. 위임받은 표를 다시 위임할 수 없습니다.",
                     en = "That person has given a proxy himself; there is no proxy of a proxy." },
  holds_proxy = { ko = "다른 사람의 위임을 받으셨으므로 위임하실 수 없습니다. 위임한 사람이 먼저 위임을 거두거나 다른 사람에게 맡겨야 합니다.",
                  en = "You hold somebody's proxy and cannot give one: its giver would have to take it back or give it to another first." },
  proxy_limit = { ko = "그 사람은 위임을 더 받을 수 없습니다.", en = "That person cannot hold more proxies." },
  no_withdrawal = { ko = "던진 표는 거둘 수 없습니다.", en = "A ballot cannot be taken back." },
  contradiction = { ko = "같은 후보를 찬성하면서 반대할 수 없습니다.", en = "A candidate cannot be approved and rejected at once." },
}

words.invitation = {
  ko = { subject = "[투표] %s", body = "%s\n\n아래에서 투표해 주십시오.%s\n\n%s\n", closes = " 마감: %s" },
  en = { subject = "[Vote] %s", body = "%s\n\nPlease vote below.%s\n\n%s\n", closes = " It closes at %s." },
}
words.reminder = {
  ko = { subject = "[투표 {when}] %s", body = "%s\n\n아직 투표하지 않으셨습니다.%s\n\n%s\n", closes = " 마감: %s" },
  en = { subject = "[Vote {when}] %s", body = "%s\n\nYou have not voted yet.%s\n\n%s\n", closes = " It closes at %s." },
}

-- How near the close is, as people say it: by the days of the calendar, not by hours.
function words.when(language, now, closes, zone)
  local ko = language == "ko"
  local day = closes and dure.time.date(closes, zone)
  if day == dure.time.date(now, zone) then return ko and "오늘 마감" or "closes today" end
  if day == dure.time.date(now + 86400000, zone) then return ko and "내일 마감" or "closes tomorrow" end
  return ko and "곧 마감" or "closing soon"
end

words.options = {
  yes = { ko = "찬성", en = "Yes" },
  no = { ko = "반대", en = "No" },
  abstain = { ko = "기권", en = "Abstain" },
}
words.choice = { ko = "선택", en = "Choice" }
words.approve = { ko = "찬성하는 후보", en = "Candidates you approve" }
words.reject = { ko = "반대하는 후보", en = "Candidates you reject" }
words.grid = { title = { ko = "후보", en = "Candidates" }, none = { ko = "표시 안 함", en = "No mark" },
  columns = { { name = "approve", label = { ko = "찬성", en = "For" } }, { name = "reject", label = { ko = "반대", en = "Against" } } } }
words.election = { ko = "임원 선거", en = "Election" }
words.runoff = { ko = "결선 투표", en = "run-off" }

return words
