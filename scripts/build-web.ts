// Writes web/dist: the page that a gateway serves at /verify, the same page as one file that works without a network, and
// what `vouch/verified-fetch` and `vouch/jobs` export, for browsers and for Node, with their types. `--check` writes nothing
// and exits 1 when a file is stale. The same sources give the same bytes.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { webTwins } from './web-twins.ts'

const rootFolder = dirname(dirname(fileURLToPath(import.meta.url)))
const webFolder = join(rootFolder, 'web')
const distFolder = join(webFolder, 'dist')

type Files = ReadonlyMap<string, string>

type Bundle = {
  readonly entry: string
  readonly platform: 'browser' | 'node'
  readonly format: 'es' | 'iife'
  readonly name: string
}

/** What a browser has not: if one of these is in a bundle, a twin is missing. */
const foreign = /\bBuffer\b|\bprocess\.|["'`]node:|\brequire\(["'`]/

async function bundle({ entry, platform, format, name }: Bundle): Promise<Files> {
  const isNode = platform === 'node'
  const built = await rolldown({
    input: { [name]: join(webFolder, entry) },
    cwd: rootFolder,
    platform,
    ...(isNode ? { external: /^(node:|[a-z@])/ } : { plugins: [webTwins] }),
    treeshake: { moduleSideEffects: false },
    logLevel: 'warn',
  })
  const { output } = await built.generate({
    format,
    minify: !isNode,
    comments: isNode,
    codeSplitting: format !== 'iife',
    entryFileNames: isNode ? '[name].node.js' : '[name].js',
    chunkFileNames: isNode ? '[name].node.js' : '[name].js',
  })
  await built.close()
  const files = new Map<string, string>()
  for (const file of output) {
    if (file.type !== 'chunk') throw new Error(`${file.fileName} is no program`)
    const found = isNode ? null : foreign.exec(file.code)
    if (found !== null) throw new Error(`${file.fileName} needs what no browser has: ${found[0]}`)
    files.set(file.fileName, file.code)
  }
  return files
}

/** The declarations that a user's compiler reads, beginning at the entries, and no others. */
function declarations(): Files {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-types-'))
  try {
    const tsc = join(rootFolder, 'node_modules', '.bin', 'tsc')
    const args = ['-p', webFolder, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly']
    const run = spawnSync(tsc, [...args, '--rootDir', rootFolder, '--outDir', folder], {
      encoding: 'utf8',
    })
    if (run.status !== 0) throw new Error(`tsc: ${run.stdout}${run.stderr}`)
    const files = new Map<string, string>()
    const open = ['web/verified-fetch.d.ts', 'web/jobs.d.ts']
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const name = `types/${path}`
      if (files.has(name)) continue
      const text = readFileSync(join(folder, path), 'utf8').replaceAll(
        /(from ['"]\.[^'"]*)\.ts(['"])/g,
        '$1.js$2',
      )
      files.set(name, text)
      for (const [, target = ''] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]*)\.js['"]/g)) {
        open.push(`${normalize(join(dirname(path), target))}.d.ts`)
      }
    }
    return files
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const sha256 = (text: string, encoding: 'hex' | 'base64'): string =>
  createHash('sha256').update(text).digest(encoding)

/**
 * The page as one file. Its policy names the hashes of the one program and the one style sheet in it, so that nothing else
 * can run there either.
 */
function onePageFile(html: string, script: string, style: string): string {
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${sha256(script, 'base64')}'`,
    `style-src 'sha256-${sha256(style, 'base64')}'`,
    'connect-src http: https:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return html
    .replace(
      '<meta charset="utf-8">',
      () =>
        `<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    )
    .replace('<link rel="stylesheet" href="verify/verify.css">', () => `<style>${style}</style>`)
    .replace('<script src="verify/verify.js" defer></script>\n', '')
    .replace('</body>', () => `<script>${script}</script>\n</body>`)
}

async function build(): Promise<Files> {
  const read = (name: string) => readFileSync(join(webFolder, 'page', name), 'utf8')
  const page = await bundle({
    entry: 'page/verify.ts',
    platform: 'browser',
    format: 'iife',
    name: 'verify',
  })
  const script = page.get('verify.js') ?? ''
  if (script.includes('</script')) throw new Error('the program would end its own element')
  const [html, style] = [read('verify.html'), read('verify.css')]
  const entry = { entry: 'verified-fetch.ts', format: 'es', name: 'verified-fetch' } as const
  const files = new Map([
    ...page,
    ['verify.html', html],
    ['verify.css', style],
    ['vouch-verify.html', onePageFile(html, script, style)],
    ...(await bundle({ ...entry, platform: 'browser' })),
    ...(await bundle({ ...entry, platform: 'node' })),
    ...(await bundle({ entry: 'jobs.ts', format: 'es', name: 'jobs', platform: 'browser' })),
    ...declarations(),
  ])
  const sums = [...files].map(([name, text]) => `${sha256(text, 'hex')}  ${name}\n`).sort()
  return files.set('SHA256SUMS', sums.join(''))
}

/** What is in web/dist now. */
function builtBefore(): Files {
  if (!existsSync(distFolder)) return new Map()
  const entries = readdirSync(distFolder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [relative(distFolder, path), readFileSync(path, 'utf8')]))
}

const files = await build()
const before = builtBefore()
const stale = [...new Set([...files.keys(), ...before.keys()])].filter(
  (name) => files.get(name) !== before.get(name),
)
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    process.stderr.write(`stale in web/dist, run scripts/build-web.ts: ${stale.join(', ')}\n`)
    process.exit(1)
  }
  process.stdout.write(`web/dist is what its sources give: ${files.size} files\n`)
} else {
  for (const name of stale) {
    const path = join(distFolder, name)
    const text = files.get(name)
    if (text === undefined) {
      rmSync(path)
      continue
    }
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    process.stdout.write(`${name} ${text.length}\n`)
  }
}
