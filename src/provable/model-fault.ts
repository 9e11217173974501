/** Why a file is no model that can be proved. Each is explained in docs/provable-models.md. */
export const modelFaultReasons = [
  'file_too_large',
  'not_onnx',
  'repeated_field',
  'missing_field',
  'limit_exceeded',
  'bad_name',
  'duplicate_name',
  'unknown_tensor',
  'cycle',
  'unknown_version',
  'unknown_element_type',
  'external_data',
  'subgraph',
  'function',
  'not_finite',
  'wrong_size',
  'dynamic_shape',
  'unsupported_operator',
  'unsupported_attribute',
  'unsupported_operand',
  'shape_mismatch',
  'bad_sample',
  'overflow',
] as const

export type ModelFaultReason = (typeof modelFaultReasons)[number]

export type ModelFault = {
  readonly reason: ModelFaultReason
  /** Such as `graph.node[3] Conv "features.0", attribute "pads"`. Parts that the file names are cut and quoted. */
  readonly place: string
  /** A sentence's end: "has 4 values instead of 8". */
  readonly detail: string
}

/** Thrown while a model is read, because every byte may be the wrong one; the function that was called answers a value. */
export class ModelFaultError extends Error {
  readonly fault: ModelFault

  constructor(fault: ModelFault) {
    super(`${fault.place} ${fault.detail}`)
    this.name = 'ModelFaultError'
    this.fault = fault
  }
}

export const refuse = (reason: ModelFaultReason, place: string, detail: string): never => {
  throw new ModelFaultError({ reason, place, detail })
}

/** A name out of a file, as a message may show it. */
export const quoted = (name: string): string =>
  JSON.stringify(name.length > 60 ? `${name.slice(0, 57)}...` : name)
