import { fromEnvironment } from '../config.ts'
import type { Mirror } from '../model-store/mirror.ts'
import { openMirror } from '../model-store/open-mirror.ts'
import { pullModel, pushModel, type TransferProgress } from '../model-store/transfer-model.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { type ModelTerms, oneNamed, orStoreFailure } from './models-options.ts'

export async function pullFromMirror(terms: ModelTerms, terminal: Terminal): Promise<void> {
  const mirror = mirrorAt('--from', terms.from)
  const reference = oneNamed(terms, 'a model')
  const onProgress = tellTenths(terminal)
  const pulled = await pullModel(terms.store, mirror, { reference, onProgress })
  const { name, version, modelId } = orStoreFailure(pulled)
  terminal.print(
    terms.isJson
      ? JSON.stringify({ name, version, modelId, from: mirror.place })
      : `pulled ${name}@${version}  ${modelId}`,
  )
}

export async function pushToMirror(terms: ModelTerms, terminal: Terminal): Promise<void> {
  const mirror = mirrorAt('--to', terms.to)
  const reference = oneNamed(terms, 'a model')
  const onProgress = tellTenths(terminal)
  const pushed = await pushModel(terms.store, mirror, { reference, onProgress })
  const { name, version, modelId } = orStoreFailure(pushed)
  terminal.print(
    terms.isJson
      ? JSON.stringify({ name, version, modelId, to: mirror.place })
      : `pushed ${name}@${version}  ${modelId} to ${mirror.place}`,
  )
}

function mirrorAt(option: string, place: string | undefined): Mirror {
  if (place === undefined) throw new CommandFailure(`say where with ${option} MIRROR`, 2)
  return orStoreFailure(
    openMirror(place, {
      accessKeyId: fromEnvironment('AWS_ACCESS_KEY_ID'),
      secretAccessKey: fromEnvironment('AWS_SECRET_ACCESS_KEY'),
      sessionToken: fromEnvironment('AWS_SESSION_TOKEN'),
      region: fromEnvironment('AWS_REGION'),
      endpoint: fromEnvironment('AWS_ENDPOINT_URL'),
    }),
  )
}

/** A line for each tenth of a file, on standard error. */
function tellTenths({ printError }: Terminal): (progress: TransferProgress) => void {
  const told = new Map<string, number>()
  return ({ file, bytesDone, bytesTotal }) => {
    const tenth = bytesTotal === 0 ? 10 : Math.floor((10 * bytesDone) / bytesTotal)
    if ((told.get(file) ?? -1) >= tenth) return
    told.set(file, tenth)
    printError(`${file}: ${bytesDone} of ${bytesTotal} bytes`)
  }
}
