import { decodeTensor } from '../base/wire-tensor.ts'
import type { AskedOf, WholeUnits } from './whole-units.ts'

/** Undefined unless it has the wire form, and exactly the values that the model answers. */
export function readTensor(body: Buffer, asked: AskedOf): WholeUnits | undefined {
  const values = decodeTensor(body)
  if (values === undefined || values.length === 0) return undefined
  const { expected } = asked
  if (expected !== undefined && values.length !== expected.perChoiceMax) return undefined
  return {
    bytes: body,
    usage: undefined,
    units: values.length,
    source: 'reported',
    delivered: [body],
  }
}
