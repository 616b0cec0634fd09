#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace zimu::asr {

using Token = std::int32_t;
constexpr Token kNoToken = -1;

/// The ids that are not text. Every id from `eot` on is special; every id from `timestamp_begin` on is a time.
struct SpecialTokens {
  Token eot = kNoToken;
  Token sot = kNoToken;
  Token translate = kNoToken;
  Token transcribe = kNoToken;
  Token prev = kNoToken;
  Token no_speech = kNoToken;
  Token no_timestamps = kNoToken;
  Token timestamp_begin = kNoToken;
  int language_count = 0;  ///< language tokens follow `sot`
  bool multilingual = false;
};

/// One timestamp token is 20 ms of audio.
constexpr int kTimestampStepMs = 20;

/// A model's tokens: bytes of each piece, and the byte-pair encoder over them.
/// Thread: any (immutable).
class Vocabulary {
 public:
  /// `pieces[i]` holds the bytes of token i; pieces of special tokens are not looked at.
  Vocabulary(std::vector<std::string> pieces, SpecialTokens special);

  const SpecialTokens& special() const noexcept { return special_; }
  int size() const noexcept { return static_cast<int>(pieces_.size()); }
  bool is_text(Token token) const noexcept { return token >= 0 && token < special_.eot; }
  bool is_timestamp(Token token) const noexcept { return token >= special_.timestamp_begin; }
  /// Bytes, not always whole characters. Empty for special tokens.
  std::string_view piece(Token token) const noexcept;
  /// The token with exactly these bytes, or kNoToken.
  Token find(std::string_view bytes) const;
  /// Joins the text tokens' bytes.
  std::string decode(const std::vector<Token>& tokens) const;
  /// Byte-pair encoding. Merges are ranked by token id, which is how GPT-2 vocabularies are numbered.
  std::vector<Token> encode(std::string_view text) const;

 private:
  void encode_chunk(std::string_view chunk, std::vector<Token>& out) const;

  std::vector<std::string> pieces_;
  SpecialTokens special_;
  std::unordered_map<std::string_view, Token> ids_;  // views into pieces_
};

}  // namespace zimu::asr
