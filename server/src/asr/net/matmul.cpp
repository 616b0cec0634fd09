#include "asr/net/matmul.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <oneapi/dnnl/dnnl_version.h>

#include "asr/net/buffer.hpp"
#include "asr/net/kernels.hpp"
#include "base/check.hpp"

namespace zimu::asr {
namespace {

using dnnl::memory;

dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// One product alone on its thread: the team is ours, oneDNN must not start one of its own.
struct OneThread {
  OneThread() {
    // Where oneDNN was built with OpenMP it brought the function along; we do not link to it ourselves.
    using Set = void (*)(int);
    static const auto set = reinterpret_cast<Set>(::dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
    if (set != nullptr) set(1);
  }
};

memory::desc rows_of(int rows, int columns, memory::data_type type) {
  return {{rows, columns}, type, memory::format_tag::ab};
}

dnnl::matmul::primitive_desc describe(int rows, int outputs, int inputs, const memory::desc& weights) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const auto source = rows_of(rows, inputs, memory::data_type::s8);
  const auto sums = rows_of(rows, outputs, memory::data_type::s32);
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), source, weights, sums, attributes};
#else
  return {dnnl::matmul::desc(source, weights, sums), attributes, cpu()};
#endif
}

/// Each thread's own: primitives are shared, what they scribble on is not.
std::byte* scratch(std::size_t bytes) {
  thread_local Buffer<std::byte> buffer;
  if (bytes > buffer.size()) buffer = Buffer<std::byte>(bytes);
  return buffer.data();
}

}  // namespace

struct Int8Linear::Packed {
  struct Product {
    dnnl::matmul run;
    memory::desc source, sums, scratchpad;
  };
  memory::desc weights;
  std::map<int, Product> products;  // by rows
  Buffer<std::byte> slices;
  std::size_t slice_bytes = 0;  // a multiple of the cache line
};

Int8Linear::Int8Linear(const Shape& shape, const ReadWeights& weights, std::span<const float> bias, Team& team)
    : outputs_(shape.outputs), inputs_(shape.inputs), width_(shape.slice),
      slices_((shape.outputs + shape.slice - 1) / shape.slice), packed_(std::make_unique<Packed>()) {
  ZIMU_CHECK(!shape.rows.empty() && inputs_ % 16 == 0 && width_ % 16 == 0);
  const OneThread alone;
  const auto padded = static_cast<std::size_t>(slices_) * static_cast<std::size_t>(width_);
  scales_.assign(padded, 0);
  if (!bias.empty()) {
    bias_.assign(bias.begin(), bias.end());
    bias_.resize(padded);
  }
  const int most = *std::ranges::max_element(shape.rows);
  packed_->weights = describe(most, width_, inputs_, {{inputs_, width_}, memory::data_type::s8, memory::format_tag::any})
                         .weights_desc();
  for (const int count : shape.rows) {
    const auto product = describe(count, width_, inputs_, packed_->weights);
    packed_->products.emplace(count, Packed::Product{dnnl::matmul(product), product.src_desc(), product.dst_desc(),
                                                     product.scratchpad_desc()});
  }
  packed_->slice_bytes = (packed_->weights.get_size() + 63) / 64 * 64;
  packed_->slices = Buffer<std::byte>(packed_->slice_bytes * static_cast<std::size_t>(slices_));
  team.each(slices_, [&](int slice, int) { pack(slice, weights); });
}

void Int8Linear::pack(int slice, const ReadWeights& weights) {
  thread_local OneThread alone;
  const auto inputs = static_cast<std::size_t>(inputs_);
  std::vector<std::int8_t> plain(static_cast<std::size_t>(width_) * inputs);
  std::vector<float> row(inputs);
  for (int n = 0; n < width_ && slice_begin(slice) + n < outputs_; ++n) {
    const int output = slice_begin(slice) + n;
    weights(output, row.data());
    kernels().quantize(row.data(), inputs_, plain.data() + static_cast<std::size_t>(n) * inputs,
                       &scales_[static_cast<std::size_t>(output)]);
  }
  dnnl::stream stream(cpu());
  memory from({{inputs_, width_}, memory::data_type::s8, memory::format_tag::ba}, cpu(), plain.data());
  memory to(packed_->weights, cpu(), packed_->slices.at(static_cast<std::size_t>(slice) * packed_->slice_bytes));
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
}

Int8Linear::~Int8Linear() = default;
Int8Linear::Int8Linear(Int8Linear&&) noexcept = default;
Int8Linear& Int8Linear::operator=(Int8Linear&&) noexcept = default;

void Int8Linear::multiply(int slice, int rows, const std::int8_t* input, std::int32_t* sums) const {
  thread_local OneThread alone;
  thread_local dnnl::stream stream(cpu());
  const Packed::Product& product = packed_->products.at(rows);
  const memory from(product.source, cpu(), const_cast<std::int8_t*>(input));
  const memory by(packed_->weights, cpu(), packed_->slices.at(static_cast<std::size_t>(slice) * packed_->slice_bytes));
  const memory to(product.sums, cpu(), sums);
  const memory pad(product.scratchpad, cpu(), scratch(product.scratchpad.get_size()));
  product.run.execute(stream, {{DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, by}, {DNNL_ARG_DST, to},
                                 {DNNL_ARG_SCRATCHPAD, pad}});
}

}  // namespace zimu::asr
