// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { goEventJson } from '../output/event-json.ts'
import { goTime } from '../output/go-time.ts'
import { parseFilters } from '@containerd-ts/core'
import { InvalidArgumentError, isCanceled } from '@containerd-ts/errdefs'
import { parseDuration } from '@containerd-ts/lifecycle'
import { CtrCommand } from '../cli/ctr-command.ts'

export default class Events extends CtrCommand<void> {
  static override summary = 'print events as they happen'
  static override strict = false
  static override usage = '[command options] [FILTER...]'
  static override flags = {
    since: Flags.string({
      summary: 'first print what containerd has kept since then: a duration (10m) or an RFC 3339 time',
    }),
  }

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(Events)
    await using client = this.connect()
    const since = flags.since === undefined ? undefined : pointInTime(flags.since)
    try {
      for await (const envelope of client.events.subscribe(parseFilters(argv as string[]), {
        signal: this.signal,
        since,
      })) {
        const time = goTime(envelope.timestamp, envelope.timestampNanos)
        this.printLine(`${time} ${envelope.namespace} ${envelope.topic} ${await goEventJson(envelope.event)}`)
      }
    } catch (error) {
      if (!isCanceled(error)) throw error
    }
  }
}

function pointInTime(text: string): Date {
  if (/^[\d.]+[a-zµ]/.test(text)) return new Date(Date.now() - parseDuration(text))
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError(`--since ${text}: neither a duration nor a time`)
  return time
}
