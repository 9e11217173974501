import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openContractJobFiles } from '../../../src/contributor/contract-job-files.ts'
import { openContractJobs } from '../../../src/contributor/open-contract-jobs.ts'
import { readSettledDues, writeSettledDues } from '../../../src/contributor/settled-dues-file.ts'
import { address, atomic, bytes32, unixSeconds, zeroBytes32 } from '../../../src/domain/units.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

const job = { jobId: bytes32(`0x${'11'.repeat(32)}`), gateway: address(`0x${'22'.repeat(20)}`) }
const place = { chainId: 1, coordinator: address(`0x${'33'.repeat(20)}`) }
const amount = atomic(2n ** 100n)
const settled = {
  dues: [
    {
      ...place,
      gateway: job.gateway,
      paidJobs: 1,
      paidAmount: amount,
      lostJobs: 2,
      lostWorth: amount,
    },
  ],
  counted: [job],
}

test('a job that a crash left behind its sum is not counted again', async () => {
  const folder = temporaryFolder()
  const files = await openContractJobFiles(folder.path)
  if (!files.ok) throw new Error(files.error)
  const facts = { inputHash: zeroBytes32, atBlock: 1, keepUntilS: unixSeconds(1) }
  const record = { ...job, ...place, ...facts, fee: amount, worth: amount }
  await files.value.promise(record)
  const head = { work: 'dw', contentType: 'text/plain', contentHash: zeroBytes32 }
  await files.value.answer(record, head, Buffer.from('a'))
  const path = join(folder.path, 'settled.json')
  await writeSettledDues(path, settled)
  expect(await readSettledDues(path)).toEqual({ ok: true, value: settled })
  const signer = {
    ...{ contributor: job.gateway, signingAddress: job.gateway, decimals: undefined },
    receipts: { chainId: 1, verifyingContract: job.gateway },
  }
  const opened = await openContractJobs({
    ...{ folder: folder.path, coordinators: [], limit: amount, signer: () => signer },
    ...{ onEvent: () => {}, nowMs: () => 0 },
  })
  expect(opened.ok && opened.value.jobs.knows(job)).toBe(false)
  expect(opened.ok && opened.value.dues.settled).toEqual(settled.dues)
  folder.remove()
})

test('nothing is settled where there is no file, and a damaged one is not worked over', async () => {
  const folder = temporaryFolder()
  const path = join(folder.path, 'settled.json')
  expect(await readSettledDues(path)).toEqual({ ok: true, value: { dues: [], counted: [] } })
  for (const text of ['', '{', '{"dues":[{}],"counted":[]}', '[]']) {
    writeFileSync(path, text)
    expect((await readSettledDues(path)).ok, text).toBe(false)
  }
  folder.remove()
})
