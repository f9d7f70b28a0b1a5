// A Worker may touch a socket only from the request that brought it, so a room needs its Durable Object.
export { ChatRoom, default } from './durable.ts'
