/*
 * What a coordinator's source says of a real chain: from a block on, across reorganisations, at the depth that is wanted, and in as
 * many calls as the node's bounds take.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { err } from '../../src/base/result.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { bytes32 } from '../../src/domain/units.ts'
import { coordinatorSource } from '../../src/jobs/coordinator-source.ts'
import { type AskingPlace, hexOfText, openAskingPlace } from '../support/asking-place.ts'
import { someContractJob } from '../support/contract-jobs.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'

let running: TestDevChain
let asking: AskingPlace
const question = '{"model":"mini"}'

beforeAll(async () => {
  running = await startDevChain()
  asking = await openAskingPlace(running.chain.rpc, running.dev)
})

afterAll(() => running?.stop())

const chain = async (method: string, ...params: readonly unknown[]) =>
  expectOk(await running.chain.rpc.call(method, params))
const blockNumber = async (): Promise<number> => Number(await chain('eth_blockNumber'))

const sourceOn = (change: object = {}) => {
  const { dev, chain: node } = running
  const { coordinator } = dev.contracts
  const place = { rpc: node.rpc, chainId: dev.chainId, coordinator, confirmations: 1 }
  return coordinatorSource({ ...place, fromBlock: undefined, ...change })
}

test('begins at the newest block, or at the one that is named, and sees each question once', async () => {
  const fromBlock = await blockNumber()
  const before = await asking.request(asking.terms(), question)
  const source = sourceOn()
  const first = expectOk(await source.watch(undefined))
  expect(first).toMatchObject({ found: [], caughtUp: true })
  const after = await asking.request(asking.terms(), question)
  const second = expectOk(await source.watch(first.cursor))
  expect(second.found.map(({ ask }) => ask.jobId)).toEqual([after])
  expect(expectOk(await source.watch(second.cursor)).found).toEqual([])
  const all = expectOk(await sourceOn({ fromBlock }).watch(undefined))
  expect(all.found.map(({ ask }) => ask.jobId)).toEqual([before, after])
  const [found] = all.found
  expect(found).toMatchObject({
    input: hexOfText(question),
    ask: { consumer: asking.consumer, terms: asking.terms() },
  })
})

test('a private question has no input, and is none of an empty one', async () => {
  const source = sourceOn()
  const { cursor } = expectOk(await source.watch(undefined))
  const jobId = await asking.requestPrivate(asking.terms(), question)
  const { found } = expectOk(await source.watch(cursor))
  expect(found.map(({ ask, input }) => [ask.jobId, input])).toEqual([[jobId, undefined]])
})

test('takes nothing for asked before it is as deep as wanted', async () => {
  const fromBlock = await blockNumber()
  const source = sourceOn({ confirmations: 3, fromBlock: fromBlock + 1 })
  const jobId = await asking.request(asking.terms(), question)
  const shallow = expectOk(await source.watch(undefined))
  expect(shallow.found).toEqual([])
  await chain('anvil_mine', '0x2')
  const deep = expectOk(await source.watch(shallow.cursor))
  expect(deep.found.map(({ ask }) => ask.jobId)).toEqual([jobId])
})

test('a node that is behind says nothing of a question, and one that has its block says that it is gone', async () => {
  const source = sourceOn()
  const number = await blockNumber()
  const jobId = bytes32(`0x${'99'.repeat(32)}`)
  const asked = (foundInBlock: number) => ({ ...someContractJob(), jobId, foundInBlock })
  expect(await source.standing(asked(number + 1))).toMatchObject({ ok: false })
  expect(expectOk(await source.standing(asked(number)))).toMatchObject({ state: 'none' })
})

test('says of a question whose block is gone that it is touched, and finds it again under its own id', async () => {
  const source = sourceOn()
  const begun = expectOk(await source.watch(undefined))
  const snapshot = await chain('evm_snapshot')
  const jobId = await asking.request(asking.terms(), question)
  const seen = expectOk(await source.watch(begun.cursor))
  expect(seen.found).toHaveLength(1)
  await chain('evm_revert', snapshot)
  await chain('anvil_mine', '0x3')
  const turned = expectOk(await source.watch(seen.cursor))
  expect(turned.touched).toEqual([jobId])
  for (const { ask } of seen.found) {
    expect(
      expectOk(await source.standing({ jobId, ask, answers: [], foundInBlock: 0 })).state,
    ).toBe('none')
  }
  // The same question of the same contract, in another block.
  expect(await asking.request(asking.terms(), question)).toBe(jobId)
  const again = expectOk(await source.watch(turned.cursor))
  expect(again.found.map(({ ask }) => ask.jobId)).toEqual([jobId])
})

test('asks for fewer blocks where the node refuses many, and misses none', async () => {
  const fromBlock = await blockNumber()
  const asked = [await asking.request(asking.terms(), question)]
  await chain('anvil_mine', '0x28')
  asked.push(await asking.request(asking.terms(), question))
  const spans: number[] = []
  const strict: JsonRpc = {
    origin: running.chain.rpc.origin,
    call: async (method, params) => {
      if (method === 'eth_getLogs') {
        const { fromBlock: from, toBlock: to } = params[0] as Record<string, string>
        const span = Number(to) - Number(from) + 1
        if (span > 10) {
          const message = 'query exceeds max block range 10'
          return err({ reason: 'chain_error', method, code: -32005, message, data: undefined })
        }
        spans.push(span)
      }
      return running.chain.rpc.call(method, params)
    },
  }
  const source = sourceOn({ rpc: strict, fromBlock: fromBlock + 1 })
  const found: string[] = []
  let cursor: string | undefined
  let caughtUp = false
  while (!caughtUp) {
    const look = expectOk(await source.watch(cursor))
    found.push(...look.found.map(({ ask }) => ask.jobId))
    ;({ cursor, caughtUp } = look)
  }
  expect(found).toEqual(asked)
  expect(spans.length).toBeGreaterThan(3)
})
