// SPDX-License-Identifier: Apache-2.0
#include "watches.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>

namespace native_sys {

namespace {

class Descriptor : public Watched {
 public:
  Descriptor(Fd fd, uint32_t events) : fd_(std::move(fd)), events_(events) {}
  ~Descriptor() override {
    if (loop_ != nullptr) loop_->Unwatch(fd_.get());
  }
  void Start(Loop& loop) override {
    loop_ = &loop;
    const int err = loop.Watch(*this, fd_.get(), 0, events_);
    if (err == EPERM)
      OnReady(loop, 0, events_);
    else if (err != 0)
      loop.Deliver({id, -1, err, {}, true});
  }

 protected:
  Fd fd_;

 private:
  uint32_t events_;
  Loop* loop_ = nullptr;
};

class Process final : public Descriptor {
 public:
  Process(Fd fd, bool reap) : Descriptor(std::move(fd), EPOLLIN), reap_(reap) {}
  bool OnReady(Loop& loop, int, uint32_t) override {
    siginfo_t ended{};
    if (reap_) {
      if (RetryEintr([&] { return ::waitid(P_PIDFD, fd_.get(), &ended, WEXITED | WNOHANG); }) != 0) {
        loop.Deliver({id, -1, errno, {}, true});
        return false;
      }
      if (ended.si_pid == 0) return false;  // its threads are still ending
    }
    loop.Deliver({id, ended.si_code, ended.si_status, {}, true});
    return false;
  }

 private:
  bool reap_;
};

class EventCounter final : public Descriptor {
 public:
  explicit EventCounter(Fd fd) : Descriptor(std::move(fd), EPOLLIN | EPOLLHUP | EPOLLERR) {}
  bool OnReady(Loop& loop, int, uint32_t events) override {
    uint64_t count = 0;
    const auto n = ::read(fd_.get(), &count, sizeof count);
    if (n == static_cast<ssize_t>(sizeof count))
      loop.Deliver({id, static_cast<int64_t>(count), 0, {}, false});
    else if ((events & (EPOLLHUP | EPOLLERR)) != 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
      loop.Deliver({id, -1, n < 0 ? errno : 0, {}, true});
    return false;
  }
};

class InotifyRecords final : public Descriptor {
 public:
  explicit InotifyRecords(Fd fd) : Descriptor(std::move(fd), EPOLLIN) {}
  bool OnReady(Loop& loop, int, uint32_t) override {
    std::string records(16 * 1024, '\0');
    const auto n = ::read(fd_.get(), records.data(), records.size());
    if (n > 0) {
      records.resize(static_cast<size_t>(n));
      loop.Deliver({id, 0, 0, std::move(records), false});
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
      loop.Deliver({id, -1, errno, {}, true});
    }
    return false;
  }
};

class Readiness final : public Descriptor {
 public:
  Readiness(Fd fd, bool writable)
      : Descriptor(std::move(fd), (writable ? EPOLLOUT : EPOLLIN | EPOLLRDHUP) | EPOLLONESHOT) {}
  bool OnReady(Loop& loop, int, uint32_t) override {
    loop.Deliver({id, 0, 0, {}, true});
    return false;
  }
};

}  // namespace

std::unique_ptr<Watched> WatchProcess(Fd pidfd, bool reap) { return std::make_unique<Process>(std::move(pidfd), reap); }
std::unique_ptr<Watched> WatchEventFd(Fd fd) { return std::make_unique<EventCounter>(std::move(fd)); }
std::unique_ptr<Watched> WatchInotify(Fd fd) { return std::make_unique<InotifyRecords>(std::move(fd)); }
std::unique_ptr<Watched> WatchReady(Fd fd, bool writable) {
  return std::make_unique<Readiness>(std::move(fd), writable);
}

}  // namespace native_sys
