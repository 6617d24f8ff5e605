#include "sim/numerics/interruption.hpp"

#include <utility>

namespace twostage::num {
namespace {

thread_local const std::function<void()>* question = nullptr;

}  // namespace

Interruptible::Interruptible(std::function<void()> ask) : ask_(std::move(ask)), outer_(question) {
  if (ask_) question = &ask_;
}

Interruptible::~Interruptible() {
  question = outer_;
}

void may_interrupt() {
  if (question) (*question)();
}

}  // namespace twostage::num
