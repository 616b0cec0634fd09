// Reading from the middle of files that the ffmpeg program makes: it must give what reading the whole file gives there.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "media/audio_reader.hpp"

namespace zimu::media {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Two minutes of which no moment sounds like another: a murmur, in the range of voices.
const std::string kMurmur = "-f lavfi -i \"anoisesrc=d=130:r=44100:a=0.9:c=white:s=7,lowpass=f=900,lowpass=f=900\" ";

class SeekTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("zimu-seek-" + std::to_string(::getpid()));
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::string make(const std::string& name, const std::string& arguments) const {
    const std::string path = (dir_ / name).string();
    const std::string command = "ffmpeg -v error -y " + arguments + " '" + path + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return path;
  }
  static std::vector<float> read(const std::string& file, Milliseconds from, std::size_t most = SIZE_MAX, int stream = -1) {
    std::vector<float> samples;
    auto reader = AudioReader::open(file, stream, nullptr, from);
    EXPECT_TRUE(reader) << file;
    while (reader && samples.size() < most) {
      const auto piece = (*reader)->read();
      EXPECT_TRUE(piece) << file;
      if (!piece || piece->empty()) break;
      samples.insert(samples.end(), piece->begin(), piece->end());
    }
    samples.resize(std::min(samples.size(), most));
    return samples;
  }
  /// By how many samples `part` lies beside its place in `whole`, and how alike they are there (1: the same).
  struct Match {
    int shift = 0;
    double likeness = -1;
  };
  static Match match(const std::vector<float>& whole, const std::vector<float>& part, Milliseconds from) {
    constexpr int kFar = 1600;  // 0.1 s
    const auto at = static_cast<std::ptrdiff_t>(from.count() * 16);
    const std::size_t length = std::min<std::size_t>(part.size(), 16'000);
    Match best;
    for (int shift = -kFar; shift <= kFar; ++shift) {
      double both = 0;
      double one = 0;
      double other = 0;
      for (std::size_t i = 0; i < length; i += 3) {
        const auto a = static_cast<double>(whole[static_cast<std::size_t>(at + shift) + i]);
        const auto b = static_cast<double>(part[i]);
        both += a * b;
        one += a * a;
        other += b * b;
      }
      const double likeness = both / std::sqrt(one * other + 1e-12);
      if (likeness > best.likeness) best = {shift, likeness};
    }
    return best;
  }

  fs::path dir_;
};

TEST_F(SeekTest, EveryFormatGivesWhatIsThere) {
  for (const std::string name : {"a.wav", "a.mp3", "a.m4a", "a.flac", "a.mka", "a.webm", "a.aac", "a.ogg", "a.opus", "a.wma",
                                 "a.aiff", "a.ts"}) {
    const std::string file = make(name, kMurmur);
    const auto whole = read(file, 0ms);
    for (const Milliseconds from : {60'000ms, 61'237ms, 100'001ms}) {
      const auto part = read(file, from);
      ASSERT_GT(part.size(), 16'000U) << name;
      const Match found = match(whole, part, from);
      EXPECT_LE(std::abs(found.shift), 16) << name << " from " << from.count();
      EXPECT_GT(found.likeness, 0.98) << name << " from " << from.count();
      EXPECT_NEAR(static_cast<double>(part.size()), static_cast<double>(whole.size()) - static_cast<double>(from.count()) * 16, 400)
          << name;
    }
  }
}

TEST_F(SeekTest, LosslessSoundIsTheSameToTheSample) {
  for (const std::string name : {"b.wav", "b.flac"}) {
    const std::string file = make(name, kMurmur + "-ar 16000 -ac 1 -c:a " + (name == "b.flac" ? "flac" : "pcm_s16le"));
    const auto whole = read(file, 0ms);
    const auto part = read(file, 77'777ms);
    ASSERT_EQ(part.size(), whole.size() - 77'777 * 16) << name;
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 77'777 * 16)) << name;
  }
}

TEST_F(SeekTest, TheSameMomentGivesTheSameSamples) {
  const std::string file = make("c.mp3", kMurmur);
  EXPECT_EQ(read(file, 90'000ms), read(file, 90'000ms));
}

TEST_F(SeekTest, FilmsWhoseIndexIsThatOfThePictures) {
  for (const std::string name : {"film.mkv", "film.mp4"}) {
    const std::string file = make(name, "-f lavfi -i testsrc=size=64x64:rate=10:duration=130 " + kMurmur +
                                            "-map 0:v -map 1:a -c:v mpeg4 -g 120 -c:a aac");
    const auto whole = read(file, 0ms);
    const Match found = match(whole, read(file, 95'500ms, 32'000), 95'500ms);
    EXPECT_LE(std::abs(found.shift), 16) << name;
    EXPECT_GT(found.likeness, 0.98) << name;
  }
}

TEST_F(SeekTest, LateSoundAndGapsStayWhereTheyAre) {
  const std::string late = make("late.mp4", "-f lavfi -i color=c=black:s=64x64:r=5:d=140 -itsoffset 70 " + kMurmur +
                                                "-map 0:v -map 1:a -c:v mpeg4 -c:a aac -t 140");
  const auto before = read(late, 65'000ms);
  const auto loud = std::ranges::find_if(before, [](float s) { return std::abs(s) > 0.02F; });
  EXPECT_NEAR(static_cast<double>(loud - before.begin()) / 16, 5000, 100);
  const auto whole = read(late, 0ms);
  const Match found = match(whole, read(late, 100'000ms, 32'000), 100'000ms);
  EXPECT_LE(std::abs(found.shift), 16);
  EXPECT_GT(found.likeness, 0.98);

  const std::string gap = make("gap.mkv", kMurmur + "-af \"aselect='lt(t,62)+gt(t,80)'\" -c:a pcm_s16le -fps_mode passthrough");
  const auto hole = read(gap, 70'000ms);
  const auto end = std::ranges::find_if(hole, [](float s) { return std::abs(s) > 0.02F; });
  EXPECT_NEAR(static_cast<double>(end - hole.begin()) / 16, 10'000, 100);
}

TEST_F(SeekTest, AChosenStreamIsFollowed) {
  const std::string file = make("two.mka", "-f lavfi -i sine=frequency=300:duration=130 " + kMurmur + "-map 0:a -map 1:a -c:a aac");
  const auto whole = read(file, 0ms, SIZE_MAX, 1);
  const Match found = match(whole, read(file, 88'000ms, 32'000, 1), 88'000ms);
  EXPECT_LE(std::abs(found.shift), 16);
  EXPECT_GT(found.likeness, 0.98);
}

TEST_F(SeekTest, NothingIsReadBehindTheEnd) {
  for (const std::string name : {"d.wav", "d.mp3", "d.m4a", "d.mkv"}) {
    const std::string file = make(name, "-f lavfi -i sine=duration=65");
    EXPECT_TRUE(read(file, 90'000ms).empty()) << name;
    EXPECT_NEAR(static_cast<double>(read(file, 64'000ms).size()), 16'000, 1500) << name;
  }
}

TEST_F(SeekTest, CancelEndsTheWayThere) {
  const std::string file = make("e.ts", kMurmur);  // decoded up to there
  std::atomic<bool> cancel{false};
  auto reader = AudioReader::open(file, -1, &cancel, 120s);
  ASSERT_TRUE(reader);
  cancel = true;
  const auto piece = (*reader)->read();
  EXPECT_TRUE(!piece || piece->empty());
}

}  // namespace
}  // namespace zimu::media
