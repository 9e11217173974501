/*
 * Continuous batching: whoever waits for its next token when a pass begins is in that pass, and
 * leaves it again with its logits. A row of a batch has the bits that it has alone
 * (batch-check.ts), so who else is in a pass is nobody's business.
 *
 * 1. Rows and their memory change only in `settle`, between passes: a pass reads its memory later
 *    than it is asked for.
 * 2. A row waits for at most one token.
 */
import { assert } from '../base/assert.ts'
import { bytesOf, emptyBatchMemory, type Member, settle } from './batch-memory.ts'
import type { DecoderSession } from './decoder-session.ts'
import { copyPositions, type KeyValueShape, rowsOf } from './key-values.ts'
import { idleBatchBytesMax } from './limits.ts'
import type { Sequence } from './sequence.ts'

export type DecodingBatch = {
  /** A copy of the sequence takes part from the next pass on. */
  readonly join: (sequence: Sequence) => BatchRow
  /** Rows that take part. */
  readonly rows: () => number
}

export type BatchRow = {
  /** Appends a token; resolves with the logits of the one after it. */
  readonly next: (tokenId: number) => Promise<Float32Array>
  /** Does nothing when it has left. */
  readonly leave: () => void
}

type Row = Member & {
  tokens: number
  hasLeft: boolean
  waiting: Waiting | undefined
}

type Waiting = {
  readonly tokenId: number
  readonly resolve: (logits: Float32Array) => void
  readonly reject: (error: unknown) => void
}

export function openDecodingBatch(options: {
  readonly decoder: Pick<DecoderSession, 'forward'>
  readonly shape: KeyValueShape
  /** Rows of one pass; more rows take several passes a token. One gives each row passes of its own. */
  readonly rowsMax: number
}): DecodingBatch {
  const { decoder, shape, rowsMax } = options
  let memory = emptyBatchMemory(shape) as ReturnType<typeof settle<Row>>
  let joining: Row[] = []
  let isRunning = false

  const everyone = (): readonly Row[] =>
    [...memory.members, ...joining].filter(({ hasLeft }) => !hasLeft)

  async function run(): Promise<void> {
    memory = settle(memory, joining, shape)
    joining = []
    for (let first = 0; first < memory.members.length; first += rowsMax) await pass(first)
    isRunning = false
    if (everyone().some(({ waiting }) => waiting !== undefined)) wake()
  }

  /** A row that does not wait, among others that do, is computed for nothing: moving costs more. */
  async function pass(first: number): Promise<void> {
    const { keyValues, members } = memory
    const rows = members.slice(first, first + rowsMax)
    const asked = rows.map(({ waiting }) => waiting)
    if (asked.every((waiting) => waiting === undefined)) return
    for (const row of rows) row.waiting = undefined
    try {
      const { logits, added } = await decoder.forward({
        past: rowsOf(keyValues, { first, count: rows.length }),
        pastTokens: rows.map(({ tokens }) => tokens),
        tokenIds: asked.map((waiting) => [waiting?.tokenId ?? 0]),
      })
      for (const [at, row] of rows.entries()) {
        const ofRow = logits[at]
        if (asked[at] === undefined || ofRow === undefined) continue
        const to = { of: keyValues, row: first + at, first: row.tokens }
        copyPositions({ of: added, row: at, first: 0 }, to, 1)
        row.tokens += 1
        asked[at].resolve(ofRow)
      }
    } catch (error) {
      for (const waiting of asked) waiting?.reject(error)
    }
  }

  /** In a turn of the event loop of its own, so that all who want to be in a pass have asked. */
  function wake(): void {
    if (isRunning) return
    isRunning = true
    setImmediate(() => void run())
  }

  function ask(row: Row, tokenId: number): Promise<Float32Array> {
    assert(row.waiting === undefined && !row.hasLeft, 'a row asks for one token at a time')
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>()
    row.waiting = { tokenId, resolve, reject }
    wake()
    return promise
  }

  function leave(row: Row): void {
    row.hasLeft = true
    row.start = undefined
    // Memory that nobody uses is let go of in the next turn.
    if (everyone().length === 0 && bytesOf(memory.keyValues) > idleBatchBytesMax) wake()
  }

  return {
    join: (sequence) => {
      const { tokens } = sequence
      const row: Row = { start: sequence, tokens, waiting: undefined, hasLeft: false }
      joining.push(row)
      return { next: (tokenId) => ask(row, tokenId), leave: () => leave(row) }
    },
    rows: () => everyone().length,
  }
}
