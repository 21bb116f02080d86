import { app, type Session, type WebContents, type WebFrameMain } from 'electron'
import { logWarning } from '../host/log'
import { appOrigin } from './addresses'

/** The only permission the window has: to copy, with no look at what was there. */
const allowedPermission = 'clipboard-sanitized-write'

/** Whether an address is the window's own page; `developmentUrl` is the development server's, if any. */
export function isOwnPage(url: string, developmentUrl: string | null): boolean {
  if (url === appOrigin || url.startsWith(`${appOrigin}/`)) return true
  return developmentUrl !== null && URL.canParse(url) && new URL(url).origin === new URL(developmentUrl).origin
}

/** Whether a message comes from the window's own page and not from a frame within it. */
export function isOwnFrame(frame: WebFrameMain | null, developmentUrl: string | null): boolean {
  return frame !== null && frame.parent === null && isOwnPage(frame.url, developmentUrl)
}

/** Refuses whatever a page of this app never does, for every page that is ever made. */
export function restrictContents(developmentUrl: string | null): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => {
      if (!isOwnPage(event.url, developmentUrl)) event.preventDefault()
    })
    contents.on('will-redirect', (event) => {
      if (!isOwnPage(event.url, developmentUrl)) event.preventDefault()
    })
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
    stayAtHome(contents, developmentUrl)
  })
}

/** No event can prevent a page from going to `about:blank`: one that did is brought back. */
function stayAtHome(contents: WebContents, developmentUrl: string | null): void {
  let home: string | null = null
  contents.on('did-navigate', (_event, url) => {
    if (isOwnPage(url, developmentUrl)) home = url
    else if (home !== null) contents.loadURL(home).catch((error: unknown) => logWarning('navigation', String(error)))
  })
}

export function restrictPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide) => decide(permission === allowedPermission))
  session.setPermissionCheckHandler((_contents, permission) => permission === allowedPermission)
  session.setDevicePermissionHandler(() => false)
}
