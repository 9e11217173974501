import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { id } from 'ethers'
import { afterAll, expect, test } from 'vitest'
import {
  canonicalSettlementAddress,
  channelSettlementAt,
} from '../../src/chain/channel-settlement.ts'
import { readContract } from '../../src/chain/contracts.ts'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { devUsdAt } from '../../src/dev/dev-contracts.ts'
import type { DevRole } from '../../src/dev/dev-keys.ts'
import { type Address, address } from '../../src/domain/units.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type DevProcess, startDev } from '../support/dev-process.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const requestCount = 200
const depositedTopic = id('Deposited(bytes32,address,address,uint128,uint128)')

test(`one deposit, followed from the wallet through ${requestCount} requests to the claim, to the atomic unit`, async () => {
  const dev = await startDev(folder.path, ['--quiet'])
  const asset = address(/devUSD +(0x[0-9a-f]{40})/.exec(dev.output())?.[1] ?? '')
  const keys = JSON.parse(readFileSync(join(folder.path, 'keys.json'), 'utf8')) as Record<
    DevRole,
    PrivateKey
  >
  const receiver = addressOfPrivateKey(keys.gatewayOperator)
  const payer = addressOfPrivateKey(keys.payer)
  const contributor = addressOfPrivateKey(keys.contributorOperator)
  const accounts = { receiver, payer, contributor, treasury: addressOfPrivateKey(keys.treasury) }
  const before = await balances(jsonRpc(dev.rpcUrl), asset, accounts)
  expect(before.payer, 'the wallet deposited all it had').toBe(0n)
  expect(before.settlement.ofPayer).toEqual({ balance: 100_000_000n, totalClaimed: 0n })
  expect(before.settlement.ofTreasury).toEqual({ balance: 100_000_000n, totalClaimed: 0n })
  expect(before.settlement.held, 'nothing but the two deposits').toBe(200_000_000n)

  const receipts = await askManyTimes(dev)
  const spent = receipts.reduce((sum, receipt) => sum + BigInt(receipt.cost), 0n)
  expect(receipts).toHaveLength(requestCount)
  expect(new Set(receipts.map(({ channelSeq }) => channelSeq)).size).toBe(requestCount)
  expect(spent).toBeGreaterThan(BigInt(requestCount))
  const book = (await (await dev.get('/v1/billing/channel')).json()) as { charged: string }
  expect(BigInt(book.charged)).toBe(spent)
  expect((await dev.interrupt()).code).toBe(0)

  const chain = await startChain(join(folder.path, 'chain'))
  const after = await balances(chain.rpc, asset, accounts)
  await chain.stop()
  expect(after.receiver - before.receiver, 'the gateway was paid what its receipts say').toBe(spent)
  expect(after.settlement.ofPayer).toEqual({ balance: 100_000_000n, totalClaimed: spent })
  const { balance, totalClaimed: relayed } = after.settlement.ofTreasury
  expect(balance).toBe(100_000_000n)
  expect(after.contributor - before.contributor, 'what was relayed of its escrow').toBe(relayed)
  expect(relayed).toBeLessThanOrEqual(spent)
  expect(before.settlement.held - after.settlement.held).toBe(spent + relayed)
  expect(after.payer).toBe(0n)
})

async function askManyTimes(
  dev: DevProcess,
): Promise<readonly { readonly cost: string; readonly channelSeq: number }[]> {
  const receipts: { cost: string; channelSeq: number }[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < requestCount) {
      next += 1
      const { response } = await dev.client.chat.completions
        .create({
          model: 'vouch-mini',
          messages: [{ role: 'user', content: `What is ${next} + 7?` }],
          max_tokens: 6,
        })
        .withResponse()
      const { receipt } = await dev.receipt(response.headers.get('x-vouch-receipt') ?? '')
      receipts.push(receipt)
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return receipts
}

type Claims = { readonly balance: bigint; readonly totalClaimed: bigint }

type Accounts = Readonly<Record<'receiver' | 'payer' | 'contributor' | 'treasury', Address>>

/** The wallets, and of the settlement contract what is the payer's, what is escrow for contributors, and the sum it holds. */
async function balances(
  rpc: JsonRpc,
  asset: Address,
  accounts: Accounts,
): Promise<
  Readonly<Record<keyof Accounts, bigint>> & {
    readonly settlement: {
      readonly held: bigint
      readonly ofPayer: Claims
      readonly ofTreasury: Claims
    }
  }
> {
  const of = async (account: Address): Promise<bigint> => {
    const args = [account]
    const contract = devUsdAt(asset)
    return expectOk(
      await readContract(rpc, { contract, functionName: 'balanceOf', args }),
    )[0] as bigint
  }
  return {
    receiver: await of(accounts.receiver),
    payer: await of(accounts.payer),
    contributor: await of(accounts.contributor),
    treasury: await of(accounts.treasury),
    settlement: {
      held: await of(canonicalSettlementAddress),
      ofPayer: await channelOf(rpc, accounts.payer),
      ofTreasury: await channelOf(rpc, accounts.treasury),
    },
  }
}

/** The one channel that this account deposited into. */
async function channelOf(rpc: JsonRpc, payer: Address): Promise<Claims> {
  const filter = {
    address: canonicalSettlementAddress,
    fromBlock: '0x0',
    topics: [depositedTopic, null, `0x${payer.slice(2).padStart(64, '0')}`],
  }
  const deposits = expectOk(await rpc.call('eth_getLogs', [filter])) as { topics: string[] }[]
  expect(deposits).toHaveLength(1)
  const read = await readContract(rpc, {
    contract: channelSettlementAt(canonicalSettlementAddress),
    functionName: 'channels',
    args: [deposits[0]?.topics[1]],
  })
  const [balance, totalClaimed] = expectOk(read) as readonly [bigint, bigint]
  return { balance, totalClaimed }
}
