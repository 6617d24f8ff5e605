// Networks with one hidden layer, and quadratic forms of low rank: classes whose scores are no linear
// function of their parameters, and whose fits have several stationary points. With x(e) what is known of a
// completion up to edge e (edge_inputs.hpp),
//   tanh units     s(e) = sum_j v_j tanh(b_j + w_j . x(e)),
//   product units  s(e) = sum_j (a_j + p_j . x(e)) (c_j + q_j . x(e)),
// a sum over the units of terms with parameters (v, b, w) and (a, p, c, q) of their own, unit after unit.
// Sums of r products are the functions with interactions of any two inputs through at most 2r factors (Rendle
// 2010, factorization machines); in binary texts these are polynomials of degree two.
//
// As a reward a network may score every token or the completion alone, by its last edge: with equally many
// parameters, a local and a global reward model of one architecture.
//
// Where prompts have classes of their own, each prompt with data has a network of its own, and the scores of
// the others are 0. theta = 0 is stationary, since each factor of a unit's term is 0 there: descents begin
// where the first factor (v) or the second (c, q) is 0 and the other numbers are normal, of variance
// 1 / (inputs + 1).
#pragma once

#include "sim/model/edge_inputs.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

enum class Unit { tanh, product };
enum class Scored { tokens, completion };

class NetworkModel final : public ScoreModel {
 public:
  // The world is referred to; `what` begins refusals. Without units all scores are 0.
  NetworkModel(const World& world, Unit unit, std::size_t units, Scored scored, const std::string& what);

  std::size_t parameters() const override { return networks_ * units_ * unit_size_; }
  // Of its derivatives at a point in general position.
  std::size_t rank() const override;
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override;
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override;
  std::span<const double> start_spread() const override { return spread_; }
  double numbers_held() const override;

  const EdgeInputs& inputs() const { return inputs_; }

 private:
  // Edges of one layer that a network scores, and where its parameters begin.
  struct Stretch {
    EdgeRange edges;
    std::size_t inputs;
    std::size_t first;
  };
  // out = constant + sum of weight x input, for the edges of a stretch; the parameters are those numbers.
  void form(const Stretch& at, std::span<const double> parameters, std::span<double> out) const;
  void form_pullback(const Stretch& at, std::span<const double> d_form, std::span<double> out) const;
  std::vector<double> derivatives() const;

  const World& world_;
  Unit unit_;
  std::size_t units_;
  EdgeInputs inputs_;
  std::size_t form_size_;  // 1 + inputs
  std::size_t unit_size_;
  std::size_t networks_;
  std::vector<Stretch> stretches_;
  std::vector<double> spread_;
};

}  // namespace twostage
