#include "api/render_json.hpp"

#include "api/fields.hpp"
#include "base/utf8.hpp"
#include "base/uuid.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

json::value text(std::string_view value) { return json::value(to_utf8(value)); }

json::value style_json(const std::optional<domain::RenderStyle>& style) {
  if (!style) return nullptr;
  return json::object{{"font", text(style->font)},
                      {"size", style->size},
                      {"color", text(style->color)},
                      {"outline_color", text(style->outline_color)},
                      {"outline", style->outline},
                      {"box", style->box},
                      {"box_color", text(style->box_color)},
                      {"position", domain::caption_position_name(style->position)},
                      {"margin", style->margin},
                      {"bold", style->bold}};
}

template <class Target, class Value>
void set(Target& target, const std::optional<Value>& value) {
  if (value) target = static_cast<Target>(*value);
}

/// What is not given stays as it usually is.
Result<domain::RenderStyle> read_style(const json::object& object) {
  BodyFields fields(object);
  domain::RenderStyle style;
  set(style.font, fields.text("font"));
  set(style.size, fields.integer("size", domain::kLeastFontSize, domain::kMostFontSize));
  set(style.color, fields.text("color"));
  set(style.outline_color, fields.text("outline_color"));
  set(style.outline, fields.integer("outline", 0, domain::kMostOutline));
  set(style.box, fields.flag("box"));
  set(style.box_color, fields.text("box_color"));
  const auto position = fields.text("position");
  set(style.margin, fields.integer("margin", 0, domain::kMostMargin));
  set(style.bold, fields.flag("bold"));
  ZIMU_TRY_VOID(fields.finish());
  if (position) {
    ZIMU_TRY(style.position, domain::caption_position_from_name(*position));
  }
  return style;
}

Result<domain::RenderOptions> read_options(const json::object& object) {
  BodyFields fields(object);
  domain::RenderOptions options;
  fields.require("mode");
  const auto mode = fields.text("mode");
  const auto container = fields.text("container");
  options.preset = fields.text("preset");
  const json::object* style = fields.object("style");
  ZIMU_TRY_VOID(fields.finish());
  ZIMU_TRY(options.mode, domain::render_mode_from_name(mode.value_or("")));
  if (container) {
    ZIMU_TRY(options.container, domain::render_container_from_name(*container));
  }
  if (style != nullptr) {
    ZIMU_TRY(options.style, read_style(*style));
  }
  ZIMU_TRY_VOID(domain::validate(options));
  return options;
}

}  // namespace

json::value render_json(const std::optional<domain::RenderOptions>& options) {
  if (!options) return nullptr;
  return json::object{{"mode", domain::render_mode_name(options->mode)},
                      {"container", domain::render_container_name(options->container)},
                      {"preset", options->preset ? text(*options->preset) : json::value(nullptr)},
                      {"style", style_json(options->style)}};
}

json::value result_json(const std::optional<domain::RenderResult>& result) {
  if (!result) return nullptr;
  return json::object{{"file_name", text(result->file_name)},
                      {"size_bytes", result->size_bytes},
                      {"content_type", text(result->content_type)}};
}

Result<app::CreateRender> read_render(const json::object& object) {
  BodyFields fields(object);
  app::CreateRender wanted;
  fields.text("kind");
  fields.require("transcript_id");
  set(wanted.transcript_id, fields.text("transcript_id"));
  set(wanted.media_id, fields.text("media_id"));
  fields.require("render");
  const json::object* options = fields.object("render");
  set(wanted.priority, fields.integer("priority", -app::kMaxPriority, app::kMaxPriority));
  ZIMU_TRY_VOID(fields.finish());
  if (!is_uuid(wanted.transcript_id)) {
    return fail(ErrorCode::kInvalidArgument, "field 'transcript_id' must be an id");
  }
  ZIMU_TRY(wanted.options, read_options(*options));
  return wanted;
}

}  // namespace zimu::api
