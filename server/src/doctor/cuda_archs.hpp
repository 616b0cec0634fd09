#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Which cards the CUDA backend of this build has code for.
namespace zimu::doctor {

/// "61-real;70-real;120-virtual", as CMAKE_CUDA_ARCHITECTURES has it; a plain number is both, words are
/// skipped.
struct CudaArchs {
  std::vector<int>
      real;  ///< machine code: runs on cards of the same major number and an equal or higher minor one
  std::vector<int> ptx;  ///< compiled by the driver on cards of an equal or higher number
};

/// What is known of the backend: of the build's CUDA toolkit, and for which cards.
struct CudaBuild {
  int cuda_major = 12;
  int cuda_minor = 9;
  CudaArchs archs;
  std::string text;  ///< the list as it was given
};

CudaArchs parse_cuda_archs(std::string_view list);

/// What was set when this program was built (ZIMU_CUDA_VERSION, ZIMU_CUDA_ARCHS).
CudaBuild built_in_cuda();
/// The first line of the file `libggml-cuda.archs` beside the backend: "61-real;70-real;…", perhaps after the
/// toolkit's version, "12.9 61-real;…". What it does not say, or says badly, stays as in `otherwise`.
CudaBuild parse_cuda_build(std::string_view line, CudaBuild otherwise);

enum class ArchSupport { kNative, kCompiledAtFirstUse, kNone };
ArchSupport arch_support(const CudaArchs& archs, int major, int minor);

/// Least driver of a CUDA major version on Linux (CUDA compatibility guide, minor version compatibility).
int least_driver(int cuda_major) noexcept;

}  // namespace zimu::doctor
