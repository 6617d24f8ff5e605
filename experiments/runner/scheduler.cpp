#include "experiments/runner/scheduler.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

namespace twostage {
namespace {

// Finished batches on their way from the workers to the calling thread. Workers wait when it is full, so that
// a slow disk holds them up instead of filling the memory.
class Outbox {
 public:
  explicit Outbox(int workers) : working_(workers), capacity_(static_cast<std::size_t>(4 * workers)) {}

  void put(BatchResult&& result) {
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [&] { return results_.size() < capacity_; });
    results_.push_back(std::move(result));
    changed_.notify_one();
  }

  void leave(const std::exception_ptr& error) {
    const std::lock_guard lock(mutex_);
    --working_;
    if (error && !error_) error_ = error;
    changed_.notify_one();
  }

  // Waits a little; takes everything that is there. False when no more will come.
  bool take(std::deque<BatchResult>& out) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(200),
                      [&] { return !results_.empty() || working_ == 0; });
    out.swap(results_);
    taken_.notify_all();
    return working_ > 0 || !out.empty();
  }

  std::exception_ptr error() const { return error_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable taken_;
  std::deque<BatchResult> results_;
  std::exception_ptr error_;
  int working_;
  std::size_t capacity_;
};

}  // namespace

bool run_batches(const std::vector<Batch>& batches, const Schedule& schedule,
                 const std::function<std::optional<BatchResult>(const Batch&)>& work,
                 const std::function<void(const BatchResult&)>& sink) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  Outbox outbox(schedule.threads);
  std::exception_ptr sink_error;
  std::size_t done = 0;
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < schedule.threads; ++t)
      workers.emplace_back([&] {
        std::exception_ptr error;
        try {
          while (!stop) {
            const std::size_t mine = next.fetch_add(1);
            if (mine >= batches.size()) break;
            std::optional<BatchResult> result = work(batches[mine]);
            if (!result) break;
            outbox.put(std::move(*result));
          }
        } catch (...) {
          error = std::current_exception();
          stop = true;
        }
        outbox.leave(error);
      });
    std::deque<BatchResult> arrived;
    while (outbox.take(arrived)) {
      try {
        for (; !arrived.empty() && !sink_error; arrived.pop_front()) {
          sink(arrived.front());
          ++done;
        }
      } catch (...) {
        sink_error = std::current_exception();
        stop = true;
      }
      arrived.clear();
      if (schedule.stop && schedule.stop()) stop = true;
      if (schedule.tick) schedule.tick();
    }
  }
  if (sink_error) std::rethrow_exception(sink_error);
  if (outbox.error()) std::rethrow_exception(outbox.error());
  return done == batches.size();
}

}  // namespace twostage
