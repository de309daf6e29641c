// SPDX-License-Identifier: Apache-2.0
// Pipes, duplicates, flags, eventfds, FIFOs, non-blocking reads and writes.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>

#include "common.h"

namespace native_sys {

namespace {

// mkfifo(path, mode): exactly this mode
Napi::Value MkFifo(const Napi::CallbackInfo& info) {
  auto work = [path = ToBytes(info[0]), mode = ToUint(info[1])] {
    Check(::mkfifo(path.c_str(), mode), "mkfifo");
    Check(::chmod(path.c_str(), mode), "chmod");
    return Nothing{};
  };
  return RunInPool(info.Env(), std::move(work), Undefined);
}

// openFifoHandle(path) -> O_PATH fd of a FIFO
Napi::Value OpenFifoHandle(const Napi::CallbackInfo& info) {
  auto work = [path = ToBytes(info[0])]() -> int64_t {
    Fd fd(static_cast<int>(Check(::open(path.c_str(), O_PATH | O_CLOEXEC), "open")));
    struct stat stats {};
    Check(::fstat(fd.get(), &stats), "fstat");
    if (!S_ISFIFO(stats.st_mode)) Fail("open", EINVAL);
    return fd.release();
  };
  return RunHere(info.Env(), std::move(work), IntResult);
}

// reopen(fd, flags) -> fd, through /proc/self/fd; never blocks
Napi::Value Reopen(const Napi::CallbackInfo& info) {
  auto work = [&]() -> int64_t {
    const auto path = "/proc/self/fd/" + std::to_string(ToInt(info[0]));
    return Check(::open(path.c_str(), ToInt(info[1]) | O_CLOEXEC | O_NONBLOCK), "open");
  };
  return RunHere(info.Env(), work, IntResult);
}

// pipe2(nonBlocking) -> [read, write]
Napi::Value Pipe2(const Napi::CallbackInfo& info) {
  auto work = [&] {
    int fds[2];
    Check(::pipe2(fds, O_CLOEXEC | (ToBool(info[0]) ? O_NONBLOCK : 0)), "pipe2");
    return std::pair<int, int>(fds[0], fds[1]);
  };
  return RunHere(info.Env(), work, [](Napi::Env env, std::pair<int, int>& fds) -> Napi::Value {
    auto out = Napi::Array::New(env, 2);
    out.Set(0u, fds.first);
    out.Set(1u, fds.second);
    return out;
  });
}

// dup(fd, minimum) -> fd
Napi::Value Dup(const Napi::CallbackInfo& info) {
  auto work = [&]() -> int64_t { return Check(::fcntl(ToInt(info[0]), F_DUPFD_CLOEXEC, ToInt(info[1])), "fcntl"); };
  return RunHere(info.Env(), work, IntResult);
}

// dup3(fd, target, inherit)
Napi::Value Dup3(const Napi::CallbackInfo& info) {
  auto work = [&] {
    const int fd = ToInt(info[0]);
    const int target = ToInt(info[1]);
    if (fd == target)
      Check(::fcntl(fd, F_SETFD, ToBool(info[2]) ? 0 : FD_CLOEXEC), "fcntl");
    else
      Check(RetryEintr([&] { return ::dup3(fd, target, ToBool(info[2]) ? 0 : O_CLOEXEC); }), "dup3");
    return Nothing{};
  };
  return RunHere(info.Env(), work, Undefined);
}

Nothing ChangeFlag(int fd, int get, int set, int flag, bool enabled) {
  const int flags = static_cast<int>(Check(::fcntl(fd, get), "fcntl"));
  Check(::fcntl(fd, set, enabled ? flags | flag : flags & ~flag), "fcntl");
  return {};
}

// setNonBlocking(fd, enabled)
Napi::Value SetNonBlocking(const Napi::CallbackInfo& info) {
  return RunHere(
      info.Env(), [&] { return ChangeFlag(ToInt(info[0]), F_GETFL, F_SETFL, O_NONBLOCK, ToBool(info[1])); }, Undefined);
}

// setCloseOnExec(fd, enabled)
Napi::Value SetCloseOnExec(const Napi::CallbackInfo& info) {
  return RunHere(
      info.Env(), [&] { return ChangeFlag(ToInt(info[0]), F_GETFD, F_SETFD, FD_CLOEXEC, ToBool(info[1])); }, Undefined);
}

// eventfd(initial) -> fd
Napi::Value EventFd(const Napi::CallbackInfo& info) {
  auto work = [&]() -> int64_t { return Check(::eventfd(ToUint(info[0]), EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"); };
  return RunHere(info.Env(), work, IntResult);
}

// tryRead(fd, max) -> Buffer, undefined when it would block; call it on a readable descriptor
Napi::Value TryRead(const Napi::CallbackInfo& info) {
  auto work = [&]() -> std::optional<std::string> {
    std::string bytes(ToUint(info[1]), '\0');
    const auto n = RetryEintr([&] { return ::read(ToInt(info[0]), bytes.data(), bytes.size()); });
    if (n < 0 && errno == EAGAIN) return std::nullopt;
    bytes.resize(static_cast<size_t>(Check(n, "read")));
    return bytes;
  };
  return RunHere(info.Env(), work, [](Napi::Env env, std::optional<std::string>& bytes) -> Napi::Value {
    return bytes ? NewBuffer(env, *bytes) : env.Undefined();
  });
}

// tryWrite(fd, bytes, offset) -> count, 0 when it would block
Napi::Value TryWrite(const Napi::CallbackInfo& info) {
  auto work = [&]() -> int64_t {
    const auto bytes = info[1].As<Napi::Uint8Array>();
    const auto offset = ToUint(info[2]);
    const int fd = ToInt(info[0]);
    size_t size = bytes.ByteLength() - offset;
    // A blocking pipe that polls writable takes PIPE_BUF without waiting, not more.
    if ((::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0) size = std::min<size_t>(size, PIPE_BUF);
    const auto n = RetryEintr([&] { return ::write(fd, bytes.Data() + offset, size); });
    return n < 0 && errno == EAGAIN ? 0 : Check(n, "write");
  };
  return RunHere(info.Env(), work, IntResult);
}

}  // namespace

void InitDescriptor(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "mkfifo", MkFifo);
  Export(env, exports, "openFifoHandle", OpenFifoHandle);
  Export(env, exports, "reopen", Reopen);
  Export(env, exports, "pipe2", Pipe2);
  Export(env, exports, "dup", Dup);
  Export(env, exports, "dup3", Dup3);
  Export(env, exports, "setNonBlocking", SetNonBlocking);
  Export(env, exports, "setCloseOnExec", SetCloseOnExec);
  Export(env, exports, "eventfd", EventFd);
  Export(env, exports, "tryRead", TryRead);
  Export(env, exports, "tryWrite", TryWrite);
}

}  // namespace native_sys
