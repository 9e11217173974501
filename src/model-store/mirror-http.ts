import { mirrorSilenceMs } from './limits.ts'
import type { Mirror } from './mirror.ts'

/** `fetch`, or what signs its requests. */
export type Ask = (url: string, init: RequestInit) => Promise<Response>

/** Any web server that shows the files of a mirror; one that answers `Range` lets a broken transfer go on. */
export function openHttpMirror(base: URL, ask: Ask = fetch): Mirror {
  const root = base.href.replace(/\/+$/, '')
  const urlOf = (key: string): string => `${root}/${key}`
  return {
    place: `${base.origin}${base.pathname}`,
    sizeOf: async (key) => {
      const answer = await ask(urlOf(key), { method: 'HEAD', ...withoutSilence() })
      if (answer.status === 404) return undefined
      refuseUnless(answer, [200])
      const length = answer.headers.get('content-length')
      return length === null ? undefined : Number(length)
    },
    read: (key, fromByte) => readFrom(ask, urlOf(key), fromByte),
  }
}

/** Each wait for something of the mirror has its own bound: a large file may take long, silence may not. */
async function* readFrom(ask: Ask, url: string, fromByte: number): AsyncGenerator<Uint8Array> {
  const stopping = new AbortController()
  let timer = setTimeout(stop, mirrorSilenceMs)
  function stop(): void {
    stopping.abort(new Error(`nothing came for ${mirrorSilenceMs / 1000} s`))
  }
  try {
    const headers: Record<string, string> = fromByte === 0 ? {} : { range: `bytes=${fromByte}-` }
    const answer = await ask(url, { headers, signal: stopping.signal })
    refuseUnless(answer, [200, 206])
    // A server without ranges sends all of it again.
    let skip = answer.status === 206 ? 0 : fromByte
    for await (const piece of answer.body ?? []) {
      clearTimeout(timer)
      const skipped = Math.min(skip, piece.length)
      skip -= skipped
      if (skipped < piece.length) yield piece.subarray(skipped)
      timer = setTimeout(stop, mirrorSilenceMs)
    }
  } finally {
    clearTimeout(timer)
    stopping.abort()
  }
}

const withoutSilence = () => ({ signal: AbortSignal.timeout(mirrorSilenceMs) })

function refuseUnless(answer: Response, expected: readonly number[]): void {
  if (expected.includes(answer.status)) return
  // A bucket says 403, too, of what is not there to whoever may not list it.
  const why = answer.status === 403 ? ': a wrong key, or one that may not list what is there' : ''
  throw new Error(`it answered ${answer.status} ${answer.statusText}${why}`)
}
