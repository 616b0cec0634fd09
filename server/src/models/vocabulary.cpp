#include "models/vocabulary.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <system_error>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/file.hpp"

namespace zimu::models {
namespace {

namespace json = boost::json;

constexpr std::string_view kEndOfText = "<|endoftext|>";
constexpr std::uint64_t kMaxVocabularyBytes = 64U << 20U;  // Whisper's tokenizer.json has 2.2 MB

/// GPT-2's byte alphabet: printable Latin-1 stands for itself, the other 68 bytes for U+0100 onwards in order.
constexpr std::size_t kAlphabetEnd = 0x100 + 68;
using Alphabet = std::array<std::int16_t, kAlphabetEnd>;

constexpr Alphabet make_alphabet() {
  Alphabet alphabet{};
  alphabet.fill(-1);
  std::size_t next = 0x100;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    alphabet[printable ? byte : next++] = static_cast<std::int16_t>(byte);
  }
  return alphabet;
}
constexpr Alphabet kAlphabet = make_alphabet();

/// Spelled tokens by id; holes are nullopt.
using Spellings = std::vector<std::optional<std::string>>;

Result<std::vector<std::string>> decode(const Spellings& spellings, std::size_t text_tokens) {
  if (spellings.size() > text_tokens && spellings[text_tokens] && *spellings[text_tokens] != kEndOfText) {
    return fail(ErrorCode::kModelInvalid, fmt::format("token {} of the vocabulary is \"{}\" instead of {}", text_tokens,
                                                      *spellings[text_tokens], kEndOfText));
  }
  std::vector<std::string> tokens;
  tokens.reserve(text_tokens);
  for (std::size_t id = 0; id < text_tokens; ++id) {
    if (id >= spellings.size() || !spellings[id]) {
      if (id == 50256) {  // multilingual Whisper's unused, empty token: some files leave it out
        tokens.emplace_back();
        continue;
      }
      return fail(ErrorCode::kModelInvalid, fmt::format("the vocabulary has no token {} of {}", id, text_tokens));
    }
    ZIMU_TRY(auto bytes, bytes_of_token(*spellings[id]));
    tokens.push_back(std::move(bytes));
  }
  return tokens;
}

Result<Spellings> spellings_from_list(const json::array& list) {
  Spellings spellings;
  for (const json::value& item : list) {
    if (!item.is_string()) return fail(ErrorCode::kModelInvalid, "the vocabulary list holds something that is no text");
    spellings.emplace_back(std::string(item.get_string()));
  }
  return spellings;
}

Result<Spellings> spellings_from_object(const json::object& object, std::size_t text_tokens) {
  Spellings spellings(text_tokens + 1);
  for (const auto& [token, id] : object) {
    if (!id.is_int64() || id.get_int64() < 0) {
      return fail(ErrorCode::kModelInvalid, fmt::format("token \"{}\" has no proper id", std::string_view(token)));
    }
    const auto index = static_cast<std::uint64_t>(id.get_int64());
    if (index > text_tokens) continue;  // special tokens: the engine makes its own
    if (spellings[index]) return fail(ErrorCode::kModelInvalid, fmt::format("two tokens have the id {}", index));
    spellings[index] = std::string(token);
  }
  return spellings;
}

}  // namespace

Result<std::string> bytes_of_token(std::string_view spelling) {
  std::string bytes;
  for (std::size_t i = 0; i < spelling.size(); ++i) {
    auto code = static_cast<std::size_t>(static_cast<unsigned char>(spelling[i]));
    if (code >= 0xC0 && code < 0xE0 && i + 1 < spelling.size()) {  // the alphabet ends below U+0800: two bytes at most
      code = ((code & 0x1FU) << 6U) | (static_cast<unsigned char>(spelling[++i]) & 0x3FU);
    } else if (code >= 0x80) {
      code = kAlphabetEnd;
    }
    if (code >= kAlphabetEnd || kAlphabet[code] < 0) {
      return fail(ErrorCode::kModelInvalid, fmt::format("token \"{}\" is not in GPT-2's byte spelling", spelling));
    }
    bytes.push_back(static_cast<char>(kAlphabet[code]));
  }
  return bytes;
}

Result<std::vector<std::string>> parse_vocabulary_txt(std::string_view text, std::size_t text_tokens) {
  Spellings spellings;
  while (!text.empty() && spellings.size() <= text_tokens) {
    const std::size_t end = text.find('\n');
    spellings.emplace_back(std::string(text.substr(0, end)));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return decode(spellings, text_tokens);
}

Result<std::vector<std::string>> parse_vocabulary_json(std::string_view text, std::size_t text_tokens) {
  boost::system::error_code ec;
  json::value root = json::parse(text, ec);
  if (ec) return fail(ErrorCode::kModelInvalid, fmt::format("the vocabulary is no proper JSON: {}", ec.message()));
  if (const auto* list = root.if_array()) {
    ZIMU_TRY(const auto spellings, spellings_from_list(*list));
    return decode(spellings, text_tokens);
  }
  const json::object* object = root.if_object();
  if (object == nullptr) return fail(ErrorCode::kModelInvalid, "the vocabulary is neither a list nor an object");
  if (const json::value* model = object->if_contains("model"); model != nullptr && model->is_object()) {
    const json::value* vocab = model->get_object().if_contains("vocab");
    if (vocab == nullptr || !vocab->is_object()) {
      return fail(ErrorCode::kModelInvalid, "tokenizer.json has no object model.vocab");
    }
    object = &vocab->get_object();
  }
  ZIMU_TRY(const auto spellings, spellings_from_object(*object, text_tokens));
  return decode(spellings, text_tokens);
}

Result<std::vector<std::string>> read_vocabulary(const std::filesystem::path& folder, std::size_t text_tokens) {
  constexpr std::array kNames{"vocabulary.txt", "vocabulary.json", "vocab.json", "tokenizer.json"};
  for (const char* name : kNames) {
    const auto path = folder / name;
    std::error_code ec;
    if (!std::filesystem::exists(path, ec)) continue;
    ZIMU_TRY(const auto text, read_file(path, kMaxVocabularyBytes));
    auto tokens = path.extension() == ".txt" ? parse_vocabulary_txt(text, text_tokens)
                                             : parse_vocabulary_json(text, text_tokens);
    if (!tokens) return fail(tokens.error().code, fmt::format("{}: {}", path.string(), tokens.error().message));
    return tokens;
  }
  return fail(ErrorCode::kModelInvalid, fmt::format("{} has no vocabulary", folder.string()),
              "put vocabulary.txt, vocabulary.json, vocab.json or tokenizer.json beside the weights");
}

}  // namespace zimu::models
