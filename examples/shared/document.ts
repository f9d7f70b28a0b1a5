import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** What all pages share. */
export function page(options: {
  title: string
  /** Without its ending, of a script and a style sheet in `browser/`. */
  assets: string
  body: Html
}): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${options.title} · denwa</title>
        <meta
          name="viewport"
          content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
        />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f2efe8" />
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0d1211" />
        <link rel="icon" href="/assets/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/${options.assets}.css" />
        <script type="module" src="/assets/${options.assets}.js"></script>
      </head>
      ${options.body}
    </html>`
}
