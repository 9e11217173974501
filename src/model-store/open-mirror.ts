import { resolve } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import type { Mirror } from './mirror.ts'
import { openFolderMirror } from './mirror-folder.ts'
import { openHttpMirror } from './mirror-http.ts'
import { openBucketMirror } from './mirror-s3.ts'
import type { StoreFault } from './store-fault.ts'

/** What an S3-compatible store is opened with; the names are those that every tool of AWS reads. */
export type BucketAccess = {
  readonly accessKeyId: string | undefined
  readonly secretAccessKey: string | undefined
  readonly sessionToken: string | undefined
  readonly region: string | undefined
  /** Of a store that is not Amazon's. */
  readonly endpoint: string | undefined
}

/** A path, `http(s)://…`, or `s3://bucket/prefix`. */
export function openMirror(place: string, access: BucketAccess): Result<Mirror, StoreFault> {
  const refuse = (detail: string) => err({ kind: 'invalid', detail } as const)
  if (!/^[a-z0-9]+:\/\//i.test(place)) return ok(openFolderMirror(resolve(place)))
  const url = URL.parse(place)
  if (url === null) return refuse(`'${place.slice(0, 80)}' is no URL`)
  if (url.protocol === 'http:' || url.protocol === 'https:') return ok(openHttpMirror(url))
  if (url.protocol !== 's3:') {
    return refuse(`a mirror is a folder, http://, https:// or s3://, not ${url.protocol}//`)
  }
  const { accessKeyId, secretAccessKey, sessionToken, region = 'us-east-1', endpoint } = access
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    return refuse('s3:// needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment')
  }
  return ok(
    openBucketMirror({
      endpoint: endpoint ?? `https://s3.${region}.amazonaws.com`,
      region,
      bucket: url.host,
      prefix: url.pathname.replace(/^\/+|\/+$/g, ''),
      accessKeyId,
      secretAccessKey,
      sessionToken,
    }),
  )
}
