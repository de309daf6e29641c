// SPDX-License-Identifier: Apache-2.0
export { isMessage, packMessage, typeNameOf, unpackMessage } from './any.ts'
