// SPDX-License-Identifier: Apache-2.0
import { Registry } from 'prom-client'

/** Everything the daemon's metrics endpoint shows. */
export const registry = new Registry()
