// SPDX-License-Identifier: Apache-2.0
// Extended attributes of a path (followed or not) or of a descriptor.
#include <sys/xattr.h>

#include <algorithm>
#include <vector>

#include "common.h"

namespace native_sys {

namespace {

struct Target {
  std::string path;
  int fd;
  bool follow;

  ssize_t Get(const char* name, void* value, size_t size) const {
    if (fd >= 0) return ::fgetxattr(fd, name, value, size);
    return follow ? ::getxattr(path.c_str(), name, value, size) : ::lgetxattr(path.c_str(), name, value, size);
  }
  ssize_t List(char* names, size_t size) const {
    if (fd >= 0) return ::flistxattr(fd, names, size);
    return follow ? ::listxattr(path.c_str(), names, size) : ::llistxattr(path.c_str(), names, size);
  }
  int Set(const char* name, const std::string& value, int flags) const {
    if (fd >= 0) return ::fsetxattr(fd, name, value.data(), value.size(), flags);
    return follow ? ::setxattr(path.c_str(), name, value.data(), value.size(), flags)
                  : ::lsetxattr(path.c_str(), name, value.data(), value.size(), flags);
  }
  int Remove(const char* name) const {
    if (fd >= 0) return ::fremovexattr(fd, name);
    return follow ? ::removexattr(path.c_str(), name) : ::lremovexattr(path.c_str(), name);
  }
};

// path ('' for a descriptor), fd, follow
Target ToTarget(const Napi::CallbackInfo& info) { return {ToBytes(info[0]), ToInt(info[1]), ToBool(info[2])}; }

// Calls until the answer fits: another process may grow it between the two calls.
template <typename Read>
std::optional<std::string> ReadGrowing(Read read, const char* syscall, int absent) {
  std::string out(256, '\0');
  for (;;) {
    const ssize_t n = read(out.data(), out.size());
    if (n >= 0) {
      out.resize(static_cast<size_t>(n));
      return out;
    }
    if (errno == absent) return std::nullopt;
    if (errno != ERANGE) Fail(syscall);
    const ssize_t size = read(nullptr, 0);
    if (size < 0 && errno != absent) Fail(syscall);
    out.resize(std::max<size_t>(static_cast<size_t>(std::max<ssize_t>(size, 0)), out.size() * 2));
  }
}

std::optional<std::string> GetOne(const Target& target, const std::string& name) {
  return ReadGrowing([&](void* to, size_t size) { return target.Get(name.c_str(), to, size); }, "getxattr", ENODATA);
}

std::vector<std::string> ListAll(const Target& target, int absent) {
  const auto raw = ReadGrowing([&](char* to, size_t size) { return target.List(to, size); }, "listxattr", absent);
  std::vector<std::string> names;
  if (!raw) return names;
  for (size_t at = 0; at < raw->size();) {
    const auto end = raw->find('\0', at);
    names.push_back(raw->substr(at, end - at));
    if (end == std::string::npos) break;
    at = end + 1;
  }
  std::sort(names.begin(), names.end());
  return names;
}

// getxattr(path, fd, follow, name, sync) -> Buffer | undefined
Napi::Value GetXattr(const Napi::CallbackInfo& info) {
  auto work = [target = ToTarget(info), name = ToBytes(info[3])] { return GetOne(target, name); };
  auto finish = [](Napi::Env env, std::optional<std::string>& value) -> Napi::Value {
    return value ? NewBuffer(env, *value) : env.Undefined();
  };
  return Run(info.Env(), ToBool(info[4]), std::move(work), finish);
}

// setxattr(path, fd, follow, name, value, flags, sync)
Napi::Value SetXattr(const Napi::CallbackInfo& info) {
  auto work = [target = ToTarget(info), name = ToBytes(info[3]), value = ToBytes(info[4]), flags = ToInt(info[5])] {
    Check(target.Set(name.c_str(), value, flags), "setxattr");
    return Nothing{};
  };
  return Run(info.Env(), ToBool(info[6]), std::move(work), Undefined);
}

// removexattr(path, fd, follow, name)
Napi::Value RemoveXattr(const Napi::CallbackInfo& info) {
  auto work = [target = ToTarget(info), name = ToBytes(info[3])] {
    Check(target.Remove(name.c_str()), "removexattr");
    return Nothing{};
  };
  return RunInPool(info.Env(), std::move(work), Undefined);
}

// listxattr(path, fd, follow) -> Buffer[]
Napi::Value ListXattr(const Napi::CallbackInfo& info) {
  auto work = [target = ToTarget(info)] { return ListAll(target, 0); };
  auto finish = [](Napi::Env env, std::vector<std::string>& names) -> Napi::Value {
    auto out = Napi::Array::New(env, names.size());
    for (uint32_t i = 0; i < names.size(); i++) out.Set(i, NewBuffer(env, names[i]));
    return out;
  };
  return RunInPool(info.Env(), std::move(work), finish);
}

// readxattrs(path, fd, follow) -> [name, value][], synchronous
Napi::Value ReadXattrs(const Napi::CallbackInfo& info) {
  auto work = [&] {
    const auto target = ToTarget(info);
    std::vector<std::pair<std::string, std::string>> found;
    for (auto& name : ListAll(target, ENOTSUP)) {
      if (auto value = GetOne(target, name)) found.emplace_back(std::move(name), std::move(*value));
    }
    return found;
  };
  auto finish = [](Napi::Env env, std::vector<std::pair<std::string, std::string>>& found) -> Napi::Value {
    auto out = Napi::Array::New(env, found.size());
    for (uint32_t i = 0; i < found.size(); i++) {
      auto pair = Napi::Array::New(env, 2);
      pair.Set(0u, NewBuffer(env, found[i].first));
      pair.Set(1u, NewBuffer(env, found[i].second));
      out.Set(i, pair);
    }
    return out;
  };
  return RunHere(info.Env(), work, finish);
}

}  // namespace

void InitXattr(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "getxattr", GetXattr);
  Export(env, exports, "setxattr", SetXattr);
  Export(env, exports, "removexattr", RemoveXattr);
  Export(env, exports, "listxattr", ListXattr);
  Export(env, exports, "readxattrs", ReadXattrs);
}

}  // namespace native_sys
