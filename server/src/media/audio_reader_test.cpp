#include "media/audio_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "media/probe.hpp"

/// On files that the ffmpeg program makes.
namespace zimu::media {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class AudioReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("zimu-media-" + std::to_string(::getpid()));
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::string path(const std::string& name) const { return (dir_ / name).string(); }
  std::string make(const std::string& name, const std::string& arguments) const {
    const std::string command = "ffmpeg -v error -y " + arguments + " '" + path(name) + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return path(name);
  }
  struct Read {
    std::vector<float> samples;
    domain::MediaInfo info;
    int stream = 0;
    std::optional<Error> error;
    double seconds() const { return static_cast<double>(samples.size()) / kSampleRateHz; }
    /// Loudness between two moments.
    double rms(double from, double to) const {
      double sum = 0;
      std::size_t count = 0;
      for (auto i = static_cast<std::size_t>(from * kSampleRateHz);
           i < std::min(static_cast<std::size_t>(to * kSampleRateHz), samples.size()); ++i, ++count) {
        sum += static_cast<double>(samples[i]) * static_cast<double>(samples[i]);
      }
      return count == 0 ? 0 : std::sqrt(sum / static_cast<double>(count));
    }
    /// Rising zero crossings per second: the frequency of a tone.
    double pitch(double from, double to) const {
      int crossings = 0;
      const auto end = std::min(static_cast<std::size_t>(to * kSampleRateHz), samples.size());
      for (auto i = static_cast<std::size_t>(from * kSampleRateHz) + 1; i < end; ++i) {
        crossings += samples[i - 1] < 0 && samples[i] >= 0 ? 1 : 0;
      }
      return crossings / (to - from);
    }
  };
  static Read read(const std::string& file, int stream = -1, const std::atomic<bool>* cancel = nullptr) {
    Read out;
    auto reader = AudioReader::open(file, stream, cancel);
    if (!reader) {
      out.error = reader.error();
      return out;
    }
    out.info = (*reader)->info();
    out.stream = (*reader)->audio_stream();
    while (true) {
      const auto piece = (*reader)->read();
      if (!piece) {
        out.error = piece.error();
        return out;
      }
      if (piece->empty()) return out;
      EXPECT_LE(piece->size(), std::size_t{4 * kSampleRateHz});
      out.samples.insert(out.samples.end(), piece->begin(), piece->end());
    }
  }

  fs::path dir_;
};

TEST_F(AudioReaderTest, ReadsEveryCommonFormat) {
  for (const std::string name : {"a.wav", "a.mp3", "a.m4a", "a.ogg", "a.opus", "a.flac", "a.webm", "a.mkv", "a.aac", "a.wma"}) {
    const Read got = read(make(name, "-f lavfi -i sine=frequency=500:duration=3"));
    ASSERT_FALSE(got.error) << name << ": " << got.error->message;
    EXPECT_NEAR(got.seconds(), 3, 0.15) << name;
    EXPECT_NEAR(got.pitch(1, 2), 500, 6) << name;
  }
}

TEST_F(AudioReaderTest, ManyChannelsAndRatesBecomeOneAt16kHz) {
  const Read got = read(make("six.flac", "-f lavfi -i sine=frequency=400:duration=2 -af 'pan=5.1|FL=c0|FR=c0|FC=c0|LFE=0*c0|BL=0*c0|BR=0*c0' -ar 44100"));
  ASSERT_FALSE(got.error) << got.error->message;
  EXPECT_NEAR(got.seconds(), 2, 0.01);
  EXPECT_NEAR(got.pitch(0.5, 1.5), 400, 3);
  ASSERT_EQ(got.info.streams.size(), 1U);
  EXPECT_EQ(got.info.streams[0].channels, 6);
  EXPECT_EQ(got.info.streams[0].sample_rate_hz, 44100);
  EXPECT_NEAR(read(make("low.wav", "-f lavfi -i sine=frequency=400:duration=2 -ar 8000")).pitch(0.5, 1.5), 400, 3);
}

TEST_F(AudioReaderTest, LateAudioBeginsWithSilence) {
  const std::string late = make("late.mp4",
                                "-f lavfi -i color=c=black:s=64x64:r=10:d=5 -itsoffset 1.5 -f lavfi -i sine=duration=3 "
                                "-map 0:v -map 1:a -c:v mpeg4 -c:a aac");
  const Read got = read(late);
  ASSERT_FALSE(got.error) << got.error->message;
  EXPECT_LT(got.rms(0, 1.35), 0.001);
  EXPECT_GT(got.rms(1.6, 4.3), 0.05);
  EXPECT_NEAR(got.seconds(), 4.5, 0.15);
  EXPECT_NEAR(static_cast<double>(got.info.start_offset.count()), 1500, 100);
  EXPECT_TRUE(got.info.has_video);
}

TEST_F(AudioReaderTest, AGapInsideBecomesSilence) {
  const std::string gap =
      make("gap.mkv", "-f lavfi -i sine=duration=6 -af \"aselect='lt(t,2)+gt(t,4)'\" -c:a pcm_s16le -fps_mode passthrough");
  const Read got = read(gap);
  ASSERT_FALSE(got.error) << got.error->message;
  EXPECT_NEAR(got.seconds(), 6, 0.15);
  EXPECT_GT(got.rms(0.5, 1.9), 0.05);
  EXPECT_LT(got.rms(2.2, 3.8), 0.001);
  EXPECT_GT(got.rms(4.2, 5.8), 0.05);
}

TEST_F(AudioReaderTest, AFileThatDoesNotSayItsLengthIsReadToTheEnd) {
  const std::string file = make("live.webm", "-f lavfi -i sine=duration=4 -c:a libopus -f webm -live 1");
  const Read got = read(file);
  ASSERT_FALSE(got.error) << got.error->message;
  EXPECT_NEAR(got.seconds(), 4, 0.1);
}

TEST_F(AudioReaderTest, CoverArtIsNoVideo) {
  make("cover.jpg", "-f lavfi -i color=c=red:s=64x64 -frames:v 1");
  const std::string file = make("cover.mp3", "-f lavfi -i sine=duration=2 -i '" + path("cover.jpg") +
                                                 "' -map 0:a -map 1:v -c:v copy -disposition:v attached_pic");
  const Read got = read(file);
  ASSERT_FALSE(got.error) << got.error->message;
  EXPECT_FALSE(got.info.has_video);
  EXPECT_NEAR(got.seconds(), 2, 0.1);
}

TEST_F(AudioReaderTest, AStreamIsChosenByNumber) {
  const std::string file = make("two.mkv",
                                "-f lavfi -i sine=frequency=300:duration=2 -f lavfi -i sine=frequency=900:duration=2 "
                                "-map 0:a -map 1:a -metadata:s:a:1 language=deu -disposition:a:0 0 -disposition:a:1 default");
  const Read first = read(file, 0);
  ASSERT_FALSE(first.error);
  EXPECT_NEAR(first.pitch(0.5, 1.5), 300, 5);
  EXPECT_EQ(first.stream, 0);
  const Read second = read(file, 1);
  EXPECT_NEAR(second.pitch(0.5, 1.5), 900, 10);
  const Read chosen = read(file);
  EXPECT_NEAR(chosen.pitch(0.5, 1.5), 900, 10);
  EXPECT_EQ(chosen.stream, 1);
  ASSERT_EQ(chosen.info.streams.size(), 2U);
  EXPECT_TRUE(chosen.info.streams[1].language.starts_with("d") || chosen.info.streams[1].language == "ger");
  const Read missing = read(file, 2);
  ASSERT_TRUE(missing.error);
  EXPECT_EQ(missing.error->code, ErrorCode::kBadMedia);
  EXPECT_NE(missing.error->message.find("two.mkv"), std::string::npos);
}

TEST_F(AudioReaderTest, OfACutFileTheBeginningIsRead) {
  for (const std::string name : {"cut.mp3", "cut.ogg", "cut.mkv", "cut.wav"}) {
    const std::string file = make(name, "-f lavfi -i sine=duration=20");
    fs::resize_file(file, fs::file_size(file) / 2);
    const Read got = read(file);
    ASSERT_FALSE(got.error) << name << got.error->message;
    EXPECT_NEAR(got.seconds(), 10, 2.5) << name;  // headers and changing bit rates
  }
}

TEST_F(AudioReaderTest, WhatIsNoRecordingIsRefusedByName) {
  std::ofstream(path("empty.mp3")).flush();
  std::ofstream(path("text.txt")) << "This is only a text. It has nothing to listen to.\n";
  std::ofstream noise(path("noise.mp4"), std::ios::binary);
  for (int i = 0; i < 100000; ++i) noise.put(static_cast<char>(i * 7919LL * i % 251));
  noise.close();
  std::ofstream(path("list.m3u8")) << "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
  std::ofstream(path("list.ffconcat")) << "ffconcat version 1.0\nfile '/etc/passwd'\n";
  make("silent.mp4", "-f lavfi -i color=c=black:s=64x64:r=10:d=1 -c:v mpeg4");
  make("picture.png", "-f lavfi -i color=c=red:s=64x64 -frames:v 1");
  for (const std::string name : {"empty.mp3", "text.txt", "noise.mp4", "list.m3u8", "list.ffconcat", "silent.mp4", "picture.png"}) {
    const Read got = read(path(name));
    ASSERT_TRUE(got.error) << name;
    EXPECT_EQ(got.error->code, ErrorCode::kBadMedia) << name;
    EXPECT_NE(got.error->message.find(name), std::string::npos) << got.error->message;
    EXPECT_FALSE(got.error->action.empty()) << name;
    EXPECT_TRUE(got.samples.empty());
  }
  const Read absent = read(path("absent.mp3"));
  ASSERT_TRUE(absent.error);
  EXPECT_EQ(absent.error->code, ErrorCode::kNotFound);
}

TEST_F(AudioReaderTest, NamesAreNamesAndNotAddresses) {
  const std::string plain = make("plain.wav", "-f lavfi -i sine=duration=1");
  for (const std::string name : {"http:x.wav", "a b'c.wav", "concat:1.wav", "%05d.wav", "-i.wav"}) {
    fs::copy_file(plain, path(name));
    const Read got = read(path(name));
    ASSERT_FALSE(got.error) << name << ": " << got.error->message;
    EXPECT_NEAR(got.seconds(), 1, 0.01);
  }
}

TEST_F(AudioReaderTest, CancelEndsReading) {
  const std::string file = make("long.mp3", "-f lavfi -i sine=duration=60");
  std::atomic<bool> cancel{false};
  auto reader = AudioReader::open(file, -1, &cancel);
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->read());
  cancel = true;
  bool ended = false;
  for (int i = 0; i < 10000 && !ended; ++i) {
    const auto piece = (*reader)->read();
    ended = !piece || piece->empty();
  }
  EXPECT_TRUE(ended);
}

TEST_F(AudioReaderTest, TheSameFileGivesTheSameSamples) {
  const std::string file = make("same.m4a", "-f lavfi -i sine=frequency=700:duration=5 -ar 44100");
  EXPECT_EQ(read(file).samples, read(file).samples);
}

TEST_F(AudioReaderTest, ProbeReadsWithoutDecoding) {
  const std::string file = make("film.mkv",
                                "-f lavfi -i color=c=black:s=320x240:r=10:d=3 -f lavfi -i sine=duration=3 "
                                "-map 0:v -map 1:a -c:v mpeg4 -c:a libopus");
  const auto info = probe(file);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_TRUE(info->has_video);
  ASSERT_EQ(info->streams.size(), 2U);
  EXPECT_EQ(info->streams[0].kind, "video");
  EXPECT_EQ(info->streams[0].width, 320);
  EXPECT_EQ(info->streams[1].kind, "audio");
  EXPECT_EQ(info->streams[1].codec, "opus");
  EXPECT_NEAR(static_cast<double>(info->duration.count()), 3000, 100);
  const auto silent = probe(make("mute.mp4", "-f lavfi -i color=c=black:s=64x64:r=10:d=1 -c:v mpeg4"));
  ASSERT_TRUE(silent);
  EXPECT_EQ(silent->streams.size(), 1U);
}

}  // namespace
}  // namespace zimu::media
