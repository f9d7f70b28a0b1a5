// A Worker may touch a socket only from the request that brought it, so channels need a Durable Object.
export { Exchange, default } from './durable.ts'
