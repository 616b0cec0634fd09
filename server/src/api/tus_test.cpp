// The headers of tus and its checksums.
#include "api/tus.hpp"

#include <gtest/gtest.h>

namespace zimu::api {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string sha1(std::string_view text) {
  Sha1 hash;
  hash.update(bytes(text));
  return hash.hex_digest();
}

// FIPS 180-4's own examples, and lengths around the padding's edges (checked with sha1sum).
TEST(Sha1, KnownAnswers) {
  EXPECT_EQ(sha1(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(sha1(std::string(55, 'a')), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  EXPECT_EQ(sha1(std::string(64, 'a')), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
  EXPECT_EQ(sha1(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Sha1, PiecesAreTheWhole) {
  Sha1 hash;
  for (int i = 0; i < 1000; ++i) hash.update(bytes(std::string(1000, 'a')));
  EXPECT_EQ(hash.hex_digest(), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Checksum, OfBothAlgorithms) {
  for (const char* header : {"sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="}) {
    auto good = Checksum::parse(header);
    ASSERT_TRUE(good.has_value()) << header;
    good->update(bytes("hello "));
    good->update(bytes("world"));
    EXPECT_TRUE(good->matches()) << header;
    auto bad = Checksum::parse(header);
    bad->update(bytes("hello worlds"));
    EXPECT_FALSE(bad->matches()) << header;
  }
}

TEST(Checksum, RefusesOtherShapes) {
  for (const char* header : {"", "sha1", "sha1 ", "sha1 AAAA", "md5 XrY7u+Ae7tCTyyK7j1rNww==", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0",
                             "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0="}) {
    EXPECT_FALSE(Checksum::parse(header).has_value()) << header;
  }
}

TEST(UploadMetadata, NamesAndTypes) {
  const auto metadata = parse_upload_metadata("filename dGFsay5tcDM=,filetype YXVkaW8vbXBlZw==, is_confidential");
  ASSERT_TRUE(metadata.has_value());
  EXPECT_EQ(metadata->file_name, "talk.mp3");
  EXPECT_EQ(metadata->content_type, "audio/mpeg");
  EXPECT_EQ(parse_upload_metadata("")->file_name, "");
  EXPECT_EQ(parse_upload_metadata("name YQ==,type Yg==")->file_name, "a");
  EXPECT_EQ(parse_upload_metadata("filename YQ==,name Yg==")->file_name, "a") << "filename counts more";
}

TEST(UploadMetadata, RefusesWhatIsMalformed) {
  for (const char* header : {",", "filename !!!!", "filename YQ==,filename YQ==", " ", "filename YQ==,,x", "f\xC3\xA9 YQ==",
                             "filename YQ", "filename YQ== YQ=="}) {
    EXPECT_FALSE(parse_upload_metadata(header).has_value()) << header;
  }
}

}  // namespace
}  // namespace zimu::api
