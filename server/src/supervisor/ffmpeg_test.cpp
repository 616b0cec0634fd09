// The real programs of the system, and what is asked of ffmpeg.
#include "supervisor/ffmpeg.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "supervisor/render_command.hpp"

namespace zimu::supervisor {
namespace {

TEST(FfmpegProgress, ReadsBlocks) {
  FfmpegProgress progress;
  EXPECT_FALSE(progress.feed("frame=1\nout_time_us=N/A\nspeed=N/A\n"));
  EXPECT_TRUE(progress.feed("progress=continue\n"));
  EXPECT_EQ(progress.done, Milliseconds(0));
  EXPECT_EQ(progress.speed, 0);
  EXPECT_FALSE(progress.feed("out_time_us=2500"));
  EXPECT_TRUE(progress.feed("000\nout_time_ms=2500000\nspeed= 1.25x\nprogress=continue\n"));
  EXPECT_EQ(progress.done, Milliseconds(2500));
  EXPECT_DOUBLE_EQ(progress.speed, 1.25);
  EXPECT_TRUE(progress.feed("out_time_us=-9\nprogress=end\n"));
  EXPECT_EQ(progress.done, Milliseconds(2500));
  EXPECT_FALSE(progress.feed(std::string(1'000'000, 'x') + "\n"));
}

TEST(RunFfmpeg, TellsWhatTheProgramSaysAndHowItEnds) {
  std::vector<std::string> lines;
  Milliseconds done{0};
  FfmpegCall call;
  call.folder = "/tmp";
  call.command = {"sh", "-c", "pwd; echo out_time_us=7000 >&4; echo progress=end >&4; echo wrong >&2; exit 3"};
  call.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  call.on_progress = [&](Milliseconds at, double) { done = at; };
  const auto ended = run_ffmpeg(call);
  ASSERT_TRUE(ended);
  EXPECT_FALSE(ended->by_signal);
  EXPECT_EQ(ended->code, 3);
  EXPECT_EQ(lines, (std::vector<std::string>{"/tmp", "wrong"}));
  EXPECT_EQ(done, Milliseconds(7));
}

/// Whether a process of the group runs: one that has ended stays in the list until somebody asks for its status.
bool group_runs(pid_t group) {
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ec)) {
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    const auto name_end = stat.rfind(')');
    char state = 0;
    int parent = 0, of = 0;
    if (name_end == std::string::npos) continue;
    if (std::sscanf(stat.c_str() + name_end + 1, " %c %d %d", &state, &parent, &of) == 3 && of == group && state != 'Z') return true;
  }
  return false;
}

TEST(RunFfmpeg, GivenUpItIsGoneWithAllItStarted) {
  pid_t started = 0;
  FfmpegCall call;
  call.command = {"sh", "-c", "sleep 1000 & sleep 1000"};
  call.on_start = [&](pid_t pid) { started = pid; };
  call.give_up = [] { return true; };
  const auto began = std::chrono::steady_clock::now();
  const auto ended = run_ffmpeg(call);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  ASSERT_GT(started, 0);
  // What the shell had started is killed with it, and may take a moment to be gone.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (group_runs(started) && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(group_runs(started));
}

TEST(RunFfmpeg, NamesTheProgramThatIsMissing) {
  FfmpegCall call;
  call.command = {"no-such-ffmpeg"};
  const auto ended = run_ffmpeg(call);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(ended.error().message.find("no-such-ffmpeg"), std::string::npos);
  EXPECT_NE(ended.error().action.find("FFmpeg"), std::string::npos);
}

class Commands : public ::testing::Test {
 protected:
  std::string command() {
    std::string out;
    for (const auto& word : render_command("ffmpeg", options, media, input, "film.mp4")) out += word + " ";
    return out;
  }
  bool has(const std::string& part) {
    const bool there = command().find(part) != std::string::npos;
    return there;
  }
  void stream(const std::string& kind, const std::string& codec) {
    domain::Stream one;
    one.kind = kind;
    one.codec = codec;
    media.streams.push_back(one);
    media.has_video = media.has_video || kind == "video";
  }
  domain::RenderOptions options;
  domain::MediaInfo media;
  RenderInput input{"/data/a b'c/original.mkv", "zh", "Title", {1920, 1080}, 0};
};

TEST_F(Commands, InputIsAFileOfTheKnownKind) {
  media.format = "matroska,webm";
  EXPECT_TRUE(has("-nostdin ")) << command();
  EXPECT_TRUE(has("-protocol_whitelist file -f matroska -i file:/data/a b'c/original.mkv ")) << command();
}

TEST_F(Commands, Burn) {
  stream("video", "h264");
  stream("audio", "aac");
  EXPECT_TRUE(has("-map 0:V:0 -map 0:a? -vf ass=subs.ass -c:v libx264 ")) << command();
  EXPECT_TRUE(has("-c:a copy ") && has("-movflags +faststart -f mp4 film.mp4"));
  input.picture = {321, 180};
  EXPECT_TRUE(has("ass=subs.ass,scale="));
  stream("audio", "pcm_s16le");
  EXPECT_TRUE(has("-c:a aac ")) << "MP4 takes no PCM";
  options.container = domain::RenderContainer::kMkv;
  EXPECT_TRUE(has("-c:a copy ") && has("-f matroska"));
  input.threads = 3;
  EXPECT_TRUE(has("-threads 3 "));
}

TEST_F(Commands, BurnWithoutAPicture) {
  stream("audio", "mp3");
  media.duration = Milliseconds(9000);
  input.picture = kBlackPicture;
  EXPECT_TRUE(has("-f lavfi -i color=c=black:s=1280x720:r=10:d=9000ms ")) << command();
  EXPECT_TRUE(has("-map 0:v -map 1:a -shortest "));
}

TEST_F(Commands, Mux) {
  options.mode = domain::RenderMode::kMux;
  stream("video", "hevc");
  stream("audio", "aac");
  EXPECT_TRUE(has("-i subs.srt -map 0:V? -map 0:a? -map 1:0 -c:v copy -tag:v hvc1 -c:s mov_text ")) << command();
  EXPECT_TRUE(has("language=zho ") && has("handler_name=Title ") && has("-disposition:s:0 default "));
  media.streams[0].codec = "vp8";
  EXPECT_TRUE(has("-c:v libx264 "));
  options.container = domain::RenderContainer::kMkv;
  EXPECT_TRUE(has("-c:v copy ") && has("-c:s srt ") && has("title=Title "));
  options.style.emplace();
  EXPECT_TRUE(has("-i subs.ass ") && has("-c:s ass "));
}

TEST(Picture, ReadsWhatFfprobeSays) {
  domain::PictureSize picture{1, 1};
  int rotation = 0;
  for (const std::string line : {"width=640", "height=360", "TAG:rotate=270", "rotation=-90", "width=N/A", "noise", "height=-4"}) {
    read_picture_line(line, picture, rotation);
  }
  EXPECT_EQ(picture.width, 640);
  EXPECT_EQ(picture.height, 360);
  EXPECT_EQ(rotation, -90);
}

}  // namespace
}  // namespace zimu::supervisor
