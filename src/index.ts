/**
 * Typed WebSockets for Hono, on the runtime's own upgrade.
 *
 * @module
 */
export { contract } from './contract.ts'
export type {
  ChannelDef,
  ChannelParams,
  Channels,
  Contract,
  ContractDef,
  Events,
  In,
  Json,
  Messages,
  Out,
  RequestDef,
  Requests,
  Schema,
  StreamDef,
} from './contract.ts'
export type { CloseInfo } from './connection/routes.ts'
export { SocketError } from './errors.ts'
export type { ErrorCode, SocketErrorOptions } from './errors.ts'
export { observe } from './observe.ts'
export type {
  CloseEvent,
  DropEvent,
  ErrorEvent,
  GrantedEvent,
  HandledEvent,
  Observation,
  Observers,
  OfConnection,
  OfRoute,
  OpenEvent,
  PublishedEvent,
  ReceivedEvent,
  RefusedEvent,
  SentEvent,
  SlowEvent,
} from './observe.ts'
export { raw } from './raw.ts'
export type { RawConnection, RawHandler, RawHandlers } from './raw.ts'
export { socket } from './socket.ts'
export type { SocketHandler, WsResponse } from './socket.ts'
export type {
  Channel,
  Connection,
  DisconnectOptions,
  Handlers,
  JoinOptions,
  JoinedChannel,
  MessageContext,
  OptionalEmpty,
  PublicChannels,
  Published,
  SocketKeys,
  SocketLimits,
  SocketMiddleware,
  Who,
  WsOutput,
} from './types.ts'
