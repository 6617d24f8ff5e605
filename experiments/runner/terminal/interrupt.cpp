#include "experiments/runner/terminal/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace twostage {
namespace {

std::atomic<int> signal_{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

void handle(int signal) {
  signal_ = signal;
  std::signal(signal, SIG_DFL);
}

}  // namespace

Interrupt::Interrupt() {
  signal_ = 0;
  std::signal(SIGINT, handle);
  std::signal(SIGTERM, handle);
}

Interrupt::~Interrupt() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool Interrupt::requested() {
  return signal_ != 0;
}

bool Interrupt::terminated() {
  return signal_ == SIGTERM;
}

}  // namespace twostage
