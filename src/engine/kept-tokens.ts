import type { CommittedTokens } from '../attestation/token-commitment.ts'
import { writeTokens } from '../attestation/token-openings.ts'
import type { Job } from '../contributor/job-headers.ts'

/**
 * What opens the commitments of the newest signed answers, in memory: an engine has no folder of its own. Who lost one
 * computes it again, since the same job gives the same tokens.
 */
export class KeptTokens {
  readonly #bytesMax: number
  readonly #texts = new Map<string, string>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  keep(job: Job, tokens: CommittedTokens): void {
    const text = writeTokens(tokens)
    const name = nameOf(job)
    if (this.#texts.has(name) || text.length > this.#bytesMax) return
    this.#texts.set(name, text)
    this.#bytes += text.length
    for (const [oldest, { length }] of this.#texts) {
      if (this.#bytes <= this.#bytesMax) return
      this.#texts.delete(oldest)
      this.#bytes -= length
    }
  }

  /** As `writeTokens` writes them; undefined for a job that it never had, or has no more. */
  of(job: Job): string | undefined {
    return this.#texts.get(nameOf(job))
  }
}

/** Ids are unique for one gateway only. */
const nameOf = ({ jobId, gateway }: Job): string => `${jobId} ${gateway}`
