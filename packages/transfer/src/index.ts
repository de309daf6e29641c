// SPDX-License-Identifier: Apache-2.0
export { BindirVerifier } from './bindir-verifier.ts'
export { LocalTransferrer } from './local-transferrer.ts'
export type { BindirVerifierInit } from './bindir-verifier.ts'
export type { LocalTransferrerInit } from './local-transferrer.ts'
export type { UnpackConfig } from './unpack-plans.ts'
