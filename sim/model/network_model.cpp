#include "sim/model/network_model.hpp"

#include <algorithm>
#include <cmath>

#include "sim/model/path_covariance.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

// tanh z = 2 sigma(2z) - 1, in place.
void tanh_of(std::span<double> z) {
  for (double& x : z) x *= 2;
  num::sigmoid(z, z);
  for (double& x : z) x = 2 * x - 1;
}

}  // namespace

NetworkModel::NetworkModel(const World& world, Unit unit, std::size_t units, Scored scored,
                           const std::string& what)
    : world_(world),
      unit_(unit),
      units_(units),
      inputs_(edge_inputs(world, what)),
      form_size_(1 + inputs_.count),
      unit_size_(unit == Unit::tanh ? 1 + form_size_ : 2 * form_size_),
      networks_(world.shared_classes ? 1 : prompts_with_data(world)) {
  const TokenGraph& graph = world.graph;
  for (int h = scored == Scored::completion ? graph.horizon() - 1 : 0; h < graph.horizon(); ++h) {
    const std::size_t written = inputs_.written[static_cast<std::size_t>(h)];
    if (world.shared_classes)
      stretches_.push_back({graph.layer_edges(h), written, 0});
    else
      for (std::size_t p = 0; p < networks_; ++p)
        stretches_.push_back({graph.prompt_edges(h, p), written, p * units_ * unit_size_});
  }
  const double spread = 1 / std::sqrt(static_cast<double>(form_size_));
  spread_.assign(parameters(), spread);
  for (std::size_t j = 0; j < networks_ * units_; ++j) {
    double* const at = spread_.data() + j * unit_size_;
    if (unit == Unit::tanh)
      *at = 0;
    else
      std::fill(at + form_size_, at + unit_size_, 0.0);
  }
}

void NetworkModel::form(const Stretch& at, std::span<const double> parameters, std::span<double> out) const {
  std::ranges::fill(out, parameters[0]);
  for (std::size_t k = 0; k < at.inputs; ++k) num::axpy(parameters[1 + k], inputs_.of(k, at.edges), out);
}

void NetworkModel::form_pullback(const Stretch& at, std::span<const double> d_form,
                                 std::span<double> out) const {
  out[0] += num::sum(d_form);
  for (std::size_t k = 0; k < at.inputs; ++k) out[1 + k] += num::dot(d_form, inputs_.of(k, at.edges));
}

void NetworkModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  std::ranges::fill(edge_scores, 0.0);
  std::vector<double> first, second;
  for (const Stretch& at : stretches_) {
    const auto score = edge_scores.subspan(static_cast<std::size_t>(at.edges.begin), at.edges.size());
    first.resize(score.size());
    second.resize(score.size());
    for (std::size_t j = 0; j < units_; ++j) {
      const auto mine = theta.subspan(at.first + j * unit_size_, unit_size_);
      if (unit_ == Unit::tanh) {
        form(at, mine.subspan(1), first);
        tanh_of(first);
        num::axpy(mine[0], first, score);
      } else {
        form(at, mine.first(form_size_), first);
        form(at, mine.subspan(form_size_), second);
        for (std::size_t e = 0; e < score.size(); ++e) score[e] += first[e] * second[e];
      }
    }
  }
}

void NetworkModel::pullback(std::span<const double> theta, std::span<const double> d_scores,
                            std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  std::vector<double> first, second;
  for (const Stretch& at : stretches_) {
    const auto d_score = d_scores.subspan(static_cast<std::size_t>(at.edges.begin), at.edges.size());
    first.resize(d_score.size());
    second.resize(d_score.size());
    for (std::size_t j = 0; j < units_; ++j) {
      const auto mine = theta.subspan(at.first + j * unit_size_, unit_size_);
      const auto to = out.subspan(at.first + j * unit_size_, unit_size_);
      if (unit_ == Unit::tanh) {
        form(at, mine.subspan(1), first);
        tanh_of(first);
        to[0] += num::dot(d_score, first);
        for (std::size_t e = 0; e < first.size(); ++e)
          first[e] = d_score[e] * mine[0] * (1 - first[e] * first[e]);
        form_pullback(at, first, to.subspan(1));
      } else {
        form(at, mine.first(form_size_), first);
        form(at, mine.subspan(form_size_), second);
        for (std::size_t e = 0; e < first.size(); ++e) {
          first[e] *= d_score[e];
          second[e] *= d_score[e];
        }
        form_pullback(at, second, to.first(form_size_));
        form_pullback(at, first, to.subspan(form_size_));
      }
    }
  }
}

// [edges x parameters of one network], each with the same numbers.
std::vector<double> NetworkModel::derivatives() const {
  constexpr double golden = 0.6180339887498949;  // whose multiples fill [0, 1) evenly
  const std::size_t edges = world_.graph.edges(), p = units_ * unit_size_;
  std::vector<double> theta(p), out(edges * p, 0.0), first, second;
  for (std::size_t k = 0; k < p; ++k) {
    const double multiple = golden * static_cast<double>(k + 1);
    theta[k] = 2 * (multiple - std::floor(multiple)) - 1;
  }
  for (const Stretch& at : stretches_) {
    first.resize(at.edges.size());
    second.resize(at.edges.size());
    for (std::size_t j = 0; j < units_; ++j) {
      const auto mine = std::span<const double>(theta).subspan(j * unit_size_, unit_size_);
      if (unit_ == Unit::tanh) {
        form(at, mine.subspan(1), first);
        tanh_of(first);
      } else {
        form(at, mine.first(form_size_), first);
        form(at, mine.subspan(form_size_), second);
      }
      for (std::size_t i = 0; i < at.edges.size(); ++i) {
        double* to = out.data() + (static_cast<std::size_t>(at.edges.begin) + i) * p + j * unit_size_;
        const auto input = [&](std::size_t k) { return inputs_.of(k, at.edges)[i]; };
        const auto write_form = [&](double slope) {
          *to++ = slope;
          for (std::size_t k = 0; k < at.inputs; ++k) to[k] = slope * input(k);
          to += inputs_.count;
        };
        if (unit_ == Unit::tanh) {
          *to++ = first[i];
          write_form(mine[0] * (1 - first[i] * first[i]));
        } else {
          write_form(second[i]);
          write_form(first[i]);
        }
      }
    }
  }
  return out;
}

std::size_t NetworkModel::rank() const {
  const std::size_t p = units_ * unit_size_;
  if (p == 0) return 0;
  const std::vector<double> slopes = derivatives();
  World world = world_;
  std::size_t rank = 0;
  for (std::size_t network = 0; network < networks_; ++network) {
    if (!world_.shared_classes) {
      std::ranges::fill(world.rho, 0.0);
      world.rho[network] = 1;
    }
    rank += path_rank(world, slopes, p);
  }
  return rank;
}

double NetworkModel::numbers_held() const {
  constexpr double of_world = 8;  // for each edge of the copy that ranks are told by
  const auto edges = static_cast<double>(world_.graph.edges());
  const auto p = static_cast<double>(units_ * unit_size_);
  return edges * (static_cast<double>(inputs_.count) + 2 * p + of_world) +
         p * static_cast<double>(world_.graph.states());
}

}  // namespace twostage
