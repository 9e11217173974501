/*
 * ONNX files that anybody may have made. Everything is bounded (limits.ts), nothing is nested deeper than the messages that are read
 * here, and what another reader could understand otherwise, such as a field that is there twice, is refused.
 */
import { err, ok, type Result } from '../base/result.ts'
import { checkOnnxNames } from './check-onnx-names.ts'
import {
  modelBytesMax,
  onnxInitializersMax,
  onnxNameBytesMax,
  onnxNodesMax,
  onnxOpsetsMax,
  portsMax,
} from './limits.ts'
import { type ModelFault, ModelFaultError, quoted, refuse } from './model-fault.ts'
import type { OnnxModel } from './onnx-model.ts'
import {
  allOf,
  bytesOf,
  type Field,
  integerOf,
  onlyOf,
  readMessage,
  textOf,
} from './protobuf-reading.ts'
import { readNode } from './read-onnx-node.ts'
import { onnxBudget, readTensor } from './read-onnx-tensor.ts'
import { readValue } from './read-onnx-value.ts'

/** IR versions whose graphs mean what we think. Source: onnx/onnx, docs/Versioning.md. */
const irVersions = { min: 3, max: 13 }
/** The same of operator sets: before 9 operators had attributes that none has today. */
const opsetVersions: ReadonlyMap<string, { readonly min: number; readonly max: number }> = new Map([
  ['', { min: 9, max: 25 }],
  ['ai.onnx.ml', { min: 1, max: 5 }],
])

export function readOnnx(bytes: Uint8Array): Result<OnnxModel, ModelFault> {
  try {
    if (bytes.length > modelBytesMax) {
      refuse('file_too_large', 'file', `has ${bytes.length} bytes; ${modelBytesMax} are read`)
    }
    const model = readModel(bytes)
    checkOnnxNames(model)
    return ok(model)
  } catch (fault) {
    if (fault instanceof ModelFaultError) return err(fault.fault)
    throw fault
  }
}

function readModel(bytes: Uint8Array): OnnxModel {
  const model = readMessage(bytes, { place: 'file', numbers: [1, 7, 8, 20, 25] })
  const irVersion = onlyOf(model, 1)
  const graph = onlyOf(model, 7)
  if (irVersion === undefined || graph === undefined) {
    return refuse('not_onnx', 'file', 'has no IR version or no graph')
  }
  const version = integerOf(irVersion, 'ir_version')
  if (version < irVersions.min || version > irVersions.max) {
    refuse('unknown_version', 'ir_version', `is ${version}`)
  }
  if (allOf(model, 20).length > 0) {
    refuse('function', 'training_info', 'is no part of a model here')
  }
  if (allOf(model, 25).length > 0) refuse('function', 'functions', 'are no part of a model here')
  return { opsets: readOpsets(allOf(model, 8)), ...readGraph(bytesOf(graph, 'graph')) }
}

function readOpsets(fields: readonly Field[]): ReadonlyMap<string, number> {
  if (fields.length > onnxOpsetsMax) refuse('limit_exceeded', 'opset_import', 'are too many')
  const opsets = new Map<string, number>()
  for (const [index, field] of fields.entries()) {
    const place = `opset_import[${index}]`
    const opset = readMessage(bytesOf(field, place), { place, numbers: [1, 2] })
    const named = textOf(onlyOf(opset, 1), { place, bytesMax: onnxNameBytesMax })
    const domain = named === 'ai.onnx' ? '' : named
    const versionField = onlyOf(opset, 2)
    const version = versionField === undefined ? 0 : integerOf(versionField, place)
    if (opsets.has(domain)) {
      refuse('repeated_field', place, `names the domain ${quoted(domain)} again`)
    }
    const known = opsetVersions.get(domain)
    if (known !== undefined && (version < known.min || version > known.max)) {
      const range = `${known.min} to ${known.max} are known`
      refuse('unknown_version', place, `is version ${version} of ${quoted(domain)}; ${range}`)
    }
    opsets.set(domain, version)
  }
  if (!opsets.has('')) refuse('missing_field', 'opset_import', "names no version of ONNX's own")
  return opsets
}

function readGraph(bytes: Uint8Array): Omit<OnnxModel, 'opsets'> {
  const graph = readMessage(bytes, { place: 'graph', numbers: [1, 2, 5, 11, 12, 15] })
  const budget = onnxBudget()
  const listOf = <T>(
    { number, kind, max }: { readonly number: number; readonly kind: string; readonly max: number },
    read: (bytes: Uint8Array, place: string) => T,
  ): readonly T[] => {
    const fields = allOf(graph, number)
    if (fields.length > max) refuse('limit_exceeded', `graph.${kind}`, `are more than ${max}`)
    return fields.map((field, index) => {
      const place = `graph.${kind}[${index}]`
      return read(bytesOf(field, place), place)
    })
  }
  if (allOf(graph, 15).length > 0) {
    refuse(
      'unknown_element_type',
      'graph.sparse_initializer',
      'is there; sparse tensors are not read',
    )
  }
  const name = textOf(onlyOf(graph, 2), { place: 'graph.name', bytesMax: onnxNameBytesMax })
  const nodes = listOf({ number: 1, kind: 'node', max: onnxNodesMax }, (message, place) =>
    readNode(message, place, budget),
  )
  const initializers = listOf(
    { number: 5, kind: 'initializer', max: onnxInitializersMax },
    (message, place) => readTensor(message, place, budget),
  )
  const inputsMax = onnxInitializersMax + portsMax
  const inputs = listOf({ number: 11, kind: 'input', max: inputsMax }, readValue)
  const outputs = listOf({ number: 12, kind: 'output', max: portsMax }, readValue)
  return { name, nodes, initializers, ...withoutConstants({ inputs, outputs, initializers }) }
}

/** Before IR version 4 every initializer was an input as well, whose value a caller may change; here it is a constant. */
function withoutConstants({
  inputs,
  outputs,
  initializers,
}: Pick<OnnxModel, 'inputs' | 'outputs' | 'initializers'>): Pick<OnnxModel, 'inputs' | 'outputs'> {
  const constants = new Set(initializers.map(({ name }) => name))
  const open = inputs.filter(({ name }) => !constants.has(name))
  if (open.length > portsMax) refuse('limit_exceeded', 'graph.input', `are more than ${portsMax}`)
  if (open.length === 0) refuse('missing_field', 'graph.input', 'are none')
  if (outputs.length === 0) refuse('missing_field', 'graph.output', 'are none')
  return { inputs: open, outputs }
}
