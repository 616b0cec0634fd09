#pragma once
#include <functional>
#include <variant>

#include "domain/media.hpp"
#include "supervisor/worker_slot.hpp"

namespace zimu::supervisor {

/// Looks at each new recording: streams, duration, waveform peaks. It has its own worker process, so that
/// nothing waits behind a long transcription. While nothing else is to be done it also looks again at those that an older
/// Zimu looked at. Thread: `run` on its own; `slot()` see WorkerSlot.
class InspectSlot {
 public:
  explicit InspectSlot(Context& context) : context_(context), slot_("inspect", context) {}
  void run();  ///< until the stop signal
  WorkerSlot& slot() { return slot_; }
  const WorkerSlot& slot() const { return slot_; }

 private:
  static constexpr int kTries = 2;                        ///< a file that kills two workers is unreadable
  static constexpr std::chrono::seconds kSpawnPause{30};  ///< when no worker can be started at all

  struct Found {
    domain::MediaInfo info;
    std::string sha256;
  };
  struct Unreadable {
    Error why;
    bool try_again = false;
  };
  struct Stopped {};
  using Verdict = std::variant<Found, Unreadable, Stopped>;
  using GiveWay = std::function<bool()>;  ///< asked every kTick; true: stop it

  void inspect(const domain::Media& media);
  /// True when there was one.
  bool refresh_one();
  bool others_want_the_machine();
  /// Stopped: the server stops, no worker can be started, or `give_way`.
  Verdict look_at(const domain::Media& media, const GiveWay& give_way);
  Verdict ask(WorkerProcess& worker, const domain::Media& media, bool poster, const GiveWay& give_way);
  Verdict follow(WorkerProcess& worker, const std::string& id, const GiveWay& give_way);
  Verdict on_death(const Error& why);

  Context& context_;
  WorkerSlot slot_;
};

}  // namespace zimu::supervisor
