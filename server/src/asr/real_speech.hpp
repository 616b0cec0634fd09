#pragma once
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

/// For tests: the real base model and a real recording, which are not everywhere.
namespace zimu::asr {

namespace fs = std::filesystem;

inline fs::path model_path() {
  const char* dir = std::getenv("ZIMU_TEST_MODEL_DIR");
  return fs::path(dir != nullptr ? dir : ZIMU_SOURCE_DIR "/build/models") / "ggml-base.bin";
}

inline const fs::path kSpeech =
    ZIMU_SOURCE_DIR "/build/whisper/source/node_modules/nodejs-whisper/cpp/whisper.cpp/samples/jfk.mp3";

inline std::vector<float> decode(const fs::path& file) {
  const std::string command = "ffmpeg -v error -i '" + file.string() + "' -ac 1 -ar 16000 -f f32le -";
  std::vector<float> samples;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return samples;
  float buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, sizeof(float), 4096, pipe)) > 0;) {
    samples.insert(samples.end(), buffer, buffer + n);
  }
  ::pclose(pipe);
  return samples;
}

}  // namespace zimu::asr
