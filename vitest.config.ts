import { defineConfig } from 'vitest/config'
import { Summary } from './tools/reporter.ts'

const source = '@denwa/source'

/** The oldest that the hooks promise to work with. */
const react18 = ['react', 'react-dom'].map((name) => ({
  find: new RegExp(`^${name}(?=/|$)`),
  replacement: `${import.meta.dirname}/test/support/react-18/node_modules/${name}`,
}))

function project(name: string, include: string, options: object = {}) {
  return { extends: true as const, test: { ...options, name, include: [include] } }
}

/** Pages take their time on a machine that is busy. */
const patient = { testTimeout: 60_000, expect: { poll: { timeout: 15_000 } } }

export default defineConfig({
  resolve: { conditions: [source, 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: [source, 'module', 'node', 'development|production'] } },
  test: {
    environment: 'node',
    testTimeout: 10_000,
    // Servers are started in hooks, and packages are built.
    hookTimeout: 60_000,
    retry: 0,
    // Most of a test's time is waiting for what a runtime does by the clock.
    maxWorkers: 4,
    reporters: ['default', new Summary()],
    projects: [
      project('unit', 'src/**/*.test.ts'),
      { ...project('react-18', 'src/react/*.test.ts'), resolve: { alias: react18 } },
      project('package', 'test/*.test.ts'),
      project('conformance', 'test/conformance/*.test.ts'),
      project('runtime', 'test/runtime/*.test.ts'),
      project('browser', 'test/browser/*.test.ts', patient),
      project('simulation', 'test/simulation/*.test.ts'),
    ],
  },
})
