import { html } from '../http/markup.ts'
import { pageFrame } from '../http/page-frame.ts'
import { BASE_STYLE } from './style.ts'

/** Asks for the token of a page. `fault` says what was wrong with the last one. */
export function tokenPage(title: string, fault = ''): string {
  return pageFrame(
    `${title}: token`,
    BASE_STYLE,
    html`<h1>${title}</h1>
<p>This page is shown to those who have its token.</p>
<form method="post" action="/">
<label>Token <input name="token" type="password" required autofocus autocomplete="current-password"></label>
<button>Show the page</button>
</form>
<p class="bad" role="alert">${fault}</p>`
  )
}
