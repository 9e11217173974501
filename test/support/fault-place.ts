/*
 * A gateway before an upstream that fails as it is told: once with nobody else to ask, once with a second one that is well.
 * And what holds for every fault of a kind, so that a test only names the fault and what its caller is told.
 */
import { expect } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { followBooks, type NewEntries } from './books.ts'
import { startGatewayOnLedger, type TestGateway } from './gateway-on-ledger.ts'
import { answerWell, type Script, startScriptedUpstream } from './scripted-upstream.ts'

/** The gateway's own key at the upstream, which spills it, as OpenAI does with a part of it. */
export const spiltKey = 'sk-upstream-7f3a-spilt'

type Asked = Readonly<Record<string, unknown>>

export type Told = {
  readonly status: number
  readonly code: string
  /** Of the log line, where it is not the code. */
  readonly reason?: string
  /** Whether the second one is asked: not for what is the caller's own mistake. */
  readonly takenOver?: false
}

export const unreachable: Told = { status: 502, code: 'upstream_connection_error' }
export const interrupted: Told = { status: 502, code: 'upstream_stream_interrupted' }
export const unusable: Told = { status: 502, code: 'upstream_bad_response' }
export const unavailable: Told = { status: 503, code: 'upstream_unavailable' }
export const rejected: Told = { status: 400, code: 'upstream_rejected', takenOver: false }

/** What OpenAI says of an error, with the gateway's key spilt in it. */
export const spillingError = (fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ error: { message: `Incorrect API key provided: ${spiltKey}`, ...fields } })

export type FaultPlace = {
  readonly gateway: TestGateway
  readonly newEntries: () => Promise<NewEntries>
  /** Asks the failing one alone, in this way. */
  readonly askAlone: (script: Script, asked?: Asked) => Promise<Answer>
  /**
   * Before an answer began: the caller is told so in OpenAI's shape and pays nothing; where another one is there, it
   * answers instead and the caller learns of nothing. Answers what each way of asking was told.
   */
  readonly expectRefused: (
    script: Script,
    told: Told,
    ways?: readonly Asked[],
  ) => Promise<readonly Answer[]>
  /** After the first word: the error in band and no [DONE], nothing paid, and nobody else asked, whose words would come twice. */
  readonly expectBrokenOff: (script: Script, code: string) => Promise<Answer>
  /** However odd: as OpenAI would have sent it, paid, with a receipt. */
  readonly expectWhole: (
    script: Script,
    content: string,
    ways?: readonly Asked[],
  ) => Promise<readonly Answer[]>
  readonly stop: () => Promise<void>
}

export const unary: Asked = {}
export const streamed: Asked = { stream: true }
const bothWays: readonly Asked[] = [unary, streamed]
const mayPass = ['upstream_connection_error', 'upstream_unavailable']
const errorMembers = ['message', 'type', 'param', 'code', 'request_id']

export async function startFaultPlace(): Promise<FaultPlace> {
  const upstream = await startScriptedUpstream()
  const well = await startScriptedUpstream(answerWell(['fine']))
  const { baseUrl } = upstream
  const contributors = ['alone', 'failing', 'well']
  const gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'alone', baseUrl, apiKey: spiltKey, offer: { modelName: 'm' } },
      { id: 'failing', baseUrl, apiKey: spiltKey, offer: { modelName: 'pair' } },
      { id: 'well', baseUrl: well.baseUrl, offer: { modelName: 'pair' } },
    ],
  })
  const newEntries = followBooks(gateway)

  async function askOf(model: string, script: Script, asked: Asked): Promise<Answer> {
    upstream.become(script)
    well.become(answerWell(['fine']))
    // What a fault before this one did to their standing is forgotten.
    for (const contributor of contributors) gateway.pool.readmit(contributor)
    const answer = await ask(gateway, { model, routing: { order: ['failing'] }, ...asked })
    expect(answer.text).not.toContain(spiltKey)
    expect(gateway.logText()).not.toContain(spiltKey)
    return answer
  }

  const expectTakenOver = async (script: Script, asked: Asked): Promise<void> => {
    const answer = await askOf('pair', script, asked)
    expect(answer).toMatchObject({ status: 200, content: 'fine', error: undefined })
    expect(answer.headers.get('x-vouch-contributor')).toBe('well')
    expect(answer.headers.get('x-vouch-attempts')).toBe('2')
    expect((await newEntries()).receipts).toHaveLength(1)
  }

  return {
    gateway,
    newEntries,
    askAlone: (script, asked = unary) => askOf('m', script, asked),
    expectRefused: async (script, told, ways = bothWays) => {
      const answers: Answer[] = []
      for (const asked of ways) {
        const answer = await askOf('m', script, asked)
        expect(answer).toMatchObject({ status: told.status, error: { code: told.code } })
        expect(Object.keys(answer.error ?? {})).toEqual(errorMembers)
        const { chargedAmount, receipts, log } = await newEntries()
        // The only one is asked once more for what may pass in a moment.
        expect(upstream.requests).toHaveLength(log[0]?.attempts ?? 0)
        expect(upstream.requests.length).toBeLessThanOrEqual(mayPass.includes(told.code) ? 2 : 1)
        expect({ chargedAmount, receipts }).toEqual({ chargedAmount: 0n, receipts: [] })
        expect(log).toMatchObject([{ reason: told.reason ?? told.code }])
        answers.push(answer)
        if (told.takenOver !== false) {
          await expectTakenOver(script, asked)
          continue
        }
        expect(await askOf('pair', script, asked)).toMatchObject({ status: told.status })
        expect(well.requests).toHaveLength(0)
        await newEntries()
      }
      return answers
    },
    expectBrokenOff: async (script, code) => {
      const answer = await askOf('pair', script, streamed)
      expect(answer).toMatchObject({ status: 200, content: 'word ', done: false, error: { code } })
      expect(answer.events).toHaveLength(3)
      expect(Object.keys(answer.error ?? {})).toEqual(errorMembers)
      expect(well.requests).toHaveLength(0)
      const { chargedAmount, log } = await newEntries()
      expect(chargedAmount).toBe(0n)
      expect(log).toMatchObject([{ outcome: 'failed', reason: code }])
      return answer
    },
    expectWhole: async (script, content, ways = bothWays) => {
      const answers: Answer[] = []
      for (const asked of ways) {
        const answer = await askOf('m', script, asked)
        const done = asked['stream'] === true
        expect(answer).toMatchObject({ status: 200, content, done, error: undefined })
        expect(answer.text).not.toMatch(/[\r\ufffd]/)
        const { receipts, chargedAmount } = await newEntries()
        expect(receipts.map(({ receipt }) => receipt.work.status)).toEqual([0])
        expect(chargedAmount > 0n).toBe(true)
        answers.push(answer)
      }
      return answers
    },
    stop: async () => {
      await gateway.stop()
      await upstream.close()
      await well.close()
    },
  }
}
