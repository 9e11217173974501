/*
 * From a lie to the stake that it costs, and to who told of it: `vouch slash` on a real chain, with every contract as `vouch
 * contracts deploy` puts it there.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkpointDigest, checkpointsHash } from '../../src/chain/checkpoint-typed-data.ts'
import { keccak256Hex } from '../../src/chain/keccak.ts'
import { receiptDigest, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { readOperator, readReceiptStatus } from '../../src/chain/receipt-verifier-contract.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { addressWord, hashWord, uintWord } from '../../src/chain/typed-data.ts'
import { CommandFailure } from '../../src/cli/command.ts'
import { runSlash } from '../../src/cli/slash-command.ts'
import type { ParsedReceipt } from '../../src/client/parse-receipt-document.ts'
import {
  address,
  atomic,
  type Bytes32,
  bytes32,
  signature,
  unixSeconds,
} from '../../src/domain/units.ts'
import { askJob, leastTerms } from '../support/asked-jobs.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { documentOf, type ReceiptChanges, signReceipt } from '../support/signed-receipt.ts'
import {
  type SlashingParty,
  type SlashingPlace,
  startSlashingPlace,
} from '../support/slashing-place.ts'

let at: SlashingPlace
let gateway: SlashingParty
let contributor: SlashingParty
let reporter: Sender
let keyFile: string
const folder = temporaryFolder()
const dayS = 86_400
const stake = 1_000_000_000n
let tests = 0

beforeAll(async () => {
  at = await startSlashingPlace()
}, 60_000)
afterAll(async () => {
  await at?.stop()
  folder.remove()
})

/** New parties for each test: what one test slashes, no other misses. */
async function newParties(): Promise<void> {
  tests += 1
  gateway = await at.newParty('gateway')
  contributor = await at.newParty('contributor')
  const account = await at.newAccount(100n)
  reporter = account.sender
  keyFile = join(folder.path, `reporter-${tests}.key`)
  writeFileSync(keyFile, account.key, { mode: 0o600 })
}

const idOf = (n: number): Bytes32 => bytes32(`0x${n.toString(16).padStart(64, '0')}`)

/** The n-th honest receipt, finished now, with the changes in it before it is signed. */
async function receiptOf(n: number, changes: ReceiptChanges = {}): Promise<ParsedReceipt> {
  const finishedAt = unixSeconds(await at.nowS())
  return signReceipt({
    ...changes,
    keys: { gateway: gateway.signingKey, contributor: contributor.signingKey },
    place: at.place,
    sheet: { operator: gateway.operator.address, asset: at.asset.address, ...changes.sheet },
    work: {
      jobId: idOf(n),
      gateway: gateway.operator.address,
      contributor: contributor.operator.address,
      startedAt: finishedAt,
      finishedAt,
      ...changes.work,
    },
    receipt: { receiptId: idOf(n), gatewaySeq: n, channelSeq: n, ...changes.receipt },
  })
}

/** A folder with these documents, one file each. */
function pileOf(documents: readonly unknown[]): string {
  const pile = join(folder.path, `pile-${tests}-${documents.length}`)
  mkdirSync(pile, { recursive: true })
  for (const [i, document] of documents.entries()) {
    writeFileSync(join(pile, `${i}.json`), JSON.stringify(document))
  }
  return pile
}

const documentWith = (parsed: ParsedReceipt, more: object = {}) => ({
  ...documentOf(parsed),
  ...more,
})

type Told = { readonly code: number; readonly text: string; readonly json: Record<string, unknown> }

async function slash(...argv: readonly string[]): Promise<Told> {
  const lines: string[] = []
  const errors: string[] = []
  const terminal = {
    print: (line: string) => void lines.push(line),
    printError: (line: string) => void errors.push(line),
  }
  const text = () => [...errors, ...lines].join('\n')
  try {
    const code = await runSlash([...argv, '--rpc', at.chain.url, '--json'], {
      terminal,
      nowMs: Date.now,
    })
    return { code, text: text(), json: JSON.parse(lines.join('\n')) as Record<string, unknown> }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    return { code: error.exitCode, text: `${text()}\n${error.message}`, json: {} }
  }
}

/** What `check` writes for a pile: the paths of the evidence. */
async function evidenceIn(pile: string, ...more: readonly string[]): Promise<readonly string[]> {
  const out = `${pile}-faults`
  const { json } = await slash('check', pile, '--out', out, ...more)
  return (json['faults'] as readonly { readonly file: string }[]).map(({ file }) => file)
}

const report = (file: string) => slash('report', file, '--key-file', keyFile, '--yes')

async function theOnly(paths: readonly string[]): Promise<string> {
  const [path] = paths
  expect(paths).toHaveLength(1)
  return String(path)
}

/** What is left of a party's stake. */
async function stakeOf(role: 'contributors' | 'gateways', party: SlashingParty): Promise<bigint> {
  const standing = await readOperator(at.rpc, at.contracts[role].address, party.operator.address)
  if (!standing.ok) throw new Error(standing.error.reason)
  return standing.value.stake + standing.value.unbonding
}

/** Reports what is found, and holds what was shown before to what was taken and paid. */
async function provesAndPays(
  file: string,
  role: 'contributors' | 'gateways',
  party: SlashingParty,
): Promise<void> {
  const stakeBefore = await stakeOf(role, party)
  const [paidBefore, insuredBefore] = [
    await at.balanceOf(reporter.address),
    await at.balanceOf(at.insurance),
  ]
  const shown = await slash('status', file)
  expect(shown.json).toMatchObject({ state: 'reportable', reporter: null })
  const taken = BigInt(String(shown.json['expected_taken']))
  const reward = BigInt(String(shown.json['expected_reward']))
  expect(taken).toBeGreaterThan(0n)
  expect(reward).toBe((taken * 20n) / 100n)
  const told = await report(file)
  expect(told).toMatchObject({ code: 0, json: { state: 'paid', reporter: reporter.address } })
  expect(await stakeOf(role, party)).toBe(stakeBefore - taken)
  expect(await at.balanceOf(reporter.address)).toBe(paidBefore + reward)
  expect(await at.balanceOf(at.insurance)).toBe(insuredBefore + taken - reward)
  const again = await report(file)
  expect(again).toMatchObject({ code: 0, json: { state: 'paid', transactions: [] } })
  expect(await stakeOf(role, party)).toBe(stakeBefore - taken)
}

const signedWork = (parsed: ParsedReceipt, changes: Partial<ParsedReceipt['receipt']['work']>) => {
  const work = { ...parsed.receipt.work, ...changes }
  const digest = workDigest(at.domain, work)
  const { domain } = parsed
  return {
    object: 'vouch.work',
    domain,
    work,
    signature: signDigest(digest, contributor.signingKey),
  }
}

describe('a contributor that contradicts itself (S1)', () => {
  test('by two Works of one job loses everything, once, and its reporter is paid', async () => {
    await newParties()
    const [one, other] = [await receiptOf(1), await receiptOf(2)]
    const lie = signedWork(one, { promptTokens: 1 })
    const file = await theOnly(
      await evidenceIn(pileOf([one, other].map((it) => documentWith(it)).concat(lie as never))),
    )
    await provesAndPays(file, 'contributors', contributor)
    // No other pair of the same job is another fault, and nothing is found any more.
    const more = signedWork(one, { promptTokens: 2 })
    const found = await slash('check', pileOf([documentWith(one), lie, more, more]))
    expect(found).toMatchObject({ code: 0, json: { faults: [] } })
    expect(found.text).toContain('slashed already')
  })

  test('by two checkpoints, as a receipt keeps them, and also while its stake is on its way out', async () => {
    await newParties()
    const { operator } = contributor
    const registry = at.contracts.contributors
    const base = await receiptOf(3)
    const { jobId, finishedAt: signedAt } = base.receipt.work
    const pair = [10, 11].map((completionTokens) => {
      const checkpoint = {
        jobId,
        gateway: gateway.operator.address,
        contributor: operator.address,
        index: 4,
        streamHash: idOf(4),
        completionTokens,
        signedAt,
      }
      const digest = checkpointDigest(at.domain, checkpoint)
      return { checkpoint, signature: signDigest(digest, contributor.signingKey) }
    })
    const evidenceHash = checkpointsHash(
      at.domain,
      pair.map(({ checkpoint }) => checkpoint),
    )
    const receipt = await receiptOf(3, { receipt: { tiers: 1, evidenceHash } })
    await at.wait(60)
    await at.send(operator, registry, 'revokeSigningKey', contributor.signingAddress)
    await at.send(operator, registry, 'startUnbonding', stake)
    const pile = pileOf([documentWith(receipt, { evidence: { checkpoints: pair } })])
    await provesAndPays(await theOnly(await evidenceIn(pile)), 'contributors', contributor)
  })

  test('is proven by a wallet that signs by ERC-1271, too', async () => {
    await newParties()
    const owner = gateway.operator.address
    const wallet = await at.placeWallet(owner)
    const { operator } = contributor
    await at.send(operator, at.contracts.contributors, 'addSigningKey', wallet, at.startS)
    const base = await receiptOf(5)
    const [one, other] = [1, 2].map((promptTokens) => {
      const lie = signedWork(base, { promptTokens })
      const signed = signDigest(workDigest(at.domain, lie.work), gateway.operatorKey)
      return { ...lie, signature: signature(`${wallet}${signed.slice(2)}`) }
    })
    const file = await theOnly(await evidenceIn(pileOf([one, other])))
    await provesAndPays(file, 'contributors', contributor)
  })
})

describe('a gateway that gives one number twice (S2)', () => {
  test.each([
    ['its own', { gatewaySeq: 7, channelSeq: 8 }],
    ['that of a channel', { gatewaySeq: 8, channelSeq: 7 }],
  ])('loses its whole bond: %s', async (_, numbers) => {
    await newParties()
    const one = await receiptOf(7)
    const other = await receiptOf(9, { receipt: { ...numbers } })
    const file = await theOnly(await evidenceIn(pileOf([one, other].map((it) => documentWith(it)))))
    await provesAndPays(file, 'gateways', gateway)
    for (const { receipt } of [one, other]) {
      const digest = receiptDigest(at.domain, receipt)
      const status = await readReceiptStatus(at.rpc, at.place.verifyingContract, digest)
      expect(status).toEqual({ ok: true, value: 3 })
    }
  })
})

test('an overcharge costs ten times its excess (S3)', async () => {
  await newParties()
  const dear = await receiptOf(11, { receipt: { cost: atomic(240n + 3_000_000n) } })
  const file = await theOnly(
    await evidenceIn(pileOf([documentWith(await receiptOf(12)), documentWith(dear)])),
  )
  await provesAndPays(file, 'gateways', gateway)
  expect(await stakeOf('gateways', gateway)).toBe(stake - 30_000_000n)
})

describe('a promise to anchor (S4)', () => {
  test('that was broken is challenged, and concluded a day later by the same command', async () => {
    await newParties()
    const anchorBy = unixSeconds((await at.nowS()) + 60)
    const promised = await receiptOf(13, { receipt: { anchorBy } })
    const pile = pileOf([documentWith(promised)])
    expect(await evidenceIn(pile, '--promises')).toEqual([])
    await at.wait(61)
    const file = await theOnly(await evidenceIn(pile, '--promises'))
    expect(await report(file)).toMatchObject({ code: 0, json: { state: 'challenged' } })
    const waiting = await report(file)
    expect(waiting).toMatchObject({ code: 0, json: { state: 'challenged', transactions: [] } })
    await at.wait(dayS + 1)
    const before = await at.balanceOf(reporter.address)
    expect(await report(file)).toMatchObject({ code: 0, json: { state: 'paid' } })
    expect(await at.balanceOf(reporter.address)).toBe(before + 10_000_000n)
    expect(await stakeOf('gateways', gateway)).toBe(stake - 50_000_000n)
    expect(await report(file)).toMatchObject({ code: 0, json: { state: 'paid', transactions: [] } })
  })

  test('that was kept is answered, and costs nothing', async () => {
    await newParties()
    const anchorBy = unixSeconds((await at.nowS()) + 60)
    const promised = await receiptOf(14, { receipt: { anchorBy } })
    const digest = receiptDigest(at.domain, promised.receipt)
    const root = keccak256Hex(hashWord(digest))
    const { operator } = gateway
    await at.send(operator, at.contracts.receiptAnchor, 'anchor', root, 1, 0)
    await at.wait(61)
    const file = await theOnly(await evidenceIn(pileOf([documentWith(promised)]), '--promises'))
    expect(await report(file)).toMatchObject({ code: 0, json: { state: 'challenged' } })
    await at.send(operator, at.contracts.inclusion, 'answer', digest, root, [])
    await at.wait(dayS + 1)
    const told = await report(file)
    expect(told).toMatchObject({ code: 0, json: { state: 'answered', transactions: [] } })
    expect(await stakeOf('gateways', gateway)).toBe(stake)
  })
})

describe('a tier that nothing stands behind (S5)', () => {
  test('costs the whole bond, and a key that is bound costs nothing', async () => {
    await newParties()
    const { tierEvidence } = at.contracts
    const [operator, key] = [contributor.operator.address, contributor.signingAddress]
    const reportData = keccak256Hex(
      uintWord(at.place.chainId, 256) +
        addressWord(tierEvidence.address) +
        addressWord(operator) +
        addressWord(key),
    )
    const early = await receiptOf(15, { receipt: { tiers: 3 | 16 } })
    await at.wait(60)
    const until = uintWord((await at.nowS()) + dayS, 256)
    const quote = `0x${hashWord(reportData)}${addressWord(key)}${until}`
    await at.send(contributor.operator, tierEvidence, 'bindKey', operator, key, quote)
    const bound = await receiptOf(16, { receipt: { tiers: 3 | 16 } })
    expect(await evidenceIn(pileOf([documentWith(bound)]))).toEqual([])
    const pile = pileOf([documentWith(bound), documentWith(early)])
    await provesAndPays(await theOnly(await evidenceIn(pile)), 'gateways', gateway)
  })

  /** By hand: nothing can be found before the gateway was asked. */
  async function doubtOf(n: number) {
    const parsed = await receiptOf(n, { receipt: { tiers: 3 | 64 } })
    const { domain, receipt, gatewaySignature } = documentOf(parsed)
    const file = join(folder.path, `doubt-${n}.json`)
    const head = { object: 'vouch.fault', kind: 'S5', domain }
    writeFileSync(file, JSON.stringify({ ...head, receipt, gatewaySignature, tier: 64 }))
    return { file, ...parsed.receipt.work }
  }

  test('who is asked for a proof and shows none in a day loses the whole bond', async () => {
    await newParties()
    const { file } = await doubtOf(17)
    await at.wait(60)
    expect((await slash('status', file)).json).toMatchObject({ state: 'unasked' })
    expect(await report(file)).toMatchObject({ code: 0, json: { state: 'asked' } })
    expect(await report(file)).toMatchObject({
      code: 0,
      json: { state: 'asked', transactions: [] },
    })
    await at.wait(dayS + 1)
    await provesAndPays(file, 'gateways', gateway)
  })

  test('who shows it loses nothing, and who asked its bond', async () => {
    await newParties()
    const { file, modelId, inputHash, contentHash } = await doubtOf(18)
    await at.wait(60)
    expect(await report(file)).toMatchObject({ code: 0, json: { state: 'asked' } })
    const proof = `0x${hashWord(modelId)}${hashWord(inputHash)}${hashWord(contentHash)}`
    const statement = [modelId, inputHash, contentHash]
    const { slashing, tierEvidence } = at.contracts
    const { operator } = gateway
    await at.send(operator, tierEvidence, 'proveInference', ...statement, proof)
    await at.send(operator, slashing, 'closeRequest', operator.address, ...statement)
    await at.send(operator, slashing, 'withdrawBonds', operator.address)
    expect(await at.balanceOf(operator.address)).toBe(10_000_000n)
    await at.wait(dayS + 1)
    const told = await report(file)
    expect(told.code).toBe(1)
    expect(told.text).toContain('tier 64 is true')
    expect(await stakeOf('gateways', gateway)).toBe(stake)
  })
})

test('a job that was accepted and not delivered costs a fixed sum (S6)', async () => {
  await newParties()
  const { coordinator } = at.contracts
  const { sender: consumer } = await at.newAccount(10n)
  const jobId = await askJob(at, consumer, leastTerms(idOf(1)))
  await at.send(contributor.operator, coordinator, 'accept', jobId)
  const out = join(folder.path, 'jobs')
  const named = ['--jobs', '--verifier', at.place.verifyingContract, '--out', out]
  expect(await slash('check', ...named)).toMatchObject({ code: 0, json: { faults: [] } })
  await at.wait(3_601)
  expect((await slash('check', ...named)).code).toBe(1)
  const [name] = readdirSync(out)
  await provesAndPays(join(out, String(name)), 'contributors', contributor)
  expect(await stakeOf('contributors', contributor)).toBe(stake - 20_000_000n)
})

describe('what is no evidence', () => {
  test('statements for another chain or another verifier contract', async () => {
    await newParties()
    const one = await receiptOf(21)
    const numbers = { gatewaySeq: 21, channelSeq: 22 }
    const { domain } = await receiptOf(22, { receipt: numbers })
    const elsewhere = { chainId: 31337, verifyingContract: address(`0x${'99'.repeat(20)}`) }
    const foreign = signReceipt({
      keys: { gateway: gateway.signingKey, contributor: contributor.signingKey },
      place: elsewhere,
      work: one.receipt.work,
      receipt: { ...numbers, receiptId: idOf(22) },
    })
    // Under its own name, and passed off as signed for this verifier.
    const passedOff = { ...documentOf(foreign), domain }
    for (const document of [documentOf(foreign), passedOff]) {
      const found = await slash('check', pileOf([documentWith(one), document]))
      expect(found.json['faults']).toEqual([])
    }
    const path = join(folder.path, 'foreign.json')
    const { receipt, gatewaySignature } = foreign
    const both = [one, { receipt, gatewaySignature }].map((it) => ({
      receipt: documentOf({ ...one, receipt: it.receipt }).receipt,
      gatewaySignature: it.gatewaySignature,
    }))
    writeFileSync(
      path,
      JSON.stringify({ object: 'vouch.fault', kind: 'S2', domain, receipts: both }),
    )
    const told = await report(path)
    expect(told).toMatchObject({ code: 1 })
    expect(told.text).toContain('it would be refused: signature 2 is not of a key')
    writeFileSync(
      path,
      JSON.stringify({
        object: 'vouch.fault',
        kind: 'S2',
        domain: foreign.domain,
        receipts: both,
      }),
    )
    expect((await report(path)).code).toBe(1)
    expect(await stakeOf('gateways', gateway)).toBe(stake)
  })

  test('what is older than stake can be reached', async () => {
    await newParties()
    const one = await receiptOf(23)
    const other = await receiptOf(24, { receipt: { gatewaySeq: 23 } })
    const pile = pileOf([one, other].map((it) => documentWith(it)))
    const file = await theOnly(await evidenceIn(pile))
    await at.wait(7 * dayS + 1)
    const told = await report(file)
    expect(told.code).toBe(1)
    expect(told.text).toContain('it could be reported until')
    expect(await slash('check', pile)).toMatchObject({ code: 0, json: { faults: [], refused: 1 } })
    expect(await stakeOf('gateways', gateway)).toBe(stake)
  })

  test('and what somebody else reported first pays nobody twice', async () => {
    await newParties()
    const one = await receiptOf(25)
    const other = await receiptOf(26, { receipt: { gatewaySeq: 25 } })
    const file = await theOnly(await evidenceIn(pileOf([one, other].map((it) => documentWith(it)))))
    await provesAndPays(file, 'gateways', gateway)
    const late = await at.newAccount()
    const lateFile = join(folder.path, 'late.key')
    writeFileSync(lateFile, late.key, { mode: 0o600 })
    const told = await slash('report', file, '--key-file', lateFile, '--yes')
    expect(told).toMatchObject({ code: 0, json: { state: 'paid', transactions: [] } })
    expect(await at.balanceOf(late.sender.address)).toBe(0n)
  })
})

test('nothing is sent to a verifier that nobody vouches for', async () => {
  await newParties()
  const one = await receiptOf(27)
  const other = await receiptOf(28, { receipt: { gatewaySeq: 27 } })
  const pile = pileOf([one, other].map((it) => documentWith(it)))
  const file = await theOnly(await evidenceIn(pile))
  const named = await slash('status', file, '--verifier', `0x${'99'.repeat(20)}`)
  expect(named.code).toBe(1)
  expect(named.text).toContain('the evidence is for the verifier')
})
