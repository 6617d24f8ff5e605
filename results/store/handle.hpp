// The little of RAII that HDF5's C interface needs: identifiers that close themselves, calls that throw,
// errors as text instead of on stderr, and one user at a time.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace twostage::hdf5 {

// An HDF5 call failed; what() is the most specific line of HDF5's error stack.
class Failure : public std::runtime_error {
 public:
  Failure();
};

// Passes on the result of an HDF5 call; Failure when it is negative.
template <typename Result>
Result check(Result result) {
  if (result < 0) throw Failure();
  return result;
}

class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle(hid_t id, Close close) : id_(check(id)), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }

  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  Close close_;
};

// For the length of its life: the only user of HDF5 (Debian's build is not thread-safe), with HDF5's
// printing of errors switched off.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  std::unique_lock<std::mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* stream_ = nullptr;
};

// Variable-length UTF-8.
Handle text_type();

}  // namespace twostage::hdf5
