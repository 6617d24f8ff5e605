#include "theory/design/design_exchange.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <tuple>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/linear_solve.hpp"

namespace twostage {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int kMultiplicativeSteps = 40;
constexpr int kPatience = 20;  // rounds in which the gap did not fall: the rest is rounding
constexpr int kNewtonSteps = 4;
constexpr std::size_t kMostNewton = 2048;
constexpr double kRidge = 1e-9;  // of the Hessian's diagonal

// sigma'(Delta) of every pair of one prompt.
MatrixXd pair_slopes(const DesignSpace& space, std::size_t prompt) {
  const Index begin = space.begin[prompt];
  const Index n = space.begin[prompt + 1] - begin;
  MatrixXd out(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) {
      const double s =
          num::sigmoid(space.truth(begin + std::min(i, j)) - space.truth(begin + std::max(i, j)));
      out(i, j) = s * (1 - s);
    }
  return out;
}

struct Point {
  std::size_t prompt;
  Index first, second;
  double weight;
  VectorXd x;  // sqrt(rho sigma') (psi_first - psi_second)
};

class Exchange {
 public:
  explicit Exchange(const DesignSpace& space) : space_(space), dimension_(space.rows.cols()) {
    for (std::size_t s = 0; s < space.prompts(); ++s) slopes_.push_back(pair_slopes(space, s));
  }

  ExchangeResult run(double tolerance) {
    start();
    ExchangeResult best;
    for (int round = 0, since = 0;; ++round, ++since) {
      const double gap = look_at_every_pair();
      if (round == 0 || gap < best.gap) {
        best = {listed(), information_, gap};
        since = 0;
      }
      if (gap <= tolerance || since == kPatience) return best;
      for (std::size_t s = 0; s < space_.prompts(); ++s) sweep(s);
      drop_unused();
      if (!factorise()) return best;
      for (int k = 0; k < kNewtonSteps && support_.size() <= kMostNewton && newton(); ++k) drop_unused();
      if (!regular_) return best;
    }
  }

 private:
  Eigen::Block<const MatrixXd> rows(std::size_t prompt) const {
    const Index begin = space_.begin[prompt];
    return space_.rows.block(begin, 0, space_.begin[prompt + 1] - begin, dimension_);
  }

  Point point(std::size_t prompt, Index i, Index j, double weight) const {
    const auto of = rows(prompt);
    const double scale = std::sqrt(space_.rho[prompt] * slopes_[prompt](i, j));
    return {prompt, i, j, weight, scale * (of.row(i) - of.row(j)).transpose()};
  }

  // Inverse and slope of M: the sensitivity of a point is x^T G x with G = M^-1 or M^-1 C M^-1.
  bool invert() {
    const Eigen::LLT<MatrixXd> factor(information_);
    if (!is_regular(factor)) return false;
    inverse_ = factor.solve(MatrixXd::Identity(dimension_, dimension_));
    slope_ = space_.regret() ? MatrixXd(inverse_ * space_.curvature * inverse_) : inverse_;
    return true;
  }

  // M of the support. Where that is singular, inverse and slope remain those of an earlier one.
  bool factorise() {
    information_.setZero(dimension_, dimension_);
    for (const Point& p : support_) information_ += p.weight * p.x * p.x.transpose();
    regular_ = invert();
    return regular_;
  }

  // Of every pair of one prompt, without the factor rho that points carry.
  MatrixXd sensitivities(std::size_t prompt) const {
    const MatrixXd gram = rows(prompt) * slope_ * rows(prompt).transpose();
    MatrixXd out = -2 * gram;
    out.colwise() += gram.diagonal();
    out.rowwise() += gram.diagonal().transpose();
    return out.cwiseProduct(slopes_[prompt]);
  }

  void start() {
    const auto d = static_cast<std::size_t>(dimension_);
    std::vector<MatrixXd> weights;  // upper triangles
    for (const MatrixXd& slopes : slopes_) {
      const Index n = slopes.rows();
      MatrixXd w = MatrixXd::Zero(n, n);
      w.triangularView<Eigen::StrictlyUpper>().setConstant(n > 1 ? 2.0 / static_cast<double>(n * (n - 1))
                                                                 : 0);
      weights.push_back(w);
    }
    for (int step = 0; step < kMultiplicativeSteps; ++step) {
      information_.setZero(dimension_, dimension_);
      for (std::size_t s = 0; s < weights.size(); ++s) {
        const MatrixXd half = weights[s].cwiseProduct(slopes_[s]);
        MatrixXd laplacian = -half - half.transpose();
        laplacian.diagonal() -= laplacian.rowwise().sum();
        information_ += space_.rho[s] * rows(s).transpose() * laplacian * rows(s);
      }
      if (!invert()) break;
      for (std::size_t s = 0; s < weights.size(); ++s) {
        const MatrixXd all = sensitivities(s).cwiseMax(0.0);
        weights[s] = weights[s].cwiseProduct(space_.regret() ? MatrixXd(all.cwiseSqrt()) : all);
        const double sum = weights[s].sum();
        if (sum > 0) weights[s] /= sum;
      }
    }
    // Few pairs of large weight, and more where those do not have the rank: at last all.
    double share = 1e-2;
    std::size_t most = std::max(d, d * (d + 1) / (2 * space_.prompts())) + 1;
    do {
      support_.clear();
      for (std::size_t s = 0; s < weights.size(); ++s) keep(s, weights[s], share, most);
      share *= 1e-4;
      most *= 8;
    } while (!factorise() && share > 1e-300);
    if (!invert())
      throw std::runtime_error("optimal design: the information of all pairs is singular to rounding");
  }

  // The heaviest pairs. Every information matrix needs d (d + 1) / 2 of them and one more a prompt, at most.
  void keep(std::size_t prompt, const MatrixXd& weights, double share, std::size_t at_most) {
    if (weights.cols() < 2) return;
    const double least = share * weights.maxCoeff();
    std::vector<std::pair<double, std::pair<Index, Index>>> heavy;
    for (Index j = 0; j < weights.cols(); ++j)
      for (Index i = 0; i < j; ++i)
        if (weights(i, j) >= least) heavy.push_back({-weights(i, j), {i, j}});
    const auto most = std::min(heavy.size(), at_most);
    std::partial_sort(heavy.begin(), heavy.begin() + static_cast<std::ptrdiff_t>(most), heavy.end());
    heavy.resize(most);
    double sum = 0;
    for (const auto& pair : heavy) sum -= pair.first;
    for (const auto& [weight, pair] : heavy)
      support_.push_back(point(prompt, pair.first, pair.second, -weight / sum));
  }

  // The gap; pairs of larger sensitivity than their prompt's mean join the support with no weight yet.
  double look_at_every_pair() {
    std::set<std::tuple<std::size_t, Index, Index>> known;
    std::vector<double> mean(space_.prompts(), 0.0);
    double total = 0;
    for (const Point& p : support_) {
      known.insert({p.prompt, p.first, p.second});
      const double part = p.weight * p.x.dot(slope_ * p.x);
      mean[p.prompt] += part / space_.rho[p.prompt];
      total += part;
    }
    double bound = 0;
    for (std::size_t s = 0; s < space_.prompts(); ++s) {
      const MatrixXd all = sensitivities(s);
      std::vector<std::pair<double, std::pair<Index, Index>>> better;
      double largest = 0;
      for (Index j = 0; j < all.cols(); ++j)
        for (Index i = 0; i < j; ++i) {
          largest = std::max(largest, all(i, j));
          if (all(i, j) > mean[s] && !known.contains({s, i, j})) better.push_back({-all(i, j), {i, j}});
        }
      bound += space_.rho[s] * largest;
      const auto most = std::min(better.size(), 4 * static_cast<std::size_t>(dimension_));
      std::partial_sort(better.begin(), better.begin() + static_cast<std::ptrdiff_t>(most), better.end());
      for (std::size_t k = 0; k < most; ++k)
        support_.push_back(point(s, better[k].second.first, better[k].second.second, 0));
    }
    return bound / total - 1;
  }

  void drop_unused() {
    std::erase_if(support_, [](const Point& p) { return p.weight == 0; });
  }

  void sweep(std::size_t prompt) {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t k = 0; k < support_.size(); ++k)
      if (support_[k].prompt == prompt) order.push_back({-support_[k].x.dot(slope_ * support_[k].x), k});
    std::ranges::sort(order);
    const auto leaders = std::min(order.size(), static_cast<std::size_t>(dimension_));
    for (std::size_t k = 0; k < leaders; ++k)
      for (std::size_t l = order.size(); l-- > k + 1;)
        exchange(support_[order[k].second], support_[order[l].second]);
  }

  // `a` more weight on `to`, as much less on `from`.
  void exchange(Point& to, Point& from) {
    if (to.weight == 0 && from.weight == 0) return;
    const VectorXd& u = to.x;
    const VectorXd& v = from.x;
    Eigen::MatrixX2d z(dimension_, 2), h(dimension_, 2);
    z.col(0) = inverse_ * u;
    z.col(1) = inverse_ * v;
    const double uu = u.dot(z.col(0)), vv = v.dot(z.col(1)), uv = u.dot(z.col(1));
    // det(M + a (u u^T - v v^T)) / det M = 1 + a rise - a^2 bend
    const double rise = uu - vv;
    const double bend = std::max(0.0, uu * vv - uv * uv);
    Eigen::Matrix2d ah = Eigen::Matrix2d::Zero();
    double gain = rise, damping = bend;
    if (space_.regret()) {
      h.col(0) = slope_ * u;
      h.col(1) = slope_ * v;
      ah << u.dot(h.col(0)), u.dot(h.col(1)), v.dot(h.col(0)), v.dot(h.col(1));
      // tr falls by (a p - a^2 q) / (1 + a rise - a^2 bend), largest where (p bend - q rise) a^2 - 2 q a + p
      // = 0
      const double p = ah(0, 0) - ah(1, 1);
      const double q = vv * ah(0, 0) + uu * ah(1, 1) - 2 * uv * ah(0, 1);
      gain = p;
      damping = (q + std::sqrt(std::max(0.0, q * q - p * (p * bend - q * rise)))) / 2;
    }
    double a = damping > 0 ? gain / (2 * damping) : (gain > 0 ? from.weight : -to.weight);
    a = std::clamp(a, -to.weight, from.weight);
    const double determinant = 1 + a * rise - a * a * bend;
    if (a == 0 || !(determinant > 1e-8)) return;  // the next factorisation takes up what is left undone
    to.weight = a == -to.weight ? 0 : to.weight + a;
    from.weight = a == from.weight ? 0 : from.weight - a;
    Eigen::Matrix2d b;
    b << a - a * a * vv, a * a * uv, a * a * uv, -a - a * a * uu;
    b /= determinant;
    const Eigen::MatrixX2d zb = z * b;
    inverse_.noalias() -= zb * z.transpose();
    if (space_.regret()) {
      // (1 - Z B A^T) G (1 - A B Z^T), A = (u v), Z = M^-1 A, H = G A
      const Eigen::MatrixX2d rest = h - zb * (ah / 2);
      slope_.noalias() -= zb * rest.transpose();
      slope_.noalias() -= rest * zb.transpose();
    } else {
      slope_ = inverse_;
    }
  }

  // log det M or -tr(M^-1 C)
  double objective() const {
    if (space_.regret()) return -inverse_.cwiseProduct(space_.curvature).sum();
    const Eigen::LLT<MatrixXd> factor(information_);
    double out = 0;
    for (Index k = 0; k < dimension_; ++k) out += 2 * num::log(factor.matrixLLT()(k, k));
    return out;
  }

  // A step of Newton's method on the weights of the support, those of a prompt keeping their sum; what would
  // become negative ends at 0. Whether it brought anything.
  bool newton() {
    const auto n = static_cast<Index>(support_.size());
    MatrixXd x(dimension_, n);
    VectorXd old(n);
    MatrixXd right = MatrixXd::Zero(n, static_cast<Index>(space_.prompts()) + 1);  // prompts, then gradient
    for (Index k = 0; k < n; ++k) {
      const Point& p = support_[static_cast<std::size_t>(k)];
      x.col(k) = p.x;
      old(k) = p.weight;
      right(k, static_cast<Index>(p.prompt)) = 1;
    }
    const MatrixXd gram = x.transpose() * (inverse_ * x);
    const MatrixXd slope = x.transpose() * (slope_ * x);
    right.rightCols(1) = slope.diagonal();
    // The Hessian, a Schur product of two Gram matrices, may be singular: designs need not be unique.
    MatrixXd hessian = (space_.regret() ? 2 : 1) * gram.cwiseProduct(slope);
    const std::span<double> h(hessian.data(), static_cast<std::size_t>(n * n));
    num::raise_diagonal(h, static_cast<std::size_t>(n), kRidge);
    if (!num::cholesky(h, static_cast<std::size_t>(n))) return false;
    const MatrixXd prompts = right.leftCols(right.cols() - 1);
    for (Index k = 0; k < right.cols(); ++k)
      num::cholesky_solve(h, static_cast<std::size_t>(n),
                          {right.data() + k * n, static_cast<std::size_t>(n)});
    MatrixXd sums = prompts.transpose() * right;
    for (Index s = 0; s < prompts.cols(); ++s)
      if (!(sums(s, s) > 0)) sums(s, s) = 1;  // no pair of that prompt is in the support
    const VectorXd multiplier = sums.leftCols(prompts.cols()).ldlt().solve(sums.rightCols(1));
    const VectorXd step = right.rightCols(1) - right.leftCols(prompts.cols()) * multiplier;

    const double before = objective();
    double length = 1;
    for (int shorter = 0; shorter < 5; ++shorter, length /= 4) {
      VectorXd sum = VectorXd::Zero(prompts.cols());
      for (Index k = 0; k < n; ++k) {
        Point& p = support_[static_cast<std::size_t>(k)];
        p.weight = std::max(0.0, old(k) + length * step(k));
        sum(static_cast<Index>(p.prompt)) += p.weight;
      }
      for (Point& p : support_) p.weight /= sum(static_cast<Index>(p.prompt));
      if (factorise() && objective() > before) return true;
    }
    for (Index k = 0; k < n; ++k) support_[static_cast<std::size_t>(k)].weight = old(k);
    factorise();
    return false;
  }

  std::vector<WeightedPair> listed() const {
    std::vector<WeightedPair> out;
    for (const Point& p : support_)
      if (p.weight > 0)
        out.push_back(
            {p.prompt, space_.begin[p.prompt] + p.first, space_.begin[p.prompt] + p.second, p.weight});
    std::ranges::sort(out, {}, [](const WeightedPair& p) { return std::tuple(p.prompt, p.first, p.second); });
    return out;
  }

  const DesignSpace& space_;
  Index dimension_;
  std::vector<MatrixXd> slopes_;
  std::vector<Point> support_;
  MatrixXd information_, inverse_, slope_;
  bool regular_ = false;  // they are those of the support
};

}  // namespace

bool is_regular(const Eigen::LLT<MatrixXd>& factor) {
  return factor.info() == Eigen::Success && factor.rcond() > 1e-14;
}

ExchangeResult exchange_design(const DesignSpace& space, double tolerance) {
  return Exchange(space).run(tolerance);
}

}  // namespace twostage
