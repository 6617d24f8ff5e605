// What is known about the fit itself: sizes, existence of the estimate, and the optimiser's certificate.
#include "sim/measure/groups.hpp"

namespace twostage {

MetricEntries certificate_metrics() {
  const FitMetric entry{MetricKind::always, "certificate of the fit"};
  const FitMetric asked{MetricKind::on_request, "certificate of the fit"};
  return {
      entry("parameters", "length of theta", "raw number of parameters",
            "Number of entries of the fitted parameter vector theta.",
            [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.raw_parameters); }),
      entry("parameter_count", "dimension of the fitted class", "parameter count",
            "Rank of the pair differences psi(xi) - psi(xi') over same-prompt completions: the dimension of "
            "the "
            "class modulo one constant per prompt.",
            [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.rank); }),
      entry("existence", "does the unpenalised estimate exist", "existence of the unpenalised estimate",
            "Exact test of the data: not_attained (some theta ranks every pair weakly right, one strictly), "
            "flat "
            "(attained, but on a set), unique; no_exact_test where the class has none. diverging: no exact "
            "test, and Newton's steps from the fit do not shrink, so that it rests on no minimum.",
            [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.existence); },
            {"no_exact_test", "not_attained", "flat", "unique", "diverging"}),
      entry(
          "gradient_norm", "Euclidean norm of the final gradient", "gradient norm",
          "Euclidean norm of the gradient of the whole objective (a sum over pairs, plus penalty) at theta.",
          [](const Context&, const ArmResult& arm) { return arm.certificate.gradient_norm; }),
      entry("iterations", "iterations of the optimiser", "iterations",
            "Iterations of the optimisation that returned theta.",
            [](const Context&, const ArmResult& arm) {
              return static_cast<double>(arm.certificate.iterations);
            }),
      entry("converged", "did the optimiser meet its tolerance", "convergence",
            "Whether the optimisation met its tolerance.",
            [](const Context&, const ArmResult& arm) { return arm.certificate.converged ? 1.0 : 0.0; },
            {"no", "yes"}),
      entry("optimum", "what is proved about the optimum", "kind of optimum",
            "global: convex in theta, or in coordinates diffeomorphic to it; stationary: gradient near zero, "
            "best of "
            "several starts; none: not even that. not_unique: one of many minima, none of which was singled "
            "out; "
            "without a penalty the member with least KL(P_ref || P_pi) is, where that can be done.",
            [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.certificate.optimum); },
            {"none", "stationary", "global", "not_unique"}),
      entry("penalty_strength", "lambda used", "penalty strength",
            "Factor lambda of the penalty in the objective, after tuning; 0 without penalty.",
            [](const Context&, const ArmResult& arm) { return arm.penalty_strength; }),
      entry("tuned_at_edge", "is lambda at the edge of its grid", "penalty tuned at the edge",
            "Whether the tuned lambda is the first or last value of its grid, so that the best may lie "
            "outside.",
            [](const Context&, const ArmResult& arm) { return arm.tuned_at_edge ? 1.0 : 0.0; },
            {"no", "yes"}),
      entry("starts", "starting points tried", "starting points",
            "Number of starting points of the optimisation; the best result is kept.",
            [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.certificate.starts); }),
      asked("stationary_values", "different values at which starts converged", "stationary values",
            "How many values of the objective, apart by more than 1e-6 of their size, the starting points "
            "converged to; 1 where one suffices.",
            [](const Context&, const ArmResult& arm) { return static_cast<double>(arm.certificate.values); }),
  };
}

}  // namespace twostage
