-- Whether a person is meant by a selector. Looks at the person's own groups where that is enough,
-- so that the ten-thousandth signature costs what the first did.
local function is_in(list, value)
  for _, one in ipairs(list or {}) do
    if one == value then return true end
  end
  return false
end

local function matches(selector, person)
  if selector == nil then return false end
  if selector == "public" then return true end
  if type(selector) ~= "table" then return false end
  if #selector > 0 then
    for _, one in ipairs(selector) do
      if matches(one, person) then return true end
    end
    return false
  end
  if selector.group and not selector.role then return is_in(person.groups, selector.group) end
  if selector.people then return is_in(selector.people, person.id) end
  for _, one in ipairs((dure.people.select(selector))) do
    if one.id == person.id then return true end
  end
  return false
end

return matches
