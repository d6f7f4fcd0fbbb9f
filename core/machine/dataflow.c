#include "machine/dataflow.h"

static bool fits(const struct schema *schema, json value, const struct frame *f, const char *what,
                 json *problem)
{
    struct fail why;
    if (schema == NULL || schema_require(schema, value, &why))
        return true;
    fail_within(&why, "%s", what);
    *problem = problem_new("validation", 400, NULL, why.message, frame_path(f));
    return false;
}

bool data_enter(struct run *r, struct frame *f, const struct data_flow *data, json *problem)
{
    if (!fits(data->input_schema, f->raw, f, "input", problem))
        return false;
    if (data->input_from == NULL) {
        json_swap_take(&f->input, json_ref(f->raw));
        return true;
    }
    json value;
    if (!evaluate(
            &(struct evaluation){.run = r,
                                 .frame = f,
                                 .place = f->task == NULL ? PLACE_WORKFLOW_INPUT : PLACE_TASK_INPUT,
                                 .what = data->input_from,
                                 .input = f->raw},
            &value, problem))
        return false;
    json_swap_take(&f->input, value);
    return true;
}

static bool export(struct run *r, struct frame *f, const struct data_flow *data, json output,
                   json *problem)
{
    json context;
    if (!evaluate(&(struct evaluation){.run = r,
                                       .frame = f,
                                       .place = PLACE_EXPORT,
                                       .what = data->export_as,
                                       .input = output,
                                       .output = output},
                  &context, problem))
        return false;
    if (!fits(data->export_schema, context, f, "exported context", problem)) {
        json_free(context);
        return false;
    }
    json_swap_take(&r->instance->context, context);
    return true;
}

bool data_leave(struct run *r, struct frame *f, const struct data_flow *data, json raw, json *out,
                json *problem)
{
    json output = json_absent();
    if (data->output_as == NULL)
        output = json_ref(raw);
    else if (!evaluate(
                 &(struct evaluation){.run = r,
                                      .frame = f,
                                      .place = f->task == NULL ? PLACE_WORKFLOW_OUTPUT : PLACE_TASK,
                                      .what = data->output_as,
                                      .input = raw},
                 &output, problem))
        return false;
    if (!fits(data->output_schema, output, f, "output", problem) ||
        (data->export_as != NULL && !export(r, f, data, output, problem))) {
        json_free(output);
        return false;
    }
    *out = output;
    return true;
}
