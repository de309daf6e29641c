// SPDX-License-Identifier: Apache-2.0
// The loop's JavaScript side: one per environment, gone with it.
#include <fcntl.h>
#include <sys/inotify.h>

#include "common.h"
#include "loop.h"
#include "relay.h"
#include "watches.h"

namespace native_sys {

namespace {

void CallJs(Napi::Env env, Napi::Function callback, void*, Event* event) {
  const std::unique_ptr<Event> owned(event);
  if (env == nullptr || callback == nullptr) return;
  callback.Call({Napi::Number::New(env, event->id), Napi::Number::New(env, static_cast<double>(event->a)),
                 Napi::Number::New(env, static_cast<double>(event->b)), NewBuffer(env, event->bytes),
                 Napi::Boolean::New(env, event->last)});
}

using Deliver = Napi::TypedThreadSafeFunction<void, Event, CallJs>;

// The environment's instance data.
class Monitor {
 public:
  Monitor(Napi::Env env, Napi::Function callback)
      : deliver_(Deliver::New(env, callback, "native-sys", 0, 1)), loop_(std::make_unique<Loop>([this](Event event) {
          auto* owned = new Event(std::move(event));
          if (deliver_.NonBlockingCall(owned) != napi_ok) delete owned;
        })) {
    deliver_.Unref(env);
    // Registered after the function's own hook and so run before it: at instance data's end the function is gone.
    env.AddCleanupHook(
        [](Monitor* monitor) {
          monitor->loop_.reset();
          monitor->deliver_.Release();
        },
        this);
  }
  Loop& loop() { return *loop_; }
  void Ref(Napi::Env env, bool enabled) { enabled ? deliver_.Ref(env) : deliver_.Unref(env); }

 private:
  Deliver deliver_;
  std::unique_ptr<Loop> loop_;
};

Loop& LoopOf(const Napi::CallbackInfo& info) { return info.Env().GetInstanceData<Monitor>()->loop(); }

Fd Duplicate(int fd) { return Fd(static_cast<int>(Check(::fcntl(fd, F_DUPFD_CLOEXEC, 3), "fcntl"))); }

template <typename Make>
Napi::Value Add(const Napi::CallbackInfo& info, Make make) {
  return RunHere(
      info.Env(),
      [&] {
        LoopOf(info).Add(ToUint(info[0]), make());
        return Nothing{};
      },
      Undefined);
}

// monitorStart(callback(id, a, b, bytes, last)), once
Napi::Value Start(const Napi::CallbackInfo& info) {
  return RunHere(
      info.Env(),
      [&] {
        info.Env().SetInstanceData(new Monitor(info.Env(), info[0].As<Napi::Function>()));
        return Nothing{};
      },
      Undefined);
}

// monitorRef(enabled): keeps the event loop alive
Napi::Value Ref(const Napi::CallbackInfo& info) {
  info.Env().GetInstanceData<Monitor>()->Ref(info.Env(), ToBool(info[0]));
  return info.Env().Undefined();
}

// monitorProcess(id, pidfd, reap): watches a duplicate
Napi::Value AddProcess(const Napi::CallbackInfo& info) {
  return Add(info, [&] { return WatchProcess(Duplicate(ToInt(info[1])), ToBool(info[2])); });
}

// monitorEventFd(id, fd): takes it
Napi::Value AddEventFd(const Napi::CallbackInfo& info) {
  return Add(info, [&] { return WatchEventFd(Fd(ToInt(info[1]))); });
}

// monitorInotify(id, fd): takes it
Napi::Value AddInotify(const Napi::CallbackInfo& info) {
  return Add(info, [&] { return WatchInotify(Fd(ToInt(info[1]))); });
}

// monitorReady(id, fd, writable): watches a duplicate
Napi::Value AddReady(const Napi::CallbackInfo& info) {
  return Add(info, [&] { return WatchReady(Duplicate(ToInt(info[1])), ToBool(info[2])); });
}

// monitorRelay(id, from, to, pty, discard): takes both
Napi::Value AddRelay(const Napi::CallbackInfo& info) {
  return Add(info, [&] {
    return std::make_unique<Relay>(Fd(ToInt(info[1])), Fd(ToInt(info[2])), ToBool(info[3]), ToBool(info[4]));
  });
}

// monitorCommand(id, command)
Napi::Value Command(const Napi::CallbackInfo& info) {
  LoopOf(info).Command(ToUint(info[0]), ToInt(info[1]));
  return info.Env().Undefined();
}

// monitorRemove(id)
Napi::Value Remove(const Napi::CallbackInfo& info) {
  LoopOf(info).Remove(ToUint(info[0]));
  return info.Env().Undefined();
}

// inotifyInit() -> fd
Napi::Value InotifyInit(const Napi::CallbackInfo& info) {
  return RunHere(
      info.Env(), []() -> int64_t { return Check(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "inotify_init1"); },
      IntResult);
}

// inotifyAdd(fd, path, mask) -> watch descriptor
Napi::Value InotifyAdd(const Napi::CallbackInfo& info) {
  auto work = [&]() -> int64_t {
    return Check(::inotify_add_watch(ToInt(info[0]), ToBytes(info[1]).c_str(), ToUint(info[2])), "inotify_add_watch");
  };
  return RunHere(info.Env(), work, IntResult);
}

}  // namespace

void InitMonitor(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "monitorStart", Start);
  Export(env, exports, "monitorRef", Ref);
  Export(env, exports, "monitorProcess", AddProcess);
  Export(env, exports, "monitorEventFd", AddEventFd);
  Export(env, exports, "monitorInotify", AddInotify);
  Export(env, exports, "monitorReady", AddReady);
  Export(env, exports, "monitorRelay", AddRelay);
  Export(env, exports, "monitorCommand", Command);
  Export(env, exports, "monitorRemove", Remove);
  Export(env, exports, "inotifyInit", InotifyInit);
  Export(env, exports, "inotifyAdd", InotifyAdd);
}

}  // namespace native_sys
