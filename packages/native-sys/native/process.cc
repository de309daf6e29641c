// SPDX-License-Identifier: Apache-2.0
// pidfds, prctl, signals, collecting one child at a time.
#include <linux/prctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common.h"

namespace native_sys {

namespace {

#ifndef PR_SCHED_CORE
constexpr int PR_SCHED_CORE = 62;
#endif
constexpr int kSchedCoreCreate = 1;
constexpr int kScopeProcessGroup = 2;

template <typename Call>
Napi::Value IntCall(const Napi::CallbackInfo& info, const char* syscall, Call call) {
  return RunHere(
      info.Env(), [&]() -> int64_t { return Check(call(), syscall); }, IntResult);
}

// pidfdOpen(pid) -> fd
Napi::Value PidfdOpen(const Napi::CallbackInfo& info) {
  return IntCall(info, "pidfd_open", [&] { return ::syscall(SYS_pidfd_open, ToInt(info[0]), 0); });
}

// pidfdSendSignal(fd, signal)
Napi::Value PidfdSendSignal(const Napi::CallbackInfo& info) {
  return IntCall(info, "pidfd_send_signal",
                 [&] { return ::syscall(SYS_pidfd_send_signal, ToInt(info[0]), ToInt(info[1]), nullptr, 0); });
}

// kill(pid, signal)
Napi::Value Kill(const Napi::CallbackInfo& info) {
  return IntCall(info, "kill", [&] { return ::kill(ToInt(info[0]), ToInt(info[1])); });
}

// getsid(pid)
Napi::Value GetSid(const Napi::CallbackInfo& info) {
  return IntCall(info, "getsid", [&] { return ::getsid(ToInt(info[0])); });
}

// getpgid(pid)
Napi::Value GetPgid(const Napi::CallbackInfo& info) {
  return IntCall(info, "getpgid", [&] { return ::getpgid(ToInt(info[0])); });
}

// setSubreaper(enabled)
Napi::Value SetSubreaper(const Napi::CallbackInfo& info) {
  return IntCall(info, "prctl", [&] { return ::prctl(PR_SET_CHILD_SUBREAPER, ToBool(info[0]) ? 1UL : 0UL); });
}

// getSubreaper() -> 0 or 1
Napi::Value GetSubreaper(const Napi::CallbackInfo& info) {
  return IntCall(info, "prctl", [] {
    int enabled = 0;
    return ::prctl(PR_GET_CHILD_SUBREAPER, &enabled) < 0 ? -1 : enabled;
  });
}

// setParentDeathSignal(signal)
Napi::Value SetParentDeathSignal(const Napi::CallbackInfo& info) {
  return IntCall(info, "prctl", [&] { return ::prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(ToInt(info[0]))); });
}

// setProcessName(name)
Napi::Value SetProcessName(const Napi::CallbackInfo& info) {
  const auto name = ToBytes(info[0]);
  return IntCall(info, "prctl", [&] { return ::prctl(PR_SET_NAME, name.c_str()); });
}

// createSchedCore()
Napi::Value CreateSchedCore(const Napi::CallbackInfo& info) {
  return IntCall(info, "prctl", [] { return ::prctl(PR_SCHED_CORE, kSchedCoreCreate, 0, kScopeProcessGroup, 0); });
}

// reap(pid) -> [pid, code, status] when that child has ended (it is collected), undefined while it runs
Napi::Value Reap(const Napi::CallbackInfo& info) {
  auto work = [&] {
    siginfo_t ended{};
    Check(RetryEintr([&] { return ::waitid(P_PID, static_cast<id_t>(ToInt(info[0])), &ended, WEXITED | WNOHANG); }),
          "waitid");
    return ended;
  };
  auto finish = [](Napi::Env env, siginfo_t& ended) -> Napi::Value {
    if (ended.si_pid == 0) return env.Undefined();
    auto out = Napi::Array::New(env, 3);
    out.Set(0u, ended.si_pid);
    out.Set(1u, ended.si_code);
    out.Set(2u, ended.si_status);
    return out;
  };
  return RunHere(info.Env(), work, finish);
}

// isOurZombie(pid): 1 a child of ours that has ended and is not collected, 0 one that runs, -1 not our child
Napi::Value IsOurZombie(const Napi::CallbackInfo& info) {
  return RunHere(
      info.Env(),
      [&]() -> int64_t {
        siginfo_t ended{};
        const auto pid = static_cast<id_t>(ToInt(info[0]));
        if (RetryEintr([&] { return ::waitid(P_PID, pid, &ended, WEXITED | WNOHANG | WNOWAIT); }) != 0) {
          if (errno == ECHILD) return -1;
          Fail("waitid");
        }
        return ended.si_pid == 0 ? 0 : 1;
      },
      IntResult);
}

}  // namespace

void InitProcess(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "pidfdOpen", PidfdOpen);
  Export(env, exports, "pidfdSendSignal", PidfdSendSignal);
  Export(env, exports, "kill", Kill);
  Export(env, exports, "getsid", GetSid);
  Export(env, exports, "getpgid", GetPgid);
  Export(env, exports, "setSubreaper", SetSubreaper);
  Export(env, exports, "getSubreaper", GetSubreaper);
  Export(env, exports, "setParentDeathSignal", SetParentDeathSignal);
  Export(env, exports, "setProcessName", SetProcessName);
  Export(env, exports, "createSchedCore", CreateSchedCore);
  Export(env, exports, "reap", Reap);
  Export(env, exports, "isOurZombie", IsOurZombie);
}

}  // namespace native_sys
