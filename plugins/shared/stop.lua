-- How a function ends with a reason: by a mistake of the workflow's, or by a refusal that people read.
local stop = {}

-- What the workflow gave cannot be right: the task faults, and says what is wrong.
function stop.fault(title, detail)
  error { type = "validation", status = 400, title = title, detail = detail }
end

-- Makes refuse(code, why), which ends an answer and changes nothing. People read the sentence that is
-- called `why`, else that of the code; a `why` that is a sentence itself, {ko, en}, is said as it is.
function stop.refusals(sentences)
  return function(code, why)
    error { refused = code, message = type(why) == "table" and why or sentences[why or code] }
  end
end

return stop
