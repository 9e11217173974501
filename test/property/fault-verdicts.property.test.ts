/*
 * The verdict on evidence here is the verdict of the contracts there, on a real chain: what is taken is taken, and what is
 * refused is refused for the same reason. So nothing is found and shown to a person that a transaction would be lost on.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { simulateCall } from '../../src/chain/simulate-call.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { faultCall } from '../../src/client/fault-call.ts'
import type { FaultEvidence } from '../../src/client/fault-evidence.ts'
import { readFaultFacts } from '../../src/client/fault-facts.ts'
import { judgeFault } from '../../src/client/fault-verdict.ts'
import { arbitraryEvidence } from '../support/arbitrary-evidence.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type FaultWorld, openFaultWorld } from '../support/fault-world.ts'
import { startSlashingPlace } from '../support/slashing-place.ts'

let world: FaultWorld
let reporter: Sender

beforeAll(async () => {
  const at = await startSlashingPlace()
  world = await openFaultWorld(at)
  reporter = (await at.newAccount(100n)).sender
  await at.send(reporter, at.asset, 'approve', at.contracts.panel.address, 100_000_000)
  await at.wait(1)
  world = { ...world, nowS: await at.nowS() }
}, 60_000)
afterAll(() => world?.at.stop())

/** What the contract says of it: the name of its error, or undefined. */
async function contractRefusal(evidence: FaultEvidence): Promise<string | undefined> {
  const call = faultCall(evidence, world.at.contracts)
  const failure = await simulateCall(world.at.rpc, { ...call, from: reporter.address })
  if (failure === undefined) return undefined
  if (failure.reason !== 'reverted') throw new Error(JSON.stringify(failure))
  return failure.error.split('(')[0]
}

/** Every kind is proven, and every refusal met, among those that are tried. */
const outcomes = [
  'accepted S1',
  'accepted S2',
  'accepted S3',
  'accepted S4',
  'accepted S5',
  'accepted S6',
  'accepted S7',
  'EvidenceForeign',
  'EvidenceUnrelated',
  'NoContradiction',
  'EvidenceExpired',
  'EvidenceNotSigned',
  'KeysNeverTogether',
  'SheetMismatch',
  'SheetOfOther',
  'AssetMismatch',
  'NoOvercharge',
  'TierNotProvable',
  'TierNotClaimed',
  'TierHolds',
  'ProofNotRequested',
  'ProofTimeNotOver',
  'NotUndelivered',
  'NoPromise',
  'PromiseNotDue',
  'AlreadyChallenged',
  'AlreadyOnRecord',
  'ReceiptInvalid',
  'AlreadyAccused',
  'FaultAlreadySlashed',
  'NothingToSlash',
]

test('evidence is judged here as the contracts judge it', async () => {
  const seen = new Map<string, number>()
  const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  await fc.assert(
    fc.asyncProperty(arbitraryEvidence(world), async (evidence) => {
      const { at } = world
      const facts = expectOk(await readFaultFacts(at.rpc, at.contracts, evidence, at.place))
      const verdict = judgeFault(evidence, facts)
      const refusal = await contractRefusal(evidence)
      const told = verdict.ok ? undefined : verdict.error.reason
      note(told ?? `accepted ${evidence.kind}`)
      if (told !== 'EvidenceForeign') expect([refusal, evidence]).toEqual([told, evidence])
      // What was signed elsewhere has another digest here, and a contract's own name for that.
      else if (evidence.kind !== 'S6')
        expect([refusal, evidence]).not.toEqual([undefined, evidence])
    }),
    { numRuns: 1_200, seed: 20_261_122, examples: [[world.doubted]] },
  )
  expect([...seen.keys()].sort()).toEqual([...outcomes].sort())
}, 120_000)
