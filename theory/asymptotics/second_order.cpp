#include "theory/asymptotics/second_order.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/product.hpp"
#include "theory/asymptotics/plan_cumulants.hpp"

namespace twostage {
namespace {

using Eigen::ArrayXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// tr(A^T B).
double dot(const MatrixXd& a, const MatrixXd& b) {
  return a.cwiseProduct(b).sum();
}

double dot(const Tensor& a, const Tensor& b) {
  double out = 0;
  for (std::size_t i = 0; i < a.size(); ++i) out += dot(a[i], b[i]);
  return out;
}

MatrixXd zero(Index d) {
  return MatrixXd::Zero(d, d);
}

Tensor zeros(Index d) {
  return Tensor(static_cast<std::size_t>(d), zero(d));
}

Index size(const Tensor& t) {
  return static_cast<Index>(t.size());
}

// sum_i y_i T[i].
MatrixXd along(const Tensor& t, const VectorXd& y) {
  MatrixXd out = zero(size(t));
  for (Index i = 0; i < size(t); ++i) out += y(i) * t[static_cast<std::size_t>(i)];
  return out;
}

// T[i] : K.
VectorXd trace_with(const Tensor& t, const MatrixXd& k) {
  VectorXd out(size(t));
  for (Index i = 0; i < size(t); ++i) out(i) = dot(t[static_cast<std::size_t>(i)], k);
  return out;
}

// A[i] : B[j].
MatrixXd gram(const Tensor& a, const Tensor& b) {
  MatrixXd out(size(a), size(b));
  for (Index i = 0; i < size(a); ++i)
    for (Index j = 0; j < size(b); ++j)
      out(i, j) = dot(a[static_cast<std::size_t>(i)], b[static_cast<std::size_t>(j)]);
  return out;
}

Tensor between(const MatrixXd& left, const Tensor& t, const MatrixXd& right) {
  Tensor out;
  out.reserve(t.size());
  for (const MatrixXd& slice : t) out.push_back(num::product(num::product(left, slice), right));
  return out;
}

// [q] x_q^T M x_q, and [q x i] x_q^T T[i] x_q.
ArrayXd squares_along(const MatrixXd& x, const MatrixXd& m) {
  return num::product(x, m).cwiseProduct(x).rowwise().sum();
}
MatrixXd squares_along(const MatrixXd& x, const Tensor& t) {
  MatrixXd out(x.rows(), size(t));
  for (Index i = 0; i < size(t); ++i) out.col(i) = squares_along(x, t[static_cast<std::size_t>(i)]);
  return out;
}

// Unordered pairs of atoms that a class tells apart, at one theta, in coordinates in which F'' = 1.
struct Pairs {
  MatrixXd x;
  ArrayXd w;                      // probability
  ArrayXd label;                  // P(the first wins)
  ArrayXd sigma, s1, s2, s3, s4;  // sigma(D) and its derivatives
};

Pairs pairs_of(const RewardJet& jet, const World& world) {
  const Atoms& atoms = jet.atoms();
  Index count = 0;
  for (std::size_t p = 0; p < atoms.prompts(); ++p) {
    const Index n = atoms.begin[p + 1] - atoms.begin[p];
    count += n * (n - 1) / 2;
  }
  Pairs out{
      MatrixXd(count, jet.parameters()), ArrayXd(count), ArrayXd(count), ArrayXd(count), {}, {}, {}, {}};
  Index q = 0;
  for (std::size_t p = 0; p < atoms.prompts(); ++p)
    for (Index i = atoms.begin[p]; i < atoms.begin[p + 1]; ++i)
      for (Index j = atoms.begin[p]; j < i; ++j, ++q) {
        out.x.row(q) = atoms.psi.row(i) - atoms.psi.row(j);
        out.w(q) = world.rho[p] * (atoms.first(i) * atoms.second(j) + atoms.first(j) * atoms.second(i));
        out.label(q) = num::sigmoid(atoms.truth(i) - atoms.truth(j));
        out.sigma(q) = num::sigmoid(jet.value()(i) - jet.value()(j));
      }
  out.s1 = out.sigma * (1 - out.sigma);
  out.s2 = out.s1 * (1 - 2 * out.sigma);
  out.s3 = out.s1 * (1 - 6 * out.s1);
  out.s4 = out.s2 * (1 - 12 * out.s1);
  return out;
}

MatrixXd squares(const MatrixXd& x, const ArrayXd& c) {
  const MatrixXd weighted = x.transpose() * c.matrix().asDiagonal();
  return num::product(weighted, x);
}

// Columns W with W^T A W = 1; directions that no pair sees are left out.
MatrixXd whitener(const MatrixXd& a) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> spectrum(a);
  const double floor = spectrum.eigenvalues().cwiseAbs().maxCoeff() * 1e-11 * static_cast<double>(a.rows());
  const Index rank = (spectrum.eigenvalues().array() > floor).count();
  return spectrum.eigenvectors().rightCols(rank) *
         spectrum.eigenvalues().tail(rank).cwiseSqrt().cwiseInverse().asDiagonal();
}

// The terms of the header. Letters: u, v, T, W as there, B the derivatives of R - v.(F' + W) without noise,
// K = E u u, J(ij|k) = E W_1(ij) u_k, stored as J[k](i, j).
class Terms {
 public:
  Terms(const RewardJet& jet, const World& world, const PenaltyTerm& penalty, double pairs)
      : pairs_(pairs_of(jet, world)), pull_(penalty.lambda / pairs) {
    const bool kl = penalty.kind == PenaltyTerm::Kind::reference_kl;
    const MatrixXd w =
        whitener(squares(pairs_.x, pairs_.w * pairs_.s1) + penalty_hessian(penalty, jet, world) / pairs);
    pairs_.x = num::product(pairs_.x, w);
    const MatrixXd psi = num::product(jet.atoms().psi, w);
    const PlanCumulants plan(jet.atoms(), world, planned_law(jet, world).probability, psi);
    if (!kl) pull_ = 0;
    moments();
    plan_terms(jet.value() - jet.atoms().truth, psi, plan, world.beta);
  }

  double first() const { return dot(b2_, k_) / 2 - v_.dot(j_); }
  double second() const {
    const bool level = v_.norm() <= 1e-10 * b2_.norm();  // a class that holds the truth, no penalty
    return cubic() + quartic() + (level ? 0 : quartic_of_slope());
  }

 private:
  void moments();
  void plan_terms(const VectorXd& f, const MatrixXd& psi, const PlanCumulants& plan, double beta);
  double cubic() const;
  double quartic() const;
  double quartic_of_slope() const;

  double sum(const ArrayXd& c) const { return (pairs_.w * c).sum(); }
  MatrixXd mean_third(const VectorXd& y) const {  // E S[y], S the third derivative of one pair
    return squares(pairs_.x, pairs_.w * pairs_.s2 * (pairs_.x * y).array());
  }

  Pairs pairs_;
  double pull_;       // of a reference-kl: lambda / n
  ArrayXd noise_;     // E (sigma - y)^2
  ArrayXd lean_;      // E -(sigma - y)
  ArrayXd length_;    // |x|^2
  ArrayXd length_k_;  // x^T K x
  VectorXd mu_;       // mean score: minus the gradient of the penalty over n
  MatrixXd h_;        // mean Hessian of the pairs
  MatrixXd k_;
  Tensor j3_;
  VectorXd j_;  // E W_1 u
  VectorXd v_;
  MatrixXd b2_;
  Tensor b3_;
  double b4_ = 0;  // [K, K]
  Tensor t3_;
  VectorXd t3k_;
  MatrixXd t4k_;
  MatrixXd t3xx_;  // [q] T_3[x,x]
};

void Terms::moments() {
  const Pairs& p = pairs_;
  noise_ = p.sigma.square() - 2 * p.sigma * p.label + p.label;
  lean_ = p.label - p.sigma;
  mu_ = -p.x.transpose() * (p.w * lean_).matrix();
  h_ = squares(p.x, p.w * p.s1);
  k_ = squares(p.x, p.w * noise_) - mu_ * mu_.transpose();
  length_ = p.x.rowwise().squaredNorm();
  length_k_ = squares_along(p.x, k_);
  const Index d = p.x.cols();
  j3_ = zeros(d);
  add_cubes(j3_, p.x, p.w * p.s1 * lean_);
  j_ = VectorXd::Zero(d);
  for (Index l = 0; l < d; ++l) {
    j3_[static_cast<std::size_t>(l)] += mu_(l) * h_;
    j_ += j3_[static_cast<std::size_t>(l)].col(l);
  }
}

void Terms::plan_terms(const VectorXd& f, const MatrixXd& psi, const PlanCumulants& plan, double beta) {
  const Pairs& p = pairs_;
  const Index d = p.x.cols();
  const double beta3 = beta * beta * beta;
  const double kl3 = pull_ / beta3;
  const double kl4 = kl3 / beta;
  v_ = plan.with(f) / beta;
  const ArrayXd xv = p.x * v_;

  t3_ = zeros(d);
  add_cubes(t3_, p.x, p.w * p.s2);
  plan.add_three(t3_, kl3);
  t3k_ = trace_with(t3_, k_);
  t4k_ = squares(p.x, p.w * p.s3 * length_k_) + kl4 * plan.four(k_);
  t3xx_ = squares_along(p.x, t3_);

  b2_ = (plan.two() + plan.with_two(f) / beta) / beta - along(t3_, v_);
  const VectorXd f3 = f / beta3 - kl4 * (psi * v_);
  b3_ = zeros(d);
  plan.add_three(b3_, 2 / (beta * beta));
  plan.add_with_three(b3_, f3);
  add_cubes(b3_, p.x, -p.w * p.s3 * xv);
  b4_ = 3 * dot(plan.four(k_), k_) / beta3 + plan.with_four(f3, k_) / beta -
        sum(p.s4 * xv * length_k_.square());
}

// E over one draw, a pair with its label, of
//   B_3[u,u,u]/6 + B_2[u,delta_2] - W_2[v,u,u]/2 - W_1[v,delta_2],   u = -(sigma - y) x + mu.
double Terms::cubic() const {
  const Pairs& p = pairs_;
  const Index d = p.x.cols();
  const MatrixXd third_v = mean_third(v_);
  const MatrixXd t3mu = along(t3_, mu_);
  const VectorXd t3mumu = t3mu * mu_;
  const MatrixXd b3mu = along(b3_, mu_);
  const MatrixXd b3xx = squares_along(p.x, b3_);
  const double b3mumumu = mu_.dot(b3mu * mu_);
  double out = 0;
  // Gives what a draw of score -(a x) has to give; without a pair, x = 0, the means are what deviates.
  const auto draw = [&](double a, double s1, double s2, const VectorXd& x, const VectorXd& t3xx, double b3xxx,
                        double b3xxmu) {
    const VectorXd u = a * x + mu_;
    const double xu = x.dot(u);
    const double xv = x.dot(v_);
    const VectorXd delta = -(a * a * t3xx + 2 * a * (t3mu * x) + t3mumu) / 2 - (s1 * xu * x - h_ * u);
    const double b3uuu = a * a * a * b3xxx + 3 * a * a * b3xxmu + 3 * a * x.dot(b3mu * mu_) + b3mumumu;
    return b3uuu / 6 + u.dot(b2_ * delta) - (s2 * xv * xu * xu - u.dot(third_v * u)) / 2 -
           (s1 * xv * x.dot(delta) - v_.dot(h_ * delta));
  };
  for (Index q = 0; q < p.x.rows(); ++q) {
    num::may_interrupt();
    const VectorXd x = p.x.row(q).transpose();
    const VectorXd t3xx = t3xx_.row(q).transpose();
    const double b3xxx = b3xx.row(q).dot(x);
    const double b3xxmu = b3xx.row(q).dot(mu_);
    out += p.w(q) * (p.label(q) * draw(1 - p.sigma(q), p.s1(q), p.s2(q), x, t3xx, b3xxx, b3xxmu) +
                     (1 - p.label(q)) * draw(-p.sigma(q), p.s1(q), p.s2(q), x, t3xx, b3xxx, b3xxmu));
  }
  const VectorXd nothing = VectorXd::Zero(d);
  return out + (1 - p.w.sum()) * draw(0, 0, 0, nothing, nothing, 0, 0);
}

// B_4[u,u,u,u]/24 + B_3[u,u,delta_2]/2 + B_2[delta_2,delta_2]/2 + B_2[u,delta_3].
double Terms::quartic() const {
  const Pairs& p = pairs_;
  const Index d = p.x.cols();
  const VectorXd b3k = trace_with(b3_, k_);
  const VectorXd third_k = p.x.transpose() * (p.w * p.s2 * length_k_).matrix();
  const MatrixXd bk = b2_ * k_;
  const ArrayXd length_b = squares_along(p.x, b2_);
  const ArrayXd length_bk = squares_along(p.x, bk);
  const ArrayXd bent = p.s2 * lean_;  // E W_2 u is sum of w bent x^4 and a product of means
  const MatrixXd third_mu = mean_third(mu_);
  const Tensor kt = between(k_, t3_, MatrixXd::Identity(d, d));
  const Tensor ktk = between(MatrixXd::Identity(d, d), kt, k_);
  Tensor tk;  // T[i] K
  MatrixXd tj = zero(d);
  double b3_j = 0;
  double tkj = 0;
  Tensor by_first = zeros(d);  // J by its first index: (k, l) of J(ik|l)
  for (Index i = 0; i < d; ++i) {
    const auto at = static_cast<std::size_t>(i);
    tk.emplace_back(kt[at].transpose());
    tj += t3_[at] * j3_[at];
    b3_j += dot(b3_[at] * k_, j3_[at]);
    tkj += dot(b2_, tk[at] * j3_[at]);
    for (Index l = 0; l < d; ++l) by_first[at].col(l) = j3_[static_cast<std::size_t>(l)].col(i);
  }
  Tensor by_first_transposed;
  for (const MatrixXd& slice : by_first) by_first_transposed.emplace_back(slice.transpose());
  // sum_i B_2(i) . J[i] y
  const auto b2_j = [&](const VectorXd& y) {
    double out = 0;
    for (Index i = 0; i < d; ++i) out += b2_.row(i).dot(j3_[static_cast<std::size_t>(i)] * y);
    return out;
  };

  const double four = b4_ / 8;
  const double three = -(b3k.dot(t3k_) + 2 * dot(b3_, ktk)) / 4 - b3k.dot(j_) / 2 - b3_j;
  const double two = (t3k_.dot(b2_ * t3k_) + 2 * dot(b2_, gram(t3_, ktk))) / 8 + t3k_.dot(b2_ * j_) / 2 +
                     tkj +
                     (j_.dot(b2_ * j_) + sum(p.s1.square() * length_b * length_k_) - dot(b2_, h_ * k_ * h_) +
                      dot(b2_, gram(by_first, by_first_transposed))) /
                         2;
  const double by_t3 = dot(bk, along(t3_, t3k_)) / 2 + dot(bk, gram(kt, t3_)) + dot(bk, along(t3_, j_)) +
                       dot(bk, tj) + dot(b2_, gram(j3_, tk));
  const double by_t4 = -dot(bk, t4k_) / 2;
  const double by_w1 = b2_j(t3k_) / 2 + dot(bk.transpose(), tj) + b2_j(j_) + dot(b2_, gram(j3_, by_first)) +
                       sum(p.s1.square() * length_bk * length_) - dot(bk, h_ * h_);
  const double by_w2 = -(sum(bent * length_b * length_k_) + mu_.dot(b2_ * third_k)) / 2 -
                       sum(bent * length_ * length_bk) - dot(bk, third_mu);
  return four + three + two + by_t3 + by_t4 + by_w1 + by_w2;
}

// -W_3[v,u,u,u]/6 - W_2[v,u,delta_2] - W_1[v,delta_3].
double Terms::quartic_of_slope() const {
  const Pairs& p = pairs_;
  const Index d = p.x.cols();
  const ArrayXd xv = p.x * v_;
  const ArrayXd bent = p.s2 * lean_;
  const MatrixXd third_v = mean_third(v_);
  const MatrixXd third_mu = mean_third(mu_);
  const VectorXd third_k = p.x.transpose() * (p.w * p.s2 * length_k_).matrix();
  const VectorXd hv = h_ * v_;
  const MatrixXd hh = h_ * h_;
  MatrixXd jv(d, d);  // v_i J(ij|l)
  MatrixXd tj = zero(d);
  ArrayXd jxxx = ArrayXd::Zero(p.x.rows());
  double third_v_j = 0;
  double hv_j_h = 0;
  for (Index l = 0; l < d; ++l) {
    const MatrixXd& slice = j3_[static_cast<std::size_t>(l)];
    jv.col(l) = slice * v_;
    tj += t3_[static_cast<std::size_t>(l)] * slice;
    jxxx += squares_along(p.x, slice) * p.x.col(l).array();
    third_v_j += third_v.row(l).dot(slice * mu_);
    hv_j_h += hv.dot(slice * h_.col(l));
  }
  const ArrayXd jv_xx = squares_along(p.x, jv);
  const ArrayXd t3xx_kx = (p.x * k_).cwiseProduct(t3xx_).rowwise().sum();
  const Tensor kt = between(k_, t3_, MatrixXd::Identity(d, d));
  const ArrayXd squared = p.s1.square();
  // Where delta_2 pairs with itself, y = 2 E delta_2 = -(T_3[K] + 2 j) enters, halved.
  const VectorXd y = t3k_ + 2 * j_;
  const ArrayXd xy = p.x * y;

  const double by_w3 = -sum(p.s3 * (lean_ * length_ + (p.x * mu_).array()) * xv * length_k_) / 2;
  const double by_w2 = (sum(bent * xv * xy * length_) + y.dot(third_v * mu_)) / 2 + sum(bent * xv * t3xx_kx) +
                       (third_v * along(t3_, mu_) * k_).trace() +
                       sum(p.s1 * p.s2 * xv * length_ * length_k_) - (third_v * h_ * k_).trace() +
                       sum(bent * xv * jxxx) + third_v_j;
  const double by_t3 = -dot(jv, along(t3_, y)) / 2 - dot(jv, gram(kt, t3_)) - sum(squared * xv * t3xx_kx) +
                       hv.dot(trace_with(t3_, k_ * h_)) - dot(jv, tj);
  const double by_t4 = dot(jv, t4k_) / 2;
  const double by_w1 = -(sum(squared * xv * length_ * xy) - v_.dot(hh * y)) / 2 - dot(jv.transpose(), tj) -
                       sum(squared * xv * jxxx) + hv_j_h - sum(squared * length_ * jv_xx) + dot(jv, hh);
  const double by_w1_w2 = (sum(p.s1 * p.s2 * xv * length_ * length_k_) - hv.dot(third_k)) / 2 +
                          sum(bent * length_ * jv_xx) + dot(jv, third_mu);
  return by_w3 + by_w2 + by_t3 + by_t4 + by_w1 + by_w1_w2;
}

}  // namespace

SecondOrder second_order(const RewardJet& jet, const World& world, const PenaltyTerm& penalty, double pairs) {
  const Terms terms(jet, world, penalty, pairs);
  return {terms.first(), terms.second()};
}

double second_order_cost(double atoms, double parameters) {
  const double cubed = parameters * parameters * parameters;
  return cubed * (3 * atoms * atoms + 30 * parameters);
}

}  // namespace twostage
