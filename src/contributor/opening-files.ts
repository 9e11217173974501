/*
 * What opens the commitments that were signed here, on the disk for as long as an audit may ask: a file for each job, in a
 * folder for each day. A day that is over is deleted whole.
 *
 *   {folder}/2026-11-22/{jobId}-{gateway}.json    `writeTokens`
 */
import { mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommittedTokens } from '../attestation/token-commitment.ts'
import { writeTokens } from '../attestation/token-openings.ts'
import { openingDaysKept, openingRoomBytesMin } from './agent-limits.ts'
import type { Job } from './job-headers.ts'

const dayMs = 86_400_000
const dayPattern = /^\d{4}-\d{2}-\d{2}$/

export class OpeningFiles {
  readonly #folder: string
  readonly #nowMs: () => number
  readonly #roomBytesMin: number
  /** The day whose folder is there. */
  #day = ''

  constructor(folder: string, nowMs: () => number, roomBytesMin: number = openingRoomBytesMin) {
    this.#folder = folder
    this.#nowMs = nowMs
    this.#roomBytesMin = roomBytesMin
  }

  /** Rejects where the disk is nearly full, or with node's error; then nothing may be committed to. */
  async keep(job: Job, tokens: CommittedTokens): Promise<void> {
    const day = dayOf(this.#nowMs())
    if (day !== this.#day) await this.#begin(day)
    const { bavail, bsize } = await statfs(this.#folder)
    if (bavail * bsize < this.#roomBytesMin) throw new Error('the disk is nearly full')
    await writeFile(join(this.#folder, day, nameOf(job)), writeTokens(tokens), { mode: 0o600 })
  }

  /** Undefined for a job that committed to nothing here, or is too old. */
  async of(job: Job): Promise<string | undefined> {
    for (let age = 0; age <= openingDaysKept; age += 1) {
      const day = dayOf(this.#nowMs() - age * dayMs)
      const text = await readFile(join(this.#folder, day, nameOf(job)), 'utf8').catch(
        () => undefined,
      )
      if (text !== undefined) return text
    }
    return undefined
  }

  async #begin(day: string): Promise<void> {
    await mkdir(join(this.#folder, day), { recursive: true, mode: 0o700 })
    this.#day = day
    const oldest = dayOf(this.#nowMs() - openingDaysKept * dayMs)
    for (const name of await readdir(this.#folder)) {
      const isOver = dayPattern.test(name) && name < oldest
      if (isOver) await rm(join(this.#folder, name), { recursive: true })
    }
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** Ids are unique for one gateway only. Both are hex: nothing in the name leads elsewhere. */
const nameOf = ({ jobId, gateway }: Job): string => `${jobId}-${gateway}.json`
