/*
 * A gateway over upstreams that fail as a test tells them to, and what must hold after every failure.
 */
import { createServer, type Server } from 'node:net'
import { expect } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { followBooks, type NewEntries } from './books.ts'
import { startGatewayOnLedger, type TestGateway } from './gateway-on-ledger.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

/** Planted in everything that a faulty upstream says. */
export const upstreamSecret = 'UPSTREAM-SECRET-7f3a'

export type FaultyGateway = {
  readonly gateway: TestGateway
  /** Serves the model `m`. */
  readonly upstream: ScriptedUpstream
  /** Every byte that the model `raw` answers, whatever it is asked. The model `closed` has nobody listening. */
  readonly answerRaw: (bytes: string) => void
  readonly newEntries: () => Promise<NewEntries>
  /** Nobody learns the upstream's words, nothing is charged, and the log has one line that says why. */
  readonly expectUncharged: (answer: Answer, reason: string) => Promise<void>
  /** Asks, and is told so in OpenAI's shape. */
  readonly expectRefused: (
    asked: Readonly<Record<string, unknown>>,
    expected: { readonly status: number; readonly code: string; readonly reason?: string },
  ) => Promise<Answer>
  readonly stop: () => Promise<void>
}

export async function startFaultyGateway(): Promise<FaultyGateway> {
  const upstream = await startScriptedUpstream()
  let rawAnswer = ''
  const raw = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(rawAnswer))
  })
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve))
  const closed = await startScriptedUpstream()
  await closed.close()
  const gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'scripted', baseUrl: upstream.baseUrl },
      { id: 'closed', baseUrl: closed.baseUrl, offer: { modelName: 'closed' } },
      { id: 'raw', baseUrl: baseUrlOf(raw), offer: { modelName: 'raw' } },
    ],
  })
  const newEntries = followBooks(gateway)
  const expectUncharged = async (answer: Answer, reason: string): Promise<void> => {
    expect(answer.text).not.toContain(upstreamSecret)
    expect(gateway.logText()).not.toContain(upstreamSecret)
    const { log, chargedAmount } = await newEntries()
    expect(chargedAmount).toBe(0n)
    expect(log).toMatchObject([{ reason }])
  }
  return {
    gateway,
    upstream,
    answerRaw: (bytes) => {
      rawAnswer = bytes
    },
    newEntries,
    expectUncharged,
    expectRefused: async (asked, expected) => {
      const answer = await ask(gateway, asked)
      expect(answer).toMatchObject({ status: expected.status, error: { code: expected.code } })
      expect(Object.keys(answer.error ?? {})).toEqual([
        'message',
        'type',
        'param',
        'code',
        'request_id',
      ])
      await expectUncharged(answer, expected.reason ?? expected.code)
      return answer
    },
    stop: async () => {
      await gateway.stop()
      await upstream.close()
      raw.close()
    },
  }
}

function baseUrlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}/v1`
}
