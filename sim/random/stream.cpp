#include "sim/random/stream.hpp"

namespace twostage {

std::uint64_t hash_name(std::string_view name) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdULL;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return h ^ (h >> 33);
}

RandomSource::RandomSource(std::uint64_t seed, std::string_view study) : key_{seed, hash_name(study)} {
  if (seed >> 53 != 0) throw std::invalid_argument("RandomSource: the seed must stay below 2^53");
}

}  // namespace twostage
