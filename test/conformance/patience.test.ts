/*
 * Every wait ends: for an upstream that hangs, for a client that says nothing, for one that does not read. The waits are
 * short here and long in limits.ts.
 */
import { connect } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import type { TestGateway } from '../support/gateway-on-ledger.ts'
import {
  chunk,
  roleEvent as role,
  type Script,
  sse,
  startSse,
  streamBytes,
} from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const shortMs = 60

const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'one', baseUrl }],
  timeouts: { firstByteMs: shortMs, wholeAnswerMs: shortMs, idleMs: shortMs },
  clientTimeouts: { requestMs: shortMs, stallMs: shortMs },
}))
afterAll(close)

describe('an upstream that hangs', () => {
  const word = sse(chunk({ content: 'word ' }))
  const silent: Script = () => {}
  const headersOnly: Script = (request, response) => {
    const type = request.json['stream'] === true ? 'text/event-stream' : 'application/json'
    response.writeHead(200, { 'content-type': type })
    response.flushHeaders()
  }

  const hangs: Readonly<Record<string, readonly [Script, boolean, string]>> = {
    'before its headers, unary': [silent, false, 'upstream_timeout'],
    'before its headers, streamed': [silent, true, 'upstream_timeout'],
    'after its headers, unary': [headersOnly, false, 'upstream_stalled'],
    'after its headers, streamed': [headersOnly, true, 'upstream_stalled'],
    'before its first content': [streamBytes([role], 'hang'), true, 'upstream_stalled'],
    'in the middle of its stream': [streamBytes([role, word], 'hang'), true, 'upstream_stalled'],
  }

  // All at once: none of the waits is for another.
  test('is left: 504 before its first content, an error event without [DONE] after it', async () => {
    const left: Promise<void>[] = []
    upstream.become((request, response) => {
      left.push(request.left)
      return hangs[String(request.json['hang'])]?.[0](request, response)
    })
    const asked = Object.entries(hangs).map(async ([hang, [, stream, code]]) => {
      const answer = await ask(gateway, { stream, hang })
      const begun = answer.content !== ''
      expect(answer.error, hang).toMatchObject({ code, type: 'timeout_error' })
      expect(answer, hang).toMatchObject({ status: begun ? 200 : 504, done: false })
      return begun
    })
    expect((await Promise.all(asked)).filter((begun) => begun)).toHaveLength(1)
    expect(left).toHaveLength(asked.length)
    await Promise.all(left)
    const { chargedAmount, log } = await newEntries()
    expect(chargedAmount).toBe(0n)
    expect(log.map(({ outcome }) => outcome).sort()).toEqual([
      'failed',
      ...Array(asked.length - 1).fill('refused'),
    ])
  })

  test('a stream that lives longer than any of the waits is not ended', async () => {
    upstream.become(async (_request, response) => {
      startSse(response)
      for (let event = 0; event < 8; event += 1) {
        response.write(word)
        // The script's own pace, a third of the bound: together the events outlast it.
        await new Promise((resolve) => setTimeout(resolve, shortMs / 3))
      }
      response.end(sse(chunk({}, 'stop')))
    })
    const answer = await ask(gateway, { stream: true })
    expect(answer).toMatchObject({ status: 200, content: 'word '.repeat(8), done: true })
    await newEntries()
  })
})

describe('a client', () => {
  const request = (lines: string) => `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${lines}`

  test.each([
    ['that connects and says nothing', ''],
    ['that stops in its headers', request('authorization: Bea')],
    ['that stops in its body', request(`content-length: 500\r\n\r\n{"model":`)],
  ])('%s is told 408 and closed', async (_name, said) => {
    const keyed = said.replace('\r\n\r\n{', `\r\nauthorization: Bearer ${gateway.apiKey}\r\n\r\n{`)
    const answer = await converse(gateway, keyed)
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toEqual({
      error: {
        message: 'The request did not arrive in time.',
        type: 'invalid_request_error',
        param: null,
        code: 'request_timeout',
      },
    })
    expect((await newEntries()).receipts).toEqual([])
  })

  test('that does not read its stream is gone after a while; what was written is paid', async () => {
    upstream.become(async (upstreamRequest, response) => {
      startSse(response)
      response.on('error', () => {})
      const pump = () => {
        while (
          !response.destroyed &&
          response.write(sse(chunk({ content: 'word '.repeat(99) })))
        ) {}
      }
      response.on('drain', pump)
      pump()
      await upstreamRequest.left
    })
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user' }], stream: true })
    const socket = connect(Number(new URL(gateway.origin).port), '127.0.0.1')
    socket.pause()
    socket.write(
      request(
        `authorization: Bearer ${gateway.apiKey}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      ),
    )
    await (await upstream.nextRequest()).left
    const { log, chargedAmount } = await newEntries()
    expect(log).toMatchObject([{ outcome: 'client_gone' }])
    expect(chargedAmount > 0n).toBe(true)
    socket.destroy()
  })
})

/** Everything that the gateway answers until it closes. */
async function converse({ origin }: TestGateway, said: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  if (said !== '') socket.write(said)
  const chunks = await Array.fromAsync(socket as AsyncIterable<Buffer>)
  return Buffer.concat(chunks).toString()
}
