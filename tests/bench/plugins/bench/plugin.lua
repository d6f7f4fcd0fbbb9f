-- bench: the smallest step there is, for measuring what a step costs.
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
  },
}
