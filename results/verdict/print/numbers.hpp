// Numbers and texts as verdicts and estimates print them.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace twostage {

// In a table: four digits, and nothing for what is not there.
inline std::string number(double x) {
  return std::isnan(x) ? "" : fmt::format("{:.4g}", x);
}

// Six digits: what lies beyond is libm's (in quantiles), not the study's.
inline double rounded(double x) {
  return std::isfinite(x) ? std::stod(fmt::format("{:.6g}", x)) : x;
}

inline nlohmann::ordered_json json_number(double x) {
  return std::isfinite(x) ? nlohmann::ordered_json(rounded(x)) : nlohmann::ordered_json(nullptr);
}

inline nlohmann::ordered_json or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

}  // namespace twostage
