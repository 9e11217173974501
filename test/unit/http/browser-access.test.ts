import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { openToBrowsers } from '../../../src/http/browser-access.ts'
import { verifyPageAt } from '../../../src/http/verify-page.ts'

const open: { close: () => void }[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

async function serve(listener: Parameters<typeof openToBrowsers>[0]): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answering: Parameters<typeof openToBrowsers>[0] = (_, outgoing) => {
  outgoing.writeHead(200, { 'x-vouch-receipt': '0x00', 'content-type': 'text/plain' }).end('hello')
}
const preflight = (origin: string): RequestInit => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  },
})
const access = (response: Response) =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control')))

describe('openToBrowsers', () => {
  test('without origins the listener is the one that was given', () => {
    expect(openToBrowsers(answering, [])).toBe(answering)
  })

  test('a page that is let in may ask, and reads every header', async () => {
    const origin = await serve(openToBrowsers(answering, ['https://app.example']))
    const asked = await fetch(`${origin}/v1/models`, { headers: { origin: 'https://app.example' } })
    expect(access(asked)).toEqual({
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers': '*',
    })
    expect(asked.headers.get('vary')).toBe('origin')
    expect(await asked.text()).toBe('hello')
    const before = await fetch(`${origin}/v1/chat/completions`, preflight('https://app.example'))
    expect(before.status).toBe(204)
    expect(access(before)).toMatchObject({
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
    })
    expect(access(before)).not.toHaveProperty('access-control-allow-credentials')
  })

  test('another page is answered as if it had not asked', async () => {
    const origin = await serve(openToBrowsers(answering, ['https://app.example']))
    const asked = await fetch(`${origin}/v1/models`, {
      headers: { origin: 'https://evil.example' },
    })
    expect(access(asked)).toEqual({})
    expect(asked.headers.get('vary')).toBe('origin')
    expect(await (await fetch(`${origin}/v1/x`, preflight('https://evil.example'))).text()).toBe(
      'hello',
    )
  })

  test('every page, and none asks the operator’s routes', async () => {
    const origin = await serve(openToBrowsers(answering, ['*']))
    const asked = await fetch(`${origin}/v1/models`, { headers: { origin: 'null' } })
    expect(access(asked)['access-control-allow-origin']).toBe('*')
    for (const path of ['/admin/v1/config', '/metrics', '/verify']) {
      expect(access(await fetch(origin + path, { headers: { origin: 'null' } }))).toEqual({})
    }
  })
})

describe('the page', () => {
  const listener: Parameters<typeof openToBrowsers>[0] = (incoming, outgoing) => {
    const page = verifyPageAt(incoming.method, incoming.url)
    if (page === undefined) outgoing.writeHead(404).end()
    else page(incoming, outgoing)
  }

  test('nothing but its own program can run', async () => {
    const origin = await serve(listener)
    const page = await fetch(`${origin}/verify?x=1`)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).not.toContain('unsafe')
    const html = await page.text()
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style| style=|\son[a-z]+=/)
    const named = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path)
    expect(named).toEqual(['verify/verify.css', 'verify/verify.js'])
    for (const path of named) {
      const file = await fetch(`${origin}/${path}`)
      expect(file.status).toBe(200)
      expect(file.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test('a copy to keep is saved, not shown', async () => {
    const origin = await serve(listener)
    const copy = await fetch(`${origin}/verify/vouch-verify.html`)
    expect(copy.headers.get('content-disposition')).toContain('attachment')
    expect(await copy.text()).toContain("script-src 'sha256-")
  })

  test('what has not changed is not sent again', async () => {
    const origin = await serve(listener)
    const first = await fetch(`${origin}/verify/verify.js`)
    const etag = first.headers.get('etag') ?? ''
    expect((await first.text()).length).toBeGreaterThan(100_000)
    const again = await fetch(`${origin}/verify/verify.js`, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)
  })

  test.each([
    '/verify/',
    '/verify/../verify.js',
    '/verifyx',
    '/verify/SHA256SUMS',
    '/verify/constructor',
  ])('%s is no file of it', async (path) => {
    const origin = await serve(listener)
    expect((await fetch(origin + path, { method: 'GET' })).status).toBe(404)
    expect((await fetch(`${origin}/verify`, { method: 'POST' })).status).toBe(404)
  })
})
