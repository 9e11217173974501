import { join } from 'node:path'
import { addModel } from '../model-store/add-model.ts'
import { collectGarbage } from '../model-store/collect-garbage.ts'
import { fileBytesMax } from '../model-store/limits.ts'
import { manifestFile, readStoredManifest } from '../model-store/model-manifest.ts'
import { readModelReference } from '../model-store/model-reference.ts'
import type { StoredModel } from '../model-store/model-store.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { type ModelTerms, oneNamed, orStoreFailure } from './models-options.ts'
import { readGivenFile } from './read-given-file.ts'

export async function addToStore(terms: ModelTerms, { print }: Terminal): Promise<void> {
  const folder = oneNamed(terms, 'a folder with a manifest.json')
  const manifest = (await readGivenFile(join(folder, manifestFile), fileBytesMax)).toString('utf8')
  const { files } = orStoreFailure(readStoredManifest(manifest))
  const contents = new Map<string, Buffer>()
  for (const name of files.keys())
    contents.set(name, await readGivenFile(join(folder, name), fileBytesMax))
  const added = await addModel(terms.store, { manifest, contents, version: terms.version })
  print(
    terms.isJson
      ? JSON.stringify(namesOf(orStoreFailure(added)))
      : said('added', orStoreFailure(added)),
  )
}

export async function aliasInStore(terms: ModelTerms, { print }: Terminal): Promise<void> {
  const [text = '', alias = '', ...more] = terms.named
  const reference = orStoreFailure(readModelReference(text))
  if (reference.kind === 'id' || alias === '' || more.length > 0) {
    throw new CommandFailure(
      'this needs a model with its version, and an alias: volatility@2 stable',
      2,
    )
  }
  const { name, version } = reference
  orStoreFailure(await terms.store.alias(name, { alias, version }))
  const model = orStoreFailure(await terms.store.find(`${name}@${alias}`))
  print(
    terms.isJson
      ? JSON.stringify({ ...namesOf(model), alias })
      : `${name}@${alias} is version ${model.version}`,
  )
}

export async function removeFromStore(terms: ModelTerms, { print }: Terminal): Promise<void> {
  const text = oneNamed(terms, 'a model with its version')
  const reference = orStoreFailure(readModelReference(text))
  if (reference.kind === 'name' && !text.includes('@')) {
    throw new CommandFailure(`say which version of ${text}: ${text}@1`, 2)
  }
  const model = orStoreFailure(await terms.store.find(text))
  orStoreFailure(await terms.store.remove(text))
  print(
    terms.isJson
      ? JSON.stringify(namesOf(model))
      : `${said('removed', model)}; 'vouch models gc' removes its files`,
  )
}

export async function collectStoreGarbage(terms: ModelTerms, { print }: Terminal): Promise<void> {
  const { store, isTrial, isJson } = terms
  if (terms.named.length > 0) throw new CommandFailure('gc takes no model', 2)
  const garbage = orStoreFailure(await collectGarbage(store, { nowMs: Date.now(), isTrial }))
  const bytes = garbage.reduce((sum, blob) => sum + blob.bytes, 0)
  if (isJson) print(JSON.stringify({ files: garbage.length, bytes, removed: !isTrial }))
  else print(`${garbage.length} files, ${bytes} bytes ${isTrial ? 'would be removed' : 'removed'}`)
}

const namesOf = ({ name, version, modelId }: StoredModel) => ({ name, version, modelId })

const said = (done: string, { name, version, modelId }: StoredModel): string =>
  `${done} ${name}@${version}  ${modelId}`
