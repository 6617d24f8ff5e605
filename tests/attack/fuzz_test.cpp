// A few cases of every kind; tests/attack/long/fuzz_test.cpp has more.
#include "tests/attack/fuzz.hpp"

namespace twostage {
namespace {

using test::Fuzz;

TEST_F(Fuzz, DamagedResults) {
  damage_results(100);
}

TEST_F(Fuzz, BentResults) {
  bend_results(200);
}

TEST_F(Fuzz, DamagedBatches) {
  damage_batches(100);
}

}  // namespace
}  // namespace twostage
