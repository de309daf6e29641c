// SPDX-License-Identifier: Apache-2.0
// Many changes of a tree in one synchronous call.
#include <sys/sysmacros.h>

#include "common.h"
#include "times.h"
#include "tree.h"

namespace native_sys {

namespace {

Meta ToMeta(const Napi::Object& op) {
  Meta meta;
  if (const Napi::Value v = op.Get("uid"); !IsUnset(v)) meta.uid = ToUint(v);
  if (const Napi::Value v = op.Get("gid"); !IsUnset(v)) meta.gid = ToUint(v);
  if (const Napi::Value v = op.Get("mode"); !IsUnset(v)) meta.mode = ToUint(v);
  meta.times[0] = ToTimespec(op.Get("atimeNs"));
  meta.times[1] = ToTimespec(op.Get("mtimeNs"));
  if (const Napi::Value v = op.Get("xattrs"); !IsUnset(v)) {
    const auto list = v.As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); i++) {
      const auto pair = list.Get(i).As<Napi::Array>();
      meta.xattrs.emplace_back(ToBytes(pair.Get(0u)), ToBytes(pair.Get(1u)));
    }
  }
  return meta;
}

uint32_t UintOr0(const Napi::Value& value) { return IsUnset(value) ? 0 : ToUint(value); }

// Applies one change; the result says which fd was opened and how many xattrs were refused.
Napi::Value ApplyOne(Napi::Env env, Tree& tree, const Napi::Object& op) {
  const auto kind = op.Get("op").As<Napi::String>().Utf8Value();
  auto result = Napi::Object::New(env);
  auto skipped = [&](int count) {
    if (count > 0) result.Set("skippedXattrs", count);
  };
  if (kind == "finish") {
    const Fd fd(ToInt(op.Get("fd")));
    skipped(Tree::ApplyToFile(fd.get(), ToMeta(op)));
    return result;
  }
  const auto path = ToBytes(op.Get("path"));
  if (kind == "file") {
    const auto fd = tree.CreateFile(path);
    if (const Napi::Value data = op.Get("data"); !IsUnset(data)) {
      const auto bytes = data.As<Napi::Uint8Array>();
      WriteAll(fd.get(), reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
    }
    skipped(Tree::ApplyToFile(fd.get(), ToMeta(op)));
  } else if (kind == "open") {
    result.Set("fd", tree.CreateFile(path).release());
  } else if (kind == "remove") {
    tree.Remove(path);
  } else if (kind == "empty") {
    tree.Empty(path);
  } else if (kind == "link") {
    tree.Link(path, ToBytes(op.Get("target")));
  } else {
    if (kind == "directory")
      tree.MakeDirectory(path);
    else if (kind == "symlink")
      tree.Symlink(path, ToBytes(op.Get("target")));
    else if (kind == "node")
      tree.MakeNode(path, ToUint(op.Get("type")), makedev(UintOr0(op.Get("major")), UintOr0(op.Get("minor"))));
    else if (kind != "meta")
      Fail("applyBatch", EINVAL);
    skipped(tree.Apply(path, ToMeta(op)));
  }
  return result;
}

// applyBatch(rootFd, ops) -> [results, failedIndex | -1, error | undefined]
Napi::Value ApplyBatch(const Napi::CallbackInfo& info) {
  const auto env = info.Env();
  const auto ops = info[1].As<Napi::Array>();
  Tree tree(ToInt(info[0]));
  auto results = Napi::Array::New(env);
  auto out = Napi::Array::New(env, 3);
  out.Set(0u, results);
  out.Set(1u, -1);
  out.Set(2u, env.Undefined());
  for (uint32_t i = 0; i < ops.Length(); i++) {
    Napi::HandleScope scope(env);
    try {
      results.Set(i, ApplyOne(env, tree, ops.Get(i).As<Napi::Object>()));
    } catch (const SysError& error) {
      out.Set(1u, i);
      out.Set(2u, ToJs(env, error).Value());
      break;
    }
  }
  return out;
}

// writeAll(fd, bytes)
Napi::Value WriteAllSync(const Napi::CallbackInfo& info) {
  return RunHere(
      info.Env(),
      [&] {
        const auto bytes = info[1].As<Napi::Uint8Array>();
        WriteAll(ToInt(info[0]), reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
        return Nothing{};
      },
      Undefined);
}

}  // namespace

void InitApply(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "applyBatch", ApplyBatch);
  Export(env, exports, "writeAll", WriteAllSync);
}

}  // namespace native_sys
