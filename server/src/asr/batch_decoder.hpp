#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "asr/engine.hpp"
#include "asr/net/mel.hpp"
#include "asr/net/net.hpp"
#include "asr/net/team.hpp"
#include "asr/window_run.hpp"

namespace zimu::asr {

/// Decodes many windows at once: a window takes a place in the batch as soon as one is free, goes its own way through
/// prompt, attempts and passes beside the others, and leaves when it is done. What it becomes does not depend on the
/// others. Thread: one at a time; the calls of source, sink and abort come from it.
class BatchDecoder {
 public:
  BatchDecoder(Net& net, const MelSpectrogram& mel, const Vocabulary& vocabulary, Team& team);
  /// Until the source ends; every window reaches `sink` once, in any order, with all of its audio consumed. `abort` is
  /// polled before each step and each window: kCancelled. Otherwise the first error of the network, the sink or a
  /// window's options.
  Result<> run(WindowSource& source, const WindowSink& sink, const std::function<bool()>& abort);

 private:
  class Batch;

  Net& net_;
  const MelSpectrogram& mel_;
  Team& team_;
  DecoderRules rules_;
};

}  // namespace zimu::asr
