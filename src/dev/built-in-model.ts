import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import type { Bytes32 } from '../domain/units.ts'

/** The language model that comes with the project, as its own files describe it. */
export type BuiltInModel = {
  readonly name: string
  readonly modelId: Bytes32
  readonly contextTokensMax: number
  readonly tokenizer: string
}

const folder = join(import.meta.dirname, '../../models/vouch-mini')

export function builtInModel(): BuiltInModel {
  const manifest = readFileSync(join(folder, 'manifest.json'), 'utf8')
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as {
    readonly contextTokensMax: number
  }
  return {
    name: 'vouch-mini',
    modelId: keccak256Utf8(canonicalJson(JSON.parse(manifest) as Json)),
    contextTokensMax: config.contextTokensMax,
    tokenizer: join(folder, 'tokenizer.json'),
  }
}
