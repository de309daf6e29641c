// SPDX-License-Identifier: Apache-2.0
import { binding } from './load.ts'

/** What the native thread says of one watch: numbers and bytes whose meaning is the watch's. */
export interface HubEvent {
  readonly a: number
  readonly b: number
  readonly bytes: Buffer
  readonly last: boolean
}

interface Entry {
  readonly onEvent: (event: HubEvent) => void
  readonly ref: boolean
}

const entries = new Map<number, Entry>()
let started = false
let nextId = 1
let refs = 0

function deliver(id: number, a: number, b: number, bytes: Buffer, last: boolean): void {
  const entry = entries.get(id)
  if (entry === undefined) return // disposed while the event was on its way
  if (last) forget(id)
  entry.onEvent({ a, b, bytes, last })
}

function forget(id: number): void {
  const entry = entries.get(id)
  if (entry === undefined || !entries.delete(id) || !entry.ref) return
  refs--
  if (refs === 0) binding().monitorRef(false)
}

/** Adds a watch: `start` hands it to the native thread under the id it is given. */
export function addWatch(start: (id: number) => void, onEvent: (event: HubEvent) => void, ref = true): number {
  if (!started) {
    binding().monitorStart(deliver)
    started = true
  }
  const id = nextId
  nextId = nextId === 0xffffffff ? 1 : nextId + 1
  entries.set(id, { onEvent, ref })
  if (ref && refs++ === 0) binding().monitorRef(true)
  try {
    start(id)
  } catch (error) {
    forget(id)
    throw error
  }
  return id
}

/** Ends a watch; no event follows. */
export function removeWatch(id: number): void {
  if (!entries.has(id)) return
  forget(id)
  binding().monitorRemove(id)
}
