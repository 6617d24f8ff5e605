#include "experiments/runner/run/scheduler.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <system_error>
#include <thread>

namespace twostage {
namespace {

// Finished batches on their way from the workers to the calling thread. Workers wait when it is full, so that
// a slow disk holds them up instead of filling the memory.
class Outbox {
 public:
  explicit Outbox(int workers) : capacity_(static_cast<std::size_t>(4 * workers)) {}

  void enter() {
    const std::lock_guard lock(mutex_);
    ++working_;
  }

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
  int working_ = 0;
  std::size_t capacity_;
};

// As many as can be had, at least one: a machine may refuse more.
void start_workers(std::vector<std::jthread>& workers, Outbox& outbox, int wanted,
                   const std::function<void()>& work_on) {
  workers.reserve(static_cast<std::size_t>(wanted));
  for (int t = 0; t < wanted; ++t) {
    outbox.enter();
    try {
      workers.emplace_back(work_on);
    } catch (const std::system_error& error) {
      outbox.leave({});
      if (workers.empty())
        throw InputError("threads", "no worker thread can be started: " + error.code().message());
      return;
    }
  }
}

std::size_t count_batches(const std::vector<Strand>& strands) {
  return std::accumulate(strands.begin(), strands.end(), std::size_t{0},
                         [](std::size_t sum, const Strand& strand) { return sum + strand.size(); });
}

}  // namespace

bool run_strands(const std::vector<Strand>& strands, const Schedule& schedule,
                 const std::function<std::optional<std::vector<BatchResult>>(const Strand&)>& work,
                 const std::function<void(const BatchResult&)>& sink) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  Outbox outbox(schedule.threads);
  const auto work_on = [&] {
    std::exception_ptr error;
    try {
      while (!stop) {
        const std::size_t mine = next.fetch_add(1);
        if (mine >= strands.size()) break;
        auto results = work(strands[mine]);
        if (!results) break;
        for (BatchResult& result : *results) outbox.put(std::move(result));
      }
    } catch (...) {
      error = std::current_exception();
      stop = true;
    }
    outbox.leave(error);
  };
  std::exception_ptr
      own_error;  // of this thread, whatever throws: the workers wait for it to take their work
  std::size_t done = 0;
  {
    std::vector<std::jthread> workers;
    try {
      start_workers(workers, outbox, schedule.threads, work_on);
    } catch (...) {
      own_error = std::current_exception();
      stop = true;
    }
    std::deque<BatchResult> arrived;
    while (outbox.take(arrived)) {
      try {
        for (; !arrived.empty() && !own_error; arrived.pop_front()) {
          sink(arrived.front());
          ++done;
        }
        if (schedule.stop && schedule.stop()) stop = true;
        if (schedule.tick && !own_error) schedule.tick();
      } catch (...) {
        if (!own_error) own_error = std::current_exception();
        stop = true;
      }
      arrived.clear();
    }
  }
  if (own_error) std::rethrow_exception(own_error);
  if (outbox.error()) std::rethrow_exception(outbox.error());
  return done == count_batches(strands);
}

}  // namespace twostage
