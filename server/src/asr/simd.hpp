#pragma once

/// A function compiled for several generations of processors, of which the program takes the best it finds. Its loops
/// have to be such that the compiler makes vectors of them.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ZIMU_NO_CLONES
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZIMU_NO_CLONES  // sanitizers are not ready yet when the program chooses
#endif
#if defined(__x86_64__) && defined(__GNUC__) && !defined(ZIMU_NO_CLONES)
#define ZIMU_FOR_EACH_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ZIMU_FOR_EACH_CPU
#endif
