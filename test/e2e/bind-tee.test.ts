/*
 * A key bound to a trusted execution environment, from the command that sends the quote to the receipt that claims it and the
 * verifier that asks the chain, on a real chain. The contract's quote verifier is a double: it takes what names operator and
 * key as a quote (test/support/solidity/SlashingDoubles.sol), since no TEE is here; genuine quotes are read in
 * test/unit/evidence/tee-quote.test.ts.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AbiCoder } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encryptKey } from '../../src/chain/keystore.ts'
import { readBoundAt } from '../../src/chain/tier-evidence.ts'
import { contributorPaths, writeContributorFile } from '../../src/cli/contributor-file.ts'
import { checkTierEvidence } from '../../src/client/check-tier-evidence.ts'
import { recoverSigners } from '../../src/client/recover-signers.ts'
import { atomic, type UnixSeconds, unixSeconds, zeroAddress } from '../../src/domain/units.ts'
import { BoundKeys } from '../../src/evidence/bound-keys.ts'
import { keystorePassword, runCommand } from '../support/contributor-folder.ts'
import { expectOk } from '../support/dev-chain.ts'
import { signReceipt, verificationOf } from '../support/signed-receipt.ts'
import {
  type SlashingParty,
  type SlashingPlace,
  startSlashingPlace,
} from '../support/slashing-place.ts'

let slashing: SlashingPlace
let party: SlashingParty
let home: string

beforeAll(async () => {
  slashing = await startSlashingPlace()
  party = await slashing.newParty('contributor')
  home = mkdtempSync(join(tmpdir(), 'vouch-tee-'))
  await makeFolder('contributor')
})
afterAll(async () => {
  await slashing.stop()
  rmSync(home, { recursive: true })
})

const folderOf = (name: string) => join(home, name)

async function makeFolder(name: string): Promise<void> {
  const folder = folderOf(name)
  const paths = contributorPaths(folder)
  mkdirSync(folder, { mode: 0o700 })
  const { contracts, chain, place } = slashing
  writeContributorFile(folder, {
    gateway: { origin: 'http://127.0.0.1:9', operator: zeroAddress, keys: [] },
    chain: {
      chainId: place.chainId,
      rpcUrl: chain.url,
      contributorRegistry: contracts.contributors.address,
      receiptVerifier: place.verifyingContract,
      settlement: zeroAddress,
    },
    contributor: party.operator.address,
    signerUrl: null,
    payout: {
      token: slashing.asset.address,
      receiver: party.operator.address,
      minWithdrawDelayS: 604_800,
    },
    creditLimit: atomic(0n),
    agent: {},
  })
  const keystore = await encryptKey(party.operatorKey, keystorePassword, { n: 2 ** 10, r: 8, p: 1 })
  writeFileSync(paths.keystore, keystore, { mode: 0o600 })
  writeFileSync(paths.signingKey, `${party.signingKey}\n`, { mode: 0o600 })
}

const bind = (...options: readonly string[]) =>
  runCommand({ folder: folderOf('contributor') }, ['bind-tee', '--json', ...options])

const tierEvidence = () => slashing.contracts.tierEvidence.address
const isBoundAt = async (at: UnixSeconds) =>
  expectOk(
    await readBoundAt(
      slashing.rpc,
      { tierEvidence: tierEvidence(), operator: party.operator.address, key: party.signingAddress },
      at,
    ),
  )

/** A quote as the double takes it. */
function quoteFile(reportData: string, boundUntil: number): string {
  const bindingHash = `0x${reportData.slice(2 + 40, 2 + 40 + 64)}`
  const path = join(home, 'quote.hex')
  const values = [bindingHash, party.signingAddress, boundUntil]
  writeFileSync(path, AbiCoder.defaultAbiCoder().encode(['bytes32', 'address', 'uint64'], values))
  return path
}

async function claimed(finishedAt: number) {
  const receipt = signReceipt({
    work: {
      contributor: party.operator.address,
      finishedAt: unixSeconds(finishedAt),
      startedAt: unixSeconds(finishedAt),
    },
    receipt: { tiers: 3 | 16 },
    place: slashing.place,
    keys: { gateway: party.operatorKey, contributor: party.signingKey },
  })
  const verification = verificationOf(receipt)
  const lines = await checkTierEvidence({
    verification,
    signers: recoverSigners(receipt),
    gateway: undefined,
    rpc: slashing.rpc,
  })
  return lines.map(({ check, verdict }) => `${check} ${verdict}`)
}

describe('vouch contributor bind-tee', () => {
  test('says what a quote must carry, and where there is no TEE that there is none', async () => {
    const said = await bind('--report-data')
    expect(said.code).toBe(0)
    const { report_data: reportData } = JSON.parse(said.stdout) as { report_data: string }
    const key = party.signingAddress.slice(2)
    expect(reportData).toMatch(new RegExp(`^0x${key}[0-9a-f]{64}0{24}$`))
    const without = await bind('--yes', '--dstack', join(home, 'none.sock'))
    expect(without.code).toBe(1)
    expect(without.stderr).toContain('the guest agent of dstack gives no quote')
  })

  test('binds the key; the gateway sees it, and receipts of that time hold', async () => {
    const bound = new BoundKeys({
      rpc: slashing.rpc,
      tierEvidence: tierEvidence(),
      identities: () => [
        { operator: party.operator.address, signingAddresses: [party.signingAddress] },
      ],
    })
    const knows = (at: number) =>
      bound.isBound(party.operator.address, party.signingAddress, unixSeconds(at))
    await bound.look()
    const beforeS = await slashing.nowS()
    expect(knows(beforeS)).toBe(false)
    expect(await claimed(beforeS)).toEqual(['tee-key fails'])
    const { report_data: reportData } = JSON.parse((await bind('--report-data')).stdout) as {
      report_data: string
    }
    const until = beforeS + 86_400
    const sent = await bind('--yes', '--quote', quoteFile(reportData, until))
    expect(sent).toMatchObject({ code: 0 })
    const { bound_from: fromS } = JSON.parse(sent.stdout) as { bound_from: number }
    await bound.look()
    expect(knows(fromS)).toBe(true)
    expect(knows(fromS + 300)).toBe(true)
    // Nobody asked so far ahead yet.
    expect(knows(fromS + 3_600)).toBe(false)
    expect(knows(beforeS - 1)).toBe(false)
    expect(await isBoundAt(unixSeconds(fromS))).toBe(true)
    expect(await claimed(fromS)).toEqual(['tee-key holds', 'evidence holds'])
    expect(await claimed(until + 1)).toEqual(['tee-key fails'])
    // Its last minutes: only what the chain was asked for.
    await slashing.wait(86_400 - 120)
    await bound.look()
    expect(knows(until + 60)).toBe(false)
    await slashing.wait(300)
    await bound.look()
    expect(knows(await slashing.nowS())).toBe(false)
  })

  test('a quote for another key, or of too long a time, is refused by the contract', async () => {
    const nowS = await slashing.nowS()
    const forged = `0x${'ab'.repeat(64)}`
    const refused = await bind('--yes', '--quote', quoteFile(forged, nowS + 60))
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('QuoteRefused')
    const { report_data: reportData } = JSON.parse((await bind('--report-data')).stdout) as {
      report_data: string
    }
    const long = await bind('--yes', '--quote', quoteFile(reportData, nowS + 40 * 86_400))
    expect(long.code).toBe(1)
    expect(long.stderr).toContain('BoundTooLong')
  })
})
