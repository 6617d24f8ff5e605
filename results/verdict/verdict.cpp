#include "results/verdict/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "results/verdict/health.hpp"
#include "results/verdict/judges.hpp"

namespace twostage {
namespace {

std::string key_of(const Claim& claim) {
  return fmt::format("claims.{}.{}", claim.id, claim.interval.empty() ? "holds" : "interval");
}

// The same mistake, told with its place.
ClaimError placed(const Claim& claim, const ClaimError& error) {
  return {key_of(claim), error.column(),
          fmt::format("claim '{}', column {}: {}", claim.id, error.column(), error.what())};
}

bool decided(Outcome outcome) {
  return outcome != Outcome::inconclusive && outcome != Outcome::error;
}

void check_claim(const claims::Grid& grid, const Claim& claim) {
  if (claim.interval.empty()) {
    const auto bound = claims::bind(grid, claims::parse_holds(claim.holds));
    claims::Health(grid, claim, bound.reads);
  } else {
    const auto bound = claims::bind(grid, claims::parse_interval(claim.interval));
    claims::Health(grid, claim, bound.reads);
  }
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::holds:
      return "holds";
    case Outcome::fails:
      return "fails";
    case Outcome::supported:
      return "supported";
    case Outcome::refuted:
      return "refuted";
    case Outcome::inconclusive:
      return "inconclusive";
    case Outcome::error:
      return "error";
  }
  return "error";
}

void check_claims(const std::vector<Claim>& claims, const Dataset& shape) {
  const claims::Grid grid(shape);
  std::set<std::string> ids;
  for (const Claim& claim : claims) {
    if (claim.id.empty()) throw ClaimError("claims", 1, "a claim has no id");
    if (!ids.insert(claim.id).second)
      throw ClaimError("claims." + claim.id, 1, fmt::format("two claims have the id '{}'", claim.id));
    if (claim.holds.empty() == claim.interval.empty())
      throw ClaimError("claims." + claim.id, 1,
                       fmt::format("claim '{}': give one of 'holds' and 'interval'", claim.id));
    try {
      check_claim(grid, claim);
    } catch (const ClaimError& error) {
      throw placed(claim, error);
    }
  }
}

std::vector<Verdict> judge(const Dataset& data, const std::vector<Claim>& claims, double alpha,
                           std::string_view /*study*/, std::uint64_t /*seed*/) {
  if (!(alpha > 0 && alpha < 1)) throw InputError("verdicts.alpha", "alpha lies between 0 and 1");
  const claims::Grid grid(data);
  const auto intervals = std::ranges::count_if(claims, [](const Claim& c) { return !c.interval.empty(); });
  std::vector<Verdict> verdicts;
  for (const Claim& claim : claims) {
    Verdict verdict;
    verdict.id = claim.id;
    verdict.statement = claim.statement;
    verdict.claim = claim.interval.empty() ? claim.holds : claim.interval;
    try {
      if (claim.interval.empty())
        claims::judge_holds(grid, claim, verdict);
      else
        claims::judge_interval(grid, claim, alpha / static_cast<double>(intervals), verdict);
    } catch (const ClaimError& error) {
      verdict.outcome = Outcome::error;
      verdict.parts.clear();
      verdict.evidence = fmt::format("column {}: {}", error.column(), error.what());
    }
    if (decided(verdict.outcome)) verdict.explanation = claim.explanation;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace twostage
