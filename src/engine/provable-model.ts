import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import type { Bytes32 } from '../domain/units.ts'
import { inputElements } from '../provable/evaluate.ts'
import type { FixedPointGraph } from '../provable/fixed-point-graph.ts'
import { readFixedPointGraph } from '../provable/read-fixed-point-graph.ts'
import { type ModelRefusal, readModelFiles } from './model-files.ts'

/** A model of whole numbers: what it answers is what its circuit proves. */
export type ProvableModel = {
  readonly name: string
  readonly modelId: Bytes32
  readonly graph: FixedPointGraph
  readonly inputCount: number
}

const graphFile = 'graph.json'

/** Loads a folder with `manifest.json` and `graph.json`; the graph is used as its hash was checked. */
export async function loadProvableModel(
  folder: string,
): Promise<Result<ProvableModel, ModelRefusal>> {
  const files = await readModelFiles(folder, [graphFile])
  if (!files.ok) return files
  const { name, modelId, contents } = files.value
  const refuse = (detail: string) => err({ file: join(folder, graphFile), detail })
  let json: unknown
  try {
    json = JSON.parse(contents.get(graphFile)?.toString('utf8') ?? '')
  } catch {
    return refuse('it is not JSON')
  }
  const graph = readFixedPointGraph(json)
  if (!graph.ok) return refuse(`${graph.error.place} ${graph.error.detail}`)
  return ok({ name, modelId, graph: graph.value, inputCount: inputElements(graph.value) })
}
