/*
 * What a contributor makes of vouchers when the chain changes under them: it asks its own node, and nobody else.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { type CreditEvent, type CreditTerms, openCredit } from '../../src/contributor/credit.ts'
import { paidAmount, unpaidAmount } from '../../src/contributor/credit-book.ts'
import { readCreditFile } from '../../src/contributor/credit-file.ts'
import { channelFactsAgeMaxMs } from '../../src/contributor/limits.ts'
import { devContractHandles } from '../../src/dev/dev-contracts.ts'
import { devPayoutTerms } from '../../src/dev/fund-payouts.ts'
import { encodeVoucher } from '../../src/domain/payout-voucher.ts'
import { atomic } from '../../src/domain/units.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'

let running: TestDevChain
let files = 0
let nowMs = Date.now()

beforeAll(async () => {
  running = await startDevChain()
})
afterAll(() => running.stop())

const free = atomic(0n)
function opened(change: Partial<CreditTerms> = {}) {
  const { chain, dev, folder } = running
  const events: CreditEvent[] = []
  files += 1
  const file = join(folder, `credit-${files}.json`)
  const terms: CreditTerms = {
    agreement: {
      gateway: dev.addresses.gatewayOperator,
      chainId: dev.chainId,
      settlement: dev.contracts.settlement,
      token: dev.contracts.asset,
      receiver: dev.addresses.contributorPayout,
      withdrawDelayMinS: 604_800,
      // One unit for each completion token, all of it the contributor's.
      prices: {
        promptAtomicPerMtok: free,
        cachedPromptAtomicPerMtok: free,
        completionAtomicPerMtok: atomic(1_000_000n),
      },
      feeBps: 0,
    },
    rpc: chain.rpc,
    limitAmount: atomic(50n),
    file,
    onEvent: (event) => events.push(event),
    nowMs: () => nowMs,
    ...change,
  }
  return { events, file, terms, credit: openCredit(terms).then(expectOk) }
}

const work = (completionTokens: number) => ({
  promptTokens: 3,
  cachedPromptTokens: 0,
  completionTokens,
})

function voucher(amount: bigint): string {
  const { chainId, contracts, keys, payoutChannel } = running.dev
  const handles = devContractHandles(contracts)
  const { domain, voucherKey } = devPayoutTerms({ chainId, contracts, handles, keys })
  const { channelId, config } = payoutChannel
  const maxClaimableAmount = atomic(amount)
  const digest = voucherDigest(domain, { channelId, maxClaimableAmount })
  const signature = signDigest(digest, voucherKey)
  return encodeVoucher({ chainId, config, maxClaimableAmount, signature })
}

test('a good voucher counts when it is on the disk, and an older one changes nothing', async () => {
  const { credit: opening, file, events } = opened()
  const credit = await opening
  expect(await credit.admit(undefined)).toBe(true)
  credit.worked(work(60))
  expect(await credit.admit(undefined)).toBe(false)
  // Who has no credit left waits for the voucher that came with the request.
  expect(await credit.admit(voucher(60n))).toBe(true)
  const stored = expectOk(await readCreditFile(file))
  expect(stored?.book).toEqual(credit.book)
  expect(paidAmount(credit.book)).toBe(60n)
  const { shown } = credit
  await credit.take(voucher(59n))
  expect(credit.shown).toBe(shown)
  credit.worked(work(7))
  await credit.close()
  const again = await openCredit(opened({ file }).terms).then(expectOk)
  expect(unpaidAmount(again.book)).toBe(7n)
  expect(again.shown).toBe(shown)
  expect(events).toEqual([])
})

test('a promise beyond the escrow, and one that nobody can check, is none', async () => {
  const { credit: opening, events } = opened()
  const credit = await opening
  credit.worked(work(60))
  const { balance } = running.dev.payoutChannel
  expect(await credit.admit(voucher(balance + 1n))).toBe(false)
  expect(await credit.admit('not a voucher')).toBe(false)
  await credit.close()
  const cut = opened({ rpc: jsonRpc('http://127.0.0.1:9') })
  const blind = await cut.credit
  blind.worked(work(60))
  expect(await blind.admit(voucher(60n))).toBe(false)
  await blind.close()
  expect(events).toEqual([
    { event: 'voucher_refused', reason: 'above_balance' },
    { event: 'voucher_refused', reason: 'unreadable' },
  ])
  expect(cut.events).toEqual([{ event: 'voucher_refused', reason: 'chain_unavailable' }])
})

test('a file that cannot be written takes no voucher', async () => {
  const { credit: opening, events } = opened({ file: join(running.folder, 'missing', 'credit') })
  const credit = await opening
  credit.worked(work(60))
  expect(await credit.admit(voucher(60n))).toBe(false)
  expect(paidAmount(credit.book)).toBe(0n)
  await credit.close()
  expect(events.map(({ event }) => event)).toContain('credit_not_saved')
})

test('a gateway that withdraws is told of while there is time to claim, and believed no more when there is not', async () => {
  const { credit: opening, events } = opened()
  const credit = await opening
  credit.worked(work(60))
  expect(await credit.admit(voucher(60n))).toBe(true)
  const { chain, dev } = running
  const { settlement } = devContractHandles(dev.contracts)
  const treasury = openSender({
    rpc: chain.rpc,
    chainId: dev.chainId,
    privateKey: dev.keys.treasury,
  })
  const { config, balance } = dev.payoutChannel
  const args = [config, balance]
  expectOk(
    await sendCall(treasury, { contract: settlement, functionName: 'initiateWithdraw', args }),
  )
  // What we know of the channel is as old as it may be: the chain is asked again.
  nowMs += channelFactsAgeMaxMs + 1
  credit.worked(work(60))
  expect(await credit.admit(voucher(120n))).toBe(true)
  expect(events).toEqual([{ event: 'gateway_withdraws', finalAtS: expect.any(Number) }])
  nowMs += (config.withdrawDelay - 86_000) * 1000
  credit.worked(work(60))
  expect(await credit.admit(voucher(180n))).toBe(false)
  expect(events.at(-1)).toEqual({ event: 'voucher_refused', reason: 'withdrawal_too_near' })
  await credit.close()
})
