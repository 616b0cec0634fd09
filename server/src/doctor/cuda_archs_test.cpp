#include "doctor/cuda_archs.hpp"

#include <gtest/gtest.h>

namespace zimu::doctor {
namespace {

TEST(CudaArchs, ReadsWhatCmakeCallsThem) {
  const auto archs = parse_cuda_archs("61-real;75-virtual;90;120a-real;native");
  EXPECT_EQ(archs.real, (std::vector{61, 90, 120}));
  EXPECT_EQ(archs.ptx, (std::vector{75, 90}));
}

TEST(CudaArchs, TheBuiltInListCoversTheCardsItPromises) {
  const CudaBuild build = built_in_cuda();
  EXPECT_EQ(build.cuda_major, 12);
  for (const auto& [major, minor] :
       {std::pair{6, 1}, {7, 0}, {7, 5}, {8, 0}, {8, 6}, {8, 9}, {9, 0}, {12, 0}, {8, 7}, {12, 1}}) {
    EXPECT_EQ(arch_support(build.archs, major, minor), ArchSupport::kNative) << major << '.' << minor;
  }
  EXPECT_EQ(arch_support(build.archs, 5, 0), ArchSupport::kNone);
  EXPECT_EQ(arch_support(build.archs, 6, 0), ArchSupport::kNone) << "code for 6.1 does not run on 6.0";
  EXPECT_EQ(arch_support(build.archs, 10, 0), ArchSupport::kNone)
      << "neither code for 9.0 nor PTX for 12.0 runs on 10.0";
  EXPECT_EQ(arch_support(build.archs, 13, 0), ArchSupport::kCompiledAtFirstUse);
}

TEST(CudaArchs, TheFileBesideTheBackendWins) {
  const CudaBuild plain = parse_cuda_build("86-real;86-virtual\n", built_in_cuda());
  EXPECT_EQ(plain.cuda_major, 12);
  EXPECT_EQ(plain.text, "86-real;86-virtual");
  EXPECT_EQ(plain.archs.real, std::vector{86});
  const CudaBuild versioned = parse_cuda_build("11.8 61-real;70-real", built_in_cuda());
  EXPECT_EQ(versioned.cuda_major, 11);
  EXPECT_EQ(versioned.cuda_minor, 8);
  EXPECT_EQ(versioned.archs.real, (std::vector{61, 70}));
  const CudaBuild nonsense = parse_cuda_build("what?", built_in_cuda());
  EXPECT_EQ(nonsense.archs.real, built_in_cuda().archs.real);
}

TEST(CudaArchs, FloorsOfTheDriver) {
  EXPECT_EQ(least_driver(11), 450);
  EXPECT_EQ(least_driver(12), 525);
  EXPECT_EQ(least_driver(13), 580);
}

}  // namespace
}  // namespace zimu::doctor
