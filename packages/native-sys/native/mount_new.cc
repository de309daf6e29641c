// SPDX-License-Identifier: Apache-2.0
// fsopen(2) and friends, open_tree(2), mount_setattr(2).
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>

#include <vector>

#include "common.h"

namespace native_sys {

namespace {

#ifndef AT_RECURSIVE
constexpr int AT_RECURSIVE = 0x8000;
#endif
#ifndef SYS_mount_setattr
constexpr long SYS_mount_setattr = 442;
#endif

struct Option {
  std::string name;
  std::string value;
  bool flag;
};

// The context answers reads with lines such as "e overlay: ...".
std::string ContextLog(int context) {
  std::string log;
  char line[1024];
  for (;;) {
    const auto n = ::read(context, line, sizeof line);
    if (n <= 2) return log;
    if (!log.empty()) log += "; ";
    log.append(line + 2, line[n - 1] == '\n' ? static_cast<size_t>(n) - 3 : static_cast<size_t>(n) - 2);
  }
}

void Configure(int context, unsigned command, const char* key, const char* value) {
  if (::syscall(SYS_fsconfig, context, command, key, value, 0) == 0) return;
  const int err = errno;
  auto detail = ContextLog(context);
  if (key != nullptr)
    detail = detail.empty() ? std::string("option ") + key : std::string("option ") + key + ": " + detail;
  throw SysError{err, "fsconfig", std::move(detail)};
}

void MoveTo(const Fd& tree, const std::string& target) {
  Check(::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH), "move_mount");
}

// mountNew(type, target, attributes, names[], values[])
Napi::Value MountNew(const Napi::CallbackInfo& info) {
  std::vector<Option> options;
  const auto names = info[3].As<Napi::Array>();
  const auto values = info[4].As<Napi::Array>();
  for (uint32_t i = 0; i < names.Length(); i++) {
    const Napi::Value value = values[i];
    options.push_back({ToBytes(names[i]), IsUnset(value) ? "" : ToBytes(value), IsUnset(value)});
  }
  auto work = [type = ToBytes(info[0]), target = ToBytes(info[1]), attributes = ToUint(info[2]), options] {
    Fd context(static_cast<int>(Check(::syscall(SYS_fsopen, type.c_str(), FSOPEN_CLOEXEC), "fsopen")));
    for (const auto& option : options) {
      if (option.flag)
        Configure(context.get(), FSCONFIG_SET_FLAG, option.name.c_str(), nullptr);
      else
        Configure(context.get(), FSCONFIG_SET_STRING, option.name.c_str(), option.value.c_str());
    }
    Configure(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr);
    const long made = ::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, attributes);
    if (made < 0) throw SysError{errno, "fsmount", ContextLog(context.get())};
    MoveTo(Fd(static_cast<int>(made)), target);
    return Nothing{};
  };
  return RunInPool(info.Env(), std::move(work), Undefined);
}

// bindMount(source, target, recursive, set, clear, propagation, userNamespaceFd)
Napi::Value BindMount(const Napi::CallbackInfo& info) {
  mount_attr attributes{};
  attributes.attr_set = ToUint(info[3]);
  attributes.attr_clr = ToUint(info[4]);
  attributes.propagation = ToUint(info[5]);
  if (const int fd = ToInt(info[6]); fd >= 0) {
    attributes.attr_set |= MOUNT_ATTR_IDMAP;
    attributes.userns_fd = static_cast<uint64_t>(fd);
  }
  auto work = [source = ToBytes(info[0]), target = ToBytes(info[1]), recursive = ToBool(info[2]),
               attributes]() mutable {
    const unsigned depth = recursive ? AT_RECURSIVE : 0;
    Fd tree(static_cast<int>(Check(
        ::syscall(SYS_open_tree, AT_FDCWD, source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | depth), "open_tree")));
    if (attributes.attr_set != 0 || attributes.attr_clr != 0 || attributes.propagation != 0) {
      Check(::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH | depth, &attributes, sizeof attributes),
            "mount_setattr");
    }
    MoveTo(tree, target);
    return Nothing{};
  };
  return RunInPool(info.Env(), std::move(work), Undefined);
}

}  // namespace

void InitMountNew(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "mountNew", MountNew);
  Export(env, exports, "bindMount", BindMount);
}

}  // namespace native_sys
