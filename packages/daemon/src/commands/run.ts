// SPDX-License-Identifier: Apache-2.0
import {
  createDaemon,
  createLogger,
  jsonFormat,
  notifyInit,
  parseLogLevel,
  textFormat,
  version,
} from '@containerd-ts/server'
import { builtins } from '../builtins.ts'
import { effectiveConfig } from '../effective-config.ts'
import type { Flags } from '../flags.ts'
import { proxyPlugins } from '../proxy-plugins.ts'
import { dumpStacks } from '../stacks.ts'

/** Runs the daemon until it is told to stop. Containers and their shims go on. */
export async function run(flags: Flags): Promise<void> {
  const began = performance.now()
  const { config, unknownKeys } = await effectiveConfig(flags)
  const logger = createLogger({
    level: parseLogLevel(config.debug.level === '' ? 'info' : config.debug.level),
    format: config.debug.format === 'json' ? jsonFormat : textFormat,
  })
  for (const key of unknownKeys) logger.warn('unknown key in configuration', { key })
  const stop = Promise.withResolvers<string>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.resolve(signal))
  process.on('SIGPIPE', () => {})
  process.on('SIGUSR1', () => dumpStacks(logger))

  logger.info('starting containerd', version)
  const plugins = [...builtins, ...proxyPlugins(config.proxy_plugins)]
  const executable = process.env['CONTAINERD_TS_EXECUTABLE']
  await using _daemon = await createDaemon({ plugins, config, logger, executable })
  notifyInit('READY=1')
  logger.info('containerd successfully booted', { seconds: ((performance.now() - began) / 1000).toFixed(3) })

  logger.info('stopping containerd', { signal: await stop.promise })
  notifyInit('STOPPING=1')
}
