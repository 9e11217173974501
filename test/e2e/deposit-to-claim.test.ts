import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { canonicalSettlementAddress } from '../../src/chain/channel-settlement.ts'
import { readContract } from '../../src/chain/contracts.ts'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { devUsdAt } from '../../src/dev/dev-contracts.ts'
import type { DevRole } from '../../src/dev/dev-keys.ts'
import { type Address, address } from '../../src/domain/units.ts'
import { type DevProcess, startDev } from '../support/dev-process.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const requestCount = 200

test(`one deposit, followed from the wallet through ${requestCount} requests to the claim, to the atomic unit`, async () => {
  const dev = await startDev(folder.path, ['--quiet'])
  const asset = address(/devUSD +(0x[0-9a-f]{40})/.exec(dev.output())?.[1] ?? '')
  const keys = JSON.parse(readFileSync(join(folder.path, 'keys.json'), 'utf8')) as Record<
    DevRole,
    PrivateKey
  >
  const receiver = addressOfPrivateKey(keys.gatewayOperator)
  const payer = addressOfPrivateKey(keys.payer)
  const before = await balances(jsonRpc(dev.rpcUrl), asset, { receiver, payer })
  expect(before.payer, 'the wallet deposited all it had').toBe(0n)
  expect(before.settlement).toBe(100_000_000n)

  const receipts = await askManyTimes(dev)
  const spent = receipts.reduce((sum, receipt) => sum + BigInt(receipt.cost), 0n)
  expect(receipts).toHaveLength(requestCount)
  expect(new Set(receipts.map(({ channelSeq }) => channelSeq)).size).toBe(requestCount)
  expect(spent).toBeGreaterThan(BigInt(requestCount))
  const book = (await (await dev.get('/v1/billing/channel')).json()) as { charged: string }
  expect(BigInt(book.charged)).toBe(spent)
  expect((await dev.interrupt()).code).toBe(0)

  const chain = await startChain(join(folder.path, 'chain'))
  const after = await balances(chain.rpc, asset, { receiver, payer })
  await chain.stop()
  expect(after.receiver - before.receiver, 'the gateway was paid what its receipts say').toBe(spent)
  expect(before.settlement - after.settlement).toBe(spent)
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

async function balances(
  rpc: JsonRpc,
  asset: Address,
  accounts: { readonly receiver: Address; readonly payer: Address },
): Promise<{ receiver: bigint; payer: bigint; settlement: bigint }> {
  const of = async (account: Address): Promise<bigint> => {
    const read = await readContract(rpc, {
      contract: devUsdAt(asset),
      functionName: 'balanceOf',
      args: [account],
    })
    if (!read.ok) throw new Error(read.error.reason)
    return read.value[0] as bigint
  }
  return {
    receiver: await of(accounts.receiver),
    payer: await of(accounts.payer),
    settlement: await of(canonicalSettlementAddress),
  }
}
