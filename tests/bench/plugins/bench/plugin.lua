-- bench: the smallest steps there are, for measuring what a step costs.
return {
  name = "bench",
  version = "1.0.0",
  functions = {
    bench = {
      summary = "Return a small object",
      effects = "pure",
      input = { type = "object", properties = { n = {} } },
      start = function(step)
        return { n = step.input.n, ok = true, word = "done" }
      end,
    },
    until_moment = {
      summary = "Wait until a moment, in milliseconds",
      effects = "local",
      input = { type = "object", required = { "at" }, properties = { at = { type = "integer" } } },
      start = function(step)
        step:at(step.input.at, "moment")
        return step:wait()
      end,
      timer = function(step)
        return { at = step.input.at }
      end,
    },
  },
}
