#include "domain/import.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "domain/import/cue_text.hpp"
#include "domain/import/text_encoding.hpp"
#include "domain/import/words.hpp"

namespace zimu::domain {
namespace {

constexpr std::size_t kShownBytes = 60;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Lines without their ends: \n, \r\n or \r.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    lines.push_back(text.substr(0, end));
    const bool pair = text.substr(end).starts_with("\r\n");
    text.remove_prefix(std::min(text.size(), end + (pair ? 2 : 1)));
  }
  return lines;
}

struct Times {
  Milliseconds start{0};
  Milliseconds end{0};
};

class Reader {
 public:
  Reader(std::vector<std::string_view> lines, SubtitleFormat format) : lines_(std::move(lines)), format_(format) {}

  Result<std::vector<Segment>> read() {
    if (format_ == SubtitleFormat::kVtt) skip_vtt_header();
    while (at_ < lines_.size()) {
      ZIMU_TRY(const auto times, times_at(at_));
      if (times) {
        ++at_;
        ZIMU_TRY_VOID(read_cue(*times));
      } else if (format_ == SubtitleFormat::kVtt) {
        ZIMU_TRY_VOID(skip_vtt_block());
      } else {
        ++at_;  // a number, or what stands before the first cue
      }
    }
    if (!found_) return nothing_found();
    mend();
    return std::move(segments_);
  }

 private:
  /// The times in that line; nullopt: it is no such line.
  Result<std::optional<Times>> times_at(std::size_t at) const {
    std::string_view line = trimmed(lines_[at]);
    const auto arrow = line.find("-->");
    if (arrow == std::string_view::npos) return std::nullopt;
    std::string_view before = trimmed(line.substr(0, arrow));
    std::string_view after = trimmed(line.substr(arrow + 3));
    const auto start = import::take_time(before);
    const auto end = import::take_time(after);
    if (start && end && trimmed(before).empty() && (after.empty() || after.front() == ' ' || after.front() == '\t')) {
      return Times{*start, *end};
    }
    const bool meant = line.find_first_of("0123456789") == 0 || (line.front() == '-' && arrow > 0);
    if (!meant) return std::nullopt;  // an arrow that somebody says
    return fail(ErrorCode::kBadMedia,
                fmt::format("line {} should be the times of a cue and is '{}'", at + 1, utf8_prefix(line, kShownBytes)),
                "times look like 00:01:02,500 --> 00:01:04,000; correct the line and import the file again");
  }

  bool is_times(std::size_t at) const {
    if (at >= lines_.size()) return false;
    const auto times = times_at(at);
    return !times || *times;
  }

  bool blank(std::size_t at) const { return at >= lines_.size() || trimmed(lines_[at]).empty(); }

  /// Whether the line at `at` names the cue whose times come next, so that it is not text.
  bool names_next_cue(std::size_t at, bool has_text) const {
    const std::string_view line = trimmed(lines_[at]);
    const bool after_blank = at > 0 && blank(at - 1);
    if (is_times(at + 1)) return (all_digits(line) && (after_blank || has_text)) || (after_blank && format_ == SubtitleFormat::kVtt);
    if (!after_blank || !all_digits(line) || !blank(at + 1)) return false;
    // A number, blank lines, then the times.
    std::size_t next = at + 1;
    while (next < lines_.size() && blank(next)) ++next;
    return is_times(next);
  }

  Result<> read_cue(Times times) {
    found_ = true;
    const std::size_t first = at_;
    std::string raw;
    while (at_ < lines_.size() && !is_times(at_)) {
      if (blank(at_)) {
        // SRT of careless programs has blank lines inside a cue; in WebVTT one ends it.
        if (format_ == SubtitleFormat::kVtt) break;
      } else if (names_next_cue(at_, !raw.empty())) {
        break;
      } else {
        if (!raw.empty()) raw += '\n';
        raw += lines_[at_];
      }
      ++at_;
    }
    if (raw.size() > kMaxCueBytes) {
      return fail(ErrorCode::kTooLarge, fmt::format("the cue at line {} has over {} bytes of text", first, kMaxCueBytes));
    }
    const auto text = format_ == SubtitleFormat::kVtt ? import::read_vtt_text(raw) : import::read_srt_text(raw);
    if (text.text.empty()) return {};
    if (segments_.size() == kMaxImportCues) {
      return fail(ErrorCode::kTooLarge, fmt::format("the file has more than {} cues", kMaxImportCues));
    }
    Segment segment;
    segment.start = times.start;
    segment.end = times.end;
    segment.text = text.text;
    segment.speaker = text.speaker;
    segment.words = import::words_of(text, times.start, times.end);
    segments_.push_back(std::move(segment));
    return {};
  }

  /// "WEBVTT …" and what follows up to the first blank line, unless a cue begins there.
  void skip_vtt_header() {
    if (lines_.empty() || !lines_.front().starts_with("WEBVTT")) return;
    while (at_ < lines_.size() && !blank(at_) && !is_times(at_)) ++at_;
  }

  /// Blank lines, the id of a cue, or a whole NOTE, STYLE or REGION block.
  Result<> skip_vtt_block() {
    const std::string_view line = trimmed(lines_[at_]);
    const bool block = line == "STYLE" || line == "REGION" || line == "NOTE" || line.starts_with("NOTE ") ||
                       line.starts_with("NOTE\t");
    ++at_;
    if (!block) return {};
    while (at_ < lines_.size() && !blank(at_)) ++at_;
    return {};
  }

  /// In order, each with an end.
  void mend() {
    std::ranges::stable_sort(segments_, {}, &Segment::start);
    std::optional<Milliseconds> later;  // the start of the next cue that begins after this one
    for (std::size_t i = segments_.size(); i-- > 0;) {
      Segment& one = segments_[i];
      one.index = static_cast<std::int64_t>(i);
      if (i + 1 < segments_.size() && segments_[i + 1].start > one.start) later = segments_[i + 1].start;
      if (one.end > one.start) continue;
      one.end = one.start + kUnendedCue;
      if (later) one.end = std::min(one.end, *later);
      one.words.clear();
    }
  }

  std::unexpected<Error> nothing_found() const {
    std::size_t first = 0;
    while (first < lines_.size() && blank(first)) ++first;
    if (first == lines_.size()) return fail(ErrorCode::kBadMedia, "the file is empty");
    return fail(ErrorCode::kBadMedia,
                fmt::format("no cue was found in {} lines; line {} is '{}'", lines_.size(), first + 1,
                            utf8_prefix(trimmed(lines_[first]), kShownBytes)),
                "SRT and WebVTT have lines such as 00:01:02,500 --> 00:01:04,000");
  }

  const std::vector<std::string_view> lines_;
  const SubtitleFormat format_;
  std::size_t at_ = 0;
  bool found_ = false;
  std::vector<Segment> segments_;
};

}  // namespace

Result<SubtitleFormat> subtitle_format_from_name(std::string_view name) {
  if (name == "srt") return SubtitleFormat::kSrt;
  if (name == "vtt") return SubtitleFormat::kVtt;
  return fail(ErrorCode::kInvalidArgument, "'format' must be srt or vtt");
}

Result<std::vector<Segment>> import_subtitles(std::string_view bytes, std::optional<SubtitleFormat> expected) {
  if (bytes.size() > kMaxImportBytes) {
    return fail(ErrorCode::kTooLarge, fmt::format("the file is over {} bytes", kMaxImportBytes));
  }
  ZIMU_TRY(const std::string text, import::text_of(bytes));
  const bool signed_vtt = text.starts_with("WEBVTT");
  const auto format = signed_vtt ? SubtitleFormat::kVtt : expected.value_or(SubtitleFormat::kSrt);
  return Reader(lines_of(text), format).read();
}

}  // namespace zimu::domain
