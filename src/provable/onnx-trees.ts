/* The lists that an ONNX file keeps trees in, as trees. */
import type { Branch, Tree } from './fixed-point-graph.ts'
import { treeNodesMax, treesMax } from './limits.ts'
import { attribute, fail, type LoweredNode } from './lowering.ts'

type Node = {
  readonly id: number
  readonly feature: number
  readonly value: number
  readonly mode: string
  readonly whenTrue: number
  readonly whenFalse: number
}

/** What a leaf adds, by target. */
export type Leaf = Map<number, number>

export type Ensemble = {
  readonly outputs: number
  /** Nodes of each tree by their ids, in the order of the file. */
  readonly trees: readonly (readonly [tree: number, nodes: ReadonlyMap<number, Node>])[]
  readonly leaves: ReadonlyMap<string, Leaf>
  /** What every leaf is multiplied with: an average of trees is a sum of parts. */
  readonly factor: number
}

export const keyOf = (tree: number, node: number): string => `${tree}:${node}`

function columns(lowered: LoweredNode, names: readonly string[]): readonly (readonly number[])[] {
  return names.map((name) => attribute(lowered, name, 'ints') ?? [])
}

export function treesOf(lowered: LoweredNode): Ensemble['trees'] {
  const modes = attribute(lowered, 'nodes_modes', 'texts') ?? []
  const values = attribute(lowered, 'nodes_values', 'floats') ?? []
  const lists = columns(lowered, [
    'nodes_treeids',
    'nodes_nodeids',
    'nodes_featureids',
    'nodes_truenodeids',
    'nodes_falsenodeids',
  ])
  const [treeIds = [], ids = [], features = [], whenTrue = [], whenFalse = []] = lists
  const isEven = [values, ...lists].every(({ length }) => length === modes.length)
  if (!isEven || modes.length === 0 || modes.length > treeNodesMax) {
    fail(
      lowered,
      'shape_mismatch',
      `has lists of different lengths, or none, for ${modes.length} nodes`,
    )
  }
  const trees = new Map<number, Map<number, Node>>()
  for (const [at, mode] of modes.entries()) {
    const tree = treeIds[at] ?? 0
    const id = ids[at] ?? 0
    const nodes = trees.get(tree) ?? new Map<number, Node>()
    if (nodes.has(id)) fail(lowered, 'duplicate_name', `has node ${id} of tree ${tree} twice`)
    trees.set(tree, nodes)
    nodes.set(id, {
      id,
      mode,
      feature: features[at] ?? 0,
      value: values[at] ?? 0,
      whenTrue: whenTrue[at] ?? 0,
      whenFalse: whenFalse[at] ?? 0,
    })
  }
  if (trees.size > treesMax) fail(lowered, 'limit_exceeded', `has more than ${treesMax} trees`)
  return [...trees]
}

export function leavesOf(
  lowered: LoweredNode,
  prefix: 'target' | 'class',
  outputs: number,
): ReadonlyMap<string, Leaf> {
  const lists = columns(lowered, [`${prefix}_treeids`, `${prefix}_nodeids`, `${prefix}_ids`])
  const [trees = [], nodes = [], targets = []] = lists
  const weights = attribute(lowered, `${prefix}_weights`, 'floats') ?? []
  if (!lists.every(({ length }) => length === weights.length)) {
    fail(lowered, 'shape_mismatch', `has "${prefix}" lists of different lengths`)
  }
  const leaves = new Map<string, Leaf>()
  for (const [at, weight] of weights.entries()) {
    const target = targets[at] ?? 0
    if (!(target >= 0 && target < outputs)) {
      fail(lowered, 'shape_mismatch', `has a leaf for ${prefix} ${target} of ${outputs}`)
    }
    const key = keyOf(trees[at] ?? 0, nodes[at] ?? 0)
    const leaf = leaves.get(key) ?? new Map<number, number>()
    leaves.set(key, leaf.set(target, (leaf.get(target) ?? 0) + weight))
  }
  return leaves
}

/** The greatest number below another: x < t is x ≤ that, for all doubles. */
function nextBelow(value: number): number {
  if (value === 0) return -Number.MIN_VALUE
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n))
  return view.getFloat64(0)
}

type Test = { readonly threshold: number; readonly atMost: number; readonly above: number }

function testOf(lowered: LoweredNode, { mode, value, whenTrue, whenFalse }: Node): Test {
  switch (mode) {
    case 'BRANCH_LEQ':
      return { threshold: value, atMost: whenTrue, above: whenFalse }
    case 'BRANCH_LT':
      return { threshold: nextBelow(value), atMost: whenTrue, above: whenFalse }
    case 'BRANCH_GT':
      return { threshold: value, atMost: whenFalse, above: whenTrue }
    case 'BRANCH_GTE':
      return { threshold: nextBelow(value), atMost: whenFalse, above: whenTrue }
    default:
      return fail(lowered, 'unsupported_attribute', `has a node of mode "${mode.slice(0, 40)}"`)
  }
}

/** From the one node that is nobody's child, each node once: what is met again is no tree. */
export function treeOf(
  lowered: LoweredNode,
  [id, nodes]: Ensemble['trees'][number],
  { outputs, leaves, factor }: Ensemble,
): Tree {
  const children = new Set<number>()
  for (const node of nodes.values()) {
    if (node.mode !== 'LEAF') children.add(node.whenTrue).add(node.whenFalse)
  }
  const root = [...nodes.keys()].find((node) => !children.has(node))
  const branches: Branch[] = []
  const values: (readonly number[])[] = []
  const met = new Set<number>()
  const waiting: { readonly node: number | undefined; readonly settle: (at: number) => void }[] = [
    { node: root, settle: () => undefined },
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = nodes.get(next.node ?? Number.NaN)
    if (node === undefined || met.has(node.id)) {
      return fail(lowered, 'cycle', `has nodes in tree ${id} that make no tree`)
    }
    met.add(node.id)
    if (node.mode === 'LEAF') {
      next.settle(-1 - values.length)
      const leaf = leaves.get(keyOf(id, node.id))
      values.push(Array.from({ length: outputs }, (_, at) => (leaf?.get(at) ?? 0) * factor))
      continue
    }
    const { threshold, atMost, above } = testOf(lowered, node)
    const place = branches.length
    next.settle(place)
    const branch = { feature: node.feature, threshold, atMost: 0, above: 0 }
    branches.push(branch)
    waiting.push({
      node: above,
      settle: (at) => {
        branch.above = at
      },
    })
    waiting.push({
      node: atMost,
      settle: (at) => {
        branch.atMost = at
      },
    })
  }
  if (met.size !== nodes.size)
    fail(lowered, 'cycle', `has nodes in tree ${id} that nothing leads to`)
  return { branches, leaves: values }
}
