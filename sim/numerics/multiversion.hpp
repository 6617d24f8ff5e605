// Compiler hints for array kernels that may be vectorised without changing a bit.
//
// TWOSTAGE_MULTIVERSION compiles a function twice, for the baseline and for AVX2, and picks one when the
// program is loaded. AVX2 alone, never FMA: the wider registers then do the same IEEE operations. It is
// empty where function multiversioning does not exist (WebAssembly, other processors, other C libraries),
// where it would run before a sanitizer is ready, and where the whole build is for AVX2 already.
//
// TWOSTAGE_INDEPENDENT, before a for statement, says that no iteration reads what another one writes;
// reading and writing the same element in place is allowed.
#pragma once

#include <cstddef>  // defines __GLIBC__ where it applies

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define TWOSTAGE_UNDER_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TWOSTAGE_UNDER_SANITIZER 1
#endif

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__OPTIMIZE__) && \
    !defined(TWOSTAGE_UNDER_SANITIZER) && (!defined(__clang__) || __clang_major__ >= 14)
#define TWOSTAGE_MULTIVERSION __attribute__((target_clones("avx2", "default")))
#else
#define TWOSTAGE_MULTIVERSION
#endif

#if defined(__clang__)
#define TWOSTAGE_INDEPENDENT _Pragma("clang loop vectorize(assume_safety) interleave(enable)")
#elif defined(__GNUC__)
#define TWOSTAGE_INDEPENDENT _Pragma("GCC ivdep")
#else
#define TWOSTAGE_INDEPENDENT
#endif
