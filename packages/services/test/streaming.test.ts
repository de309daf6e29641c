// SPDX-License-Identifier: Apache-2.0
import { packMessage, unpackMessage } from '@containerd-ts/api'
import { StreamInitSchema } from '@containerd-ts/api/services/streaming/v1/streaming_pb'
import { DataSchema, WindowUpdateSchema } from '@containerd-ts/api/types/transfer/streaming_pb'
import { Code, codeOf } from '@containerd-ts/errdefs'
import { eventually } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { receivedBytes, StreamSink } from '@containerd-ts/wire/byte-stream'
import { ClientStream, receiveBytes, sendBytes, serveStreams } from './stream-client.ts'

const data = (text: string) => packMessage(DataSchema, { data: Buffer.from(text) })
const textOf = (any: { typeUrl: string; value: Uint8Array } | undefined) =>
  any && Buffer.from(unpackMessage(DataSchema, any as never)?.data ?? []).toString()
const codeFrom = (work: Promise<unknown>) => work.then(() => undefined, codeOf)

describe('Streaming', () => {
  it('acknowledges a stream once others can find it, and passes messages both ways', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    const stream = world.table.get('default', 's1')
    client.send(data('up'))
    expect(textOf(await stream.receive())).toBe('up')
    await stream.send(data('down'))
    expect(textOf(await client.receive())).toBe('down')
  })

  it('ends the call when the stream is closed here, after what was sent', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    const stream = world.table.get('default', 's1')
    await stream.send(data('last'))
    stream.close()
    expect(textOf(await client.receive())).toBe('last')
    expect(await client.receive()).toBeUndefined()
    expect(world.table.size).toBe(0)
    expect(await stream.receive()).toBeUndefined()
    expect(await codeFrom(stream.send(data('late')))).toBe(Code.Unavailable)
  })

  it('still sends to a client that sends no more', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    const stream = world.table.get('default', 's1')
    client.finish()
    expect(await stream.receive()).toBeUndefined()
    expect(await stream.receive()).toBeUndefined()
    await stream.send(data('still'))
    expect(textOf(await client.receive())).toBe('still')
  })

  it('tells a reader that the client is gone from one that has finished, and frees the id', async () => {
    await using world = await serveStreams()
    const client = await ClientStream.open(world.transport, 's1')
    const stream = world.table.get('default', 's1')
    const reading = codeFrom(stream.receive())
    client.cut()
    expect(await reading).toBe(Code.Unavailable)
    expect(stream.closed.aborted).toBe(true)
    await eventually('the id is free', () => expect(world.table.size).toBe(0))
    await using _again = await ClientStream.open(world.transport, 's1')
  })

  it('keeps a message for the next reader when one gives up', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    const stream = world.table.get('default', 's1')
    await expect(stream.receive({ signal: AbortSignal.timeout(10) })).rejects.toMatchObject({ name: 'TimeoutError' })
    client.send(data('kept'))
    expect(textOf(await stream.receive())).toBe('kept')
  })

  it('makes a sender wait for a client that does not read', async () => {
    await using world = await serveStreams()
    await using _client = await ClientStream.open(world.transport, 's1')
    const stream = world.table.get('default', 's1')
    const big = packMessage(DataSchema, { data: Buffer.alloc(1024 * 1024) })
    const send = async () => {
      for (let i = 0; i < 100; i++) await stream.send(big, { signal: AbortSignal.timeout(500) })
    }
    await expect(send()).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('needs no namespace, and keeps ids of namespaces apart', async () => {
    await using world = await serveStreams()
    await using _one = await ClientStream.open(world.transport, 's1', {})
    await using _two = await ClientStream.open(world.transport, 's1')
    expect(world.table.get('', 's1')).not.toBe(world.table.get('default', 's1'))
  })

  it.each([
    ['a taken id', packMessage(StreamInitSchema, { id: 's1' }), Code.AlreadyExists],
    ['no id', packMessage(StreamInitSchema, { id: '' }), Code.InvalidArgument],
    ['another first message', data('x'), Code.InvalidArgument],
    [
      'a damaged first message',
      { ...packMessage(StreamInitSchema, {}), value: Buffer.from([255]) },
      Code.InvalidArgument,
    ],
  ])('refuses %s', async (_what, first, code) => {
    await using world = await serveStreams()
    await using _taken = await ClientStream.open(world.transport, 's1')
    await using client = new ClientStream(world.transport)
    client.send(first)
    expect(await codeFrom(client.receive())).toBe(code)
    expect(world.table.size).toBe(1)
  })

  it('refuses a stream that ends before it has said what it is', async () => {
    await using world = await serveStreams()
    await using client = new ClientStream(world.transport)
    client.finish()
    expect(await codeFrom(client.receive())).toBe(Code.InvalidArgument)
  })

  it('drops the stream of a lease at collection, with its call', async () => {
    await using world = await serveStreams()
    const scope = { 'containerd-namespace': 'default', 'containerd-lease': 'l1' }
    await using client = await ClientStream.open(world.transport, 's1', scope)
    const collection = world.table.start()
    expect([...collection.active()]).toEqual([])
    for (const resource of collection.all()) collection.remove(resource)
    await collection.finish()
    expect(await client.receive()).toBeUndefined()
  })
})

describe('bytes over a stream', () => {
  const bytes = Buffer.alloc(300_000, 'abcdefg')

  it('arrive whole, and the sender is told that they have', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    const sending = sendBytes(client, bytes)
    const chunks: Uint8Array[] = []
    for await (const chunk of receivedBytes(world.table.get('default', 's1'))) chunks.push(chunk)
    await sending
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    while ((await client.receive()) !== undefined);
  })

  it('leave in pieces within what the receiver grants', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    const receiving = receiveBytes(client)
    {
      await using sink = new StreamSink(world.table.get('default', 's1'))
      await sink.write(bytes)
    }
    const got = await receiving
    expect(got.bytes.equals(bytes)).toBe(true)
    expect(got.largest).toBeLessThanOrEqual(128 * 1024)
  })

  it('leave in pieces of at most 1 MiB, whatever is granted', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    client.send(packMessage(WindowUpdateSchema, { update: 2 ** 31 - 1 }))
    await using sink = new StreamSink(world.table.get('default', 's1'))
    await sink.write(Buffer.alloc(1_500_000))
    const sizes = [await client.receive(), await client.receive()].map((m) => unpackMessage(DataSchema, m)?.data.length)
    expect(sizes).toEqual([1_048_576, 451_424])
  })

  it('do not leave before room is granted', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    await using sink = new StreamSink(world.table.get('default', 's1'))
    const write = sink.write(bytes, { signal: AbortSignal.timeout(50) })
    client.send(packMessage(WindowUpdateSchema, { update: 10 }))
    await expect(write).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(unpackMessage(DataSchema, await client.receive())?.data).toHaveLength(10)
  })

  it.each([
    ['data from a receiver', data('x'), Code.InvalidArgument],
    ['a grant of nothing', packMessage(WindowUpdateSchema, { update: 0 }), Code.InvalidArgument],
    ['a negative grant', packMessage(WindowUpdateSchema, { update: -5 }), Code.InvalidArgument],
    ['damaged bytes', { ...packMessage(WindowUpdateSchema, {}), value: Buffer.from([255]) }, Code.InvalidArgument],
  ])('stop at %s', async (_what, message, code) => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    await using sink = new StreamSink(world.table.get('default', 's1'))
    client.send(message)
    expect(await codeFrom(sink.write(bytes))).toBe(code)
  })

  it('stop when the receiver goes, or the sender does', async () => {
    await using world = await serveStreams()
    const receiver = await ClientStream.open(world.transport, 'out')
    const sink = new StreamSink(world.table.get('default', 'out'))
    receiver.finish()
    expect(await codeFrom(sink.write(bytes))).toBe(Code.Unavailable)
    receiver.cut()

    const sender = await ClientStream.open(world.transport, 'in')
    const reading = codeFrom(Array.fromAsync(receivedBytes(world.table.get('default', 'in'))))
    sender.send(data('some'))
    await sender.receive()
    sender.cut()
    expect(await reading).toBe(Code.Unavailable)
  })

  it('are let go of while the sender is silent', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    const received = receivedBytes(world.table.get('default', 's1'))
    const reading = received.next()
    await client.receive()
    await received.return?.()
    expect(await reading).toEqual({ done: true, value: undefined })
    while ((await client.receive()) !== undefined);
  })

  it('of another type end a reception, and the stream with it', async () => {
    await using world = await serveStreams()
    await using client = await ClientStream.open(world.transport, 's1')
    client.send(packMessage(WindowUpdateSchema, { update: 1 }))
    const stream = world.table.get('default', 's1')
    expect(await codeFrom(Array.fromAsync(receivedBytes(stream)))).toBe(Code.InvalidArgument)
    expect(stream.closed.aborted).toBe(true)
  })
})
