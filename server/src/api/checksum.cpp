#include "api/checksum.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/check.hpp"
#include "base/utf8.hpp"
#include "http/url.hpp"

namespace zimu::api {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

Sha1::Sha1() : context_(EVP_MD_CTX_new()) {
  ZIMU_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha1(), nullptr) == 1);
}

void Sha1::Free::operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }

void Sha1::update(std::span<const std::byte> bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

std::string Sha1::hex_digest() {
  std::array<unsigned char, 20> digest{};
  EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Result<std::string> decode_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t length = 0;
  const char* end = nullptr;
  const int rc = ::sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(),
                                     nullptr, &length, &end, sodium_base64_VARIANT_ORIGINAL);
  // libsodium 1.0.18 takes some bytes above 0x7F for digits.
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!text.empty() && (!ascii || rc != 0 || end != text.data() + text.size())) {
    return fail(ErrorCode::kInvalidArgument, "a base64 value is malformed");
  }
  out.resize(length);
  return out;
}

Result<Checksum> Checksum::parse(std::string_view header) {
  const auto space = header.find(' ');
  const std::string_view algorithm = header.substr(0, space);
  const bool is_sha1 = algorithm == "sha1";
  if (!is_sha1 && algorithm != "sha256") {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Upload-Checksum names '{}', which is not offered", to_utf8(algorithm)),
                fmt::format("use one of {}", kChecksumAlgorithms));
  }
  const auto digest = decode_base64(space == std::string_view::npos ? std::string_view{} : header.substr(space + 1));
  if (!digest || digest->size() != (is_sha1 ? 20U : 32U)) {
    return fail(ErrorCode::kInvalidArgument, "Upload-Checksum has no base64 digest of its algorithm's length");
  }
  if (is_sha1) return Checksum(Sha1(), hex(*digest));
  return Checksum(Sha256(), hex(*digest));
}

void Checksum::update(std::span<const std::byte> bytes) {
  std::visit([bytes](auto& hash) { hash.update(bytes); }, hash_);
}

bool Checksum::matches() {
  return std::visit([](auto& hash) { return hash.hex_digest(); }, hash_) == expected_;
}

}  // namespace zimu::api
