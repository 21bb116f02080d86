#include "threadPool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace vitrine {

namespace {

struct Loop {
  const std::function<void(long)>* body;
  long count;
  std::atomic<long> next{0};
  std::atomic<long> finished{0};
  std::mutex mutex;
  std::condition_variable allFinished;

  // Takes indices until none is left. The body is gone once all indices are finished, so it is only
  // looked at with an index in hand.
  void work() {
    for (long index = next++; index < count; index = next++) {
      (*body)(index);
      if (++finished == count) {
        const std::lock_guard<std::mutex> lock(mutex);
        allFinished.notify_all();
      }
    }
  }

  void wait() {
    std::unique_lock<std::mutex> lock(mutex);
    allFinished.wait(lock, [this] { return finished == count; });
  }
};

// As many as TensorFlow itself uses: what its variable says, otherwise all of the processor's.
long threads() {
  const char* wanted = std::getenv("TF_NUM_INTRAOP_THREADS");
  const long count = wanted == nullptr ? 0 : std::strtol(wanted, nullptr, 10);
  return count > 0 ? count : std::max(1u, std::thread::hardware_concurrency());
}

class Pool {
 public:
  Pool() : workers_(threads() - 1) {
    for (long worker = 0; worker < workers_; worker++) std::thread([this] { serve(); }).detach();
  }

  void run(long count, const std::function<void(long)>& body) {
    const auto loop = std::make_shared<Loop>();
    loop->body = &body;
    loop->count = count;
    const long helpers = std::min(workers_, count - 1);
    if (helpers > 0) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (long helper = 0; helper < helpers; helper++) waiting_.push_back(loop);
      }
      if (helpers == 1) {
        arrived_.notify_one();
      } else {
        arrived_.notify_all();
      }
    }
    loop->work();
    loop->wait();
  }

 private:
  void serve() {
    for (;;) {
      std::shared_ptr<Loop> loop;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        arrived_.wait(lock, [this] { return !waiting_.empty(); });
        loop = std::move(waiting_.front());
        waiting_.pop_front();
      }
      loop->work();
    }
  }

  const long workers_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::shared_ptr<Loop>> waiting_;
};

// Never destroyed: its threads may still wait on it when the process ends.
Pool& pool() {
  static Pool* const shared = new Pool();
  return *shared;
}

}  // namespace

void parallelFor(long count, const std::function<void(long)>& body) {
  if (count == 1) {
    body(0);
  } else if (count > 1) {
    pool().run(count, body);
  }
}

}  // namespace vitrine
