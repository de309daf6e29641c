// SPDX-License-Identifier: Apache-2.0
// Making namespaces: a paused child holds them while its files under /proc are opened.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <vector>

#include "child.h"
#include "common.h"

namespace native_sys {

namespace {

// Shares memory and thread-local storage with this thread, which runs on: raw calls that cannot touch errno.
int PauseForever(void*) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) ::syscall(SYS_pause);
}

void WriteMap(const std::string& path, const std::string& map) {
  if (map.empty()) return;
  const Fd fd(static_cast<int>(Check(::open(path.c_str(), O_WRONLY | O_CLOEXEC), "open")));
  if (::write(fd.get(), map.data(), map.size()) < 0) throw SysError{errno, "write", path};
}

// createNamespaces(flags, uidMap, gidMap, names[]) -> fds, in the order of names
Napi::Value CreateNamespaces(const Napi::CallbackInfo& info) {
  std::vector<std::string> names;
  const auto list = info[3].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) names.push_back(ToBytes(list[i]));
  auto work = [flags = ToInt(info[0]), uids = ToBytes(info[1]), gids = ToBytes(info[2]), names = std::move(names)] {
    const ChildStack stack;
    struct Paused {
      Child child;
      ~Paused() {
        ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
        ReapChild(child);
      }
    };
    const Paused paused{CloneChild(stack, flags, PauseForever, nullptr)};
    const auto proc = "/proc/" + std::to_string(paused.child.pid);
    WriteMap(proc + "/uid_map", uids);
    WriteMap(proc + "/gid_map", gids);
    std::vector<Fd> fds;
    for (const auto& name : names) {
      fds.emplace_back(static_cast<int>(Check(::open((proc + "/ns/" + name).c_str(), O_RDONLY | O_CLOEXEC), "open")));
    }
    return fds;
  };
  auto finish = [](Napi::Env env, std::vector<Fd>& fds) -> Napi::Value {
    auto out = Napi::Array::New(env, fds.size());
    for (uint32_t i = 0; i < fds.size(); i++) out.Set(i, fds[i].release());
    return out;
  };
  return RunInPool(info.Env(), std::move(work), finish);
}

}  // namespace

void InitNamespace(Napi::Env env, Napi::Object exports) { Export(env, exports, "createNamespaces", CreateNamespaces); }

}  // namespace native_sys
