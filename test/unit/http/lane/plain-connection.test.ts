import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import type { Exchange } from '../../../../src/http/exchange.ts'
import { PlainConnection } from '../../../../src/http/lane/plain-connection.ts'
import { openClient } from '../../../support/lane-place.ts'

const never = () => {
  throw new Error('every request here is plain and whole')
}

test('a connection has a deadline while it is to say something, and none while it waits for us', async () => {
  const exchanges: Exchange[] = []
  const connections: PlainConnection[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(
      new PlainConnection(socket, {
        routes: new Map([['POST / HTTP/1.1', (exchange) => void exchanges.push(exchange)]]),
        handOver: never,
        refuse: never,
        closed: () => {},
        deadlineMs: (wait) => (wait === 'request' ? 30 : 66),
        stallMs: 60_000,
        isClosing: () => false,
      }),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = await openClient((server.address() as AddressInfo).port)
  const state = () => connections.map(({ deadlineMs, isIdle }) => ({ deadlineMs, isIdle }))
  const untilAsked = async (count: number) => {
    while (exchanges.length < count) await new Promise((resolve) => setImmediate(resolve))
  }

  while (connections.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(state(), 'fresh').toEqual([{ deadlineMs: 30, isIdle: false }])
  client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{')
  await untilAsked(1)
  expect(state(), 'half a request').toEqual([{ deadlineMs: 30, isIdle: false }])
  client.write('}')
  while (exchanges[0]?.incoming.complete !== true) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  const ours = { deadlineMs: Number.POSITIVE_INFINITY, isIdle: false }
  expect(state(), 'a whole one').toEqual([ours])
  exchanges[0]?.outgoing.writeHead(200, { 'content-length': 2 })
  exchanges[0]?.outgoing.end(Buffer.from('ok'))
  expect(String((await once(client, 'data'))[0])).toMatch(/ok$/)
  expect(state(), 'answered').toEqual([{ deadlineMs: 66, isIdle: true }])
  client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}')
  await untilAsked(2)
  expect(state(), 'asked again').toEqual([ours])
  exchanges[1]?.outgoing.writeHead(200, { 'content-length': 0 })
  exchanges[1]?.outgoing.end()
  await once(client, 'data')

  const left = once(client.resume(), 'close')
  for (const connection of connections) connection.expire()
  await left
  await new Promise((resolve) => server.close(resolve))
})
