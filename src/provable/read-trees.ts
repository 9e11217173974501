import type { Branch, Tree } from './fixed-point-graph.ts'
import { integer, integers, listOf, objectWith, type Place, wrong } from './json-fields.ts'
import { exactIntegerMax, treeNodesMax, treesMax } from './limits.ts'

/** What the trees of an ensemble read and answer. */
export type TreeTerms = { readonly features: number; readonly outputs: number }

export function readTrees(json: Place, terms: TreeTerms): readonly Tree[] {
  return listOf(json, { min: 1, max: treesMax }).map((tree) => readTree(tree, terms))
}

function readTree(json: Place, { features, outputs }: TreeTerms): Tree {
  const fields = objectWith(json, ['branches', 'leaves'] as const)
  const branchPlaces = listOf(fields.branches, { max: treeNodesMax })
  const leafPlaces = listOf(fields.leaves, { min: 1, max: treeNodesMax })
  const branches = branchPlaces.map((branch) => readBranch(branch, features))
  const leaves = leafPlaces.map((leaf) =>
    integers(leaf, {
      min: -exactIntegerMax,
      max: exactIntegerMax,
      lengthMin: outputs,
      lengthMax: outputs,
    }),
  )
  if (!isTree(branches, leaves.length)) {
    wrong(json.place, 'is no tree whose children stand behind their parents')
  }
  return { branches, leaves }
}

function readBranch(json: Place, features: number): Branch {
  const fields = objectWith(json, ['feature', 'threshold', 'atMost', 'above'] as const)
  const child = { min: -treeNodesMax, max: treeNodesMax }
  return {
    feature: integer(fields.feature, { min: 0, max: features - 1 }),
    threshold: integer(fields.threshold, { min: -exactIntegerMax, max: exactIntegerMax }),
    atMost: integer(fields.atMost, child),
    above: integer(fields.above, child),
  }
}

/** Every branch but the root and every leaf has one parent, which stands before it: so whatever is asked ends at a leaf. */
function isTree(branches: readonly Branch[], leaves: number): boolean {
  const children = branches.flatMap(({ atMost, above }, index) => [
    { child: atMost, parent: index },
    { child: above, parent: index },
  ])
  const inOrder = children.every(({ child, parent }) =>
    child < 0 ? -1 - child < leaves : child > parent && child < branches.length,
  )
  const distinct = new Set(children.map(({ child }) => child)).size === children.length
  return inOrder && distinct && leaves === branches.length + 1
}
