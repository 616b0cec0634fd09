#include "asr/net/ggml_net.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <ggml-alloc.h>
#include <ggml-cpp.h>
#include <list>
#include <utility>
#include <vector>

#include "asr/net/ggml_decoder.hpp"
#include "asr/net/ggml_device.hpp"
#include "asr/net/ggml_encoder.hpp"
#include "asr/net/ggml_memory.hpp"
#include "asr/net/ggml_weights.hpp"
#include "asr/net/step_layout.hpp"
#include "base/check.hpp"

namespace zimu::asr {
namespace {

constexpr std::size_t kMostRows = 256;
constexpr std::size_t kGraphsKept = 24;
constexpr ggml_fp16_t kHidden = 0xFC00;  // minus infinity

std::size_t size(int value) { return static_cast<std::size_t>(value); }

int round_up(int value, int step) { return (value + step - 1) / step * step; }

template <class T>
void put(ggml_tensor* tensor, const std::vector<T>& values) {
  ZIMU_CHECK(values.size() * sizeof(T) == ggml_nbytes(tensor));
  ggml_backend_tensor_set(tensor, values.data(), 0, values.size() * sizeof(T));
}

/// Whether the device computes attention to the audio in one kernel.
bool can_fuse(const ModelHeader& h, ggml_backend_t backend) {
  const ggml_context_ptr probe = make_ggml_context(8);
  ggml_context* c = probe.get();
  const std::int64_t width = h.text_width / h.text_heads;
  ggml_tensor* query = ggml_new_tensor_4d(c, GGML_TYPE_F32, width, 1, h.text_heads, 2);
  ggml_tensor* keys = ggml_new_tensor_4d(c, GGML_TYPE_F16, width, h.audio_context, h.text_heads, 2);
  ggml_tensor* values = ggml_new_tensor_4d(c, GGML_TYPE_F16, width, h.audio_context, h.text_heads, 2);
  return ggml_backend_supports_op(backend, ggml_flash_attn_ext(c, query, keys, values, nullptr, 1, 0, 0));
}

class GgmlNet : public Net {
 public:
  GgmlNet(const ModelHeader& header, ggml_backend_ptr backend, GgmlWeights weights, GgmlMemory memory, bool steady)
      : header_(header), heads_(asr::alignment_heads(header)), backend_(std::move(backend)),
        weights_(std::move(weights)), memory_(std::move(memory)),
        allocator_(ggml_gallocr_new(ggml_backend_get_default_buffer_type(backend_.get()))),
        rules_{memory_.size.windows, memory_.size.slots, memory_.size.positions, steady} {}

  const ModelHeader& header() const override { return header_; }
  std::span<const AlignmentHead> alignment_heads() const override { return heads_; }
  int windows() const override { return memory_.size.windows; }
  int slots() const override { return memory_.size.slots; }
  std::size_t most_rows() const override { return kMostRows; }

  Result<> encode(int window, std::span<const float> mel) override;
  Result<> step(std::span<const StepRow> rows, StepOutput& out) override;
  void copy_slot(int from, int to, int positions) override {
    ZIMU_CHECK(from >= 0 && from < slots() && to >= 0 && to < slots() && positions <= header_.text_context);
    memory_.copy_slot(from, to, positions);
  }
  /// Room for the largest graphs, so that a lack of it is found at once.
  Result<> reserve();

 private:
  GgmlStepShape shape_of(const StepLayout& layout, std::span<const StepRow> rows) const;
  Result<GgmlStepGraph*> graph_for(GgmlStepShape shape);
  Result<> allocate(ggml_cgraph* graph);
  Result<> compute(ggml_cgraph* graph);
  void put_inputs(const GgmlStepGraph& graph, const StepLayout& layout, std::span<const StepRow> rows) const;
  void put_masks(const GgmlStepGraph& graph, const StepLayout& layout, std::span<const StepRow> rows) const;
  void take_logits(const GgmlStepGraph& graph, const StepLayout& layout, std::span<const StepRow> rows,
                   StepOutput& out) const;
  void take_attention(const GgmlStepGraph& graph, const StepLayout& layout, std::span<const StepRow> rows,
                      StepOutput& out) const;

  ModelHeader header_;
  std::vector<AlignmentHead> heads_;
  ggml_backend_ptr backend_;
  GgmlWeights weights_;
  GgmlMemory memory_;
  ggml_gallocr_ptr allocator_;
  LayoutRules rules_;
  std::list<GgmlStepGraph> graphs_;  // the latest first; all have their place in the allocator's one buffer
};

Result<> GgmlNet::allocate(ggml_cgraph* graph) {
  const std::size_t before = ggml_gallocr_get_buffer_size(allocator_.get(), 0);
  const bool allocated = ggml_gallocr_alloc_graph(allocator_.get(), graph);
  const std::size_t after = ggml_gallocr_get_buffer_size(allocator_.get(), 0);
  if (after != before) graphs_.clear();  // they stand in a buffer that is gone
  if (allocated) return {};
  std::size_t wanted = 0;
  ggml_gallocr_reserve_n_size(allocator_.get(), graph, nullptr, nullptr, &wanted);
  graphs_.clear();
  return no_device_room(backend_.get(), wanted, "computing");
}

Result<> GgmlNet::compute(ggml_cgraph* graph) {
  const ggml_status status = ggml_backend_graph_compute(backend_.get(), graph);
  if (status == GGML_STATUS_SUCCESS) return {};
  if (status == GGML_STATUS_ALLOC_FAILED) {
    return fail(ErrorCode::kOutOfMemory, "there is not enough memory to compute", "use a smaller or quantised model");
  }
  return fail(ErrorCode::kInternal,
              fmt::format("the network failed on {}: {}", ggml_backend_name(backend_.get()), ggml_status_to_string(status)));
}

Result<> GgmlNet::encode(int window, std::span<const float> mel) {
  const auto frames = 2 * size(header_.audio_context);
  const auto bands = size(header_.mel_bands);
  ZIMU_CHECK(window >= 0 && window < windows() && mel.size() == frames * bands);
  std::vector<float> by_bands(mel.size());
  for (std::size_t frame = 0; frame < frames; ++frame) {
    for (std::size_t band = 0; band < bands; ++band) by_bands[band * frames + frame] = mel[frame * bands + band];
  }
  const GgmlEncoderGraph encoder(header_, weights_, memory_, window);
  ZIMU_TRY_VOID(allocate(encoder.graph));
  put(encoder.mel, by_bands);
  return compute(encoder.graph);
}

GgmlStepShape GgmlNet::shape_of(const StepLayout& layout, std::span<const StepRow> rows) const {
  GgmlStepShape shape;
  shape.slots = layout.slots;
  shape.windows = layout.windows;
  shape.gathered = static_cast<int>(layout.gather.size());
  shape.keys = layout.keys;
  shape.logits = static_cast<int>(std::ranges::count_if(rows, &StepRow::logits));
  shape.attention = std::ranges::any_of(rows, &StepRow::attention);
  if (rules_.steady && shape.logits > 0) {
    const int all = shape.rows();
    const bool single = shape.slots.size() == 1 && shape.slots.front().rows == 1;
    shape.logits = single ? all : bucket(shape.logits, all);
  }
  return shape;
}

Result<GgmlStepGraph*> GgmlNet::graph_for(GgmlStepShape shape) {
  const auto known = std::ranges::find(graphs_, shape, &GgmlStepGraph::shape);
  if (known != graphs_.end()) {
    graphs_.splice(graphs_.begin(), graphs_, known);
    return &graphs_.front();
  }
  std::list<GgmlStepGraph> fresh;
  fresh.emplace_back(header_, weights_, memory_, heads_, std::move(shape));
  ZIMU_TRY_VOID(allocate(fresh.front().graph));
  graphs_.splice(graphs_.begin(), fresh);
  if (graphs_.size() > kGraphsKept) graphs_.pop_back();
  return &graphs_.front();
}

Result<> GgmlNet::step(std::span<const StepRow> rows, StepOutput& out) {
  ZIMU_CHECK(!rows.empty() && rows.size() <= kMostRows);
  for (const StepRow& row : rows) {
    ZIMU_CHECK(row.slot >= 0 && row.slot < slots() && row.window >= 0 && row.window < windows());
    ZIMU_CHECK(row.position >= 0 && row.position < header_.text_context);
    ZIMU_CHECK(row.token >= 0 && row.token < header_.vocab_size);
  }
  const StepLayout layout = lay_out(rows, rules_);
  ZIMU_TRY(const GgmlStepGraph* const graph, graph_for(shape_of(layout, rows)));
  put_inputs(*graph, layout, rows);
  put_masks(*graph, layout, rows);
  ZIMU_TRY_VOID(compute(graph->graph));
  take_logits(*graph, layout, rows, out);
  take_attention(*graph, layout, rows, out);
  return {};
}

void GgmlNet::put_inputs(const GgmlStepGraph& graph, const StepLayout& layout, std::span<const StepRow> rows) const {
  std::vector<std::int32_t> tokens, positions, wanted;
  std::vector<std::int64_t> places;
  int fillers = 0;
  for (const int from : layout.order) {
    if (from == StepLayout::kFiller) {
      tokens.push_back(0);
      positions.push_back(0);
      places.push_back(std::int64_t{slots()} * rules_.positions + fillers++);
      continue;
    }
    const StepRow& row = rows[size(from)];
    if (row.logits) wanted.push_back(static_cast<std::int32_t>(tokens.size()));
    tokens.push_back(row.token);
    positions.push_back(row.position);
    places.push_back(std::int64_t{row.slot} * rules_.positions + row.position);
  }
  put(graph.tokens, tokens);
  put(graph.positions, positions);
  put(graph.places, places);
  if (graph.gather != nullptr) {
    put(graph.gather, layout.gather);
    put(graph.scatter, layout.scatter);
  }
  if (graph.wanted != nullptr) {
    wanted.resize(size(graph.shape.logits));
    put(graph.wanted, wanted);
  }
}

void GgmlNet::put_masks(const GgmlStepGraph& graph, const StepLayout& layout, std::span<const StepRow> rows) const {
  std::size_t at = 0;
  const auto keys = size(layout.keys);
  for (ggml_tensor* tensor : graph.masks) {
    const auto count = static_cast<std::size_t>(tensor->ne[1] * tensor->ne[3]);
    std::vector<ggml_fp16_t> mask(count * keys, kHidden);
    for (std::size_t i = 0; i < count; ++i, ++at) {
      const int from = layout.order[at];
      const int last = from == StepLayout::kFiller ? 0 : rows[size(from)].position;
      std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(i * keys), last + 1, ggml_fp16_t{0});
    }
    put(tensor, mask);
  }
}

void GgmlNet::take_logits(const GgmlStepGraph& graph, const StepLayout& layout, std::span<const StepRow> rows,
                          StepOutput& out) const {
  const auto width = size(header_.vocab_size);
  std::vector<std::size_t> place(rows.size());  // among the rows asked for
  std::size_t asked = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) place[i] = rows[i].logits ? asked++ : 0;
  out.logits.resize(asked * width);
  std::size_t at = 0;
  for (const int from : layout.order) {
    const bool wanted = from != StepLayout::kFiller && rows[size(from)].logits;
    if (wanted) {
      ggml_backend_tensor_get(graph.logits, out.logits.data() + place[size(from)] * width, at * width * sizeof(float),
                              width * sizeof(float));
    }
    if (wanted || graph.wanted == nullptr) ++at;
  }
}

void GgmlNet::take_attention(const GgmlStepGraph& graph, const StepLayout& layout, std::span<const StepRow> rows,
                             StepOutput& out) const {
  out.attention.clear();
  if (!graph.shape.attention) return;
  const auto width = size(header_.audio_context);
  std::vector<std::size_t> place(rows.size());
  std::size_t asked = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) place[i] = rows[i].attention ? asked++ : 0;
  out.attention.resize(asked * heads_.size() * width);
  std::size_t begin = 0;
  std::vector<float> looks;
  for (std::size_t r = 0; r < graph.shape.windows.size(); ++r) {
    const Run& run = graph.shape.windows[r];
    const std::size_t count = size(run.count) * size(run.rows);
    looks.resize(count * width);
    for (std::size_t head = 0; head < heads_.size(); ++head) {
      ggml_backend_tensor_get(graph.attention[r * heads_.size() + head], looks.data(), 0, looks.size() * sizeof(float));
      for (std::size_t i = 0; i < count; ++i) {
        const int from = layout.order[layout.gather.empty() ? begin + i : size(layout.gather[begin + i])];
        if (from == StepLayout::kFiller || !rows[size(from)].attention) continue;
        std::copy_n(looks.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                    out.attention.begin() +
                        static_cast<std::ptrdiff_t>((place[size(from)] * heads_.size() + head) * width));
      }
    }
    begin += count;
  }
}

Result<> GgmlNet::reserve() {
  const GgmlEncoderGraph encoder(header_, weights_, memory_, 0);
  ZIMU_TRY_VOID(allocate(encoder.graph));
  std::vector<StepRow> prompt;
  for (int i = 0; i < std::min(static_cast<int>(kMostRows), header_.text_context); ++i) prompt.push_back({.position = i});
  std::vector<StepRow> texts;
  for (int i = 0; i < std::min(static_cast<int>(kMostRows), slots()); ++i) {
    texts.push_back({.slot = i, .window = std::min(i, windows() - 1), .position = header_.text_context - 1});
  }
  for (const auto& rows : {prompt, texts}) {
    ZIMU_TRY_VOID(graph_for(shape_of(lay_out(rows, rules_), rows)));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Net>> load_ggml_net(const WeightFile& file, const GgmlNetOptions& options) {
  ZIMU_CHECK(options.windows > 0 && options.slots > 0);
  constexpr int kKeyStep = 32;
  constexpr int kSteadyKeyStep = 256;  // what the fused kernels of GPUs like best
  ZIMU_TRY(ggml_backend_ptr backend, open_ggml_device(options.device, options.threads));
  const ModelHeader& header = file.header();
  const bool on_processor = is_processor(backend.get());
  const bool fused = options.fused.value_or(!on_processor) && can_fuse(header, backend.get());
  const bool steady = options.steady.value_or(!on_processor);
  ZIMU_TRY(GgmlWeights weights, GgmlWeights::load(file, backend.get()));
  GgmlMemory::Size room{options.windows, options.slots, 0, !fused};
  room.positions = round_up(header.text_context, steady ? kSteadyKeyStep : kKeyStep);
  ZIMU_TRY(GgmlMemory memory, GgmlMemory::make(header, room, backend.get()));
  auto net = std::make_unique<GgmlNet>(header, std::move(backend), std::move(weights), std::move(memory), steady);
  ZIMU_TRY_VOID(net->reserve());
  return net;
}

}  // namespace zimu::asr
