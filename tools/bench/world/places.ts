// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { repoRoot } from '../../lib/packages.ts'

/** What is made once and kept between runs. */
export const benchCache = join(repoRoot, '.cache', 'bench')
export const resultsDir = join(repoRoot, 'bench', 'results')
