import type { AnswerReport } from './verify-answer.ts'

/**
 * An answer that was not verified. It comes where the reader would have seen the answer's end, not from the call of fetch:
 * clients ask again, and pay again, when fetch itself rejects.
 */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  /** Every line that was looked at, and the receipt as far as there is one. */
  readonly report: AnswerReport

  constructor(report: AnswerReport) {
    const against = report.against.map(({ check, detail }) => `${check}: ${detail}`)
    super(`the answer is not verified: ${against.join('; ')}`)
    this.report = report
  }
}
