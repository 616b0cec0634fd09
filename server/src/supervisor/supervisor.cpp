#include "supervisor/supervisor.hpp"

#include <thread>

#include "base/check.hpp"
#include "base/file.hpp"
#include "observe/log.hpp"
#include "supervisor/inspect_slot.hpp"
#include "supervisor/render_slot.hpp"
#include "supervisor/transcribe_slot.hpp"

namespace zimu::supervisor {

void report_until_stored(Context& context, const std::string& what, const std::function<Result<>()>& report) {
  while (true) {
    const auto stored = report();
    if (stored) return;
    const Error& error = stored.error();
    if (error.code == ErrorCode::kNotFound) return;  // deleted meanwhile: nobody waits for it
    log_warn("{} could not be stored: {}", what, error.message);
    if (error.code == ErrorCode::kConflict || context.stop.wait_for(context.options.space_check)) return;
  }
}

std::string with_name(std::string text, const std::string& path, const std::string& name) {
  for (auto at = text.find(path); !path.empty() && at != std::string::npos; at = text.find(path, at + name.size())) {
    text.replace(at, path.size(), name);
  }
  return text;
}

struct Supervisor::Impl {
  Impl(Options options, app::JobService& jobs, app::MediaService& media)
      : context{std::move(options), jobs, media}, inspect(context), render(context) {
    for (int i = 0; i < context.options.workers; ++i)
      transcribe.push_back(std::make_unique<TranscribeSlot>(context));
  }

  void wake_slot_of(const std::string& job_id) {
    for (const auto& slot : transcribe) {
      if (slot->slot().works_on(job_id)) slot->slot().wake();
    }
  }

  /// Paused jobs go on by themselves once the disk has room again.
  void watch_space() {
    while (!context.stop.wait_for(context.options.space_check)) {
      const auto room = free_bytes(context.media.uploads_dir());
      if (!room || *room < context.options.resume_free_bytes) continue;
      const auto resumed = context.jobs.resume_paused();
      if (!resumed) log_warn("paused jobs cannot go on: {}", resumed.error().message);
      if (resumed && *resumed > 0) log_info("there is room again: {} paused jobs go on", *resumed);
    }
  }

  Context context;
  InspectSlot inspect;
  RenderSlot render;
  std::vector<std::unique_ptr<TranscribeSlot>> transcribe;  ///< unique_ptr: a slot is not movable
  std::vector<std::thread> threads;
};

Supervisor::Supervisor(Options options, app::JobService& jobs, app::MediaService& media)
    : impl_(std::make_unique<Impl>(std::move(options), jobs, media)) {
  ZIMU_CHECK(impl_->context.options.find_model);
}

Supervisor::~Supervisor() {
  stop();
}

void Supervisor::start() {
  ZIMU_CHECK(impl_->threads.empty());
  impl_->context.jobs.set_cancel_hook(
      [impl = impl_.get()](const std::string& id) { impl->wake_slot_of(id); });
  for (const auto& slot : impl_->transcribe) impl_->threads.emplace_back([s = slot.get()] { s->run(); });
  impl_->threads.emplace_back([impl = impl_.get()] { impl->inspect.run(); });
  impl_->threads.emplace_back([impl = impl_.get()] { impl->render.run(); });
  impl_->threads.emplace_back([impl = impl_.get()] { impl->watch_space(); });
}

void Supervisor::stop() {
  if (impl_->threads.empty()) return;
  impl_->context.stop.raise();
  impl_->context.jobs.wake();
  impl_->context.media.wake();
  for (const auto& slot : impl_->transcribe) slot->slot().wake();
  impl_->inspect.slot().wake();
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
  impl_->context.jobs.set_cancel_hook([](const std::string&) {});
}

std::vector<Supervisor::SlotStatus> Supervisor::status() const {
  std::vector<SlotStatus> all;
  for (const auto& slot : impl_->transcribe) all.push_back(slot->slot().status());
  all.push_back(impl_->inspect.slot().status());
  if (auto render = impl_->render.status()) all.push_back(std::move(*render));
  return all;
}

}  // namespace zimu::supervisor
