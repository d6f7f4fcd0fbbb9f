-- What approvers read, in Korean and English.
local stop = require("shared.stop")

local words = {}

words.refuse = stop.refusals {
  closed = { ko = "결재 기한이 지났습니다.", en = "The time to decide is over." },
  already_decided = { ko = "이미 결정되었습니다.", en = "This has been decided." },
  not_eligible = { ko = "그 사람에게는 대결을 맡길 수 없습니다.", en = "That person cannot decide in your place." },
  no_delegation = { ko = "이 결재는 남에게 맡길 수 없습니다.", en = "This approval cannot be handed to somebody else." },
  no_handing_on = { ko = "맡아서 하시는 결재는 다시 남에게 맡길 수 없습니다.", en = "What you decide for somebody else cannot be handed on." },
  no_recusal = { ko = "맡아서 하시는 결재에서는 물러나실 필요가 없습니다. 맡긴 사람이 결정합니다.",
                 en = "You decide for somebody else; leave it, and that person will decide." },
  no_approver = { ko = "결재할 사람이 남지 않으므로 물러날 수 없습니다.", en = "Nobody would be left to decide." },
}

words.form = {
  type = "object", required = { "decision" }, additionalProperties = false,
  ["x-order"] = { "decision", "note" },
  properties = {
    decision = {
      title = { ko = "결정", en = "Decision" }, ["x-widget"] = "radio",
      enum = { "approve", "reject", "return", "approved", "rejected", "returned" },
      ["x-labels"] = { approve = { ko = "승인", en = "Approve" }, reject = { ko = "반려", en = "Reject" },
                       ["return"] = { ko = "보완 요청", en = "Return for changes" },
                       approved = false, rejected = false, returned = false },
    },
    note = { type = "string", maxLength = 10000, title = { ko = "의견", en = "Note" }, ["x-widget"] = "textarea" },
  },
}

words.mail = {
  ko = { subject = "[결재] %s", body = "%s\n\n아래에서 결정해 주십시오.%s\n\n%s\n", closes = " 기한: %s", count = "%s (%d건)" },
  en = { subject = "[Approval] %s", body = "%s\n\nPlease decide below.%s\n\n%s\n", closes = " It expires at %s.", count = "%s (%d)" },
}

words.decisions = {
  approved = { ko = "승인", en = "approved" }, rejected = { ko = "반려", en = "rejected" },
  returned = { ko = "보완 요청", en = "returned for changes" },
}
words.place = { ko = "결재 단계", en = "Step" }
words.instead = { ko = "대신 결정해 드리는 분", en = "You decide for" }

words.results = {
  approved = { ko = "승인되었습니다", en = "Approved" }, rejected = { ko = "반려되었습니다", en = "Rejected" },
  returned = { ko = "보완을 위해 돌려보냈습니다", en = "Returned for changes" },
  expired = { ko = "기한 안에 결정되지 않았습니다", en = "Not decided in time" },
}
words.table = { ko = "결정", en = "Decisions" }
words.columns = { who = { ko = "누구", en = "Who" }, what = { ko = "결정", en = "Decision" }, at = { ko = "때", en = "When" },
                  note = { ko = "의견", en = "Note" } }

return words
