// SPDX-License-Identifier: Apache-2.0
// Entry of every npm script. Brings what the machine lacks, then hands over to the pinned Node.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { clean } from './clean.mjs'
import { ensureTools } from './debian.mjs'
import { isRoot, root, say, SetupError } from './lib.mjs'
import { ensureNodeModules, pinnedNode } from './node-modules.mjs'
import { ensurePeers } from './peers.mjs'

const builds = ['compiler']
const runsContainers = [...builds, 'runc', 'busybox', 'ip', 'ps', 'unshare']
const commands = {
  start: { tool: 'tools/start/main.ts', tools: runsContainers, peers: true, needsRoot: true },
  test: { tool: 'tools/test/main.ts', tools: runsContainers, peers: true },
  build: { tool: 'tools/build/main.ts', tools: builds },
  bench: { tool: 'tools/bench/main.ts', tools: runsContainers, peers: true, needsRoot: true },
  lint: { tool: 'tools/test/main.ts', args: ['--only', 'prepare,format,lint,boundaries,sizes'], tools: builds },
  format: { tool: 'tools/format/main.ts', tools: [] },
  matrix: { tool: 'tools/matrix/main.ts', tools: [] },
  typecheck: { tool: 'tools/test/main.ts', args: ['--only', 'prepare,types'], tools: builds },
}

try {
  const [name = '', ...args] = process.argv.slice(2)
  if (name === 'clean') clean()
  else await handOver(name, args)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`setup: ${error.message}\n`)
  process.exitCode = 1
}

async function handOver(name, args) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined)
    throw new SetupError(`unknown command "${name}"; known: ${[...Object.keys(commands), 'clean'].join(', ')}`)
  checkPlatform()
  if (command.needsRoot && !isRoot) throw new SetupError(`npm run ${name} starts containers and has to run as root`)
  ensureNodeModules()
  // A plain user still gets the tests that need no privileges, and those need none of the container tools.
  if (!isRoot && command.peers) say('not root: tests that run containers are left out')
  ensureTools(command.tools.filter((tool) => isRoot || builds.includes(tool)))
  if (command.peers && isRoot) ensurePeers()
  const tool = join(root, command.tool)
  if (!existsSync(tool)) throw new SetupError(`${command.tool} is not written yet`)
  await runPinned([tool, ...(command.args ?? []), ...args])
}

function checkPlatform() {
  const loader = '/lib64/ld-linux-x86-64.so.2'
  if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(loader)) {
    throw new SetupError(`needs Linux on x64 with glibc, this is ${process.platform} on ${process.arch}`)
  }
}

/** Runs the tool on the Node of the lock file and ends as it ends. */
function runPinned(args) {
  const env = {
    ...process.env,
    PATH: [dirname(pinnedNode), process.env.PATH].join(delimiter),
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
  }
  const child = spawn(pinnedNode, ['--conditions=@containerd-ts/source', ...args], { stdio: 'inherit', cwd: root, env })
  // A terminal sends Ctrl-C to the whole group; the tool cleans up and we wait for it.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? 128 + constants.signals[signal]
      resolve()
    })
  })
}
