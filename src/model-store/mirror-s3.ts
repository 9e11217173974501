/*
 * A bucket of Amazon S3 or of a store that speaks its API: MinIO, Ceph, Cloudflare R2, Garage. Requests are signed by aws4fetch. A
 * file goes up in parts; one that was broken off is found again by its name and continued. Source: Amazon S3 API Reference,
 * CreateMultipartUpload, UploadPart, ListMultipartUploads, ListParts, CompleteMultipartUpload.
 */
import { AwsClient } from 'aws4fetch'
import { mirrorSilenceMs, partBytes } from './limits.ts'
import type { Mirror, Outgoing } from './mirror.ts'
import { openHttpMirror } from './mirror-http.ts'

export type BucketTerms = {
  /** Such as `https://s3.eu-central-1.amazonaws.com` or `http://127.0.0.1:9000`. */
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** Before every key, without a slash at its ends; may be empty. */
  readonly prefix: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

type Part = { readonly number: number; readonly tag: string; readonly bytes: number }
type Send = (
  method: string,
  url: string,
  body?: Uint8Array | string,
) => Promise<{ readonly text: string; readonly tag: string }>

export function openBucketMirror(terms: BucketTerms): Mirror {
  const { endpoint, region, bucket, prefix } = terms
  const signer = new AwsClient({
    accessKeyId: terms.accessKeyId,
    secretAccessKey: terms.secretAccessKey,
    ...(terms.sessionToken === undefined ? {} : { sessionToken: terms.sessionToken }),
    service: 's3',
    region,
    retries: 3,
  })
  const bucketUrl = `${endpoint.replace(/\/+$/, '')}/${bucket}`
  const root = prefix === '' ? bucketUrl : `${bucketUrl}/${prefix}`
  const readable = openHttpMirror(new URL(root), (url, init) => signer.fetch(url, init))

  const send: Send = async (method, url, body) => {
    const init = { method, signal: AbortSignal.timeout(mirrorSilenceMs) }
    const answer = await signer.fetch(url, body === undefined ? init : { ...init, body })
    const text = await answer.text()
    // A completed upload may end in an error although its answer began with 200.
    if (answer.ok && !text.includes('<Error>')) {
      return { text, tag: answer.headers.get('etag') ?? '' }
    }
    const reason = valuesOf(text, 'Code')[0] ?? answer.statusText
    throw new Error(`the bucket answered ${answer.status} ${reason}`)
  }

  return {
    ...readable,
    place: `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`,
    write: async (file) => {
      const url = `${root}/${file.key}`
      if (file.bytes <= partBytes) {
        await send('PUT', url, await file.read(0, file.bytes))
        file.onBytes?.(file.bytes)
        return
      }
      const key = prefix === '' ? file.key : `${prefix}/${file.key}`
      const upload = (await openUpload(send, { bucketUrl, key })) ?? (await beginUpload(send, url))
      await sendParts(send, { url, upload, file })
    },
  }
}

/** The upload of this key that was broken off last. */
async function openUpload(
  send: Send,
  { bucketUrl, key }: { readonly bucketUrl: string; readonly key: string },
): Promise<string | undefined> {
  const { text } = await send('GET', `${bucketUrl}?uploads=&prefix=${encodeURIComponent(key)}`)
  return valuesOf(text, 'Upload')
    .filter((upload) => valuesOf(upload, 'Key')[0] === key)
    .map((upload) => valuesOf(upload, 'UploadId')[0])
    .at(-1)
}

async function beginUpload(send: Send, url: string): Promise<string> {
  const { text } = await send('POST', `${url}?uploads=`)
  const [upload] = valuesOf(text, 'UploadId')
  if (upload === undefined) throw new Error('the bucket began no upload')
  return upload
}

async function sendParts(
  send: Send,
  { url, upload, file }: { readonly url: string; readonly upload: string; readonly file: Outgoing },
): Promise<void> {
  const id = `uploadId=${encodeURIComponent(upload)}`
  const { text } = await send('GET', `${url}?${id}`)
  const there = new Map(
    valuesOf(text, 'Part')
      .map(readPart)
      .map((part) => [part.number, part]),
  )
  const parts: Part[] = []
  for (let from = 0; from < file.bytes; from += partBytes) {
    const to = Math.min(file.bytes, from + partBytes)
    const number = parts.length + 1
    const known = there.get(number)
    if (known?.bytes === to - from) parts.push(known)
    else {
      const body = await file.read(from, to)
      const { tag } = await send('PUT', `${url}?partNumber=${number}&${id}`, body)
      parts.push({ number, tag, bytes: to - from })
    }
    file.onBytes?.(to)
  }
  const list = parts
    .map(({ number, tag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${tag}</ETag></Part>`)
    .join('')
  const body = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`
  await send('POST', `${url}?${id}`, body)
}

const readPart = (part: string): Part => ({
  number: Number(valuesOf(part, 'PartNumber')[0]),
  tag: (valuesOf(part, 'ETag')[0] ?? '').replaceAll('&quot;', '"'),
  bytes: Number(valuesOf(part, 'Size')[0]),
})

/** What stands in each element of this name. S3's lists are flat, and their values are no XML of somebody else. */
const valuesOf = (xml: string, element: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map(
    ([, value]) => value ?? '',
  )
