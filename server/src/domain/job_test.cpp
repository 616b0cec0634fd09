#include "domain/job.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <set>

namespace zimu::domain {
namespace {

constexpr std::array kAll{JobState::kQueued, JobState::kRunning, JobState::kPaused,
                          JobState::kDone,   JobState::kFailed,  JobState::kCancelled};

TEST(Job, StatesFollowThePictureAndNothingElse) {
  using enum JobState;
  const std::set<std::pair<JobState, JobState>> arrows{
      {kQueued, kRunning},   {kQueued, kCancelled}, {kQueued, kPaused}, {kQueued, kFailed},
      {kRunning, kDone},     {kRunning, kFailed},   {kRunning, kCancelled}, {kRunning, kPaused}, {kRunning, kQueued},
      {kPaused, kQueued},    {kPaused, kCancelled}, {kPaused, kFailed},
      {kFailed, kQueued},    {kCancelled, kQueued}};
  for (const JobState from : kAll) {
    for (const JobState to : kAll) {
      EXPECT_EQ(may_follow(from, to), arrows.contains({from, to})) << job_state_name(from) << " " << job_state_name(to);
    }
  }
}

TEST(Job, FinalStatesAreThoseThatNothingLeavesByItself) {
  for (const JobState state : kAll) {
    EXPECT_EQ(is_final(state), state == JobState::kDone || state == JobState::kFailed || state == JobState::kCancelled);
    EXPECT_EQ(job_state_from_name(job_state_name(state)).value(), state);
  }
  for (const char* bad : {"", "Queued", "queued ", "stopped"}) {
    const auto state = job_state_from_name(bad);
    ASSERT_FALSE(state) << bad;
    EXPECT_EQ(state.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(state.error().action, "");
  }
  EXPECT_EQ(task_from_name("transcribe").value(), Task::kTranscribe);
  EXPECT_EQ(task_from_name(task_name(Task::kTranslate)).value(), Task::kTranslate);
  EXPECT_FALSE(task_from_name("summarize"));
}

std::string refusal(void (*edit)(TranscribeOptions&)) {
  TranscribeOptions options;
  edit(options);
  const auto valid = validate(options);
  if (valid) return "";
  EXPECT_EQ(valid.error().code, ErrorCode::kInvalidArgument);
  return valid.error().message;
}

TEST(JobOptions, TheDefaultsAndTheEdgesAreValid) {
  EXPECT_EQ(refusal([](auto&) {}), "");
  EXPECT_EQ(refusal([](auto& o) { o.model = "large-v3_turbo.q8"; }), "");
  EXPECT_EQ(refusal([](auto& o) { o.model = std::string(255, 'm'); }), "");
  EXPECT_EQ(refusal([](auto& o) { o.language = "yue"; }), "");
  EXPECT_EQ(refusal([](auto& o) { o.prompt = std::string(kMaxPromptBytes, 'x'); }), "");
  EXPECT_EQ(refusal([](auto& o) { o.threads = 1024; }), "");
  EXPECT_EQ(refusal([](auto& o) { o.audio_stream = 255; }), "");
  EXPECT_EQ(refusal([](auto& o) { o.temperature = 1; }), "");
  EXPECT_EQ(refusal([](auto& o) { o.beam_size = 1; }), "");
  EXPECT_EQ(refusal([](auto& o) { o.languages = {"en", "yue"}; }), "");
  for (const auto& [code, name] : known_languages()) {
    TranscribeOptions options;
    options.language = code;
    EXPECT_TRUE(validate(options)) << name;
  }
}

TEST(JobOptions, AnythingElseIsRefusedByName) {
  const auto names = [](const std::string& message, const char* field) {
    return message.find(field) != std::string::npos;
  };
  EXPECT_TRUE(names(refusal([](auto& o) { o.language = "klingon"; }), "language"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.language = "EN"; }), "language"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.language = ""; }), "language"));
  for (auto* edit : {+[](TranscribeOptions& o) { o.model = "../../etc/passwd"; }, +[](TranscribeOptions& o) { o.model = ""; },
                     +[](TranscribeOptions& o) { o.model = "a b"; }, +[](TranscribeOptions& o) { o.model = "模型"; },
                     +[](TranscribeOptions& o) { o.model = std::string("base\0", 5); },
                     +[](TranscribeOptions& o) { o.model = std::string(256, 'm'); }}) {
    EXPECT_TRUE(names(refusal(edit), "model"));
  }
  EXPECT_TRUE(names(refusal([](auto& o) { o.device = "tpu"; }), "device"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.threads = -1; }), "threads"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.threads = 1025; }), "threads"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.audio_stream = -2; }), "audio_stream"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.audio_stream = 256; }), "audio_stream"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.temperature = 1.01F; }), "temperature"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.temperature = -0.1F; }), "temperature"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.temperature = std::numeric_limits<float>::quiet_NaN(); }), "temperature"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.languages = {"en", "klingon"}; }), "languages"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.languages = {"auto"}; }), "languages"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.languages = {"en", "de", "en"}; }), "languages"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.language = "en", o.languages = {"en"}; }), "languages"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.beam_size = 0; }), "beam_size"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.beam_size = 6; }), "beam_size"));
  EXPECT_TRUE(names(refusal([](auto& o) { o.prompt = std::string(kMaxPromptBytes + 1, 'x'); }), "prompt"));
}

TEST(Languages, AreFoundByCodeAndByName) {
  EXPECT_EQ(language_name("zh"), "chinese");
  EXPECT_EQ(language_code("English"), "en");
  EXPECT_EQ(language_code("HAITIAN creole"), "ht");
  EXPECT_EQ(language_code("De"), "de");
  for (const char* bad : {"", "xx", "en ", "english\0", "\xff"}) {
    EXPECT_FALSE(language_name(bad)) << bad;
  }
  EXPECT_FALSE(language_code("Klingon"));
  EXPECT_FALSE(language_code(""));
  EXPECT_FALSE(language_name("auto"));
}

TEST(Languages, CodesAndNamesAreUniqueAndInWhispersOrder) {
  const auto all = known_languages();
  ASSERT_EQ(all.size(), 100U);
  std::set<std::string_view> codes;
  std::set<std::string_view> names;
  for (const auto& [code, name] : all) {
    EXPECT_TRUE(codes.insert(code).second) << code;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(language_name(code), name);
    EXPECT_EQ(language_code(name), code);
  }
  EXPECT_EQ(all.front().first, "en");
  EXPECT_EQ(all[1].first, "zh");
  EXPECT_EQ(all.back().first, "yue");
}

}  // namespace
}  // namespace zimu::domain
