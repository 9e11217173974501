/*
 * An operator's whole life with its registry, on a real chain: what it is told that it costs, what is sent, and what a run
 * that died in between leaves to the next one.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { err, ok } from '../../src/base/result.ts'
import type { Contract } from '../../src/chain/contracts.ts'
import {
  contributorSteps,
  planRegistration,
  readStanding,
  registerContributor,
} from '../../src/chain/contributor-registration.ts'
import { isServingNow, signingKeyState } from '../../src/chain/operator-standing.ts'
import {
  addKeyStep,
  addKeySteps,
  cancelSteps,
  endpointStep,
  type OperatorStep,
  pauseSteps,
  revokeKeySteps,
  stakedBy,
  unbondingSteps,
  withdrawalSteps,
} from '../../src/chain/operator-steps.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { typicalGas } from '../../src/chain/steps-cost.ts'
import { openSender, type Sender, sendCall } from '../../src/chain/transactions.ts'
import { devContractHandles, devStake } from '../../src/dev/dev-contracts.ts'
import { type Address, atomic } from '../../src/domain/units.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import type { RegisterChildTerms } from '../support/register-child.ts'
import { tapChain } from '../support/tapped-chain.ts'

const registerChild = resolve(import.meta.dirname, '../support/register-child.ts')

let running: TestDevChain
let registry: Contract
const gasUsed = new Map<string, bigint>()

beforeAll(async () => {
  running = await startDevChain()
  registry = devContractHandles(running.dev.contracts).contributorRegistry
})
afterAll(() => running.stop())

const rpc = () => running.chain.rpc
const newSender = (privateKey: PrivateKey = randomPrivateKey()): Sender =>
  openSender({ rpc: rpc(), chainId: running.dev.chainId, privateKey })
const someKey = (): Address => addressOfPrivateKey(randomPrivateKey())

async function fund(account: Address, amount: bigint): Promise<void> {
  const wei = `0x${(10n ** 18n).toString(16)}`
  expectOk(await rpc().call('anvil_setBalance', [account, wei]))
  const deployer = newSender(running.dev.keys.deployer)
  const contract = devContractHandles(running.dev.contracts).asset
  expectOk(await sendCall(deployer, { contract, functionName: 'mint', args: [account, amount] }))
}

const sentBy = async (account: Address): Promise<number> =>
  Number(expectOk(await rpc().call('eth_getTransactionCount', [account, 'latest'])))

const standingOf = async (account: Address, ...signingKeys: readonly Address[]) =>
  expectOk(await readStanding(rpc(), { registry, account, signingKeys }))

/** Sends these steps, and keeps what gas each took. */
async function send(sender: Sender, steps: readonly OperatorStep[]): Promise<void> {
  for (const step of steps) {
    const { transactionHash } = expectOk(await sendCall(sender, step))
    const receipt = expectOk(await rpc().call('eth_getTransactionReceipt', [transactionHash]))
    const used = BigInt((receipt as { gasUsed: string }).gasUsed)
    const most = gasUsed.get(step.functionName) ?? 0n
    gasUsed.set(step.functionName, used > most ? used : most)
  }
}

const wantedOf = (signingKey: Address, receiver: Address) => ({
  signingKey,
  endpoint: 'tunnel',
  payout: {
    chainId: running.dev.chainId,
    token: running.dev.contracts.asset,
    receiver,
    minWithdrawDelay: 604_800,
  },
})

const pendingOf = async (account: Address): Promise<number> =>
  Number(expectOk(await rpc().call('eth_getTransactionCount', [account, 'pending']))) -
  (await sentBy(account))

const namesOf = (steps: readonly OperatorStep[]) => steps.map(({ functionName }) => functionName)

describe('the plan', () => {
  test('tells an account without anything what it lacks, and sends nothing', async () => {
    const account = someKey()
    const wanted = wantedOf(someKey(), account)
    const plan = expectOk(await planRegistration(rpc(), { registry, account, wanted }))
    expect(plan.standing).toMatchObject({
      state: 'unregistered',
      asset: { symbol: 'devUSD', decimals: 6 },
      terms: { minStake: devStake, unbondingDelayS: 604_800 },
    })
    expect(plan.steps.map(({ functionName }) => functionName)).toEqual([
      'approve',
      'register',
      'registerPayout',
    ])
    expect(plan.stakeAdded).toBe(devStake)
    expect(plan.missing).toEqual({ stake: devStake, coin: plan.cost.fundsNeeded })
    expect(plan.cost.fundsNeeded).toBeGreaterThan(plan.cost.fee)
    expect(plan.cost.fee).toBeGreaterThan(0n)
    expect(await sentBy(account)).toBe(0)
  })

  test('is what it then costs: never more than was told to be needed', async () => {
    const sender = newSender()
    const account = sender.address
    await fund(account, devStake)
    const wanted = wantedOf(someKey(), someKey())
    const plan = expectOk(await planRegistration(rpc(), { registry, account, wanted }))
    expect(plan.missing).toEqual({ stake: 0n, coin: 0n })

    const registered = expectOk(await registerContributor({ rpc: rpc(), registry, sender, wanted }))
    const spent = plan.standing.coinBalance - registered.coinBalance
    expect(spent).toBeGreaterThan(0n)
    expect(spent).toBeLessThanOrEqual(plan.cost.fundsNeeded)
    expect(isServingNow(registered)).toBe(true)
    expect(registered).toMatchObject({ stake: devStake, balance: 0n, allowance: 0n })
    expect(registered.payout).toMatchObject({ receiver: wanted.payout.receiver, nonce: 1 })

    const again = expectOk(await planRegistration(rpc(), { registry, account, wanted }))
    expect(again.steps).toEqual([])
    expect(again.cost.fundsNeeded).toBe(0n)
    const before = await sentBy(account)
    expectOk(await registerContributor({ rpc: rpc(), registry, sender, wanted }))
    expect(await sentBy(account)).toBe(before)
  })
})

describe('the life of an operator', () => {
  const privateKey = randomPrivateKey()
  const sender = () => newSender(privateKey)
  const [first, second] = [someKey(), someKey()]

  test('registers, stakes more, rotates its key, pauses and goes on; each step is left to send once', async () => {
    const account = sender().address
    await fund(account, devStake * 2n)
    await send(sender(), [
      ...expectOk(contributorSteps(await standingOf(account), wantedOf(first, account))),
    ])
    expect(await standingOf(account, first)).toMatchObject({ state: 'open', activeKeys: 1 })

    const more = { ...wantedOf(first, account), stake: atomic(devStake + 5n) }
    const added = expectOk(contributorSteps(await standingOf(account, first), more))
    expect(namesOf(added)).toEqual(['approve', 'addStake'])
    expect(stakedBy(added)).toBe(5n)
    await send(sender(), added)

    await send(sender(), expectOk(addKeySteps(await standingOf(account, second), second)))
    const both = await standingOf(account, first, second)
    expect(both.activeKeys).toBe(2)
    expect(expectOk(addKeySteps(both, second))).toEqual([])
    await send(sender(), revokeKeySteps(both, [first]))
    const rotated = await standingOf(account, first, second)
    expect([signingKeyState(rotated, first), signingKeyState(rotated, second)]).toEqual([
      'revoked',
      'active',
    ])
    expect(revokeKeySteps(rotated, [first])).toEqual([])
    expect(addKeySteps(rotated, first)).toEqual(err({ reason: 'signing_key_revoked', key: first }))

    await send(sender(), [endpointStep(rotated, 'tunnel://elsewhere')])
    await send(sender(), pauseSteps(rotated, 'paused'))
    const paused = await standingOf(account, second)
    expect(isServingNow(paused)).toBe(false)
    expect(pauseSteps(paused, 'paused')).toEqual([])
    await send(sender(), expectOk(contributorSteps(paused, wantedOf(second, account))))
    expect(isServingNow(await standingOf(account, second))).toBe(true)
  })

  test('stake leaves only when every active key is known here', async () => {
    const standing = await standingOf(sender().address, first)
    expect(unbondingSteps(standing)).toEqual(err({ reason: 'unknown_keys_active', count: 1 }))
    expect(unbondingSteps(await standingOf(someKey()))).toMatchObject(
      err({ reason: 'not_registered' }),
    )
  })

  test('what is on its way out comes back before new money is staked', async () => {
    const account = sender().address
    const leaving = expectOk(unbondingSteps(await standingOf(account, second)))
    expect(namesOf(leaving)).toEqual(['revokeSigningKey', 'startUnbonding'])
    await send(sender(), leaving)
    const gone = await standingOf(account, second)
    expect(gone).toMatchObject({ stake: 0n, unbonding: devStake + 5n, activeKeys: 0 })
    expect(unbondingSteps(gone)).toEqual(ok([]))
    expect(withdrawalSteps(gone, account)).toEqual([])

    const third = someKey()
    const back = expectOk(contributorSteps(gone, wantedOf(third, account)))
    expect(namesOf(back)).toEqual(['cancelUnbonding', 'addSigningKey'])
    expect(stakedBy(back)).toBe(0n)
    await send(sender(), cancelSteps(gone))
    await send(sender(), [addKeyStep(gone, { key: third })])
    const served = await standingOf(account, third)
    expect(isServingNow(served)).toBe(true)
    await send(sender(), expectOk(unbondingSteps(served)))
  })

  test('the delay is over when the chain says so, and then the money is back', async () => {
    const account = sender().address
    expectOk(await rpc().call('evm_increaseTime', ['0x93a80']))
    expectOk(await rpc().call('evm_mine', []))
    const due = await standingOf(account)
    await send(sender(), withdrawalSteps(due, account))
    const out = await standingOf(account)
    expect(out).toMatchObject({ unbonding: 0n, stake: 0n, balance: devStake * 2n })
    expect(out.withdrawableAtS).toBeUndefined()
    expect(withdrawalSteps(out, account)).toEqual([])
    expect(cancelSteps(out)).toEqual([])
  })

  test('no step took more gas than is told where a node cannot estimate', () => {
    expect([...gasUsed.keys()].sort()).toEqual(Object.keys(typicalGas).sort())
    for (const [name, used] of gasUsed) {
      const told = typicalGas[name as OperatorStep['functionName']]
      expect(told, name).toBeGreaterThanOrEqual(used)
      // Twice as much would frighten people away.
      expect(told, name).toBeLessThan(used * 2n)
    }
  })
})

test('a transaction that a killed run left in the pool is waited for, and not sent twice', async () => {
  const privateKey = randomPrivateKey()
  const account = addressOfPrivateKey(privateKey)
  await fund(account, devStake)
  const wanted = wantedOf(someKey(), account)
  expectOk(await rpc().call('evm_setAutomine', [false]))
  try {
    // The run that is killed: its first transaction is in no block yet.
    const [approve] = expectOk(contributorSteps(await standingOf(account), wanted))
    if (approve === undefined) throw new Error('there is a first step')
    const killed = sendCall(newSender(privateKey), approve)
    while ((await pendingOf(account)) === 0) await new Promise((again) => setImmediate(again))
    const progress: string[] = []
    const onProgress = ({ event }: { readonly event: string }) => {
      progress.push(event)
      if (event === 'waiting') void rpc().call('evm_setAutomine', [true])
      if (event === 'waiting') void rpc().call('evm_mine', [])
    }
    const sender = newSender(privateKey)
    expectOk(await registerContributor({ rpc: rpc(), registry, sender, wanted, onProgress }))
    expectOk(await killed)
    expect(progress[0]).toBe('waiting')
    expect(progress.filter((event) => event === 'sending')).toHaveLength(2)
    // approve once, register, registerPayout.
    expect(await sentBy(account)).toBe(3)
  } finally {
    expectOk(await rpc().call('evm_setAutomine', [true]))
  }
})

test('a registration that dies at each of its transactions is continued, and none is sent twice', {
  timeout: 120_000,
}, async () => {
  const privateKey = randomPrivateKey()
  const account = addressOfPrivateKey(privateKey)
  await fund(account, devStake)
  const wanted = wantedOf(someKey(), account)
  /** True: it got through. */
  const runAndKill = async (when: 'before' | 'after'): Promise<boolean> => {
    let killNow = (): void => undefined
    const node = await tapChain(running.chain.url, async ({ method, forward }) => {
      if (method !== 'eth_sendRawTransaction') return forward()
      if (when === 'after') await forward()
      killNow()
      return undefined
    })
    const terms: RegisterChildTerms = {
      ...{ nodeUrl: node.url, chainId: running.dev.chainId, registry: registry.address },
      ...{ privateKey, wanted },
    }
    const child = spawn(process.execPath, [registerChild, JSON.stringify(terms)], {
      stdio: 'ignore',
    })
    killNow = () => void child.kill('SIGKILL')
    const [code] = (await once(child, 'exit')) as [number | null]
    await node.stop()
    return code === 0
  }
  let kills = 0
  while (!(await runAndKill(kills % 2 === 0 ? 'before' : 'after'))) kills += 1
  // approve, register and registerPayout: each once before it was sent, and once after.
  expect(kills).toBe(6)
  expect(await sentBy(account)).toBe(3)
  const standing = await standingOf(account, wanted.signingKey)
  expect(isServingNow(standing)).toBe(true)
  expect(standing.payout?.receiver).toBe(account)
})
