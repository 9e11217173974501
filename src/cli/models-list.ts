import type { StoredFile } from '../model-store/model-store.ts'
import type { Terminal } from './command.ts'
import { type ModelTerms, oneNamed, orStoreFailure } from './models-options.ts'

export async function listModels(terms: ModelTerms, { print }: Terminal): Promise<void> {
  const { models } = orStoreFailure(await terms.store.index())
  if (terms.isJson) {
    print(JSON.stringify(models, undefined, 2))
    return
  }
  const names = Object.keys(models).sort()
  if (names.length === 0) print('the store is empty')
  for (const name of names) {
    const { versions = [], aliases = {} } = models[name] ?? {}
    print(name)
    for (const { version, modelId, addedAt } of versions) {
      const also = Object.entries(aliases).filter(([, of]) => of === version)
      const marks = also.map(([alias]) => alias).join(', ')
      const named = marks === '' ? '' : `  (${marks})`
      print(`  ${version.padEnd(12)} ${modelId}  ${addedAt.slice(0, 16).replace('T', ' ')}${named}`)
    }
  }
}

export async function showModel(terms: ModelTerms, { print }: Terminal): Promise<void> {
  const model = orStoreFailure(await terms.store.find(oneNamed(terms, 'a model')))
  const { name, version, modelId, manifest, addedAt, files, content } = model
  if (terms.isJson) {
    print(
      JSON.stringify(
        { name, version, modelId, manifest, addedAt, files, content: content.content },
        undefined,
        2,
      ),
    )
    return
  }
  print(`${name}@${version}  ${modelId}`)
  print(`  manifest  sha256 ${manifest}`)
  for (const file of files) for (const line of linesOf(file)) print(`  ${line}`)
  print(JSON.stringify(content.content, undefined, 2))
}

const linesOf = ({ name, sha256, cid, bytes }: StoredFile): readonly string[] => [
  `${name}  ${bytes === undefined ? 'NOT HERE' : `${bytes} bytes`}`,
  `  sha256 ${sha256}`,
  `  CID    ${cid}`,
]
