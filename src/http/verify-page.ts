/*
 * The page where anybody checks a receipt in a browser, as scripts/build-web.ts made it. It is no part of the API: files that
 * never change while the gateway runs, read once, when somebody first asks.
 */
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { hexDigits } from '../base/hex.ts'
import { sha256Bytes } from '../base/sha256.ts'

const distFolder = join(import.meta.dirname, '../../web/dist')

/** Nothing runs but the page's own program, nothing is loaded from elsewhere, and no text becomes markup. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // A person names the node that is asked, so it may be any.
  'connect-src http: https:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
} as const

type PageFile = {
  readonly name: string
  readonly type: string
  /** A copy to keep: saved, not shown. */
  readonly isCopy?: true
}

const pageFiles: Readonly<Record<string, PageFile>> = {
  '/verify': { name: 'verify.html', type: types.html },
  '/verify/verify.js': { name: 'verify.js', type: types.js },
  '/verify/verify.css': { name: 'verify.css', type: types.css },
  '/verify/vouch-verify.html': { name: 'vouch-verify.html', type: types.html, isCopy: true },
}

type Loaded = { readonly bytes: Buffer; readonly zipped: Buffer; readonly etag: string }
const loaded = new Map<string, Loaded | undefined>()

/** Undefined where somebody left the page out of what they installed. */
function load(name: string): Loaded | undefined {
  if (!loaded.has(name)) loaded.set(name, read(name))
  return loaded.get(name)
}

function read(name: string): Loaded | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(join(distFolder, name))
  } catch {
    return undefined
  }
  const etag = `"${hexDigits(sha256Bytes(bytes)).slice(0, 32)}"`
  return { bytes, zipped: gzipSync(bytes, { level: 9 }), etag }
}

/** Undefined for whatever is no file of the page. */
export function verifyPageAt(
  method: string | undefined,
  url: string | undefined,
): RequestListener | undefined {
  if (url?.startsWith('/verify') !== true) return undefined
  const file = pageFiles[url.replace(/[?#].*$/, '')]
  if (file === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined
  const content = load(file.name)
  if (content === undefined) return undefined
  const { bytes, zipped, etag } = content
  return (incoming, outgoing) => {
    const isZipped = /\bgzip\b/.test(String(incoming.headers['accept-encoding'] ?? ''))
    const headers = {
      'content-type': file.type,
      'content-security-policy': pagePolicy,
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
      vary: 'accept-encoding',
      etag,
      ...(file.isCopy ? { 'content-disposition': `attachment; filename="${file.name}"` } : {}),
      ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
    }
    if (incoming.headers['if-none-match'] === etag) {
      outgoing.writeHead(304, headers).end()
      return
    }
    const body = isZipped ? zipped : bytes
    outgoing.writeHead(200, { ...headers, 'content-length': body.length })
    outgoing.end(method === 'HEAD' ? undefined : body)
  }
}
