import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentHash } from '../../src/attestation/content-hash.ts'
import { checkpointDigest, checkpointsHash } from '../../src/chain/checkpoint-typed-data.ts'
import { codeAt } from '../../src/chain/contracts.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { runVerify } from '../../src/cli/verify-command.ts'
import { type CheckName, conclude } from '../../src/client/check-line.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { verifyOnChain } from '../../src/client/verify-on-chain.ts'
import type { Verification } from '../../src/client/verify-receipt.ts'
import { devContractHandles } from '../../src/dev/dev-contracts.ts'
import type { Checkpoint } from '../../src/domain/checkpoint.ts'
import { type Address, address, unixSeconds, unixSecondsOf } from '../../src/domain/units.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import {
  answer,
  documentOf,
  type ReceiptChanges,
  signReceipt,
  testKey,
  verificationOf,
} from '../support/signed-receipt.ts'

let running: TestDevChain
let finishedAt: number

beforeAll(async () => {
  running = await startDevChain()
  finishedAt = unixSecondsOf(Date.now())
})
afterAll(() => running?.stop())

/**
 * A receipt of the chain's own gateway and contributor, with the changes in it before it is signed.
 */
function receiptOnChain(changes: ReceiptChanges = {}) {
  const { dev } = running
  return signReceipt({
    ...changes,
    keys: changes.keys ?? {
      gateway: dev.keys.gatewaySigner,
      contributor: dev.keys.contributorSigner,
    },
    place: {
      chainId: dev.chainId,
      verifyingContract: dev.contracts.receiptVerifier,
      ...changes.place,
    },
    sheet: { ...dev.prices, ...changes.sheet },
    work: {
      gateway: dev.addresses.gatewayOperator,
      contributor: dev.addresses.contributorOperator,
      modelId: dev.prices.modelId,
      startedAt: unixSeconds(finishedAt - 1),
      finishedAt: unixSeconds(finishedAt),
      ...changes.work,
    },
    receipt: { channelId: dev.channel.channelId, ...changes.receipt },
  })
}

/** No anchor at all: what the chain itself can say. */
async function verdicts(changes: ReceiptChanges = {}, more: Partial<Verification> = {}) {
  const verification = verificationOf(receiptOnChain(changes), { anchors: noTrustAnchors, ...more })
  const lines = await verifyOnChain(running.chain.rpc, verification)
  const byName = Object.fromEntries(lines.map(({ check, verdict }) => [check, verdict]))
  return { lines, conclusion: conclude(lines), of: (check: CheckName) => byName[check] }
}

const pinned = (verifyingContract: Address) => ({
  anchors: {
    ...noTrustAnchors,
    receiptVerifier: { chainId: running.dev.chainId, verifyingContract },
  },
})

test('every line holds for a receipt of registered keys, and nobody had to name the contract', async () => {
  const { lines, conclusion } = await verdicts()
  expect(lines.filter(({ verdict }) => verdict !== 'holds')).toEqual([])
  expect(lines.map(({ check }) => check).sort()).toEqual([
    'chain',
    'channel',
    'contributor-key',
    'contributor-registration',
    'gateway-key',
    'gateway-registration',
    'price-sheet-published',
    'receipt-status',
    'verifier-contract',
    'verify-call',
    'verify-content-call',
  ])
  expect(conclusion).toBe('holds')
})

test('without tier 2 the contributor is not asked about', async () => {
  const { lines, conclusion, of } = await verdicts({ receipt: { tiers: 1 } })
  expect(conclusion).toBe('holds')
  expect(of('contributor-key')).toBeUndefined()
  expect(lines.length).toBeGreaterThan(5)
})

describe('a stream without a Work', () => {
  /** The receipt of one, with a checkpoint that this key signed then. */
  async function withCheckpoint(key: PrivateKey, signedAt: number) {
    const { dev } = running
    const place = { chainId: dev.chainId, verifyingContract: dev.contracts.receiptVerifier }
    const domain = receiptDomain(place)
    const { work } = receiptOnChain().receipt
    const { jobId, gateway, contributor, streamRoot: streamHash } = work
    const checkpoint: Checkpoint = {
      ...{ jobId, gateway, contributor, streamHash },
      index: 0,
      completionTokens: 1,
      signedAt: unixSeconds(signedAt),
    }
    const evidenceHash = checkpointsHash(domain, [checkpoint])
    const receipt = receiptOnChain({ work: { status: 1 }, receipt: { tiers: 1, evidenceHash } })
    const signature = signDigest(checkpointDigest(domain, checkpoint), key)
    const evidence = { checkpoints: [{ checkpoint, signature }], others: {} }
    const lines = await verifyOnChain(
      running.chain.rpc,
      verificationOf({ ...receipt, evidence }, { anchors: noTrustAnchors }),
    )
    return Object.fromEntries(lines.map(({ check, verdict }) => [check, verdict]))
  }

  test('has its checkpoint judged by the registry, and the contributor’s stake told', async () => {
    expect(await withCheckpoint(running.dev.keys.contributorSigner, finishedAt)).toMatchObject({
      'checkpoint-key': 'holds',
      'contributor-registration': 'holds',
      'verify-call': 'holds',
    })
  })

  test('does not hold with a key that was not registered, or not yet', async () => {
    const { contributorSigner } = running.dev.keys
    expect((await withCheckpoint(testKey('e5'), finishedAt))['checkpoint-key']).toBe('fails')
    const early = await withCheckpoint(contributorSigner, finishedAt - 86_400)
    expect(early['checkpoint-key']).toBe('fails')
  })
})

test('a field that was changed after signing makes the key another one', async () => {
  const signed = receiptOnChain()
  const changed = { ...signed, receipt: { ...signed.receipt, gatewaySeq: 42 } }
  const verification = verificationOf(changed, { anchors: noTrustAnchors })
  const lines = await verifyOnChain(running.chain.rpc, verification)
  const failed = lines.filter(({ verdict }) => verdict === 'fails').map(({ check }) => check)
  expect(failed.sort()).toEqual(['gateway-key', 'verify-call', 'verify-content-call'])
})

describe('keys', () => {
  test('a key that nobody registered', async () => {
    const keys = { gateway: testKey('e5'), contributor: running.dev.keys.contributorSigner }
    const { of } = await verdicts({ keys })
    expect([of('gateway-key'), of('contributor-key'), of('verify-call')]).toEqual([
      'fails',
      'holds',
      'fails',
    ])
  })

  test('a registered key that signs for another operator', async () => {
    const { of } = await verdicts({ work: { contributor: running.dev.addresses.payer } })
    expect([of('contributor-key'), of('contributor-registration')]).toEqual(['fails', 'fails'])
  })

  test('a key before it was active', async () => {
    const early = unixSeconds(finishedAt - 86_400)
    const { of, lines } = await verdicts({ work: { startedAt: early, finishedAt: early } })
    expect([of('gateway-key'), of('verify-call')]).toEqual(['fails', 'fails'])
    expect(lines.find(({ check }) => check === 'gateway-key')?.detail).toContain('before')
  })
})

describe('places', () => {
  test('another chain id', async () => {
    const { lines, of } = await verdicts({ place: { chainId: 1 } })
    expect(of('chain')).toBe('fails')
    expect(lines).toHaveLength(1)
  })

  test('no contract there', async () => {
    const verifyingContract = address(`0x${'99'.repeat(20)}`)
    const { lines, of } = await verdicts({ place: { verifyingContract } })
    expect(of('verifier-contract')).toBe('fails')
    expect(lines).toHaveLength(2)
  })

  test('a contract that is no verifier', async () => {
    const { asset } = running.dev.contracts
    const { conclusion, of } = await verdicts({ place: { verifyingContract: asset } })
    expect([of('verifier-contract'), of('verify-call'), of('gateway-key')]).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ])
    expect(conclusion).toBe('unproven')
  })

  test('a verifier with other code is believed only by those who pin it', async () => {
    const { rpc } = running.chain
    const impostor = address(`0x${'ab'.repeat(20)}`)
    const code = expectOk(await codeAt(rpc, running.dev.contracts.receiptVerifier))
    expectOk(await rpc.call('anvil_setCode', [impostor, `${code}00`]))
    const place = { verifyingContract: impostor }
    const unpinned = await verdicts({ place })
    expect([unpinned.of('verifier-contract'), unpinned.of('gateway-key')]).toEqual([
      'unknown',
      'unknown',
    ])
    expect(unpinned.of('verify-call')).toBe('holds')
    expect(unpinned.conclusion).toBe('unproven')
    expect((await verdicts({ place }, pinned(impostor))).conclusion).toBe('holds')
  })
})

describe('content', () => {
  const toolCalls = [
    { type: 'function', id: 'call_1', function: { name: 'add', arguments: '{"a":1}' } },
  ]

  test('another content', async () => {
    const evidence = {
      content: [Buffer.from(`${answer} `)],
      request: undefined,
      response: undefined,
    }
    expect((await verdicts({}, { evidence })).of('verify-content-call')).toBe('fails')
  })

  test('tool calls, however they are spaced', async () => {
    const work = { contentHash: contentHash([{ text: '', toolCalls }]) }
    const content = [Buffer.from(JSON.stringify(toolCalls, undefined, 2))]
    const evidence = { content, request: undefined, response: undefined }
    expect((await verdicts({ work }, { evidence })).of('verify-content-call')).toBe('holds')
  })

  test('several choices, which the contract does not compare', async () => {
    const choices = ['one', 'two'].map((text) => ({ text, toolCalls: [] }))
    const content = choices.map(({ text }) => Buffer.from(text))
    const evidence = { content, request: undefined, response: undefined }
    const { of } = await verdicts({ work: { contentHash: contentHash(choices) } }, { evidence })
    expect(of('verify-content-call')).toBe('unknown')
  })

  test('a policy that the receipt does not meet', async () => {
    const policy = { gateway: undefined, modelId: undefined, tiers: undefined, maxAgeS: undefined }
    const other = { ...policy, gateway: running.dev.addresses.payer }
    expect((await verdicts({}, { policy: other })).of('verify-content-call')).toBe('fails')
    expect((await verdicts({}, { policy: { ...policy, tiers: 3 } })).conclusion).toBe('holds')
  })
})

test('a price sheet and a channel that the chain does not know are no failure', async () => {
  const { of, conclusion } = await verdicts({
    sheet: { validUntil: unixSeconds(finishedAt + 1) },
    receipt: { channelId: signReceipt().receipt.channelId },
  })
  expect([of('price-sheet-published'), of('channel')]).toEqual(['unknown', 'unknown'])
  expect(conclusion).toBe('holds')
})

test('the command says all of it and exits 0, and 1 for another content', async () => {
  const receiptFile = join(running.folder, 'receipt.json')
  const answerFile = join(running.folder, 'answer.txt')
  writeFileSync(receiptFile, JSON.stringify(documentOf(receiptOnChain())))
  writeFileSync(answerFile, answer)
  const printed: string[] = []
  const run = () =>
    runVerify([receiptFile, '--content', answerFile, '--rpc', running.dev.rpcUrl], {
      terminal: { print: (line) => void printed.push(line), printError: () => undefined },
      nowMs: Date.now,
      readStandardInput: async () => Buffer.alloc(0),
      folder: running.folder,
      style: { ascii: true, coloured: false },
    })
  expect(await run()).toBe(0)
  expect(printed.join('\n')).toContain('HOLDS: ')
  writeFileSync(answerFile, `${answer}\n`)
  expect(await run()).toBe(1)
  expect(printed.join('\n')).toContain('only a line feed at the end is too many')
})

// Last, because a revoked key never comes back.
test('a revoked key keeps what it signed before and signs nothing after', async () => {
  const { rpc } = running.chain
  const { dev } = running
  const handles = devContractHandles(dev.contracts)
  const operator = openSender({
    rpc,
    chainId: dev.chainId,
    privateKey: dev.keys.contributorOperator,
  })
  expectOk(
    await sendCall(operator, {
      contract: handles.contributorRegistry,
      functionName: 'revokeSigningKey',
      args: [dev.addresses.contributorSigner],
    }),
  )
  const before = unixSeconds(finishedAt - 60)
  expect((await verdicts({ work: { startedAt: before, finishedAt: before } })).conclusion).toBe(
    'holds',
  )
  const after = unixSeconds(finishedAt + 600)
  const later = await verdicts({ work: { finishedAt: after } })
  expect([later.of('contributor-key'), later.of('gateway-key')]).toEqual(['fails', 'holds'])
})
