#include "results/verdict/precision.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/elementary.hpp"

namespace twostage {

void Precision::validate() const {
  if (!(half_width > 0)) throw InputError("precision.half_width", "half_width must be positive");
  if (batch == 0) throw InputError("precision.batch", "batch must be at least 1");
  if (cap < batch) throw InputError("precision.cap", "cap must be at least one batch");
}

double half_width(const VerdictPart& part, bool log_scale) {
  if (!std::isfinite(part.low) || !std::isfinite(part.high)) return std::numeric_limits<double>::infinity();
  if (!log_scale) return (part.high - part.low) / 2;
  return part.low > 0 ? num::log(part.high / part.low) / 2 : std::numeric_limits<double>::infinity();
}

std::size_t replicates_needed(const std::vector<Verdict>& verdicts, std::size_t current,
                              const Precision& precision) {
  precision.validate();
  if (current >= precision.cap) return current;
  const auto capped_batches = [&](double replicates) {
    const double batches = std::ceil(replicates / static_cast<double>(precision.batch));
    const double whole = batches * static_cast<double>(precision.batch);
    return whole < static_cast<double>(precision.cap) ? static_cast<std::size_t>(whole) : precision.cap;
  };
  std::size_t needed = current;
  for (const Verdict& verdict : verdicts)
    for (const VerdictPart& part : verdict.parts) {
      const double excess = half_width(part, verdict.log_scale) / precision.half_width;
      if (excess <= 1) continue;
      const double now = static_cast<double>(current);
      const double wanted =
          std::isfinite(excess) ? now * excess * excess : now + static_cast<double>(precision.batch);
      needed = std::max(needed, capped_batches(wanted));
    }
  return needed;
}

}  // namespace twostage
