import { err, ok, type Result } from '../base/result.ts'
import { isModelName, isVersion } from '../domain/model-name.ts'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import type { StoreFault } from './store-fault.ts'

/** How a person names a model: `volatility`, `volatility@2`, `volatility@latest`, or its modelId. */
export type ModelReference =
  | { readonly kind: 'id'; readonly modelId: Bytes32 }
  | { readonly kind: 'name'; readonly name: string; readonly version: string }

/** What a version is called where nothing is said. */
export const latest = 'latest'

export function readModelReference(text: string): Result<ModelReference, StoreFault> {
  if (isBytes32(text)) return ok({ kind: 'id', modelId: bytes32(text) })
  const [name = '', version = latest, ...more] = text.split('@')
  if (isModelName(name) && isVersion(version) && more.length === 0) {
    return ok({ kind: 'name', name, version })
  }
  const detail = `'${text.slice(0, 80)}' names no model: a name of up to 64 characters a-z 0-9 . _ -, perhaps '@' and a version, or a modelId`
  return err({ kind: 'invalid', detail })
}
