// SPDX-License-Identifier: Apache-2.0
// `npm run bench`: starts the benchmark in a session of its own. A terminal's Ctrl-C reaches a whole process group,
// and would end the daemons and namespaces under the benchmark's hands before it can clean up after them.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'

const program = join(import.meta.dirname, 'bench.ts')
const child = spawn(process.execPath, [...process.execArgv, program, ...process.argv.slice(2)], {
  detached: true,
  // The channel carries nothing; that it closes tells the benchmark that we are gone.
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL']
})
