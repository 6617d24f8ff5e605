// Does the unpenalised Bradley-Terry maximum-likelihood estimate exist? For the matrix X of signed feature
// differences (sim/existence/difference_matrix.hpp) exactly one of these holds (Albert & Anderson 1984,
// Stiemke 1915):
//   not_attained  some theta has X theta >= 0, X theta != 0: along it the likelihood rises for ever;
//   attained      some y > 0 has X^T y = 0: the likelihood has a maximum,
//     unique        one reward function attains it, since rank X is the rank of the class,
//     flat          many do, since X misses a direction of the class.
// The answer is proved, never read off a tolerance: floating point proposes a witness, which counts only
// when sim/existence/existence_proof.cpp proves it; where nothing proposed can be proved, an exact simplex
// method decides, and beyond the size limits below the answer is no_exact_test with the reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/existence/difference_matrix.hpp"
#include "sim/existence/outcome.hpp"
#include "sim/numerics/modular.hpp"

namespace twostage {

struct ExistenceLimits {
  std::size_t parameters = 2048;       // above: no_exact_test
  std::size_t exact_entries = 20'000;  // tableau size up to which the exact simplex method is tried
  bool floating_point = true;          // false: by the exact simplex method alone
};

// A combination of columns of X that vanishes: sum of coefficient * column.
using ColumnDependence = std::vector<std::pair<std::size_t, std::int64_t>>;

// Rows and columns are those of the canonical matrix.
struct ExistenceCertificate {
  Existence outcome = Existence::no_exact_test;
  std::string reason;                          // of no_exact_test
  std::vector<num::BigInteger> direction;      // not_attained: theta, for the integer features
  std::vector<double> weights;                 // attained: y up to a correction proved to keep y > 0,
  std::vector<num::BigInteger> exact_weights;  // or y itself where that proof does not succeed
  std::vector<std::size_t> columns;            // attained: a largest set of independent columns
  std::vector<ColumnDependence> dependences;   // flat: each other column by those (may be empty: the
                                               // verifier then proves the rank by residues)
};

// `matrix` as canonical() returns it; `class_rank` is LinearModel::rank(), at least the rank of the matrix.
ExistenceCertificate test_existence(const DifferenceMatrix& matrix, std::size_t class_rank,
                                    const ExistenceLimits& limits = {});

// The same of rows as they come, which are made canonical, and the rank of the class found, only if no
// feature already says that the estimate is not attained.
ExistenceCertificate test_existence(const LinearModel& model, const ScaledDifferences& rows,
                                    const ExistenceLimits& limits = {});

ExistenceCertificate test_existence(const LinearModel& model, const PairTable& pairs,
                                    const ExistenceLimits& limits = {});

// The same without its proof.
KnownExistence known(const ExistenceCertificate& certificate);

}  // namespace twostage
