-- Moments that a workflow names.
local moment = {}

-- In ms: a time, read in the workflow's zone where it has no offset, or a duration counted from `from`.
function moment.read(step, text, from)
  if not text then return nil end
  if text:sub(1, 1) == "P" then return dure.time.add(from, text, step.zone) end
  return dure.time.parse(text, step.zone)
end

return moment
