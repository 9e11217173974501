import { quoted, refuse } from './model-fault.ts'
import type { OnnxModel, OnnxNode } from './onnx-model.ts'
import { nodePlace } from './read-onnx-node.ts'

/** Every tensor is made once and before it is read, as the standard has it; so no graph has a cycle. */
export function checkOnnxNames(model: OnnxModel): void {
  const { inputs, outputs, nodes, initializers, opsets } = model
  const made = new Set<string>()
  for (const [index, { name }] of inputs.entries()) make(made, name, `graph.input[${index}]`)
  for (const [index, { name }] of initializers.entries()) {
    make(made, name, `graph.initializer[${index}]`)
  }
  const all = new Set(nodes.flatMap((node) => node.outputs))
  for (const [index, node] of nodes.entries()) {
    const place = nodePlace(`graph.node[${index}]`, node)
    if (!opsets.has(node.domain)) {
      refuse('missing_field', place, `is of ${quoted(node.domain)}, which opset_import leaves out`)
    }
    checkInputs(node, { made, all, place })
    // An output without a name is one that nobody wants.
    for (const name of node.outputs) if (name !== '') make(made, name, place)
  }
  const wanted = new Set<string>()
  for (const [index, { name }] of outputs.entries()) {
    const place = `graph.output[${index}]`
    if (!made.has(name)) refuse('unknown_tensor', place, `is ${quoted(name)}, which none makes`)
    make(wanted, name, place)
  }
}

function make(made: Set<string>, name: string, place: string): void {
  if (name === '') refuse('bad_name', place, 'has no name')
  if (made.has(name)) refuse('duplicate_name', place, `has the name ${quoted(name)} of another`)
  made.add(name)
}

type Names = {
  readonly made: ReadonlySet<string>
  /** What any node makes. */
  readonly all: ReadonlySet<string>
  readonly place: string
}

/** An empty name is an input that is not given. */
function checkInputs({ inputs }: OnnxNode, { made, all, place }: Names): void {
  for (const name of inputs) {
    if (name === '' || made.has(name)) continue
    if (!all.has(name)) refuse('unknown_tensor', place, `reads ${quoted(name)}, which none makes`)
    refuse('cycle', place, `reads ${quoted(name)}, which it or a later node makes`)
  }
}
