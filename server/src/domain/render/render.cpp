#include "domain/render.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "domain/captions/rules.hpp"

namespace zimu::domain {
namespace {

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message), {}}; }

bool is_colour(std::string_view text) {
  if (text.size() != 7 && text.size() != 9) return false;
  return text.front() == '#' && text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
}

/// The name goes into a style line and to fontconfig: neither may be led astray.
bool is_font_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxFontBytes || !is_utf8(name)) return false;
  constexpr std::string_view kForbidden = ",:=\\{}@\"'";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || kForbidden.find(c) != std::string_view::npos) return false;
  }
  return name.front() != ' ' && name.back() != ' ';
}

Result<> in_range(std::string_view name, int value, int least, int most) {
  if (value >= least && value <= most) return {};
  return std::unexpected(invalid(fmt::format("style field '{}' must be {} to {}", name, least, most)));
}

Result<> validate_style(const RenderStyle& style) {
  if (!is_font_name(style.font)) {
    return std::unexpected(
        invalid(fmt::format("style field 'font' must be the name of a font family, of at most {} bytes", kMaxFontBytes)));
  }
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"color", style.color},
                                    {"outline_color", style.outline_color},
                                    {"box_color", style.box_color}}) {
    if (is_colour(value)) continue;
    return std::unexpected(invalid(fmt::format("style field '{}' must be #RRGGBB or #RRGGBBAA", name)));
  }
  ZIMU_TRY_VOID(in_range("size", style.size, kLeastFontSize, kMostFontSize));
  ZIMU_TRY_VOID(in_range("outline", style.outline, 0, kMostOutline));
  return in_range("margin", style.margin, 0, kMostMargin);
}

void put(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format("{}={}\n", name, value);
}

void put_style(std::string& out, const RenderStyle& style) {
  put(out, "font", style.font);
  put(out, "size", std::to_string(style.size));
  put(out, "color", style.color);
  put(out, "outline_color", style.outline_color);
  put(out, "outline", std::to_string(style.outline));
  put(out, "box", style.box ? "1" : "0");
  put(out, "box_color", style.box_color);
  put(out, "position", caption_position_name(style.position));
  put(out, "margin", std::to_string(style.margin));
  put(out, "bold", style.bold ? "1" : "0");
}

template <class Number>
Result<Number> read_number(std::string_view name, std::string_view text) {
  Number value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec == std::errc() && end == text.data() + text.size()) return value;
  return fail(ErrorCode::kInternal, fmt::format("the stored field '{}' of a render job is no number", name));
}

Result<> read_style(RenderStyle& style, std::string_view name, std::string_view value) {
  if (name == "font") style.font = value;
  if (name == "color") style.color = value;
  if (name == "outline_color") style.outline_color = value;
  if (name == "box_color") style.box_color = value;
  if (name == "box") style.box = value == "1";
  if (name == "bold") style.bold = value == "1";
  if (name == "size") {
    ZIMU_TRY(style.size, read_number<int>(name, value));
  }
  if (name == "outline") {
    ZIMU_TRY(style.outline, read_number<int>(name, value));
  }
  if (name == "margin") {
    ZIMU_TRY(style.margin, read_number<int>(name, value));
  }
  if (name == "position") {
    ZIMU_TRY(style.position, caption_position_from_name(value));
  }
  return {};
}

constexpr std::string_view kStyleFields =
    " font size color outline_color outline box box_color position margin bold ";

Result<> read_field(DecodedRender& out, std::string_view name, std::string_view value) {
  if (name == "mode") {
    ZIMU_TRY(out.options.mode, render_mode_from_name(value));
  }
  if (name == "container") {
    ZIMU_TRY(out.options.container, render_container_from_name(value));
  }
  if (name == "preset") out.options.preset = std::string(value);
  if (kStyleFields.find(fmt::format(" {} ", name)) != std::string_view::npos) {
    if (!out.options.style) out.options.style.emplace();
    return read_style(*out.options.style, name, value);
  }
  if (name.starts_with("result_") && !out.result) out.result.emplace();
  if (name == "result_name") out.result->file_name = value;
  if (name == "result_type") out.result->content_type = value;
  if (name == "result_bytes") {
    ZIMU_TRY(out.result->size_bytes, read_number<std::uint64_t>(name, value));
  }
  return {};
}

}  // namespace

std::string_view render_mode_name(RenderMode mode) noexcept { return mode == RenderMode::kMux ? "mux" : "burn"; }
std::string_view render_container_name(RenderContainer container) noexcept {
  return container == RenderContainer::kMkv ? "mkv" : "mp4";
}
std::string_view caption_position_name(CaptionPosition position) noexcept {
  return position == CaptionPosition::kTop ? "top" : "bottom";
}

Result<RenderMode> render_mode_from_name(std::string_view name) {
  if (name == "burn") return RenderMode::kBurn;
  if (name == "mux") return RenderMode::kMux;
  return std::unexpected(invalid("field 'mode' must be burn or mux"));
}
Result<RenderContainer> render_container_from_name(std::string_view name) {
  if (name == "mp4") return RenderContainer::kMp4;
  if (name == "mkv") return RenderContainer::kMkv;
  return std::unexpected(invalid("field 'container' must be mp4 or mkv"));
}
Result<CaptionPosition> caption_position_from_name(std::string_view name) {
  if (name == "bottom") return CaptionPosition::kBottom;
  if (name == "top") return CaptionPosition::kTop;
  return std::unexpected(invalid("style field 'position' must be bottom or top"));
}

Result<> validate(const RenderOptions& options) {
  if (options.preset) ZIMU_TRY_VOID(check_caption_choice({.preset = options.preset}));
  if (options.style) ZIMU_TRY_VOID(validate_style(*options.style));
  return {};
}

std::string encode_render(const RenderOptions& options, const std::optional<RenderResult>& result) {
  std::string out;
  put(out, "mode", render_mode_name(options.mode));
  put(out, "container", render_container_name(options.container));
  if (options.preset) put(out, "preset", *options.preset);
  if (options.style) put_style(out, *options.style);
  if (result) {
    put(out, "result_name", result->file_name);
    put(out, "result_type", result->content_type);
    put(out, "result_bytes", std::to_string(result->size_bytes));
  }
  return out;
}

Result<DecodedRender> decode_render(std::string_view text) {
  DecodedRender out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    ZIMU_TRY_VOID(read_field(out, line.substr(0, equals), line.substr(equals + 1)));
  }
  return out;
}

std::string_view render_extension(const RenderOptions& options, bool has_video) noexcept {
  const bool mkv = options.container == RenderContainer::kMkv;
  if (options.mode == RenderMode::kMux && !has_video) return mkv ? "mka" : "m4a";
  return mkv ? "mkv" : "mp4";
}

std::string_view render_content_type(std::string_view extension) noexcept {
  if (extension == "m4a") return "audio/mp4";
  if (extension == "mka") return "audio/x-matroska";
  return extension == "mkv" ? "video/x-matroska" : "video/mp4";
}

}  // namespace zimu::domain
