// A Worker may touch a socket only from the request that brought it, so a board needs its Durable Object.
export { Board, default } from './durable.ts'
