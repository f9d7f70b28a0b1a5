/** Colours, type, controls, and the front page. */
export const style: string = String.raw`
:root {
  color-scheme: light dark;
  --paper: #f2efe8;
  --surface: #fffdf9;
  --raised: #f4f1ea;
  --line: #e3ded3;
  --ink: #1c2522;
  --soft: #68716d;
  --accent: #0f7b5f;
  --accent-deep: #0a5f49;
  --on-accent: #fff;
  --glow: #bfe6d3;
  --warm: #f6d9bd;
  --good: #17a673;
  --wait: #d98a12;
  --bad: #cf3f3f;
  --name-light: 47%;
  --bubble: #12866a;
  --shadow: 0 1px 2px rgb(40 34 20 / 6%), 0 18px 50px -12px rgb(40 34 20 / 22%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1211;
    --surface: #151b1a;
    --raised: #1f2725;
    --line: #2a3331;
    --ink: #e9efec;
    --soft: #93a09b;
    --accent: #22946f;
    --accent-deep: #146449;
    --glow: #113a2e;
    --warm: #3a2a1b;
    --good: #35cf98;
    --wait: #f0b04a;
    --bad: #f47373;
    --name-light: 80%;
  --bubble: #1c7f60;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 24px 60px -12px rgb(0 0 0 / 70%);
  }
}
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
html { height: 100%; -webkit-text-size-adjust: 100%; }
body {
  min-height: 100%;
  color: var(--ink);
  font: 16px/1.45 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  background:
    radial-gradient(60rem 40rem at 8% -10%, var(--glow), transparent 70%),
    radial-gradient(50rem 36rem at 105% 108%, var(--warm), transparent 70%),
    var(--paper);
  background-attachment: fixed;
}
h1, h2 { line-height: 1.15; letter-spacing: -0.02em; text-wrap: balance; }
button, input, textarea { font: inherit; color: inherit; }
button, a { -webkit-tap-highlight-color: transparent; }
button { cursor: pointer; border: 0; background: none; }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 55%, transparent); outline-offset: 2px; }

.primary {
  padding: 0.8rem 1.3rem;
  border-radius: 14px;
  color: var(--on-accent);
  font-weight: 650;
  background: linear-gradient(160deg, var(--bubble), var(--accent-deep));
  box-shadow: inset 0 1px 0 rgb(255 255 255 / 18%), 0 6px 16px -6px var(--accent);
  transition: transform 0.12s, filter 0.12s;
}
.primary:hover { filter: brightness(1.07); }
.primary:active { transform: translateY(1px) scale(0.995); }
.pill {
  display: inline-flex;
  align-items: center;
  gap: 0.4rem;
  padding: 0.4rem 0.8rem;
  border: 1px solid var(--line);
  border-radius: 99px;
  color: var(--ink);
  font-size: 0.9rem;
  font-weight: 550;
  text-decoration: none;
  background: var(--surface);
  transition: border-color 0.12s, background 0.12s;
}
.pill:hover { border-color: var(--accent); }
.pill svg { width: 16px; height: 16px; color: var(--accent); }
.round {
  display: grid;
  flex: none;
  place-items: center;
  width: 44px;
  height: 44px;
  border-radius: 50%;
  color: var(--soft);
  transition: background 0.12s, color 0.12s;
}
.round:hover { color: var(--ink); background: var(--raised); }
input {
  width: 100%;
  padding: 0.75rem 0.9rem;
  border: 1px solid var(--line);
  border-radius: 14px;
  background: var(--raised);
}
input:focus { border-color: var(--accent); outline: 3px solid color-mix(in srgb, var(--accent) 22%, transparent); }

.front { display: grid; min-height: 100dvh; padding: 2rem 1.25rem; place-items: center; }
.front main { width: min(100%, 26rem); }
.front header { margin-bottom: 2rem; text-align: center; }
.front .mark { border-radius: 20px; box-shadow: 0 12px 30px -10px var(--accent); }
.front h1 { margin: 1.4rem 0 0.6rem; font-size: clamp(1.9rem, 9vw, 2.5rem); font-weight: 750; }
.lead { color: var(--soft); text-wrap: balance; }
.card {
  display: grid;
  gap: 0.45rem;
  padding: 1.5rem;
  border: 1px solid var(--line);
  border-radius: 26px;
  background: var(--surface);
  box-shadow: var(--shadow);
}
.card label { font-size: 0.85rem; font-weight: 600; color: var(--soft); }
.card input { margin-bottom: 0.6rem; }
.card .primary { margin-top: 1rem; }
.prefixed { position: relative; }
.prefixed span { position: absolute; top: 0.75rem; left: 0.95rem; color: var(--soft); }
.prefixed input { padding-left: 1.75rem; }
.front footer { margin-top: 1.6rem; color: var(--soft); font-size: 0.82rem; text-align: center; text-wrap: balance; }
.rooms { display: flex; flex-wrap: wrap; gap: 0.4rem; }

@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; }
}
`
