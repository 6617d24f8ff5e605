// What the core asks of the standard library and the libc++ of Debian's emscripten (version 13) lacks: the
// ranges algorithms, bit_cast, and to_chars of floating-point numbers. The build for WebAssembly includes
// this file in front of every other one; with a newer libc++ it is empty.
#pragma once

#include <version>

#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 15000

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <iterator>
#include <type_traits>

namespace std {  // NOLINT(cert-dcl58-cpp): these are the names that the standard has for them

template <typename To, typename From>
To bit_cast(const From& from) noexcept {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

// Texts of numbers stand in messages alone, and none is built here (no_errors.hpp).
inline to_chars_result to_chars(char* first, char*, double, chars_format = {}, int = 0) {
  *first = '?';
  return {first + 1, errc{}};
}

// As the standard's, but for what the core never asks: ranges of their own iterators and sentinels, results
// other than an iterator, and borrowed ranges.
namespace ranges {

template <typename R, typename T>
void fill(R&& range, const T& value) {
  std::fill(std::begin(range), std::end(range), value);
}
template <typename R, typename Out>
void copy(R&& range, Out out) {
  std::copy(std::begin(range), std::end(range), out);
}
template <typename R, typename Out>
void move(R&& range, Out out) {
  std::move(std::begin(range), std::end(range), out);
}
template <typename R, typename Test, typename Key = identity>
bool all_of(R&& range, Test test, Key key = {}) {
  return std::all_of(std::begin(range), std::end(range),
                     [&](const auto& x) { return std::invoke(test, std::invoke(key, x)); });
}
template <typename R, typename Test>
bool any_of(R&& range, Test test) {
  return std::any_of(std::begin(range), std::end(range), test);
}
template <typename R, typename Test>
bool none_of(R&& range, Test test) {
  return std::none_of(std::begin(range), std::end(range), test);
}
template <typename R, typename Test>
auto count_if(R&& range, Test test) {
  return std::count_if(std::begin(range), std::end(range), test);
}
template <typename R, typename T>
auto count(R&& range, const T& value) {
  return std::count(std::begin(range), std::end(range), value);
}
template <typename R, typename T, typename Key = identity>
auto find(R&& range, const T& value, Key key = {}) {
  return std::find_if(std::begin(range), std::end(range),
                      [&](const auto& x) { return std::invoke(key, x) == value; });
}
template <typename R, typename Same = equal_to>
auto adjacent_find(R&& range, Same same = {}) {
  return std::adjacent_find(std::begin(range), std::end(range), same);
}
template <typename A, typename B>
bool equal(A&& a, B&& b) {
  return std::equal(std::begin(a), std::end(a), std::begin(b), std::end(b));
}
template <typename A, typename B>
bool lexicographical_compare(A&& a, B&& b) {
  return std::lexicographical_compare(std::begin(a), std::end(a), std::begin(b), std::end(b));
}

// The comparison of keys.
template <typename Before, typename Key>
auto by_key(Before before, Key key) {
  return [before, key](const auto& a, const auto& b) {
    return std::invoke(before, std::invoke(key, a), std::invoke(key, b));
  };
}
template <typename R, typename Before = less, typename Key = identity>
void sort(R&& range, Before before = {}, Key key = {}) {
  std::sort(std::begin(range), std::end(range), by_key(before, key));
}
template <typename R, typename Before = less, typename Key = identity>
void stable_sort(R&& range, Before before = {}, Key key = {}) {
  std::stable_sort(std::begin(range), std::end(range), by_key(before, key));
}
template <typename R>
bool is_sorted(R&& range) {
  return std::is_sorted(std::begin(range), std::end(range));
}
template <typename R, typename T, typename Before = less, typename Key = identity>
auto lower_bound(R&& range, const T& value, Before before = {}, Key key = {}) {
  return std::lower_bound(std::begin(range), std::end(range), value, [&](const auto& x, const T& v) {
    return std::invoke(before, std::invoke(key, x), v);
  });
}
template <typename R, typename T, typename Before = less, typename Key = identity>
auto upper_bound(R&& range, const T& value, Before before = {}, Key key = {}) {
  return std::upper_bound(std::begin(range), std::end(range), value, [&](const T& v, const auto& x) {
    return std::invoke(before, v, std::invoke(key, x));
  });
}
template <typename R, typename Before = less, typename Key = identity>
auto min_element(R&& range, Before before = {}, Key key = {}) {
  return std::min_element(std::begin(range), std::end(range), by_key(before, key));
}
template <typename R, typename Before = less, typename Key = identity>
auto max_element(R&& range, Before before = {}, Key key = {}) {
  return std::max_element(std::begin(range), std::end(range), by_key(before, key));
}
template <typename T>
struct minmax_result {
  T min, max;
};
template <typename R, typename Before = less, typename Key = identity>
auto minmax(R&& range, Before before = {}, Key key = {}) {
  const auto found = std::minmax_element(std::begin(range), std::end(range), by_key(before, key));
  return minmax_result<std::decay_t<decltype(*found.first)>>{*found.first, *found.second};
}

}  // namespace ranges
}  // namespace std

#endif
