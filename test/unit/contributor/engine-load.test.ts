import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { EngineLoad } from '../../../src/contributor/engine-load.ts'
import type { EngineKind } from '../../../src/contributor/find-engine-kinds.ts'
import { startFixtureEngine } from '../../support/fixture-engine.ts'

let says: string
let status: number
let asked: string[]
const server: Server = createServer((request, response) => {
  asked.push(`${request.url} ${request.headers.authorization ?? ''}`)
  response.writeHead(status).end(says)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
let nowMs = 0

beforeEach(() => {
  status = 200
  asked = []
  nowMs = 100_000
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const opened = (kind: EngineKind | undefined, authorization?: string): EngineLoad =>
  new EngineLoad({ baseUrl, kind, authorization }, () => nowMs)

async function othersOf(kind: EngineKind, text: string, own = 0) {
  says = text
  const load = opened(kind)
  await load.look(own)
  return load.others
}

describe.each(['vllm', 'llama-cpp'] as const)('%s as it is recorded', (kind) => {
  test('tells who else asks', async () => {
    const engine = await startFixtureEngine(kind)
    const load = new EngineLoad({ baseUrl: engine.baseUrl, kind }, () => 0)
    await load.look(0)
    expect(load.others).toEqual(
      kind === 'vllm' ? { running: 3, waiting: 1 } : { running: 1, waiting: 0 },
    )
    await engine.close()
  })
})

test('an engine of several parts tells of each, and of other things besides', async () => {
  const text = [
    '# HELP sglang:num_running_reqs The number of running requests.',
    'sglang:num_running_reqs_total 99',
    'sglang:num_running_reqs{model_name="a b",tp_rank="0"} 2.0',
    'sglang:num_running_reqs{model_name="a b",tp_rank="1"} 1e1 1700000000',
    'sglang:num_queue_reqs 4',
  ]
  expect(await othersOf('sglang', text.join('\n'))).toEqual({ running: 12, waiting: 4 })
})

test('what is ours is taken off, first of what runs', async () => {
  const text = '{"status":"ok","running":2,"waiting":3}'
  expect(await othersOf('vouch', text, 1)).toEqual({ running: 1, waiting: 3 })
  expect(await othersOf('vouch', text, 4)).toEqual({ running: 0, waiting: 1 })
  expect(await othersOf('vouch', text, 9)).toEqual({ running: 0, waiting: 0 })
})

test.each<[string, EngineKind, string, number]>([
  ['no metrics', 'vllm', 'vllm:num_requests_running 7\nvllm:num_requests_waiting 1', 404],
  ['half of them', 'vllm', 'vllm:num_requests_running 7', 200],
  ['no numbers', 'tgi', 'tgi_batch_current_size many\ntgi_queue_size few', 200],
  ['no JSON', 'vouch', 'well', 200],
  [
    'no end',
    'vllm',
    `vllm:num_requests_running 7\nvllm:num_requests_waiting 1\n${'#'.repeat(5_000_000)}`,
    200,
  ],
])('%s: nobody is counted', async (_, kind, text, answered) => {
  status = answered
  expect(await othersOf(kind, text)).toEqual({ running: 0, waiting: 0 })
  expect(asked).toHaveLength(1)
})

test('an engine that nothing is known of is not asked, and no other more than every few seconds', async () => {
  const unknown = opened(undefined)
  await unknown.look(0)
  expect(asked).toEqual([])
  says = '{"running":1,"waiting":0}'
  const load = opened('vouch', 'Bearer key')
  await Promise.all([load.look(0), load.look(0)])
  nowMs += 3_999
  await load.look(0)
  expect(asked).toEqual(['/health Bearer key'])
  nowMs += 1
  await load.look(0)
  expect(asked).toHaveLength(2)
})
