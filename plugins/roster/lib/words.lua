-- What the roster says to people, in Korean and English.
local stop = require("shared.stop")

local words = {}

words.refuse = stop.refusals {
  not_open = { ko = "아직 접수를 시작하지 않았습니다.", en = "Registration has not opened yet." },
  closed = { ko = "접수가 끝났습니다.", en = "Registration is closed." },
  already_registered = { ko = "이미 신청되어 있습니다. 접수증에서 고치거나 취소할 수 있습니다.",
                         en = "This is registered already; change or withdraw it with its receipt." },
  full = { ko = "남은 자리가 없습니다.", en = "There are no seats left." },
  no_capacity = { ko = "늘릴 만큼 자리가 남아 있지 않습니다.", en = "There are not enough seats for the change." },
  offer_expired = { ko = "제안한 기한이 지났습니다. 다시 신청하면 대기 명단 끝에 오릅니다.",
                    en = "The offer has run out; register anew to wait at the end of the list." },
  no_offer = { ko = "지금은 제안된 자리가 없습니다.", en = "No seat is offered to you now." },
  withdrawn = { ko = "이 신청은 끝났습니다. 다시 신청할 수 있습니다.", en = "This registration is over; you may register anew." },
  unknown_receipt = { ko = "그런 접수 번호가 없습니다.", en = "There is no registration with this receipt." },
  not_possible = { ko = "신청은 남에게 맡길 수 없습니다.", en = "A registration cannot be handed to somebody else." },
  invalid = { ko = "인원을 셀 수 없습니다. 적은 내용을 살펴 주십시오.", en = "The persons cannot be counted; look at what was entered." },
}

words.states = {
  registered = { ko = "참가 확정", en = "registered" }, waiting = { ko = "대기", en = "waiting" },
  offered = { ko = "자리 제안", en = "offered a seat" }, expired = { ko = "제안 만료", en = "offer over" },
  withdrawn = { ko = "취소", en = "withdrawn" }, declined = { ko = "사양", en = "declined" },
}

local notices = {
  offered = {
    ko = { "[자리 제안] {{title}}",
           "{{unit}}\n\n자리가 났습니다. {{until}} 전까지 받아들이시면 확정됩니다. 그때까지 답이 없으면 다음 순번으로 넘어갑니다.\n\n{{link}}\n" },
    en = { "[A seat for you] {{title}}",
           "{{unit}}\n\nA seat has become free. Accept it before {{until}}; after that it goes to the next in line.\n\n{{link}}\n" },
  },
  registered = {
    ko = { "[참가 확정] {{title}}", "{{unit}}\n\n대기 명단에서 참가가 확정되었습니다.\n\n{{link}}\n" },
    en = { "[You are in] {{title}}", "{{unit}}\n\nYou have moved up from the waiting list: you are registered.\n\n{{link}}\n" },
  },
  expired = {
    ko = { "[제안 만료] {{title}}", "{{unit}}\n\n제안한 자리의 기한이 지나 다음 순번으로 넘어갔습니다. 다시 신청할 수 있습니다.\n" },
    en = { "[Offer over] {{title}}", "{{unit}}\n\nThe seat offered to you has gone to the next in line. You may register anew.\n" },
  },
}

-- Subject and body of a built-in notice.
function words.notice(kind, language)
  local by_language = notices[kind]
  local texts = by_language[language] or by_language.ko
  return texts[1], texts[2]
end

words.views = {
  entries = { ko = "참가자 명단", en = "Participants" },
  waiting = { ko = "대기 명단", en = "Waiting list" },
  regions = { ko = "지역별 집계", en = "By region" },
  number = { ko = "번호", en = "No." }, persons = { ko = "인원", en = "Persons" },
  status = { ko = "상태", en = "Status" }, at = { ko = "접수", en = "Received" },
  region = { ko = "지역", en = "Region" }, entry_count = { ko = "건수", en = "Entries" },
  warning = { ko = "확인 필요", en = "Please check" },
}

return words
