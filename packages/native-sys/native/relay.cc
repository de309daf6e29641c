// SPDX-License-Identifier: Apache-2.0
#include "relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace native_sys {

namespace {

constexpr size_t kBuffer = 64 * 1024;
constexpr size_t kSplice = 1 << 20;
constexpr int64_t kTurn = 4 << 20;  // bytes before others on the loop get their turn
constexpr int64_t kEnded = 0;
constexpr int64_t kBroken = 1;
constexpr int64_t kClosed = 2;

short Poll(int fd, short events) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, 0) > 0 ? entry.revents : 0;
}

bool IsFifo(int fd) {
  struct stat stats {};
  return ::fstat(fd, &stats) == 0 && S_ISFIFO(stats.st_mode);
}

}  // namespace

Relay::Relay(Fd from, Fd to, bool pty, bool discard)
    : from_(std::move(from)), to_(std::move(to)), pty_(pty), discard_(discard) {
  for (const int fd : {from_.get(), to_.get()}) {
    const int flags = static_cast<int>(Check(::fcntl(fd, F_GETFL), "fcntl"));
    Check(::fcntl(fd, F_SETFL, flags | O_NONBLOCK), "fcntl");
  }
}

Relay::~Relay() { Release(); }

void Relay::Release() {
  if (loop_ == nullptr) return;
  loop_->Unwatch(from_.get());
  loop_->Unwatch(to_.get());
  from_.reset();
  to_.reset();
}

void Relay::Start(Loop& loop) {
  loop_ = &loop;
  // Edge-triggered: a terminal nobody has open and a FIFO without writer stay "ready" for ever.
  int err = loop.Watch(*this, from_.get(), 0, EPOLLIN | EPOLLRDHUP | EPOLLET);
  if (err == 0 || err == EPERM) err = loop.Watch(*this, to_.get(), 1, EPOLLOUT | EPOLLET);
  if (err != 0 && err != EPERM)
    loop.Deliver({id, 0, -err, {}, true});
  else
    OnCommand(loop, 0);
}

bool Relay::OnReady(Loop& loop, int, uint32_t) { return Pump(loop); }

bool Relay::OnCommand(Loop& loop, int command) {
  if (command == kClose) {
    loop.Deliver({id, bytes_, kClosed, {}, true});
    return false;
  }
  if (command == kFinish) finishing_ = true;
  return true;
}

bool Relay::Pump(Loop& loop) {
  if (ended_ && begin_ == end_) return false;
  budget_ = kTurn;
  while (budget_ > 0) {
    switch (Move()) {
      case Step::kMoved:
        break;
      case Step::kWait:
        return false;
      case Step::kOver:
        ended_ = true;
        begin_ = end_ = 0;
        // Half-close what can be; the other direction may live on in a duplicate.
        ::shutdown(to_.get(), SHUT_WR);
        Release();
        loop.Deliver({id, bytes_, how_, {}, true});
        return false;
    }
  }
  return true;
}

Relay::Step Relay::Over(int64_t how) {
  how_ = how;
  return Step::kOver;
}

Relay::Step Relay::Move() {
  if (begin_ < end_) return Flush();
  return splice_ && !broken_ ? Splice() : Read();
}

Relay::Step Relay::Splice() {
  const auto n = ::splice(from_.get(), nullptr, to_.get(), nullptr, kSplice, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n > 0) {
    bytes_ += n;
    budget_ -= n;
    return Step::kMoved;
  }
  if (n == 0) return SourceZero();
  switch (errno) {
    case EINTR:
      return Step::kMoved;
    case EAGAIN:  // either side: only an empty source may end a relay that is told to finish
      return (Poll(from_.get(), POLLIN) & POLLIN) != 0 ? Step::kWait : SourceEmpty();
    case EPIPE:
      return ReaderGone();
    case EIO:
    case EINVAL:
    case ENOSYS:
      splice_ = false;  // neither is a pipe, or a file that cannot: copy, and meet the error there
      return Step::kMoved;
    default:
      return Over(-errno);
  }
}

Relay::Step Relay::Read() {
  buffer_.resize(kBuffer);
  const auto n = ::read(from_.get(), buffer_.data(), buffer_.size());
  if (n > 0) {
    begin_ = 0;
    end_ = static_cast<size_t>(n);
    return Step::kMoved;
  }
  if (n == 0) return SourceZero();
  if (errno == EINTR) return Step::kMoved;
  if (errno == EAGAIN || (errno == EIO && pty_)) return SourceEmpty();
  if (errno == ECONNRESET) return Over(kEnded);
  return Over(-errno);
}

Relay::Step Relay::Flush() {
  if (broken_) {
    budget_ -= static_cast<int64_t>(end_ - begin_);
    begin_ = end_ = 0;
    return Step::kMoved;
  }
  const auto n = ::write(to_.get(), buffer_.data() + begin_, end_ - begin_);
  if (n >= 0) {
    begin_ += static_cast<size_t>(n);
    bytes_ += n;
    budget_ -= n > 0 ? n : 1;
    return Step::kMoved;
  }
  if (errno == EINTR) return Step::kMoved;
  if (errno == EAGAIN) return Step::kWait;
  if (errno == EIO && ::isatty(to_.get()) == 1) return Step::kWait;
  if (errno == EPIPE || errno == ECONNRESET) return ReaderGone();
  return Over(-errno);
}

Relay::Step Relay::SourceEmpty() { return finishing_ ? Over(kEnded) : Step::kWait; }

// Zero bytes: the end, save for a FIFO that no writer has opened yet and a terminal between two users.
Relay::Step Relay::SourceZero() {
  if (pty_) return SourceEmpty();
  if (IsFifo(from_.get()) && (Poll(from_.get(), POLLIN) & POLLHUP) == 0) return SourceEmpty();
  return Over(kEnded);
}

Relay::Step Relay::ReaderGone() {
  if (!discard_) return Over(kBroken);
  broken_ = true;
  begin_ = end_ = 0;
  return Step::kMoved;
}

}  // namespace native_sys
