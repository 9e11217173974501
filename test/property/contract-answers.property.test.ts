/*
 * Two signatures for one job over different bytes cost a contributor its whole stake. Whatever is asked of it under a job's id,
 * in whatever order, wherever it is cut off and however its node lies: at most one signature ever leaves.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeWork } from '../../src/attestation/check-work.ts'
import type { Result } from '../../src/base/result.ts'
import { beginJob } from '../../src/contributor/begin-job.ts'
import {
  type ContractJobFiles,
  openContractJobFiles,
} from '../../src/contributor/contract-job-files.ts'
import { ContractJobs, type PayableJob } from '../../src/contributor/contract-jobs.ts'
import { DuesWatch } from '../../src/contributor/dues-watch.ts'
import { type JobBook, openJobBook } from '../../src/contributor/job-book.ts'
import { readSettledDues } from '../../src/contributor/settled-dues-file.ts'
import { encodeSignedWork } from '../../src/contributor/sign-work.ts'
import { noPrices } from '../../src/domain/price-sheet.ts'
import { type SignedWork, workStatus } from '../../src/domain/receipt.ts'
import {
  address,
  atomic,
  type Bytes32,
  bytes32,
  unixSeconds,
  zeroBytes32,
} from '../../src/domain/units.ts'
import { someTerms } from '../support/contract-jobs.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'

const gateway = address(`0x${'11'.repeat(20)}`)
const contributor = address(`0x${'c0'.repeat(20)}`)
const place = { chainId: 31_337, coordinator: address(`0x${'99'.repeat(20)}`) }
const terms = someTerms({ gateway, maxFee: 10n ** 20n })
const word = (number: number): Bytes32 => bytes32(`0x${number.toString(16).padStart(64, '0')}`)

type Act =
  | {
      readonly kind: 'ask'
      readonly job: number
      readonly input: number
      readonly isContract: boolean
      /** Where the process ends; `left`: it goes on, and the engine failed. */
      readonly until: 'promised' | 'begun' | 'signed' | 'drafted' | 'kept' | 'left' | 'told'
    }
  | { readonly kind: 'restart' | 'later' }

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      job: fc.integer({ min: 1, max: 2 }),
      input: fc.integer({ min: 1, max: 2 }),
      isContract: fc.boolean(),
      until: fc.constantFrom('promised', 'begun', 'signed', 'drafted', 'kept', 'left', 'told'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart', 'later') }) },
)

const orThrow = <T>(result: Result<T, unknown>): T => {
  if (result.ok) return result.value
  throw new Error(JSON.stringify(result.error))
}

type Asked = Extract<Act, { readonly kind: 'ask' }>

/** A contributor whose node says that everything is payable, for ever. */
class Contributor {
  readonly #folder: string
  #nowMs = 1_763_800_000_000
  #signatures = 0
  #book!: JobBook
  #files!: ContractJobFiles
  #jobs!: ContractJobs
  #dues!: DuesWatch
  /** What left the process, by job. */
  readonly told = new Map<Bytes32, Set<string>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async open(): Promise<void> {
    const path = join(this.#folder, 'settled.json')
    this.#book = orThrow(await openJobBook(join(this.#folder, 'jobs')))
    this.#files = orThrow(await openContractJobFiles(join(this.#folder, 'contracts')))
    const known = orThrow(await readSettledDues(path))
    await this.#files.forget(known.counted)
    const nowMs = () => this.#nowMs
    const files = this.#files
    const onEvent = () => {}
    const desk = {
      coordinators: [],
      isNamed: () => true,
      findPayable: async () => ({ ok: true, value: { atBlock: 1 } }) as const,
    }
    this.#dues = new DuesWatch({ files, desk, contributor, path, known, onEvent, nowMs })
    const limit = atomic(10n ** 30n)
    this.#jobs = new ContractJobs({ files, desk, dues: this.#dues, limit, nowMs })
  }

  async end(): Promise<void> {
    await this.#book.close()
  }

  async do(act: Act): Promise<void> {
    if (act.kind === 'ask') {
      if (await this.#ask(act)) return
    } else if (act.kind === 'later') {
      // Behind the deadlines, and behind the time that an end must have stood.
      for (const _ of [1, 2]) {
        this.#nowMs += 7_200_000
        await this.#dues.look()
      }
      return
    }
    await this.end()
    await this.open()
  }

  /** False where the process ended. */
  async #ask({ job: number, input, isContract, until }: Asked): Promise<boolean> {
    const job = { jobId: word(number), gateway }
    const inputHash = word(1_000 + input)
    if (isContract) {
      const again = await this.#jobs.recall(job, inputHash)
      if (!again.ok) return true
      if (again.value !== undefined) return this.#tell(job.jobId, again.value.work)
    }
    const payable = isContract ? orThrow(await this.#admit(job, inputHash)) : undefined
    if (until === 'promised' && payable !== undefined) return this.#promise(payable)
    const begun = await beginJob({ jobs: this.#book, contractJobs: this.#jobs }, { job, payable })
    if (!begun.ok) return true
    await begun.value.durable
    if (until === 'begun') return false
    if (until === 'left') {
      begun.value.over()
      return true
    }
    begun.value.signed()
    const isTold = await this.#answer(this.#sign(job, inputHash), { isContract, until })
    if (isTold) begun.value.over()
    return isTold
  }

  async #answer(
    signed: SignedWork,
    { isContract, until }: Pick<Asked, 'isContract' | 'until'>,
  ): Promise<boolean> {
    if (until === 'signed') return false
    if (until === 'drafted') {
      const name = `${signed.work.jobId}-${gateway}.answer.1.new`
      writeFileSync(join(this.#folder, 'contracts', name), 'a draft that was cut o')
      return false
    }
    const body = Buffer.from(`answer ${this.#signatures}`)
    if (isContract) await this.#jobs.keep(signed, { contentType: 'text/plain', body })
    return until !== 'kept' && this.#tell(signed.work.jobId, encodeSignedWork(signed))
  }

  /** Ends between the promise and the book. */
  async #promise({ promised }: PayableJob): Promise<false> {
    const isNew = this.#files.find(promised) === undefined && this.#book.mayBegin(promised)
    if (isNew) await this.#files.promise(promised)
    return false
  }

  #admit(job: { readonly jobId: Bytes32; readonly gateway: typeof gateway }, inputHash: Bytes32) {
    const most = { promptTokens: 1, completionTokens: 1 }
    return this.#jobs.admit(
      { ...place, terms },
      { ...job, inputHash },
      {
        ...{ gateway, modelId: terms.modelId, stream: false, choiceCount: 1, most },
        ...{ commits: true, asks: noPrices, accepts: () => true },
      },
    )
  }

  /** No two signatures are of the same bytes. */
  #sign(job: { readonly jobId: Bytes32; readonly gateway: typeof gateway }, inputHash: Bytes32) {
    this.#signatures += 1
    const zero = zeroBytes32
    const tokens = { promptTokens: 1, cachedPromptTokens: 0, completionTokens: 1 }
    const work = {
      ...job,
      contributor,
      modelId: terms.modelId,
      inputHash,
      outputHash: word(this.#signatures),
      ...{ contentHash: zero, streamRoot: zero, commitment: zero, ...tokens },
      ...{ startedAt: unixSeconds(1), finishedAt: unixSeconds(2), status: workStatus.complete },
    }
    return { work, signature: `0x${'5a'.repeat(65)}` } as SignedWork
  }

  #tell(jobId: Bytes32, work: string): true {
    const told = this.told.get(jobId) ?? new Set()
    this.told.set(jobId, told.add(work))
    return true
  }
}

function expectOneEach(told: ReadonlyMap<Bytes32, ReadonlySet<string>>): void {
  for (const [job, works] of told) {
    expect([...works].map((work) => decodeWork(work)?.work.jobId)).toEqual([job])
  }
}

test('of one job at most one signature ever leaves, and it stays the same', async () => {
  const counted = { told: 0, again: 0, restarts: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(anyAct, { minLength: 4, maxLength: 14 }), async (acts) => {
      const folder = temporaryFolder()
      const one = new Contributor(folder.path)
      await one.open()
      for (const act of acts) {
        const before = [...one.told.keys()]
        await one.do(act)
        counted.restarts += act.kind === 'restart' ? 1 : 0
        counted.again += before.length
        counted.told += one.told.size - before.length
        expectOneEach(one.told)
      }
      await one.end()
      folder.remove()
    }),
    { numRuns: 60 },
  )
  for (const count of Object.values(counted)) expect(count).toBeGreaterThan(0)
})

test('a job that was cut off before its answer was kept is answered behind it, whatever it was cut off by', async () => {
  const cuts = ['promised', 'begun', 'signed', 'drafted'] as const
  for (const until of cuts) {
    const folder = temporaryFolder()
    const one = new Contributor(folder.path)
    await one.open()
    const ask = { kind: 'ask', job: 1, input: 1, isContract: true } as const
    await one.do({ ...ask, until })
    expect(one.told.size, until).toBe(0)
    // Not as an ordinary job, whose answer would be kept nowhere.
    await one.do({ ...ask, isContract: false, until: 'told' })
    expect(one.told.size, until).toBe(0)
    await one.do({ ...ask, input: 2, until: 'told' })
    expect(one.told.size, until).toBe(0)
    await one.do({ ...ask, until: 'kept' })
    await one.do({ ...ask, until: 'told' })
    expect(one.told.get(word(1))?.size, until).toBe(1)
    await one.end()
    folder.remove()
  }
})
