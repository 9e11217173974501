/*
 * A gateway that lies about its log, in every way that there is, is caught by whoever audits it; an honest one is not.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { receiptAnchorAt } from '../../src/chain/receipt-anchor.ts'
import { receiptDigest, receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { runLog } from '../../src/cli/log-command.ts'
import { runVerify } from '../../src/cli/verify-command.ts'
import type { CheckLine } from '../../src/client/check-line.ts'
import { parseFaultEvidence } from '../../src/client/fault-evidence.ts'
import type { ParsedReceipt } from '../../src/client/parse-receipt-document.ts'
import type { LogHeadDocument } from '../../src/domain/log-documents.ts'
import { logEntriesText } from '../../src/domain/log-entries.ts'
import type { LogHead } from '../../src/domain/log-head.ts'
import { mirrorFiles } from '../../src/domain/log-mirror.ts'
import { type Bytes32, bytes32, unixSeconds, unixSecondsOf } from '../../src/domain/units.ts'
import { formBatch } from '../../src/transparency/form-batch.ts'
import { expectOk } from '../support/dev-chain.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { signedHeadIn, someDigests } from '../support/log-batches.ts'
import { type Lie, type LogFront, startLogFront } from '../support/log-front.ts'
import {
  type LogChain,
  type LogProcess,
  openLogProcess,
  startLogChain,
} from '../support/log-place.ts'
import { documentOf, signReceipt, testKey } from '../support/signed-receipt.ts'

const promiseS = 3_600
let chain: LogChain
let folder: ReturnType<typeof temporaryFolder>
let key: Awaited<ReturnType<LogChain['account']>>
let clock: { nowMs: number }
const ends: (() => Promise<void>)[] = []
let audits = 0

beforeAll(async () => {
  chain = await startLogChain()
})
afterAll(() => chain.stop())
beforeEach(async () => {
  folder = temporaryFolder()
  key = await chain.account()
  clock = { nowMs: Date.now() }
})
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
  folder.remove()
})

/** Receipts as this chain's gateway signs them. */
function receiptOf(
  gatewaySeq: number,
  anchorBy = unixSecondsOf(clock.nowMs) + promiseS,
): ParsedReceipt {
  const { addresses, keys, contracts, chainId } = chain.dev.dev
  const nowS = unixSecondsOf(clock.nowMs)
  return signReceipt({
    work: { gateway: addresses.gatewayOperator, startedAt: nowS, finishedAt: nowS },
    receipt: {
      gatewaySeq,
      channelSeq: gatewaySeq,
      receiptId: bytes32(`0x${String(gatewaySeq).padStart(64, '0')}`),
      anchorBy: unixSeconds(anchorBy),
    },
    place: { chainId, verifyingContract: contracts.receiptVerifier },
    keys: { gateway: keys.gatewaySigner, contributor: keys.contributorSigner },
  })
}
const digestOf = ({ receipt, domain }: ParsedReceipt): Bytes32 =>
  receiptDigest(receiptDomain(domain), receipt)

function open(receipts: readonly Bytes32[], terms: { readonly key?: typeof key } = {}): LogProcess {
  const log = openLogProcess({
    ...{ chain, receipts, clock, receiptsMax: 4, key: terms.key ?? key },
    folder: terms.key === undefined ? folder.path : newFolder(),
  })
  ends.push(log.stop)
  return log
}
function newFolder(): string {
  const made = temporaryFolder()
  ends.push(async () => made.remove())
  return made.path
}
/** Closes everything and anchors the first batches, or all. */
async function publish({ closer, anchorer, store }: LogProcess, batchesMax = 1_000): Promise<void> {
  await closer.look('all')
  for (;;) {
    const standing = await anchorer.look()
    if (standing.state !== 'even') throw new Error(JSON.stringify(standing))
    const { batches } = await store.length()
    if (standing.anchored === Math.min(batches, batchesMax)) return
    await anchorer.anchor(standing.anchored)
  }
}
async function serve(log: LogProcess, lie?: Lie): Promise<LogFront> {
  const { addresses, contracts, chainId } = chain.dev.dev
  const place = { chainId, verifyingContract: contracts.receiptVerifier }
  const front = await startLogFront({
    reader: log.reader,
    facts: {
      gateway: addresses.gatewayOperator,
      domain: { name: 'Vouch Receipts', version: '1', ...place },
      receiptAnchor: chain.receiptAnchor,
      sender: log.sender,
    },
    promiseS,
    ...(lie === undefined ? {} : { lie }),
  })
  ends.push(front.stop)
  return front
}

type Audited = {
  readonly code: number
  readonly kinds: readonly string[]
  readonly batches: number
  readonly receipts: number
  readonly evidence: readonly string[]
  readonly forks: readonly string[]
}

/** `vouch log audit`, as a person runs it. */
async function audit(
  { origin }: LogFront,
  held: readonly ParsedReceipt[] = [],
  more: readonly string[] = [],
): Promise<Audited> {
  const files = held.map((parsed, index) => {
    const path = join(folder.path, `receipt-${index}.json`)
    writeReceipt(path, parsed)
    return path
  })
  audits += 1
  const evidence = join(folder.path, `faults-${audits}.jsonl`)
  const said: string[] = []
  const terminal = { print: (line: string) => said.push(line), printError: () => undefined }
  const args = ['audit', '--gateway', origin, '--rpc', chain.dev.chain.url, '--json']
  const code = await runLog([...args, '--evidence', evidence, ...more, ...files], {
    terminal,
    nowMs: () => clock.nowMs,
  })
  const report = JSON.parse(said.at(-1) ?? '') as {
    readonly findings: readonly { readonly kind: string }[]
    readonly batches: number
    readonly receipts: number
  }
  return {
    ...report,
    code,
    kinds: [...new Set(report.findings.map(({ kind }) => kind))],
    evidence: linesOf(evidence),
    forks: linesOf(`${evidence}.forks`),
  }
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n')
  } catch {
    return []
  }
}
/** The line about the log, as `vouch verify --log` prints it. */
async function verify(parsed: ParsedReceipt, origin: string): Promise<CheckLine | undefined> {
  const file = join(folder.path, 'verified.json')
  writeReceipt(file, parsed)
  const said: string[] = []
  const print = (line: string) => void said.push(line)
  await runVerify([file, '--log', origin, '--rpc', chain.dev.chain.url, '--json'], {
    terminal: { print, printError: print },
    nowMs: () => clock.nowMs,
    readStandardInput: async () => Buffer.alloc(0),
    folder: folder.path,
    style: { ascii: true, coloured: false },
  })
  const report = JSON.parse(said.join('')) as { readonly checks: readonly CheckLine[] }
  return report.checks.find(({ check }) => check === 'inclusion')
}

function writeReceipt(path: string, parsed: ParsedReceipt): void {
  writeFileSync(path, JSON.stringify(documentOf(parsed)))
}

/** Evidence that `vouch slash` reads. */
const kindsOf = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => expectOk(parseFaultEvidence(Buffer.from(line))).kind)

describe('an honest log', () => {
  test('holds from the chain up, with every receipt in its place', async () => {
    const held = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seq) => receiptOf(seq))
    const log = open(held.map(digestOf))
    await publish(log)
    const front = await serve(log)
    const report = await audit(front, held)
    expect(report).toMatchObject({ code: 0, kinds: [], batches: 3, receipts: 9, evidence: [] })
  })

  test('holds while its newest batches are on their way to the chain', async () => {
    const held = [1, 2, 3, 4, 5].map((seq) => receiptOf(seq))
    const log = open(held.map(digestOf))
    await publish(log, 1)
    expect(await audit(await serve(log), held)).toMatchObject({ code: 0, batches: 2 })
  })

  test('is copied, and audited again from the copy, which tells another log apart', async () => {
    const receipts = [...someDigests(6)]
    const log = open(receipts)
    await publish(log)
    const mirror = newFolder()
    const fetched: string[] = []
    const front = await serve(log, (path, truth) => {
      fetched.push(path)
      return truth
    })
    expect(await audit(front, [], ['--mirror', mirror])).toMatchObject({ code: 0, batches: 2 })
    receipts.push(...someDigests(2, 'more/'))
    await publish(log)
    fetched.splice(0)
    expect(await audit(front, [], ['--mirror', mirror])).toMatchObject({ code: 0, batches: 3 })
    // Entries that were copied are not fetched again.
    expect(fetched.filter((path) => path.endsWith('.jsonl'))).toEqual(['batches/2.jsonl'])
    expect(await audit(front, [], ['--against', mirror])).toMatchObject({ code: 0 })
    expect(await audit(front, [], ['--from', '1'])).toMatchObject({ code: 0, batches: 2 })
  })

  test('is compared with a copy, or nobody is told that it was', async () => {
    const log = open(someDigests(6))
    await publish(log)
    const front = await serve(log)
    const mirror = newFolder()
    await expect(audit(front, [], ['--against', join(mirror, 'nowhere')])).rejects.toThrow('ENOENT')
    mkdirSync(mirror, { recursive: true })
    await expect(audit(front, [], ['--against', mirror])).rejects.toThrow('has no copy of a log')
    expect(await audit(front, [], ['--mirror', mirror])).toMatchObject({ code: 0, batches: 2 })
    const { entries, head } = mirrorFiles(1)
    const kept = readFileSync(join(mirror, entries), 'utf8')
    writeFileSync(join(mirror, entries), kept.replace('"0x', '"0xf'))
    // A damaged copy is no fault of the gateway's.
    await expect(audit(front, [], ['--mirror', mirror])).rejects.toThrow('was changed')
    writeFileSync(join(mirror, entries), kept)
    writeFileSync(join(mirror, head), '{')
    await expect(audit(front, [], ['--against', mirror])).rejects.toThrow(`${head}: it is no JSON`)
  })
})

describe('a gateway is caught that', () => {
  test('drops a receipt, which is said also where the batch of its number is known', async () => {
    const held = [1, 2, 3, 4].map((seq) => receiptOf(seq))
    const log = open(held.map(digestOf).toSpliced(1, 1))
    await publish(log)
    const front = await serve(log)
    const file = join(folder.path, 'dropped.json')
    writeReceipt(file, held[1] as ParsedReceipt)
    const said: string[] = []
    const args = ['audit', file, '--gateway', front.origin, '--rpc', chain.dev.chain.url]
    const print = (line: string) => void said.push(line)
    const surroundings = { terminal: { print, printError: print }, nowMs: () => clock.nowMs }
    expect(await runLog(args, surroundings)).toBe(1)
    expect(said[0]).toMatch(/^receipt-missing: the log has 0x/)
    expect(said.at(-1)).toMatch(/: 1 finding$/)
  })

  test('drops a receipt: whoever holds it finds another in its place, and can have it slashed', async () => {
    const due = unixSecondsOf(clock.nowMs) + promiseS
    const held = [1, 2, 3, 4].map((seq) => receiptOf(seq, due))
    const log = open(held.map(digestOf).toSpliced(1, 1))
    await publish(log)
    const front = await serve(log)
    expect(await audit(front, [held[0] as ParsedReceipt])).toMatchObject({ code: 0 })
    // It is wrong at once, and punishable once the promise is due.
    expect(await audit(front, [held[1] as ParsedReceipt])).toMatchObject({
      kinds: ['receipt-missing'],
      evidence: [],
    })
    clock.nowMs = (due + 1) * 1000
    const report = await audit(front, [held[1] as ParsedReceipt])
    expect(report.kinds).toEqual(['receipt-missing'])
    expect(kindsOf(report.evidence)).toEqual(['S4'])
    // The last one is not there at all.
    const last = await audit(front, [held[3] as ParsedReceipt])
    expect(last.kinds).toEqual(['receipt-missing'])
    expect(kindsOf(last.evidence)).toEqual(['S4'])
  })

  test('reorders receipts', async () => {
    const held = [1, 2, 3].map((seq) => receiptOf(seq))
    const [a, b, c] = held.map(digestOf) as [Bytes32, Bytes32, Bytes32]
    const log = open([a, c, b])
    await publish(log)
    const report = await audit(await serve(log), held)
    expect(report).toMatchObject({ code: 1, kinds: ['receipt-missing'] })
  })

  test('gives two receipts one number', async () => {
    const mine = receiptOf(2)
    const yours = receiptOf(2, unixSecondsOf(clock.nowMs) + promiseS + 7)
    const log = open([digestOf(receiptOf(1)), digestOf(mine)])
    await publish(log)
    const report = await audit(await serve(log), [mine, yours])
    expect(report.kinds).toEqual(['receipt-forked', 'receipt-missing'])
    expect(kindsOf(report.evidence)).toContain('S2')
  })

  test('gives two receipts one number, to whoever verifies the one that the log has not', async () => {
    const mine = receiptOf(2)
    const yours = receiptOf(2, unixSecondsOf(clock.nowMs) + promiseS + 7)
    const log = open([digestOf(receiptOf(1)), digestOf(mine), ...someDigests(7)])
    await publish(log)
    const { origin } = await serve(log)
    expect(await verify(mine, origin)).toMatchObject({ verdict: 'holds' })
    const line = await verify(yours, origin)
    expect(line).toMatchObject({ verdict: 'fails' })
    expect(line?.detail).toContain(`${digestOf(mine)} has it in batch 0`)
    expect(line?.detail).toContain('evidence for S2')
    // Of a number that the log has not reached, nothing is known.
    expect(await verify(receiptOf(10), origin)).toMatchObject({ verdict: 'unknown' })
  })

  test('anchors late', async () => {
    const late = receiptOf(1, unixSecondsOf(clock.nowMs) - 60)
    const log = open([digestOf(late)])
    await publish(log)
    const report = await audit(await serve(log), [late])
    expect(report.kinds).toEqual(['receipt-late'])
    expect(kindsOf(report.evidence)).toEqual(['S4'])
  })

  test('never anchors what it signed', async () => {
    const held = receiptOf(1)
    const log = open([digestOf(held)])
    await log.closer.look('all')
    clock.nowMs += (promiseS + 60) * 1000
    const report = await audit(await serve(log), [held])
    expect(report.kinds).toEqual(['anchor-missing', 'receipt-late'])
    expect(kindsOf(report.evidence)).toEqual(['S4'])
  })

  test('serves fewer entries than it signed, or others, or the same in another order', async () => {
    const digests = someDigests(4)
    const log = open(digests)
    await publish(log)
    for (const entries of [
      digests.slice(1),
      digests.with(2, digests[0] as Bytes32),
      digests.toReversed(),
    ]) {
      const front = await serve(log, (path, truth) =>
        path.endsWith('.jsonl') ? logEntriesText(1, entries) : truth,
      )
      const report = await audit(front)
      expect(report.code).toBe(1)
      expect(report.kinds).toContain('entries-altered')
    }
  })

  /** A head that its own key signs, over other receipts than those that were anchored. */
  const resigned = (
    digests: readonly Bytes32[],
    before: LogHead | undefined,
    by = chain.dev.dev.keys.gatewaySigner,
  ): LogHeadDocument => {
    const { addresses, contracts, chainId } = chain.dev.dev
    const head = formBatch({
      ...{ gateway: addresses.gatewayOperator, before, digests },
      closedAt: unixSecondsOf(clock.nowMs),
    })
    return signedHeadIn({ chainId, verifyingContract: contracts.receiptVerifier }, head, by)
  }
  const serving =
    (document: LogHeadDocument, digests: readonly Bytes32[]): Lie =>
    (path, truth) => {
      const { batch, firstSeq } = document.head
      if (path === `batches/${batch}`) return JSON.stringify(document)
      return path === `batches/${batch}.jsonl` ? logEntriesText(firstSeq, digests) : truth
    }

  test('rewrites a closed batch', async () => {
    const log = open(someDigests(8))
    await publish(log)
    const mirror = newFolder()
    expect(await audit(await serve(log), [], ['--mirror', mirror])).toMatchObject({ code: 0 })
    const [first, second] = await log.store.batches({ from: 0, limit: 2 })
    const digests = someDigests(4, 'rewritten/')
    const front = await serve(log, serving(resigned(digests, first?.head), digests))
    // The chain says so, and who has a copy has two heads that the gateway signed.
    expect((await audit(front)).kinds).toEqual(['anchor-differs'])
    const report = await audit(front, [], ['--against', mirror])
    expect(report.kinds).toEqual(['anchor-differs', 'log-forked'])
    const [fork] = report.forks.map((line) => JSON.parse(line) as { heads: LogHeadDocument[] })
    expect(fork?.heads.map(({ head }) => head.root)).toEqual([
      second?.head.root,
      resigned(digests, first?.head).head.root,
    ])
  })

  test('signs two heads for a batch that is not anchored yet', async () => {
    const log = open(someDigests(4))
    await log.closer.look('all')
    const mirror = newFolder()
    expect(await audit(await serve(log), [], ['--mirror', mirror])).toMatchObject({ code: 0 })
    const digests = someDigests(3, 'for others/')
    const front = await serve(log, serving(resigned(digests, undefined), digests))
    expect((await audit(front)).kinds).toEqual([])
    expect((await audit(front, [], ['--against', mirror])).kinds).toEqual(['log-forked'])
  })

  test('anchors another root than it shows', async () => {
    const log = open(someDigests(4))
    await log.closer.look('all')
    const sender = openSender({ rpc: chain.dev.chain.rpc, chainId: 31337, privateKey: key })
    const contract = receiptAnchorAt(chain.receiptAnchor)
    const [other] = someDigests(1, 'other root/')
    const call = { contract, functionName: 'anchor', args: [other, 4, 0] }
    expectOk(await sendCall(sender, call))
    expect((await audit(await serve(log))).kinds).toEqual(['anchor-differs'])
  })

  test('shows another history, anchored by another account, to another client', async () => {
    const log = open(someDigests(5))
    await publish(log)
    const other = open(someDigests(5, 'for you/'), { key: await chain.account() })
    await publish(other)
    const mirror = newFolder()
    expect(await audit(await serve(log), [], ['--mirror', mirror])).toMatchObject({ code: 0 })
    const front = await serve(other)
    expect(await audit(front)).toMatchObject({ code: 0 })
    expect((await audit(front, [], ['--against', mirror])).kinds).toEqual(['log-forked'])
  })

  test('withholds a batch that it anchored', async () => {
    const log = open(someDigests(8))
    await publish(log)
    const hidden = await serve(log, (path, truth) =>
      path.startsWith('batches/1') ? undefined : truth,
    )
    expect((await audit(hidden)).kinds).toEqual(['batch-missing'])
    // Or says that there never was one.
    const forgetful = await serve(log, (path, truth) => {
      if (path.startsWith('batches/1')) return undefined
      if (path !== 'head' || truth === undefined) return truth
      return JSON.stringify({ ...(JSON.parse(truth) as object), batches: 1 })
    })
    expect((await audit(forgetful)).kinds).toEqual(['batch-missing'])
  })

  test('lets a stranger sign', async () => {
    const digests = someDigests(4)
    const log = open(digests)
    await log.closer.look('all')
    const stranger = resigned(digests, undefined, testKey('5d'))
    const front = await serve(log, serving(stranger, digests))
    expect((await audit(front)).kinds).toEqual(['key-not-registered'])
    const broken = await serve(log, serving({ ...stranger, signature: '0x' as never }, digests))
    expect((await audit(broken)).kinds).toEqual(['signature-wrong'])
  })

  test('skips numbers between two batches', async () => {
    const log = open(someDigests(8))
    await log.closer.look('all')
    const [first] = await log.store.batches({ from: 0, limit: 1 })
    const digests = someDigests(4, 'later/')
    const before = first && { ...first.head, count: first.head.count + 3 }
    const skipping = resigned(digests, before)
    const front = await serve(log, serving(skipping, digests))
    expect((await audit(front)).kinds).toContain('sequence-broken')
  })
})

test('a receipt that another gateway signed says nothing of the log', async () => {
  const log = open(someDigests(1))
  await publish(log)
  const report = await audit(await serve(log), [signReceipt({ receipt: { gatewaySeq: 1 } })])
  expect(report).toMatchObject({ kinds: ['receipt-unusable'], evidence: [] })
})
