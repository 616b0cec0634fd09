#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/file.hpp"

struct evp_md_ctx_st;
using EVP_MD_CTX = evp_md_ctx_st;

namespace zimu::api {

/// SHA-1 (FIPS 180-4 §6.1), which every tus server must offer. Against damage on the way only: it is no proof of origin.
/// libsodium has none, so this is OpenSSL's.
class Sha1 {
 public:
  Sha1();
  void update(std::span<const std::byte> bytes);
  std::string hex_digest();  ///< ends it

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept;
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

/// For `Tus-Checksum-Algorithm`.
inline constexpr std::string_view kChecksumAlgorithms = "sha1,sha256";

/// What a client says the bytes of one request are.
class Checksum {
 public:
  /// "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=": algorithm and base64 digest. kInvalidArgument for any other shape or algorithm.
  static Result<Checksum> parse(std::string_view header);
  void update(std::span<const std::byte> bytes);
  bool matches();  ///< ends it

 private:
  Checksum(std::variant<Sha1, Sha256> hash, std::string expected) : hash_(std::move(hash)), expected_(std::move(expected)) {}
  std::variant<Sha1, Sha256> hash_;
  std::string expected_;  ///< hex
};

/// RFC 4648 §4 with padding; kInvalidArgument for anything else.
Result<std::string> decode_base64(std::string_view text);

}  // namespace zimu::api
