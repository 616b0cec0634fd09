#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "domain/transcript.hpp"

namespace zimu::domain {

/// A film with its subtitles: drawn into the picture, or put beside it as a stream that players switch on. Pure.
enum class RenderMode : std::uint8_t { kBurn, kMux };
enum class RenderContainer : std::uint8_t { kMp4, kMkv };
enum class CaptionPosition : std::uint8_t { kBottom, kTop };

std::string_view render_mode_name(RenderMode mode) noexcept;                 ///< "burn" | "mux"
std::string_view render_container_name(RenderContainer container) noexcept;  ///< "mp4" | "mkv"
std::string_view caption_position_name(CaptionPosition position) noexcept;   ///< "bottom" | "top"
Result<RenderMode> render_mode_from_name(std::string_view name);
Result<RenderContainer> render_container_from_name(std::string_view name);
Result<CaptionPosition> caption_position_from_name(std::string_view name);

inline constexpr std::size_t kMaxFontBytes = 64;
inline constexpr int kLeastFontSize = 12, kMostFontSize = 200;
inline constexpr int kMostOutline = 20;
inline constexpr int kMostMargin = 400;

/// How the text looks. Sizes are in pixels of a picture whose shorter side has 1080. Colours are "#RRGGBB" or "#RRGGBBAA"
/// (AA: 00 is clear, FF is solid).
struct RenderStyle {
  std::string font = "Noto Sans";
  int size = 58;
  std::string color = "#FFFFFF";
  std::string outline_color = "#101010";
  int outline = 3;
  bool box = false;  ///< a box behind the text
  std::string box_color = "#000000A0";
  CaptionPosition position = CaptionPosition::kBottom;
  int margin = 64;   ///< from the bottom or the top
  bool bold = false;

  bool operator==(const RenderStyle&) const = default;
};

struct RenderOptions {
  RenderMode mode = RenderMode::kBurn;
  RenderContainer container = RenderContainer::kMp4;
  std::optional<std::string> preset;  ///< of CaptionRules; nullopt: the transcript's segments are the cues
  std::optional<RenderStyle> style;   ///< nullopt: the usual one; a muxed MKV has plain SRT then, else ASS
};

/// The finished file, as people see it.
struct RenderResult {
  std::string file_name;
  std::uint64_t size_bytes = 0;
  std::string content_type;
};

/// kInvalidArgument naming the field and what it may be.
Result<> validate(const RenderOptions& options);

/// Lines of `name=value`, as jobs.parameters keeps them (docs/formats/db-schema.md); the inverse reads them back.
std::string encode_render(const RenderOptions& options, const std::optional<RenderResult>& result);
struct DecodedRender {
  RenderOptions options;
  std::optional<RenderResult> result;
};
Result<DecodedRender> decode_render(std::string_view text);

/// "mp4", "mkv", "m4a" or "mka": a muxed recording without a picture is a sound file.
std::string_view render_extension(const RenderOptions& options, bool has_video) noexcept;
std::string_view render_content_type(std::string_view extension) noexcept;

/// The size of the picture as it is shown.
struct PictureSize {
  int width = 1920;
  int height = 1080;
};
/// The transcript as ASS for a picture of this size: cues by `preset`, lines that fit, the style.
Result<std::string> render_ass(const Transcript& transcript, const RenderOptions& options, PictureSize picture);
/// As SRT; `flat`: cues that overlap are cut into such that do not, for formats that show one at a time.
Result<std::string> render_srt(const Transcript& transcript, const RenderOptions& options, bool flat);

/// ISO 639-1 (or Whisper's code) → ISO 639-2/T, which containers keep: "zh" → "zho"; "und" where there is none.
std::string_view iso639_2(std::string_view code) noexcept;

}  // namespace zimu::domain
