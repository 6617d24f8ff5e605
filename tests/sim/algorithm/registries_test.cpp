// Every registered algorithm has its evidence here, by name: a new entry without it fails. That is its loss
// written out by enumeration (value at the fit, and finite differences that vanish there) and a known answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "tests/support/arms.hpp"
#include "tests/support/complete.hpp"
#include "tests/support/distribution.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::completions;
using test::Distribution;
using test::integer;
using test::model_class;
using test::penalty;
using test::plan;
using test::policy;
using test::policy_arm;
using test::reference;
using test::reward_arm;
using test::sum_along;
using Values = std::vector<double>;  // [edges]

constexpr double kLambda = 3;

double bradley_terry(const PreferenceData& data,
                     const std::function<double(std::span<const EdgeId>)>& reward) {
  double loss = 0;
  for (std::size_t i = 0; i < data.size(); ++i)
    loss += std::log1p(std::exp(reward(data.rejected_path(i)) - reward(data.chosen_path(i))));
  return loss;
}

double dpo_loss(const World& world, const PreferenceData& data, const Distribution& p) {
  const Distribution ref = reference(world);
  return bradley_terry(
      data, [&](std::span<const EdgeId> path) { return world.beta * (p.log_of(path) - ref.log_of(path)); });
}

double softplus(double x) {
  return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x)));
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// Where an increasing function is 0.
double root(const std::function<double(double)>& f) {
  double low = -50, high = 50;
  for (int k = 0; k < 200; ++k) (f((low + high) / 2) < 0 ? low : high) = (low + high) / 2;
  return low;
}

struct Scene {
  World world;
  PreferenceData data;
};
Scene scene() {
  World world =
      test::world({{"family", "walk"}, {"horizon", integer(3)}, {"reference", "random"}, {"beta", 0.8}});
  PreferenceData data = test::reference_pairs(world, 60);
  return {std::move(world), std::move(data)};
}

// The policy of scores x, with the sum over pairs of what a pair costs as a function of log pi and log pi_ref
// of the chosen completion, then of the rejected one, and the penalty.
using OfPair = std::function<double(double win, double win_ref, double lose, double lose_ref)>;
double direct_loss(const Scene& s, const Values& x, const OfPair& of_pair) {
  const Distribution pi = policy(s.world, x);
  const Distribution ref = reference(s.world);
  double loss = kLambda * ref.kl(pi);
  for (std::size_t i = 0; i < s.data.size(); ++i) {
    const auto chosen = s.data.chosen_path(i), rejected = s.data.rejected_path(i);
    loss += of_pair(pi.log_of(chosen), ref.log_of(chosen), pi.log_of(rejected), ref.log_of(rejected));
  }
  return loss;
}

// An algorithm with the largest classes, as a function of what its last optimisation moves: the rewards or
// the scores (log pi/pi_ref) on the edges.
struct Evidence {
  ArmSpec (*arm)(const Settings& penalty);
  bool moves_rewards;
  double (*loss)(const Scene& scene, const ArmResult& fit, const Values& x);
  // log-odds of the two completions of a bandit, the first preferred w times and the second l, without
  // penalty
  double (*known_answer)(double w, double l, double beta);
  bool corners = false;    // of the loss: at a minimum it rises in every direction, and has no derivative
  bool in_rounds = false;  // the loss is that of a round, and its certificate states the soft value
  bool held = false;       // by a penalty, in the known answer, too: without it there is no estimate
};

// sigmoid(r)^w sigmoid(-r)^l has its maximum at r = log(w / l), and the optimal policy the log-odds r / beta.
double bradley_terry_answer(double w, double l, double beta) {
  return std::log(w / l) / beta;
}

// A reward of the end of a completion, and all policies, in expectation until nothing changes any more.
ArmSpec reinforced(const std::string& algorithm, const Settings& penalty, const Settings& options = {}) {
  ArmSpec arm = reward_arm(algorithm, model_class("terminal"), penalty);
  arm.policy = model_class("tabular");
  arm.options = options;
  // ppo takes four steps along a reward that does not know of the KL they add: longer ones go to and fro.
  arm.course = test::settings({{"steps", integer(1'000'000)}, {"rate", algorithm == "rm+ppo" ? 0.3 : 3.0}});
  return arm;
}

// One round from the reference, with the same classes.
ArmSpec one_round(const std::string& algorithm, const Settings& penalty, const Settings& options = {}) {
  ArmSpec arm = reinforced(algorithm, penalty, options);
  arm.course = test::settings({{"kind", "rounds"}, {"steps", integer(1)}});
  return arm;
}

// One round of an online algorithm, of 50 pairs in expectation beside those of the data.
ArmSpec one_online_round(const std::string& algorithm, const Settings& penalty) {
  ArmSpec arm = policy_arm(algorithm, model_class("tabular"), penalty);
  arm.options = test::settings({{"pairs_per_round", integer(50)}, {"keep", "all"}});
  arm.course = test::settings({{"kind", "rounds"}, {"steps", integer(1)}});
  return arm;
}

// What 50 pairs of the reference cost dpo that are labelled by the truth.
double fifty_pairs(const Scene& s, const Distribution& pi) {
  const Distribution ref = reference(s.world);
  double out = 0;
  for (const auto& [y, log_y] : ref.log_probability)
    for (const auto& [z, log_z] : ref.log_probability)
      out += 2 * 50 * std::exp(log_y + log_z) *
             sigmoid(sum_along(s.world.reward, y) - sum_along(s.world.reward, z)) *
             softplus(-s.world.beta * (pi.log_of(y) - log_y - pi.log_of(z) + log_z));
  return out;
}

// An ensemble of one, which is fitted to the pairs themselves; of more: ensemble_test.cpp.
ArmSpec alone(const std::string& algorithm, const Settings& penalty) {
  ArmSpec arm = reward_arm(algorithm, model_class("dense"), penalty);
  arm.options = test::settings({{"members", integer(1)}});
  return arm;
}

// Minus what a law of completions expects of log pi.
double cross_entropy(const Scene& s, const Values& x, const std::function<double(const test::Path&)>& law) {
  const Distribution pi = policy(s.world, x);
  double out = 0;
  for (const auto& [path, log_p] : pi.log_probability) out -= law(path) * log_p;
  return out;
}

// Over ordered pairs of completions, as often as two draws from the reference are that pair.
double over_pairs(const Scene& s, const Values& x, const ArmResult& fit,
                  const std::function<double(double log_ratios, double rewards)>& cost) {
  const Distribution pi = policy(s.world, x), ref = reference(s.world);
  double out = 0;
  for (const auto& [y, log_y] : ref.log_probability)
    for (const auto& [z, log_z] : ref.log_probability)
      out += std::exp(log_y + log_z) * cost(pi.log_of(y) - log_y - pi.log_of(z) + log_z,
                                            sum_along(fit.edge_reward, y) - sum_along(fit.edge_reward, z));
  return out;
}

double best_of_four(const Scene& s, const ArmResult& fit, const test::Path& path) {
  double up_to = 0, below = 0, mass = 0;
  for (const auto& [other, log_p] : reference(s.world).log_probability) {
    const double gap = sum_along(fit.edge_reward, path) - sum_along(fit.edge_reward, other);
    if (gap > -1e-9) up_to += std::exp(log_p);
    if (gap > 1e-9) below += std::exp(log_p);
    if (other == path) mass = std::exp(log_p);
  }
  return mass * (std::pow(up_to, 4) - std::pow(below, 4)) / (up_to - below);
}

// Rewards of the end alone, on the last edges: the mean of those that lead there.
Values of_ends(const World& world, const Values& x) {
  Values out(x.size(), 0.0);
  const EdgeRange last = world.graph.layer_edges(world.graph.horizon() - 1);
  for (EdgeId e = last.begin; e < last.end; ++e) {
    double sum = 0, count = 0;
    for (EdgeId other = last.begin; other < last.end; ++other)
      if (world.graph.successor(other) == world.graph.successor(e)) {
        sum += x[static_cast<std::size_t>(other)];
        ++count;
      }
    out[static_cast<std::size_t>(e)] = sum / count;
  }
  return out;
}

double minus_soft_value(const Scene& s, const ArmResult& fit, const Values& x) {
  const Distribution pi = policy(s.world, x);
  double reward = 0;
  for (const auto& [path, log_p] : pi.log_probability)
    reward += std::exp(log_p) * sum_along(fit.edge_reward, path);
  return s.world.beta * pi.kl(reference(s.world)) - reward;
}

const std::map<std::string, Evidence>& evidence() {
  static const std::map<std::string, Evidence> table = {
      {"rm+plan",
       {[](const Settings& p) { return reward_arm("rm+plan", model_class("dense"), p); }, true,
        [](const Scene& s, const ArmResult&, const Values& r) {
          return bradley_terry(s.data, [&](std::span<const EdgeId> path) { return path_sum(r, path); }) +
                 kLambda * reference(s.world).kl(plan(s.world, r));
        },
        bradley_terry_answer}},
      {"planned-dpo",
       {[](const Settings& p) { return reward_arm("planned-dpo", model_class("dense"), p); }, true,
        [](const Scene& s, const ArmResult&, const Values& r) {
          const Distribution planned = plan(s.world, r);
          return dpo_loss(s.world, s.data, planned) + kLambda * reference(s.world).kl(planned);
        },
        bradley_terry_answer}},
      {"best-of-n",
       {[](const Settings& p) { return reward_arm("best-of-n", model_class("dense"), p); }, true,
        [](const Scene& s, const ArmResult&, const Values& r) {
          return bradley_terry(s.data, [&](std::span<const EdgeId> path) { return path_sum(r, path); }) +
                 kLambda * reference(s.world).kl(plan(s.world, r));
        },
        // The worse one is kept if all four are that one.
        [](double w, double l, double) { return (w > l ? 1 : -1) * std::log(16 - 1); }}},
      {"dpo+best-of-n",
       {[](const Settings& p) {
          ArmSpec arm = reward_arm("dpo+best-of-n", model_class("terminal"), p);
          arm.policy = model_class("tabular");
          return arm;
        },
        true,
        [](const Scene& s, const ArmResult&, const Values& x) {
          const Values r = of_ends(s.world, x);
          return bradley_terry(s.data, [&](std::span<const EdgeId> path) { return path_sum(r, path); }) +
                 kLambda * reference(s.world).kl(plan(s.world, r));
        },
        // The worse one is kept if all four are that one, and dpo has it with probability sigmoid(-|h|).
        [](double w, double l, double beta) {
          const double h = root([&](double at) {
            return beta * (l * sigmoid(beta * at) - w * sigmoid(-beta * at)) + kLambda * (sigmoid(at) - 0.5);
          });
          const double worse = std::pow(sigmoid(-std::fabs(h)), 4);
          return (w > l ? 1 : -1) * std::log((1 - worse) / worse);
        },
        false, false, true}},
      {"rm-ensemble+plan",
       {[](const Settings& p) { return alone("rm-ensemble+plan", p); }, true,
        [](const Scene& s, const ArmResult&, const Values& r) {
          return bradley_terry(s.data, [&](std::span<const EdgeId> path) { return path_sum(r, path); }) +
                 kLambda * reference(s.world).kl(plan(s.world, r));
        },
        bradley_terry_answer}},
      {"rm-draw+plan",
       {[](const Settings& p) {
          ArmSpec arm = reward_arm("rm-draw+plan", model_class("dense"), p);
          arm.options = test::settings({{"drop", 0.0}});  // nothing but the minimum costs no more
          return arm;
        },
        true,
        [](const Scene& s, const ArmResult&, const Values& r) {
          return bradley_terry(s.data, [&](std::span<const EdgeId> path) { return path_sum(r, path); }) +
                 kLambda * reference(s.world).kl(plan(s.world, r));
        },
        bradley_terry_answer}},
      {"rm-ensemble+best-of-n",
       {[](const Settings& p) { return alone("rm-ensemble+best-of-n", p); }, true,
        [](const Scene& s, const ArmResult&, const Values& r) {
          return bradley_terry(s.data, [&](std::span<const EdgeId> path) { return path_sum(r, path); }) +
                 kLambda * reference(s.world).kl(plan(s.world, r));
        },
        [](double w, double l, double) { return (w > l ? 1 : -1) * std::log(16 - 1); }}},
      {"dpo",
       {[](const Settings& p) { return policy_arm("dpo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          const Distribution pi = policy(s.world, x);
          return dpo_loss(s.world, s.data, pi) + kLambda * reference(s.world).kl(pi);
        },
        bradley_terry_answer}},
      {"ipo",
       {[](const Settings& p) { return policy_arm("ipo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          const Distribution pi = policy(s.world, x);
          const Distribution ref = reference(s.world);
          double loss = kLambda * ref.kl(pi);
          const auto ratio = [&](std::span<const EdgeId> path) { return pi.log_of(path) - ref.log_of(path); };
          for (std::size_t i = 0; i < s.data.size(); ++i) {
            const double h = ratio(s.data.chosen_path(i)) - ratio(s.data.rejected_path(i));
            loss += (h - 1) * (h - 1);  // tau = 1/2
          }
          return loss;
        },
        // w (h - 1)^2 + l (h + 1)^2
        [](double w, double l, double) { return (w - l) / (w + l); }}},
      {"sft",
       {[](const Settings& p) { return policy_arm("sft", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          const Distribution pi = policy(s.world, x);
          double loss = kLambda * reference(s.world).kl(pi);
          for (std::size_t i = 0; i < s.data.size(); ++i) loss -= pi.log_of(s.data.chosen_path(i));
          return loss;
        },
        // The chosen completions are w times the first and l times the second.
        [](double w, double l, double) { return std::log(w / l); }}},
      {"slic",
       {[](const Settings& p) { return policy_arm("slic", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          return direct_loss(s, x, [&](double win, double win_ref, double lose, double lose_ref) {
            return std::fmax(0, 1 - s.world.beta * (win - win_ref - lose + lose_ref));
          });
        },
        [](double, double, double beta) { return 1 / beta; },  // whatever the odds
        true}},
      {"simpo",
       {[](const Settings& p) { return policy_arm("simpo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // beta 2, gamma 1
          return direct_loss(
              s, x, [](double win, double, double lose, double) { return softplus(1 - 2 * (win - lose)); });
        },
        [](double w, double l, double) {
          return root([&](double h) { return l * sigmoid(1 + 2 * h) - w * sigmoid(1 - 2 * h); });
        }}},
      {"cpo",
       {[](const Settings& p) { return policy_arm("cpo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // beta .1, alpha 1
          return direct_loss(s, x, [](double win, double, double lose, double) {
            return softplus(-0.1 * (win - lose)) - win;
          });
        },
        [](double w, double l, double) {
          return root([&](double h) {
            return 0.1 * (l * sigmoid(0.1 * h) - w * sigmoid(-0.1 * h)) + l * sigmoid(h) - w * sigmoid(-h);
          });
        }}},
      {"rdpo",
       {[](const Settings& p) { return policy_arm("rdpo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // eps .1
          return direct_loss(s, x, [&](double win, double win_ref, double lose, double lose_ref) {
            const double delta = s.world.beta * (win - win_ref - lose + lose_ref);
            return (0.9 * softplus(-delta) - 0.1 * softplus(delta)) / 0.8;
          });
        },
        // The share of wins without the flips is (p - eps) / (1 - 2 eps).
        [](double w, double l, double beta) {
          return std::log((0.9 * w - 0.1 * l) / (0.9 * l - 0.1 * w)) / beta;
        }}},
      {"exo",
       {[](const Settings& p) { return policy_arm("exo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // eps .001
          return direct_loss(s, x, [&](double win, double win_ref, double lose, double lose_ref) {
            const double q = sigmoid(s.world.beta * (win - win_ref - lose + lose_ref));
            return q * std::log(q / 0.999) + (1 - q) * std::log((1 - q) / 0.001);
          });
        },
        [](double w, double l, double beta) { return (w - l) / (w + l) * std::log(999) / beta; }}},
      {"chipo",
       {[](const Settings& p) { return policy_arm("chipo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // no difference comes near the clip at 20
          return direct_loss(s, x, [&](double win, double win_ref, double lose, double lose_ref) {
            const double u = win - win_ref, v = lose - lose_ref;
            return softplus(-s.world.beta * (u + std::exp(u) - v - std::exp(v)));
          });
        },
        // pi / pi_ref is 2 sigmoid(h) and 2 sigmoid(-h).
        [](double w, double l, double beta) {
          return root(
              [&](double h) { return beta * (h + 2 * sigmoid(h) - 2 * sigmoid(-h)) - std::log(w / l); });
        }}},
      {"hypo",
       {[](const Settings& p) { return policy_arm("hypo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // lambda .1
          const double own = policy(s.world, x).kl(reference(s.world));
          return 0.1 * static_cast<double>(s.data.size()) * own +
                 direct_loss(s, x, [&](double win, double win_ref, double lose, double lose_ref) {
                   return softplus(-s.world.beta * (win - win_ref - lose + lose_ref));
                 });
        },
        // The derivative of KL(sigmoid(h) || 1/2) is h sigmoid(h) sigmoid(-h).
        [](double w, double l, double beta) {
          return root([&](double h) {
            return beta * (l * sigmoid(beta * h) - w * sigmoid(-beta * h)) +
                   0.1 * (w + l) * h * sigmoid(h) * sigmoid(-h);
          });
        }}},
      {"orpo",
       {[](const Settings& p) { return policy_arm("orpo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // lambda .1, three tokens
          return direct_loss(s, x, [](double win, double, double lose, double) {
            const auto odds = [](double l) { return l / 3 - std::log(1 - std::exp(l / 3)); };
            return -win / 3 + 0.1 * softplus(odds(lose) - odds(win));
          });
        },
        // The log-odds of one of two arms are h.
        [](double w, double l, double) {
          return root([&](double h) {
            return l * sigmoid(h) - w * sigmoid(-h) + 0.2 * (l * sigmoid(2 * h) - w * sigmoid(-2 * h));
          });
        }}},
      {"kto",
       {[](const Settings& p) { return policy_arm("kto", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {  // beta .1, at the point of the fit
          const double point = test::from_edges(s.world, fit.log_policy()).kl(reference(s.world));
          return direct_loss(s, x, [&](double win, double win_ref, double lose, double lose_ref) {
            return sigmoid(-0.1 * (win - win_ref - point)) + sigmoid(0.1 * (lose - lose_ref - point));
          });
        },
        [](double w, double l, double) {
          return root([&](double h) {
            const double p = sigmoid(h), q = sigmoid(-h), u = std::log(2 * p), v = std::log(2 * q);
            const double point = p * u + q * v;
            const auto slope = [&](double x) { return 0.1 * sigmoid(0.1 * x) * sigmoid(-0.1 * x); };
            return (l - w) * (slope(u - point) * q + slope(v - point) * p) + kLambda * (p - 0.5);
          });
        },
        false, false, true}},
      {"bco",
       {[](const Settings& p) { return policy_arm("bco", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {  // at the point of the fit
          double point = 0;
          for (std::size_t i = 0; i < s.data.size(); ++i)
            for (const auto path : {s.data.chosen_path(i), s.data.rejected_path(i)})
              point += s.world.beta *
                       (path_sum(fit.log_policy(), path) - path_sum(s.world.log_reference, path)) /
                       (2 * static_cast<double>(s.data.size()));
          return direct_loss(s, x, [&](double win, double win_ref, double lose, double lose_ref) {
            return softplus(point - s.world.beta * (win - win_ref)) +
                   softplus(s.world.beta * (lose - lose_ref) - point);
          });
        },
        // Of two arms that are always compared the point is half way between them.
        [](double w, double l, double beta) { return 2 * std::log(w / l) / beta; }}},
      {"nca",
       {[](const Settings& p) { return policy_arm("nca", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          return direct_loss(s, x, [&](double win, double win_ref, double lose, double lose_ref) {
            const double m = s.world.beta * (win - win_ref), k = s.world.beta * (lose - lose_ref);
            return softplus(-m) + softplus(m) / 2 + softplus(k) / 2;
          });
        },
        [](double w, double l, double beta) {
          return root([&](double h) {
            const double p = sigmoid(h), q = sigmoid(-h);
            const auto slope = [&](double chosen, double rejected, double share) {
              const double m = beta * std::log(2 * share);
              return chosen * (sigmoid(m) / 2 - sigmoid(-m)) + rejected * sigmoid(m) / 2;
            };
            return slope(w, l, p) * q - slope(l, w, q) * p;
          });
        }}},
      {"sppo",
       {[](const Settings& p) { return policy_arm("sppo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // eta 1
          return direct_loss(s, x, [](double win, double win_ref, double lose, double lose_ref) {
            const double up = win - win_ref - 0.5, down = lose - lose_ref + 0.5;
            return up * up + down * down;
          });
        },
        [](double w, double l, double) {
          return root([&](double h) {
            const double p = sigmoid(h), q = sigmoid(-h), u = std::log(2 * p), v = std::log(2 * q);
            return (w * (u - 0.5) + l * (u + 0.5)) * q - (l * (v - 0.5) + w * (v + 0.5)) * p;
          });
        }}},
      {"apo",
       {[](const Settings& p) { return policy_arm("apo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // beta .1, anchor zero
          return direct_loss(s, x, [](double win, double win_ref, double lose, double lose_ref) {
            return sigmoid(-0.1 * (win - win_ref)) + sigmoid(0.1 * (lose - lose_ref));
          });
        },
        [](double w, double l, double) {
          return root([&](double h) {
            const double p = sigmoid(h), q = sigmoid(-h);
            const auto slope = [](double share) {
              const double m = 0.1 * std::log(2 * share);
              return 0.1 * sigmoid(m) * sigmoid(-m);
            };
            return (l - w) * (slope(p) * q + slope(q) * p) + kLambda * (p - 0.5);
          });
        },
        false, false, true}},
      {"alphapo",
       {[](const Settings& p) { return policy_arm("alphapo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // alpha .25, beta 2, gamma 1, three tokens
          return direct_loss(s, x, [](double win, double, double lose, double) {
            const auto reward = [](double l) { return (1 - std::exp(-l / 12)) / 0.25; };
            return softplus(1 - 2 * (reward(win) - reward(lose)));
          });
        },
        [](double w, double l, double) {
          return root([&](double h) {
            const auto reward = [](double share) { return (1 - std::pow(share, -0.25)) / 0.25; };
            const double margin = 2 * (reward(sigmoid(h)) - reward(sigmoid(-h)));
            return l * sigmoid(1 + margin) - w * sigmoid(1 - margin);
          });
        }}},
      {"fdpo",
       {[](const Settings& p) { return policy_arm("fdpo", model_class("tabular"), p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // Jensen-Shannon
          return direct_loss(s, x, [&](double win, double win_ref, double lose, double lose_ref) {
            const double z = std::exp(win - win_ref), y = std::exp(lose - lose_ref);
            return softplus(-s.world.beta * (std::log(z / (1 + z)) - std::log(y / (1 + y))));
          });
        },
        [](double w, double l, double beta) {
          return root([&](double h) {
            const double z = 2 * sigmoid(h), y = 2 * sigmoid(-h);
            return beta * std::log(z * (1 + y) / (y * (1 + z))) - std::log(w / l);
          });
        }}},
      {"rm+project",
       {[](const Settings& p) {
          ArmSpec arm = reward_arm("rm+project", model_class("terminal"), p);
          arm.policy = model_class("tabular");
          return arm;
        },
        false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {
          return policy(s.world, x).kl(plan(s.world, fit.edge_reward));
        },
        bradley_terry_answer}},
      {"rm+distil",
       {[](const Settings& p) {
          ArmSpec arm = reward_arm("rm+distil", model_class("terminal"), p);
          arm.policy = model_class("tabular");
          return arm;
        },
        false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {
          return plan(s.world, fit.edge_reward).kl(policy(s.world, x));
        },
        bradley_terry_answer}},
      {"rm+reinforce",
       {[](const Settings& p) { return reinforced("rm+reinforce", p); }, false, minus_soft_value,
        bradley_terry_answer}},
      {"rm+rloo",
       {[](const Settings& p) { return reinforced("rm+rloo", p); }, false, minus_soft_value,
        bradley_terry_answer}},
      {"rm+grpo",  // large groups without a spread, where it aims at the plan
       {[](const Settings& p) {
          return reinforced("rm+grpo", p,
                            test::settings({{"group", integer(0)}, {"std", "none"}, {"kl", "reward"}}));
        },
        false, minus_soft_value, bradley_terry_answer}},
      {"rm+ppo",
       {[](const Settings& p) { return reinforced("rm+ppo", p); }, false, minus_soft_value,
        bradley_terry_answer}},
      {"rm+rwr",
       {[](const Settings& p) { return one_round("rm+rwr", p); }, false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {
          const Distribution target = plan(s.world, fit.edge_reward);
          return cross_entropy(s, x, [&](const test::Path& y) { return std::exp(target.log_of(y)); });
        },
        bradley_terry_answer, false, true}},
      {"rm+raft",
       {[](const Settings& p) { return one_round("rm+raft", p); }, false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {
          return cross_entropy(s, x, [&](const test::Path& y) { return best_of_four(s, fit, y); });
        },
        [](double w, double l, double) { return (w > l ? 1 : -1) * std::log(16 - 1); }, false, true}},
      {"rm+rebel",
       {[](const Settings& p) {
          return one_round("rm+rebel", p, test::settings({{"eta", 1.0}}));
        },
        false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {
          return over_pairs(s, x, fit, [&](double log_ratios, double rewards) {
            const double left = log_ratios - rewards / s.world.beta;
            return left * left;
          });
        },
        bradley_terry_answer, false, true}},
      {"rm+exo",
       {[](const Settings& p) {
          return one_round("rm+exo", p, test::settings({{"n", integer(2)}}));
        },
        false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {
          return over_pairs(s, x, fit, [&](double log_ratios, double rewards) {
            const double q = sigmoid(log_ratios), p = sigmoid(rewards / s.world.beta);
            return q * std::log(q / p) + (1 - q) * std::log((1 - q) / (1 - p));
          });
        },
        bradley_terry_answer, false, true}},
      {"rm+online-dpo",
       {[](const Settings& p) { return one_round("rm+online-dpo", p); }, false,
        [](const Scene& s, const ArmResult& fit, const Values& x) {
          return over_pairs(s, x, fit, [&](double log_ratios, double rewards) {
            return 2 * sigmoid(rewards) * softplus(-s.world.beta * log_ratios);
          });
        },
        bradley_terry_answer, false, true}},
      {"spin",
       {[](const Settings& p) {
          ArmSpec arm = policy_arm("spin", model_class("tabular"), p);
          arm.course = test::settings({{"kind", "rounds"}, {"steps", integer(1)}});
          return arm;
        },
        false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          const Distribution pi = policy(s.world, x), ref = reference(s.world);
          double loss = kLambda * ref.kl(pi);
          for (std::size_t i = 0; i < s.data.size(); ++i) {
            const auto won = s.data.chosen_path(i);
            for (const auto& [z, log_z] : ref.log_probability)
              loss += std::exp(log_z) * softplus(-(pi.log_of(won) - ref.log_of(won) - pi.log_of(z) + log_z));
          }
          return loss;
        },
        [](double w, double l, double) { return std::log(w / l); }}},  // the law of the winners
      {"iterative-dpo",
       {[](const Settings& p) { return one_online_round("iterative-dpo", p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {
          const Distribution pi = policy(s.world, x);
          return dpo_loss(s.world, s.data, pi) + fifty_pairs(s, pi) + kLambda * reference(s.world).kl(pi);
        },
        // Half of the 50 pairs are of one completion, and the others are won by either one half the time.
        [](double w, double l, double beta) { return std::log((w + 12.5) / (l + 12.5)) / beta; }}},
      {"iterative-ipo",
       {[](const Settings& p) { return one_online_round("iterative-ipo", p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // tau .5: margins of 1
          const Distribution pi = policy(s.world, x), ref = reference(s.world);
          const auto cost = [&](std::span<const EdgeId> won, std::span<const EdgeId> lost) {
            const double h = pi.log_of(won) - ref.log_of(won) - pi.log_of(lost) + ref.log_of(lost);
            return (h - 1) * (h - 1);
          };
          double loss = kLambda * ref.kl(pi);
          for (std::size_t i = 0; i < s.data.size(); ++i)
            loss += cost(s.data.chosen_path(i), s.data.rejected_path(i));
          for (const auto& [y, log_y] : ref.log_probability)
            for (const auto& [z, log_z] : ref.log_probability)
              loss += 2 * 50 * std::exp(log_y + log_z) *
                      sigmoid(sum_along(s.world.reward, y) - sum_along(s.world.reward, z)) * cost(y, z);
          return loss;
        },
        [](double w, double l, double) { return (w - l) / (w + l + 25); }}},
      {"xpo",
       {[](const Settings& p) { return one_online_round("xpo", p); }, false,
        [](const Scene& s, const ArmResult&, const Values& x) {  // alpha .01
          const Distribution pi = policy(s.world, x), ref = reference(s.world);
          double loss = dpo_loss(s.world, s.data, pi) + fifty_pairs(s, pi) + kLambda * ref.kl(pi);
          for (const auto& [y, log_y] : ref.log_probability)
            loss += 0.01 * 50 * std::exp(log_y) * pi.log_of(y);
          return loss;
        },
        // And 25 times .01 (log pi(first) + log pi(second)), whose derivative is 1 - 2 sigmoid(h).
        [](double w, double l, double beta) {
          return root([&](double h) {
            return beta * ((l + 12.5) * sigmoid(beta * h) - (w + 12.5) * sigmoid(-beta * h)) +
                   0.25 * (1 - 2 * sigmoid(h));
          });
        }}},
  };
  return table;
}

TEST(Algorithms, EveryOneHasItsEvidence) {
  test::expect_complete(algorithms(), evidence());
}

TEST(Algorithms, EveryOneSaysWhereItAims) {
  for (const auto& entry : algorithms().entries()) EXPECT_NE(entry.extra.target, "") << entry.name;
}

class EveryAlgorithm : public testing::TestWithParam<std::string> {
 protected:
  const Evidence& its() const { return evidence().at(GetParam()); }
};

TEST_P(EveryAlgorithm, MinimisesItsLossWrittenOut) {
  const Scene s = scene();
  const ArmResult fit = test::fit(its().arm(penalty("reference-kl", kLambda)), s.world, s.data);
  ASSERT_TRUE(fit.certificate.converged);
  Values x = fit.edge_reward;
  if (!its().moves_rewards)
    for (std::size_t e = 0; e < x.size(); ++e) x[e] = fit.log_policy()[e] - s.world.log_reference[e];
  const double least = its().loss(s, fit, x);
  EXPECT_NEAR(fit.certificate.objective, its().in_rounds ? minus_soft_value(s, fit, x) : least, 1e-9);
  for (std::size_t e = 0; e < x.size(); ++e) {
    const double at = x[e];
    x[e] = at + test::kStep;
    const double up = its().loss(s, fit, x);
    x[e] = at - test::kStep;
    const double down = its().loss(s, fit, x);
    x[e] = at;
    if (its().corners) {
      EXPECT_GE(std::fmin(up, down), least - 1e-9) << "edge " << e;
      continue;
    }
    // Rounding of the loss, about 40 eps, over 2 h = 2e-5 is 5e-10.
    EXPECT_NEAR((up - down) / (2 * test::kStep), 0, 2e-8) << "edge " << e;
  }
  // No accident of a flat loss: away from the fit it rises.
  const Values away = test::normal_vector(x.size(), 1, 0.3);
  for (std::size_t e = 0; e < x.size(); ++e) x[e] += away[e];
  EXPECT_GT(its().loss(s, fit, x), least + 1e-3);
}

// Where each prompt has its own parameters, prompts without data change nothing of the others, and the policy
// of an arm is the reference there.
TEST_P(EveryAlgorithm, KnowsNothingOfPromptsWithoutData) {
  const auto world_of = [](int held_out) {
    return test::world({{"family", "walk"},
                        {"horizon", integer(2)},
                        {"prompts", integer(2)},
                        {"held_out", integer(held_out)},
                        {"shared_classes", false},
                        {"shared_truth", false},
                        {"reference", "random"},
                        {"prompt_weights", "random"}});
  };
  const World alone = world_of(0), split = world_of(2);
  const ArmSpec arm = its().arm(penalty("reference-kl", kLambda));
  const ArmResult small = test::fit(arm, alone, test::reference_pairs(alone, 60));
  const ArmResult large = test::fit(arm, split, test::reference_pairs(split, 60));
  ASSERT_EQ(large.certificate.converged, small.certificate.converged);
  // The counts below zero of rdpo have no minimum here.
  ASSERT_TRUE(small.certificate.converged || GetParam() == "rdpo");
  if (!small.certificate.converged) return;
  EXPECT_EQ(large.rank, small.rank);
  EXPECT_EQ(large.raw_parameters, small.raw_parameters);
  EXPECT_NEAR(large.certificate.objective, small.certificate.objective, 1e-9);
  for (std::size_t p = 0; p < 4; ++p) {
    const auto paths = completions(split.graph, p);
    for (std::size_t k = 0; k < paths.size(); ++k) {
      const double there = log_probability(split, large.policy, paths[k]);
      if (p >= 2)
        EXPECT_NEAR(there, sum_along(split.log_reference, paths[k]), 1e-12);
      else
        EXPECT_NEAR(there, log_probability(alone, small.policy, completions(alone.graph, p)[k]), 1e-7);
    }
  }
}

TEST_P(EveryAlgorithm, HasAKnownAnswerForTwoCompletions) {
  constexpr double beta = 0.3;
  const World world = test::arms_world({0, 0}, beta);
  const PreferenceData data = test::compare_arms({{0, 1, 17}, {1, 0, 5}});
  ArmSpec arm = its().arm(its().held ? penalty("reference-kl", kLambda) : penalty("none"));
  if (!arm.reward.values().empty()) arm.reward = model_class("dense");
  const ArmResult fit = test::fit(arm, world, data);
  EXPECT_NEAR(fit.log_policy()[0] - fit.log_policy()[1], its().known_answer(17, 5, beta), 1e-8);
}

std::string identifier(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Registry, EveryAlgorithm, testing::ValuesIn(algorithms().names()), identifier);

}  // namespace
}  // namespace twostage
