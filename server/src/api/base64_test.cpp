#include <gtest/gtest.h>

#include "api/checksum.hpp"

namespace zimu::api {
namespace {

TEST(Base64, IsReadInItsOneFormOnly) {
  // RFC 4648 §10.
  EXPECT_EQ(decode_base64("").value_or("?"), "");
  EXPECT_EQ(decode_base64("Zg==").value_or("?"), "f");
  EXPECT_EQ(decode_base64("Zm9vYg==").value_or("?"), "foob");
  EXPECT_EQ(decode_base64("Zm9vYmFy").value_or("?"), "foobar");
  EXPECT_EQ(decode_base64("+/+/").value_or("?"), "\xfb\xff\xbf");
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9vYg==Zg==", "Zm 9v", "Zm9v\n", "-_-_", "=", "Zm9v,"}) {
    EXPECT_FALSE(decode_base64(bad)) << bad;
  }
}

// Found by fuzzing: libsodium 1.0.18 takes bytes above 0x7F for digits.
TEST(Base64, NoByteBesideItsAlphabetIsADigit) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    EXPECT_EQ(decode_base64(std::string("AAA") + c).has_value(), digit || c == '=') << byte;
    EXPECT_EQ(decode_base64(std::string("A") + c + "AA").has_value(), digit) << byte;
  }
}

}  // namespace
}  // namespace zimu::api
