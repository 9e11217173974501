/*
 * An answer that re-execution contradicts, before its jury (S7): from the accusation over hidden votes and an appeal to the stake
 * that is taken, each party at its own `vouch panel` and each run as if the one before had been killed.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { wrongAnswer } from '../../src/auditor/answer-evidence.ts'
import { accusation, contradictedAnswer } from '../../src/auditor/contradicted-answer.ts'
import { receiptDigest } from '../../src/chain/receipt-typed-data.ts'
import { readOperator, readReceiptStatus } from '../../src/chain/receipt-verifier-contract.ts'
import { CommandFailure } from '../../src/cli/command.ts'
import { runPanel } from '../../src/cli/panel-command.ts'
import { runSlash } from '../../src/cli/slash-command.ts'
import { formatFaultEvidence } from '../../src/client/fault-evidence.ts'
import { type Address, atomic, type Bytes32, bytes32, unixSeconds } from '../../src/domain/units.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { signedVerdict } from '../support/fault-evidence.ts'
import { request, response, signReceipt } from '../support/signed-receipt.ts'
import {
  type SlashingParty,
  type SlashingPlace,
  startSlashingPlace,
} from '../support/slashing-place.ts'

let at: SlashingPlace
let gateway: SlashingParty
let contributor: SlashingParty
let accuser: Account
const folder = temporaryFolder()
const halfDayS = 43_200
const stake = 1_000_000_000n
const membersInAll = 11

type Account = { readonly address: Address; readonly keyFile: string }

/** By address, as juries name them. */
const members = new Map<Address, Account>()
let accounts = 0
let cases = 0

async function newAccount(dollars: bigint): Promise<Account> {
  accounts += 1
  const { sender, key } = await at.newAccount(dollars)
  const keyFile = join(folder.path, `account-${accounts}.key`)
  writeFileSync(keyFile, key, { mode: 0o600 })
  return { address: sender.address, keyFile }
}

beforeAll(async () => {
  at = await startSlashingPlace()
  for (let i = 0; i < membersInAll; i += 1) {
    const member = await newAccount(500n)
    members.set(member.address, member)
    const enrolled = await panel(member, 'enroll', '--verifier', at.place.verifyingContract)
    expect(enrolled).toMatchObject({ code: 0, json: { is_member: true } })
  }
}, 60_000)
afterAll(async () => {
  await at?.stop()
  folder.remove()
})
beforeEach(async () => {
  gateway = await at.newParty('gateway')
  contributor = await at.newParty('contributor')
  accuser = await newAccount(100n)
})

type Told = { readonly code: number; readonly text: string; readonly json: Record<string, unknown> }

/** Everything that a member has is in its own folder of votes. */
async function panel(by: Account, ...argv: readonly string[]): Promise<Told> {
  const lines: string[] = []
  const errors: string[] = []
  const terminal = {
    print: (line: string) => void lines.push(line),
    printError: (line: string) => void errors.push(line),
  }
  const votes = join(folder.path, `votes-${by.address}`)
  const text = () => [...errors, ...lines].join('\n')
  const place = ['--rpc', at.chain.url, '--key-file', by.keyFile, '--votes', votes]
  try {
    const code = await runPanel([...argv, ...place, '--yes', '--json'], {
      terminal,
      nowMs: Date.now,
    })
    return { code, text: text(), json: JSON.parse(lines.join('\n')) as Record<string, unknown> }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    return { code: error.exitCode, text: `${text()}\n${error.message}`, json: {} }
  }
}

/** Evidence against a receipt of the contributor that was finished now, as `vouch audit` writes it. */
async function newCase(): Promise<{ readonly file: string; readonly digest: Bytes32 }> {
  cases += 1
  const finishedAt = unixSeconds(await at.nowS())
  const parsed = signReceipt({
    keys: { gateway: gateway.signingKey, contributor: contributor.signingKey },
    place: at.place,
    work: {
      gateway: gateway.operator.address,
      contributor: contributor.operator.address,
      startedAt: finishedAt,
      finishedAt,
    },
    receipt: { receiptId: bytes32(`0x${cases.toString(16).padStart(64, '0')}`), cost: atomic(1n) },
  })
  const { receipt } = parsed
  const answer = { requestBody: request, responseBody: response, commitmentOpening: undefined }
  const found = contradictedAnswer(
    parsed,
    { work: receipt.work, ...answer },
    { kind: 'wrong', why: 'it has no end', evidence: wrongAnswer },
  )
  if (found === undefined) throw new Error('an answer that its contributor signed is evidence')
  const file = join(folder.path, `case-${cases}.json`)
  writeFileSync(file, `${formatFaultEvidence(accusation(found, signedVerdict))}\n`)
  return { file, digest: receiptDigest(at.domain, receipt) }
}

/** What `vouch slash check` says on the chain of what an audit wrote. */
async function check(file: string): Promise<{ readonly code: number; readonly json: unknown }> {
  const lines: string[] = []
  const terminal = { print: (line: string) => void lines.push(line), printError: () => {} }
  const argv = ['check', file, '--rpc', at.chain.url, '--json']
  const code = await runSlash(argv, { terminal, nowMs: Date.now })
  return { code, json: JSON.parse(lines.join('\n')) }
}

const caseOf = ({ json }: Told) => json['case'] as Record<string, unknown>

/** A command that works, and that finds nothing left to do when it is run once more. */
async function twice(by: Account, ...argv: readonly string[]): Promise<Told> {
  const first = await panel(by, ...argv)
  expect(first).toMatchObject({ code: 0 })
  expect((first.json['transactions'] as unknown[]).length).toBeGreaterThan(0)
  const again = await panel(by, ...argv)
  expect(again).toMatchObject({ code: 0, json: { transactions: [] } })
  return first
}

/** Draws, votes, reveals and counts; the first `wrongVotes` of the jury find the answer wrong. */
async function hold(file: string, wrongVotes: number, silent = 0): Promise<readonly Address[]> {
  expect((await panel(accuser, 'draw', file)).text).toContain('a jury can be drawn after block')
  await at.mine(3)
  const drawn = await twice(accuser, 'draw', file)
  const jury = caseOf(drawn)['jury'] as readonly Address[]
  const seats = jury.map((address, i) => ({ member: memberAt(address), isWrong: i < wrongVotes }))
  const voting = seats.slice(0, jury.length - silent)
  for (const { member, isWrong } of voting) {
    expect((await panel(member, 'reveal', file)).code).toBe(1)
    await twice(member, 'vote', file, isWrong ? '--wrong' : '--right')
    expect((await panel(member, 'vote', file, isWrong ? '--right' : '--wrong')).code).toBe(0)
  }
  expect((await panel(accuser, 'tally', file)).text).toContain('that can be done after')
  await at.wait(halfDayS + 1)
  for (const { member, isWrong } of voting) {
    const told = await twice(member, 'reveal', file)
    expect(caseOf(told)).toMatchObject({ on_jury: true, revealed: true })
    expect(isWrong).toBe(seats.find((seat) => seat.member === member)?.isWrong)
  }
  await at.wait(halfDayS)
  await twice(accuser, 'tally', file)
  return jury
}

function memberAt(address: Address): Account {
  const member = members.get(address)
  if (member === undefined) throw new Error(`${address} is no member`)
  return member
}

async function stakeLeft(): Promise<bigint> {
  const { contributors } = at.contracts
  const standing = await readOperator(at.rpc, contributors.address, contributor.operator.address)
  if (!standing.ok) throw new Error(standing.error.reason)
  return standing.value.stake
}

const statusOf = async (digest: Bytes32) => {
  const status = await readReceiptStatus(at.rpc, at.place.verifyingContract, digest)
  return status.ok ? status.value : undefined
}

describe('a wrong answer', () => {
  test('costs a capped part of the stake, and pays its accuser', async () => {
    const { file, digest } = await newCase()
    await twice(accuser, 'accuse', file)
    expect(await statusOf(digest)).toBe(2)
    await hold(file, 2)
    expect((await panel(accuser, 'conclude', file)).text).toContain('that can be done after')
    await at.wait(halfDayS + 1)
    const closed = await twice(accuser, 'conclude', file)
    expect(caseOf(closed)).toMatchObject({ state: 'closed', found_wrong: true, taken_unpaid: '0' })
    expect(await stakeLeft()).toBe(stake - stake / 10n)
    expect(await statusOf(digest)).toBe(3)
    // A fifth of what was taken, and its bond for the asking.
    expect(await at.balanceOf(accuser.address)).toBe(20_000_000n)
    await twice(accuser, 'withdraw', '--verifier', at.place.verifyingContract)
    expect(await at.balanceOf(accuser.address)).toBe(120_000_000n)
    expect((await panel(accuser, 'accuse', file)).json).toMatchObject({ transactions: [] })
    expect(await stakeLeft()).toBe(stake - stake / 10n)
  }, 60_000)

  test('is still one after an appeal that fails, and pays for it', async () => {
    const { file } = await newCase()
    await twice(accuser, 'accuse', file)
    await hold(file, 3)
    const appellant = await newAccount(200n)
    await twice(appellant, 'appeal', file)
    expect(await at.balanceOf(appellant.address)).toBe(0n)
    await hold(file, 5)
    await twice(accuser, 'conclude', file)
    expect(await stakeLeft()).toBe(stake - stake / 10n)
    const left = await panel(appellant, 'status', file)
    expect(left.json).toMatchObject({ credit: '0', case: { state: 'closed', round: 1 } })
  }, 60_000)
})

test('evidence of an audit can be proven until its receipt is accused', async () => {
  const { file } = await newCase()
  const accused = contributor.operator.address
  const fault = { kind: 'S7', accused, expected_taken: String(stake / 10n) }
  expect(await check(file)).toMatchObject({ code: 1, json: { passed_over: 0, faults: [fault] } })
  await twice(accuser, 'accuse', file)
  expect(await check(file)).toMatchObject({ code: 0, json: { refused: 1, faults: [] } })
})

describe('a right answer', () => {
  test('found wrong by three is cleared by seven on appeal, and costs its accuser the bond', async () => {
    const { file, digest } = await newCase()
    await twice(accuser, 'accuse', file)
    await hold(file, 3)
    const appellant = await newAccount(200n)
    await twice(appellant, 'appeal', file)
    await hold(file, 4)
    await twice(appellant, 'conclude', file)
    expect(await stakeLeft()).toBe(stake)
    expect(await statusOf(digest)).toBe(0)
    await twice(appellant, 'withdraw', '--verifier', at.place.verifyingContract)
    expect(await at.balanceOf(appellant.address)).toBe(200_000_000n)
    const shown = await panel(accuser, 'status', file)
    expect(shown.json).toMatchObject({ credit: '0', case: { found_wrong: false } })
  }, 60_000)

  test('is not condemned by one vote of three, and silence is fined', async () => {
    const { file } = await newCase()
    await twice(accuser, 'accuse', file)
    const jury = await hold(file, 1, 1)
    await at.wait(halfDayS + 1)
    await twice(accuser, 'conclude', file)
    expect(await stakeLeft()).toBe(stake)
    const silent = memberAt(jury.at(-1) as Address)
    const shown = await panel(silent, 'status', '--verifier', at.place.verifyingContract)
    expect(BigInt(String(shown.json['bond']))).toBeLessThan(500_000_000n)
  }, 60_000)
})

test('a vote whose salt is not here cannot be revealed, and nobody votes who is not on the jury', async () => {
  const { file } = await newCase()
  await twice(accuser, 'accuse', file)
  await at.mine(3)
  const [juror] = caseOf(await twice(accuser, 'draw', file))['jury'] as readonly Address[]
  const member = memberAt(juror as Address)
  const outsider = [...members.values()].find(({ address }) => address === accuser.address)
  expect(outsider).toBeUndefined()
  expect((await panel(accuser, 'vote', file, '--wrong')).text).toContain('it is not on this jury')
  expect((await panel(member, 'vote', file)).text).toContain('say --wrong or --right')
  await twice(member, 'vote', file, '--wrong')
  await at.wait(halfDayS + 1)
  const elsewhere = { ...member, address: accuser.address }
  expect((await panel(elsewhere, 'reveal', file)).text).toContain('is not kept here')
  expect((await panel(member, 'reveal', file)).code).toBe(0)
}, 60_000)

test('a member leaves with its bond', async () => {
  const member = await newAccount(500n)
  const named = ['--verifier', at.place.verifyingContract]
  expect((await panel(member, 'enroll', ...named)).json).toMatchObject({ is_member: true })
  expect((await panel(member, 'resign', ...named)).json).toMatchObject({
    is_member: false,
    credit: '500000000',
  })
  await twice(member, 'withdraw', ...named)
  expect(await at.balanceOf(member.address)).toBe(500_000_000n)
})
