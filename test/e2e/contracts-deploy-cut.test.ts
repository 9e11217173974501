/*
 * `vouch contracts deploy` killed by the kernel at every transaction, and continued.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type DeploymentChain,
  startDeploymentChain,
  stepsInAll,
} from '../support/deployment-chain.ts'
import { runVouch } from '../support/dev-process.ts'
import { type TappedCall, tapChain } from '../support/tapped-chain.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

let chain: DeploymentChain
beforeAll(async () => {
  chain = await startDeploymentChain()
})
afterAll(() => chain.stop())
beforeEach(() => chain.beginTest())
afterEach(() => chain.endTest())

const command = (url: string) => [
  ...['contracts', 'deploy', '--rpc', url, '--chain-id', '31337', '--out', chain.out],
  ...['--key-file', chain.keyFile, '--yes'],
]

/** Where the transaction is that a run had signed when it died. */
type Cut = 'nowhere' | 'in the pool' | 'in a block'

/** One run, killed at its first transaction; `finished` when it had none to send. */
async function runUntilCut(cut: Cut): Promise<'killed' | 'finished'> {
  const kill = async ({ method, forward }: TappedCall): Promise<string | undefined> => {
    if (method !== 'eth_sendRawTransaction') return forward()
    if (cut !== 'nowhere') await forward()
    // anvil answers before the block that it mines at once is there.
    if (cut === 'in a block') await chain.ask('evm_mine', [])
    child.kill('SIGKILL')
    return undefined
  }
  const tapped = await tapChain(chain.url, kill)
  const child = spawn(process.execPath, [main, ...command(tapped.url)], { stdio: 'ignore' })
  const [code, signal] = await once(child, 'exit')
  await tapped.stop()
  if (signal === 'SIGKILL') return 'killed'
  expect(code).toBe(0)
  return 'finished'
}

test('killed after every single transaction, it ends with the same contracts', async () => {
  // What an undisturbed run gives, which is then undone.
  expect((await chain.deploy()).code).toBe(0)
  const undisturbed = chain.recordText()
  await chain.endTest()
  await chain.beginTest()

  // A transaction that never left is no harm at any point; once is enough to see it.
  expect(await runUntilCut('nowhere')).toBe('killed')
  expect(await chain.sentTransactions()).toBe(0)
  expect(chain.addresses()).toEqual({})

  let cuts = 0
  while (cuts <= stepsInAll && (await runUntilCut('in a block')) === 'killed') {
    cuts += 1
    expect(await chain.sentTransactions()).toBe(cuts)
    const { contracts, appointments } = chain.record()
    // What the last run sent is on the chain, and only the next run can write it down.
    expect(Object.keys({ ...contracts, ...appointments })).toHaveLength(cuts - 1)
  }
  expect(cuts).toBe(stepsInAll)
  expect(await chain.sentTransactions()).toBe(stepsInAll)
  expect(chain.recordText()).toBe(undisturbed.replace(/,\s+"transactionHash": "0x\w{64}"/g, ''))
  expect((await chain.check()).code).toBe(0)
  // Nineteen processes, on a machine that may be busy.
}, 180_000)

test('killed with a transaction in no block yet, it waits for a person', async () => {
  await chain.ask('evm_setAutomine', [false])
  try {
    expect(await runUntilCut('in the pool')).toBe('killed')
    const refused = await runVouch(command(chain.url))
    expect(refused.code).toBe(1)
    expect(refused.output).toMatch(
      /vouch contracts: \S+ has sent 1 transaction\(s\) that are in no block yet: wait/,
    )
    await chain.ask('evm_mine', [])
  } finally {
    await chain.ask('evm_setAutomine', [true])
  }
  const continued = await runVouch(command(chain.url))
  expect(continued.code, continued.output).toBe(0)
  expect(await chain.sentTransactions()).toBe(stepsInAll)
})

test('a node that dies in the middle is told in one line, and the same command continues', async () => {
  let transactions = 0
  const tapped = await tapChain(chain.url, async ({ method, forward }) => {
    if (method === 'eth_sendRawTransaction') transactions += 1
    return transactions > 4 ? 'gone' : forward()
  })
  const { code, text } = await chain.deploy('--rpc', tapped.url)
  await tapped.stop()
  expect(code).toBe(1)
  expect(text).toMatch(
    /^OpenClaimAuthorizer: .* does not answer eth_sendRawTransaction .*; the same command continues/,
  )
  expect(Object.values(chain.record().contracts).every((it) => it.transactionHash)).toBe(true)
  expect((await chain.deploy()).code).toBe(0)
  expect(await chain.sentTransactions()).toBe(stepsInAll)
  expect((await chain.check()).code).toBe(0)
})
