// SPDX-License-Identifier: Apache-2.0
/**
 * Who works with whom, as the last run of the interop tests proved it.
 *
 *   npm run matrix              prints the matrix and writes it into README.md
 *   npm run matrix -- --check   changes nothing; fails when a cell is red or empty
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StepFailure } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'
import { faultsOf, markdownOf, matrixOf, withMatrix, type Matrix, type ReportedTests } from './matrix.ts'

const reportPath = join(repoRoot, '.cache', 'reports', 'interop.json')
const readmePath = join(repoRoot, 'README.md')

/** Fails with the cells that are red or empty. README.md may show the counts of an earlier run. */
export function checkMatrix(): void {
  const matrix = lastMatrix()
  console.log(markdownOf(matrix))
  const readme = readFileSync(readmePath, 'utf8')
  if (withMatrix(readme, markdownOf(matrix)) !== readme) console.log('README.md shows another run: npm run matrix')
  const faults = faultsOf(matrix)
  if (faults.length > 0) throw new StepFailure(faults.join('\n'))
}

function writeMatrix(): void {
  const matrix = lastMatrix()
  console.log(markdownOf(matrix))
  writeFileSync(readmePath, withMatrix(readFileSync(readmePath, 'utf8'), markdownOf(matrix)))
}

function lastMatrix(): Matrix {
  if (!existsSync(reportPath)) throw new StepFailure(`${reportPath} is absent: npm test -- --only build,interop`)
  return matrixOf(JSON.parse(readFileSync(reportPath, 'utf8')) as ReportedTests)
}

if (import.meta.main) {
  try {
    if (process.argv.includes('--check')) checkMatrix()
    else writeMatrix()
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
