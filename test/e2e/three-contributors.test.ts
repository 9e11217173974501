/*
 * Three machines without an inbound port, one gateway and a real chain: from the first transaction to the stake that comes
 * back, with everything cut and killed on the way that can be.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readContract } from '../../src/chain/contracts.ts'
import { devStake, devUsdAt } from '../../src/dev/dev-contracts.ts'
import {
  type ContributorsPlace,
  type Machine,
  openContributorsPlace,
} from '../support/contributors-place.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

let engine: EngineProcess
let place: ContributorsPlace
let machines: readonly Machine[]
let killed: Machine
let cut: Machine
let leaving: Machine
/** What receipts say that each is owed, in atomic units. */
const earned = new Map<string, bigint>()
const eachTestMs = 240_000

beforeAll(async () => {
  engine = await startEngine(['--parallel', '8'])
  place = await openContributorsPlace(engine.url)
  killed = await place.addMachine('killed')
  cut = await place.addMachine('cut')
  leaving = await place.addMachine('leaving')
  machines = [killed, cut, leaving]
  for (const machine of machines) await machine.start()
}, eachTestMs)

afterAll(async () => {
  await place?.close()
  await engine?.stop()
})

const request = ({ account }: Machine) => ({
  model: 'vouch-mini',
  messages: [{ role: 'user' as const, content: 'What is a receipt?' }],
  routing: { only: [account] },
  max_tokens: 60,
})

const longStream = (machine: Machine) =>
  place.client.chat.completions
    .create({
      ...request(machine),
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 200,
      logit_bias: { '3': -100 },
    })
    .withResponse()

/** Its receipt is of this machine and signed by it; what it earned of it is noted. */
async function noteReceipt(machine: Machine, receiptId: string | null): Promise<void> {
  const { receipt } = await place.receiptOf(receiptId ?? '')
  expect(receipt.tiers).toBe(7)
  expect(receipt.work.contributor).toBe(machine.account)
  const share = (BigInt(receipt.cost) * 9_000n) / 10_000n
  earned.set(machine.account, (earned.get(machine.account) ?? 0n) + share)
}

async function ask(machine: Machine): Promise<void> {
  const { data, response } = await place.client.chat.completions
    .create(request(machine))
    .withResponse()
  expect(data.choices[0]?.message.content).toMatch(/receipt/i)
  await noteReceipt(machine, response.headers.get('x-vouch-receipt'))
}

const tokensOf = async (account: string): Promise<bigint> => {
  const contract = devUsdAt(place.config.devChain.contracts.asset)
  const args = [account]
  const [balance] = expectOk(
    await readContract(place.rpc, { contract, functionName: 'balanceOf', args }),
  )
  return balance as bigint
}

test(
  'each registers, is asked by name, signs, and is promised what its receipts say',
  async () => {
    for (const machine of machines) {
      const steps = machine.agent().events.filter(({ event }) => event === 'mined')
      expect(steps.map(({ step }) => step)).toEqual(['approve', 'register', 'registerPayout'])
      expect(await tokensOf(machine.account)).toBe(0n)
    }
    await Promise.all(machines.map(ask))
    await Promise.all(machines.map(ask))
    for (const machine of machines) {
      const owed = String(earned.get(machine.account))
      await machine.agent().told('voucher', ({ promised }) => promised === owed)
    }
  },
  eachTestMs,
)

test(
  'a line that is cut in mid-answer costs the client nothing; the answer is whole and paid',
  async () => {
    const { data: stream, response } = await longStream(cut)
    let tokens = 0
    let usage = 0
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) tokens += 1
      usage += chunk.usage?.completion_tokens ?? 0
      if (tokens === 10) cut.line.cut()
      if (tokens === 10) await cut.agent().told('disconnected')
      if (tokens === 10) cut.line.mend()
    }
    expect(usage).toBe(200)
    await noteReceipt(cut, response.headers.get('x-vouch-receipt'))
    await ask(cut)
  },
  eachTestMs,
)

test(
  'an agent that is killed in mid-answer ends it as an error, owes nothing, and goes on when it is started again',
  async () => {
    const before = killed.agent()
    const { data: stream } = await longStream(killed)
    let tokens = 0
    const reading = async (): Promise<void> => {
      for await (const chunk of stream) {
        tokens += chunk.choices.length
        if (tokens === 10) await before.kill()
      }
    }
    const outcome = await reading().catch((error: Error) => error)
    expect(tokens).toBeLessThan(200)
    expect(outcome).toBeInstanceOf(Error)
    const again = await killed.start()
    expect(again.events.filter(({ event }) => event === 'mined')).toEqual([])
    await ask(killed)
  },
  eachTestMs,
)

test(
  'a gateway that is killed in mid-answer is claimed from without it, and served again when it is back',
  async () => {
    const { data: stream } = await longStream(leaving)
    const agent = leaving.agent()
    const toldBefore = agent.events.length
    const cutBefore = cut.agent().events.length
    let tokens = 0
    const reading = async (): Promise<void> => {
      for await (const chunk of stream) {
        tokens += chunk.choices.length
        if (tokens === 10) await place.gateway().kill()
      }
    }
    expect(await reading().catch((error: Error) => error)).toBeInstanceOf(Error)
    const lines = [leaving, cut].map(async (machine) => {
      const seen = machine === leaving ? toldBefore : cutBefore
      await machine.agent().told('disconnected', () => true, seen)
      return { machine, from: machine.agent().events.length }
    })
    const broken = await Promise.all(lines)
    const promised = earned.get(leaving.account) ?? 0n
    const claimed = await leaving.command('claim', '--yes')
    expect(claimed.code, claimed.output).toBe(0)
    expect(await tokensOf(leaving.account)).toBe(promised)

    await place.startGateway()
    for (const { machine, from } of broken) {
      await machine.agent().told('standing', ({ state }) => state === 'healthy', from)
      await ask(machine)
    }
  },
  eachTestMs,
)

test(
  'one leaves: it drains, lets go of its stake, and has it back with everything that it earned',
  async () => {
    const agent = leaving.agent()
    const drained = await leaving.command('drain', '--no-wait')
    expect(drained.code, drained.output).toBe(0)
    // The answer that the killed gateway did not read to its end is kept for it, for a minute.
    await agent.told('drained')
    await expect(place.client.chat.completions.create(request(leaving))).rejects.toThrow()
    // The minute for which a key rests before it is revoked.
    expectOk(await place.rpc.call('evm_increaseTime', [120]))
    expectOk(await place.rpc.call('evm_mine', []))
    const first = await leaving.command('unstake', '--yes')
    expect(first.code, first.output).toBe(0)
    expect(await agent.interrupt()).toBe(0)
    expectOk(await place.rpc.call('evm_increaseTime', [8 * 86_400]))
    expectOk(await place.rpc.call('evm_mine', []))
    const claimed = await leaving.command('claim', '--yes')
    expect(claimed.code, claimed.output).toBe(0)
    const second = await leaving.command('unstake', '--yes')
    expect(second.code, second.output).toBe(0)
    const owed = earned.get(leaving.account) ?? 0n
    expect(owed).toBeGreaterThan(0n)
    expect(await tokensOf(leaving.account)).toBe(devStake + owed)
  },
  eachTestMs,
)
