#include "asr/vocabulary.hpp"

#include <cstddef>
#include <utility>

namespace zimu::asr {
namespace {

enum class CharClass { kSpace, kLetter, kDigit, kOther };

CharClass classify(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte == ' ' || (byte >= '\t' && byte <= '\r')) return CharClass::kSpace;
  if (byte >= '0' && byte <= '9') return CharClass::kDigit;
  if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80) return CharClass::kLetter;
  return CharClass::kOther;
}

/// Where the pre-tokenizer's next chunk ends. GPT-2's pattern, with every non-ASCII byte taken for a letter:
/// the merges themselves keep foreign punctuation apart.
std::size_t chunk_end(std::string_view text, std::size_t begin) {
  if (text[begin] == '\'') {
    for (const std::string_view suffix : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
      if (text.substr(begin, suffix.size()) == suffix) return begin + suffix.size();
    }
  }
  std::size_t at = begin;
  if (text[at] == ' ' && at + 1 < text.size() && classify(text[at + 1]) != CharClass::kSpace) ++at;
  const CharClass kind = classify(text[at]);
  std::size_t end = at;
  while (end < text.size() && classify(text[end]) == kind) ++end;
  // The last of several spaces belongs to the word that follows.
  if (kind == CharClass::kSpace && end < text.size() && end - begin > 1) --end;
  return end;
}

}  // namespace

Vocabulary::Vocabulary(std::vector<std::string> pieces, SpecialTokens special)
    : pieces_(std::move(pieces)), special_(special) {
  ids_.reserve(pieces_.size());
  for (std::size_t id = 0; id < pieces_.size() && static_cast<Token>(id) < special_.eot; ++id) {
    if (!pieces_[id].empty()) ids_.emplace(pieces_[id], static_cast<Token>(id));
  }
}

std::string_view Vocabulary::piece(Token token) const noexcept {
  if (!is_text(token) || token >= size()) return {};
  return pieces_[static_cast<std::size_t>(token)];
}

Token Vocabulary::find(std::string_view bytes) const {
  const auto it = ids_.find(bytes);
  return it == ids_.end() ? kNoToken : it->second;
}

std::string Vocabulary::decode(const std::vector<Token>& tokens) const {
  std::string text;
  for (const Token token : tokens) text += piece(token);
  return text;
}

std::vector<Token> Vocabulary::encode(std::string_view text) const {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = chunk_end(text, at);
    encode_chunk(text.substr(at, end - at), tokens);
    at = end;
  }
  return tokens;
}

void Vocabulary::encode_chunk(std::string_view chunk, std::vector<Token>& out) const {
  std::vector<std::string_view> parts;
  for (std::size_t i = 0; i < chunk.size(); ++i) parts.push_back(chunk.substr(i, 1));
  while (parts.size() > 1) {
    Token best = kNoToken;
    std::size_t best_at = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const Token merged = find({parts[i].data(), parts[i].size() + parts[i + 1].size()});
      if (merged != kNoToken && (best == kNoToken || merged < best)) {
        best = merged;
        best_at = i;
      }
    }
    if (best == kNoToken) break;
    parts[best_at] = {parts[best_at].data(), parts[best_at].size() + parts[best_at + 1].size()};
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best_at) + 1);
  }
  for (const std::string_view part : parts) {
    // A NUL byte cannot pass through libwhisper's C strings and has no id here; nobody says it either.
    if (const Token token = find(part); token != kNoToken) out.push_back(token);
  }
}

}  // namespace zimu::asr
