import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/hex.ts'
import {
  channelDomain,
  channelIdOf,
  claimBatchDigest,
  voucherDigest,
} from '../../src/chain/channel-typed-data.ts'
import { type Contract, readContract } from '../../src/chain/contracts.ts'
import { curveOrder } from '../../src/chain/private-key.ts'
import { receiptDigest, receiptDomain, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { recoverSigner, signDigest } from '../../src/chain/signatures.ts'
import { type DevContractHandles, devContractHandles } from '../../src/dev/dev-contracts.ts'
import { type AtomicAmount, atomic, signature } from '../../src/domain/units.ts'
import { anyReceipt } from '../support/arbitraries.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'

let running: TestDevChain
let handles: DevContractHandles

beforeAll(async () => {
  running = await startDevChain()
  handles = devContractHandles(running.dev.contracts)
})
afterAll(() => running.stop())

async function read(
  contract: Contract,
  functionName: string,
  ...args: readonly unknown[]
): Promise<unknown> {
  const from = running.dev.addresses.gatewayOperator
  const call = { contract, functionName, args, from }
  return expectOk(await readContract(running.chain.rpc, call))[0]
}

const settlementDomain = () =>
  channelDomain({
    chainId: running.dev.chainId,
    verifyingContract: running.dev.contracts.settlement,
  })

test('the contracts hash receipts and work as we do', async () => {
  const { chainId, contracts } = running.dev
  const domain = receiptDomain({ chainId, verifyingContract: contracts.receiptVerifier })
  expect(await read(handles.receiptVerifier, 'domainSeparator')).toBe(`0x${domain.slice(4)}`)
  let compared = 0
  await fc.assert(
    fc.asyncProperty(anyReceipt, async (receipt) => {
      const verifier = handles.receiptVerifier
      expect(receiptDigest(domain, receipt)).toBe(await read(verifier, 'digestOf', receipt))
      expect(workDigest(domain, receipt.work)).toBe(
        await read(verifier, 'workDigestOf', receipt.work),
      )
      compared += 1
    }),
    { numRuns: 20 },
  )
  expect(compared).toBeGreaterThan(0)
})

test('the contract names channels and hashes vouchers and claims as we do', async () => {
  const { config, channelId } = running.dev.channel
  const { settlement } = handles
  const domain = settlementDomain()
  expect(channelIdOf(domain, config)).toBe(await read(settlement, 'getChannelId', config))

  const maxClaimableAmount = atomic(2n ** 128n - 1n)
  expect(voucherDigest(domain, { channelId, maxClaimableAmount })).toBe(
    await read(settlement, 'getVoucherDigest', channelId, maxClaimableAmount),
  )
  const entries = [1n, 2n, 3n].map((amount) => ({
    channelId,
    maxClaimableAmount,
    totalClaimed: atomic(amount),
  }))
  const rows = entries.map(({ totalClaimed }) => ({
    voucher: { channel: config, maxClaimableAmount },
    signature: '0x',
    totalClaimed,
  }))
  expect(claimBatchDigest(domain, entries)).toBe(
    await read(settlement, 'getClaimBatchDigest', rows),
  )
})

/** How a signature may be spoiled, or not: by kind and by a number that says where. */
const anyChange = fc.record({
  kind: fc.constantFrom(
    'none',
    'bit',
    'high-s',
    'v-0-1',
    'v-other',
    'short',
    'long',
    'zero-r',
    'order-s',
  ),
  at: fc.nat(),
})

function change(canonical: string, { kind, at }: { readonly kind: string; readonly at: number }) {
  const r = canonical.slice(2, 66)
  const s = canonical.slice(66, 130)
  const v = canonical.slice(130)
  const word = (value: bigint): string => value.toString(16).padStart(64, '0')
  switch (kind) {
    case 'bit': {
      const bytes = fromHex(canonical as `0x${string}`)
      const bit = at % (65 * 8)
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      return signature(toHex(bytes))
    }
    case 'high-s':
      return signature(`0x${r}${word(curveOrder - BigInt(`0x${s}`))}${v === '1b' ? '1c' : '1b'}`)
    case 'v-0-1':
      return signature(`0x${r}${s}${v === '1b' ? '00' : '01'}`)
    case 'v-other':
      return signature(`0x${r}${s}${(at % 256).toString(16).padStart(2, '0')}`)
    case 'short':
      return signature(canonical.slice(0, 2 + 2 * (at % 65)))
    case 'long':
      return signature(`${canonical}${'00'.repeat(1 + (at % 40))}`)
    case 'zero-r':
      return signature(`0x${word(0n)}${s}${v}`)
    case 'order-s':
      return signature(`0x${r}${word(curveOrder)}${v}`)
    default:
      return signature(canonical)
  }
}

const claimed = 0n
const signatureInvalid = 3n

test('our verdict on a voucher’s signature is the contract’s, whatever the signature', async () => {
  const { channel, keys, addresses } = running.dev
  const verdicts = { accepted: 0, rejected: 0 }
  const check = async (changes: readonly { kind: string; at: number }[]): Promise<void> => {
    // Each row claims one unit more than the one before: of equal claims the contract looks only at the first.
    const rows = changes.map((spoiling, i) => {
      const maxClaimableAmount: AtomicAmount = atomic(BigInt(1_000 + i))
      const promise = { channelId: channel.channelId, maxClaimableAmount }
      const digest = voucherDigest(settlementDomain(), promise)
      const spoiled = change(signDigest(digest, keys.session), spoiling)
      return {
        ours: recoverSigner(digest, spoiled) === addresses.session,
        row: {
          voucher: { channel: channel.config, maxClaimableAmount },
          signature: spoiled,
          totalClaimed: BigInt(i + 1),
        },
      }
    })
    const statuses = await read(
      handles.settlement,
      'claimBestEffort',
      rows.map(({ row }) => row),
      '0x',
    )
    expect([...(statuses as Iterable<bigint>)]).toEqual(
      rows.map(({ ours }) => (ours ? claimed : signatureInvalid)),
    )
    for (const { ours } of rows) verdicts[ours ? 'accepted' : 'rejected'] += 1
  }
  await fc.assert(fc.asyncProperty(fc.array(anyChange, { minLength: 40, maxLength: 40 }), check), {
    numRuns: 20,
  })
  expect(verdicts.accepted).toBeGreaterThan(0)
  expect(verdicts.rejected).toBeGreaterThan(0)
})
