// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "common.h"

namespace native_sys {

namespace {
std::string ErrnoName(int err) {
#if defined(__GLIBC__)
  if (const char* name = ::strerrorname_np(err)) return name;
#endif
  return "E" + std::to_string(err);
}
}  // namespace

Napi::Error ToJs(Napi::Env env, const SysError& error) {
  const auto code = ErrnoName(error.err);
  auto js = Napi::Error::New(env, code + ": " + error.syscall);
  js.Set("code", Napi::String::New(env, code));
  js.Set("errno", Napi::Number::New(env, -error.err));
  js.Set("syscall", Napi::String::New(env, error.syscall));
  if (!error.detail.empty()) js.Set("detail", Napi::String::New(env, error.detail));
  return js;
}

std::string ToBytes(const Napi::Value& value) {
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  auto bytes = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength()};
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  InitMount(env, exports);
  InitMountNew(env, exports);
  InitFile(env, exports);
  InitCopy(env, exports);
  InitXattr(env, exports);
  InitApply(env, exports);
  InitSpawn(env, exports);
  InitProcess(env, exports);
  InitNamespace(env, exports);
  InitDescriptor(env, exports);
  InitSocket(env, exports);
  InitPty(env, exports);
  InitMonitor(env, exports);
  return exports;
}

NODE_API_MODULE(native_sys, Init)

}  // namespace native_sys
