import { join } from 'node:path'
import { build } from 'esbuild'
import { root, sourceCondition } from '../../../tools/command.ts'

const react18 = join(root, 'test/support/react-18/node_modules')

/** What the hooks render with, and what takes the place of what they import. */
export const renderers = {
  'React 19': {},
  'React 18': { react: join(react18, 'react'), 'react-dom': join(react18, 'react-dom') },
  'hono/jsx': {
    'react/jsx-runtime': 'hono/jsx/dom/jsx-runtime',
    'react-dom/client': 'hono/jsx/dom/client',
    react: 'hono/jsx/dom',
  },
} as const

/** Writes the script of the page, as a development build does. */
export async function bundle(renderer: keyof typeof renderers, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'page.tsx')],
    outfile,
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    conditions: [sourceCondition],
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: renderers[renderer],
  })
}
