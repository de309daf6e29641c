// SPDX-License-Identifier: Apache-2.0
// `npm run bench`: starts the benchmark in a session of its own. A terminal's Ctrl-C reaches a whole process group,
// and would end the daemons and namespaces under the benchmark's hands before it can clean up after them.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const ownSession = '--own-session'
const [script = '', ...args] = process.argv.slice(1)

if (args[0] === ownSession) {
  const { main } = await import('./bench.ts')
  process.exitCode = await main(args.slice(1))
} else {
  const child = spawn(process.execPath, [...process.execArgv, script, ownSession, ...args], {
    detached: true,
    // The channel carries nothing; that it closes tells the benchmark that we are gone.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL']
  })
}
