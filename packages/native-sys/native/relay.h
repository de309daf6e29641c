// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "loop.h"

namespace native_sys {

// Moves bytes from one descriptor to another until the source ends. Owns both.
// Delivers one event: a = bytes moved, b = 0 source ended, 1 reader left, 2 closed, negative errno.
class Relay final : public Watched {
 public:
  static constexpr int kFinish = 1;
  static constexpr int kClose = 2;

  Relay(Fd from, Fd to, bool pty, bool discard);
  ~Relay() override;
  void Start(Loop& loop) override;
  bool OnReady(Loop& loop, int side, uint32_t events) override;
  bool OnCommand(Loop& loop, int command) override;

 private:
  enum class Step { kMoved, kWait, kOver };

  bool Pump(Loop& loop);
  Step Move();
  Step Splice();
  Step Read();
  Step Flush();
  Step SourceEmpty();
  Step SourceZero();
  Step ReaderGone();
  Step Over(int64_t how);

  void Release();

  Loop* loop_ = nullptr;
  Fd from_;
  Fd to_;
  const bool pty_;
  const bool discard_;
  bool splice_ = true;
  bool broken_ = false;
  bool finishing_ = false;
  bool ended_ = false;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  int64_t bytes_ = 0;
  int64_t budget_ = 0;
  int64_t how_ = 0;
};

}  // namespace native_sys
