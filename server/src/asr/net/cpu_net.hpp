#pragma once
#include <memory>

#include "asr/net/net.hpp"
#include "asr/net/team.hpp"
#include "asr/net/weights.hpp"

namespace zimu::asr {

struct CpuNetOptions {
  int windows = 8;
  int slots = 16;
};

/// Whisper on processors: linear layers in 8 bits through oneDNN (a scale for each weight row and each activation row),
/// the encoder's attention in bf16, the decoder's keys and values of the audio in 8 bits. Only on x86-64 is it faster
/// than ggml. `team` must outlive it. kOutOfMemory; never touches the file after it returned but for token embeddings,
/// so `file` must outlive it too.
Result<std::unique_ptr<Net>> load_cpu_net(const WeightFile& file, Team& team, const CpuNetOptions& options);

}  // namespace zimu::asr
