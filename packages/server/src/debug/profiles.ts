// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises'
import type { Session } from 'node:inspector/promises'
import type { Readable } from 'node:stream'
import { getHeapSnapshot } from 'node:v8'
import { sleep } from '@containerd-ts/lifecycle'
import { stackReport } from './stack-report.ts'

interface ProfileOptions {
  /** How long to watch; undefined for the profile's own default. */
  readonly seconds: number | undefined
  readonly signal: AbortSignal
}

export interface Profile {
  readonly summary: string
  readonly contentType: string
  take(options: ProfileOptions): Promise<string | Readable>
}

const json = 'application/json'
const text = 'text/plain; charset=utf-8'
const profileSeconds = 30
const traceSeconds = 1

/** What `/debug/pprof/` offers, under the names that clients of the original use, in the formats of V8. */
export const profiles: Readonly<Record<string, Profile>> = {
  cmdline: { summary: 'command line', contentType: text, take: async () => process.argv.join('\0') },
  goroutine: {
    summary: 'stack, handles and workers of the process, as JSON',
    contentType: json,
    take: async () => stackReport(),
  },
  heap: {
    summary: 'heap snapshot of the main thread (.heapsnapshot)',
    contentType: json,
    take: async () => getHeapSnapshot(),
  },
  profile: {
    summary: `CPU profile of the main thread over ?seconds=${profileSeconds} (.cpuprofile)`,
    contentType: json,
    take: cpuProfile,
  },
  threadcreate: { summary: 'threads of the process', contentType: text, take: threads },
  trace: {
    summary: `events of Node and V8 over ?seconds=${traceSeconds} (Chrome trace)`,
    contentType: json,
    take: trace,
  },
}

async function cpuProfile({ seconds = profileSeconds, signal }: ProfileOptions): Promise<string> {
  using session = await openSession()
  const { inspector } = session
  await inspector.post('Profiler.enable')
  await inspector.post('Profiler.start')
  await sleep(seconds * 1000, signal)
  const { profile } = await inspector.post('Profiler.stop')
  return JSON.stringify(profile)
}

async function trace({ seconds = traceSeconds, signal }: ProfileOptions): Promise<string> {
  using session = await openSession()
  const { inspector } = session
  const events: object[] = []
  const { promise: complete, resolve } = Promise.withResolvers<void>()
  inspector.on('NodeTracing.dataCollected', ({ params }) => events.push(...params.value))
  inspector.once('NodeTracing.tracingComplete', () => resolve())
  await inspector.post('NodeTracing.start', { traceConfig: { includedCategories: ['node', 'v8'] } })
  try {
    await sleep(seconds * 1000, signal)
  } finally {
    await inspector.post('NodeTracing.stop')
  }
  await complete
  return JSON.stringify({ traceEvents: events })
}

/** A daemon that nobody looks at does without the inspector. */
async function openSession(): Promise<Disposable & { readonly inspector: Session }> {
  const { Session } = await import('node:inspector/promises')
  const inspector = new Session()
  inspector.connect()
  return { inspector, [Symbol.dispose]: () => inspector.disconnect() }
}

async function threads(): Promise<string> {
  const ids = (await readdir('/proc/self/task')).map(Number).toSorted((a, b) => a - b)
  const lines = ids.map(async (id) => {
    const name = await readFile(`/proc/self/task/${id}/comm`, 'utf8').catch(() => '') // ended meanwhile
    return name === '' ? '' : `${id} ${name}`
  })
  return (await Promise.all(lines)).join('')
}
