-- vote: a vote on a question, and the election of persons. Both are a poll (lib/poll.lua): a window
-- of time, an electorate that is frozen when it opens, one ballot each, open or secret.
local vote = require("lib.vote")
local election = require("lib.election")

return {
  name = "vote",
  version = "1.0.0",
  summary = "Votes and elections",
  functions = {
    vote = {
      summary = "Puts a question to an electorate and says whether it is adopted",
      effects = "local",
      input = vote.input,
      output = vote.output,
      start = vote.start,
      answer = vote.answer,
      timer = vote.timer,
      views = { roll = { title = { ko = "누가 투표했나", en = "Who has voted" }, make = vote.roll } },
    },
    election = {
      summary = "Elects persons to posts by approval, with run-offs",
      effects = "local",
      input = election.input,
      output = election.output,
      start = election.start,
      answer = election.answer,
      timer = election.timer,
      views = { roll = { title = { ko = "누가 투표했나", en = "Who has voted" }, make = vote.roll } },
    },
  },
}
