#include "worker/transcribe_job.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.hpp"
#include "worker/inspect_job.hpp"
#include "worker/sound.hpp"

/// Whole jobs on real media made by ffmpeg; those that need the base model are skipped where it is not there.
namespace zimu::worker {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const fs::path kSpeech =
    ZIMU_SOURCE_DIR "/build/whisper/source/node_modules/nodejs-whisper/cpp/whisper.cpp/samples/jfk.mp3";

class JobTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("zimu-job-" + std::to_string(::getpid()));
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::string make(const std::string& name, const std::string& arguments) const {
    const std::string path = (dir_ / name).string();
    const std::string command = "ffmpeg -v error -y " + arguments + " '" + path + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return path;
  }
  static std::string model() {
    const char* dir = std::getenv("ZIMU_TEST_MODEL_DIR");
    return ((dir != nullptr ? fs::path(dir) : fs::path(ZIMU_SOURCE_DIR "/build/models")) / "ggml-base.bin").string();
  }
  static bool has_model() { return fs::exists(model()) && fs::exists(kSpeech); }

  struct Outcome {
    Result<protocol::DoneEvent> done;
    std::vector<protocol::Event> events;
    std::vector<domain::Window> windows;
    std::string text;
  };
  /// Runs `job(writer)` and reads what it wrote through a pipe.
  template <class Job>
  static Outcome collect(Job job) {
    int fds[2];
    EXPECT_EQ(::pipe(fds), 0);
    Outcome out{fail(ErrorCode::kInternal, "not run"), {}, {}, {}};
    std::thread reader([&out, fd = fds[0]] {
      protocol::LineSplitter lines;
      char buffer[4096];
      for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
        EXPECT_TRUE(lines.feed({buffer, static_cast<std::size_t>(n)}));
        while (const auto line = lines.next()) {
          auto event = protocol::decode_event(*line);
          EXPECT_TRUE(event) << *line;
          if (event) out.events.push_back(std::move(*event));
        }
      }
    });
    EventWriter writer(fds[1]);
    out.done = job(writer);
    ::close(fds[1]);
    reader.join();
    ::close(fds[0]);
    for (const auto& event : out.events) {
      const auto* window = std::get_if<protocol::WindowEvent>(&event);
      if (window == nullptr) continue;
      out.windows.push_back(window->window);
      for (const auto& segment : window->window.segments) out.text += segment.text + " ";
    }
    return out;
  }
  Outcome transcribe(protocol::TranscribeRequest request, const std::atomic<bool>& cancel = kNever) {
    request.job = "j";
    request.model_path = model();
    return collect([&](EventWriter& writer) { return run_transcription(request, models_, writer, cancel); });
  }

  static inline const std::atomic<bool> kNever{false};
  fs::path dir_;
  ModelCache models_;
};

TEST_F(JobTest, SoundGivesEverySampleOnceAndSkips) {
  const std::string path = make("tone.wav", "-f lavfi -i sine=frequency=300:duration=95 -ar 16000 -ac 1");
  auto sound = Sound::open(path, -1, nullptr);
  ASSERT_TRUE(sound) << sound.error().message;
  ASSERT_TRUE((*sound)->skip(70 * 16000));
  EXPECT_EQ((*sound)->position(), 70U * 16000);
  ASSERT_TRUE((*sound)->fill(10 * 16000));
  EXPECT_GE((*sound)->available().size(), 10U * 16000);
  EXPECT_FALSE((*sound)->at_end());
  ASSERT_TRUE((*sound)->fill(30 * 16000));
  EXPECT_TRUE((*sound)->at_end());
  EXPECT_EQ((*sound)->available().size(), 25U * 16000);
  ASSERT_TRUE((*sound)->skip(100 * 16000));
  EXPECT_EQ((*sound)->position(), 95U * 16000);
  // The same samples after a skip as without one.
  auto whole = Sound::open(path, -1, nullptr);
  ASSERT_TRUE(whole);
  ASSERT_TRUE((*whole)->fill(71 * 16000));
  auto late = Sound::open(path, -1, nullptr);
  ASSERT_TRUE(late);
  ASSERT_TRUE((*late)->skip(70 * 16000));
  ASSERT_TRUE((*late)->fill(16000));
  EXPECT_TRUE(std::equal((*late)->available().begin(), (*late)->available().begin() + 16000,
                         (*whole)->available().begin() + 70 * 16000));
  EXPECT_FALSE(Sound::open((dir_ / "absent.wav").string(), -1, nullptr));
}

TEST_F(JobTest, ASoundNobodyReadsToTheEndCloses) {
  const std::string path = make("long.wav", "-f lavfi -i sine=duration=300 -ar 16000 -ac 1");
  auto sound = Sound::open(path, -1, nullptr);
  ASSERT_TRUE(sound);
  ASSERT_TRUE((*sound)->fill(100));
}

TEST_F(JobTest, InspectsAFile) {
  const std::string path = make("two.wav", "-f lavfi -i sine=frequency=300:duration=2 -ar 44100 -ac 2");
  protocol::InspectRequest request{"j", path, (dir_ / "peaks").string()};
  const Outcome out = collect([&](EventWriter& writer) { return run_inspection(request, writer, kNever); });
  ASSERT_TRUE(out.done) << out.done.error().message;
  EXPECT_EQ(out.done->duration, 2s);
  EXPECT_EQ(out.done->sha256, *sha256_file(path));
  const auto peaks = read_file(request.peaks_path);
  ASSERT_TRUE(peaks);
  ASSERT_EQ(peaks->size(), 12U + 100U);
  EXPECT_EQ(peaks->substr(0, 4), "ZPK1");
  EXPECT_EQ((*peaks)[4], 20);
  EXPECT_EQ((*peaks)[8], 100);
  EXPECT_NEAR(static_cast<unsigned char>((*peaks)[20]), 0.125 * 255, 3);  // ffmpeg's sine
  request.media_path = (dir_ / "text.srt").string();
  std::ofstream(request.media_path) << "1\n00:00:00,000 --> 00:00:01,000\nhi\n";
  const Outcome refused = collect([&](EventWriter& writer) { return run_inspection(request, writer, kNever); });
  ASSERT_FALSE(refused.done);
  EXPECT_EQ(refused.done.error().code, ErrorCode::kBadMedia);
}

TEST_F(JobTest, TranscribesAndPlacesLateAudio) {
  if (!has_model()) GTEST_SKIP() << "no model at " << model();
  protocol::TranscribeRequest request;
  request.media_path = make("late.mp4", "-f lavfi -i color=c=black:s=64x64:r=5:d=14 -itsoffset 1.5 -i '" +
                                            kSpeech.string() + "' -map 0:v -map 1:a -c:v mpeg4 -c:a aac");
  request.options.words = true;
  const Outcome out = transcribe(request);
  ASSERT_TRUE(out.done) << out.done.error().message;
  EXPECT_NE(out.text.find("ask not what your country can do for you"), std::string::npos) << out.text;
  ASSERT_FALSE(out.windows.empty());
  EXPECT_TRUE(out.windows.front().silence);
  domain::Segment first;
  for (const auto& window : out.windows) {
    if (!window.segments.empty() && first.text.empty()) first = window.segments.front();
  }
  ASSERT_FALSE(first.words.empty());
  EXPECT_NEAR(static_cast<double>(first.words.front().start.count()), 1820, 250);
  EXPECT_GT(out.done->audible_share_with_text, 0.9);
  domain::Coverage all;
  for (const auto& window : out.windows) {
    ASSERT_TRUE(window.coverage);
    EXPECT_LE(window.coverage->audible, window.end - window.start + 20ms);
    domain::append(all, *window.coverage);
  }
  EXPECT_GT(all.audible, 6s);
  EXPECT_DOUBLE_EQ(domain::share_with_text(all), out.done->audible_share_with_text);
  EXPECT_EQ(out.done->device, "cpu");
  const auto language = std::ranges::find_if(out.events, [](const auto& e) {
    return std::holds_alternative<protocol::LanguageEvent>(e);
  });
  ASSERT_NE(language, out.events.end());
  EXPECT_EQ(std::get<protocol::LanguageEvent>(*language).language, "en");
}

TEST_F(JobTest, GoesOnInTheMiddleWithTheSameTail) {
  if (!has_model()) GTEST_SKIP() << "no model at " << model();
  protocol::TranscribeRequest request;
  // Not a whole number of milliseconds long.
  request.media_path = make("three.wav", "-stream_loop 3 -i '" + kSpeech.string() + "' -af atrim=end_sample=1599993 -ac 1");
  request.options.language = "en";
  const Outcome whole = transcribe(request);
  ASSERT_TRUE(whole.done) << whole.done.error().message;
  ASSERT_GE(whole.windows.size(), 2U);
  for (std::size_t i = 1; i < whole.windows.size(); ++i) {
    EXPECT_EQ(whole.windows[i].start, whole.windows[i - 1].end);
    EXPECT_EQ(whole.windows[i].index, static_cast<std::int64_t>(i));
    EXPECT_GT(whole.windows[i].end - whole.windows[i].start, 2ms);
  }
  const auto& again = whole.windows[1];
  request.resume_at = again.start;
  request.next_window = again.index;
  request.next_segment = static_cast<std::int64_t>(whole.windows[0].segments.size());
  request.resume_language = "en";
  const Outcome rest = transcribe(request);
  ASSERT_TRUE(rest.done);
  ASSERT_EQ(rest.windows.size() + 1, whole.windows.size());
  for (std::size_t i = 0; i < rest.windows.size(); ++i) {
    const auto one = protocol::encode(protocol::Event(protocol::WindowEvent{"j", rest.windows[i]}));
    const auto other = protocol::encode(protocol::Event(protocol::WindowEvent{"j", whole.windows[i + 1]}));
    EXPECT_EQ(one, other);
  }
}

TEST_F(JobTest, ASpanIsHeardAloneAndGoesOnWithTheSameTail) {
  if (!has_model()) GTEST_SKIP() << "no model at " << model();
  protocol::TranscribeRequest request;
  // Eleven seconds of speech at 0, 100, 200 … s; a span that cuts into two of them and is far enough in to be sought.
  request.media_path = make("far.m4a", "-stream_loop 3 -i '" + kSpeech.string() + "' -af apad=whole_dur=44 -ac 1");
  const std::string whole = make("farther.m4a", "-stream_loop 4 -i '" + request.media_path + "' -c copy");
  request.media_path = whole;
  request.options.words = true;
  request.resume_at = request.span_start = Milliseconds{64'500};
  request.span_end = Milliseconds{105'250};
  const Outcome out = transcribe(request);
  ASSERT_TRUE(out.done) << out.done.error().message;
  ASSERT_GE(out.windows.size(), 2U);
  EXPECT_EQ(out.windows.front().start, request.span_start);
  EXPECT_EQ(out.windows.front().index, 0);
  EXPECT_EQ(out.windows.back().end, request.span_end);
  EXPECT_EQ(out.done->duration, request.span_end);
  EXPECT_NE(out.text.find("what you can do for your country"), std::string::npos) << out.text;
  for (const auto& window : out.windows) {
    for (const auto& segment : window.segments) {
      EXPECT_GE(segment.start, window.start);
      EXPECT_LE(segment.end, window.end);
      for (const auto& word : segment.words) EXPECT_TRUE(window.start <= word.start && word.end <= window.end);
    }
  }
  for (const auto& event : out.events) {
    const auto* progress = std::get_if<protocol::ProgressEvent>(&event);
    if (progress == nullptr) continue;
    EXPECT_GE(progress->done, request.span_start);
    EXPECT_EQ(progress->total, request.span_end);
  }

  request.resume_at = out.windows[1].start;
  request.next_window = 1;
  request.next_segment = static_cast<std::int64_t>(out.windows[0].segments.size());
  request.resume_language = "en";
  const Outcome rest = transcribe(request);
  ASSERT_TRUE(rest.done);
  ASSERT_EQ(rest.windows.size() + 1, out.windows.size());
  for (std::size_t i = 0; i < rest.windows.size(); ++i) {
    EXPECT_EQ(protocol::encode(protocol::Event(protocol::WindowEvent{"j", rest.windows[i]})),
              protocol::encode(protocol::Event(protocol::WindowEvent{"j", out.windows[i + 1]})));
  }
}

TEST_F(JobTest, SoundWithoutTextIsAGap) {
  if (!has_model()) GTEST_SKIP() << "no model at " << model();
  protocol::TranscribeRequest request;
  // Speech, and 30 s later twenty seconds of a tone.
  request.media_path = make("tone_after.wav", "-i '" + kSpeech.string() + "' -f lavfi -i sine=frequency=440:duration=20 "
                            "-filter_complex '[0]aresample=16000,aformat=channel_layouts=mono,apad=whole_dur=41[a];"
                            "[1]aresample=16000[b];[a][b]concat=n=2:v=0:a=1'");
  request.options.language = "en";
  const Outcome out = transcribe(request);
  ASSERT_TRUE(out.done) << out.done.error().message;
  domain::Coverage all;
  for (const auto& window : out.windows) domain::append(all, *window.coverage);
  ASSERT_FALSE(all.gaps.empty());
  EXPECT_NEAR(static_cast<double>(all.gaps.back().start.count()), 41'000, 40) << "on the recording's clock";
  EXPECT_NEAR(static_cast<double>(all.gaps.back().end.count()), 61'000, 40);
  EXPECT_NEAR(out.done->audible_share_with_text, domain::share_with_text(all), 1e-9);
  EXPECT_LT(domain::share_with_text(all), 0.5);
}

TEST_F(JobTest, SilenceNeedsNoText) {
  if (!has_model()) GTEST_SKIP() << "no model at " << model();
  protocol::TranscribeRequest request;
  request.media_path = make("silence.wav", "-f lavfi -i anullsrc=r=16000:cl=mono -t 65");
  const Outcome out = transcribe(request);
  ASSERT_TRUE(out.done) << out.done.error().message;
  EXPECT_EQ(out.text, "");
  EXPECT_EQ(out.done->duration, 65s);
  EXPECT_EQ(out.done->audible_share_with_text, 1.0);
  for (const auto& window : out.windows) EXPECT_TRUE(window.silence);
}

TEST_F(JobTest, CancelEndsIt) {
  if (!has_model()) GTEST_SKIP() << "no model at " << model();
  protocol::TranscribeRequest request;
  request.media_path = kSpeech.string();
  const std::atomic<bool> cancelled{true};
  const Outcome out = transcribe(request, cancelled);
  ASSERT_FALSE(out.done);
  EXPECT_EQ(out.done.error().code, ErrorCode::kCancelled);
}

TEST_F(JobTest, AMissingModelIsSaidSo) {
  protocol::TranscribeRequest request;
  request.job = "j";
  request.media_path = make("short.wav", "-f lavfi -i sine=duration=1 -ar 16000");
  request.model_path = (dir_ / "ggml-none.bin").string();
  const Outcome out = collect([&](EventWriter& writer) { return run_transcription(request, models_, writer, kNever); });
  ASSERT_FALSE(out.done);
  EXPECT_EQ(out.done.error().code, ErrorCode::kModelMissing);
}

}  // namespace
}  // namespace zimu::worker
