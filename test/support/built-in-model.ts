import { join } from 'node:path'
import { type LanguageModel, loadModel } from '../../src/engine/load-model.ts'

export const builtInModelFolder: string = join(import.meta.dirname, '../../models/vouch-mini')

/** The real model that this project ships, on one thread. */
export async function loadBuiltInModel(): Promise<LanguageModel> {
  const model = await loadModel(builtInModelFolder, { intraOpThreads: 1 })
  if (!model.ok) throw new Error(`${model.error.file}: ${model.error.detail}`)
  return model.value
}
