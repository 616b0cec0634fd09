#include "asr/net/cpu_net.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "asr/net/cpu_decoder.hpp"
#include "asr/net/cpu_encoder.hpp"
#include "base/check.hpp"

namespace zimu::asr {
namespace {

class CpuNet : public Net {
 public:
  CpuNet(const WeightFile& file, Team& team, const CpuNetOptions& options)
      : header_(file.header()), heads_(asr::alignment_heads(header_)), layers_(make_cpu_layers(file, team)),
        encoder_(header_, layers_, team), decoder_(file, layers_, heads_, team) {
    for (int i = 0; i < options.windows; ++i) windows_.emplace_back(header_);
    for (int i = 0; i < options.slots; ++i) slots_.emplace_back(header_);
  }

  const ModelHeader& header() const override { return header_; }
  std::span<const AlignmentHead> alignment_heads() const override { return heads_; }
  int windows() const override { return static_cast<int>(windows_.size()); }
  int slots() const override { return static_cast<int>(slots_.size()); }
  std::size_t most_rows() const override { return kMostStepRows; }

  Result<> encode(int window, std::span<const float> mel) override {
    ZIMU_CHECK(mel.size() == 2 * static_cast<std::size_t>(header_.audio_context) *
                                 static_cast<std::size_t>(header_.mel_bands));
    encoder_.run(mel, windows_.at(static_cast<std::size_t>(window)));
    return {};
  }

  Result<> step(std::span<const StepRow> rows, StepOutput& out) override {
    ZIMU_CHECK(!rows.empty() && rows.size() <= most_rows());
    for (const StepRow& row : rows) {
      ZIMU_CHECK(row.position < header_.text_context && row.token >= 0 && row.token < header_.vocab_size);
    }
    decoder_.run(rows, windows_, slots_, out);
    return {};
  }

  void copy_slot(int from, int to, int positions) override {
    slots_.at(static_cast<std::size_t>(to)).copy(slots_.at(static_cast<std::size_t>(from)), positions);
  }

 private:
  ModelHeader header_;
  std::vector<AlignmentHead> heads_;
  CpuLayers layers_;
  CpuEncoder encoder_;
  CpuDecoder decoder_;
  std::vector<CrossMemory> windows_;
  std::vector<SelfMemory> slots_;
};

}  // namespace

Result<std::unique_ptr<Net>> load_cpu_net(const WeightFile& file, Team& team, const CpuNetOptions& options) {
  const ModelHeader& h = file.header();
  if (h.text_width / h.text_heads != kHeadWidth || h.audio_width / h.audio_heads != kHeadWidth ||
      h.text_width % kHeadWidth != 0) {
    return fail(ErrorCode::kModelInvalid, "the model's attention heads are not 64 wide, as those of all Whisper models are");
  }
  try {
    return std::make_unique<CpuNet>(file, team, options);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "there is not enough memory for the model",
                "use a smaller model, or give the machine or container more memory");
  }
}

}  // namespace zimu::asr
