// SPDX-License-Identifier: Apache-2.0
export { QueueExchange } from './queue-exchange.ts'
export type { QueueExchangeInit } from './queue-exchange.ts'
