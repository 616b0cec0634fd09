#include "domain/edit/pieces.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "domain/captions/width.hpp"
#include "domain/edit/operations.hpp"
#include "domain/edit/retime.hpp"

namespace zimu::domain::editing {
namespace {

bool is_space(char32_t c) { return captions::is_blank(c) || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(next_codepoint(text).codepoint)) text.remove_prefix(next_codepoint(text).length);
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_codepoint(text.substr(at));
    at += step.length;
    if (!is_space(step.codepoint)) end = at;
  }
  return text.substr(0, end);
}

/// Bytes of the first `count` code points.
std::size_t bytes_of(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (count-- > 0 && at < text.size()) at += next_codepoint(text.substr(at)).length;
  return at;
}

char32_t last_of(std::string_view text) {
  char32_t last = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_codepoint(text.substr(at));
    last = step.codepoint;
    at += step.length;
  }
  return last;
}

std::size_t letters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_codepoint(text.substr(at));
    count += is_space(step.codepoint) ? 0U : 1U;
    at += step.length;
  }
  return count;
}

/// The time of the letter `count` when `whole` letters are spread evenly.
Milliseconds part(Milliseconds start, Milliseconds end, std::size_t count, std::size_t whole) {
  if (whole == 0) return start;
  return start + Milliseconds((end - start).count() * static_cast<std::int64_t>(count) / static_cast<std::int64_t>(whole));
}

/// The words of the first `count` letters, and the others.
std::pair<std::vector<Word>, std::vector<Word>> split_words(const std::vector<Word>& words, std::size_t count) {
  std::pair<std::vector<Word>, std::vector<Word>> out;
  for (const Word& word : words) {
    const std::size_t size = letters(word.text);
    if (count >= size) {
      out.first.push_back(word);
      count -= size;
    } else if (count == 0) {
      out.second.push_back(word);
    } else {
      // Within a word.
      Word head = word, tail = word;
      std::size_t bytes = 0;
      for (std::size_t seen = 0; seen < count;) {
        const Utf8Step step = next_codepoint(std::string_view(word.text).substr(bytes));
        bytes += step.length;
        if (!is_space(step.codepoint)) ++seen;
      }
      head.text = word.text.substr(0, bytes);
      tail.text = word.text.substr(bytes);
      head.end = tail.start = part(word.start, word.end, count, size);
      out.first.push_back(std::move(head));
      out.second.push_back(std::move(tail));
      count = 0;
    }
  }
  return out;
}

}  // namespace

void set_times(Segment& segment, Milliseconds start, Milliseconds end) {
  const bool moved = start >= segment.end || end <= segment.start;
  const Milliseconds by = moved ? start - segment.start : Milliseconds(0);
  segment.start = start;
  segment.end = end;
  for (Word& word : segment.words) {
    word.start = std::clamp(word.start + by, start, end);
    word.end = std::clamp(word.end + by, word.start, end);
  }
}

void share_room(Segment& segment) {
  const auto takes_none = [](const Word& word) { return word.start == word.end; };
  const auto share = [](std::span<Word> words, Milliseconds start, Milliseconds end) {
    std::size_t whole = 0;
    for (const Word& word : words) whole += letters(word.text);
    std::size_t count = 0;
    for (Word& word : words) {
      word.start = part(start, end, count, whole);
      word.end = part(start, end, count += letters(word.text), whole);
    }
  };
  const std::span<Word> words(segment.words);
  const auto spoken = std::ranges::find_if_not(words, takes_none);
  if (spoken == words.end()) return share(words, segment.start, segment.end);
  const auto before = static_cast<std::size_t>(spoken - words.begin());
  std::size_t last = words.size();
  while (takes_none(words[last - 1])) --last;
  share(words.first(before), segment.start, spoken->start);
  share(words.subspan(last), words[last - 1].end, segment.end);
}

Result<std::pair<Segment, Segment>> split(const Segment& segment, std::size_t offset) {
  const std::size_t at = bytes_of(segment.text, offset);
  const std::string_view head = trimmed(std::string_view(segment.text).substr(0, at));
  const std::string_view tail = trimmed(std::string_view(segment.text).substr(at));
  if (head.empty() || tail.empty()) {
    return fail(ErrorCode::kInvalidArgument, "a segment is split between two of its characters",
                "put the cursor inside the text");
  }
  if (segment.end - segment.start < Milliseconds(2)) {
    return fail(ErrorCode::kInvalidArgument, "the segment is too short to be split", "make it longer first");
  }
  Segment first = segment, second = segment;
  first.text = head;
  second.text = tail;
  first.tokens.clear();
  second.tokens.clear();
  std::tie(first.words, second.words) = split_words(segment.words, letters(head));
  Milliseconds cut = part(segment.start, segment.end, letters(head), letters(segment.text));
  if (!second.words.empty()) cut = second.words.front().start;
  cut = std::clamp(cut, segment.start + Milliseconds(1), segment.end - Milliseconds(1));
  set_times(second, cut, segment.end);
  // A silence between the words belongs to neither.
  const Milliseconds spoken = first.words.empty() ? cut : std::max(first.words.back().end, segment.start + Milliseconds(1));
  set_times(first, segment.start, std::min(spoken, cut));
  return std::pair{std::move(first), std::move(second)};
}

Segment merge(const Segment& first, const Segment& second) {
  Segment out = first;
  out.end = std::max(first.end, second.end);
  const bool closed = first.text.empty() || second.text.empty() || captions::spaceless(last_of(first.text)) ||
                      captions::spaceless(next_codepoint(second.text).codepoint);
  out.text = first.text + (closed ? "" : " ") + second.text;
  if (out.speaker.empty()) out.speaker = second.speaker;
  if (first.words.empty() != second.words.empty()) {
    // What has no words of its own gets them, so that none of the others is lost.
    if (first.words.empty()) out.words = spread_words(first.start, first.end, first.text);
  }
  const auto more = second.words.empty() && !out.words.empty() ? spread_words(second.start, second.end, second.text)
                                                               : second.words;
  bool joint = !closed && !out.words.empty();
  for (Word word : more) {
    word.start = out.words.empty() ? word.start : std::max(word.start, out.words.back().start);
    word.end = std::max(word.end, word.start);
    const bool blank = !word.text.empty() && is_space(next_codepoint(word.text).codepoint);
    if (joint && !blank) word.text.insert(0, 1, ' ');
    joint = false;
    out.words.push_back(std::move(word));
  }
  const auto share = [](const Segment& s) { return static_cast<float>(std::max<std::int64_t>((s.end - s.start).count(), 1)); };
  out.avg_logprob = (first.avg_logprob * share(first) + second.avg_logprob * share(second)) / (share(first) + share(second));
  out.compression_ratio = std::max(first.compression_ratio, second.compression_ratio);
  out.no_speech_prob = std::max(first.no_speech_prob, second.no_speech_prob);
  out.temperature = std::max(first.temperature, second.temperature);
  out.tokens.insert(out.tokens.end(), second.tokens.begin(), second.tokens.end());
  return out;
}

Result<std::string> checked_text(const std::string& text) {
  if (!is_utf8(text)) return fail(ErrorCode::kInvalidArgument, "the text is not UTF-8");
  std::string out;
  for (const char c : text) {
    if (c == '\r') continue;
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
      return fail(ErrorCode::kInvalidArgument, "the text has a control character", "take it out");
    }
    out += c;
  }
  out = trimmed(out);
  if (out.empty()) return fail(ErrorCode::kInvalidArgument, "the text is empty", "delete the segment instead");
  if (out.size() > kMaxSegmentBytes) {
    return fail(ErrorCode::kTooLarge, fmt::format("the text has {} bytes; the most is {}", out.size(), kMaxSegmentBytes),
                "split it into several segments");
  }
  return out;
}

Result<std::string> checked_speaker(const std::string& speaker) {
  if (!is_utf8(speaker)) return fail(ErrorCode::kInvalidArgument, "the speaker's name is not UTF-8");
  const std::string name(trimmed(speaker));
  if (name.size() > kMaxSpeakerBytes) {
    return fail(ErrorCode::kTooLarge, fmt::format("the speaker's name has more than {} bytes", kMaxSpeakerBytes));
  }
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20) {
      return fail(ErrorCode::kInvalidArgument, "the speaker's name has a control character", "take it out");
    }
  }
  return name;
}

}  // namespace zimu::domain::editing
