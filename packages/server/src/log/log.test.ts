// SPDX-License-Identifier: Apache-2.0
import { NotFoundError } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { createLogger, jsonFormat, parseLogLevel, textFormat } from '../index.ts'

const time = new Date('2024-01-02T03:04:05.678Z')

describe('logs', () => {
  it('look like logrus text, keys in order, quoted where they must be', () => {
    const fields = { id: 'a b', error: new Error('outer', { cause: new NotFoundError('x') }), n: 1, none: undefined }
    expect(textFormat({ time, level: 'warn', message: 'task is gone', fields })).toBe(
      'time="2024-01-02T03:04:05.678000000Z" level=warning msg="task is gone" error="outer: x" id="a b" n=1',
    )
  })

  it('can be JSON', () => {
    expect(JSON.parse(jsonFormat({ time, level: 'info', message: 'm', fields: { a: 1 } }))).toEqual({
      a: 1,
      level: 'info',
      msg: 'm',
      time: '2024-01-02T03:04:05.678000000Z',
    })
  })

  it('leave out what is below the level, and carry the fields of a child', () => {
    const lines: string[] = []
    const logger = createLogger({
      level: 'info',
      format: ({ message, fields }) => `${message} ${JSON.stringify(fields)}`,
      write: (text) => lines.push(text),
    })
    logger.debug('no')
    logger.child({ a: 1 }).info('yes', { b: 2 })
    expect(lines).toEqual(['yes {"a":1,"b":2}\n'])
    expect(parseLogLevel('warning')).toBe('warn')
    expect(() => parseLogLevel('loud')).toThrow('not a valid log level')
  })
})
