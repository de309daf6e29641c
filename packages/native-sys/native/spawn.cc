// SPDX-License-Identifier: Apache-2.0
// Starting a program from a child that shares our memory until it executes.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <vector>

#include "child.h"
#include "common.h"

namespace native_sys {

namespace {

constexpr int kNullDevice = -1;
#ifndef CLOSE_RANGE_CLOEXEC
constexpr unsigned CLOSE_RANGE_CLOEXEC = 4;
#endif

struct Plan {
  std::string path;
  std::vector<std::string> argv;
  std::vector<std::string> env;
  std::optional<std::string> cwd;
  std::vector<int> stdio;
  bool setsid;
  int group;  // -1: none
  int death_signal;
  std::vector<std::string> cgroups;
  std::vector<int> setns;
  int unshare;
  std::optional<std::string> oom_score_adj;
  int umask;  // -1: unchanged

  std::vector<char*> argv_pointers = {};
  std::vector<char*> env_pointers = {};
  std::vector<int> moved = {};
  int parent = 0;
  int err = 0;
  const char* step = nullptr;
};

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

bool WriteSmallFile(const char* path, const char* text, size_t size) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = ::write(fd, text, size) == static_cast<ssize_t>(size);
  const int err = errno;
  ::close(fd);
  errno = err;
  return ok;
}

// Places the wanted descriptors at 0..n-1, whatever overlaps.
bool PlaceDescriptors(Plan& plan) {
  const int count = static_cast<int>(plan.stdio.size());
  for (int i = 0; i < count; i++) {
    int from = plan.stdio[i];
    if (from == kNullDevice && (from = ::open("/dev/null", O_RDWR | O_CLOEXEC)) < 0) return false;
    if ((plan.moved[i] = ::fcntl(from, F_DUPFD_CLOEXEC, count)) < 0) return false;
  }
  for (int i = 0; i < count; i++) {
    if (::dup2(plan.moved[i], i) < 0) return false;
  }
  ::syscall(SYS_close_range, count, ~0U, CLOSE_RANGE_CLOEXEC);
  return true;
}

void ResetSignals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; signal++) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

int Give(Plan& plan, const char* step) {
  plan.err = errno;
  plan.step = step;
  return 127;
}

int ChildProcess(void* arg) {
  auto& plan = *static_cast<Plan*>(arg);
  if (plan.death_signal != 0) {
    if (::prctl(PR_SET_PDEATHSIG, plan.death_signal) != 0) return Give(plan, "prctl");
    if (::getppid() != plan.parent) return 127;
  }
  for (const auto& procs : plan.cgroups) {
    if (!WriteSmallFile(procs.c_str(), "0", 1)) return Give(plan, "cgroup.procs");
  }
  if (plan.oom_score_adj &&
      !WriteSmallFile("/proc/self/oom_score_adj", plan.oom_score_adj->data(), plan.oom_score_adj->size()) &&
      errno != EACCES && errno != EPERM) {
    return Give(plan, "oom_score_adj");
  }
  if (plan.setsid && ::setsid() < 0) return Give(plan, "setsid");
  if (plan.group >= 0 && ::setpgid(0, plan.group) != 0) return Give(plan, "setpgid");
  for (const int fd : plan.setns) {
    if (::setns(fd, 0) != 0) return Give(plan, "setns");
  }
  if (plan.unshare != 0 && ::unshare(plan.unshare) != 0) return Give(plan, "unshare");
  if (plan.umask >= 0) ::umask(static_cast<mode_t>(plan.umask));
  if (plan.cwd && ::chdir(plan.cwd->c_str()) != 0) return Give(plan, "chdir");
  if (!PlaceDescriptors(plan)) return Give(plan, "dup");
  ResetSignals();
  ::execve(plan.path.c_str(), plan.argv_pointers.data(), plan.env_pointers.data());
  return Give(plan, "execve");
}

std::vector<std::string> ToStrings(const Napi::Value& value) {
  const auto list = value.As<Napi::Array>();
  std::vector<std::string> out;
  for (uint32_t i = 0; i < list.Length(); i++) out.push_back(ToBytes(list[i]));
  return out;
}

std::vector<int> ToInts(const Napi::Value& value) {
  const auto list = value.As<Napi::Array>();
  std::vector<int> out;
  for (uint32_t i = 0; i < list.Length(); i++) out.push_back(ToInt(list[i]));
  return out;
}

std::optional<std::string> ToOptionalString(const Napi::Value& value) {
  if (IsUnset(value)) return std::nullopt;
  return ToBytes(value);
}

// spawn(path, argv, env, cwd, stdio, setsid, group, deathSignal, cgroups, setns, unshare, oomScoreAdj, umask) -> [pid,
// pidfd]
Napi::Value Spawn(const Napi::CallbackInfo& info) {
  Plan plan{ToBytes(info[0]),   ToStrings(info[1]), ToStrings(info[2]), ToOptionalString(info[3]),
            ToInts(info[4]),    ToBool(info[5]),    ToInt(info[6]),     ToInt(info[7]),
            ToStrings(info[8]), ToInts(info[9]),    ToInt(info[10]),    ToOptionalString(info[11]),
            ToInt(info[12])};
  plan.argv_pointers = Pointers(plan.argv);
  plan.env_pointers = Pointers(plan.env);
  plan.moved.resize(plan.stdio.size());
  plan.parent = ::getpid();
  auto work = [&] {
    const ChildStack stack;
    auto child = CloneChild(stack, CLONE_VFORK, ChildProcess, &plan);
    if (plan.step != nullptr) {
      ReapChild(child);
      Fail(plan.step, plan.err);
    }
    return child;
  };
  return RunHere(info.Env(), work, [](Napi::Env env, Child& child) -> Napi::Value {
    auto out = Napi::Array::New(env, 2);
    out.Set(0u, child.pid);
    out.Set(1u, child.pidfd.release());
    return out;
  });
}

}  // namespace

void InitSpawn(Napi::Env env, Napi::Object exports) { Export(env, exports, "spawn", Spawn); }

}  // namespace native_sys
