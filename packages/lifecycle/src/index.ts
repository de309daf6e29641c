// SPDX-License-Identifier: Apache-2.0
export { AsyncQueue } from './queue.ts'
export { Background } from './background.ts'
export { deadline, sleep } from './deadline.ts'
export { parseDuration } from './duration.ts'
export { KeyedLock, untilAborted } from './keyed-lock.ts'
export { Semaphore } from './semaphore.ts'
export type { Deadline } from './deadline.ts'
export type { Held } from './keyed-lock.ts'
