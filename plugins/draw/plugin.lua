-- draw: a draw by lot that anybody can repeat. Pure.
--
-- Each id gets the number BLAKE2b-256 of "SEED:ID" in hexadecimal; the ids in the order of these
-- numbers are the draw, and the first `take` are drawn. Nothing else goes in: not the order in
-- which the ids were given, no clock, no machine.

local fault = require("shared.stop").fault

local function ids_of(among)
  local ids, seen = {}, {}
  for i, member in ipairs(among) do
    local id = tostring(type(member) == "table" and member.id or member)
    if seen[id] then fault("an id comes twice", "'" .. id .. "' is named twice in 'among'") end
    seen[id] = true
    ids[i] = id
  end
  return ids
end

local function drawn_order(ids, seed)
  local number = {}
  for _, id in ipairs(ids) do number[id] = dure.hash(seed .. ":" .. id) end
  table.sort(ids, function(a, b) return number[a] < number[b] end)
  return ids
end

local function draw(step)
  local input = step.input
  local take, seed = math.tointeger(input.take or 1), tostring(input.seed)
  local ids = ids_of(input.among)
  if take > #ids then
    fault("too few to draw from", "'take' is " .. take .. ", but 'among' has " .. #ids)
  end
  local order = drawn_order(ids, seed)
  local drawn, rest = dure.array {}, dure.array {}
  for i, id in ipairs(order) do
    if i <= take then drawn[i] = id else rest[i - take] = id end
  end
  return { drawn = drawn, rest = rest, seed = seed, method = "BLAKE2b-256 of SEED:ID, ascending" }
end

return {
  name = "draw",
  version = "1.0.0",
  summary = "A draw by lot that anybody can repeat",
  functions = {
    draw = {
      summary = "Draws by lot from a published seed: the same ids and seed always give the same draw",
      effects = "pure",
      input = {
        type = "object",
        required = { "among", "seed" },
        additionalProperties = false,
        properties = {
          among = { type = "array", maxItems = 100000,
                    description = "What is drawn from: ids, or objects with an `id`; their order does not matter",
                    items = { anyOf = { { type = { "string", "integer" } },
                                        { type = "object", required = { "id" },
                                          properties = { id = { type = { "string", "integer" } } } } } } },
          take = { type = "integer", minimum = 0, description = "How many are drawn; 1 if not given" },
          seed = { type = { "string", "integer" }, minLength = 1,
                   description = "What decides: something that nobody could know or choose beforehand" },
        },
      },
      output = {
        type = "object",
        required = { "drawn", "rest", "seed" },
        properties = {
          drawn = { type = "array", items = { type = "string" } },
          rest = { type = "array", items = { type = "string" } },
          seed = { type = "string" },
          method = { type = "string" },
        },
      },
      start = draw,
    },
  },
}
