#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace zimu::observe {

/// Everything `GET /metrics` shows, in the Prometheus text format 0.0.4. Label values are bounded: a value
/// outside the known set (or past the first kMaxRoutes patterns) is counted as "other", so no client can grow
/// it. Thread: any.
class Metrics {
 public:
  static constexpr std::size_t kMaxRoutes = 200;

  Metrics();
  ~Metrics();

  /// `pattern` is the route's pattern ("/api/v1/jobs/{id}"), never the path; empty when no route matched.
  void http_response(std::string_view method, std::string_view pattern, int status,
                     std::chrono::microseconds took);
  /// `state` is a job state's name ("queued" …).
  void set_jobs(std::string_view state, std::uint64_t count);
  void add_audio_transcribed(std::chrono::milliseconds audio);
  void add_worker_restart();
  /// Why a decoding was thrown away: "compression_ratio", "avg_logprob", "repetition", "no_speech".
  void add_window_retry(std::string_view reason);
  void add_upload_bytes(std::uint64_t bytes);

  std::string text() const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Resident memory of a process in bytes; 0 when it cannot be read.
std::uint64_t resident_bytes(int pid);

}  // namespace zimu::observe
