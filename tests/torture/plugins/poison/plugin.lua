-- poison: does what nothing inside the process can stop, one builtin of jq that compares for hours, once `bite` is true.
local functions = {}

functions.poison = {
  summary = "Wait for a word, then count for hours if it says so",
  effects = "local",
  input = { type = "object", properties = { at = { type = "string" }, bite = { type = "boolean" } } },
  start = function(step)
    if step.input.bite then
      dure.json.query("[range(90000) | 0] | .[.]", {}) -- where it lies in itself: the square of its length
    end
    return { bitten = false }
  end,
}

return { name = "poison", version = "1.0.0", functions = functions }
