#include "observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>
#include <set>

#include "base/file.hpp"

namespace zimu::observe {
namespace {

constexpr std::array<std::string_view, 8> kMethods{"GET",    "HEAD",  "POST",    "PUT",
                                                   "DELETE", "PATCH", "OPTIONS", "TRACE"};
constexpr std::array<std::string_view, 6> kStates{"queued", "running", "paused",
                                                  "done",   "failed",  "cancelled"};
constexpr std::array<std::string_view, 4> kRetryReasons{"compression_ratio", "avg_logprob", "repetition",
                                                        "no_speech"};
constexpr std::array<std::string_view, 5> kStatusClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};

template <std::size_t N>
std::string known_or_other(const std::array<std::string_view, N>& known, std::string_view value) {
  return std::find(known.begin(), known.end(), value) != known.end() ? std::string(value) : "other";
}

std::string status_class(int status) {
  return status >= 100 && status < 600
             ? std::string(kStatusClasses[static_cast<std::size_t>(status / 100 - 1)])
             : "other";
}

// Seconds. From a cached answer to a long upload.
prometheus::Histogram::BucketBoundaries latency_buckets() {
  return {0.001, 0.005, 0.025, 0.1, 0.5, 2, 10, 60, 600};
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("zimu_http_requests_total")
                                                          .Help("HTTP requests answered")
                                                          .Register(registry);
  prometheus::Family<prometheus::Histogram>& latency =
      prometheus::BuildHistogram()
          .Name("zimu_http_request_seconds")
          .Help("Time from the request's head to the end of the answer")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& jobs =
      prometheus::BuildGauge().Name("zimu_jobs").Help("Jobs in each state").Register(registry);
  prometheus::Family<prometheus::Counter>& retries =
      prometheus::BuildCounter()
          .Name("zimu_window_retries_total")
          .Help("Decodings thrown away and done again, by reason")
          .Register(registry);
  prometheus::Counter& audio_seconds = prometheus::BuildCounter()
                                           .Name("zimu_audio_seconds_total")
                                           .Help("Seconds of audio transcribed and committed")
                                           .Register(registry)
                                           .Add({});
  prometheus::Counter& restarts = prometheus::BuildCounter()
                                      .Name("zimu_worker_restarts_total")
                                      .Help("Worker processes that died and were replaced")
                                      .Register(registry)
                                      .Add({});
  prometheus::Counter& upload_bytes = prometheus::BuildCounter()
                                          .Name("zimu_upload_bytes_total")
                                          .Help("Bytes of recordings received")
                                          .Register(registry)
                                          .Add({});
  prometheus::Gauge& resident = prometheus::BuildGauge()
                                    .Name("process_resident_memory_bytes")
                                    .Help("Resident memory of the server process, workers not included")
                                    .Register(registry)
                                    .Add({});
  std::mutex mutex;  ///< guards `routes`
  std::set<std::string, std::less<>> routes;

  std::string bounded_route(std::string_view pattern) {
    if (pattern.empty()) return "other";
    const std::lock_guard lock(mutex);
    if (const auto found = routes.find(pattern); found != routes.end()) return *found;
    if (routes.size() >= kMaxRoutes) return "other";
    return *routes.emplace(pattern).first;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  // Known series exist from the start, so that a dashboard shows 0 instead of "no data".
  for (const std::string_view state : kStates) set_jobs(state, 0);
  for (const std::string_view reason : kRetryReasons) impl_->retries.Add({{"reason", std::string(reason)}});
}

Metrics::~Metrics() = default;

void Metrics::http_response(std::string_view method, std::string_view pattern, int status,
                            std::chrono::microseconds took) {
  const std::string method_label = known_or_other(kMethods, method);
  const std::string route = impl_->bounded_route(pattern);
  impl_->requests.Add({{"method", method_label}, {"route", route}, {"status", status_class(status)}})
      .Increment();
  impl_->latency.Add({{"method", method_label}, {"route", route}}, latency_buckets())
      .Observe(std::chrono::duration<double>(took).count());
}

void Metrics::set_jobs(std::string_view state, std::uint64_t count) {
  impl_->jobs.Add({{"state", known_or_other(kStates, state)}}).Set(static_cast<double>(count));
}

void Metrics::add_audio_transcribed(std::chrono::milliseconds audio) {
  impl_->audio_seconds.Increment(std::max(0.0, std::chrono::duration<double>(audio).count()));
}

void Metrics::add_worker_restart() {
  impl_->restarts.Increment();
}

void Metrics::add_window_retry(std::string_view reason) {
  impl_->retries.Add({{"reason", known_or_other(kRetryReasons, reason)}}).Increment();
}

void Metrics::add_upload_bytes(std::uint64_t bytes) {
  impl_->upload_bytes.Increment(static_cast<double>(bytes));
}

std::string Metrics::text() const {
  impl_->resident.Set(static_cast<double>(resident_bytes(::getpid())));
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

std::uint64_t resident_bytes(int pid) {
  const auto statm = read_file("/proc/" + std::to_string(pid) + "/statm", 4096);
  unsigned long long total = 0;
  unsigned long long resident = 0;
  if (!statm || std::sscanf(statm->c_str(), "%llu %llu", &total, &resident) != 2) return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace zimu::observe
