#include "theory/asymptotics/local_asymptotics.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/product.hpp"
#include "sim/plan/sweeps.hpp"
#include "theory/asymptotics/penalty_terms.hpp"

namespace twostage {
namespace {

constexpr std::size_t kMostAtoms = 2048;

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

std::optional<Atoms> few_atoms(const World& world, const EdgeFeatures& features, const PairPolicies& pairs) {
  try {
    return atoms_of(features, world, pairs, kMostAtoms);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

// Of the pair differences psi(xi) - psi(xi'), however rare the pairs.
Index rank_of_differences(const Atoms& atoms) {
  MatrixXd differences = atoms.psi;
  for (std::size_t p = 0; p < atoms.prompts(); ++p) {
    const Index begin = atoms.begin[p];
    const Index size = atoms.begin[p + 1] - begin;
    differences.middleRows(begin, size).rowwise() -= atoms.psi.middleRows(begin, size).colwise().mean();
  }
  return Eigen::ColPivHouseholderQR<MatrixXd>(differences).setThreshold(1e-10).rank();
}

struct Largest {
  double weighted = 0;
  double plain = 0;
};

// Of all pairs of completions: the heart of a prediction where there are many. Their products are taken some
// columns at a time.
Largest largest_leverage(const Atoms& atoms, const MatrixXd& whitener) {
  constexpr Index together = 64;
  Largest largest;
  for (std::size_t p = 0; p < atoms.prompts(); ++p) {
    const Index begin = atoms.begin[p];
    const Index size = atoms.begin[p + 1] - begin;
    const MatrixXd white = num::product(atoms.psi.middleRows(begin, size), whitener);
    std::vector<double> square(static_cast<std::size_t>(size)), likely(static_cast<std::size_t>(size));
    for (Index first = 0, end = 0; first < size; first = end) {
      end = size - first < 2 * together ? size : first + together;  // never a single column at the end
      const MatrixXd gram =
          num::product(white.topRows(end), white.middleRows(first, end - first).transpose());
      for (Index j = first; j < end; ++j) {
        const auto n = static_cast<std::size_t>(j);
        square[n] = gram(j, j - first);
        for (std::size_t i = 0; i < n; ++i)
          likely[i] = atoms.truth(begin + static_cast<Index>(i)) - atoms.truth(begin + j);
        num::sigmoid(std::span(likely).first(n), std::span(likely).first(n));
        for (std::size_t i = 0; i < n; ++i) {
          const double s = likely[i];
          const double length = square[i] + square[n] - 2 * gram(static_cast<Index>(i), j - first);
          largest.weighted = std::max(largest.weighted, s * (1 - s) * length);
          largest.plain = std::max(largest.plain, length);
        }
      }
    }
  }
  return largest;
}

// Of the completions of `world`, whose weights may be 0 for some prompts of the atoms.
void add_completions(const Atoms& atoms, const World& world, const RowMajor& whitener, LocalLimit& out) {
  const VectorXd law =
      log_plan(atoms, atoms.truth, world.beta).of_atom.unaryExpr([](double x) { return num::exp(x); });
  const VectorXd mass = joint(atoms, world, law);
  out.mass.assign(mass.begin(), mass.end());
  const RowMajor white = num::product_as<RowMajor>(centred_rows(atoms, law, atoms.psi), whitener);
  out.white.assign(white.data(), white.data() + white.size());
}

}  // namespace

LocalLimit local_limit(const World& world, const EdgeFeatures& features, const PairPolicies& pairs,
                       std::optional<PromptSet> measured) {
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const auto p = static_cast<Index>(features.parameters);
  const std::vector<double> i = pair_information(features, world, pairs);
  const std::optional<World> elsewhere =
      measured ? std::optional(measured_world(world, *measured)) : std::nullopt;
  const World& at = elsewhere ? *elsewhere : world;
  const std::vector<double> c = path_covariance(features, at, optimum.log_policy);

  // Whiten by I on its range: the null space are directions no pair sees, which no completion sees either.
  const Eigen::SelfAdjointEigenSolver<MatrixXd> spectrum(Eigen::Map<const RowMajor>(i.data(), p, p));
  const double floor = spectrum.eigenvalues().maxCoeff() * 1e-11 * static_cast<double>(p);
  const Index null = (spectrum.eigenvalues().array() <= floor).count();
  const Index d = p - null;
  const RowMajor whitener = spectrum.eigenvectors().rightCols(d) *
                            spectrum.eigenvalues().tail(d).cwiseSqrt().cwiseInverse().asDiagonal();
  const Eigen::Map<const RowMajor> curvature(c.data(), p, p);
  const MatrixXd whitened = num::product(num::product(whitener.transpose(), curvature), whitener);

  LocalLimit out;
  out.dimension = static_cast<std::size_t>(d);
  if (d > 0) {  // the solver takes no empty matrix
    const Eigen::SelfAdjointEigenSolver<MatrixXd> law(whitened, Eigen::EigenvaluesOnly);
    // None is negative but by rounding.
    for (const double eigenvalue : law.eigenvalues())
      out.eigenvalues.push_back(eigenvalue < 0 ? 0 : eigenvalue);
  }
  out.effective_dimension = whitened.trace() / 2;
  out.limit = out.effective_dimension / world.beta;
  const auto atoms = few_atoms(world, features, pairs);
  // Completions of pi* that differ in the null space: beyond what the rounding of its basis accounts for.
  const MatrixXd left_out = spectrum.eigenvectors().leftCols(null);
  const bool visible = (left_out.transpose() * curvature * left_out).trace() > 1e-7 * curvature.trace();
  if (visible || (atoms && null > 0 && d < rank_of_differences(*atoms)))
    out.leverage = std::numeric_limits<double>::infinity();
  else if (atoms) {
    const Largest largest = largest_leverage(*atoms, whitener);
    out.leverage = largest.weighted;
    out.widest = largest.plain;
    const auto all = elsewhere ? few_atoms(measured_world(world, PromptSet::all), features, pairs) : atoms;
    if (all) add_completions(*all, at, whitener, out);
  }
  out.whitener.assign(whitener.data(), whitener.data() + whitener.size());
  return out;
}

LocalLimit local_limit(const World& world, const LinearModel& model, std::span<const double> log_sampler) {
  const std::vector<double> policy(log_sampler.begin(), log_sampler.end());
  return local_limit(world, reward_features(model, world), {policy, policy});
}

}  // namespace twostage
