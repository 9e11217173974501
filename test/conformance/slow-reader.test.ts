/*
 * A client that reads slowly slows its upstream down: what is buffered between them is bounded, however long the answer.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { heldBackBytesMax, upstreamBodyBytesMax } from '../../src/base/limits.ts'
import { chunk, type Script, sse, sseDone, startSse } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

/** Many times what the buffers of two connections take. */
const answerBytes = 30 * 1024 * 1024
/** What the kernel keeps for the two connections of a request; the gateway adds a few hundred KiB. */
const buffersBytesMax = 22 * 1024 * 1024

let socket: Socket

const { upstream, gateway, newEntries, close } = await openUpstreamPlace()
afterAll(close)

afterEach(() => socket.destroy())

const event = sse(chunk({ content: 'word '.repeat(2000) }))
const eventCount = Math.ceil(answerBytes / event.length)

/**
 * Says a word, and once it may `goOn` as much as it is let, up to `eventCount` events; `blocked` resolves with the bytes
 * that left when it is let no more for a while.
 */
function talkative() {
  const going = Promise.withResolvers<void>()
  const blocked = Promise.withResolvers<number>()
  const script: Script = async (_request, response) => {
    response.on('error', () => {})
    startSse(response)
    response.write(sse(chunk({ role: 'assistant', content: 'first ' })))
    await going.promise
    let pushed = 0
    while (pushed < eventCount && !response.destroyed) {
      pushed += 1
      if (!response.write(event) && !(await drains(response))) {
        blocked.resolve(pushed * event.length - response.writableLength)
        await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
      }
    }
    blocked.resolve(pushed * event.length)
    response.end(sse(chunk({}, 'stop')) + sseDone)
  }
  return { script, goOn: going.resolve, blocked: blocked.promise }
}

/** Whether a response drains within more turns of the loop than a gateway that reads could need. */
async function drains(response: Parameters<Script>[1]): Promise<boolean> {
  for (let turn = 0; turn < 200; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    if (!response.writableNeedDrain) return true
  }
  return false
}

/** Asks for a stream and reads nothing of it. */
function askUnread(): Socket {
  const messages = [{ role: 'user', content: 'x' }]
  const body = JSON.stringify({ model: 'm', messages, stream: true })
  socket = connect(Number(new URL(gateway.origin).port), '127.0.0.1')
  socket.pause()
  socket.write(
    'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n' +
      `authorization: Bearer ${gateway.apiKey}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  return socket
}

describe('a client that does not read', () => {
  /** A stream that has begun, whose client takes a first chunk and no more, and whose upstream is let no more. */
  async function stall(): Promise<{ readonly client: Socket; readonly pushedBytes: number }> {
    const { script, goOn, blocked } = talkative()
    upstream.become(script)
    const client = askUnread()
    await once(client, 'readable')
    goOn()
    return { client, pushedBytes: await blocked }
  }

  test('pauses its upstream, and gets everything once it reads', async () => {
    const { client, pushedBytes } = await stall()
    expect(pushedBytes).toBeGreaterThan(0)
    expect(pushedBytes).toBeLessThan(buffersBytesMax)
    expect(gateway.inFlight.count).toBe(1)
    let received = ''
    for await (const bytes of client.setEncoding('latin1')) received += bytes
    expect(received.split('"content":"word ')).toHaveLength(eventCount + 1)
    expect(received).toMatch(/data: \[DONE\]\n\n\r\n0\r\n\r\n$/)
    expect((await newEntries()).log).toMatchObject([{ outcome: 'complete' }])
  })

  test('and leaves while its upstream is paused: the upstream is left, what was written is paid', async () => {
    const { client, pushedBytes } = await stall()
    expect(pushedBytes).toBeLessThan(buffersBytesMax)
    client.destroy()
    await (await upstream.nextRequest()).left
    const { log, receipts } = await newEntries()
    expect(log).toMatchObject([{ outcome: 'client_gone' }])
    expect(receipts[0]?.receipt.work.status).toBe(1)
  })
})

test('what comes before the first content is held back up to a bound, then passed on as it is', async () => {
  expect(heldBackBytesMax).toBeLessThan(upstreamBodyBytesMax)
  const empty = sse(chunk({ role: 'assistant', content: '', padding: 'x'.repeat(4000) }))
  const opening = empty.repeat(Math.ceil(heldBackBytesMax / empty.length) + 1)
  upstream.become((_request, response) => {
    startSse(response)
    response.write(opening)
  })
  const client = askUnread()
  // No content, and still it arrives: nobody waits for it any longer.
  client.resume()
  let receivedBytes = 0
  for await (const bytes of client as AsyncIterable<Buffer>) {
    receivedBytes += bytes.length
    if (receivedBytes > opening.length) break
  }
  expect(receivedBytes).toBeGreaterThan(opening.length)
  const { chargedAmount } = await newEntries()
  expect(chargedAmount).toBe(0n)
})
