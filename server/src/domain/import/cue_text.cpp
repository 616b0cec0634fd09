#include "domain/import/cue_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/ascii.hpp"
#include "domain/export_parts.hpp"
#include "domain/import.hpp"

namespace zimu::domain::import {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// Digits, at most `most`; nullopt when there are none or more.
std::optional<std::string_view> take_digits(std::string_view& text, std::size_t most) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  if (n == 0 || n > most) return std::nullopt;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

std::int64_t number(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::int64_t milliseconds(std::string_view decimals) {
  std::string three(decimals.substr(0, 3));
  three.resize(3, '0');
  return number(three);
}

/// A tag at the front of `text`: "<name…>" whose name the formats know. nullopt: it is text.
struct Tag {
  std::string name;       ///< lower case, without '/' and classes
  std::string_view rest;  ///< what follows the name
  std::size_t length = 0;
  bool closing = false;
};
std::optional<Tag> tag_at(std::string_view text) {
  const auto end = text.find('>');
  if (!text.starts_with('<') || end == std::string_view::npos || text.find('<', 1) < end) return std::nullopt;
  std::string_view inside = text.substr(1, end - 1);
  Tag tag;
  tag.length = end + 1;
  if (inside.starts_with('/')) {
    tag.closing = true;
    inside.remove_prefix(1);
  }
  const auto name_end = std::min(inside.find_first_of(" \t\n./"), inside.size());
  tag.name = ascii_lower(inside.substr(0, name_end));
  tag.rest = inside.substr(name_end);
  return tag;
}

bool any_of(std::string_view name, std::string_view known) {
  return !name.empty() && known.find(" " + std::string(name) + " ") != std::string_view::npos;
}

/// "<v.loud Anna>" → "Anna".
std::string voice(const Tag& tag) {
  std::string_view rest = tag.rest;
  if (rest.starts_with('.')) rest.remove_prefix(std::min(rest.find_first_of(" \t\n"), rest.size()));
  return detail::one_line(rest);
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kEntities{{
    {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&#39;", "'"},
    {"&nbsp;", "\xC2\xA0"}, {"&lrm;", "\xE2\x80\x8E"},
}};

std::string decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto known = std::ranges::find_if(kEntities, [text](const auto& one) { return text.starts_with(one.first); });
    if (text.starts_with("&rlm;")) {
      out += "\xE2\x80\x8F";
      text.remove_prefix(5);
    } else if (known != kEntities.end()) {
      out += known->second;
      text.remove_prefix(known->first.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

/// Our own export parts "-->" with U+200B; what one sees is kept either way.
std::string tidy(std::string_view raw) {
  std::string text(raw);
  constexpr std::string_view kParted = "--\xE2\x80\x8B>";
  for (auto at = text.find(kParted); at != std::string::npos; at = text.find(kParted, at)) {
    text.replace(at, kParted.size(), "-->");
  }
  return detail::joined(detail::clean_lines(text), "\n");
}

}  // namespace

std::optional<Milliseconds> take_time(std::string_view& text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-') && rest.size() > 1 && is_digit(rest[1]);
  if (negative) rest.remove_prefix(1);
  std::array<std::int64_t, 3> parts{};  // the last is seconds
  int count = 0;
  while (true) {
    const auto digits = take_digits(rest, 6);
    if (!digits) return std::nullopt;
    parts = {parts[1], parts[2], number(*digits)};
    ++count;
    std::string_view after = rest;
    skip_blanks(after);
    if (count == 3 || !after.starts_with(':')) break;
    after.remove_prefix(1);
    skip_blanks(after);
    rest = after;
  }
  if (count < 2) return std::nullopt;
  std::int64_t ms = 0;
  std::string_view after = rest;
  skip_blanks(after);
  if (after.starts_with(',') || after.starts_with('.')) {
    after.remove_prefix(1);
    skip_blanks(after);
    const auto decimals = take_digits(after, 9);
    if (!decimals) return std::nullopt;
    ms = milliseconds(*decimals);
    rest = after;
  }
  if (parts[0] > kMaxImportHours || (count == 3 && parts[1] > 59) || parts[2] > 59) return std::nullopt;
  const std::int64_t total = ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000 + ms;
  if (total > (std::int64_t{kMaxImportHours} + 1) * 3'600'000) return std::nullopt;
  text = rest;
  return Milliseconds(negative ? 0 : total);
}

CueText read_srt_text(std::string_view raw) {
  constexpr std::string_view kKnown = " b i u s font c br ";
  std::string out;
  while (!raw.empty()) {
    if (const auto tag = tag_at(raw); tag && any_of(tag->name, kKnown)) {
      if (tag->name == "br") out += '\n';
      raw.remove_prefix(tag->length);
    } else if (const auto end = raw.find('}'); raw.starts_with("{\\") && end != std::string_view::npos) {
      raw.remove_prefix(end + 1);  // {\an8} and others of ASS
    } else {
      out += raw.front();
      raw.remove_prefix(1);
    }
  }
  CueText cue;
  cue.text = tidy(out);
  cue.pieces.push_back({std::nullopt, cue.text});
  return cue;
}

CueText read_vtt_text(std::string_view raw) {
  constexpr std::string_view kKnown = " b i u s c font ruby lang ";
  CueText cue;
  bool voiced = false;
  cue.pieces.emplace_back();
  std::string run;
  const auto flush = [&] {
    const std::string text = decoded(run);
    cue.text += text;
    cue.pieces.back().text += text;
    run.clear();
  };
  while (!raw.empty()) {
    const auto tag = tag_at(raw);
    std::string_view inside = tag ? raw.substr(1, tag->length - 2) : std::string_view();
    const auto stamp = tag && is_digit(raw[1]) ? take_time(inside) : std::nullopt;
    if (stamp && inside.empty()) {
      flush();
      cue.pieces.push_back({stamp, ""});
    } else if (tag && tag->name == "v") {
      if (!tag->closing && voiced) run += voice(*tag).empty() ? "" : voice(*tag) + ": ";
      if (!tag->closing && !voiced) cue.speaker = decoded(voice(*tag));
      voiced = voiced || !tag->closing;
    } else if (tag && tag->name == "rt") {
      run += tag->closing ? ")" : "(";
    } else if (!tag || !any_of(tag->name, kKnown)) {
      run += raw.front();
      raw.remove_prefix(1);
      continue;
    }
    raw.remove_prefix(tag->length);
  }
  flush();
  cue.text = tidy(cue.text);
  return cue;
}

}  // namespace zimu::domain::import
