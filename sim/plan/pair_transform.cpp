#include "sim/plan/pair_transform.hpp"

#include <algorithm>
#include <array>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/return_distribution.hpp"

namespace twostage {
namespace {

constexpr std::size_t kBlock = 256;  // atoms whose factors are computed in one call of num::sincos

// One block of atoms of one prompt, as arrays.
struct AtomBlock {
  std::array<double, kBlock> value;
  std::array<double, kBlock> p;
  std::array<double, kBlock> q;
  std::array<double, kBlock> moment;
  std::size_t size = 0;

  explicit AtomBlock(std::span<const ReturnAtom> atoms) : size(atoms.size()) {
    for (std::size_t i = 0; i < size; ++i) {
      value[i] = atoms[i].first;
      p[i] = atoms[i].p;
      q[i] = atoms[i].q;
      moment[i] = atoms[i].p * atoms[i].second;
    }
  }

  // Adds this block's part of entry `cell`, of frequency w.
  void add(double w, std::size_t cell, PairTransform& out) const {
    std::array<double, kBlock> sin;
    std::array<double, kBlock> cos;
    for (std::size_t i = 0; i < size; ++i) cos[i] = w * value[i];
    const auto part = [this](auto& array) { return std::span(array).first(size); };
    num::sincos(part(cos), part(sin), part(cos));
    const auto accumulate = [&](const std::array<double, kBlock>& mass, ComplexTable& table) {
      table.re[cell] += num::dot(part(mass), part(cos));
      table.im[cell] += num::dot(part(mass), part(sin));
    };
    accumulate(p, out.p);
    accumulate(q, out.q);
    if (!out.moment.re.empty()) accumulate(moment, out.moment);
  }
};

}  // namespace

PairTransform pair_transform_by_listing(const PairLaw& law, std::span<const double> frequencies) {
  const std::vector<ReturnAtom> atoms =
      return_distribution(law.graph, law.edge_values, law.moment_values, law.log_p, law.log_q);
  const std::size_t nodes = frequencies.size();
  const std::vector<double> zero(law.graph.prompts() * nodes);
  PairTransform out{{zero, zero}, {zero, zero}, {}};
  if (!law.moment_values.empty()) out.moment = {zero, zero};
  for (std::size_t begin = 0, end = 0; begin < atoms.size(); begin = end) {
    while (end < atoms.size() && end - begin < kBlock && atoms[end].prompt == atoms[begin].prompt) ++end;
    const AtomBlock block({atoms.data() + begin, end - begin});
    for (std::size_t k = 0; k < nodes; ++k)
      block.add(frequencies[k], static_cast<std::size_t>(atoms[begin].prompt) * nodes + k, out);
  }
  return out;
}

PairTransform pair_transform_by_sweep(const PairLaw& law, std::span<const double> frequencies) {
  PairTransform out;
  if (law.moment_values.empty()) {
    out.p = characteristic_function(law.graph, law.log_p, law.edge_values, frequencies);
  } else {
    CharacteristicMoment both =
        characteristic_moment(law.graph, law.log_p, law.edge_values, law.moment_values, frequencies);
    out.p = std::move(both.phi);
    out.moment = std::move(both.moment);
  }
  const bool same = law.log_p.data() == law.log_q.data();
  out.q = same ? out.p : characteristic_function(law.graph, law.log_q, law.edge_values, frequencies);
  return out;
}

PairTransform pair_transform(const PairLaw& law, std::span<const double> frequencies) {
  const double listed = most_return_atoms(law.graph, law.edge_values, law.moment_values);
  return listed <= static_cast<double>(law.graph.edges()) ? pair_transform_by_listing(law, frequencies)
                                                          : pair_transform_by_sweep(law, frequencies);
}

}  // namespace twostage
