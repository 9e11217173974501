/*
 * The admin API (docs/admin.md): what the operator of a running gateway asks and orders. Without a token in the configuration
 * its routes do not exist.
 */
import type { IncomingMessage } from 'node:http'
import { contributorTermsBytesMax } from '../../base/limits.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { AdminDoor } from '../../gateway/admin-door.ts'
import type { ContributorView } from '../../gateway/contributor-views.ts'
import { adminModelObject, contributorObject } from '../contributors/contributor-objects.ts'
import { sendError, sendJson } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import type { RouteCall } from '../route-call.ts'
import { parseStrictJson } from '../strict-json.ts'

export type AdminRoute = (call: RouteCall) => Promise<void>
type Served = Promise<Result<unknown, Refusal>>
type Viewed = Result<ContributorView, Refusal>
type Fields = Parameters<AdminDoor['add']>[0]

/** A route of the admin API, for those who have the token; for others it is not there, or closed. */
export const served =
  (serve: (admin: AdminDoor, call: RouteCall) => Served): AdminRoute =>
  async (call) => {
    const entered = await enterAdmin(call)
    const answer = entered.ok ? await serve(entered.value, call) : entered
    if (answer.ok) sendJson(call.outgoing, answer.value)
    else sendError(call.outgoing, answer.error)
  }

/** The admin API for whoever has its token. */
export async function enterAdmin({
  door: { admin },
  entrance,
  incoming,
}: RouteCall): Promise<Result<AdminDoor, Refusal>> {
  if (admin === undefined) return err(unknownUrl(incoming))
  return entrance.enter<AdminDoor>(incoming, async (authorization) =>
    admin.isAdmin(authorization) ? ok(admin) : err({ reason: 'invalid_admin_token' }),
  )
}

const unknownUrl = ({ method = '', url = '' }: IncomingMessage): Refusal => ({
  reason: 'unknown_url',
  method,
  path: new URL(url, 'http://gateway').pathname,
})

const shown = (view: Viewed): Result<unknown, Refusal> =>
  view.ok ? ok(contributorObject(view.value)) : view

/** An order about one contributor that needs no body. */
const ordered = (act: (admin: AdminDoor, id: string) => Promise<Viewed>) =>
  served(async (admin, { id }) => shown(await act(admin, id)))

/** The same with a body, which is one JSON object. */
const written = (act: (admin: AdminDoor, fields: Fields, id: string) => Promise<Viewed>) =>
  served(async (admin, { incoming, id }) => {
    const body = await readBody(incoming, contributorTermsBytesMax)
    const json = body.ok ? parseStrictJson(body.value) : body
    if (!json.ok) return json
    const fields = json.value
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
      return err({ reason: 'invalid_json', detail: 'the body is no object' })
    }
    return shown(await act(admin, fields as Fields, id))
  })

/** `GET /admin/v1/contributors` */
export const listContributors: AdminRoute = served(async (admin) =>
  ok({ object: 'list', data: admin.contributors().map(contributorObject) }),
)

/** `POST /admin/v1/contributors`: adds one, or replaces the one with the same URL and id. */
export const addContributor: AdminRoute = written((admin, fields) => admin.add(fields))

/** `GET /admin/v1/contributors/{id}` */
export const retrieveContributor: AdminRoute = served(async (admin, { id }) =>
  shown(admin.contributor(id)),
)

/** `PATCH /admin/v1/contributors/{id}`: members that are there take the place of those before, null takes one away. */
export const changeContributor: AdminRoute = written((admin, fields, id) =>
  admin.change(id, fields),
)

/** `DELETE /admin/v1/contributors/{id}` */
export const removeContributor: AdminRoute = ordered((admin, id) => admin.remove(id))

/** `POST /admin/v1/contributors/{id}/drain` */
export const drainContributor: AdminRoute = ordered((admin, id) => admin.drain(id))

/** `POST /admin/v1/contributors/{id}/readmit` */
export const readmitContributor: AdminRoute = ordered((admin, id) => admin.readmit(id))

/** `POST /admin/v1/contributors/{id}/approve` */
export const approveContributor: AdminRoute = ordered((admin, id) => admin.approve(id))

/** `GET /admin/v1/models` */
export const listAdminModels: AdminRoute = served(async (admin) =>
  ok({ object: 'list', data: admin.models().map(adminModelObject) }),
)

/** `GET /admin/v1/config` */
export const retrieveConfig: AdminRoute = served(async (admin) => ok(admin.config()))

/** `POST /admin/v1/reload` */
export const reloadConfig: AdminRoute = served((admin) => admin.reload())
