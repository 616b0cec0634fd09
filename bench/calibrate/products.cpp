#include <dlfcn.h>

#include <cstring>
#include <memory>
#include <unordered_map>

#include <oneapi/dnnl/dnnl.hpp>

#include "rate.hpp"

namespace zimu::bench {
namespace {

using dnnl::memory;
using Type = memory::data_type;
using Tag = memory::format_tag;

/// One matrix product with memory of its own; the weights lie as oneDNN wants them.
class Product {
 public:
  Product(int rows, int columns, int depth, Type type, Type result)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_), run_(describe(rows, columns, depth, type, result)) {
    const auto made = description();
    source_ = filled(made.src_desc());
    weights_ = filled(made.weights_desc());
    result_ = filled(made.dst_desc());
    operations_ = 2.0 * rows * columns * depth;
  }
  double operator()() {
    product_.execute(stream_, {{DNNL_ARG_SRC, source_}, {DNNL_ARG_WEIGHTS, weights_}, {DNNL_ARG_DST, result_}});
    stream_.wait();
    return operations_;
  }

 private:
  dnnl::matmul::primitive_desc describe(int rows, int columns, int depth, Type type, Type result) {
    const memory::desc source({rows, depth}, type, Tag::ab), weights({depth, columns}, type, Tag::any);
    const memory::desc sums({rows, columns}, result, Tag::ab);
#if DNNL_VERSION_MAJOR >= 3
    return {engine_, source, weights, sums};
#else
    return {dnnl::matmul::desc(source, weights, sums), engine_};
#endif
  }
  const dnnl::matmul::primitive_desc& description() {
    product_ = dnnl::matmul(run_);
    return run_;
  }
  memory filled(const memory::desc& shape) {
    memory block(shape, engine_);
    std::memset(block.get_data_handle(), 0, shape.get_size());
    return block;
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::matmul::primitive_desc run_;
  dnnl::matmul product_;
  memory source_, weights_, result_;
  double operations_ = 0;
};

/// The threads are ours: oneDNN must not start any of its own.
void alone() {
  using Set = void (*)(int);
  if (const auto set = reinterpret_cast<Set>(::dlsym(RTLD_DEFAULT, "omp_set_num_threads"))) set(1);
}

std::optional<double> rate_of(int threads, double seconds, const std::function<Step()>& make) {
  try {
    alone();
    make()();  // what oneDNN does not have for this processor is refused here, on a thread that can say so
    return rate(threads, seconds, [&make](int) {
      alone();
      return make();
    });
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_unimplemented) return std::nullopt;
    throw;
  }
}

constexpr int kPositions = 1500, kWidth = 512, kHead = 64;

}  // namespace

std::optional<double> int8_product(int threads, double seconds) {
  return rate_of(threads, seconds, []() -> Step {
    const auto product = std::make_shared<Product>(kPositions, 4 * kWidth, kWidth, Type::s8, Type::s32);
    return [product] { return (*product)(); };
  });
}

std::optional<double> bf16_attention(int threads, double seconds) {
  return rate_of(threads, seconds, []() -> Step {
    const auto scores = std::make_shared<Product>(kPositions, kPositions, kHead, Type::bf16, Type::f32);
    const auto values = std::make_shared<Product>(kPositions, kHead, kPositions, Type::bf16, Type::f32);
    return [scores, values] { return (*scores)() + (*values)(); };
  });
}

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch);
}

}  // namespace zimu::bench
