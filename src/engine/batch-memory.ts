import { assert } from '../base/assert.ts'
import {
  allocate,
  capacityFor,
  copyPositions,
  type KeyValueShape,
  type KeyValues,
} from './key-values.ts'
import { idleBatchBytesMax } from './limits.ts'
import type { Sequence } from './sequence.ts'

/** What the memory of a batch needs to know of one of its rows. */
export type Member = {
  /** What it joins with; let go of once it was copied. */
  start: Sequence | undefined
  /** Positions that are filled. */
  readonly tokens: number
  readonly hasLeft: boolean
}

/** Rows 0 to members.length - 1 of `keyValues` belong to the members, in their order. */
export type BatchMemory<Row> = { readonly keyValues: KeyValues; readonly members: readonly Row[] }

export const emptyBatchMemory = (shape: KeyValueShape): BatchMemory<never> => ({
  keyValues: allocate(shape, { rows: 0, capacity: 0 }),
  members: [],
})

export const bytesOf = ({ arrays }: KeyValues): number =>
  arrays.reduce((sum, { byteLength }) => sum + byteLength, 0)

/** Lets go of who left, and copies in who joins. */
export function settle<Row extends Member>(
  { keyValues, members }: BatchMemory<Row>,
  joining: readonly Row[],
  shape: KeyValueShape,
): BatchMemory<Row> {
  const staying = closeRanks(keyValues, members)
  const added = joining.filter(({ hasLeft }) => !hasLeft)
  const tokens = Math.max(0, ...[...staying, ...added].map((member) => member.tokens))
  const room = roomFor(keyValues, { rows: staying.length + added.length, tokens }, shape)
  if (room !== keyValues) {
    for (const [row, member] of staying.entries()) {
      copyPositions({ of: keyValues, row, first: 0 }, { of: room, row, first: 0 }, member.tokens)
    }
  }
  for (const [at, member] of added.entries()) {
    const { start } = member
    assert(start !== undefined, 'who joins brings a sequence')
    const to = { of: room, row: staying.length + at, first: 0 }
    copyPositions({ of: start.keyValues, row: 0, first: 0 }, to, start.tokens)
    member.start = undefined
  }
  return { keyValues: room, members: [...staying, ...added] }
}

/** The last rows move into the places of those who left. */
function closeRanks<Row extends Member>(keyValues: KeyValues, members: readonly Row[]): Row[] {
  const count = members.filter(({ hasLeft }) => !hasLeft).length
  const movers = members
    .map((member, row) => ({ member, row }))
    .filter(({ member, row }) => row >= count && !member.hasLeft)
  return members.slice(0, count).map((member, row) => {
    if (!member.hasLeft) return member
    const mover = movers.pop()
    assert(mover !== undefined, 'as many stay as there are places')
    const from = { of: keyValues, row: mover.row, first: 0 }
    copyPositions(from, { of: keyValues, row, first: 0 }, mover.member.tokens)
    return mover.member
  })
}

/**
 * The same memory where it does. It grows by doubling, and shrinks when less than a quarter of its
 * width would do or when nobody is left: a pass reads the whole width of each row.
 */
function roomFor(
  now: KeyValues,
  needed: { readonly rows: number; readonly tokens: number },
  shape: KeyValueShape,
): KeyValues {
  const { rows, tokens } = needed
  if (rows === 0) {
    return bytesOf(now) <= idleBatchBytesMax ? now : allocate(shape, { rows: 0, capacity: 0 })
  }
  const capacity = capacityFor(tokens, shape.contextTokensMax)
  const isMisfit = capacity > now.capacity || capacity < now.capacity / 4
  if (rows <= now.rows && !isMisfit) return now
  return allocate(shape, {
    rows: rows <= now.rows ? now.rows : 2 ** Math.ceil(Math.log2(rows)),
    capacity: isMisfit ? capacity : now.capacity,
  })
}
