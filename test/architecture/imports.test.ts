import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const src = resolve(import.meta.dirname, '../../src')
const steps = [
  'payment',
  'routing',
  'upstream',
  'metering',
  'attestation',
  'settlement',
  'joining',
  'transparency',
  'evidence',
  'disclosure',
  'proving',
]
const floors = ['store', 'chain', 'domain', 'base']
const config = readdirSync(src).filter((name) => /^config(-[a-z0-9-]+)?\.ts$/.test(name))
const everything = [
  ...config,
  'cli',
  'http',
  'jobs',
  'gateway',
  ...steps,
  'engine',
  'contributor',
  'auditor',
  'client',
  'proofs',
  'prover',
  'provable',
  'model-store',
  'model-deployment',
  'dev',
  ...floors,
]

/** Who may import whom, besides itself. A folder that is not listed may import nothing. */
const allowed: Record<string, readonly string[]> = {
  'main.ts': everything,
  cli: everything,
  ...Object.fromEntries(
    config.map((file) => [file, [...config, 'attestation', 'provable', 'chain', 'domain', 'base']]),
  ),
  http: ['gateway', 'proofs', 'domain', 'base'],
  jobs: ['gateway', 'attestation', ...floors],
  gateway: [...steps, 'domain', 'base'],
  ...Object.fromEntries(steps.map((step) => [step, ['proofs', ...floors]])),
  engine: ['contributor', 'attestation', 'metering', 'provable', 'chain', 'domain', 'base'],
  contributor: [
    'client',
    'attestation',
    'metering',
    'upstream',
    'proofs',
    'chain',
    'domain',
    'base',
  ],
  auditor: [
    'engine',
    'contributor',
    'client',
    'attestation',
    'metering',
    'chain',
    'domain',
    'base',
  ],
  client: ['proofs', 'chain', 'domain', 'base'],
  proofs: ['chain', 'domain', 'base'],
  dev: [...config, 'gateway', ...steps, 'engine', 'contributor', 'client', ...floors],
  provable: ['base'],
  'model-store': ['chain', 'domain', 'base'],
  'model-deployment': ['model-store', 'prover', 'provable', 'proofs', 'chain', 'domain', 'base'],
  prover: ['proofs', 'provable', 'chain', 'domain', 'base'],
  store: ['domain', 'base'],
  chain: ['domain', 'base'],
  domain: ['base'],
}

/** Each package has one home; a package without one may not be imported at all. */
const homes: Record<string, RegExp> = {
  hono: /^http\//,
  '@hono/node-server': /^http\//,
  ethers: /^chain\//,
  secp256k1: /^chain\//,
  '@noble/curves': /^(chain|proofs)\//,
  '@noble/hashes': /^(base|chain)\/[a-z0-9-]+-web\.ts$/,
  undici: /^chain\/post-json\.ts$/,
  ioredis: /^store\/.*-redis\.ts$/,
  'node:sqlite': /^(store\/.*-sqlite|dev\/data-folder-lock)\.ts$/,
  'onnxruntime-node': /^engine\//,
  '@huggingface/tokenizers': /^(engine|metering)\//,
  pino: /^base\/log\.ts$/,
  '@phala/dcap-qvl': /^evidence\/tee-quote\.ts$/,
  aws4fetch: /^model-store\/mirror-s3\.ts$/,
  yaml: /^config-source\.ts$/,
}

const importPattern =
  /(?:^|\n)(?:import|export)[^'"\n]*?(?:\{[^}]*\}[^'"\n]*?)?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g

const topOf = (path: string): string => path.split('/')[0] ?? path

function packageOf(specifier: string): string {
  const [scope, name] = specifier.split('/')
  return scope?.startsWith('@') ? `${scope}/${name}` : (scope ?? specifier)
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8')
  return [...text.matchAll(importPattern)].map(([, fixed, dynamic]) => fixed ?? dynamic ?? '')
}

function isWrong(file: string, specifier: string): boolean {
  if (specifier.startsWith('node:')) return homes[specifier]?.test(file) === false
  if (!specifier.startsWith('.')) return homes[packageOf(specifier)]?.test(file) !== true
  const from = topOf(file)
  const to = topOf(relative(src, resolve(dirname(join(src, file)), specifier)))
  return to !== from && !allowed[from]?.includes(to)
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
)
const imports = files.flatMap((file) =>
  importsOf(file).map((specifier) => [file, specifier] as const),
)

test('imports follow the table and packages stay at home', () => {
  expect(files.length).toBeGreaterThan(50)
  expect(imports.length).toBeGreaterThan(200)
  const wrong = imports
    .filter(([file, specifier]) => isWrong(file, specifier))
    .map(([file, specifier]) => `${file} -> ${specifier}`)
  expect(wrong).toEqual([])
})

test('every package that has a home lives there', () => {
  const used = new Set(
    imports.map(([, specifier]) =>
      specifier.startsWith('node:') ? specifier : packageOf(specifier),
    ),
  )
  expect(Object.keys(homes).filter((name) => !used.has(name))).toEqual([])
})
