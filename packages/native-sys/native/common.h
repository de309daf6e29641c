// SPDX-License-Identifier: Apache-2.0
// Errors, descriptors and the two ways a call runs: in place or in the thread pool.
#pragma once
#include <napi.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace native_sys {

// A failed system call on its way to JavaScript; thrown by the work of a call, on any thread.
struct SysError {
  int err;
  const char* syscall;
  std::string detail = {};
};

[[noreturn]] inline void Fail(const char* syscall, int err = errno) { throw SysError{err, syscall}; }

inline int64_t Check(int64_t result, const char* syscall) {
  if (result < 0) Fail(syscall);
  return result;
}

template <typename Call>
auto RetryEintr(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Napi::Error ToJs(Napi::Env env, const SysError& error);

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

// Arguments. The TypeScript side has checked their kinds.
std::string ToBytes(const Napi::Value& value);  // string or Uint8Array
inline int ToInt(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }
inline uint32_t ToUint(const Napi::Value& value) { return value.As<Napi::Number>().Uint32Value(); }
inline int64_t ToInt64(const Napi::Value& value) { return value.As<Napi::Number>().Int64Value(); }
inline bool ToBool(const Napi::Value& value) { return value.As<Napi::Boolean>().Value(); }
inline bool IsUnset(const Napi::Value& value) { return value.IsNull() || value.IsUndefined(); }
inline Napi::Buffer<char> NewBuffer(Napi::Env env, const std::string& bytes) {
  return Napi::Buffer<char>::Copy(env, bytes.data(), bytes.size());
}

struct Nothing {};
inline Napi::Value Undefined(Napi::Env env, Nothing&) { return env.Undefined(); }

template <typename Work, typename Finish>
class PoolCall : public Napi::AsyncWorker {
 public:
  PoolCall(Napi::Env env, Work work, Finish finish)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        work_(std::move(work)),
        finish_(std::move(finish)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      result_.emplace(work_());
    } catch (const SysError& error) {
      error_.emplace(error);
    }
  }
  void OnOK() override {
    if (error_)
      deferred_.Reject(ToJs(Env(), *error_).Value());
    else
      deferred_.Resolve(finish_(Env(), *result_));
  }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  Work work_;
  Finish finish_;
  std::optional<decltype(std::declval<Work&>()())> result_;
  std::optional<SysError> error_;
};

// Runs `work` on a pool thread; the promise settles with what `finish` makes of its result.
template <typename Work, typename Finish>
Napi::Value RunInPool(Napi::Env env, Work work, Finish finish) {
  auto* call = new PoolCall<Work, Finish>(env, std::move(work), std::move(finish));
  auto promise = call->promise();
  call->Queue();
  return promise;
}

// Runs `work` here and now; a SysError becomes a JavaScript exception.
template <typename Work, typename Finish>
Napi::Value RunHere(Napi::Env env, Work work, Finish finish) {
  try {
    auto result = work();
    return finish(env, result);
  } catch (const SysError& error) {
    throw ToJs(env, error);
  }
}

template <typename Work, typename Finish>
Napi::Value Run(Napi::Env env, bool sync, Work work, Finish finish) {
  return sync ? RunHere(env, std::move(work), std::move(finish)) : RunInPool(env, std::move(work), std::move(finish));
}

inline Napi::Value IntResult(Napi::Env env, int64_t& value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

// One per subject; each adds its functions in the order of binding.ts.
void InitMount(Napi::Env env, Napi::Object exports);
void InitMountNew(Napi::Env env, Napi::Object exports);
void InitFile(Napi::Env env, Napi::Object exports);
void InitCopy(Napi::Env env, Napi::Object exports);
void InitXattr(Napi::Env env, Napi::Object exports);
void InitApply(Napi::Env env, Napi::Object exports);
void InitSpawn(Napi::Env env, Napi::Object exports);
void InitProcess(Napi::Env env, Napi::Object exports);
void InitNamespace(Napi::Env env, Napi::Object exports);
void InitDescriptor(Napi::Env env, Napi::Object exports);
void InitSocket(Napi::Env env, Napi::Object exports);
void InitPty(Napi::Env env, Napi::Object exports);
void InitMonitor(Napi::Env env, Napi::Object exports);

template <typename Function>
void Export(Napi::Env env, Napi::Object exports, const char* name, Function function) {
  exports.Set(name, Napi::Function::New(env, function, name));
}

}  // namespace native_sys
