/* A real Chromium without a window, and pages of it that report whatever goes wrong in them. */
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    readonly chromium: string
  }
}

export type TestBrowser = {
  /** A page in a profile of its own. `faults` are errors of its programs, and what its policy kept from being done. */
  readonly open: (
    options?: BrowserContextOptions,
  ) => Promise<{ readonly page: Page; readonly faults: readonly string[] }>
  readonly close: () => Promise<void>
}

export async function startChromium(): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: inject('chromium'),
    // Whoever tests in a container is root there, and Chromium has no sandbox for root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  return {
    open: async (options) => {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      const faults: string[] = []
      page.on('pageerror', (error) => faults.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text())
      })
      return { page, faults }
    },
    close: () => browser.close(),
  }
}
