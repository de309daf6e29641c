// SPDX-License-Identifier: Apache-2.0
// mount(2), umount2(2), statfs(2), syncfs(2).
#include <sys/mount.h>
#include <sys/vfs.h>

#include "child.h"
#include "common.h"

namespace native_sys {

namespace {

// Runs a call here, or in a child inside another mount namespace.
Nothing CallIn(int namespace_fd, const char* syscall, const std::function<int()>& call) {
  if (namespace_fd < 0) {
    Check(call(), syscall);
  } else if (const int err = RunInMountNamespace(namespace_fd, call)) {
    Fail(syscall, err);
  }
  return {};
}

// mount(source, target, type, flags, data, namespaceFd)
Napi::Value Mount(const Napi::CallbackInfo& info) {
  auto work = [source = ToBytes(info[0]), target = ToBytes(info[1]), type = ToBytes(info[2]),
               flags = static_cast<unsigned long>(ToUint(info[3])), data = ToBytes(info[4]), ns = ToInt(info[5])] {
    return CallIn(ns, "mount", [&] {
      return ::mount(source.c_str(), target.c_str(), type.empty() ? nullptr : type.c_str(), flags,
                     data.empty() ? nullptr : data.c_str());
    });
  };
  return RunInPool(info.Env(), std::move(work), Undefined);
}

// umount2(target, flags, namespaceFd)
Napi::Value Umount2(const Napi::CallbackInfo& info) {
  auto work = [target = ToBytes(info[0]), flags = ToInt(info[1]), ns = ToInt(info[2])] {
    return CallIn(ns, "umount2", [&] { return ::umount2(target.c_str(), flags); });
  };
  return RunInPool(info.Env(), std::move(work), Undefined);
}

// statfs(path) -> numbers
Napi::Value StatFs(const Napi::CallbackInfo& info) {
  auto work = [path = ToBytes(info[0])] {
    struct statfs stats {};
    Check(RetryEintr([&] { return ::statfs(path.c_str(), &stats); }), "statfs");
    return stats;
  };
  auto finish = [](Napi::Env env, struct statfs& stats) -> Napi::Value {
    auto out = Napi::Object::New(env);
    auto set = [&](const char* name, uint64_t value) {
      out.Set(name, Napi::Number::New(env, static_cast<double>(value)));
    };
    set("type", static_cast<uint32_t>(stats.f_type));
    set("blockSize", static_cast<uint64_t>(stats.f_bsize));
    set("blocks", stats.f_blocks);
    set("blocksFree", stats.f_bfree);
    set("blocksAvailable", stats.f_bavail);
    set("files", stats.f_files);
    set("filesFree", stats.f_ffree);
    set("nameMax", static_cast<uint64_t>(stats.f_namelen));
    set("flags", static_cast<uint64_t>(stats.f_flags));
    return out;
  };
  return RunInPool(info.Env(), std::move(work), finish);
}

// syncfs(fd)
Napi::Value SyncFs(const Napi::CallbackInfo& info) {
  auto work = [fd = ToInt(info[0])] {
    Check(::syncfs(fd), "syncfs");
    return Nothing{};
  };
  return RunInPool(info.Env(), std::move(work), Undefined);
}

}  // namespace

void InitMount(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "mount", Mount);
  Export(env, exports, "umount2", Umount2);
  Export(env, exports, "statfs", StatFs);
  Export(env, exports, "syncfs", SyncFs);
}

}  // namespace native_sys
