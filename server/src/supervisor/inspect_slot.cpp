#include "supervisor/inspect_slot.hpp"

#include <algorithm>

#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace zimu::supervisor {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void InspectSlot::run() {
  while (!context_.stop.raised()) {
    const auto media = context_.media.wait_to_inspect(kTick);
    if (!media) {
      log_error("cannot look for new recordings: {}", media.error().message);
      context_.stop.wait_for(kTick);
    } else if (*media) {
      slot_.begin_job((*media)->id);
      inspect(**media);
      slot_.end_job();
    } else if (!refresh_one()) {
      slot_.idle(context_.options.inspect_idle);
    }
  }
  slot_.kill();  // it has nothing to lose
  slot_.drop();
}

InspectSlot::Verdict InspectSlot::look_at(const domain::Media& media, const GiveWay& give_way) {
  Verdict verdict = Stopped{};
  for (int attempt = 1; attempt <= kTries; ++attempt) {
    const auto worker = slot_.ensure([this] { return context_.stop.raised(); });
    if (!worker) {
      // Not the recording's fault: it keeps waiting, and this slot comes back to it.
      context_.stop.wait_for(kSpawnPause);
      return Stopped{};
    }
    // A film that kills its decoder may still have sound that can be transcribed: then without a picture.
    verdict = ask(**worker, media, attempt == 1, give_way);
    const auto* bad = std::get_if<Unreadable>(&verdict);
    if (bad == nullptr || !bad->try_again) break;
    log_warn("recording {} ({}): {}", media.id, media.file_name, bad->why.message);
  }
  return verdict;
}

void InspectSlot::inspect(const domain::Media& media) {
  Verdict verdict = look_at(media, {});
  const std::string what = fmt::format("the inspection of recording {}", media.id);
  if (const auto* found = std::get_if<Found>(&verdict)) {
    report_until_stored(context_, what,
                        [&] { return context_.media.inspected(media.id, found->info, found->sha256); });
  } else if (auto* bad = std::get_if<Unreadable>(&verdict)) {
    if (bad->why.code == ErrorCode::kWorkerCrashed) bad->why.message += " while it looked at the file, twice";
    log_warn("recording {} ({}) is unreadable: {}", media.id, media.file_name, bad->why.message);
    report_until_stored(context_, what, [&] { return context_.media.unreadable(media.id, bad->why); });
  }
}

bool InspectSlot::others_want_the_machine() {
  const auto transcribing = context_.jobs.transcribing();
  const auto waiting = context_.media.waits_to_inspect();
  // A database that does not answer is no time for what nobody asked for.
  return !transcribing || *transcribing || !waiting || *waiting;
}

bool InspectSlot::refresh_one() {
  if (!context_.media.has_outdated() || others_want_the_machine()) return false;
  const auto media = context_.media.next_outdated();
  if (!media) return false;
  slot_.begin_job(media->id);
  const Verdict verdict = look_at(*media, [this] { return others_want_the_machine(); });
  slot_.end_job();
  const auto* found = std::get_if<Found>(&verdict);
  if (found == nullptr && std::get_if<Unreadable>(&verdict) == nullptr) {
    context_.media.put_back(media->id);
    return true;
  }
  // It was read once, and what is known of it stays: no second look at what cannot be read any more.
  if (found == nullptr) log_warn("recording {} ({}) could not be looked at again", media->id, media->file_name);
  report_until_stored(context_, fmt::format("the second look at recording {}", media->id), [&] {
    return context_.media.refreshed(media->id, found == nullptr ? nullptr : &found->info, found == nullptr ? "" : found->sha256);
  });
  return true;
}

InspectSlot::Verdict InspectSlot::ask(WorkerProcess& worker, const domain::Media& media, bool poster,
                                      const GiveWay& give_way) {
  protocol::InspectRequest request;
  request.job = media.id;
  request.media_path = std::filesystem::absolute(context_.media.content_path(media)).string();
  request.peaks_path = std::filesystem::absolute(context_.media.peaks_path(media.id)).string();
  if (poster) request.poster_path = std::filesystem::absolute(context_.media.poster_path(media.id)).string();
  const std::string path = request.media_path;
  if (auto sent = worker.send(std::move(request)); !sent) return on_death(sent.error());
  Verdict verdict = follow(worker, media.id, give_way);
  if (auto* bad = std::get_if<Unreadable>(&verdict)) {
    bad->why.message = with_name(std::move(bad->why.message), path, media.file_name);
  }
  return verdict;
}

InspectSlot::Verdict InspectSlot::follow(WorkerProcess& worker, const std::string& id, const GiveWay& give_way) {
  Found found;
  auto heard = steady_clock::now();
  auto asked = heard;
  while (!context_.stop.raised()) {
    if (give_way && steady_clock::now() - asked >= kTick) {
      if (give_way()) {
        slot_.kill();
        return Stopped{};
      }
      asked = steady_clock::now();
    }
    const auto patience = milliseconds(context_.options.heartbeat_timeout) -
                          std::chrono::floor<milliseconds>(steady_clock::now() - heard);
    if (patience <= milliseconds(0)) {
      return on_death(
          {ErrorCode::kWorkerCrashed, fmt::format("the worker said nothing for {} s and was killed",
                                                  context_.options.heartbeat_timeout.count())});
    }
    const auto event = worker.next(std::min(patience, kTick));
    if (!event) return on_death(event.error());
    if (!*event) continue;
    heard = steady_clock::now();
    if (const auto* media = std::get_if<protocol::MediaEvent>(&**event);
        media != nullptr && media->job == id) {
      found.info = media->info;
    } else if (const auto* done = std::get_if<protocol::DoneEvent>(&**event);
               done != nullptr && done->job == id) {
      found.sha256 = done->sha256;
      return found;
    } else if (const auto* failed = std::get_if<protocol::FailedEvent>(&**event);
               failed != nullptr && failed->job == id) {
      return Unreadable{{failed->code, failed->message, failed->action}, failed->retryable};
    } else if (const auto* unknown = std::get_if<protocol::UnknownEvent>(&**event)) {
      log_warn("the worker sent an event of a type this server does not know: {}", unknown->type);
    }
  }
  return Stopped{};
}

InspectSlot::Verdict InspectSlot::on_death(const Error& why) {
  slot_.kill();
  if (context_.options.metrics != nullptr) context_.options.metrics->add_worker_restart();
  const std::string what = why.code == ErrorCode::kProtocol
                               ? fmt::format("the worker broke the protocol ({})", why.message)
                               : why.message;
  return Unreadable{
      {ErrorCode::kWorkerCrashed, what,
       "the file may be damaged: try to convert it with another program, or look at the server's log"},
      true};
}

}  // namespace zimu::supervisor
