// SPDX-License-Identifier: Apache-2.0
import { gcModel } from './gc-model.ts'
import { gcRaces } from './gc-races.ts'
import { gcRules } from './gc-rules.ts'
import type { MetadataSetup } from './metadata-fixture.ts'

export interface GcConformanceOptions {
  /** Random histories to try. Default 25. */
  readonly runs?: number | undefined
}

/** The `GarbageCollector` contract: what stays, what goes, and what never may, whoever writes meanwhile. */
export function gcConformance(name: string, setup: MetadataSetup, { runs = 25 }: GcConformanceOptions = {}): void {
  gcRules(name, setup)
  gcRaces(name, setup)
  gcModel(name, setup, runs)
}
