import { cpus } from 'node:os'
import { resolve } from 'node:path'
import type { Reference } from '../auditor/judge-answer.ts'
import { noiseAllowances } from '../auditor/noise-allowance.ts'
import type { Bytes32 } from '../domain/units.ts'
import { engineName } from '../engine/decoder-session.ts'
import { loadModel } from '../engine/load-model.ts'
import type { AuditOptions } from './audit-options.ts'
import { CommandFailure } from './command.ts'

export type References = {
  readonly byModel: ReadonlyMap<Bytes32, Reference>
  /** The name of the first folder's model. */
  readonly firstName: string
}

/** Loads each model that was given. Throws CommandFailure for a folder that is none. */
export async function loadReferences(options: AuditOptions): Promise<References> {
  const byModel = new Map<Bytes32, Reference>()
  let firstName: string | undefined
  for (const { folder, modelId } of options.references) {
    const loaded = await loadModel(resolve(folder), { intraOpThreads: options.threads })
    if (!loaded.ok) throw new CommandFailure(`${loaded.error.file}: ${loaded.error.detail}`)
    const model = loaded.value
    firstName ??= model.name
    const noiseClass = options.noiseClass ?? (modelId === undefined ? 'same' : 'float')
    byModel.set(modelId ?? model.modelId, {
      model,
      allowance: noiseAllowances[noiseClass],
      knowsSampler: options.knowsSampler ?? noiseClass === 'same',
      replays: noiseClass === 'same',
      engine: { engine: engineName, cpu: describeCpu(), noiseClass },
    })
  }
  return { byModel, firstName: firstName ?? '' }
}

/** What onnxruntime chooses its kernels by, as far as node knows it. */
const describeCpu = (): string =>
  `${process.arch} ${cpus()[0]?.model.trim() ?? 'unknown'}, ${process.platform}`
