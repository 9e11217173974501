/*
 * Tree ensembles of ai.onnx.ml. Source of attributes: onnx/onnx, docs/Operators-ml.md, TreeEnsembleRegressor and
 * TreeEnsembleClassifier; of how two classes with one score are told apart: onnxruntime, which all others are compared with.
 */
import type { Branch } from './fixed-point-graph.ts'
import { treeNodesMax } from './limits.ts'
import { affine, labelled } from './lower-linear.ts'
import {
  addLayer,
  attribute,
  fail,
  type Lower,
  type LoweredNode,
  mustBe,
  type Operand,
  type Value,
  valueAt,
} from './lowering.ts'
import { type Ensemble, keyOf, type Leaf, leavesOf, treeOf, treesOf } from './onnx-trees.ts'

function ensemble(
  lowered: LoweredNode,
  terms: {
    readonly prefix: 'target' | 'class'
    readonly outputs: number
    readonly baseValues: readonly number[]
    readonly leaves: ReadonlyMap<string, Leaf>
  },
): Value {
  const value = valueAt(lowered, 0)
  const features = value.shape.at(-1) ?? 0
  if (value.shape.some((size, axis) => axis < value.shape.length - 1 && size !== 1)) {
    fail(lowered, 'unsupported_operand', `reads [${value.shape}]; one row is supported`)
  }
  const { outputs, baseValues, leaves } = terms
  if (![0, outputs].includes(baseValues.length)) {
    fail(lowered, 'shape_mismatch', `has ${baseValues.length} base values for ${outputs} outputs`)
  }
  const trees = treesOf(lowered)
  const aggregate = attribute(lowered, 'aggregate_function', 'text') ?? 'SUM'
  if (aggregate !== 'AVERAGE') {
    mustBe(lowered, { name: 'aggregate_function', value: aggregate, expected: 'SUM' })
  }
  const factor = aggregate === 'AVERAGE' ? 1 / trees.length : 1
  // Every leaf will hold a number for every output, also where the file names none.
  const nodes = trees.reduce((sum, [, ofTree]) => sum + ofTree.size, 0)
  if (nodes * outputs > 4 * treeNodesMax) {
    fail(lowered, 'limit_exceeded', `has ${nodes} nodes for ${outputs} outputs`)
  }
  const read = trees.map((tree) => treeOf(lowered, tree, { outputs, trees, leaves, factor }))
  const isWrong = ({ feature }: Branch): boolean => !(feature >= 0 && feature < features)
  if (read.some(({ branches }) => branches.some(isWrong))) {
    fail(lowered, 'shape_mismatch', `asks for a feature beyond the ${features} that there are`)
  }
  const offsets = Array.from({ length: outputs }, (_, at) => baseValues[at] ?? 0)
  checkBaseValues(lowered, offsets, { trees, leaves })
  const layer = {
    kind: 'treeEnsemble',
    input: value.tensor,
    outputs,
    offsets,
    trees: read,
  } as const
  return addLayer(lowered, layer, [1, outputs])
}

/** What is added to a target that no leaf was met for is one thing to the standard and another to onnxruntime. */
function checkBaseValues(
  lowered: LoweredNode,
  offsets: readonly number[],
  { trees, leaves }: Pick<Ensemble, 'trees' | 'leaves'>,
): void {
  if (offsets.length === 1) return
  const isAlwaysMet = (target: number): boolean =>
    trees.some(([tree, nodes]) =>
      [...nodes.values()].every(
        ({ id, mode }) => mode !== 'LEAF' || leaves.get(keyOf(tree, id))?.has(target) === true,
      ),
    )
  const wrong = offsets.findIndex((offset, target) => offset !== 0 && !isAlwaysMet(target))
  if (wrong < 0) return
  const detail = `has a base value for output ${wrong}, which no tree has in every leaf`
  fail(lowered, 'unsupported_attribute', detail)
}

export const treeEnsembleRegressor: Lower = (lowered) => {
  const transform = attribute(lowered, 'post_transform', 'text') ?? 'NONE'
  mustBe(lowered, { name: 'post_transform', value: transform, expected: 'NONE' })
  const outputs = attribute(lowered, 'n_targets', 'int') ?? 1
  if (!(outputs >= 1 && outputs <= 4_096)) {
    fail(lowered, 'limit_exceeded', `has ${outputs} targets`)
  }
  const leaves = leavesOf(lowered, 'target', outputs)
  const baseValues = attribute(lowered, 'base_values', 'floats') ?? []
  return [ensemble(lowered, { prefix: 'target', outputs, baseValues, leaves })]
}

/**
 * Answers the label, then the scores. Labels that are texts are not there, nor are scores that a function is put behind: what grows
 * with the score leaves the greatest of them the greatest.
 */
export const treeEnsembleClassifier: Lower = (lowered) => {
  const labels = attribute(lowered, 'classlabels_int64s', 'ints') ?? []
  const texts = attribute(lowered, 'classlabels_strings', 'texts') ?? []
  const classes = labels.length === 0 ? texts.length : labels.length
  if (!(classes >= 2 && classes <= 4_096)) fail(lowered, 'limit_exceeded', `has ${classes} classes`)
  const transform = attribute(lowered, 'post_transform', 'text') ?? 'NONE'
  if (!['NONE', 'LOGISTIC', 'SOFTMAX'].includes(transform)) {
    mustBe(lowered, { name: 'post_transform', value: transform, expected: 'NONE' })
  }
  const scores = classScores(lowered, classes)
  const label = labels.length === 0 ? undefined : labelled(lowered, scores, labels)
  const both: readonly (Operand | undefined)[] = [label, transform === 'NONE' ? scores : undefined]
  return both
}

function classScores(lowered: LoweredNode, classes: number): Value {
  const ids = new Set(attribute(lowered, 'class_ids', 'ints') ?? [])
  const baseValues = attribute(lowered, 'base_values', 'floats') ?? []
  const leaves = leavesOf(lowered, 'class', classes)
  const terms = { prefix: 'class', leaves, baseValues } as const
  if (classes !== 2 || ids.size !== 1) return ensemble(lowered, { ...terms, outputs: classes })
  // Two classes with one score, which is that of the second: a share where no leaf is negative, else more or less than nothing.
  const [only = 0] = ids
  const moved = new Map(
    [...leaves].map(([key, leaf]) => [key, new Map([[0, leaf.get(only) ?? 0]])] as const),
  )
  const score = ensemble(lowered, { ...terms, leaves: moved, outputs: 1 })
  const weights = attribute(lowered, 'class_weights', 'floats') ?? []
  const isShare = weights.every((weight) => weight >= 0)
  const inputs = [score.tensor]
  const twice = addLayer(lowered, { kind: 'arrange', inputs, indices: [0, 0] }, [1, 2])
  return affine(lowered, twice, { multipliers: [-1, 1], offsets: [isShare ? 1 : 0, 0] })
}
