/*
 * What an UltraHonk circuit consists of, row by row: four wires, the selectors that say what holds between them, and what the
 * prover adds to argue about copies and lookups. Each is a polynomial that is committed to once; a proof opens all of them in
 * one random row. The order is the protocol's: of keys, of openings, and of the powers that batch them.
 */

/** Committed to in the key. A row's wires obey `gate` where that gate's selector is not zero; the other selectors tune it. */
const precomputed = [
  'copy1',
  'copy2',
  'copy3',
  'copy4',
  'place1',
  'place2',
  'place3',
  'place4',
  'firstRow',
  'lastRow',
  'lookupGate',
  'table1',
  'table2',
  'table3',
  'table4',
  'byProduct',
  'byRight',
  'byOutput',
  'constant',
  'byLeft',
  'byFourth',
  'arithmeticGate',
  'rangeGate',
  'ellipticGate',
  'memoryGate',
  'foreignFieldGate',
  'externalRoundGate',
  'internalRoundGate',
] as const

/** Committed to in the proof. The first five are opened in the next row too. */
const witnesses = [
  'left',
  'right',
  'output',
  'fourth',
  'copyProduct',
  'lookupInverse',
  'lookupCount',
  'lookupTag',
] as const

const shifted = ['leftNext', 'rightNext', 'outputNext', 'fourthNext', 'copyProductNext'] as const

export const precomputedCount: number = precomputed.length
export const shiftedCount: number = shifted.length

export type Witness = (typeof witnesses)[number]
type Entity = (typeof precomputed)[number] | Witness | (typeof shifted)[number]

/** The value of each polynomial in the row that the challenges chose. */
export type Row = Readonly<Record<Entity, bigint>>

const entities: readonly Entity[] = [...precomputed, ...witnesses, ...shifted]

export const entityCount: number = entities.length
/** Of those that have a commitment: the shifted ones share that of what they shift. */
export const committedCount: number = precomputed.length + witnesses.length

/** `values` in the protocol's order. */
export const rowOf = (values: readonly bigint[]): Row =>
  Object.fromEntries(entities.map((name, at) => [name, values[at] ?? 0n])) as Row

export const inOrder = <T>(commitments: Readonly<Record<Witness, T>>): readonly T[] =>
  witnesses.map((name) => commitments[name])
