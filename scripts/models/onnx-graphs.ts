import type { OnnxAttribute, OnnxTensor, OnnxValue } from '../../src/provable/onnx-model.ts'
import { type OnnxNodeToWrite, writeOnnx } from '../../src/provable/write-onnx.ts'
import type { BoostedTrees, TreeNode } from './boosted-trees.ts'
import type { DenseNetwork, DenseWeights } from './dense-network.ts'

type Ports = { readonly name: string; readonly input: string; readonly output: string }

const floats = (name: string, shape: readonly number[], values: ArrayLike<number>): OnnxTensor => ({
  name,
  elementType: 'float32',
  shape,
  values,
})

const row = (name: string, columns: number): OnnxValue => ({
  name,
  elementType: 'float32',
  shape: [1, columns],
})

/** Gemm after Gemm with a Relu behind each but the last. */
export function denseOnnx({
  name,
  input,
  output,
  network: { layers },
}: Ports & { readonly network: DenseNetwork }): Uint8Array {
  const last = layers.length - 1
  const nodes = layers.flatMap((_, at): OnnxNodeToWrite[] => {
    const read = at === 0 ? input : `hidden_${at - 1}`
    const sums = at === last ? output : `sums_${at}`
    const gemm: OnnxNodeToWrite = {
      op: 'Gemm',
      inputs: [read, `weights_${at}`, `biases_${at}`],
      outputs: [sums],
      attributes: { transB: { kind: 'int', value: 1 } },
    }
    return at === last ? [gemm] : [gemm, { op: 'Relu', inputs: [sums], outputs: [`hidden_${at}`] }]
  })
  const initializers = layers.flatMap(({ inputs, outputs, weights, biases }: DenseWeights, at) => [
    floats(`weights_${at}`, [outputs, inputs], weights),
    floats(`biases_${at}`, [outputs], biases),
  ])
  return writeOnnx({
    name,
    inputs: [row(input, layers[0]?.inputs ?? 0)],
    outputs: [row(output, layers[last]?.outputs ?? 0)],
    nodes,
    initializers,
  })
}

/** One TreeEnsembleRegressor of ai.onnx.ml. */
export function treesOnnx({
  name,
  input,
  output,
  features,
  ensemble,
}: Ports & { readonly features: number; readonly ensemble: BoostedTrees }): Uint8Array {
  const rows = ensemble.trees.flatMap((tree, at) => rowsOf(tree, at))
  const leaves = rows.filter(({ mode }) => mode === 'LEAF')
  const ints = (values: readonly number[]): OnnxAttribute => ({ kind: 'ints', value: values })
  const weights = (values: readonly number[]): OnnxAttribute => ({ kind: 'floats', value: values })
  const node: OnnxNodeToWrite = {
    op: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: [input],
    outputs: [output],
    attributes: {
      n_targets: { kind: 'int', value: 1 },
      aggregate_function: { kind: 'text', value: 'SUM' },
      post_transform: { kind: 'text', value: 'NONE' },
      base_values: weights([ensemble.base]),
      nodes_treeids: ints(rows.map(({ tree }) => tree)),
      nodes_nodeids: ints(rows.map(({ node: id }) => id)),
      nodes_featureids: ints(rows.map(({ feature }) => feature)),
      nodes_modes: { kind: 'texts', value: rows.map(({ mode }) => mode) },
      nodes_values: weights(rows.map(({ value }) => (value === undefined ? 0 : value))),
      nodes_truenodeids: ints(rows.map(({ atMost }) => atMost)),
      nodes_falsenodeids: ints(rows.map(({ above }) => above)),
      target_treeids: ints(leaves.map(({ tree }) => tree)),
      target_nodeids: ints(leaves.map(({ node: id }) => id)),
      target_ids: ints(leaves.map(() => 0)),
      target_weights: weights(leaves.map(({ weight }) => weight)),
    },
  }
  return writeOnnx({
    name,
    inputs: [row(input, features)],
    outputs: [row(output, 1)],
    nodes: [node],
    initializers: [],
  })
}

type TreeRow = {
  readonly tree: number
  readonly node: number
  readonly mode: 'BRANCH_LEQ' | 'LEAF'
  readonly feature: number
  readonly value: number | undefined
  readonly atMost: number
  readonly above: number
  readonly weight: number
}

/** The nodes of a tree, a parent before its children, as the operator lists them. */
function rowsOf(root: TreeNode, tree: number): readonly TreeRow[] {
  const rows: TreeRow[] = []
  const add = (node: TreeNode): number => {
    const id = rows.length
    const empty = { tree, node: id, feature: 0, value: undefined, atMost: 0, above: 0, weight: 0 }
    if ('leaf' in node) {
      rows.push({ ...empty, mode: 'LEAF', weight: node.leaf })
      return id
    }
    rows.push({ ...empty, mode: 'BRANCH_LEQ' })
    const [atMost, above] = [add(node.atMost), add(node.above)]
    const { feature, threshold: value } = node
    rows[id] = { ...empty, mode: 'BRANCH_LEQ', feature, value, atMost, above }
    return id
  }
  add(root)
  return rows
}
