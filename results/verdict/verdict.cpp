#include "results/verdict/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <stdexcept>

#include "results/verdict/certainty.hpp"
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

// `grid` has every value that its axes take in any preset.
void check_claim(const claims::Grid& grid, const Claim& claim, const std::vector<std::size_t>& same_arms) {
  const auto check = [&](const auto& formula) {
    const auto bound = claims::bind(grid, formula);
    [[maybe_unused]] const claims::Health readable(grid, claim, bound.reads);
    claims::refuse_certain(grid, formula, same_arms);
    claims::refuse_empty(grid, formula.where);
  };
  if (claim.interval.empty())
    check(claims::parse_holds(claim.holds));
  else
    check(claims::parse_interval(claim.interval));
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

std::string post_hoc(const Claim& claim, double alpha, const ClaimRecord& record) {
  const auto before = std::ranges::find(record.claims, claim.id, &Claim::id);
  if (before == record.claims.end()) return "not among the claims that the run began with";
  std::string changed;
  const auto note = [&](bool differs, std::string_view what) {
    if (differs) changed += (changed.empty() ? "" : ", ") + std::string(what);
  };
  note(claim.holds != before->holds || claim.interval != before->interval, "its formula");
  note(claim.statement != before->statement, "its statement");
  note(claim.requires_existence != before->requires_existence, "requires_existence");
  note(!claim.interval.empty() && alpha != record.alpha, "alpha");
  return changed.empty() ? "" : changed + " changed since the run began";
}

void check_claims(const std::vector<Claim>& claims, const Dataset& shape,
                  const std::vector<std::size_t>& same_arms) {
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
      check_claim(grid, claim, same_arms);
    } catch (const ClaimError& error) {
      throw placed(claim, error);
    }
  }
}

std::vector<Verdict> judge(const Dataset& data, const std::vector<Claim>& claims, double alpha,
                           const Background* background) {
  if (!(alpha > 0 && alpha < 1)) throw InputError("verdicts.alpha", "alpha lies between 0 and 1");
  const claims::Grid grid(data);
  std::optional<claims::Grid> whole;
  if (background) whole.emplace(background->shape);
  const auto intervals =
      static_cast<double>(std::ranges::count_if(claims, [](const Claim& c) { return !c.interval.empty(); }));
  std::vector<Verdict> verdicts;
  for (const Claim& claim : claims) {
    Verdict verdict;
    verdict.id = claim.id;
    verdict.statement = claim.statement;
    verdict.claim = claim.interval.empty() ? claim.holds : claim.interval;
    double share = alpha / intervals;
    if (background) {
      verdict.post_hoc = post_hoc(claim, alpha, background->record);
      if (verdict.post_hoc.empty()) share = alpha / static_cast<double>(background->record.intervals);
    }
    try {
      if (background) check_claim(*whole, claim, background->same_arms);
      if (claim.interval.empty())
        claims::judge_holds(grid, claim, verdict);
      else
        claims::judge_interval(grid, claim, share, verdict);
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
