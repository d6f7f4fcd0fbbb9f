-- The contract of `with` and of the output.
local schema = require("shared.schema")
local schemas = {}

local text = { type = { "string", "object" }, description = "Text, or {ko, en}" }
local function moment(description) return { type = { "string", "null" }, format = "moment", description = description } end
local function jq(description)
  return { description = description,
           anyOf = { { type = "string" }, { type = "object", required = { "expr" }, properties = { expr = { type = "string" } } } } }
end
local names = { anyOf = { { type = "string" }, { type = "array", items = { type = "string" } } } }

local check = {
  type = "object",
  required = { "when" },
  additionalProperties = false,
  properties = {
    code = { type = "string", description = "Its name in the output" },
    when = jq("jq over the entry: true is a warning"),
    message = text,
  },
}

local waiting = {
  type = "object",
  additionalProperties = false,
  properties = {
    policy = { enum = { "block", "skip_to_fit" },
               description = "block: nobody overtakes the head of the list; skip_to_fit: the first that fits" },
    offer = schema.duration("How long an offered seat is held, such as PT48H; without it people are moved up at once"),
    minOffer = schema.duration("No offer is made when less than this is left"),
  },
}

local confirm = {
  type = "object",
  additionalProperties = false,
  description = "The mail that confirms a registration; {{field}}, {{unit}}, {{title}}, {{persons}}, {{link}} stand for values",
  properties = {
    subject = text, body = text, template = text,
    email = { type = "string", description = "The field with the address; email if not given" },
    ics = { type = "object", required = { "from", "to" }, additionalProperties = false,
            description = "A calendar entry to attach",
            properties = { from = moment("Begin"), to = moment("End"), summary = text, location = text, description = text } },
  },
}

schemas.input = {
  type = "object",
  additionalProperties = false,
  properties = {
    title = text,
    to = schema.selector("Who may register: a selector; public if not given"),
    schema = { type = { "object", "boolean" }, description = "JSON Schema of the form" },
    unit = { description = "Fields that name the one who registers; each may register once", anyOf = names.anyOf },
    region = { type = "string", description = "Field for byRegion; the first of `unit` if that has two or more" },
    persons = { description = "How many seats an entry takes: a number, a field, or jq over the entry; 1 if not given",
                anyOf = { { type = "integer", minimum = 0 }, { type = "string" },
                          { type = "object", minProperties = 1, maxProperties = 1,
                            properties = { expr = { type = { "string", "integer" } }, field = { type = "string" } } } } },
    capacity = { type = { "integer", "null" }, minimum = 0, description = "Seats in persons; no limit if not given" },
    waiting = { description = "The waiting list; without it a full roster refuses",
                anyOf = { { type = { "boolean", "null" } }, { enum = { "block", "skip_to_fit" } }, waiting } },
    opens = moment("From when registrations are taken"),
    closes = moment("Until when new registrations are taken, itself excluded"),
    freeze = moment("When the list is frozen; every later change is an addendum"),
    ["until"] = { description = "When the task ends: a time, or {at, event: TYPE, field, match} that moves with an event; "
                    .. "the later of closes and freeze if not given",
                  anyOf = { moment("When"),
                            { type = "object", required = { "at" }, additionalProperties = false,
                              properties = { at = schema.moment("When, as it stands"), event = { type = "string" },
                                             field = { type = "string" }, match = { type = "object" } } } } },
    checks = { description = "What is reported and never corrected",
               anyOf = { { type = "array", items = { anyOf = { { type = "string" }, check } } },
                         { type = "object", additionalProperties = { anyOf = { { type = "string" }, check } } } } },
    require = {
      type = "array", maxItems = 50,
      description = "Who may register: each must be true of the entry, or it is refused with `not_eligible` and the message",
      items = { type = "object", required = { "when", "message" }, additionalProperties = false,
                properties = { when = jq("jq over the entry that must be true"), message = text } },
    },
    counts = { type = "object", additionalProperties = jq("jq giving a number for each entry"),
               description = "More totals by name" },
    order = { type = { "string", "object", "array" },
              description = "Order of the entries: fields (-field the highest first), {field, values: ranking, descending}, {expr}; by arrival if not given" },
    desk = schema.selector("Who gets warnings as work items: a selector"),
    confirm = confirm,
    withdrawal = {
      type = "object", required = { "event", "item" }, additionalProperties = false,
      description = "How a registration is withdrawn once this task is over, while a later one works with it: by the receipt's page, which "
        .. "sends the event {item, reason} about this instance",
      properties = { event = { type = "string", minLength = 1, maxLength = 200, description = "Its type, such as dure.review.withdrawn" },
                     item = { type = "string", minLength = 1, description = "The field that names the entry there" },
                     ["until"] = moment("Until when, itself excluded") },
    },
    capacityEvent = { description = "Type of the event that sets the capacity, {capacity: n}; dure.roster.capacity if not given",
                      anyOf = { { type = "string" },
                                { type = "object", additionalProperties = false,
                                  properties = { type = { type = "string" }, match = { type = "object" } } } } },
  },
}

local totals = { type = "object", properties = { entries = { type = "integer" }, persons = { type = "integer" } } }
local objects = { type = "array", items = { type = "object" } }

schemas.output = {
  type = "object",
  required = { "entries", "waiting", "totals", "byRegion", "warnings", "addenda" },
  properties = {
    entries = objects,
    waiting = objects,
    totals = totals,
    byRegion = { type = "object", additionalProperties = totals },
    warnings = objects,
    frozen = { type = "object" },
    addenda = objects,
    overBy = { type = "integer" },
  },
}

return schemas
