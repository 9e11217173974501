/*
 * Batches of receipts, proven one by one, or joined to one proof: each batch, then nodes of a tree over them, every one verified
 * inside the next.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '../base/hex.ts'
import { type Bytes32, bytes32 } from '../domain/units.ts'
import type { Proof } from '../proofs/proof.ts'
import { usageBatchInputs } from '../proofs/usage-inputs.ts'
import {
  type PricedReceipt,
  type UsageRange,
  type UsageTerms,
  usageRange,
} from '../proofs/usage-range.ts'
import type { UsageStatement, UsageTreeKeys } from '../proofs/usage-statement.ts'
import { type UsageTreeChild, usageTreeInputs } from '../proofs/usage-tree.ts'
import type { UsageCircuits } from '../proofs/verify-usage.ts'
import type { CircuitSource } from '../prover/circuit-source.ts'
import { noirSource, usageBatchRows, usageTreeChildren } from '../prover/noir-source.ts'
import type { ProverPlace } from '../prover/prover-place.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { type MeteringProver, meteringProver } from './metering-prover.ts'

export type ProvenUsage = {
  readonly proofs: readonly { readonly statement: UsageStatement; readonly proof: Proof }[]
  /** By which they hold. */
  readonly circuits: UsageCircuits
}

export type UsageProving = {
  readonly batches: readonly UsageRange[]
  readonly rows: number
  readonly place: ProverPlace
  readonly terminal: Terminal
}

const batchSource = (rows: number): CircuitSource =>
  noirSource('usage-batch', rows === usageBatchRows ? {} : { RECEIPTS: rows })

/** A proof for each batch. Throws CommandFailure. */
export async function proveEach(proving: UsageProving): Promise<ProvenUsage> {
  const { batches, rows } = proving
  const prover = await meteringProver(batchSource(rows), proving)
  const proofs: { readonly statement: UsageStatement; readonly proof: Proof }[] = []
  for (const [index, batch] of batches.entries()) {
    const label = `batch ${index + 1} of ${batches.length}`
    const proof = await prover.prove(label, usageBatchInputs(batch, rows))
    proofs.push({ statement: batch.statement, proof })
  }
  return { proofs, circuits: { batchVkHash: prover.artefacts.artefact.vkHash } }
}

export type JoinedProving = UsageProving & {
  /** Those of all batches. */
  readonly receipts: readonly PricedReceipt[]
  readonly terms: UsageTerms
}

/** One proof of all batches together. Throws CommandFailure. */
export async function proveJoined(proving: JoinedProving): Promise<ProvenUsage> {
  const { batches, rows, receipts, terms } = proving
  // Before any prover starts: a range with too many sheets or signers for one statement is none.
  const { statement } = rangeOf(receipts, terms)
  const batchProver = await meteringProver({ ...batchSource(rows), recursive: true }, proving)
  const nodeProver = await meteringProver({ ...noirSource('usage-tree'), recursive: true }, proving)
  const rootProver = await meteringProver(noirSource('usage-tree'), proving)
  const keys: UsageTreeKeys = {
    batchKey: await innerKeyOf(batchProver),
    treeKey: await innerKeyOf(nodeProver),
  }
  const node = { keys, width: usageTreeChildren }
  let children: UsageTreeChild[] = []
  for (const [index, batch] of batches.entries()) {
    const label = `batch ${index + 1} of ${batches.length}`
    const { proof } = await batchProver.prove(label, usageBatchInputs(batch, rows))
    const key = batchProver.verificationKey
    children.push({ statement: batch.statement, isTree: false, key, proof })
  }
  while (children.length > usageTreeChildren) {
    const above: UsageTreeChild[] = []
    for (let at = 0; at < children.length; at += usageTreeChildren) {
      const below = children.slice(at, at + usageTreeChildren)
      const joined = rangeOf(receiptsOf(receipts, below), terms).statement
      const label = `node over ${below.length} of ${children.length}`
      const { proof } = await nodeProver.prove(label, usageTreeInputs(joined, below, node))
      above.push({ statement: joined, isTree: true, key: nodeProver.verificationKey, proof })
    }
    children = above
  }
  const proof = await rootProver.prove('root', usageTreeInputs(statement, children, node))
  const { vkHash } = rootProver.artefacts.artefact
  return { proofs: [{ statement, proof }], circuits: { tree: { vkHash, keys } } }
}

function rangeOf(receipts: readonly PricedReceipt[], terms: UsageTerms): UsageRange {
  const range = usageRange(receipts, terms)
  if (range.ok) return range.value
  throw new CommandFailure(`${range.error.detail}; without --join there is a proof for each batch`)
}

function receiptsOf(
  receipts: readonly PricedReceipt[],
  children: readonly UsageTreeChild[],
): readonly PricedReceipt[] {
  const [first, last] = [children[0]?.statement, children.at(-1)?.statement]
  if (first === undefined || last === undefined) return []
  const end = last.firstSeq + last.count
  return receipts.filter(
    ({ receipt }) => receipt.channelSeq >= first.firstSeq && receipt.channelSeq < end,
  )
}

/** What a circuit that verifies proofs knows the key of theirs by. */
async function innerKeyOf({ artefacts }: MeteringProver): Promise<Bytes32> {
  return bytes32(toHex(await readFile(join(artefacts.folder, 'vk_hash'))))
}
