/*
 * Tree ensembles as a circuit: every branch of every tree is compared once, equal comparisons together; then the leaves are folded
 * upwards, branch by branch, the branches of one height in one step. A branch over two leaves selects between constants, which is
 * linear in its bit and costs no product.
 */
import { assert } from '../base/assert.ts'
import type { Wire } from './circuit-program.ts'
import type { Branch, Tree, TreeEnsembleLayer } from './fixed-point-graph.ts'
import { constants, linear, type ProgramBuilder, rangeOf, signs } from './program-builder.ts'
import { selected } from './program-selections.ts'

/** A subtree's value of one target: known, or a wire. */
type Value = { readonly known: number } | { readonly wire: Wire }

export function treeEnsembleWires(
  builder: ProgramBuilder,
  { outputs, offsets, trees }: TreeEnsembleLayer,
  x: readonly Wire[],
): readonly Wire[] {
  const bitOf = comparisons(builder, trees, x)
  const roots: Value[][] = []
  for (let target = 0; target < outputs; target += 1) {
    roots.push(foldedTrees(builder, trees, bitOf, target))
  }
  const sums = roots.map((values, target) => sumOf(values, offsets[target] ?? 0))
  return linear(builder, padded(sums))
}

/** Of each comparison feature ≤ threshold, one bit. */
function comparisons(
  builder: ProgramBuilder,
  trees: readonly Tree[],
  x: readonly Wire[],
): (branch: Branch) => Value {
  const keyOf = ({ feature, threshold }: Branch): string => `${feature} ${threshold}`
  const known = new Map<string, Value>()
  const asked: Branch[] = []
  for (const branch of trees.flatMap(({ branches }) => branches)) {
    const key = keyOf(branch)
    if (known.has(key)) continue
    const { least, greatest } = rangeOf(builder, x[branch.feature] ?? -1)
    if (greatest <= branch.threshold) known.set(key, { known: 1 })
    else if (least > branch.threshold) known.set(key, { known: 0 })
    else {
      known.set(key, { wire: -1 })
      asked.push(branch)
    }
  }
  if (asked.length > 0) {
    const differences = linear(builder, {
      rows: asked.map(({ threshold }) => ({ weights: [-1], bias: threshold })),
      rowOf: asked.map((_, element) => element),
      taps: asked.map(({ feature }) => [x[feature] ?? -1]),
      tapsOf: asked.map((_, element) => element),
    })
    signs(builder, differences).forEach((wire, element) => {
      known.set(keyOf(asked[element] as Branch), { wire })
    })
  }
  return (branch) => known.get(keyOf(branch)) as Value
}

/** One target's value of each tree. */
function foldedTrees(
  builder: ProgramBuilder,
  trees: readonly Tree[],
  bitOf: (branch: Branch) => Value,
  target: number,
): Value[] {
  const heights = trees.map(({ branches }) => heightsOf(branches))
  const values = trees.map(({ branches }) => new Array<Value | undefined>(branches.length))
  const subtreeValue = (tree: number, node: number): Value => {
    if (node < 0) return { known: trees[tree]?.leaves[-1 - node]?.[target] ?? 0 }
    const value = values[tree]?.[node]
    assert(value !== undefined, 'Branches are folded from the leaves upwards')
    return value
  }
  const highest = heights.reduce((most, of) => Math.max(most, ...of.slice(0, 1)), 0)
  for (let height = 1; height <= highest; height += 1) {
    const level = trees.flatMap(({ branches }, tree) =>
      branches.flatMap((branch, node) =>
        heights[tree]?.[node] === height ? [{ tree, node, branch }] : [],
      ),
    )
    const folded = foldedLevel(
      builder,
      level.map(({ tree, branch }) => ({
        bit: bitOf(branch),
        whenOne: subtreeValue(tree, branch.atMost),
        whenZero: subtreeValue(tree, branch.above),
      })),
    )
    level.forEach(({ tree, node }, at) => {
      const row = values[tree]
      if (row !== undefined) row[node] = folded[at]
    })
  }
  return trees.map(({ branches }, tree) => subtreeValue(tree, branches.length === 0 ? -1 : 0))
}

type Fork = { readonly bit: Value; readonly whenOne: Value; readonly whenZero: Value }

function foldedLevel(builder: ProgramBuilder, forks: readonly Fork[]): readonly Value[] {
  const folded: Value[] = forks.map(({ bit, whenOne, whenZero }) =>
    'known' in bit && bit.known === 1 ? whenOne : whenZero,
  )
  const open = forks.flatMap((fork, at) => ('known' in fork.bit ? [] : [{ ...fork, at }]))
  const ofLeaves = open.filter(({ whenOne, whenZero }) => 'known' in whenOne && 'known' in whenZero)
  const ofWires = open.filter((fork) => !ofLeaves.includes(fork))
  const place = (of: readonly { readonly at: number }[], wires: readonly Wire[]): void => {
    of.forEach(({ at }, element) => {
      folded[at] = { wire: wires[element] ?? -1 }
    })
  }
  if (ofLeaves.length > 0) place(ofLeaves, chosenLeaves(builder, ofLeaves))
  if (ofWires.length > 0) {
    const whenOne = asWires(
      builder,
      ofWires.map((fork) => fork.whenOne),
    )
    const whenZero = asWires(
      builder,
      ofWires.map((fork) => fork.whenZero),
    )
    const bits = ofWires.map(({ bit }) => ('wire' in bit ? bit.wire : -1))
    place(ofWires, selected(builder, { bits, whenOne, whenZero }))
  }
  return folded
}

function chosenLeaves(builder: ProgramBuilder, forks: readonly Fork[]): readonly Wire[] {
  const leaf = (value: Value): number => ('known' in value ? value.known : 0)
  const elements = forks.map((_, element) => element)
  return linear(builder, {
    rows: forks.map(({ whenOne, whenZero }) => ({
      weights: [leaf(whenOne) - leaf(whenZero)],
      bias: leaf(whenZero),
    })),
    rowOf: elements,
    taps: forks.map(({ bit }) => ['wire' in bit ? bit.wire : -1]),
    tapsOf: elements,
  })
}

/** A known value becomes a wire that is always it. */
function asWires(builder: ProgramBuilder, values: readonly Value[]): readonly Wire[] {
  const known = values.flatMap((value) => ('known' in value ? [value.known] : []))
  const made = known.length === 0 ? [] : constants(builder, known)
  let at = 0
  return values.map((value) => {
    if ('wire' in value) return value.wire
    at += 1
    return made[at - 1] ?? -1
  })
}

/** A branch's height is one more than that of its higher child; leaves have none. Children stand behind their parent. */
function heightsOf(branches: readonly Branch[]): readonly number[] {
  const heights = new Array<number>(branches.length).fill(1)
  for (let node = branches.length - 1; node >= 0; node -= 1) {
    const { atMost, above } = branches[node] as Branch
    heights[node] = 1 + Math.max(0, heights[atMost] ?? 0, heights[above] ?? 0)
  }
  return heights
}

type Sum = { readonly bias: number; readonly wires: readonly Wire[] }

const sumOf = (values: readonly Value[], offset: number): Sum => ({
  bias: values.reduce((sum, value) => sum + ('known' in value ? value.known : 0), offset),
  wires: values.flatMap((value) => ('wire' in value ? [value.wire] : [])),
})

/** Sums of differing lengths as the rows of one linear step. */
function padded(sums: readonly Sum[]): Parameters<typeof linear>[1] {
  const length = Math.max(...sums.map(({ wires }) => wires.length))
  const weights = new Array<number>(length).fill(1)
  const elements = sums.map((_, element) => element)
  return {
    rows: sums.map(({ bias }) => ({ weights, bias })),
    rowOf: elements,
    taps: sums.map(({ wires }) => [...wires, ...new Array(length - wires.length).fill(-1)]),
    tapsOf: elements,
  }
}
