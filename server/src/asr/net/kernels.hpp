#pragma once
#include <cstddef>
#include <cstdint>

namespace zimu::asr {

/// Keys of one vector: positions are packed in groups of so many.
constexpr int kKeyGroup = 16;
/// Width of a head in every Whisper model.
constexpr int kHeadWidth = 64;

using Bf16 = std::uint16_t;

/// The audio's keys and values of one head, 8 bits each with a scale for each position.
struct CrossHead {
  const std::uint8_t* keys;   ///< [positions / 16][16 dimension groups][16 positions][4], 128 added
  const std::int8_t* values;  ///< [positions / 4][64][4]
  const float* key_scales;    ///< [positions]
  const float* value_scales;
};

/// The inner loops, compiled for several kinds of processor. Everything is row-major; `n` is a multiple of 16.
struct Kernels {
  const char* name;

  /// out = layer norm of x, epsilon 1e-5.
  void (*norm)(const float* x, const float* gain, const float* bias, int n, float* out);
  /// Symmetric 8 bits: x = out * scale, |out| <= 127.
  void (*quantize)(const float* x, int n, std::int8_t* out, float* scale);
  /// out = sums * row_scale * column_scales + bias. `bias` may be null.
  void (*scale)(const std::int32_t* sums, float row_scale, const float* column_scales, const float* bias, int n,
                float* out);
  /// The same, added to what is there.
  void (*scale_add)(const std::int32_t* sums, float row_scale, const float* column_scales, const float* bias, int n,
                    float* inout);
  /// The same, with GELU (its tanh form, as ggml) over it.
  void (*scale_gelu)(const std::int32_t* sums, float row_scale, const float* column_scales, const float* bias, int n,
                     float* out);
  /// inout = GELU(inout + bias).
  void (*bias_gelu)(const float* bias, int n, float* inout);

  void (*to_bf16)(const float* x, float factor, int n, Bf16* out);
  /// Two rows of values next to each other: out[2 i] = a[i], out[2 i + 1] = b[i].
  void (*pair_bf16)(const float* a, const float* b, int n, Bf16* out);

  /// Four positions' keys (values) of one head in 8 bits, as CrossHead holds them. `rows`: [4][stride]; `out` begins with
  /// the first of the positions, a multiple of 4; `scales`: [4].
  void (*pack_keys)(const float* rows, std::size_t stride, std::uint8_t* out, float* scales);
  void (*pack_values)(const float* rows, std::size_t stride, std::int8_t* out, float* scales);

  /// Attention of `rows` positions of one head to all of them. `queries`: [rows][stride], scaled by log2(e) / 8.
  /// `keys`: [groups of 16][32 dimension pairs][16][2]. `values`: [position pairs][64][2]. Positions are padded to whole
  /// groups. `out`: [rows][stride]. `scratch`: attention_scratch(positions) bytes.
  void (*attend)(const Bf16* queries, std::size_t stride, int rows, const Bf16* keys, const Bf16* values, int positions,
                 float* out, std::size_t out_stride, void* scratch);

  /// Queries (scaled by 1/8) of one head to the audio: [rows][stride]. `weights`: [rows][positions padded], normalised
  /// when it returns. `out`: [rows][stride].
  void (*attend_cross)(const float* queries, std::size_t stride, int rows, const CrossHead& head, int positions,
                       float* weights, float* out);
  /// One query (scaled by 1/8) to the text: `keys` and `values` are half floats, [positions][64].
  void (*attend_self)(const float* query, const std::uint16_t* keys, const std::uint16_t* values, int positions,
                      float* weights, float* out);
  void (*to_half)(const float* x, int n, std::uint16_t* out);

  /// c[m][n] += a[m][k] * b[k][n], n a multiple of 16.
  void (*multiply_add)(const float* a, std::size_t a_stride, const float* b, std::size_t b_stride, int m, int n, int k,
                       float* c, std::size_t c_stride);
};

constexpr int padded_positions(int positions) { return (positions + kKeyGroup - 1) / kKeyGroup * kKeyGroup; }
constexpr int kAttendRows = 6;  ///< at a time
constexpr std::size_t attention_scratch(int positions) {
  return static_cast<std::size_t>(padded_positions(positions)) * kAttendRows * (sizeof(float) + sizeof(Bf16)) + 128;
}

/// The fastest that this processor runs. Thread: any.
const Kernels& kernels();

const Kernels& kernels_base();
#if defined(__x86_64__)
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();
#endif

}  // namespace zimu::asr
