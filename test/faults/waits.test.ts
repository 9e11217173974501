/*
 * Upstreams that hang, with another contributor to take over. The waits are short here and long in limits.ts, and all
 * of this happens at once. docs/faults.md lists the faults.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { expectBalancedBooks } from '../support/books.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  answerWell,
  completion,
  roleEvent as role,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamBytes,
  typeAsked,
  wordEvent as word,
} from '../support/scripted-upstream.ts'

const shortMs = 60

/** By what a test puts into its request. */
const hangs: Readonly<Record<string, Script>> = {
  'before its headers': () => {},
  'after its headers': (request, response) => {
    response.writeHead(200, { 'content-type': typeAsked(request) })
    response.flushHeaders()
  },
  'in its body': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(JSON.stringify(completion('never ends')).slice(0, 40))
  },
  'after its role': streamBytes([role], 'hang'),
  'after its first word': streamBytes([role, word], 'hang'),
}

let hanging: ScriptedUpstream
let well: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  hanging = await startScriptedUpstream((request, response) =>
    hangs[String(request.json['hang'])]?.(request, response),
  )
  well = await startScriptedUpstream(answerWell(['fine']))
  gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'hanging', baseUrl: hanging.baseUrl },
      { id: 'well', baseUrl: well.baseUrl },
    ],
    timeouts: { firstByteMs: shortMs, wholeAnswerMs: shortMs, idleMs: shortMs },
  })
})

afterAll(async () => {
  await expectBalancedBooks(gateway)
  await gateway.stop()
  await hanging.close()
  await well.close()
})

const asked = (upstream: ScriptedUpstream, hang: string, stream: boolean) =>
  upstream.requests.filter(({ json }) => json['hang'] === hang && json['stream'] === stream)

async function expectTakenOver(hang: string, stream: boolean): Promise<void> {
  const answer = await ask(gateway, { hang, stream, routing: { order: ['hanging'] } })
  expect(answer).toMatchObject({ status: 200, content: 'fine', error: undefined, done: stream })
  expect(answer.headers.get('x-vouch-contributor')).toBe('well')
  const silent = asked(hanging, hang, stream)
  expect(silent).toHaveLength(1)
  await silent[0]?.left
  expect(asked(well, hang, stream)).toHaveLength(1)
}

test.concurrent('silence before the headers: after one wait another one answers', async () => {
  await Promise.all([
    expectTakenOver('before its headers', false),
    expectTakenOver('before its headers', true),
  ])
})

test.concurrent('silence after the headers: after one wait another one answers', async () => {
  await Promise.all([
    expectTakenOver('after its headers', false),
    expectTakenOver('after its headers', true),
  ])
})

test.concurrent('silence in the middle of an answer in one piece: another one answers', () =>
  expectTakenOver('in its body', false))

test.concurrent('silence between the role and the first word: another one answers', () =>
  expectTakenOver('after its role', true))

test.concurrent('silence after the first word is told in band, and nobody else is asked', async () => {
  const hang = 'after its first word'
  const answer = await ask(gateway, { hang, stream: true, routing: { order: ['hanging'] } })
  expect(answer).toMatchObject({
    status: 200,
    content: 'word ',
    done: false,
    error: { code: 'upstream_stalled', type: 'timeout_error' },
  })
  await asked(hanging, hang, true)[0]?.left
  expect(asked(well, hang, true)).toHaveLength(0)
})
