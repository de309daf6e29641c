// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/stat.h>

#include <ctime>

#include "common.h"

namespace native_sys {

// Nanoseconds since the epoch as a BigInt, also before 1970; unset leaves the time alone.
inline timespec ToTimespec(const Napi::Value& value) {
  if (IsUnset(value)) return {0, UTIME_OMIT};
  bool lossless = true;
  const int64_t ns = value.As<Napi::BigInt>().Int64Value(&lossless);
  int64_t seconds = ns / 1'000'000'000;
  int64_t rest = ns % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    seconds -= 1;
  }
  return {static_cast<time_t>(seconds), static_cast<long>(rest)};
}

}  // namespace native_sys
