/*
 * The inputs of circuits/noir/usage-tree: proofs of stretches that follow each other, and the statement of all of them together,
 * which is that of their receipts as one range.
 */
import { assert } from '../base/assert.ts'
import type { Hex } from '../base/hex.ts'
import { fromHex } from '../base/hex.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { CircuitValues } from './circuit-values.ts'
import { scalarWord, wordsOf } from './field.ts'
import { treeKeysValue, usageStatementValue } from './usage-inputs.ts'
import type { UsageStatement, UsageTreeKeys } from './usage-statement.ts'

/** A proof of the flavour that circuits verify, as bb writes it. */
export type UsageTreeChild = {
  readonly statement: UsageStatement
  /** By usage-tree, or by usage-batch. */
  readonly isTree: boolean
  /** Field elements of the circuit's key. */
  readonly key: Uint8Array
  readonly proof: Hex
}

/** Children behind the last repeat it; the circuit does not look at them. `width`: children that it has. */
export function usageTreeInputs(
  statement: UsageStatement,
  children: readonly UsageTreeChild[],
  { keys, width }: { readonly keys: UsageTreeKeys; readonly width: number },
): CircuitValues {
  const last = children.at(-1)
  assert(last !== undefined && children.length <= width, 'a node has 1 … width children')
  const filled = [...children, ...Array<UsageTreeChild>(width - children.length).fill(last)]
  return {
    statement: usageStatementValue(statement),
    keys: treeKeysValue(keys),
    children: filled.map((child) => ({
      statement: usageStatementValue(child.statement),
      is_tree: child.isTree,
      key: elementsOf(child.key),
      proof: elementsOf(fromHex(child.proof)),
    })),
    used: children.length,
  }
}

const elementsOf = (bytes: Uint8Array): readonly Bytes32[] => wordsOf(bytes).map(scalarWord)
