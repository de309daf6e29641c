// SPDX-License-Identifier: Apache-2.0
// One epoll thread. It alone owns what is watched; other threads post commands.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common.h"

namespace native_sys {

// What JavaScript is told: the watch, two numbers whose meaning is the watch's, and bytes.
struct Event {
  uint32_t id;
  int64_t a;
  int64_t b;
  std::string bytes;
  bool last;  // the watch is over
};

class Loop;

// Something on the loop. All calls come from its thread; destruction closes its descriptors.
class Watched {
 public:
  virtual ~Watched() = default;
  virtual void Start(Loop& loop) = 0;
  // `side` tells apart the descriptors of one watch. True: call again soon, more work is at hand.
  virtual bool OnReady(Loop& loop, int side, uint32_t events) = 0;
  // `finish` of a relay and the like.
  virtual bool OnCommand(Loop&, int) { return false; }
  uint32_t id = 0;
};

class Loop {
 public:
  explicit Loop(std::function<void(Event)> deliver);
  ~Loop();

  // From any thread.
  void Add(uint32_t id, std::unique_ptr<Watched> watched);
  void Command(uint32_t id, int command);
  void Remove(uint32_t id);

  // From the loop thread. Returns 0 or an errno; EPERM means always ready (files, /dev/null).
  int Watch(const Watched& watched, int fd, int side, uint32_t events);
  // Before closing a watched descriptor: epoll keeps its entry while a duplicate of the descriptor lives.
  void Unwatch(int fd);
  void Deliver(Event event);

 private:
  void Post(std::function<void()> command);
  void Main();
  void RunCommands();
  void Dispatch(uint32_t id, int side, uint32_t events);
  void Settle(uint32_t id, bool again);

  std::function<void(Event)> deliver_;
  Fd epoll_;
  Fd wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> commands_;
  bool stopping_ = false;
  std::unordered_map<uint32_t, std::unique_ptr<Watched>> watched_;
  std::vector<uint32_t> again_;
  std::vector<Event> over_;
  std::thread thread_;
};

}  // namespace native_sys
