import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** Node's own request and response: the hot path reads and writes them without a Fetch object in between. */
export type HttpEnv = { Bindings: HttpBindings }
export type HttpContext = Context<HttpEnv>
