import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Terminal } from '../../../src/cli/command.ts'
import { contributorPaths, writeContributorFile } from '../../../src/cli/contributor-file.ts'
import { parseContributorOptions } from '../../../src/cli/contributor-options.ts'
import { signUsage } from '../../../src/cli/contributor-sign-usage.ts'
import { proveBatch } from '../../../src/cli/prove-batch.ts'
import { parseSignedBatch, signedBatchText } from '../../../src/client/batch-documents.ts'
import { atomic, zeroAddress } from '../../../src/domain/units.ts'
import { checkSignedBatch } from '../../../src/proofs/signed-batch.ts'
import {
  batchNowMs,
  batchSigner,
  consecutiveReceipts,
  signedBatchOf,
  someUsages,
} from '../../support/signed-batch.ts'
import { contributorKey, documentOf, place } from '../../support/signed-receipt.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouch-sign-usage-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

writeContributorFile(folder, {
  gateway: {
    origin: 'http://127.0.0.1:9',
    operator: batchSigner.gateway,
    keys: batchSigner.gatewayKeys,
  },
  chain: {
    chainId: place.chainId,
    rpcUrl: 'http://127.0.0.1:9',
    contributorRegistry: zeroAddress,
    receiptVerifier: place.verifyingContract,
    settlement: zeroAddress,
  },
  contributor: batchSigner.contributor,
  signerUrl: null,
  payout: { token: zeroAddress, receiver: zeroAddress, minWithdrawDelayS: 0 },
  creditLimit: atomic(0n),
  agent: {},
})
writeFileSync(contributorPaths(folder).signingKey, contributorKey.slice(2), { mode: 0o600 })

const files = consecutiveReceipts(someUsages(3)).map((receipt, at) => {
  const path = join(folder, `receipt-${at}.json`)
  writeFileSync(path, JSON.stringify(documentOf(receipt)))
  return path
})

async function run(...args: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = []
  const terminal: Terminal = { print: (line) => lines.push(line), printError: () => undefined }
  const { options } = parseContributorOptions(['sign-usage', '--data', folder, ...args])
  expect(await signUsage(options, { terminal, nowMs: () => batchNowMs })).toBe(0)
  return lines
}

test('writes the batch that a prover takes, for nobody else to read', async () => {
  const out = join(folder, 'batch.json')
  expect(await run(...files, '--out', out)).toEqual([])
  expect(statSync(out).mode & 0o777).toBe(0o600)
  const parsed = parseSignedBatch(await readFile(out))
  expect(parsed).toEqual({ ok: true, value: signedBatchOf(someUsages(3)) })
  if (parsed.ok) expect(checkSignedBatch(parsed.value).ok).toBe(true)
})

test('or prints it', async () => {
  const lines = await run(...files)
  expect(`${lines.join('\n')}\n`).toBe(signedBatchText(signedBatchOf(someUsages(3))))
})

test('says why it signs nothing', async () => {
  const [first = '', , last = ''] = files
  await expect(run(first, last)).rejects.toThrow(/receipt 9 is not the next one/)
  await expect(run(first, first)).rejects.toThrow(/the Work of receipt 7 stands there twice/)
  await expect(run()).rejects.toThrow(/which receipts/)
  await expect(run(join(folder, 'contributor.json'))).rejects.toThrow(/is no receipt/)
})

test('what is no signed batch, or was changed, is not proved', async () => {
  await expect(proveBatch([])).rejects.toThrow(/which batch/)
  await expect(proveBatch([files[0] ?? ''])).rejects.toThrow(/is no signed batch/)
  const batch = signedBatchOf(someUsages(3))
  const changed = join(folder, 'changed.json')
  const statement = { ...batch.statement, channelId: batch.statement.lastDigest }
  writeFileSync(changed, signedBatchText({ ...batch, statement }))
  await expect(proveBatch([changed])).rejects.toThrow(/cannot be proved: signature false/)
})
