import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandFailure } from './command.ts'

/** Of this package, wherever it lies. */
export const packageFolder: string = join(import.meta.dirname, '../..')
const templateFolder = join(packageFolder, 'templates/consumer')

/** Stands in the template, in names of files too, where the project has the name of its contract. */
const templateName = 'TemplateConsumer'
/** npm leaves a `.gitignore` out of a package, or takes it for its own. */
const renamed: Readonly<Record<string, string>> = { gitignore: '.gitignore' }

/** Versions that are tried together: those of this package. */
const pinned = ['@foundry-rs/forge', 'ethers', 'solady', 'solc'] as const

/**
 * Writes the project and answers its files, relative to the folder. A folder with anything in it is a CommandFailure, and
 * nothing of it is touched.
 */
export function writeConsumerProject(project: {
  readonly name: string
  readonly folder: string
  /** How package.json has it: `file:../vouch`, a tarball, a version. */
  readonly vouch: string
}): readonly string[] {
  const { name, folder, vouch } = project
  makeFolder(folder)
  if (readdirSync(folder).length > 0) {
    throw new CommandFailure(`${folder} is there already and not empty: nothing was written`)
  }
  const files = templateFiles().map((path) => {
    const target = (renamed[path] ?? path).replaceAll(templateName, name)
    const text = readFileSync(join(templateFolder, path), 'utf8').replaceAll(templateName, name)
    return { path: target, text }
  })
  const all = [{ path: 'package.json', text: packageJson({ name, vouch }) }, ...files]
  for (const { path, text } of all) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text, { flag: 'wx' })
  }
  return all.map(({ path }) => path)
}

/** A file of that name, or one on the way to it, and a place where nobody may write are said in a sentence. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandFailure(`${folder} cannot be made a folder (${code}): nothing was written`)
  }
}

const templateFiles = (): readonly string[] =>
  readdirSync(templateFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(templateFolder.length + 1))
    .sort()

function packageJson({ name, vouch }: { readonly name: string; readonly vouch: string }): string {
  const own: Readonly<
    Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
  > = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  const versions = { ...own.dependencies, ...own.devDependencies }
  const devDependencies = Object.fromEntries(pinned.map((one) => [one, versions[one]]))
  const document = {
    name: name.toLowerCase(),
    private: true,
    type: 'module',
    scripts: {
      build: 'forge build',
      'test:unit': 'forge test',
      test: `forge test && node --test --test-reporter=spec test/${name}.test.mjs`,
      ask: 'forge build && node scripts/ask.mjs',
    },
    devDependencies: { ...devDependencies, vouch },
    // forge comes as a package of its platform; its script would only look for that.
    allowScripts: { '@foundry-rs/forge': false },
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
