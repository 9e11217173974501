import type { AgentReply } from './agent-request.ts'

const comment = Buffer.from(': reading\n\n')

/**
 * How a stream begins: with its head, once there is something to say. While the engine reads a long prompt, or the job waits
 * for its turn, a comment now and then keeps whoever waits from giving up: a home machine may read for minutes. Comments are
 * part of what is hashed, as everywhere.
 */
export class StreamOpening {
  readonly #reply: AgentReply
  readonly #headers: () => Readonly<Record<string, string>>
  readonly #awake: NodeJS.Timeout | undefined
  readonly #unhashed: Buffer[] = []
  #hash: ((event: Buffer) => void) | undefined
  #hasBegun = false

  /** `awakeMs`: between two comments; undefined for an answer in one piece, which cannot have any. */
  constructor(terms: {
    readonly reply: AgentReply
    readonly headers: () => Readonly<Record<string, string>>
    readonly awakeMs: number | undefined
  }) {
    this.#reply = terms.reply
    this.#headers = terms.headers
    if (terms.awakeMs !== undefined) this.#awake = setInterval(() => this.#stir(), terms.awakeMs)
  }

  /** Then a failure cannot be a status any more. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.#reply.head(200, this.#headers())
  }

  /** Hands over every comment, those that were sent before as well. */
  hashWith(hash: (event: Buffer) => void): void {
    this.#hash = hash
    for (const sent of this.#unhashed.splice(0)) hash(sent)
  }

  /** The engine speaks, or nobody waits any more. */
  settle(): void {
    clearInterval(this.#awake)
  }

  #stir(): void {
    this.begin()
    if (this.#hash === undefined) this.#unhashed.push(comment)
    else this.#hash(comment)
    this.#reply.write(comment)
  }
}
