// SPDX-License-Identifier: Apache-2.0
// Pseudo-terminals, window size, raw mode.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <cstring>

#include "common.h"

namespace native_sys {

namespace {

struct Pair {
  Fd master;
  Fd slave;
  unsigned number;
};

// openpty(rows, columns) -> [master, slave, number]
Napi::Value OpenPty(const Napi::CallbackInfo& info) {
  auto work = [&] {
    Pair pair{Fd(static_cast<int>(Check(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), "open"))), Fd(), 0};
    int unlocked = 0;
    Check(::ioctl(pair.master.get(), TIOCSPTLCK, &unlocked), "ioctl");
    Check(::ioctl(pair.master.get(), TIOCGPTN, &pair.number), "ioctl");
    // TIOCGPTPEER finds the slave whatever is mounted on /dev/pts.
    pair.slave.reset(
        static_cast<int>(Check(::ioctl(pair.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), "ioctl")));
    winsize size{};
    size.ws_row = static_cast<unsigned short>(ToUint(info[0]));
    size.ws_col = static_cast<unsigned short>(ToUint(info[1]));
    Check(::ioctl(pair.master.get(), TIOCSWINSZ, &size), "ioctl");
    return pair;
  };
  return RunHere(info.Env(), work, [](Napi::Env env, Pair& pair) -> Napi::Value {
    auto out = Napi::Array::New(env, 3);
    out.Set(0u, pair.master.release());
    out.Set(1u, pair.slave.release());
    out.Set(2u, pair.number);
    return out;
  });
}

// isatty(fd) -> 0 or 1
Napi::Value IsATty(const Napi::CallbackInfo& info) {
  return RunHere(
      info.Env(), [&]() -> int64_t { return ::isatty(ToInt(info[0])); }, IntResult);
}

// getWindowSize(fd) -> [rows, columns]
Napi::Value GetWindowSize(const Napi::CallbackInfo& info) {
  auto work = [&] {
    winsize size{};
    Check(::ioctl(ToInt(info[0]), TIOCGWINSZ, &size), "ioctl");
    return size;
  };
  return RunHere(info.Env(), work, [](Napi::Env env, winsize& size) -> Napi::Value {
    auto out = Napi::Array::New(env, 2);
    out.Set(0u, size.ws_row);
    out.Set(1u, size.ws_col);
    return out;
  });
}

// setWindowSize(fd, rows, columns)
Napi::Value SetWindowSize(const Napi::CallbackInfo& info) {
  auto work = [&] {
    winsize size{};
    size.ws_row = static_cast<unsigned short>(ToUint(info[1]));
    size.ws_col = static_cast<unsigned short>(ToUint(info[2]));
    Check(::ioctl(ToInt(info[0]), TIOCSWINSZ, &size), "ioctl");
    return Nothing{};
  };
  return RunHere(info.Env(), work, Undefined);
}

// getTermios(fd) -> Buffer
Napi::Value GetTermios(const Napi::CallbackInfo& info) {
  auto work = [&] {
    termios settings{};
    Check(::tcgetattr(ToInt(info[0]), &settings), "tcgetattr");
    return std::string(reinterpret_cast<const char*>(&settings), sizeof settings);
  };
  return RunHere(info.Env(), work,
                 [](Napi::Env env, std::string& bytes) -> Napi::Value { return NewBuffer(env, bytes); });
}

// setTermios(fd, Buffer of getTermios, raw)
Napi::Value SetTermios(const Napi::CallbackInfo& info) {
  auto work = [&] {
    const auto bytes = ToBytes(info[1]);
    termios settings{};
    if (bytes.size() != sizeof settings) Fail("tcsetattr", EINVAL);
    std::memcpy(&settings, bytes.data(), sizeof settings);
    if (ToBool(info[2])) ::cfmakeraw(&settings);
    Check(RetryEintr([&] { return ::tcsetattr(ToInt(info[0]), TCSANOW, &settings); }), "tcsetattr");
    return Nothing{};
  };
  return RunHere(info.Env(), work, Undefined);
}

}  // namespace

void InitPty(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "openpty", OpenPty);
  Export(env, exports, "isatty", IsATty);
  Export(env, exports, "getWindowSize", GetWindowSize);
  Export(env, exports, "setWindowSize", SetWindowSize);
  Export(env, exports, "getTermios", GetTermios);
  Export(env, exports, "setTermios", SetTermios);
}

}  // namespace native_sys
