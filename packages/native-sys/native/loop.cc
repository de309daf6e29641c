// SPDX-License-Identifier: Apache-2.0
#include "loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <algorithm>

namespace native_sys {

namespace {
constexpr uint64_t kWake = UINT64_MAX;
constexpr int kBatch = 64;
}  // namespace

Loop::Loop(std::function<void(Event)> deliver)
    : deliver_(std::move(deliver)),
      epoll_(static_cast<int>(Check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"))),
      wake_(static_cast<int>(Check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"))) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWake;
  Check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event), "epoll_ctl");
  // Signals belong to the main thread; a blocked SIGPIPE turns a lost reader into EPIPE.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Main(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Loop::~Loop() {
  Post([this] { stopping_ = true; });
  thread_.join();
}

void Loop::Post(std::function<void()> command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void Loop::Add(uint32_t id, std::unique_ptr<Watched> watched) {
  watched->id = id;
  // std::function must be copyable.
  auto held = std::make_shared<std::unique_ptr<Watched>>(std::move(watched));
  Post([this, id, held] {
    auto& slot = watched_[id];
    slot = std::move(*held);
    slot->Start(*this);
  });
}

void Loop::Command(uint32_t id, int command) {
  Post([this, id, command] {
    const auto found = watched_.find(id);
    if (found != watched_.end()) Settle(id, found->second->OnCommand(*this, command));
  });
}

void Loop::Remove(uint32_t id) {
  Post([this, id] { watched_.erase(id); });
}

int Loop::Watch(const Watched& watched, int fd, int side, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = (static_cast<uint64_t>(watched.id) << 8) | static_cast<uint64_t>(side);
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

void Loop::Unwatch(int fd) {
  if (fd >= 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Loop::Deliver(Event event) {
  if (event.last)
    over_.push_back(std::move(event));  // told once its descriptors are closed
  else
    deliver_(std::move(event));
}

void Loop::Settle(uint32_t id, bool again) {
  if (again && std::find(again_.begin(), again_.end(), id) == again_.end()) again_.push_back(id);
  for (auto& event : over_) {
    watched_.erase(event.id);
    again_.erase(std::remove(again_.begin(), again_.end(), event.id), again_.end());
    deliver_(std::move(event));
  }
  over_.clear();
}

void Loop::Dispatch(uint32_t id, int side, uint32_t events) {
  const auto found = watched_.find(id);
  if (found == watched_.end()) return;
  Settle(id, found->second->OnReady(*this, side, events));
}

void Loop::RunCommands() {
  uint64_t count;
  [[maybe_unused]] const auto drained = ::read(wake_.get(), &count, sizeof count);
  std::vector<std::function<void()>> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (const auto& command : commands) {
    command();
    Settle(0, false);
  }
}

void Loop::Main() {
  ::prctl(PR_SET_NAME, "native-sys");
  epoll_event events[kBatch];
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events, kBatch, again_.empty() ? -1 : 0);
    std::vector<uint32_t> again;
    again.swap(again_);
    for (int i = 0; i < count; i++) {
      if (events[i].data.u64 == kWake) {
        RunCommands();
      } else {
        Dispatch(static_cast<uint32_t>(events[i].data.u64 >> 8), static_cast<int>(events[i].data.u64 & 0xff),
                 events[i].events);
      }
    }
    for (const auto id : again) Dispatch(id, 0, 0);
  }
  watched_.clear();
}

}  // namespace native_sys
