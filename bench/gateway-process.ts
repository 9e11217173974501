/*
 * The gateway in a process of its own, started as src/main.ts starts one: what an earlier start compiled is found again. Run
 * by contenders.ts with the upstream's base URL and a data folder.
 */
import { keepCompiled } from '../src/cli/keep-compiled.ts'

keepCompiled()
await import('./gateway-parts.ts')
