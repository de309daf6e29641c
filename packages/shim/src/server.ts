// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs'
import type { Logger } from '@containerd-ts/core'
import { native } from '@containerd-ts/native-sys'
import { takeSocketPaths } from '@containerd-ts/shim-bootstrap'
import { sameOwner, TtrpcServer } from '@containerd-ts/ttrpc'
import type { ShimDefinition, ShimService } from './definition.ts'
import { EventPublisher } from './event-publisher.ts'
import { ExitMonitor } from './exit-monitor.ts'
import type { ShimFlags } from './flags.ts'
import { textLogger } from './log.ts'
import { releaseMemory } from './runtime.ts'

const inheritedSocket = 3
const inheritedDebugSocket = 4
const longestSocketPath = 106
/** What callers in flight get to read their answers. */
const farewellMs = 300
/** How long after the last change of a container its shim counts as idle. */
const quietMs = 1_000

/** Serves until somebody asks for the end: the last container is gone and Shutdown was called, or a signal came. */
export async function serve(definition: ShimDefinition, flags: ShimFlags): Promise<void> {
  const log = textLogger(2, flags.debug, { runtime: definition.name })
  const socketPaths = new Set([...takeSocketPaths(), flags.socket, flags.debugSocket])
  if (flags.socket.length > longestSocketPath)
    throw new Error(`${flags.socket}: unix socket path too long (> ${longestSocketPath})`)
  native.setSubreaper(true)
  openLog(log)
  const ending = Promise.withResolvers<void>()
  const shutdown = (): void => ending.resolve()

  await using events = new EventPublisher({
    address: process.env['TTRPC_ADDRESS'] ?? '',
    namespace: flags.namespace,
    log,
  })
  using exits = new ExitMonitor()
  let quiet: NodeJS.Timeout | undefined
  const settle = (): void => {
    clearTimeout(quiet)
    quiet = setTimeout(releaseMemory, quietMs)
  }
  const host = { namespace: flags.namespace, id: flags.id, bundle: process.cwd(), log, events, exits, settle, shutdown }
  await using service = await definition.serve(host)
  handleSignals(log, service, shutdown)

  const server = new TtrpcServer({
    allowPeer: sameOwner(native),
    onFailure: ({ method, error }) => log.debug('call failed', { method, error }),
  })
  service.register(server)
  await server.listen(flags.socket === '' ? { fd: inheritedSocket } : { path: flags.socket })
  if (flags.debug) await serveDebug(flags, log)

  await ending.promise
  // First of all the names: who starts a container of this group from now on makes a new shim.
  for (const path of socketPaths) if (path !== '') rmSync(path, { force: true })
  await server.shutdown(AbortSignal.timeout(farewellMs))
}

/** Standard error becomes the daemon's log FIFO once the daemon has it open; a restarted daemon opens the same one. */
function openLog(log: Logger): void {
  native.openFifo('log', { access: 'write' }).then(
    (fd) => {
      native.dupTo(fd, 2)
      native.close(fd)
    },
    (error: unknown) => log.warn('open log', { error }),
  )
}

function handleSignals(log: Logger, service: ShimService, shutdown: () => void): void {
  process.on('SIGPIPE', () => {})
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.debug('received signal', { signal })
      shutdown()
    })
  }
  process.on('SIGUSR1', () => log.info('dump', { memory: process.memoryUsage(), ...service.dump?.() }))
  process.on('uncaughtException', (error) => log.error('uncaught exception', { error, stack: error.stack }))
  process.on('unhandledRejection', (error) => log.error('unhandled rejection', { error }))
}

async function serveDebug(flags: ShimFlags, log: Logger): Promise<void> {
  const { DebugServer } = await import('./debug-server.ts')
  const debug = new DebugServer()
  await debug
    .listen(flags.debugSocket === '' ? { fd: inheritedDebugSocket } : { path: flags.debugSocket })
    .catch((error: unknown) => {
      log.warn('debug socket', { error })
    })
}
