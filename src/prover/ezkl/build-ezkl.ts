import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../../base/message-of.ts'
import { ok, type Result } from '../../base/result.ts'
import type { BuiltKeys } from '../build-job.ts'
import type { JobContext } from '../job-context.ts'
import { jobFailure } from '../job-failure.ts'
import type { BuildJob } from '../job-protocol.ts'
import type { ProverFailure } from '../prover-failure.ts'
import { clamped, loadEzkl } from './ezkl-engine.ts'
import { readEzklSettings } from './ezkl-settings.ts'
import { srsFor } from './ezkl-srs.ts'

/** `model.compiled`, `settings.json`, `vk` and `pk`. The circuit was compiled already: by ezkl, or by this package's writer. */
export async function buildEzkl(
  job: BuildJob,
  context: JobContext,
): Promise<Result<BuiltKeys, ProverFailure>> {
  const { workFolder, report } = context
  const engine = loadEzkl(context.place)
  if (!engine.ok) return engine
  const compiledFile = join(workFolder, 'source', job.entry)
  const settingsFile = join(dirname(compiledFile), 'settings.json')
  const settings = readEzklSettings(await readFile(settingsFile, 'utf8').catch(() => ''))
  if (!settings.ok) return jobFailure('source_refused', settings.error)
  if (settings.value.publicInputs === 0) {
    return jobFailure('source_refused', 'the circuit has no public tensor: it states nothing')
  }
  const srs = await srsFor(settings.value.logrows, context)
  if (!srs.ok) return srs
  report('keys')
  const circuit = clamped(await readFile(compiledFile))
  const parameters = clamped(srs.value)
  const { genVk, genPk } = engine.value
  const keys = attempt(() => {
    const vk = genVk(circuit, parameters, true)
    report('keys', 0.7)
    return { vk, pk: genPk(clamped(vk), circuit, parameters) }
  })
  if (!keys.ok) return jobFailure('source_refused', `ezkl: ${keys.error}`)
  await writeFile(join(job.outFolder, 'vk'), keys.value.vk)
  await writeFile(join(job.outFolder, 'pk'), keys.value.pk)
  await copyFile(compiledFile, join(job.outFolder, 'model.compiled'))
  await copyFile(settingsFile, join(job.outFolder, 'settings.json'))
  const { logrows, publicInputs } = settings.value
  return ok({ constraints: 2 ** logrows, publicInputs })
}

function attempt<T>(work: () => T): Result<T, string> {
  try {
    return ok(work())
  } catch (thrown) {
    return { ok: false, error: messageOf(thrown) }
  }
}
