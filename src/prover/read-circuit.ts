/*
 * A circuit's source out of a folder: its own file or package, and whatever of the same folder that includes or depends on. Files
 * that it does not use are no part of it, so that they may change without its keys.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, posix, resolve } from 'node:path'
import type { CircuitSource } from './circuit-source.ts'

type Place = {
  /** A folder of this machine. */
  readonly root: string
  /** As in `CircuitSource`, relative to it. */
  readonly entry: string
}

const includePattern = /^\s*include\s+"([^"]+)"\s*;/gm

/** `entry` is a `.circom` file. What it includes and `root` does not have is left to circomlib. */
function readCircom({ root, entry }: Place): CircuitSource {
  const files: Record<string, string> = {}
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files[path] !== undefined || !existsSync(join(root, path))) continue
    const text = readFileSync(join(root, path), 'utf8')
    files[path] = text
    for (const [, included = ''] of text.matchAll(includePattern)) {
      waiting.push(posix.join(posix.dirname(path), included))
    }
  }
  return { name: basename(entry, '.circom'), system: 'groth16', files, entry }
}

const dependencyPattern = /\bpath\s*=\s*"([^"]+)"/g

/** `entry` is the folder of a Noir package of type `bin`. */
function readNoir({ root, entry }: Place): CircuitSource {
  const files: Record<string, string> = {}
  const waiting = [entry]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const manifestPath = posix.join(folder, 'Nargo.toml')
    if (files[manifestPath] !== undefined) continue
    const manifest = readFileSync(join(root, manifestPath), 'utf8')
    files[manifestPath] = manifest
    for (const name of readdirSync(join(root, folder, 'src'), {
      recursive: true,
      encoding: 'utf8',
    })) {
      const path = posix.join(folder, 'src', name)
      if (name.endsWith('.nr')) files[path] = readFileSync(join(root, path), 'utf8')
    }
    for (const [, path = ''] of manifest.matchAll(dependencyPattern)) {
      waiting.push(posix.join(folder, path))
    }
  }
  return { name: basename(entry), system: 'ultrahonk', files, entry }
}

/** The folder of a model that was compiled for ezkl. */
function readEzkl(folder: string): CircuitSource {
  const [entry, settings] = ['model.compiled', 'settings.json']
  const files = {
    [entry]: readFileSync(join(folder, entry)),
    [settings]: readFileSync(join(folder, settings), 'utf8'),
  }
  return { name: basename(folder), system: 'ezkl', files, entry }
}

/** A `.circom` file, or the folder of a Noir package or of a model compiled for ezkl. Undefined for anything else. */
export function readCircuit(path: string): CircuitSource | undefined {
  const full = resolve(path)
  const place = { root: dirname(full), entry: basename(full) }
  if (full.endsWith('.circom') && existsSync(full)) return readCircom(place)
  if (existsSync(join(full, 'Nargo.toml'))) return readNoir(place)
  return existsSync(join(full, 'model.compiled')) ? readEzkl(full) : undefined
}

/** The circuits of a folder that is laid out as this package's own: `circom/*.circom` with a main component, `noir/*` of type bin. */
export function readCircuits(folder: string): readonly CircuitSource[] {
  const [circom, noir] = [join(folder, 'circom'), join(folder, 'noir')]
  const circomFiles = namesIn(circom).filter(
    (name) =>
      name.endsWith('.circom') &&
      /^\s*component\s+main\b/m.test(readFileSync(join(circom, name), 'utf8')),
  )
  const packages = namesIn(noir).filter(
    (name) =>
      statSync(join(noir, name)).isDirectory() &&
      /^\s*type\s*=\s*"bin"/m.test(readFileSync(join(noir, name, 'Nargo.toml'), 'utf8')),
  )
  return [
    ...circomFiles.map((entry) => readCircom({ root: circom, entry })),
    ...packages.map((entry) => readNoir({ root: noir, entry })),
  ]
}

const namesIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder).sort() : []
