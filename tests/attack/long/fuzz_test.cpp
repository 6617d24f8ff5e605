// 10,000 cases of every kind (tests/attack/fuzz.hpp); the first ones are those of the short test.
#include "tests/attack/fuzz.hpp"

namespace twostage {
namespace {

using test::Fuzz;

constexpr std::uint64_t kCases = 10'000;

TEST_F(Fuzz, DamagedResults) {
  damage_results(kCases);
}

TEST_F(Fuzz, BentResults) {
  bend_results(kCases);
}

TEST_F(Fuzz, DamagedBatches) {
  damage_batches(kCases);
}

}  // namespace
}  // namespace twostage
