import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type DeploymentPlan, planDeployment } from '../../../src/chain/deployment-plan.ts'
import type { DeploymentProgress } from '../../../src/chain/deployment-progress.ts'
import {
  findDifference,
  planOfRecord,
  recordOf,
  recordText,
  transactionHashesOf,
} from '../../../src/cli/contracts-record.ts'
import { readRecord, recordPath, writeRecord } from '../../../src/cli/contracts-record-file.ts'
import { bytes32, zeroBytes32 } from '../../../src/domain/units.ts'
import { deploymentTerms } from '../../support/deployment-terms.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const plan = await planDeployment({
  chainId: 31337,
  salt: zeroBytes32,
  terms: deploymentTerms,
  canonical: new Set(['ChannelSettlement']),
})
const hash = bytes32(`0x${'0a'.repeat(32)}`)

/** The first `count` steps are done. */
const progressOf = ({ contracts, appointments }: DeploymentPlan, count: number) =>
  ({
    contracts: contracts.map((contract, i) => ({ contract, isThere: i < count })),
    appointments: appointments.map((appointment, i) => ({
      appointment,
      state: { kind: contracts.length + i < count ? 'made' : 'open' },
    })),
  }) satisfies DeploymentProgress as DeploymentProgress

const hashes = new Map([
  ['DevUSD', hash],
  ['ReceiptAnchor.appointMarkers', hash],
])

test('after any number of steps a record is read back as it was written, and agrees with its plan', async () => {
  const path = recordPath(join(folder.path, 'new', 'folder'), 31337)
  expect(readRecord(path)).toBeUndefined()
  for (let count = 0; count <= 19; count += 1) {
    const record = recordOf(plan, progressOf(plan, count), hashes)
    writeRecord(path, record)
    const read = readRecord(path)
    if (read === undefined) throw new Error('not written')
    expect(read).toEqual(record)
    expect(recordText(read)).toBe(readFileSync(path, 'utf8'))
    expect(Object.keys({ ...read.contracts, ...read.appointments })).toHaveLength(count)
    expect(findDifference(await planOfRecord(read), read)).toBeUndefined()
  }
  // Nothing is left of the drafts.
  expect(readdirSync(join(folder.path, 'new', 'folder'))).toEqual(['31337.json'])
  expect(transactionHashesOf(readRecord(path))).toEqual(hashes)
  expect(transactionHashesOf(undefined)).toEqual(new Map())
})

test('a hash is kept for what is on the chain only', () => {
  const record = recordOf(plan, progressOf(plan, 1), hashes)
  expect(transactionHashesOf(record)).toEqual(new Map([['DevUSD', hash]]))
})

test('what the contracts are called in the file is what their constructors call it', () => {
  const { contracts } = recordOf(plan, progressOf(plan, 19), new Map())
  const names = Object.entries(contracts).map(([name, { facts }]) => [
    name,
    Object.keys(facts['arguments'] ?? { '': 'x402' }),
  ])
  expect(Object.fromEntries(names)).toMatchObject({
    ChannelSettlement: [''],
    ReceiptAnchor: ['admin'],
    ReceiptVerifier: ['contributors', 'gateways', 'receiptAnchor'],
    TierEvidence: ['quoteVerifier', 'proofVerifier'],
    JobOffers: ['gateways'],
    InferenceCoordinator: ['asset', 'verifier', 'contributors', 'tierEvidence', 'offers'],
    InclusionChallenges: ['gateways', 'receiptAnchor', 'verifier', 'penalty'],
    Slashing: ['terms'],
  })
  expect(JSON.stringify(names)).not.toContain('undefined')
})

test('a draft that a dying run left is overwritten, and is never read', () => {
  const outFolder = join(folder.path, 'draft')
  const path = recordPath(outFolder, 1)
  mkdirSync(outFolder)
  writeFileSync(`${path}.new`, '{"chainId":')
  expect(readRecord(path)).toBeUndefined()
  const record = recordOf(plan, progressOf(plan, 2), hashes)
  writeRecord(path, record)
  expect(readRecord(path)).toEqual(record)
})
