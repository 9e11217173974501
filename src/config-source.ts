/*
 * A YAML file that is being read: where in it something stands, what a scalar comes to, and what is wrong, in one line for a
 * person with file, line, key, what was expected and what was there.
 */
import { basename } from 'node:path'
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  YAMLMap,
} from 'yaml'
import { type Environment, interpolate } from './config-interpolation.ts'

/** What is wrong with a configuration, in one line for a person; `faults` has a line for each thing. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault'
  readonly faults: readonly string[]

  constructor(first: string, ...others: readonly string[]) {
    super(first)
    this.faults = [first, ...others]
  }
}

export type ConfigSource = {
  readonly file: string
  readonly document: Document
  readonly lines: LineCounter
  readonly environment: Environment
  /** Lines that tell what is wrong; once there is one, nothing that was read is looked at. */
  readonly faults: string[]
  /** What every key came to, defaults included, by its path: to tell two readings apart. Holds secrets. */
  readonly settings: Map<string, string>
  /** Paths of files with secrets, as they are written, by the key that names them. */
  readonly secretFiles: Map<string, string>
}

/** One place of the file; without a node where nothing is written. */
export type Spot = {
  readonly source: ConfigSource
  /** Such as `upstreams[0].url`; empty for the whole file. */
  readonly path: string
  readonly node: Node | undefined
  /** What a fault points at where there is no node. */
  readonly around: Node | undefined
  /** What stands here is repeated by no fault. */
  readonly isSecret: boolean
}

export type Scalar = {
  readonly value: unknown
  /** As it is written, so that a number keeps its digits. */
  readonly written: string
  /** One `${NAME}` and nothing else. */
  readonly isReference: boolean
}

/** Throws ConfigFault where it is no YAML. */
export function openYaml(of: {
  readonly file: string
  readonly text: string
  readonly environment: Environment
}): Spot {
  const lines = new LineCounter()
  const document = parseDocument(of.text, { lineCounter: lines })
  const [problem] = document.errors
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line
    const [what] = problem.message.split('\n')
    throw new ConfigFault(`${of.file}${line === undefined ? '' : `:${line}`}: not YAML: ${what}`)
  }
  const { file, environment } = of
  const empty = { settings: new Map(), secretFiles: new Map() }
  const source = { file, document, lines, environment, faults: [], ...empty }
  const node = document.contents ?? undefined
  return { source, path: '', node, around: undefined, isSecret: false }
}

export function mapAt({ node }: Spot): YAMLMap | undefined {
  return isMap(node) ? node : undefined
}

/** A key of the mapping that stands at a spot, or of none. */
export function spotOf(parent: Spot, key: string, isSecret = false): Spot {
  const written = mapAt(parent)?.get(key, true)
  return {
    source: parent.source,
    path: parent.path === '' ? key : `${parent.path}.${key}`,
    node: resolved(parent.source, written),
    around: parent.node ?? parent.around,
    isSecret,
  }
}

/** The same spot as if an empty mapping stood there, where nothing does. */
export const orEmpty = (spot: Spot): Spot =>
  spot.node === undefined ? { ...spot, node: new YAMLMap() } : spot

/** The entries of the list that stands at a spot. */
export const entriesOf = (parent: Spot): readonly Spot[] =>
  (isSeq(parent.node) ? parent.node.items : []).map((item, index) => ({
    ...parent,
    path: `${parent.path}[${index}]`,
    node: resolved(parent.source, item),
    around: parent.node,
  }))

/** The keys that are written in the mapping at a spot, with their own places. */
export const keysAt = (parent: Spot): readonly { readonly name: string; readonly at: Spot }[] =>
  (mapAt(parent)?.items ?? []).map(({ key }) => {
    const name = String(isScalar(key) ? key.value : key)
    return { name, at: { ...spotOf(parent, name), node: isNode(key) ? key : undefined } }
  })

/** What the scalar at a spot comes to; undefined after a report of what is wrong with it, or where there is none. */
export function scalarAt(spot: Spot): Scalar | undefined {
  const { node, source } = spot
  if (!isScalar(node)) return undefined
  const written = node.source ?? String(node.value)
  if (typeof node.value !== 'string') return { value: node.value, written, isReference: false }
  const interpolated = interpolate(node.value, source.environment)
  if (!interpolated.ok) {
    report(spot, interpolated.error)
    return undefined
  }
  const { text, isWhole } = interpolated.value
  return { value: text, written: text, isReference: isWhole }
}

/** Reading goes on, so that a person hears of everything at once. */
export function report(spot: Spot, expected: string, got?: string): void {
  spot.source.faults.push(faultAt(spot, expected, got))
}

/** Throws ConfigFault: of what is read after this nothing would be right. */
export function refuse(spot: Spot, expected: string): never {
  throw new ConfigFault(faultAt(spot, expected))
}

function faultAt(spot: Spot, expected: string, got: string = show(spot)): string {
  const { source, node, around } = spot
  const offset = (node ?? around)?.range?.[0]
  const line = offset === undefined ? '' : `:${source.lines.linePos(offset).line}`
  const path = spot.path === '' ? 'the file' : spot.path
  return `${source.file}${line}: ${path}: expected ${expected}, got ${got}`
}

/** What stands where a file's name should may be the secret itself, and a URL may hold a password. */
const secretPattern = /^(0x)?[0-9a-f]{64}$|^sk-/i
const secretUrlPattern = /^\w+:\/\/.*[@?#]/

/** As it is written: a reference is shown, and never what it stands for. */
function show({ node, isSecret }: Spot): string {
  if (node === undefined || (isScalar(node) && node.value === null)) return 'nothing'
  if (isSecret) return '"…"'
  const value: unknown = node.toJSON()
  if (typeof value === 'number' && isScalar(node) && node.source) return node.source.slice(0, 80)
  if (typeof value === 'string' && secretUrlPattern.test(value)) return '"…"'
  if (typeof value === 'string' && secretPattern.test(basename(value))) return 'a secret'
  return JSON.stringify(value)?.slice(0, 80) ?? String(value)
}

const resolved = ({ document }: ConfigSource, node: unknown): Node | undefined => {
  if (isAlias(node)) return node.resolve(document)
  return isNode(node) ? node : undefined
}
