import { existsSync, linkSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/base/assert.ts'
import {
  type ContractJobFiles,
  openContractJobFiles,
  readContractJobs,
} from '../../../src/contributor/contract-job-files.ts'
import type { PromisedJob } from '../../../src/contributor/contract-job-record.ts'
import { address, atomic, bytes32, unixSeconds, zeroBytes32 } from '../../../src/domain/units.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

const job: PromisedJob = {
  jobId: bytes32(`0x${'11'.repeat(32)}`),
  gateway: address(`0x${'22'.repeat(20)}`),
  chainId: 31_337,
  coordinator: address(`0x${'33'.repeat(20)}`),
  inputHash: bytes32(`0x${'44'.repeat(32)}`),
  atBlock: 7,
  keepUntilS: unixSeconds(1_763_800_000),
  fee: atomic(2n ** 96n - 1n),
  worth: atomic(0n),
}
const answer = { work: 'd29yaw', contentType: 'application/json', contentHash: zeroBytes32 }
const body = Buffer.from('{"a":"line\\n"}\n\nand \0 bytes behind it')
const name = `${job.jobId}-${job.gateway}`

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

async function open(): Promise<ContractJobFiles> {
  const files = await openContractJobFiles(folder.path)
  if (!files.ok) throw new Error(files.error)
  return files.value
}

test('a promise and its answer are found by the next process, byte for byte', async () => {
  const files = await open()
  await files.promise(job)
  expect((await open()).find(job)).toEqual(job)
  await files.answer({ ...job, fee: atomic(5n) }, answer, body)
  for (const one of [files, await open()]) {
    expect(one.find(job)).toEqual({ ...job, fee: 5n, answer })
    expect(await one.readBody(job)).toEqual(body)
    expect(one.size).toEqual({ jobs: 1, bytes: body.length })
  }
  expect(await readContractJobs(folder.path)).toEqual({
    ok: true,
    value: [{ ...job, fee: 5n, answer }],
  })
})

test('what was forgotten is gone, its promise before its answer', async () => {
  const files = await open()
  await files.promise(job)
  await files.answer(job, answer, body)
  // As a crash between the two would leave it: still answered, and not as if it had never been.
  const path = join(folder.path, name)
  const kept = readFileSync(`${path}.answer`)
  await files.forget([job])
  expect(readdirSync(folder.path)).toEqual([])
  expect(files.size).toEqual({ jobs: 0, bytes: 0 })
  writeFileSync(`${path}.answer`, kept)
  expect((await open()).find(job)?.answer).toEqual(answer)
})

test('a second answer is never put in the place of the first, not by another process either', async () => {
  const [one, other] = [await open(), await open()]
  await one.promise(job)
  await other.promise(job)
  await one.answer(job, answer, body)
  await expect(one.answer(job, answer, body)).rejects.toThrow(InvariantViolation)
  await expect(other.answer(job, { ...answer, work: 'b3RoZXI' }, body)).rejects.toThrow('EEXIST')
  expect((await open()).find(job)?.answer).toEqual(answer)
  // It does not know any more what the disk has, and writes nothing.
  expect(other.isWritable).toBe(false)
  const next = { ...job, jobId: zeroBytes32 }
  await expect(other.promise(next)).rejects.toThrow('C3')
})

test('what a crash left half written is removed, and what is damaged is not worked over', async () => {
  const files = await open()
  await files.promise(job)
  const path = join(folder.path, name)
  linkSync(path, `${path}.answer.1.new`)
  expect((await open()).find(job)).toEqual(job)
  expect(existsSync(`${path}.answer.1.new`)).toBe(false)
  writeFileSync(`${path}.answer`, 'no line')
  const damaged = await openContractJobFiles(folder.path)
  expect(damaged).toEqual({
    ok: false,
    error: `${path}.answer is no contract's job: bring back a copy of it`,
  })
})
