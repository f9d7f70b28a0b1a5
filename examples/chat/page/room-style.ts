/** The room. */
export const roomStyle: string = String.raw`
.room { height: 100dvh; overflow: hidden; }
.room main {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  max-width: 76rem;
  height: 100dvh;
  margin: auto;
}
.talk {
  position: relative;
  display: grid;
  grid-template: auto minmax(0, 1fr) auto auto / minmax(0, 1fr);
  min-height: 0;
  background: var(--surface);
}

.bar {
  display: flex;
  align-items: center;
  gap: 0.35rem;
  padding: calc(0.5rem + env(safe-area-inset-top)) 0.6rem 0.5rem 0.4rem;
  border-bottom: 1px solid var(--line);
}
.title { flex: 1; min-width: 0; }
.title h1 { overflow: hidden; font-size: 1.12rem; text-overflow: ellipsis; white-space: nowrap; }
.title p { display: flex; align-items: center; gap: 0.4rem; color: var(--soft); font-size: 0.82rem; font-variant-numeric: tabular-nums; }
.dot { width: 8px; height: 8px; border-radius: 50%; background: var(--wait); transition: background 0.3s; }
[data-status="open"] .dot { background: var(--good); box-shadow: 0 0 0 3px color-mix(in srgb, var(--good) 22%, transparent); }
[data-status="closed"] .dot { background: var(--bad); }
[data-status="connecting"] .dot, [data-status="waiting"] .dot { animation: blink 1s ease-in-out infinite alternate; }
.chip {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  max-width: 44%;
  min-height: 44px;
  padding: 0.25rem 0.8rem 0.25rem 0.3rem;
  border-radius: 99px;
  font-size: 0.88rem;
  font-weight: 600;
}
.chip:hover { background: var(--raised); }
.chip span:last-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.avatar {
  display: grid;
  flex: none;
  place-items: center;
  width: 36px;
  height: 36px;
  border-radius: 50%;
  color: #fff;
  font-size: 0.78rem;
  font-weight: 700;
  letter-spacing: 0.02em;
  background: linear-gradient(145deg, oklch(58% 0.13 var(--hue)), oklch(48% 0.13 calc(var(--hue) + 30)));
}
.chip .avatar { width: 30px; height: 30px; font-size: 0.68rem; }

#scroller { display: flex; flex-direction: column; overflow-y: auto; overscroll-behavior: contain; padding: 1rem 0.9rem 0.4rem; scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
#log { display: flex; flex-direction: column; margin-top: auto; }
#empty { display: grid; justify-items: center; max-width: 21rem; margin: auto; text-align: center; }
#empty img { margin-bottom: 1.2rem; border-radius: 18px; opacity: 0.92; }
#empty h2 { margin-bottom: 0.5rem; font-size: 1.3rem; }
#empty p { margin-bottom: 1.2rem; color: var(--soft); text-wrap: balance; }

.message { display: flex; gap: 0.6rem; max-width: min(84%, 36rem); margin-top: 0.9rem; animation: rise 0.22s cubic-bezier(0.2, 0.8, 0.3, 1); }
.message > div { min-width: 0; }
.message header { display: flex; align-items: baseline; gap: 0.5rem; margin: 0 0 0.2rem 0.3rem; }
.message b { overflow: hidden; color: oklch(var(--name-light) 0.11 var(--hue)); font-size: 0.85rem; text-overflow: ellipsis; white-space: nowrap; }
time { color: var(--soft); font-size: 0.74rem; font-variant-numeric: tabular-nums; }
.bubble {
  width: fit-content;
  padding: 0.55rem 0.85rem;
  border-radius: 6px 19px 19px 19px;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
  background: var(--raised);
}
.bubble a { color: inherit; text-underline-offset: 2px; }
.bubble.emoji { padding: 0; font-size: 2.6rem; line-height: 1.15; color: var(--ink) !important; background: none !important; }
.follows { margin-top: 0.2rem; }
.follows .avatar { height: 0; visibility: hidden; }
.follows header { display: none; }
.follows .bubble { border-radius: 19px; }
.mine { align-self: flex-end; }
.mine > .avatar { display: none; }
.mine > div { display: grid; justify-items: end; }
.mine header { margin: 0 0.3rem 0.2rem 0; }
.mine b { position: absolute; width: 1px; height: 1px; clip-path: inset(50%); }
.mine .bubble {
  border-radius: 19px 19px 6px 19px;
  color: var(--on-accent);
  background: linear-gradient(160deg, var(--bubble), var(--accent-deep));
  transition: opacity 0.2s;
}
.mine[data-state="sending"] .bubble { opacity: 0.62; }
.receipt { display: none; padding: 0.15rem 0.35rem 0; color: var(--soft); font-size: 0.74rem; }
.message:last-child .receipt, [data-state="failed"] .receipt { display: block; }
.receipt:empty { display: none !important; }
[data-state="failed"] .receipt { color: var(--bad); }
.receipt button { padding: 0; color: inherit; font-size: inherit; font-weight: 650; text-decoration: underline; }
.note { display: flex; align-items: baseline; gap: 0.45rem; margin: 0.9rem auto 0; color: var(--soft); font-size: 0.8rem; animation: rise 0.22s; }
.note + .note { margin-top: 0.25rem; }

#newer { position: absolute; bottom: 6.2rem; left: 50%; translate: -50%; box-shadow: var(--shadow); }
#typing { display: flex; align-items: center; gap: 0.5rem; height: 1.6rem; padding: 0 1.1rem; color: var(--soft); font-size: 0.82rem; opacity: 0; transition: opacity 0.2s; }
#typing.shown { opacity: 1; }
#typists { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.dots { display: flex; gap: 3px; }
.dots i { width: 6px; height: 6px; border-radius: 50%; background: var(--accent); animation: hop 1.1s infinite ease-in-out; }
.dots i:nth-child(2) { animation-delay: 0.15s; }
.dots i:nth-child(3) { animation-delay: 0.3s; }

#composer { display: flex; align-items: flex-end; gap: 0.5rem; padding: 0.15rem 0.75rem calc(0.75rem + env(safe-area-inset-bottom)); }
#composer textarea {
  flex: 1;
  max-height: 9rem;
  padding: 0.68rem 1.05rem;
  border: 1px solid var(--line);
  border-radius: 24px;
  resize: none;
  background: var(--raised);
  transition: border-color 0.15s;
}
#composer textarea::placeholder { color: var(--soft); opacity: 1; }
#composer textarea:focus { border-color: var(--accent); outline: 3px solid color-mix(in srgb, var(--accent) 20%, transparent); outline-offset: 0; }
#send {
  display: grid;
  flex: none;
  place-items: center;
  width: 48px;
  height: 48px;
  border-radius: 50%;
  color: var(--on-accent);
  background: linear-gradient(160deg, var(--bubble), var(--accent-deep));
  box-shadow: 0 6px 14px -6px var(--accent);
  transition: transform 0.15s, opacity 0.15s, filter 0.15s;
}
#send:hover { filter: brightness(1.08); }
#send:active { transform: scale(0.93); }
#send:disabled { opacity: 0.35; box-shadow: none; cursor: default; }

.side { display: none; }
.side h2 { font-size: 1.05rem; }
.side p { color: var(--soft); font-size: 0.86rem; }
.side pre { padding: 0.7rem 0.85rem; border: 1px solid var(--line); border-radius: 14px; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--surface); }
code { font: 0.76rem/1.5 ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; }
#wire { display: grid; flex: 1; align-content: start; gap: 0.3rem; min-height: 0; padding: 0; overflow-y: auto; list-style: none; scrollbar-width: none; mask-image: linear-gradient(#000 75%, transparent); }
#wire li { display: flex; gap: 0.5rem; animation: rise 0.22s; }
#wire li::before { flex: none; font: 700 0.8rem/1.4 ui-monospace, monospace; content: "\2193"; color: var(--good); }
#wire .out::before { content: "\2191"; color: var(--wait); }
#wire b { color: var(--ink); }
#wire code { display: -webkit-box; overflow: hidden; color: var(--soft); word-break: break-all; -webkit-box-orient: vertical; -webkit-line-clamp: 4; }

dialog { width: min(22rem, calc(100vw - 2.5rem)); margin: auto; padding: 1.4rem; border: 1px solid var(--line); border-radius: 24px; color: var(--ink); background: var(--surface); box-shadow: var(--shadow); }
dialog::backdrop { background: rgb(10 16 14 / 45%); backdrop-filter: blur(3px); }
dialog h2 { margin-bottom: 0.8rem; font-size: 1.15rem; }
dialog menu { display: flex; justify-content: flex-end; gap: 0.5rem; margin-top: 1rem; padding: 0; }
dialog .pill { padding-inline: 1.1rem; }
#toast { position: fixed; top: calc(4.75rem + env(safe-area-inset-top)); left: 50%; z-index: 2; max-width: 88vw; padding: 0.55rem 1rem; border-radius: 99px; color: var(--paper); font-size: 0.88rem; background: var(--ink); opacity: 0; pointer-events: none; translate: -50% -8px; transition: opacity 0.2s, translate 0.2s; }
#toast.shown { opacity: 1; translate: -50% 0; }

@media (min-width: 48rem) {
  .room main { padding: clamp(1rem, 3vh, 2rem) 1.5rem; }
  .talk { overflow: hidden; border: 1px solid var(--line); border-radius: 28px; box-shadow: var(--shadow); }
  .bar { padding: 0.75rem 1rem 0.75rem 0.75rem; }
  .title h1 { font-size: 1.25rem; }
  #scroller { padding-inline: 1.4rem; }
  #typing { padding-inline: 1.6rem; }
  #composer { padding: 0.15rem 1.1rem 1.1rem; }
}
@media (min-width: 64rem) {
  .room main { grid-template-columns: minmax(0, 1fr) 20rem; gap: 1.75rem; }
  .side { display: flex; flex-direction: column; gap: 0.7rem; min-height: 0; padding-top: 1rem; }
}
@keyframes rise { from { opacity: 0; transform: translateY(8px); } }
@keyframes blink { to { opacity: 0.35; } }
@keyframes hop { 0%, 60%, 100% { transform: none; opacity: 0.5; } 30% { transform: translateY(-4px); opacity: 1; } }
`
