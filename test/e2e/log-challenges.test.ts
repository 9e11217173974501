/*
 * Who says on the chain that a receipt was not anchored as promised is answered with the proof, by whichever process keeps
 * the log; what cannot be answered is not.
 */
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GatewayLog } from '../../src/base/log.ts'
import {
  inclusionChallengesAt,
  readInclusionChallenge,
} from '../../src/chain/inclusion-challenges-contract.ts'
import { receiptDigest } from '../../src/chain/receipt-typed-data.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { runLog } from '../../src/cli/log-command.ts'
import type { ParsedReceipt } from '../../src/client/parse-receipt-document.ts'
import { type Address, type Bytes32, unixSeconds } from '../../src/domain/units.ts'
import type { LogStore } from '../../src/store/log-store.ts'
import { openSqliteLog } from '../../src/store/log-store-sqlite.ts'
import type { OutboxStore } from '../../src/store/outbox-store.ts'
import { openSqliteOutbox } from '../../src/store/outbox-store-sqlite.ts'
import { BatchAnchorer } from '../../src/transparency/anchor-batches.ts'
import { ChallengeWatch } from '../../src/transparency/answer-challenges.ts'
import { BatchCloser } from '../../src/transparency/close-batches.ts'
import { LogReader } from '../../src/transparency/log-reader.ts'
import { expectOk } from '../support/dev-chain.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { startLogFront } from '../support/log-front.ts'
import { quiet } from '../support/outbox-chain.ts'
import { documentOf, signReceipt } from '../support/signed-receipt.ts'
import {
  type SlashingParty,
  type SlashingPlace,
  startSlashingPlace,
} from '../support/slashing-place.ts'

const chainId = 31337
const folder = temporaryFolder()
const logged: ParsedReceipt[] = []
let place: SlashingPlace
let gateway: SlashingParty
let reporter: Sender
let challenges: Address
let store: LogStore
let notes: OutboxStore
let reader: LogReader
/** A receipt that was promised to be anchored by then. */
let anchorBy: number

beforeAll(async () => {
  place = await startSlashingPlace()
  gateway = await place.newParty('gateway')
  reporter = (await place.newAccount()).sender
  challenges = place.contracts.inclusion.address
  anchorBy = (await place.nowS()) + 3_600
  store = openSqliteLog(`${folder.path}/log.db`)
  notes = openSqliteOutbox(`${folder.path}/outbox.db`)
  logged.push(receiptOf(1), receiptOf(2), receiptOf(3), receiptOf(4))
  await publish()
  await place.wait(3_601)
})
afterAll(async () => {
  await store.close()
  await notes.close()
  await place.stop()
  folder.remove()
})

function receiptOf(gatewaySeq: number): ParsedReceipt {
  const finishedAt = unixSeconds(anchorBy - 3_600)
  const { operator, signingKey } = gateway
  return signReceipt({
    work: { gateway: operator.address, startedAt: finishedAt, finishedAt },
    receipt: { gatewaySeq, channelSeq: gatewaySeq, anchorBy: unixSeconds(anchorBy) },
    place: place.place,
    keys: { gateway: signingKey, contributor: signingKey },
  })
}
const digestOf = ({ receipt }: ParsedReceipt): Bytes32 => receiptDigest(place.domain, receipt)

async function publish(): Promise<void> {
  const { rpc, domain } = place
  const { signingKey, operator: sender } = gateway
  const receiptAnchor = place.contracts.receiptAnchor.address
  const closer = new BatchCloser({
    store,
    digestsAfter: async ({ afterSeq }) => logged.slice(afterSeq).map(digestOf),
    signer: { gateway: sender.address, domain, privateKey: signingKey },
    policy: { receiptsMax: 4096, everyMs: 60_000 },
    nowMs: Date.now,
  })
  const anchorer = new BatchAnchorer({
    ...{ store, rpc, chainId, receiptAnchor, sender, confirmations: 1, log: quiet },
  })
  reader = new LogReader(store, { name: 'Vouch Receipts', version: '1', ...place.place })
  const newest = await closer.look('all')
  await anchorer.anchor(newest?.head.batch ?? 0)
  expect(await anchorer.look()).toMatchObject({ state: 'even' })
}

/** As a gateway process opens it. */
function watch(log: GatewayLog = quiet): ChallengeWatch {
  const { operator: sender } = gateway
  const { rpc } = place
  return new ChallengeWatch({
    ...{ rpc, chainId, contract: challenges, gateway: sender.address, sender, reader, notes, log },
    nowMs: () => (anchorBy + 60) * 1000,
  })
}
const challenge = (held: ParsedReceipt): Promise<void> =>
  place.send(
    reporter,
    inclusionChallengesAt(challenges),
    'challenge',
    held.receipt,
    held.gatewaySignature,
  )
const answerableUntil = async (held: ParsedReceipt): Promise<number | undefined> => {
  const contract = inclusionChallengesAt(challenges)
  return expectOk(await readInclusionChallenge(place.rpc, contract, digestOf(held)))
    ?.answerableUntilS
}

/** `vouch log`, as whoever helps the gateway runs it. Answers the exit code and what was printed. */
async function run(...argv: readonly string[]): Promise<readonly [number, string]> {
  const printed: string[] = []
  const print = (line: string) => void printed.push(line)
  const code = await runLog(argv, { terminal: { print, printError: print }, nowMs: Date.now })
  return [code, printed.join('\n')]
}

describe('a challenge', () => {
  test('of a receipt that is in the log is answered', async () => {
    const watching = watch()
    await watching.look()
    const [held] = logged as [ParsedReceipt]
    await challenge(held)
    expect(await answerableUntil(held)).toBeGreaterThan(0)
    await watching.look()
    expect(await answerableUntil(held)).toBe(0)
  })

  test('that came while no process was there is answered by the next', async () => {
    const held = logged[1] as ParsedReceipt
    await challenge(held)
    await watch().look()
    expect(await answerableUntil(held)).toBe(0)
  })

  test('is answered by anybody who has the receipt, by vouch log answer', async () => {
    const held = logged[3] as ParsedReceipt
    await challenge(held)
    const [file, keyFile] = [`${folder.path}/receipt.json`, `${folder.path}/helper.key`]
    writeFileSync(file, JSON.stringify(documentOf(held)))
    writeFileSync(keyFile, (await place.newAccount()).key, { mode: 0o600 })
    const front = await startLogFront({
      reader,
      facts: {
        gateway: gateway.operator.address,
        domain: { name: 'Vouch Receipts', version: '1', ...place.place },
        receiptAnchor: place.contracts.receiptAnchor.address,
        sender: gateway.operator.address,
      },
      promiseS: 3_600,
    })
    const where = ['--gateway', front.origin, '--rpc', place.chain.url]
    const [shown, told] = await run('proof', file, ...where)
    expect(shown).toBe(0)
    expect(told).toMatch(
      /^batch {5}0, entry 4 of 4\n.*\nanchored {2}[\d-]+T[\d:]+Z, promised by [\d-]+T[\d:]+Z$/s,
    )
    const by = ['--contract', challenges, '--key-file', keyFile]
    // A transaction to an account without code would be mined, and answer nothing.
    const nowhere = ['--contract', gateway.operator.address, '--key-file', keyFile]
    await expect(run('answer', file, ...where, ...nowhere)).rejects.toThrow('no contract at')
    const [code, answered] = await run('answer', file, ...where, ...by)
    expect(answered).toMatch(/^answered in 0x/)
    expect(code).toBe(0)
    expect(await answerableUntil(held)).toBe(0)
    await expect(run('answer', file, ...where, ...by)).rejects.toThrow('NoChallenge')
    writeFileSync(file, JSON.stringify(documentOf(receiptOf(98))))
    await expect(run('proof', file, ...where)).rejects.toThrow('does not have this receipt')
    await front.stop()
  })

  test('of a receipt that is not in the log stays open, is told once, and costs the gateway', async () => {
    const dropped = receiptOf(99)
    await challenge(dropped)
    const told: string[] = []
    const watching = watch({ info: () => undefined, error: (event) => told.push(event) })
    await watching.look()
    await watching.look()
    expect(told).toEqual(['challenge_unanswerable'])
    expect(await answerableUntil(dropped)).toBeGreaterThan(0)
    // Another that can be answered is, all the same.
    const held = logged[2] as ParsedReceipt
    await challenge(held)
    await watching.look()
    expect(await answerableUntil(held)).toBe(0)
    await place.wait(24 * 3_600 + 1)
    await place.send(reporter, inclusionChallengesAt(challenges), 'conclude', digestOf(dropped))
  })
})
