// SPDX-License-Identifier: Apache-2.0
import { it } from 'vitest'

type DefineTest = (title: string, run: () => Promise<void> | void) => void

/** `it` for what only some implementations promise; for the others the report shows the test with what it needs. */
export const itWhen =
  (holds: boolean, needs: string): DefineTest =>
  (title, run) =>
    // oxlint-disable-next-line vitest/expect-expect -- what runs is the caller's
    it.runIf(holds)(`${title}${holds ? '' : ` (skipped: needs ${needs})`}`, run)
