-- What people read, in Korean and English.
local stop = require("shared.stop")

local words = {}

words.refuse = stop.refusals {
  not_open = { ko = "심사가 아직 시작되지 않았습니다.", en = "The review has not opened yet." },
  closed = { ko = "심사가 마감되었습니다.", en = "The review is closed." },
  already_answered = { ko = "이미 채점하셨습니다. 낸 점수는 고칠 수 없습니다.", en = "You have scored this; a score cannot be changed here." },
  not_possible = { ko = "심사는 남에게 맡길 수 없습니다. 맡기 어려우면 회피해 주십시오.",
                   en = "A review cannot be handed to somebody else; recuse yourself if you cannot do it." },
  recused = { ko = "이 심사 대상을 회피하셨습니다.", en = "You have recused yourself from this." },
  conflict = { ko = "이 심사 대상과 이해관계가 있어 채점할 수 없습니다.", en = "You have a conflict of interest with this." },
  withdrawn = { ko = "신청이 철회되어 채점하지 않습니다.", en = "This has been withdrawn and is not scored any more." },
  reason_needed = { ko = "회피하는 까닭을 적어 주십시오.", en = "Please give the reason why you recuse yourself." },
}

words.title = { ko = "심사", en = "Review" }
words.comment = { ko = "의견", en = "Comment" }
words.points = { ko = "0점부터 %d점까지", en = "0 to %d points" }

words.weight = { ko = ", 반영 비율 %.1f%%", en = ", %.1f%% of the score" }
words.mean = { ko = "평균 %s점", en = "Mean %s" }
words.no_mean = { ko = "점수가 모자랍니다", en = "Too few scores" }
words.gone = { ko = "신청이 철회되었습니다", en = "Withdrawn" }
words.counted = { ko = "반영된 점수", en = "Scores counted" }
words.handed = { ko = "배정된 심사", en = "Reviews assigned" }

words.invitation = {
  ko = { subject = "[심사 요청] %s", body = "%s\n\n아래 %d건을 심사해 주십시오.%s\n이해관계가 있으면 채점하지 말고 회피해 주십시오.\n\n%s\n",
         closes = " 마감: %s" },
  en = { subject = "[Please review] %s", body = "%s\n\nPlease review the %d below.%s\nIf you have a conflict of interest, recuse yourself instead.\n\n%s\n",
         closes = " It closes at %s." },
}
words.reminder = {
  ko = { subject = "[심사 마감 임박] %s", body = "%s\n\n아직 심사하지 않은 것이 %d건 있습니다.%s\n\n%s\n", closes = " 마감: %s" },
  en = { subject = "[Review closing soon] %s", body = "%s\n\n%d are still without your review.%s\n\n%s\n", closes = " It closes at %s." },
}

return words
