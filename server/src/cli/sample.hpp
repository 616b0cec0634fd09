#pragma once
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "app/job_service.hpp"
#include "app/media_service.hpp"

namespace zimu::cli {

/// The first start's sample recording: adds it to an empty library, transcribes it, prints its text on standard
/// output. On later starts prints the text again. Owner: serve; runs its own thread until done or destroyed.
class Sample {
 public:
  Sample(app::Store& store, app::MediaService& media, app::JobService& jobs, std::filesystem::path file,
         std::string model);
  ~Sample();
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

 private:
  void run();
  Result<std::string> transcript_id();
  Result<std::string> add();
  Result<> print_when_ready(const std::string& transcript_id);

  app::Store& store_;
  app::MediaService& media_;
  app::JobService& jobs_;
  std::filesystem::path file_;
  std::string model_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace zimu::cli
